// SPDX-License-Identifier: GPL-2.0-only
#include "loader/programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/insn.h"
#include "base/log.h"
#include "kern/bpf.h"
#include "progs/trail_abi.h"

#define OLD_MAX_INSNS 4095
#define SHORTEN	      "shorten it: networks instead of hosts, portrange instead of ports"

EMBEDDED(trail_bpf); /* loader/progs.S */

/* A loaded program and the first target that needed it. */
struct loaded {
	struct target t; /* without its name */
	int fd;
};

static const struct hook no_hook = {.name = ""};

static const struct hook *hook_of(const struct target *t)
{
	return t->hook ? t->hook : &no_hook;
}

static bool same_hook(const struct hook *a, const struct hook *b)
{
	return a->life == b->life && a->built_of == b->built_of && a->builds == b->builds &&
	       a->copies == b->copies && a->born == b->born && a->notes_head == b->notes_head &&
	       a->xdp == b->xdp && a->takes == b->takes;
}

static bool serves(const struct loaded *l, const struct target *t)
{
	const struct target *like = &l->t;

	return like->source == t->source && like->skb_reg == t->skb_reg &&
	       like->reason_reg == t->reason_reg && like->location_arg == t->location_arg &&
	       like->deref == t->deref && like->want_caller == t->want_caller &&
	       like->hook_shape == t->hook_shape && like->by_stack == t->by_stack &&
	       like->silent == t->silent && like->unsure == t->unsure &&
	       like->map_args == t->map_args && like->caller == t->caller &&
	       like->caller_sz == t->caller_sz && same_hook(hook_of(like), hook_of(t));
}

int programs_object(struct obj **out, struct err *err)
{
	return obj_open_embedded(out, &trail_bpf, err);
}

int programs_init(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct prog_config *match,
		  struct err *err)
{
	int ret;

	*p = (struct programs){.backend = backend, .features = features, .config = *match};
	prog_maps_init(&p->maps);
	ret = programs_object(&p->obj, err);
	if (!ret)
		ret = obj_core(p->obj, btfs, nr_btfs, err);
	if (ret)
		programs_release(p);
	return ret;
}

int programs_open(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct prog_config *match,
		  size_t ring_sz, const char *verifier_log, struct err *err)
{
	int ret = programs_init(p, backend, btfs, nr_btfs, features, match, err);

	if (ret)
		return ret;
	p->verifier_log = verifier_log;
	ret = prog_maps_create(&p->maps, &p->config, features, ring_sz, err);
	if (ret)
		programs_release(p);
	return ret;
}

static struct cbpf_window window_of(const struct filter *f, enum filter_layer layer)
{
	return f ? f->window[layer] : (struct cbpf_window){.to = 1};
}

static uint32_t tunnel_window(const struct prog_config *m)
{
	uint32_t l2 = window_of(m->tunnel[FILTER_L2], FILTER_L2).to;
	uint32_t l3 = window_of(m->tunnel[FILTER_L3], FILTER_L3).to;

	return l2 > l3 ? l2 : l3;
}

static uint64_t subject_of(const struct target *t)
{
	return t->by_stack ? TRAIL_BY_STACK : t->silent ? TRAIL_SILENT : TRAIL_BY_ARG;
}

/* The same for all, or what tells netfilter's hook of a drop. */
static bool wants_short_stack(const struct programs *p, const struct target *t)
{
	return p->config.drop_stack && !p->config.stack && t->location_arg != TARGET_NO_ARG &&
	       features_has(p->features, FEAT_GET_STACK);
}

#define LINK_SNAPLEN 64 /* the Ethernet header, and what rules of bridges look at behind it */

/* The same for all, or what rules of bridges need. */
static uint32_t snaplen_of(const struct programs *p, const struct target *t)
{
	bool wanted = p->config.link_headers && (t->hook_shape || t->location_arg != TARGET_NO_ARG);

	return p->config.snaplen ? p->config.snaplen : wanted ? LINK_SNAPLEN : 0;
}

