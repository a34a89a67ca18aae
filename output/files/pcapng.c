// SPDX-License-Identifier: GPL-2.0-only
/* Blocks and options: draft-ietf-opsawg-pcapng. Numbers in host byte order, as its magic tells. */
#include "output/files/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "output/files/cooked.h"
#include "output/files/news.h"
#include "output/format.h"
#include "output/outbuf.h"

#define BYTE_ORDER_MAGIC   0x1a2b3c4d
#define LINKTYPE_LINUX_SLL 113
#define NR_IFACES_MAX	   4096 /* the packets of further ones have the interface "others" */
#define OPTION_ALIGN(sz)   (((sz) + 3) & ~(size_t)3)

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
};

enum option_code {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_HARDWARE = 2,
	SECTION_OS = 3,
	SECTION_PROGRAM = 4,
	INTERFACE_NAME = 2,
	INTERFACE_DESCRIPTION = 3,
	INTERFACE_TSRESOL = 9,
	PACKET_FLAGS = 2,
	PACKET_VERDICT = 7,
};

/* The first byte of PACKET_VERDICT; its value follows as a u64. */
enum { VERDICT_OF_TC = 1, VERDICT_OF_XDP = 2 };

struct iface {
	uint32_t netns, ifindex;
	char name[TRAIL_NAME_SZ];
};

struct pcapng_sink {
	struct sink sink;
	struct outbuf out;
	/*
	 * Options of the next block, whose size comes first in the file. Never flushed: names have
	 * at most 1 KiB, escaped 4 KiB, and no block has as many of them as fit.
	 */
	struct outbuf options;
	struct pcapng_opts opts;
	struct news *news; /* NULL: write all events */
	struct iface *ifaces;
	size_t nr_ifaces, cap_ifaces, last_iface;
	uint64_t nr_lost; /* since the last packet */
	uint64_t last_ts; /* of that packet; ns, CLOCK_REALTIME */
	int err;	  /* out of memory */
};

/* ---- blocks ---- */

/* The fixed part and the data, then s->options. */
static void put_block(struct pcapng_sink *s, enum block_type type, const void *fixed,
		      size_t fixed_sz, const void *data, size_t sz)
{
	static const char zeroes[4];
	struct outbuf *o = &s->out;
	size_t padding = OPTION_ALIGN(sz) - sz;
	uint32_t head[2] = {type};

	head[1] = sizeof(head) + fixed_sz + sz + padding + s->options.len + sizeof(head[1]);
	out_mem(o, head, sizeof(head));
	out_mem(o, fixed, fixed_sz);
	out_mem(o, data, sz);
	out_mem(o, zeroes, padding);
	out_mem(o, s->options.buf, s->options.len);
	out_mem(o, &head[1], sizeof(head[1]));
	s->options.len = 0;
}

/* Returns what option_end() is to be given. */
static size_t option_begin(struct outbuf *o, enum option_code code)
{
	uint16_t head[2] = {code};

	out_mem(o, head, sizeof(head));
	return o->len;
}

static void option_end(struct outbuf *o, size_t began)
{
	uint16_t sz = o->len - began;

	memcpy(o->buf + began - sizeof(sz), &sz, sizeof(sz));
	while (o->len % 4)
		out_char(o, '\0');
}

static void option_mem(struct outbuf *o, enum option_code code, const void *p, size_t sz)
{
	size_t began = option_begin(o, code);

	out_mem(o, p, sz);
	option_end(o, began);
}

static void option_text(struct outbuf *o, enum option_code code, const char *before,
			const char *text)
{
	size_t began = option_begin(o, code);

	out_str(o, before);
	out_escaped(o, text);
	option_end(o, began);
}

static void put_section(struct pcapng_sink *s)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		int64_t length;
	} __attribute__((packed)) fixed = {BYTE_ORDER_MAGIC, 1, 0, -1};
	struct outbuf *o = &s->options;

	option_text(o, SECTION_HARDWARE, "", s->opts.meta.machine);
	option_text(o, SECTION_OS, "Linux ", s->opts.meta.release);
	option_text(o, SECTION_PROGRAM, "skbtrail ", s->opts.meta.version);
	option_text(o, OPTION_COMMENT, "traced on ", s->opts.meta.hostname);
	option_mem(o, OPTION_END, "", 0);
	put_block(s, BLOCK_SECTION, &fixed, sizeof(fixed), "", 0);
}

