// SPDX-License-Identifier: GPL-2.0-only
#include "trace/config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "kern/bpf.h"
#include "kern/ksyms.h"
#include "kern/net.h"
#include "loader/fields.h"
#include "progs/trail_abi.h"
#include "types/conntrack.h"

static int compile_filter(struct filter *f, const char *text, const char *option, struct err *err)
{
	int ret = filter_compile(f, text, err);

	if (ret && option)
		err_prefix(err, "--%s", option);
	if (ret == -EINVAL)
		err_usage(err);
	return ret;
}

static int compile_filters(struct config *p, struct err *err)
{
	const struct options *o = p->o;
	struct prog_config *m = &p->prog;
	const struct {
		const char *text, *option;
		struct filter *f;
		const struct filter **used;
	} filters[] = {
		{o->expr, NULL, &p->filter, &m->filter},
		{o->filter_tunnel_pcap_l2, "filter-tunnel-pcap-l2", &p->tunnel[FILTER_L2],
		 &m->tunnel[FILTER_L2]},
		{o->filter_tunnel_pcap_l3, "filter-tunnel-pcap-l3", &p->tunnel[FILTER_L3],
		 &m->tunnel[FILTER_L3]},
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		int ret;

		if (!filters[i].text)
			continue;
		ret = compile_filter(filters[i].f, filters[i].text, filters[i].option, err);
		if (ret)
			return ret;
		*filters[i].used = filters[i].f;
	}
	return 0;
}

/* Add the option to a lookup error. An unknown name is a usage error, other errors are not. */
static int name_error(int ret, const char *option, struct err *err)
{
	if (!ret)
		return 0;
	err_prefix(err, "--%s", option);
	if (ret == -EINVAL || ret == -ENOENT || ret == -ENODEV || ret == -ESRCH)
		err_usage(err);
	return ret;
}

/* Look up namespace and interface. */
static int resolve_netns(struct prog_config *m, const struct options *o, struct err *err)
{
	int ret = 0;

	if (o->filter_netns)
		ret = name_error(netns_inode(o->filter_netns, &m->netns, err), "filter-netns", err);
	else if (o->filter_ifname)
		m->netns = netns_self();
	if (!ret && o->filter_ifname)
		ret = name_error(ifindex_of(o->filter_ifname, o->filter_netns, &m->ifindex, err),
				 "filter-ifname", err);
	return ret;
}

int config_open(struct config *p, const struct options *o, struct err *err)
{
	struct prog_config *m = &p->prog;
	int ret;

	*p = (struct config){.o = o};
	ret = compile_filters(p, err);
	if (!ret)
		ret = resolve_netns(m, o, err);
	m->mark = o->filter_mark;
	m->mark_mask = o->filter_mark_mask;
	m->by_stack = o->filter_track_skb_by_stackid;
	m->track = o->filter_track_skb;
	m->nr_tracked = o->filter_track_size;
	m->stack = o->output_stack;
	m->cb = o->output_skb_cb;
	m->in_tunnel = o->output_tunnel;
	m->entry = o->output_conntrack;
	m->maps = o->output_bpfmap;
	m->snaplen = o->snaplen;
	return ret;
}

static int compile_expr(struct expr **out, const char *text, const char *option, enum expr_use use,
			bool xdp, const struct types *t, struct err *err)
{
	int ret = expr_compile(out, text, xdp ? "xdp" : "skb", xdp ? "xdp_buff" : "sk_buff",
			       t->btfs, t->nr, use, err);

	if (ret)
		err_prefix(err, "--%s", option);
	if (ret == -EINVAL)
		err_usage(err);
	return ret;
}

static int compile_meta(struct config_meta *meta, const struct option_list *texts,
			const char *option, bool xdp, const struct types *t, struct err *err)
{
	if (!texts->nr)
		return 0;
	if (texts->nr > TRAIL_MAX_META) {
		err_set(err, -EINVAL, "--%s: %zu expressions are more than %d", option, texts->nr,
			TRAIL_MAX_META);
		err_usage(err);
		return -EINVAL;
	}
	meta->e = calloc(texts->nr, sizeof(*meta->e));
	if (!meta->e)
		return err_set(err, -ENOMEM, "out of memory for expressions");
	for (; meta->nr < texts->nr; meta->nr++) {
		int ret = compile_expr(&meta->e[meta->nr], texts->v[meta->nr], option, EXPR_VALUE,
				       xdp, t, err);

		if (ret)
			return ret;
	}
	return 0;
}