static int set_consts(const struct programs *p, struct prog *prog, const struct target *t,
		      const struct prog_at *at, struct err *err)
{
	const struct features *f = p->features;
	const struct prog_config *m = &p->config;
	const struct hook *hook = m->track || m->by_stack ? hook_of(t) : &no_hook;
	bool function = at->context == TRAIL_AT_FUNCTION, short_stack = wants_short_stack(p, t);
	const struct prog_const consts[] = {
		{"arg", t->skb_reg},
		{"arg_deref", t->deref},
		{"arg_reason", t->reason_reg},
		{"arg_location", t->location_arg},
		{"source", t->source},
		{"context", at->context},
		{"has_verdict", at->has_verdict},
		{"has_func_ip",
		 function && p->backend->attach_type && features_has(f, FEAT_GET_FUNC_IP)},
		{"has_ringbuf", features_has(f, FEAT_RINGBUF)},
		{"want_ct", true},
		{"hook_shape", t->hook_shape},
		{"want_caller", t->want_caller},
		{"filter", m->filter != NULL},
		{"filter_vlan", m->filter && m->filter->wants_vlan},
		{"filter_from", window_of(m->filter, FILTER_L2).from},
		{"filter_window", window_of(m->filter, FILTER_L2).to},
		{"filter_window_l3", window_of(m->filter, FILTER_L3).to},
		{"filter_len", prog_config_uses_len(m)},
		{"netns", m->netns},
		{"mark", m->mark},
		{"mark_mask", m->mark_mask},
		{"raw_stack", features_has(f, FEAT_RAW_STACK)},
		{"check_skb", m->check_skb || t->unsure},
		{"ifindex", m->ifindex},
		{"skb_expr", m->skb_expr != NULL},
		{"xdp_expr", m->xdp_expr != NULL},
		{"tunnel_l2", m->tunnel[FILTER_L2] != NULL},
		{"tunnel_l3", m->tunnel[FILTER_L3] != NULL},
		{"tunnel_window", tunnel_window(m)},
		{"subject", subject_of(t)},
		{"table", prog_config_has_table(m)},
		{"track", m->track},
		{"life", hook->life},
		{"copy_to", hook->copies ? 0 : TRAIL_NO_ARG},
		{"built_of", hook->built_of ? hook->built_of - 1 : TRAIL_NO_ARG},
		{"builds", hook->builds},
		{"born", hook->born},
		{"notes_head", hook->notes_head},
		{"xdp", hook->xdp ? hook->xdp - 1 : TRAIL_NO_ARG},
		{"takes", hook->takes},
		{"caller", t->caller},
		{"caller_sz", t->caller_sz},
		{"by_stack", m->by_stack && function},
		{"has_get_stack", features_has(f, FEAT_GET_STACK)},
		{"want_stack", short_stack ? 1 : prog_config_stack_way(m, f)},
		{"short_stack", short_stack},
		{"sz_skb", m->sz_skb},
		{"sz_shared", m->sz_shared},
		{"want_cb", m->cb},
		{"want_tunnel", m->in_tunnel},
		{"want_entry", m->entry},
		{"jiffies_at", m->jiffies_at},
		{"snaplen", snaplen_of(p, t)},
		{"vmemmap_at", m->snaplen ? m->vmemmap_at : 0},
		{"page_offset_at", m->page_offset_at},
		{"nr_meta", at->is_xdp ? m->nr_xdp_meta : m->nr_skb_meta},
		{"map_arg", m->maps ? t->map_args : 0},
		{"map_value", features_has(f, FEAT_MAP_VALUE)},
		{"direct_loads", m->cast.func_id != 0},
		{"below_kernel", insn_below_kernel(kernel_start())},
		{"id_tracked", p->maps.id[MAP_TRACKED]},
		{"id_stacks", p->maps.id[MAP_STACKS]},
		{"id_heads", p->maps.id[MAP_HEADS]},
	};

	return prog_set_consts(prog, consts, sizeof(consts) / sizeof(consts[0]), err);
}

static int emit_filter(void *prog, int frame_off, struct insn_buf *out, struct err *err)
{
	return cbpf_to_ebpf(prog, frame_off, out, err);
}

static int emit_expr(void *expr, int frame_off, struct insn_buf *out, struct err *err)
{
	return expr_emit(expr, frame_off, kernel_start(), out, err);
}

/* Expressions whose values are stored one after the other in a part. */
struct meta {
	const struct expr *const *exprs;
	size_t nr;
};

/* The last slot of the part holds the struct's address; expressions use the slots before it. */
#define META_SLOT(i) ((int)(offsetof(struct trail_part, data) + 8 * (i)))
#define META_BASE    META_SLOT(TRAIL_PART_SZ / 8 - 1)

_Static_assert(TRAIL_MAX_META + TRAIL_EXPR_SLOTS < TRAIL_PART_SZ / 8,
	       "a part has room for values, expression slots and address");

