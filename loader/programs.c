// SPDX-License-Identifier: GPL-2.0-only
#include "loader/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "loader/fields.h"
#include "loader/kern/bpf.h"
#include "progs/trail_abi.h"

#define RING_DEFAULT_SZ ((size_t)16 << 20) /* 90,000 events: kernel memory, not resident here */
#define RING_LEAST_SZ	((size_t)1 << 20)
#define OLD_MAX_INSNS	4095
#define SHORTEN		"shorten it: networks instead of hosts, portrange instead of ports"

EMBEDDED(trail_bpf); /* loader/progs.S */

/* What programs differ in. */
struct loaded {
	uint32_t source;
	uint8_t skb_reg, reason_reg, location_arg;
	bool deref, want_caller;
	int fd;
};

static bool serves(const struct loaded *l, const struct target *t)
{
	return l->source == t->source && l->skb_reg == t->skb_reg &&
	       l->reason_reg == t->reason_reg && l->location_arg == t->location_arg &&
	       l->deref == t->deref && l->want_caller == t->want_caller;
}

/* A power of two of pages, of whatever size they are. */
static size_t ring_size(size_t v)
{
	size_t p = sysconf(_SC_PAGESIZE);

	while (p < v)
		p <<= 1;
	return p;
}

enum { EVENTS, STATS, CONTROL };

void programs_map_specs(const struct features *features, size_t ring_sz,
			struct bpf_map_spec specs[PROGRAMS_NR_MAPS])
{
	if (features_has(features, FEAT_RINGBUF))
		specs[EVENTS] = (struct bpf_map_spec){BPF_MAP_TYPE_RINGBUF, 0, 0, ring_sz, 0};
	else
		specs[EVENTS] = (struct bpf_map_spec){BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4,
						      sysconf(_SC_NPROCESSORS_CONF), 0};
	specs[STATS] =
		(struct bpf_map_spec){BPF_MAP_TYPE_ARRAY, 4, sizeof(struct trail_stats), 1, 0};
	specs[CONTROL] = (struct bpf_map_spec){BPF_MAP_TYPE_ARRAY, 4, sizeof(uint32_t), 1, 0};
}

/* A BPF ring buffer; where none was asked for by size, as large as can be had. */
static int create_ring(struct programs *p, struct bpf_map_spec *spec, bool any_size)
{
	int fd;

	do {
		fd = bpf_map_create(spec);
		p->ring_sz = spec->nr_max;
		spec->nr_max /= 2;
	} while ((fd == -ENOMEM || fd == -EPERM) && any_size && spec->nr_max >= RING_LEAST_SZ);
	return fd;
}

static int create_maps(struct programs *p, size_t ring_sz, struct err *err)
{
	struct bpf_map_spec specs[PROGRAMS_NR_MAPS];

	programs_map_specs(p->features, ring_size(ring_sz ? ring_sz : RING_DEFAULT_SZ), specs);
	p->stats_fd = bpf_map_create(&specs[STATS]);
	p->control_fd = p->stats_fd < 0 ? p->stats_fd : bpf_map_create(&specs[CONTROL]);
	if (p->control_fd < 0) {
		err_sys(err, p->control_fd, "cannot create a BPF map");
		if (p->control_fd == -EPERM)
			err_hint(err, "skbtrail needs root, or CAP_BPF and CAP_PERFMON; before "
				      "5.11 also room in RLIMIT_MEMLOCK (ulimit -l)");
		return p->control_fd;
	}
	if (features_has(p->features, FEAT_RINGBUF))
		p->events_fd = create_ring(p, &specs[EVENTS], !ring_sz);
	else
		p->events_fd = bpf_map_create(&specs[EVENTS]);
	if (p->events_fd < 0) {
		err_sys(err, p->events_fd, "cannot create the map for events (%zu KiB)",
			p->ring_sz >> 10);
		err_hint(err, "a smaller --ring-size may help");
		return p->events_fd;
	}
	return 0;
}

int programs_object(struct obj **out, struct err *err)
{
	return obj_open_embedded(out, &trail_bpf, err);
}

int programs_init(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct match *match,
		  struct err *err)
{
	int ret;

