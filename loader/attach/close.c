// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "kern/clock.h"
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

bool attachment_unoptimize(struct attachment *a)
{
	a->unoptimized = setting_change(&setting_kprobes_optimization);
	return a->unoptimized;
}

void attachment_reoptimize(struct attachment *a)
{
	setting_restore(a->unoptimized);
	a->unoptimized = NULL;
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

/*
 * Where the optimiser is off, removing a probe takes 20 us on 4.19 and 5.10, so 1,700 of them are
 * gone before the prompt is back. On 6.1 it waits 30 ms for RCU tasks:
 * perf_event_detach_bpf_prog().
 */
#define QUICK_NS     1000000   /* of one */
#define QUICK_MAX_NS 500000000 /* of all */
#define NR_QUICK_MIN 4

void attachment_close_while_quick(struct attachment *a)
{
	uint64_t start, took = 0;

	attachment_unoptimize(a);
	attachment_expedite(a);
	start = clock_now();
	for (unsigned int nr = 0;
	     a->nr_fds && took < QUICK_MAX_NS && (nr < NR_QUICK_MIN || took < nr * QUICK_NS);
	     nr++) {
		close(a->fds[--a->nr_fds]);
		took = clock_now() - start;
	}
	attachment_unexpedite(a);
	attachment_reoptimize(a);
}

void attachment_close_fast(struct attachment *a)
{
	if (!a->nr_fds)
		return;
	attachment_expedite(a);
	attachment_close_in_threads(a);
	attachment_unexpedite(a);
}