static int compile_exprs(struct config *p, const struct types *t, struct err *err)
{
	const struct options *o = p->o;
	int ret = 0;

	if (o->filter_skb_expr)
		ret = compile_expr(&p->skb_expr, o->filter_skb_expr, "filter-skb-expr",
				   EXPR_CONDITION, false, t, err);
	if (!ret && o->filter_xdp_expr)
		ret = compile_expr(&p->xdp_expr, o->filter_xdp_expr, "filter-xdp-expr",
				   EXPR_CONDITION, true, t, err);
	if (!ret)
		ret = compile_meta(&p->skb_meta, &o->output_skb_metadata, "output-skb-metadata",
				   false, t, err);
	if (!ret)
		ret = compile_meta(&p->xdp_meta, &o->output_xdp_metadata, "output-xdp-metadata",
				   true, t, err);
	p->prog.skb_expr = p->skb_expr;
	p->prog.xdp_expr = p->xdp_expr;
	p->prog.skb_meta = (const struct expr *const *)p->skb_meta.e;
	p->prog.nr_skb_meta = p->skb_meta.nr;
	p->prog.xdp_meta = (const struct expr *const *)p->xdp_meta.e;
	p->prog.nr_xdp_meta = p->xdp_meta.nr;
	return ret;
}

/* Set *sz to the bytes of a struct to send: all, or at most TRAIL_RAW_SZ (two parts). */
static int raw_struct_sz(uint32_t *sz, const char *name, const char *option, const struct types *t,
			 struct err *err)
{
	/* Measured and packed types lack members that skbtrail does not need. */
	bool partial = t->source == TYPES_MEASURED || t->source == TYPES_PACKED;
	int64_t whole = btf_sizeof(t->btfs[0], btf_find(t->btfs[0], BTF_KIND_STRUCT, name, 0));

	if (partial || whole <= 0) {
		err_set(err, -ENOTSUP,
			"--%s needs the full 'struct %s', but the types in use (%s) have %s of it",
			option, name, t->words, partial ? "only parts" : "nothing");
		err_hint(err, "omit the option, or pass full types with --kernel-btf FILE");
		return -ENOTSUP;
	}
	*sz = whole > TRAIL_RAW_SZ ? TRAIL_RAW_SZ : whole;
	return 0;
}

static int needs_functions(const char *option, const struct discovery *s, struct err *err)
{
	err_set(err, -ENOTSUP, "--%s needs a backend that probes functions, not '%s'", option,
		s->backend->name);
	err_hint(err, "run skbtrail --check to see which backends this kernel supports");
	return -ENOTSUP;
}

static int check_backend(const struct config *p, const struct discovery *s,
			 const struct features *f, struct err *err)
{
	const struct options *o = p->o;

	if (s->backend->tracepoints && o->filter_track_skb_by_stackid)
		return needs_functions(o->filter_non_skb_funcs.nr ? "filter-non-skb-funcs"
				       : o->filter_track_bpf_helpers
					       ? "filter-track-bpf-helpers"
					       : "filter-track-skb-by-stackid",
				       s, err);
	if (s->backend->tracepoints && o->output_caller && !o->filter_trace_tc)
		return needs_functions("output-caller", s, err);
	if ((o->filter_trace_tc || o->filter_trace_xdp) && !bpf_can_trace_progs()) {
		err_set(err, -ENOTSUP, "--filter-trace-%s: this kernel cannot trace BPF programs",
			o->filter_trace_tc ? "tc" : "xdp");
		err_hint(err, "Linux 5.5 or later can");
		return -ENOTSUP;
	}
	if (o->output_stack && !features_has(f, FEAT_GET_STACK) && !features_has(f, FEAT_STACK_ID))
		return err_set(err, -ENOTSUP, "--output-stack needs stack trace maps (Linux 4.6)");
	return 0;
}

/*
 * If the types do not lead to the namespace of a device, match by interface index alone, which is
 * unambiguous as long as no other namespace has an interface with that index.
 */
static void match_by_index_alone(struct prog_config *m, const struct options *o,
				 const struct types *t)
{
	char other[256];
	size_t nr;

	if (!m->ifindex || !m->netns || !fields_require(FIELD_NETNS, t->btfs, t->nr, NULL))
		return;
	nr = ifindex_elsewhere(m->ifindex, m->netns, other, sizeof(other));
	m->netns = 0;
	if (!nr)
		return;
	log_warn("--filter-ifname: this kernel's types do not tell namespaces apart: packets of %s "
		 "match, too, as its index is %u like that of '%s'",
		 other, m->ifindex, o->filter_ifname);
	if (nr > 1)
		log_warn("--filter-ifname: so do packets in %zu other namespace%s", nr - 1,
			 plural(nr - 1));
}