	*p = (struct programs){.backend = backend,
			       .features = features,
			       .match = *match,
			       .events_fd = -1,
			       .stats_fd = -1,
			       .control_fd = -1};
	ret = programs_object(&p->obj, err);
	if (!ret)
		ret = obj_core(p->obj, btfs, nr_btfs, err);
	if (ret)
		programs_release(p);
	return ret;
}

int programs_open(struct programs *p, const struct backend *backend, const struct types *types,
		  const struct features *features, const struct match *match, size_t ring_sz,
		  const char *verifier_log, struct err *err)
{
	int ret = programs_init(p, backend, types->btfs, types->nr, features, match, err);

	if (ret)
		return ret;
	p->verifier_log = verifier_log;
	ret = create_maps(p, ring_sz, err);
	if (ret)
		programs_release(p);
	return ret;
}

static bool filter_uses_len(const struct filter *f)
{
	for (int layer = 0; layer < 2; layer++) {
		const struct cbpf_prog *prog = &f->prog[layer];

		for (size_t i = 0; i < prog->nr; i++)
			if (prog->insns[i].code == (BPF_LD | BPF_W | BPF_LEN) ||
			    prog->insns[i].code == (BPF_LDX | BPF_W | BPF_LEN))
				return true;
	}
	return false;
}

unsigned int match_fields(const struct match *m)
{
	unsigned int uses = FIELD_TRACE;

	if (m->filter)
		uses |= FIELD_EXPR;
	if (m->filter && m->filter->wants_vlan)
		uses |= FIELD_VLAN;
	if (m->filter && filter_uses_len(m->filter))
		uses |= FIELD_LEN;
	if (m->mark_mask)
		uses |= FIELD_MARK;
	if (m->ifindex)
		uses |= FIELD_IFNAME;
	else if (m->netns)
		uses |= FIELD_NETNS;
	return uses;
}

static int set_consts(const struct programs *p, struct prog *prog, const struct target *t,
		      struct err *err)
{
	const struct features *f = p->features;
	const struct match *m = &p->match;
	const struct {
		const char *name;
		uint64_t value;
	} consts[] = {
		{"arg", t->skb_reg},
		{"arg_deref", t->deref},
		{"arg_reason", t->reason_reg},
		{"arg_location", t->location_arg},
		{"source", t->source},
		{"has_func_ip", p->backend->attach_type && features_has(f, FEAT_GET_FUNC_IP)},
		{"has_ringbuf", features_has(f, FEAT_RINGBUF)},
		{"want_caller", t->want_caller},
		{"filter", m->filter != NULL},
		{"filter_vlan", m->filter && m->filter->wants_vlan},
		{"filter_window", m->filter ? m->filter->window_sz : 1},
		{"filter_len", m->filter && filter_uses_len(m->filter)},
		{"netns", m->netns},
		{"mark", m->mark},
		{"mark_mask", m->mark_mask},
		{"raw_stack", features_has(f, FEAT_RAW_STACK)},
		{"check_skb", m->check_skb},
		{"ifindex", m->ifindex},
	};

	for (size_t i = 0; i < sizeof(consts) / sizeof(consts[0]); i++) {
		int ret = prog_set_const(prog, consts[i].name, consts[i].value, err);

		if (ret)
			return ret;
	}
	return 0;
}

static int emit_filter(void *prog, int frame_off, struct insn_buf *out, struct err *err)
{
	return cbpf_to_ebpf(prog, frame_off, out, err);
}

static int splice_filter(const struct programs *p, struct prog *prog, struct err *err)
{
	struct filter *f = (struct filter *)p->match.filter;
	int ret;

	if (!f)
		return 0;
	ret = prog_splice(prog, "filter_l2", emit_filter, &f->prog[FILTER_L2], err);
	if (!ret)
		ret = prog_splice(prog, "filter_l3", emit_filter, &f->prog[FILTER_L3], err);
	return ret ? ret : prog_fold(prog, err);
}

static int fill_in(const struct programs *p, struct prog *prog, const struct target *t,
		   struct err *err)
{
	int ret = set_consts(p, prog, t, err);

