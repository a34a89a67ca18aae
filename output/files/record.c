// SPDX-License-Identifier: GPL-2.0-only
/* Writer of the --record file format (record_format.h). */
#include <errno.h>
#include <stdlib.h>

#include "output/files/nametab.h"
#include "output/files/record_format.h"
#include "output/outbuf.h"
#include "output/output.h"

/*
 * Buffer for one record, built here because its size comes first in the file. Texts are truncated
 * to RECORD_NAME_SZ_MAX, so a record always fits.
 */
struct record_buf {
	/* META is larger than a VERDICT, whose texts have at most VERDICT_TEXT_MAX bytes */
	uint8_t data[64 + (2 * TRAIL_MAX_META + 4) * (2 + RECORD_NAME_SZ_MAX)];
	size_t sz;
};

struct record_sink {
	struct sink sink;
	struct outbuf out;
	struct record_buf buf;
	struct names names;
	struct nametab written; /* keys only */
	uint64_t nr_events, nr_lost;
	bool has_stacks; /* they are shown; else only some events have one */
	int err;	 /* of nametab_add() */
};

static void buf_mem(struct record_buf *b, const void *p, size_t sz)
{
	if (sz > sizeof(b->data) - b->sz)
		sz = sizeof(b->data) - b->sz;
	memcpy(b->data + b->sz, p, sz);
	b->sz += sz;
}

static void buf_text(struct record_buf *b, const char *s)
{
	size_t len = s ? strnlen(s, RECORD_NAME_SZ_MAX) : 0;
	uint16_t len16 = len;

	buf_mem(b, &len16, sizeof(len16));
	buf_mem(b, s ? s : "", len);
}

static void put_record(struct outbuf *o, enum record_tag tag, const void *data, size_t sz)
{
	uint16_t head[2] = {tag, 0};
	uint32_t sz32 = sz;

	out_mem(o, head, sizeof(head));
	out_mem(o, &sz32, sizeof(sz32));
	out_mem(o, data, sz);
}

static struct record_buf *buf_reset(struct record_sink *s)
{
	s->buf.sz = 0;
	return &s->buf;
}

static void put_buf(struct record_sink *s, enum record_tag tag)
{
	put_record(&s->out, tag, s->buf.data, s->buf.sz);
}

const uint8_t record_field_offs[RECORD_NR_FIELDS] = {
	offsetof(struct output_fields, meta),	     offsetof(struct output_fields, tuple),
	offsetof(struct output_fields, tcp_flags),   offsetof(struct output_fields, caller),
	offsetof(struct output_fields, stack),	     offsetof(struct output_fields, tunnel),
	offsetof(struct output_fields, skb),	     offsetof(struct output_fields, shared_info),
	offsetof(struct output_fields, cb),	     offsetof(struct output_fields, bpfmap),
	offsetof(struct output_fields, netns_names), offsetof(struct output_fields, conntrack),
};

static uint32_t fields_to_bits(const struct output_fields *s)
{
	uint32_t bits = 0;

	for (int i = 0; i < RECORD_NR_FIELDS; i++) {
		const bool *enabled = (const bool *)((const char *)s + record_field_offs[i]);

		bits |= (uint32_t)*enabled << i;
	}
	return bits;
}

static size_t clamp_nr_meta(size_t nr)
{
	return nr < TRAIL_MAX_META ? nr : TRAIL_MAX_META;
}

static void buf_fields(struct record_buf *b, const struct output_fields *s)
{
	uint32_t bits[2] = {fields_to_bits(s), s->netns_names_max};
	uint16_t nr[2] = {clamp_nr_meta(s->nr_skb_meta), clamp_nr_meta(s->nr_xdp_meta)};

	buf_mem(b, bits, sizeof(bits));
	buf_mem(b, nr, sizeof(nr));
	for (size_t i = 0; i < nr[0]; i++)
		buf_text(b, s->skb_meta[i]);
	for (size_t i = 0; i < nr[1]; i++)
		buf_text(b, s->xdp_meta[i]);
}

static void put_head(struct record_sink *s, const struct record_meta *meta)
{
	uint16_t format[4] = {RECORD_FORMAT};
	struct record_buf *b = buf_reset(s);

	s->has_stacks = meta->shown.stack;
	out_mem(&s->out, RECORD_MAGIC, RECORD_MAGIC_SZ);
	out_mem(&s->out, format, sizeof(format));
	buf_mem(b, &meta->started, sizeof(meta->started));
	buf_mem(b, &meta->realtime_off, sizeof(meta->realtime_off));
	buf_text(b, meta->hostname);
	buf_text(b, meta->release);
	buf_text(b, meta->machine);
	buf_text(b, meta->version);
	buf_fields(b, &meta->shown);
	put_buf(s, RECORD_META);
}

