// SPDX-License-Identifier: GPL-2.0-only
#include "loader/prog_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kern/bpf.h"
#include "progs/trail_abi.h"

/* First trail_event.source of a BPF program; tracepoints have lower numbers. */
#define SOURCE_BASE 0x10000

static bool is_wanted(const struct bpf_prog_words *w, bool tc, bool xdp)
{
	switch (w->type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return tc;
	case BPF_PROG_TYPE_XDP:
		return xdp;
	}
	return false;
}

/* The full name, from the program's BTF; the kernel itself keeps only 15 characters. */
static char *full_name(const struct bpf_prog_words *w)
{
	struct err err = ERR_INIT;
	char *name = NULL;
	struct btf *btf;
	void *data;
	size_t sz;

	if (bpf_btf_read(w->btf_id, &data, &sz))
		return strdup(w->name);
	if (!btf_parse(&btf, data, sz, NULL, &err)) {
		const struct btf_type *t = btf_type(btf, w->func_id);

		if (t && btf_kind(t) == BTF_KIND_FUNC)
			name = strdup(btf_name(btf, w->func_id));
		btf_free(btf);
	}
	free(data);
	return name ? name : strdup(w->name);
}

static void detach_prog(struct traced_prog *p)
{
	/* Close links before programs. */
	for (int i = 3; i >= 0; i--) {
		if (p->fd[i] >= 0)
			close(p->fd[i]);
		p->fd[i] = -1;
	}
}

static int attach_at(struct traced_prog *p, int *fds, bool end, uint32_t source, int prog_fd,
		     const struct bpf_prog_words *w, struct programs *programs, struct err *err)
{
	const struct prog_at at = {
		.context = TRAIL_AT_PROG, .is_xdp = p->is_xdp, .has_verdict = end};

	fds[0] = programs_for_prog(programs, &at, source, prog_fd, w->func_id, err);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = bpf_tracing_open(fds[0]);
	return fds[1] < 0 ? err_sys(err, fds[1], "cannot attach") : 0;
}

static int attach_prog(struct prog_trace *pt, int prog_fd, const struct bpf_prog_words *w,
		       struct programs *programs, struct err *err)
{
	struct traced_prog p = {
		.is_xdp = w->type == BPF_PROG_TYPE_XDP,
		.fd = {-1, -1, -1, -1},
	};
	uint32_t source = SOURCE_BASE + pt->nr;
	struct traced_prog *room;
	int ret;

	if (!w->btf_id || !w->func_id)
		return err_set(err, -ENOTSUP, "loaded without BTF");
	p.name = full_name(w);
	room = reallocarray(pt->p, pt->nr + 1, sizeof(*room));
	if (room)
		pt->p = room;
	if (!room || !p.name) {
		free(p.name);
		return err_set(err, -ENOMEM, "out of memory");
	}
	ret = attach_at(&p, p.fd, false, source, prog_fd, w, programs, err);
	if (!ret)
		ret = attach_at(&p, p.fd + 2, true, source, prog_fd, w, programs, err);
	if (ret) {
		detach_prog(&p);
		free(p.name);
		return ret;
	}
	pt->p[pt->nr++] = p;
	return 0;
}

/* first_err: the first error of all programs. */
static void take_prog(struct prog_trace *pt, uint32_t id, bool tc, bool xdp,
		      struct programs *programs, struct err *first_err)
{
	struct err err = ERR_INIT;
	struct bpf_prog_words w;
	int fd = bpf_prog_fd_by_id(id), ret;

	if (fd < 0)
		return; /* already unloaded */
	if (!bpf_prog_words(fd, &w) && is_wanted(&w, tc, xdp)) {
		ret = attach_prog(pt, fd, &w, programs, &err);
		if (ret) {
			err_prefix(&err, "BPF program '%s' (id %u)", w.name, id);
			log_verbose("not traced: %s", err.msg);
			pt->nr_failed++;
			if (!first_err->code)
				*first_err = err;
		}
	}
	close(fd);
}

int prog_trace_open(struct prog_trace *pt, bool tc, bool xdp, struct programs *programs,
		    struct err *err)
{
	const char *what = tc && xdp ? "tc and XDP" : tc ? "tc" : "XDP";
	struct err first_err = ERR_INIT;
	uint32_t id = 0;
	int ret;

	*pt = (struct prog_trace){0};
	while (!(ret = bpf_prog_next_id(id, &id)))
		take_prog(pt, id, tc, xdp, programs, &first_err);
	if (ret != -ENOENT) {
		err_sys(err, ret, "cannot list the %s programs that are loaded", what);
		err_hint(err, "this needs root or CAP_SYS_ADMIN");
		return ret;
	}
	if (!pt->nr && pt->nr_failed) {
		*err = first_err;
		err_prefix(err, "cannot trace any of %zu %s program%s", pt->nr_failed, what,
			   plural(pt->nr_failed));
		return err->code;
	}
	if (!pt->nr)
		log_warn("no %s program is loaded; programs loaded later are not traced", what);
	else if (pt->nr_failed)
		log_info("attached to %zu %s program%s, but not to %zu%s", pt->nr, what,
			 plural(pt->nr), pt->nr_failed,
			 log_level < LOG_VERBOSE ? " (--verbose names them)" : "");
	else
		log_info("attached to %zu %s program%s", pt->nr, what, plural(pt->nr));
	return 0;
}

const struct traced_prog *prog_trace_source(const struct prog_trace *pt, uint32_t source)
{
	return source >= SOURCE_BASE && source - SOURCE_BASE < pt->nr ? &pt->p[source - SOURCE_BASE]
								      : NULL;
}

void prog_trace_detach(struct prog_trace *pt)
{
	for (size_t i = 0; i < pt->nr; i++)
		detach_prog(&pt->p[i]);
}

void prog_trace_release(struct prog_trace *pt)
{
	prog_trace_detach(pt);
	for (size_t i = 0; i < pt->nr; i++)
		free(pt->p[i].name);
	free(pt->p);
	*pt = (struct prog_trace){0};
}