static int emit_meta(void *arg, int frame_off, struct insn_buf *out, struct err *err)
{
	const struct meta *m = arg;
	int base = frame_off + META_BASE;

	insn_push(out, INSN_STX(BPF_DW, BPF_REG_10, base, BPF_REG_2));
	for (size_t i = 0; i < m->nr; i++) {
		int ret;

		insn_push(out, INSN_LDX(BPF_DW, BPF_REG_2, BPF_REG_10, base));
		ret = expr_emit(m->exprs[i], frame_off + META_SLOT(TRAIL_MAX_META), kernel_start(),
				out, err);
		if (ret)
			return ret;
		insn_push(out, INSN_STX(BPF_DW, BPF_REG_10, frame_off + META_SLOT(i), BPF_REG_0));
	}
	return out->oom ? err_set(err, -ENOMEM, "no memory for a program") : 0;
}

/* If an expression was not given, its call was dead code and has been removed. */
static int splice(const struct programs *p, struct prog *prog, bool *changed, struct err *err)
{
	const struct prog_config *m = &p->config;
	const struct filter *f = m->filter, *l2 = m->tunnel[FILTER_L2], *l3 = m->tunnel[FILTER_L3];
	struct meta skb_meta = {m->skb_meta, m->nr_skb_meta},
		    xdp_meta = {m->xdp_meta, m->nr_xdp_meta};
	const struct {
		const char *name;
		prog_emit_fn emit;
		const void *arg;
	} splices[] = {
		{"filter_l2", emit_filter, f ? &f->prog[FILTER_L2] : NULL},
		{"filter_l3", emit_filter, f ? &f->prog[FILTER_L3] : NULL},
		{"tunnel_l2", emit_filter, l2 ? &l2->prog[FILTER_L2] : NULL},
		{"tunnel_l3", emit_filter, l3 ? &l3->prog[FILTER_L3] : NULL},
		{"skb_expr", emit_expr, m->skb_expr},
		{"xdp_expr", emit_expr, m->xdp_expr},
		{"skb_meta", emit_meta, m->nr_skb_meta ? &skb_meta : NULL},
		{"xdp_meta", emit_meta, m->nr_xdp_meta ? &xdp_meta : NULL},
	};

	for (size_t i = 0; i < sizeof(splices) / sizeof(splices[0]); i++) {
		int ret;

		if (!splices[i].arg)
			continue;
		*changed = true;
		ret = prog_splice(prog, splices[i].name, splices[i].emit, (void *)splices[i].arg,
				  err);
		if (ret)
			return ret;
	}
	return 0;
}

static int fill_in(const struct programs *p, struct prog *prog, const struct target *t,
		   const struct prog_at *at, struct err *err)
{
	bool loads = p->config.cast.func_id, changed = loads;
	int ret = set_consts(p, prog, t, at, err);

	if (!ret)
		ret = prog_set_cast(prog, &p->config.cast, err);
	if (!ret)
		ret = prog_fold(prog, err);
	if (!ret)
		ret = splice(p, prog, &changed, err);
	if (!ret && loads)
		ret = prog_use_loads(prog, &p->config.cast, err);
	if (!ret && changed)
		ret = prog_fold(prog, err);
	/* Maps that were not created are not used by any program. */
	for (size_t i = 0; i < NR_PROG_MAPS && !ret; i++)
		if (p->maps.fd[i] >= 0)
			ret = prog_set_map(prog, prog_map_names[i], p->maps.fd[i], err);
	if (!ret && !features_has(p->features, FEAT_PROBE_READ_KERNEL))
		prog_use_old_probe_read(prog);
	return ret;
}

/* Before 5.2 the kernel limits programs to BPF_MAXINSNS (4096); before 4.14 one less. */
static int check_size(const struct programs *p, const struct prog *prog, struct err *err)
{
	if (prog->code.nr <= OLD_MAX_INSNS || features_has(p->features, FEAT_LARGE_PROGRAMS))
		return 0;
	err_set(err, -E2BIG,
		"packet expression too long%s: %zu instructions, this kernel allows %d",
		p->config.snaplen ? ", or --snaplen too large" : "", prog->code.nr, OLD_MAX_INSNS);
	err_hint(err, SHORTEN "; Linux 5.2 and later allow longer programs");
	return -E2BIG;
}