/* Mark a number as written. True if it was not marked before, or on error (s->err). */
static bool add_if_new(struct record_sink *s, enum record_tag kind, uint64_t number)
{
	const struct name_at none = {0};
	int ret = nametab_add(&s->written, kind, number, &none);

	if (ret < 0 && !s->err)
		s->err = ret;
	return ret != 0;
}

static void put_address(struct record_sink *s, enum record_tag tag, uint64_t addr)
{
	struct record_buf *b = buf_reset(s);
	struct name_at at;

	if (!add_if_new(s, tag, addr))
		return;
	at = (tag == RECORD_FUNC ? s->names.func : s->names.symbol)(s->names.arg, addr);
	if (!at.name)
		return;
	buf_mem(b, &addr, sizeof(addr));
	buf_mem(b, &at.off, sizeof(at.off));
	buf_text(b, at.name);
	buf_text(b, at.module);
	put_buf(s, tag);
}

static void put_number(struct record_sink *s, enum record_tag tag, uint32_t number)
{
	struct record_buf *b = buf_reset(s);
	struct name_at at = {0};

	if (!add_if_new(s, tag, number))
		return;
	if (tag == RECORD_SOURCE)
		at = s->names.source(s->names.arg, number);
	else if (tag == RECORD_REASON)
		at.name = s->names.reason(s->names.arg, number);
	else if (s->names.netns)
		at.name = s->names.netns(s->names.arg, number);
	if (!at.name)
		return;
	buf_mem(b, &number, sizeof(number));
	buf_text(b, at.name);
	if (tag == RECORD_SOURCE)
		buf_text(b, at.module);
	put_buf(s, tag);
}

static void put_part(struct record_sink *s, const struct trace_parts *p, enum trail_part_kind kind,
		     const void *data, size_t sz)
{
	uint16_t tag[2] = {RECORD_PART, 0}, head[2] = {kind, (p->cut & PART_BIT(kind)) != 0};
	uint32_t record_sz;

	if (!(p->has & PART_BIT(kind)))
		return;
	if (sz > RECORD_SZ_MAX - sizeof(head))
		sz = RECORD_SZ_MAX - sizeof(head);
	record_sz = sizeof(head) + sz;
	out_mem(&s->out, tag, sizeof(tag));
	out_mem(&s->out, &record_sz, sizeof(record_sz));
	out_mem(&s->out, head, sizeof(head));
	out_mem(&s->out, data, sz);
}

static void put_stack(struct record_sink *s, const struct trace_parts *p)
{
	uint64_t addrs[TRAIL_MAX_STACK];

	for (size_t i = 0; i < p->nr_frames; i++) {
		addrs[i] = p->stack[i].addr;
		put_address(s, RECORD_SYMBOL, addrs[i]);
	}
	put_part(s, p, TRAIL_PART_STACK, addrs, p->nr_frames * sizeof(addrs[0]));
}

static void put_parts(struct record_sink *s, const struct trace_parts *p)
{
	struct record_buf *b;
	uint16_t nr = p->nr_meta;

	if (s->has_stacks && p->has & PART_BIT(TRAIL_PART_STACK))
		put_stack(s, p);
	put_part(s, p, TRAIL_PART_SKB, p->skb, p->skb ? strlen(p->skb) : 0);
	put_part(s, p, TRAIL_PART_SHARED_INFO, p->shared_info,
		 p->shared_info ? strlen(p->shared_info) : 0);
	put_part(s, p, TRAIL_PART_CB, p->cb, sizeof(p->cb));
	put_part(s, p, TRAIL_PART_TUNNEL, &p->tunnel, sizeof(p->tunnel));
	put_part(s, p, TRAIL_PART_CT, &p->ct, sizeof(p->ct));
	put_part(s, p, TRAIL_PART_MAP, &p->map, sizeof(p->map));
	put_part(s, p, TRAIL_PART_PACKET, p->packet,
		 p->packet ? sizeof(*p->packet) + p->packet->nr_bytes : 0);
	b = buf_reset(s);
	buf_mem(b, &nr, sizeof(nr));
	for (size_t i = 0; i < nr; i++)
		buf_text(b, p->meta[i]);
	put_part(s, p, TRAIL_PART_META, b->data, b->sz);
}

static void buf_place(struct record_buf *b, const struct verdict_rule *r)
{
	buf_mem(b, &r->rule, sizeof(r->rule));
	buf_mem(b, &r->handle, sizeof(r->handle));
	buf_text(b, r->chain);
}

