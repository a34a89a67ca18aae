// SPDX-License-Identifier: GPL-2.0-only
/* One JSON object per line, with the fields listed in docs/json.md. */
#include <errno.h>
#include <stdlib.h>

#include "output/conntrack.h"
#include "output/format.h"
#include "output/json_route.h"
#include "output/json_tuple.h"
#include "output/json_verdict.h"
#include "output/outbuf.h"
#include "output/output.h"
#include "output/parts.h"
#include "output/same.h"
#include "output/timestamp.h"

struct json_sink {
	struct sink sink;
	struct outbuf out;
	struct sink_opts opts;
	struct timestamp_cache day;
	struct last_event last;
	struct kept head, meta; /* what json_head() and json_meta() printed of it */
};

/* `,"name":` */
#define KEY(o, name) out_mem(o, ",\"" name "\":", sizeof(",\"" name "\":") - 1)

#define NUMBER(o, name, v)                                                                         \
	do {                                                                                       \
		KEY(o, name);                                                                      \
		out_dec(o, v, 0);                                                                  \
	} while (0)

static void json_string(struct outbuf *o, const char *s)
{
	out_char(o, '"');
	out_escaped(o, s);
	out_char(o, '"');
}

static void json_time(struct json_sink *s, const struct trace_event *te, uint64_t age)
{
	struct outbuf *o = &s->out;

	if (s->opts.timestamp == TS_NONE)
		return;
	KEY(o, "time");
	if (s->opts.timestamp == TS_RELATIVE) {
		out_dec(o, age, 0);
		return;
	}
	out_char(o, '"');
	if (s->opts.timestamp == TS_CURRENT)
		timestamp_print_full(&s->day, o, timestamp_now());
	else
		timestamp_print_full(&s->day, o, te->raw.ts + (uint64_t)s->opts.realtime_off);
	out_char(o, '"');
}

static void json_reason(struct outbuf *o, const struct trace_event *te)
{
	if (te->raw.flags & TRAIL_F_VERDICT) {
		if (te->reason) {
			KEY(o, "verdict");
			json_string(o, te->reason);
		}
		KEY(o, "verdict_code");
		out_int(o, te->raw.reason);
	} else if (te->raw.flags & TRAIL_F_REASON) {
		if (te->reason) {
			KEY(o, "reason");
			json_string(o, te->reason);
		}
		NUMBER(o, "reason_code", te->raw.reason);
	}
	if (te->is_drop)
		out_str(o, ",\"drop\":true");
}

static void json_func(struct outbuf *o, const struct trace_event *te)
{
	const char *prog = format_prog(te);

	KEY(o, "func");
	out_char(o, '"');
	format_func(o, te);
	out_char(o, '"');
	if (prog) {
		KEY(o, "prog");
		json_string(o, prog);
	} else if (te->func.name && te->func.module) {
		KEY(o, "module");
		json_string(o, te->func.module);
	}
	if (te->raw.caller) {
		KEY(o, "caller_func");
		out_char(o, '"');
		format_symbol(o, &te->caller, te->raw.caller);
		out_char(o, '"');
		if (te->caller.name && te->caller.module) {
			KEY(o, "caller_module");
			json_string(o, te->caller.module);
		}
	}
	json_reason(o, te);
	if (te->raw.flags & TRAIL_F_BY_STACK)
		out_str(o, ",\"by_stack\":true");
	if (te->raw.flags & TRAIL_F_SKB_GONE)
		out_str(o, ",\"skb_gone\":true");
}

static void json_head(struct outbuf *o, const struct trail_event *raw)
{
	out_str(o, "{\"skb\":\"0x");
	out_hex(o, raw->skb, 16);
	out_str(o, "\",\"cpu\":");
	out_dec(o, raw->cpu, 0);
	out_str(o, ",\"process\":\"");
	format_process(o, raw);
	out_str(o, "\",\"tid\":");
	out_dec(o, raw->tid, 0);
}

static void json_netns(struct outbuf *o, const struct trace_event *te,
		       const struct output_fields *shown)
{
	if (shown->meta || shown->netns_names)
		NUMBER(o, "netns", te->raw.netns);
	if (shown->netns_names && te->netns_name) {
		KEY(o, "netns_name");
		json_string(o, te->netns_name);
	}
}

