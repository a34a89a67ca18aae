// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "loader/attach/backend.h"

/*
 * Each close waits for RCU grace periods, which several threads can share. Milliseconds per probe
 * with rcu_expedited and 1 / 4 / 16 threads, on 7.2 in an emulated machine: 16 / 12 / 12.
 */
#define NR_CLOSERS	4
#define CLOSER_STACK_SZ (128 << 10)

void attachment_expedite(struct attachment *a)
{
	a->rcu_expedited = setting_change(&setting_rcu_expedited);
}

void attachment_unexpedite(struct attachment *a)
{
	setting_restore(a->rcu_expedited);
	a->rcu_expedited = NULL;
}

struct closers {
	struct attachment *a;
	atomic_size_t next;
};

static void *closer(void *arg)
{
	struct closers *c = arg;
	size_t i;

	while ((i = atomic_fetch_add(&c->next, 1)) < c->a->nr_fds)
		close(c->a->fds[i]);
	return NULL;
}

void attachment_close_in_threads(struct attachment *a)
{
	struct closers c = {.a = a};
	pthread_t threads[NR_CLOSERS];
	pthread_attr_t attr;
	size_t nr = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, CLOSER_STACK_SZ);
	while (nr < NR_CLOSERS && nr + 1 < a->nr_fds) {
		if (pthread_create(&threads[nr], &attr, closer, &c))
			break;
		nr++;
	}
	pthread_attr_destroy(&attr);
	closer(&c);
	while (nr)
		pthread_join(threads[--nr], NULL);
	a->nr_fds = 0;
}

void attachment_close_fast(struct attachment *a)
{
	if (!a->nr_fds)
		return;
	attachment_expedite(a);
	attachment_close_in_threads(a);
	attachment_unexpedite(a);
}