/* ---- interfaces ---- */

/* "srv/eth0"; "4026532126/eth0" if the namespace's name is unknown; "eth0" if itself is. */
static void iface_name(struct outbuf *o, const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;

	if (te->netns_name)
		out_escaped(o, te->netns_name);
	else if (raw->netns)
		out_dec(o, raw->netns, 0);
	if (te->netns_name || raw->netns)
		out_char(o, '/');
	if (raw->ifname[0])
		out_escaped(o, raw->ifname);
	else if (raw->ifindex)
		out_dec(o, raw->ifindex, 0);
	else
		out_str(o, "none");
}

static void put_iface(struct pcapng_sink *s, const struct trace_event *te)
{
	const struct {
		uint16_t link_type, reserved;
		uint32_t snaplen; /* libpcap wants the same of all */
	} fixed = {LINKTYPE_LINUX_SLL, 0, 0};
	const uint8_t nanoseconds = 9;
	struct outbuf *o = &s->options;
	size_t began = option_begin(o, INTERFACE_NAME);

	if (te)
		iface_name(o, te);
	else
		out_str(o, "others");
	option_end(o, began);
	if (te) {
		began = option_begin(o, INTERFACE_DESCRIPTION);
		out_str(o, "network namespace ");
		out_dec(o, te->raw.netns, 0);
		out_str(o, ", index ");
		out_dec(o, te->raw.ifindex, 0);
		option_end(o, began);
	}
	option_mem(o, INTERFACE_TSRESOL, &nanoseconds, 1);
	option_mem(o, OPTION_END, "", 0);
	put_block(s, BLOCK_INTERFACE, &fixed, sizeof(fixed), "", 0);
}

static bool is_of(const struct iface *i, const struct trail_event *raw)
{
	return i->ifindex == raw->ifindex && i->netns == raw->netns &&
	       !strcmp(i->name, raw->ifname);
}

/* Find the event's interface and set s->last_iface. */
static bool find_iface(struct pcapng_sink *s, const struct trail_event *raw)
{
	if (s->nr_ifaces && is_of(&s->ifaces[s->last_iface], raw))
		return true;
	for (size_t i = 0; i < s->nr_ifaces; i++) {
		if (!is_of(&s->ifaces[i], raw))
			continue;
		s->last_iface = i;
		return true;
	}
	return false;
}

static bool grow_ifaces(struct pcapng_sink *s)
{
	size_t cap = s->cap_ifaces ? 2 * s->cap_ifaces : 16;
	struct iface *p;

	if (s->nr_ifaces < s->cap_ifaces)
		return true;
	p = realloc(s->ifaces, cap * sizeof(*p));
	if (!p) {
		s->err = -ENOMEM;
		return false;
	}
	s->ifaces = p;
	s->cap_ifaces = cap;
	return true;
}

/* The number of the event's interface, which is written before its first packet. */
static uint32_t iface_of(struct pcapng_sink *s, const struct trace_event *te)
{
	bool is_full = s->nr_ifaces == NR_IFACES_MAX;
	struct iface *i;

	if (find_iface(s, &te->raw))
		return s->last_iface;
	if (is_full || !grow_ifaces(s))
		return s->last_iface = s->nr_ifaces ? s->nr_ifaces - 1 : 0;
	s->last_iface = s->nr_ifaces++;
	i = &s->ifaces[s->last_iface];
	*i = (struct iface){te->raw.netns, te->raw.ifindex};
	memcpy(i->name, te->raw.ifname, sizeof(i->name));
	put_iface(s, s->nr_ifaces == NR_IFACES_MAX ? NULL : te);
	return s->last_iface;
}

/* ---- packets ---- */

static void item(struct outbuf *o, const char *key)
{
	out_str(o, "; ");
	out_str(o, key);
	out_char(o, ' ');
}

static void item_text(struct outbuf *o, const char *key, const char *text)
{
	item(o, key);
	out_escaped(o, text);
}

static void item_utf8(struct outbuf *o, const char *key, const char *text)
{
	item(o, key);
	out_escaped_utf8(o, text);
}

