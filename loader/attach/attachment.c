// SPDX-License-Identifier: GPL-2.0-only
#include "loader/attach/attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "base/log.h"
#include "kern/background.h"
#include "kern/tracefs.h"
#include "loader/attach/backend.h"

/* Up to this many probes are closed in this process: at worst 0.1 s each. */
#define NR_CLOSE_HERE 4
#define PROGRESS_STEP 32

#define DETACHER	 "skbtrail-detach"
#define DETACHER_STEP_US 20000
#define DETACHER_MAX_US	 60000000

const struct backend *const backends[] = {
	&backend_kprobe_multi,	    &backend_kprobe,
	&backend_kprobe_events,	    &backend_tracepoint,
	&backend_tracepoint_events, NULL,
};

const struct backend *backend_by_name(const char *name)
{
	for (size_t i = 0; backends[i]; i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}

static int needs(const struct features *f, enum feature which, const char *missing,
		 const char **why)
{
	int ret = f->f[which].why;

	if (features_has(f, which))
		return 0;
	if (ret == -EPERM || ret == -EACCES)
		*why = "not permitted for this process";
	else
		*why = missing;
	return ret < 0 ? ret : -ENOTSUP;
}

int backend_usable(const struct backend *b, const struct features *f, const char **why)
{
	int ret = b->tracefs ? needs(f, FEAT_TRACEFS, "tracefs is not available", why) : 0;

	return ret ? ret : needs(f, b->feature, b->missing, why);
}

void targets_release(struct targets *ts)
{
	for (size_t i = 0; i < ts->nr; i++)
		free(ts->t[i].name);
	free(ts->t);
	*ts = (struct targets){0};
}

/* ---- before attaching ---- */

void attach_wait_for_others(const volatile sig_atomic_t *stop)
{
	if (!process_is_running(DETACHER))
		return;
	log_info("waiting for an earlier skbtrail to remove its probes");
	for (unsigned int us = 0; us < DETACHER_MAX_US && !*stop; us += DETACHER_STEP_US) {
		usleep(DETACHER_STEP_US);
		if (!process_is_running(DETACHER))
			return;
	}
}

size_t attach_remove_leftovers(const struct features *f)
{
	int tracefs_fd = features_has(f, FEAT_TRACEFS) ? tracefs_dir() : -ENODEV;
	struct kprobe_events events = {0};
	ssize_t nr = 0;

	if (tracefs_fd < 0)
		return 0;
	if (!kprobe_events_open(&events, tracefs_fd))
		nr = kprobe_events_clean(&events);
	kprobe_events_close(&events);
	close(tracefs_fd);
	return nr > 0 ? nr : 0;
}

/* ---- for the backends ---- */

int attachment_begin(struct attachment *a, const struct backend *backend,
		     const struct attach_ctx *ctx, size_t max_fds, struct err *err)
{
	*a = (struct attachment){.backend = backend};
	a->fds = calloc(max_fds ? max_fds : 1, sizeof(*a->fds));
	if (!a->fds)
		return err_sys(err, -ENOMEM, "cannot attach to %zu functions", ctx->targets->nr);
	for (size_t i = 0; i < ctx->targets->nr; i++) {
		ctx->targets->t[i].fd = -1;
		ctx->targets->t[i].status = -ENODATA;
		ctx->targets->t[i].why = NULL;
	}
	return 0;
}

void attachment_add(struct attachment *a, int fd)
{
	a->fds[a->nr_fds++] = fd;
}

void attachment_close_fds(struct attachment *a)
{
	for (size_t i = 0; i < a->nr_fds; i++)
		close(a->fds[i]);
	a->nr_fds = 0;
}

static int none_attached(const struct attach_ctx *ctx, struct err *err)
{
	const struct targets *ts = ctx->targets;
	const char *what = ts->nr && ts->t[0].addr ? "functions" : "tracepoints";
	int status = ts->nr ? ts->t[0].status : -ENOENT;

	if (!ts->nr)
		return err_set(err, status, "nothing to attach to");
	err_sys(err, status, "cannot attach to any of %zu %s (first: '%s')", ts->nr, what,
		ts->t[0].name);
	return status;
}

int attachment_end(struct attachment *a, const struct attach_ctx *ctx, int ret, struct err *err)
{
	const struct targets *ts = ctx->targets;

	for (size_t i = 0; i < ts->nr; i++) {
		if (ts->t[i].status)
			a->nr_failed++;
		else
			a->nr_attached++;
	}
	if (ret >= 0 && !a->nr_attached)
		ret = none_attached(ctx, err);
	if (ret < 0) {
		if (ret == -EPERM || ret == -EACCES) {
			char why[256];

			privileges_explain(why, sizeof(why));
			if (why[0])
				err_hint(err, "%s", why);
		}
		attachment_close(a);
		return ret;
	}
	if (ctx->progress)
		ctx->progress(ctx->progress_arg, ts->nr, ts->nr);
	return 0;
}

static bool out_of_fds(int ret)
{
	return ret == -EMFILE || ret == -ENFILE;
}

bool refuses_all(int ret)
{
	return out_of_fds(ret) || ret == -EPERM || ret == -EACCES;
}

int attachment_share(struct attachment *a, const struct attach_ctx *ctx, struct target *t, int fd,
		     struct err *err)
{
	const char *what = t->addr ? "function" : "tracepoint";

	if (out_of_fds(fd)) {
		err_sys(err, fd, "cannot attach to more than %zu of %zu %ss", a->nr_fds,
			ctx->targets->nr, what);
		err_hint(err,
			 "raise the limit on open files (ulimit -n %zu), or choose fewer "
			 "functions with --filter-func",
			 ctx->targets->nr + 128);
		return fd;
	}
	if (refuses_all(fd) && !a->nr_fds)
		return err_sys(err, fd, "cannot attach to %s '%s'", what, t->name);
	if (fd < 0) {
		target_fail(t, fd);
		return 0;
	}
	t->fd = fd;
	t->status = 0;
	return 0;
}

int attachment_take(struct attachment *a, const struct attach_ctx *ctx, struct target *t, int fd,
		    struct err *err)
{
	int ret = attachment_share(a, ctx, t, fd, err);

	if (ret >= 0 && fd >= 0)
		attachment_add(a, fd);
	return ret;
}

int attach_step(const struct attach_ctx *ctx, size_t done, struct err *err)
{
	if (ctx->stop && *ctx->stop)
		return err_set(err, -EINTR, "stopped while attaching");
	if (ctx->progress && done % PROGRESS_STEP == 0)
		ctx->progress(ctx->progress_arg, done, ctx->targets->nr);
	return 0;
}

int attach_one_by_one(const struct backend *backend,
		      int (*open_at)(const struct target *t, int prog_fd),
		      const struct attach_ctx *ctx, struct attachment *a, struct err *err)
{
	struct targets *ts = ctx->targets;
	int ret = attachment_begin(a, backend, ctx, ts->nr, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < ts->nr && ret >= 0; i++) {
		int prog_fd;

		ret = attach_step(ctx, i, err);
		if (ret < 0)
			break;
		ret = prog_fd = ctx->progs.prog_for(ctx->progs.arg, &ts->t[i], err);
		if (ret >= 0)
			ret = attachment_take(a, ctx, &ts->t[i], open_at(&ts->t[i], prog_fd), err);
	}
	return attachment_end(a, ctx, ret, err);
}

void target_fail(struct target *t, int status)
{
	t->fd = -1;
	t->status = status;
	switch (-status) {
	case EINVAL:
		t->why = "the kernel does not allow a probe there";
		break;
	case EILSEQ:
		t->why = "not the start of an instruction";
		break;
	case EADDRNOTAVAIL:
	case ENOENT:
		t->why = "not in this kernel";
		break;
	case EBUSY:
	case EEXIST:
		t->why = "in use by another tracer";
		break;
	case EFAULT:
		t->why = "last function of its module: the kernel might read past its end";
		break;
	case ENOTSUP:
		t->why = "the kernel cannot probe it";
		break;
	default:
		t->why = strerror(-status);
	}
}

/* ---- closing ---- */

static int cmp_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* Keep only the probes and their events open: programs and maps are no longer needed. */
static void detach_alone(struct attachment *a)
{
	qsort(a->fds, a->nr_fds, sizeof(*a->fds), cmp_int);
	process_detach(DETACHER, a->fds, a->nr_fds, a->events.pid ? a->events.fd : -1);
}

/*
 * Probes exist as long as any process has them open, so closing the parent's copies is quick.
 * Returns 0 in the parent if the child has taken over.
 */
static int detach_in_child(struct attachment *a)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid > 0)
		return 0;
	detach_alone(a);
	a->backend->detach(a);
	_exit(0);
}

void attachment_close(struct attachment *a)
{
	const struct backend *backend = a->backend;

	if (!backend)
		return;
	if (backend->quiesce)
		backend->quiesce(a);
	if (a->quick_detach && !a->shared)
		attachment_close_while_quick(a);
	if (backend->slow_detach && !a->shared && a->nr_fds > NR_CLOSE_HERE &&
	    detach_in_child(a) == 0)
		attachment_close_fds(a);
	else
		backend->detach(a);
	kprobe_events_close(&a->events);
	free(a->fds);
	a->fds = NULL;
	a->backend = NULL;
}
