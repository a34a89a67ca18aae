// SPDX-License-Identifier: GPL-2.0-only
#include "output/format.h"

#include "base/words.h"

/* A probe after the ftrace call site is up to 16 bytes after the function entry (x86, arm64). */
#define ENTRY_MAX 16

void format_process(struct outbuf *o, const struct trail_event *raw)
{
	out_escaped(o, raw->comm);
	out_char(o, ':');
	out_dec(o, raw->tgid, 0);
}

void format_iface(struct outbuf *o, const struct trail_event *raw)
{
	if (raw->ifname[0]) {
		out_escaped(o, raw->ifname);
		out_char(o, ':');
	}
	out_dec(o, raw->ifindex, 0);
}

static void format_offset(struct outbuf *o, uint64_t off)
{
	out_str(o, "+0x");
	out_hex(o, off, 0);
}

void format_func(struct outbuf *o, const struct trace_event *te)
{
	bool is_tp = te->raw.flags & TRAIL_F_TRACEPOINT;
	bool is_prog = te->raw.flags & TRAIL_F_PROG;

	if (is_tp)
		out_str(o, "tp:");
	if (te->func.name) {
		out_escaped(o, te->func.name);
	} else if (is_tp || is_prog) {
		if (is_prog)
			out_str(o, "prog:");
		out_dec(o, te->raw.source, 0);
	} else {
		out_str(o, "0x");
		out_hex(o, te->raw.ip, 0);
	}
	if (te->func.name && te->func.off > ENTRY_MAX)
		format_offset(o, te->func.off);
}

const char *format_prog(const struct trace_event *te)
{
	if (!(te->raw.flags & TRAIL_F_PROG))
		return NULL;
	return te->raw.type == TRAIL_EVENT_XDP ? "xdp" : "tc";
}

void format_symbol(struct outbuf *o, const struct name_at *at, uint64_t addr)
{
	if (at->name) {
		out_escaped(o, at->name);
		format_offset(o, at->off);
	} else {
		out_str(o, "0x");
		out_hex(o, addr, 0);
	}
}

void format_module(struct outbuf *o, const struct name_at *at)
{
	if (!at->name || !at->module)
		return;
	out_str(o, " [");
	out_escaped(o, at->module);
	out_char(o, ']');
}

const char *tuple_cache_format(struct tuple_cache *c, const struct tuple *t, size_t *len)
{
	_Static_assert(sizeof(*t) % 8 == 0, "struct tuple is whole words");
	/* with its padding: tuple_decode() clears all of it */
	if (!c->len || !same_words(&c->tuple, t, sizeof(*t))) {
		c->tuple = *t;
		tuple_format(t, c->tcp_flags, c->text, sizeof(c->text));
		c->len = strlen(c->text);
	}
	*len = c->len;
	return c->text;
}