static void json_device(struct outbuf *o, const struct trail_event *raw)
{
	if (raw->type != TRAIL_EVENT_XDP)
		NUMBER(o, "mark", raw->mark);
	KEY(o, "iface");
	out_char(o, '"');
	format_iface(o, raw);
	out_char(o, '"');
	NUMBER(o, "ifindex", raw->ifindex);
	NUMBER(o, "proto", raw->protocol);
	NUMBER(o, "mtu", raw->mtu);
	NUMBER(o, "len", raw->len);
	if (raw->flags & TRAIL_F_VLAN)
		NUMBER(o, "vlan", raw->vlan_tci & 0xfff);
}

static void json_meta(struct outbuf *o, const struct trace_event *te,
		      const struct output_fields *shown)
{
	json_netns(o, te, shown);
	if (shown->meta)
		json_device(o, &te->raw);
	if (shown->tuple)
		json_tuple(o, ",\"tuple\":", &te->tuple);
}

/* ---- parts ---- */

static void json_stack(struct outbuf *o, const struct trace_parts *p)
{
	KEY(o, "stack");
	out_char(o, '[');
	for (size_t i = 0; i < p->nr_frames; i++) {
		out_str(o, i ? ",\"" : "\"");
		format_symbol(o, &p->stack[i].at, p->stack[i].addr);
		format_module(o, &p->stack[i].at);
		out_char(o, '"');
	}
	out_char(o, ']');
}

static void json_cb(struct outbuf *o, const struct trace_parts *p)
{
	KEY(o, "cb");
	for (size_t i = 0; i < sizeof(p->cb); i += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, p->cb + i, sizeof(word));
		out_char(o, i ? ',' : '[');
		out_dec(o, word, 0);
	}
	out_char(o, ']');
}

static void json_values(struct outbuf *o, const struct trace_parts *p, const char *const *titles,
			size_t nr)
{
	out_char(o, '{');
	for (size_t i = 0; i < nr && i < p->nr_meta; i++) {
		if (i)
			out_char(o, ',');
		json_string(o, titles[i]);
		out_char(o, ':');
		json_string(o, p->meta[i]);
	}
	out_char(o, '}');
}

/* Print up to sz bytes, the start of true_sz. */
static void json_hex(struct outbuf *o, const uint8_t *p, size_t sz, size_t true_sz)
{
	out_str(o, "\"0x");
	out_bytes(o, p, sz < true_sz ? sz : true_sz);
	out_char(o, '"');
}

static void json_map(struct outbuf *o, const struct trail_map *map)
{
	KEY(o, "bpfmap");
	out_str(o, "{\"id\":");
	out_dec(o, map->id, 0);
	KEY(o, "name");
	json_string(o, map->name);
	NUMBER(o, "key_size", map->key_size);
	if (map->key_size) {
		KEY(o, "key");
		json_hex(o, map->key, sizeof(map->key), map->key_size);
	}
	NUMBER(o, "value_size", map->value_size);
	if (map->has_value) {
		KEY(o, "value");
		json_hex(o, map->value, sizeof(map->value), map->value_size);
	}
	out_char(o, '}');
}

static void json_metadata(struct outbuf *o, const struct trace_event *te,
			  const struct output_fields *shown)
{
	if (te->raw.type == TRAIL_EVENT_XDP && shown->nr_xdp_meta) {
		KEY(o, "xdp_metadata");
		json_values(o, te->parts, shown->xdp_meta, shown->nr_xdp_meta);
	} else if (te->raw.type != TRAIL_EVENT_XDP && shown->nr_skb_meta) {
		KEY(o, "skb_metadata");
		json_values(o, te->parts, shown->skb_meta, shown->nr_skb_meta);
	}
}

static void json_lost_parts(struct outbuf *o, const struct trace_event *te, uint32_t lost)
{
	static const char *const names[] = {
		[TRAIL_PART_STACK] = "stack",
		[TRAIL_PART_SKB] = "skb_struct",
		[TRAIL_PART_SHARED_INFO] = "skb_shared_info",
		[TRAIL_PART_CB] = "cb",
		[TRAIL_PART_META] = "skb_metadata",
		[TRAIL_PART_TUNNEL] = "tunnel",
		[TRAIL_PART_MAP] = "bpfmap",
		[TRAIL_PART_CT] = "conntrack",
	};
	bool is_xdp = te->raw.type == TRAIL_EVENT_XDP;

	for (size_t kind = 0; lost && kind < sizeof(names) / sizeof(names[0]); kind++) {
		if (!(lost & PART_BIT(kind)) || !names[kind])
			continue;
		out_str(o, ",\"");
		out_str(o, is_xdp && kind == TRAIL_PART_META ? "xdp_metadata" : names[kind]);
		out_str(o, "_lost\":true");
	}
}