	if (!ret)
		ret = prog_fold(prog, err);
	if (!ret)
		ret = splice_filter(p, prog, err);
	if (!ret)
		ret = prog_set_map(prog, "events", p->events_fd, err);
	if (!ret)
		ret = prog_set_map(prog, "stats", p->stats_fd, err);
	if (!ret)
		ret = prog_set_map(prog, "control", p->control_fd, err);
	if (!ret && !features_has(p->features, FEAT_PROBE_READ_KERNEL))
		prog_use_old_probe_read(prog);
	return ret;
}

/* BPF_MAXINSNS, which programs had to be below of before 4.14. */
static int check_size(const struct programs *p, const struct prog *prog, struct err *err)
{
	if (prog->code.nr <= OLD_MAX_INSNS || features_has(p->features, FEAT_LARGE_PROGRAMS))
		return 0;
	err_set(err, -E2BIG, "the packet expression makes %zu instructions, this kernel takes %d",
		prog->code.nr, OLD_MAX_INSNS);
	err_hint(err, SHORTEN "; Linux 5.2 and later take longer programs");
	return -E2BIG;
}

int programs_build(const struct programs *p, const struct target *t, struct prog *prog,
		   struct err *err)
{
	const char *section = p->backend->tracepoints ? "raw_tracepoint/skb" : "kprobe/skb";
	int ret = prog_clone(prog, p->obj, section, err);

	if (ret)
		return ret;
	ret = fill_in(p, prog, t, err);
	if (!ret)
		ret = check_size(p, prog, err);
	if (ret)
		prog_release(prog);
	return ret;
}

struct prog_load_opts programs_load_opts(const struct programs *p)
{
	return (struct prog_load_opts){
		.type = p->backend->prog_type,
		.attach_type = p->backend->attach_type,
		.name = features_has(p->features, FEAT_PROG_NAME) ? "skbtrail" : NULL,
		.verifier_log = p->verifier_log,
	};
}

static int load(const struct programs *p, const struct target *t, struct err *err)
{
	struct prog_load_opts opts = programs_load_opts(p);
	struct prog prog;
	int ret = programs_build(p, t, &prog, err);

	if (ret)
		return ret;
	log_debug("program for '%s': %zu instructions", t->name, prog.code.nr);
	ret = prog_load(&prog, &opts, err);
	if (ret == -E2BIG && p->match.filter) {
		err_clear(err);
		err_set(err, ret, "the packet expression is too complex for this kernel");
		err_hint(err, SHORTEN "; newer kernels look at more ways through a program");
	}
	prog_release(&prog);
	return ret;
}

int programs_for(void *programs, const struct target *t, struct err *err)
{
	struct programs *p = programs;
	struct loaded *l;
	int fd;

	for (size_t i = 0; i < p->nr_loaded; i++)
		if (serves(&p->loaded[i], t))
			return p->loaded[i].fd;
	l = realloc(p->loaded, (p->nr_loaded + 1) * sizeof(*l));
	if (!l)
		return err_set(err, -ENOMEM, "no memory for a program");
	p->loaded = l;
	fd = load(p, t, err);
	if (fd < 0)
		return fd;
	p->loaded[p->nr_loaded++] = (struct loaded){.source = t->source,
						    .skb_reg = t->skb_reg,
						    .reason_reg = t->reason_reg,
						    .location_arg = t->location_arg,
						    .deref = t->deref,
						    .want_caller = t->want_caller,
						    .fd = fd};
	return fd;
}

void programs_finish(struct programs *p)
{
	obj_free(p->obj);
	p->obj = NULL;
}

uint64_t programs_nr_sent(const struct programs *p)
{
	struct trail_stats stats = {0};
	uint32_t key = 0;

	return bpf_map_lookup(p->stats_fd, &key, &stats) ? 0 : stats.sent;
}

void programs_stop(const struct programs *p)
{
	uint32_t key = 0, stop = TRAIL_STOP;

	if (p->control_fd >= 0)
		bpf_map_update(p->control_fd, &key, &stop);
}

void programs_release(struct programs *p)
{
	for (size_t i = 0; i < p->nr_loaded; i++)
		close(p->loaded[i].fd);
	free(p->loaded);
	obj_free(p->obj);
	if (p->events_fd >= 0)
		close(p->events_fd);
	if (p->stats_fd >= 0)
		close(p->stats_fd);
	if (p->control_fd >= 0)
		close(p->control_fd);
	*p = (struct programs){.events_fd = -1, .stats_fd = -1, .control_fd = -1};
}