static void comment_func(struct outbuf *o, const struct trace_event *te, const char *stage)
{
	const char *prog = format_prog(te);

	out_str(o, "func ");
	format_func(o, te);
	format_module(o, prog ? &(struct name_at){.name = prog, .module = prog} : &te->func);
	if (te->raw.caller) {
		item(o, "caller");
		format_symbol(o, &te->caller, te->raw.caller);
		format_module(o, &te->caller);
	}
	if (stage)
		item_text(o, "stage", stage);
}

static void comment_outcome(struct outbuf *o, const struct trace_event *te,
			    const struct output_fields *shown)
{
	bool is_verdict = te->raw.flags & TRAIL_F_VERDICT;

	if (is_verdict || te->raw.flags & TRAIL_F_REASON) {
		item(o, is_verdict ? "verdict" : "reason");
		if (te->reason)
			out_escaped(o, te->reason);
		else
			out_int(o, te->raw.reason);
	}
	if (te->is_drop)
		out_str(o, "; drop");
	if (why_is_shown(te, shown))
		item_utf8(o, "why", te->why);
	if (end_is_shown(te, shown))
		item_text(o, "end", te->end);
}

static void out_mac(struct outbuf *o, const uint8_t *mac)
{
	for (int i = 0; i < ETH_ALEN; i++) {
		if (i)
			out_char(o, ':');
		out_bytes(o, mac + i, 1);
	}
}

/* What the cooked header has no place for. */
static void comment_ethernet(struct outbuf *o, const uint8_t *header)
{
	item(o, "ethernet");
	out_mac(o, header + ETH_ALEN);
	out_str(o, " > ");
	out_mac(o, header);
}

static void comment_origin(struct outbuf *o, const struct trail_event *raw, uint64_t nr_lost)
{
	item(o, raw->type == TRAIL_EVENT_XDP ? "xdp_buff" : "skb");
	out_str(o, "0x");
	out_hex(o, raw->skb, 16);
	item(o, "process");
	format_process(o, raw);
	item(o, "cpu");
	out_dec(o, raw->cpu, 0);
	if (raw->flags & TRAIL_F_VLAN) {
		item(o, "vlan");
		out_dec(o, raw->vlan_tci & 0xfff, 0);
	}
	if (raw->flags & TRAIL_F_HDR_FROM_SK)
		out_str(o, "; headers are the socket's");
	if (raw->flags & TRAIL_F_BY_STACK)
		out_str(o, "; found by the stack");
	if (nr_lost) {
		item(o, "events lost before");
		out_dec(o, nr_lost, 0);
	}
}

static void put_options(struct pcapng_sink *s, const struct trace_event *te,
			const struct cooked_packet *p)
{
	const struct {
		uint8_t of;
		uint64_t value;
	} __attribute__((packed)) verdict = {
		te->raw.type == TRAIL_EVENT_XDP ? VERDICT_OF_XDP : VERDICT_OF_TC,
		(int32_t)te->raw.reason,
	};
	uint32_t flags = p->direction; /* the values are the same */
	struct outbuf *o = &s->options;
	size_t began;

	if (flags)
		option_mem(o, PACKET_FLAGS, &flags, sizeof(flags));
	if (te->raw.flags & TRAIL_F_VERDICT)
		option_mem(o, PACKET_VERDICT, &verdict, sizeof(verdict));
	began = option_begin(o, OPTION_COMMENT);
	comment_func(o, te, s->opts.stage ? s->opts.stage(s->opts.stage_arg, te) : NULL);
	comment_outcome(o, te, &s->opts.meta.shown);
	comment_origin(o, &te->raw, s->nr_lost);
	if (p->ethernet)
		comment_ethernet(o, p->ethernet);
	if (te->parts && te->parts->cut & PART_BIT(TRAIL_PART_PACKET))
		out_str(o, "; packet bytes lost");
	option_end(o, began);
	option_mem(o, OPTION_END, "", 0);
}