static void put_verdict(struct record_sink *s, struct verdict v)
{
	uint16_t flags =
		(v.is_policy ? RECORD_IS_POLICY : 0) | (v.has_priority ? RECORD_HAS_PRIORITY : 0);
	uint16_t nr_path = (uint16_t)v.nr_path;
	struct record_buf *b = buf_reset(s);

	buf_mem(b, &flags, sizeof(flags));
	buf_mem(b, &v.priority, sizeof(v.priority));
	for (size_t i = 0; i < VERDICT_NR_TEXTS; i++)
		buf_text(b, *verdict_text(&v, i));
	buf_mem(b, &nr_path, sizeof(nr_path));
	buf_place(b, &v.at);
	for (size_t i = 0; i < nr_path; i++)
		buf_place(b, &v.path[i]);
	if (v.rule_text)
		buf_text(b, v.rule_text);
	put_buf(s, RECORD_VERDICT);
}

static void put_route(struct record_sink *s, struct route r)
{
	uint16_t flags = (r.has_rule ? RECORD_HAS_RULE : 0) | (r.is_cached ? RECORD_IS_CACHED : 0);
	struct record_buf *b = buf_reset(s);

	buf_mem(b, &flags, sizeof(flags));
	buf_mem(b, &r.nr_hops, sizeof(r.nr_hops));
	buf_mem(b, &r.rule, sizeof(r.rule));
	buf_mem(b, &r.table, sizeof(r.table));
	buf_mem(b, &r.metric, sizeof(r.metric));
	for (unsigned int i = 0; i < ROUTE_NR_TEXTS; i++)
		buf_text(b, route_text(&r, i));
	put_buf(s, RECORD_ROUTE);
}

static int record_err(const struct record_sink *s)
{
	return s->out.err ? s->out.err : s->err;
}

static int record_header(struct sink *sink)
{
	return record_err((struct record_sink *)sink);
}

static int record_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct record_sink *s = (struct record_sink *)sink;
	const struct trail_event *raw = &te->raw;

	if (raw->flags & (TRAIL_F_TRACEPOINT | TRAIL_F_PROG))
		put_number(s, RECORD_SOURCE, raw->source);
	else
		put_address(s, RECORD_FUNC, raw->ip);
	if (raw->caller)
		put_address(s, RECORD_SYMBOL, raw->caller);
	if (raw->flags & TRAIL_F_REASON)
		put_number(s, RECORD_REASON, raw->reason);
	if (te->netns_name)
		put_number(s, RECORD_NETNS, raw->netns);
	if (te->parts)
		put_parts(s, te->parts);
	if (te->why) {
		buf_text(buf_reset(s), te->why);
		put_buf(s, RECORD_WHY);
	}
	if (te->end) {
		buf_text(buf_reset(s), te->end);
		put_buf(s, RECORD_ENDING);
	}
	for (size_t i = 0; te->verdicts && i < te->verdicts->nr; i++)
		put_verdict(s, te->verdicts->v[i]);
	if (te->route)
		put_route(s, *te->route);
	put_record(&s->out, RECORD_EVENT, raw, sizeof(*raw));
	outbuf_end_event(&s->out);
	s->nr_events++;
	return record_err(s);
}

static int record_lost(struct sink *sink, uint64_t nr)
{
	struct record_sink *s = (struct record_sink *)sink;

	put_record(&s->out, RECORD_LOST, &nr, sizeof(nr));
	s->nr_lost += nr;
	return record_err(s);
}

static int record_flush(struct sink *sink)
{
	struct record_sink *s = (struct record_sink *)sink;

	outbuf_flush(&s->out);
	return record_err(s);
}

static int record_close(struct sink *sink)
{
	struct record_sink *s = (struct record_sink *)sink;
	uint64_t end[2] = {s->nr_events, s->nr_lost};
	int ret;

	put_record(&s->out, RECORD_END, end, sizeof(end));
	ret = outbuf_release(&s->out);
	if (!ret)
		ret = s->err;
	nametab_release(&s->written);
	free(s);
	return ret;
}

static const struct sink_ops record_ops = {
	.header = record_header,
	.event = record_event,
	.lost = record_lost,
	.flush = record_flush,
	.close = record_close,
};

int sink_record_open(struct sink **out, FILE *f, const struct record_meta *meta,
		     const struct names *names)
{
	struct record_sink *s = calloc(1, sizeof(*s));

	if (!s || outbuf_init(&s->out, f, ESCAPE_TEXT)) {
		free(s);
		return -ENOMEM;
	}
	s->sink = (struct sink){&record_ops, &s->out};
	s->names = *names;
	put_head(s, meta);
	*out = &s->sink;
	return 0;
}
