// SPDX-License-Identifier: GPL-2.0-only
/* Writes record_format.h. */
#include <errno.h>
#include <stdlib.h>

#include "output/nametab.h"
#include "output/outbuf.h"
#include "output/output.h"
#include "output/record_format.h"

struct record_sink {
	struct sink sink;
	struct outbuf out;
	struct names names;
	struct nametab written; /* keys only */
	uint64_t nr_events, nr_lost;
	int err; /* of the table */
};

/* A record is put together here, so that its size is known. Names are cut, so it cannot overflow.
 */
struct draft {
	uint8_t data[4096];
	size_t sz;
};

static void draft_mem(struct draft *d, const void *p, size_t sz)
{
	if (sz > sizeof(d->data) - d->sz)
		sz = sizeof(d->data) - d->sz;
	memcpy(d->data + d->sz, p, sz);
	d->sz += sz;
}

static void draft_text(struct draft *d, const char *s)
{
	size_t len = s ? strnlen(s, RECORD_NAME_SZ_MAX) : 0;
	uint16_t len16 = len;

	draft_mem(d, &len16, sizeof(len16));
	draft_mem(d, s ? s : "", len);
}

static void put_record(struct outbuf *o, enum record_tag tag, const void *data, size_t sz)
{
	uint16_t head[2] = {tag, 0};
	uint32_t sz32 = sz;

	out_mem(o, head, sizeof(head));
	out_mem(o, &sz32, sizeof(sz32));
	out_mem(o, data, sz);
}

static void put_head(struct outbuf *o, const struct record_meta *meta)
{
	uint16_t format[4] = {RECORD_FORMAT};
	struct draft d = {.sz = 0};

	out_mem(o, RECORD_MAGIC, RECORD_MAGIC_SZ);
	out_mem(o, format, sizeof(format));
	draft_mem(&d, &meta->started, sizeof(meta->started));
	draft_mem(&d, &meta->realtime_off, sizeof(meta->realtime_off));
	draft_text(&d, meta->hostname);
	draft_text(&d, meta->release);
	draft_text(&d, meta->machine);
	draft_text(&d, meta->version);
	put_record(o, RECORD_META, d.data, d.sz);
}

/* True for the first time that this number is used. */
static bool is_first(struct record_sink *s, enum record_tag kind, uint64_t number)
{
	const struct name_at none = {0};
	int ret = nametab_add(&s->written, kind, number, &none);

	if (ret < 0 && !s->err)
		s->err = ret;
	return ret != 0;
}

static void put_address(struct record_sink *s, enum record_tag tag, uint64_t addr)
{
	struct draft d = {.sz = 0};
	struct name_at at;

	if (!is_first(s, tag, addr))
		return;
	at = (tag == RECORD_FUNC ? s->names.func : s->names.symbol)(s->names.arg, addr);
	if (!at.name)
		return;
	draft_mem(&d, &addr, sizeof(addr));
	draft_mem(&d, &at.off, sizeof(at.off));
	draft_text(&d, at.name);
	draft_text(&d, at.module);
	put_record(&s->out, tag, d.data, d.sz);
}

static void put_number(struct record_sink *s, enum record_tag tag, uint32_t number)
{
	struct draft d = {.sz = 0};
	const char *name;

	if (!is_first(s, tag, number))
		return;
	if (tag == RECORD_SOURCE)
		name = s->names.source(s->names.arg, number).name;
	else
		name = s->names.reason(s->names.arg, number);
	if (!name)
		return;
	draft_mem(&d, &number, sizeof(number));
	draft_text(&d, name);
	put_record(&s->out, tag, d.data, d.sz);
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

	if (raw->flags & TRAIL_F_TRACEPOINT)
		put_number(s, RECORD_SOURCE, raw->source);
	else
		put_address(s, RECORD_FUNC, raw->ip);
	if (raw->caller)
		put_address(s, RECORD_SYMBOL, raw->caller);
	if (raw->flags & TRAIL_F_REASON)
		put_number(s, RECORD_REASON, raw->reason);
	put_record(&s->out, RECORD_EVENT, raw, sizeof(*raw));
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
	s->sink.ops = &record_ops;
	s->names = *names;
	put_head(&s->out, meta);
	*out = &s->sink;
	return 0;
}