static void put_packet(struct pcapng_sink *s, const struct trace_event *te, uint32_t iface,
		       const struct cooked_packet *p)
{
	uint64_t ts = te->raw.ts + (uint64_t)s->opts.meta.realtime_off;
	size_t tag_sz = p->has_tag ? sizeof(p->tag) : 0;
	const struct {
		uint32_t iface, ts_high, ts_low, captured, len;
		struct cooked head;
		uint16_t tag[2];
	} fixed = {
		.iface = iface,
		.ts_high = ts >> 32,
		.ts_low = ts,
		.captured = sizeof(p->head) + tag_sz + p->sz,
		.len = sizeof(p->head) + tag_sz + p->len,
		.head = p->head,
		.tag = {p->tag[0], p->tag[1]},
	};

	put_options(s, te, p);
	put_block(s, BLOCK_PACKET, &fixed, sizeof(fixed) - sizeof(p->tag) + tag_sz, p->data, p->sz);
	s->nr_lost = 0;
	s->last_ts = ts;
}

/* Losses that no packet follows: in a comment about the last interface. */
static void put_lost(struct pcapng_sink *s)
{
	const uint32_t fixed[3] = {s->last_iface, s->last_ts >> 32, (uint32_t)s->last_ts};
	struct outbuf *o = &s->options;
	size_t began;

	if (!s->nr_lost || !s->nr_ifaces)
		return;
	began = option_begin(o, OPTION_COMMENT);
	out_str(o, "events lost at the end ");
	out_dec(o, s->nr_lost, 0);
	option_end(o, began);
	option_mem(o, OPTION_END, "", 0);
	put_block(s, BLOCK_STATISTICS, fixed, sizeof(fixed), "", 0);
}

/* ---- the sink ---- */

static int sink_err(const struct pcapng_sink *s)
{
	return s->out.err ? s->out.err : s->err;
}

static int pcapng_flush(struct sink *sink)
{
	struct pcapng_sink *s = (struct pcapng_sink *)sink;

	outbuf_flush(&s->out);
	return sink_err(s);
}

/* Flushed, as a reader at the other end of a pipe waits for it. */
static int pcapng_header(struct sink *sink)
{
	struct pcapng_sink *s = (struct pcapng_sink *)sink;
	int ret;

	put_section(s);
	ret = pcapng_flush(sink);
	if (!ret)
		s->out.whole_sz = s->out.nr_gone;
	return ret;
}

static int pcapng_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct pcapng_sink *s = (struct pcapng_sink *)sink;
	struct cooked_packet p;
	uint32_t iface;

	if (!cooked_packet(&p, te))
		return 1;
	iface = iface_of(s, te);
	if (s->news && !news_note(s->news, te, age, iface, p.data, p.sz))
		return 1;
	if (!s->err)
		put_packet(s, te, iface, &p);
	outbuf_end_event(&s->out);
	return sink_err(s);
}

static int pcapng_lost(struct sink *sink, uint64_t nr)
{
	struct pcapng_sink *s = (struct pcapng_sink *)sink;

	s->nr_lost += nr;
	return sink_err(s);
}

static int pcapng_close(struct sink *sink)
{
	struct pcapng_sink *s = (struct pcapng_sink *)sink;
	int ret;

	if (!s->nr_ifaces && !s->err)
		put_iface(s, NULL); /* libpcap refuses files without one */
	put_lost(s);
	if (outbuf_flush(&s->out) && s->out.f != stdout)
		(void)!ftruncate(fileno(s->out.f), s->out.whole_sz);
	ret = outbuf_release(&s->out);
	if (!ret)
		ret = s->err;
	free(s->options.buf);
	free(s->ifaces);
	news_free(s->news);
	free(s);
	return ret;
}

static const struct sink_ops pcapng_ops = {
	.header = pcapng_header,
	.event = pcapng_event,
	.lost = pcapng_lost,
	.flush = pcapng_flush,
	.close = pcapng_close,
};

int sink_pcapng_open(struct sink **out, FILE *f, const struct pcapng_opts *opts)
{
	struct pcapng_sink *s = calloc(1, sizeof(*s));

	if (!s || (opts->once && news_open(&s->news)) ||
	    outbuf_init(&s->options, NULL, ESCAPE_TEXT) || outbuf_init(&s->out, f, ESCAPE_TEXT)) {
		if (s) {
			free(s->options.buf);
			news_free(s->news);
		}
		free(s);
		return -ENOMEM;
	}
	s->sink = (struct sink){&pcapng_ops, &s->out};
	s->options.utf8 = true; /* as options are */
	s->opts = *opts;
	*out = &s->sink;
	return 0;
}