/*
 * Page fragments of packets: x86_64 has the addresses of its memory map in variables (4.17). Their
 * pages are found with 4 KiB and a struct page of 64 bytes only, by large programs (5.2).
 */
static void find_fragments(struct prog_config *m, const struct types *t, const struct features *f)
{
#if defined(__x86_64__)
	static const char *const names[] = {"vmemmap_base", "page_offset_base"};
	const struct btf *btf = t->btfs[0];
	int64_t page_sz = btf_sizeof(btf, btf_find(btf, BTF_KIND_STRUCT, "page", 0));
	uint64_t addrs[2];

	if (!m->snaplen || !features_has(f, FEAT_LARGE_PROGRAMS) || page_sz != 64)
		return;
	ksyms_find_data(NULL, names, addrs, 2);
	if (!addrs[0] || !addrs[1])
		return;
	m->vmemmap_at = addrs[0];
	m->page_offset_at = addrs[1];
#endif
}

/* Its rules look at Ethernet headers. */
static bool has_ebtables(const struct discovery *s)
{
	struct ksym sym;

	return ksyms_by_name(s->ksyms, "ebt_do_table", false, 0, &sym);
}

/* Entries are decoded by user space, also when the types have been released. */
static void find_entries(struct config *p, const struct types *t)
{
	if (!p->prog.entry)
		return;
	p->prog.jiffies_at = conntrack_find(&p->entries, t->btfs, t->nr, &p->entries_lack);
}

int config_resolve(struct config *p, const struct discovery *s, const struct features *f,
		   struct err *err)
{
	struct prog_config *m = &p->prog;
	int ret = check_backend(p, s, f, err);

	m->check_skb = s->types.source == TYPES_MEASURED;
	m->drop_stack = p->o->output_why && p->o->output_verdict != VERDICTS_NONE;
	m->link_headers = m->drop_stack && has_ebtables(s);
	find_fragments(m, &s->types, f);
	find_entries(p, &s->types);
	types_find_cast(&m->cast, &s->types, f);
	if (!ret)
		match_by_index_alone(m, p->o, &s->types);
	if (!ret)
		ret = compile_exprs(p, &s->types, err);
	if (!ret && p->o->output_skb)
		ret = raw_struct_sz(&m->sz_skb, "sk_buff", "output-skb", &s->types, err);
	if (!ret && p->o->output_skb_shared_info)
		ret = raw_struct_sz(&m->sz_shared, "skb_shared_info", "output-skb-shared-info",
				    &s->types, err);
	if (!ret)
		ret = fields_require(prog_config_fields(m) |
					     (p->o->filter_trace_xdp ? FIELD_XDP : 0),
				     s->types.btfs, s->types.nr, err);
	return ret;
}

unsigned int config_views(const struct config *p, bool tracepoints)
{
	const struct prog_config *m = &p->prog;
	const struct options *o = p->o;
	unsigned int views = VIEW_NO_ETHERNET;

	if (o->output_meta)
		views |= VIEW_NETNS | VIEW_EARLY_NETNS | VIEW_MARK | VIEW_IFACE | VIEW_IFACE_NAMES |
			 VIEW_PROTO | VIEW_MTU | VIEW_LEN;
	if (o->output_netns_names || m->netns)
		views |= VIEW_NETNS | VIEW_EARLY_NETNS;
	/* A packet expression reads the same headers. */
	if (o->output_tuple || m->filter)
		views |= VIEW_TUPLE | VIEW_EARLY_TUPLE | VIEW_EARLY_TUPLE6;
	/* No tracepoint sees packets that early. */
	if ((o->output_tcp_flags || m->filter) && !tracepoints)
		views |= VIEW_EARLY_FLAGS;
	if (m->in_tunnel || m->tunnel[FILTER_L2] || m->tunnel[FILTER_L3])
		views |= VIEW_EARLY_INNER;
	return views;
}

bool config_keeps_types(const struct config *p)
{
	const struct prog_config *m = &p->prog;

	return m->sz_skb || m->sz_shared || m->nr_skb_meta || m->nr_xdp_meta;
}

static void release_meta(struct config_meta *meta)
{
	for (size_t i = 0; i < meta->nr; i++)
		expr_free(meta->e[i]);
	free(meta->e);
}

void config_release(struct config *p)
{
	release_meta(&p->skb_meta);
	release_meta(&p->xdp_meta);
	expr_free(p->skb_expr);
	expr_free(p->xdp_expr);
	filter_release(&p->filter);
	filter_release(&p->tunnel[FILTER_L2]);
	filter_release(&p->tunnel[FILTER_L3]);
	*p = (struct config){0};
}