int programs_build_at(const struct programs *p, const struct target *t, const struct prog_at *at,
		      struct prog *prog, struct err *err)
{
	int ret = prog_clone(prog, p->obj, at->is_xdp ? "trail/xdp" : "trail/skb", err);

	if (ret)
		return ret;
	ret = fill_in(p, prog, t, at, err);
	if (!ret)
		ret = check_size(p, prog, err);
	if (ret)
		prog_release(prog);
	return ret;
}

static struct prog_at at_of(const struct backend *b)
{
	return (struct prog_at){.context =
					b->tracepoints ? TRAIL_AT_TRACEPOINT : TRAIL_AT_FUNCTION};
}

int programs_build(const struct programs *p, const struct target *t, struct prog *prog,
		   struct err *err)
{
	const struct prog_at at = at_of(p->backend);

	return programs_build_at(p, t, &at, prog, err);
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

static int load_at(const struct programs *p, const struct target *t, const struct prog_at *at,
		   const struct prog_load_opts *opts, struct err *err)
{
	struct prog prog;
	int ret = programs_build_at(p, t, at, &prog, err);

	if (ret)
		return ret;
	log_debug("program for '%s': %zu instructions", t->name ? t->name : "a BPF program",
		  prog.code.nr);
	ret = prog_load(&prog, opts, err);
	if (ret == -E2BIG && p->config.filter) {
		err_clear(err);
		err_set(err, ret, "packet expression too complex for this kernel's verifier");
		err_hint(err, SHORTEN "; newer kernels verify larger programs");
	}
	prog_release(&prog);
	return ret;
}

/* The verifier may refuse loads where it takes calls. */
static int load(struct programs *p, const struct target *t, const struct prog_at *at,
		const struct prog_load_opts *opts, struct err *err)
{
	int ret = load_at(p, t, at, opts, err);

	if (ret >= 0 || !p->config.cast.func_id)
		return ret;
	log_verbose("kernel memory is read by calls: %s", err->msg);
	err_clear(err);
	p->config.cast = (struct prog_cast){0};
	return load_at(p, t, at, opts, err);
}

int programs_for(void *programs, const struct target *t, struct err *err)
{
	struct programs *p = programs;
	const struct prog_load_opts opts = programs_load_opts(p);
	const struct prog_at at = at_of(p->backend);
	struct loaded *l;
	int fd;

	for (size_t i = 0; i < p->nr_loaded; i++)
		if (serves(&p->loaded[i], t))
			return p->loaded[i].fd;
	l = realloc(p->loaded, (p->nr_loaded + 1) * sizeof(*l));
	if (!l)
		return err_set(err, -ENOMEM, "no memory for a program");
	p->loaded = l;
	fd = load(p, t, &at, &opts, err);
	if (fd < 0)
		return fd;
	p->loaded[p->nr_loaded] = (struct loaded){*t, fd};
	p->loaded[p->nr_loaded++].t.name = NULL;
	return fd;
}

int programs_for_prog(struct programs *p, const struct prog_at *at, uint32_t source, int target_fd,
		      uint32_t target_btf_id, struct err *err)
{
	const struct target t = {
		.source = source,
		.reason_reg = TARGET_NO_ARG,
		.location_arg = TARGET_NO_ARG,
	};
	struct prog_load_opts opts = {
		.type = BPF_PROG_TYPE_TRACING,
		.attach_type = at->has_verdict ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY,
		.name = "skbtrail",
		.verifier_log = p->verifier_log,
		.target_fd = target_fd,
		.target_btf_id = target_btf_id,
	};

	return load(p, &t, at, &opts, err);
}

void programs_finish(struct programs *p)
{
	obj_free(p->obj);
	p->obj = NULL;
}

void programs_stats(const struct programs *p, struct trail_stats *stats)
{
	uint32_t key = 0;

	*stats = (struct trail_stats){0};
	bpf_map_lookup(p->maps.fd[MAP_STATS], &key, stats);
}

void programs_stop(const struct programs *p)
{
	uint32_t key = 0, stop = TRAIL_STOP;

	if (p->maps.fd[MAP_CONTROL] >= 0)
		bpf_map_update(p->maps.fd[MAP_CONTROL], &key, &stop);
}

void programs_release(struct programs *p)
{
	for (size_t i = 0; i < p->nr_loaded; i++)
		close(p->loaded[i].fd);
	free(p->loaded);
	obj_free(p->obj);
	prog_maps_release(&p->maps);
	*p = (struct programs){0};
	prog_maps_init(&p->maps);
}