static void json_parts(struct outbuf *o, const struct trace_event *te,
		       const struct output_fields *shown)
{
	const struct trace_parts *p = te->parts;
	uint32_t has = p ? p->has : 0;

	if (shown->tunnel && has & PART_BIT(TRAIL_PART_TUNNEL) && p->tunnel.hdr_len) {
		json_tuple(o, ",\"tunnel_tuple\":", &p->inner);
		NUMBER(o, "tunnel_proto", p->tunnel.protocol);
		NUMBER(o, "tunnel_vni", p->tunnel.vni);
	}
	if (shown->conntrack && has & PART_BIT(TRAIL_PART_CT))
		conntrack_json(o, &p->ct);
	if (has & PART_BIT(TRAIL_PART_META))
		json_metadata(o, te, shown);
	if (shown->stack && has & PART_BIT(TRAIL_PART_STACK))
		json_stack(o, p);
	if (shown->cb && has & PART_BIT(TRAIL_PART_CB))
		json_cb(o, p);
	if (shown->skb && has & PART_BIT(TRAIL_PART_SKB)) {
		KEY(o, "skb_struct");
		json_string(o, p->skb);
	}
	if (shown->shared_info && has & PART_BIT(TRAIL_PART_SHARED_INFO)) {
		KEY(o, "skb_shared_info");
		json_string(o, p->shared_info);
	}
	if (shown->bpfmap && has & PART_BIT(TRAIL_PART_MAP))
		json_map(o, &p->map);
	json_lost_parts(o, te, parts_lost(te, shown));
}

/* ---- the sink ---- */

static int json_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct json_sink *s = (struct json_sink *)sink;
	const struct output_fields *shown = &s->opts.shown;
	bool same = same_as_last(&s->last, te);
	struct outbuf *o = &s->out;
	uint64_t start;

	if (!same || !kept_print(&s->head, o)) {
		start = out_pos(o);
		json_head(o, &te->raw);
		kept_note(&s->head, o, start);
	}
	json_func(o, te);
	json_time(s, te, age);
	NUMBER(o, "timestamp_ns", te->raw.ts);
	if (!(te->raw.flags & TRAIL_F_SKB_GONE) && !(same && kept_print(&s->meta, o))) {
		start = out_pos(o);
		json_meta(o, te, shown);
		kept_note(&s->meta, o, start);
	}
	json_parts(o, te, shown);
	if (why_is_shown(te, shown)) {
		KEY(o, "why");
		out_char(o, '"');
		out_escaped_utf8(o, te->why);
		out_char(o, '"');
		json_verdicts(o, te->verdicts);
		json_route(o, te->route);
	}
	if (end_is_shown(te, shown)) {
		KEY(o, "end");
		json_string(o, te->end);
	}
	out_mem(o, "}\n", 2);
	outbuf_end_event(o);
	return o->err;
}

static int json_lost(struct sink *sink, uint64_t nr)
{
	struct outbuf *o = &((struct json_sink *)sink)->out;

	out_str(o, "{\"lost\":");
	out_dec(o, nr, 0);
	out_mem(o, "}\n", 2);
	return o->err;
}

static int json_header(struct sink *sink)
{
	return ((struct json_sink *)sink)->out.err;
}

static int json_flush(struct sink *sink)
{
	return outbuf_flush(&((struct json_sink *)sink)->out);
}

static int json_close(struct sink *sink)
{
	struct json_sink *s = (struct json_sink *)sink;
	int ret = outbuf_release(&s->out);

	free(s);
	return ret;
}

static const struct sink_ops json_ops = {
	.header = json_header,
	.event = json_event,
	.lost = json_lost,
	.flush = json_flush,
	.close = json_close,
};

int sink_json_open(struct sink **out, FILE *f, const struct sink_opts *opts)
{
	struct json_sink *s = calloc(1, sizeof(*s));

	if (!s || outbuf_init(&s->out, f, ESCAPE_JSON)) {
		free(s);
		return -ENOMEM;
	}
	s->sink = (struct sink){&json_ops, &s->out};
	s->opts = *opts;
	*out = &s->sink;
	return 0;
}
