// SPDX-License-Identifier: GPL-2.0-only
/* One JSON object a line. docs/json.md lists the fields. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "output/daytime.h"
#include "output/outbuf.h"
#include "output/output.h"
#include "output/words.h"

struct json_sink {
	struct sink sink;
	struct outbuf out;
	struct sink_opts opts;
	struct daytime day;
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
		daytime_print_full(&s->day, o, daytime_now());
	else
		daytime_print_full(&s->day, o, te->raw.ts + (uint64_t)s->opts.realtime_off);
	out_char(o, '"');
}

/* "SYN|ACK" as pwru names them. */
static void json_tcp_flags(struct outbuf *o, uint8_t flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	const char *sep = "";

	KEY(o, "flags");
	out_char(o, '"');
	for (int i = 0; i < 8; i++) {
		if (!(flags & 1 << i))
			continue;
		out_str(o, sep);
		out_str(o, names[i]);
		sep = "|";
	}
	out_char(o, '"');
	NUMBER(o, "tcp_flags", flags);
}

static void json_tuple(struct outbuf *o, const struct tuple *t)
{
	char addr[INET6_ADDRSTRLEN];

	if (!t->family && !t->is_arp)
		return;
	out_str(o, ",\"tuple\":{");
	if (t->family) {
		out_str(o, "\"saddr\":\"");
		out_str(o, inet_ntop(t->family, t->saddr, addr, sizeof(addr)));
		out_str(o, "\",\"daddr\":\"");
		out_str(o, inet_ntop(t->family, t->daddr, addr, sizeof(addr)));
		out_str(o, "\",");
	}
	if (t->has_ports) {
		out_str(o, "\"sport\":");
		out_dec(o, t->sport, 0);
		NUMBER(o, "dport", t->dport);
		out_char(o, ',');
	}
	out_str(o, t->is_arp ? "\"arp_op\":" : "\"proto\":");
	out_dec(o, t->is_arp ? t->arp_op : t->proto, 0);
	if (t->has_tcp_flags)
		json_tcp_flags(o, t->tcp_flags);
	if (t->has_icmp) {
		NUMBER(o, "icmp_type", t->icmp_type);
		NUMBER(o, "icmp_code", t->icmp_code);
	}
	if (t->is_fragment)
		out_str(o, ",\"fragment\":true");
	out_char(o, '}');
}

static void json_func(struct outbuf *o, const struct trace_event *te)
{
	KEY(o, "func");
	out_char(o, '"');
	words_func(o, te);
	out_char(o, '"');
	if (te->func.name && te->func.module) {
		KEY(o, "module");
		json_string(o, te->func.module);
	}
	if (te->raw.caller) {
		KEY(o, "caller_func");
		out_char(o, '"');
		words_caller(o, te);
		out_char(o, '"');
		if (te->caller.name && te->caller.module) {
			KEY(o, "caller_module");
			json_string(o, te->caller.module);
		}
	}
	if (te->raw.flags & TRAIL_F_REASON) {
		if (te->reason) {
			KEY(o, "reason");
			json_string(o, te->reason);
		}
		NUMBER(o, "reason_code", te->raw.reason);
	}
	if (te->is_drop)
		out_str(o, ",\"drop\":true");
}

static void json_meta(struct outbuf *o, const struct trail_event *raw)
{
	NUMBER(o, "netns", raw->netns);
	NUMBER(o, "mark", raw->mark);
	KEY(o, "iface");
	out_char(o, '"');
	words_iface(o, raw);
	out_char(o, '"');
	NUMBER(o, "ifindex", raw->ifindex);
	NUMBER(o, "proto", raw->protocol);
	NUMBER(o, "mtu", raw->mtu);
	NUMBER(o, "len", raw->len);
	if (raw->flags & TRAIL_F_VLAN)
		NUMBER(o, "vlan", raw->vlan_tci & 0xfff);
}

static int json_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct json_sink *s = (struct json_sink *)sink;
	struct outbuf *o = &s->out;

	out_str(o, "{\"skb\":\"0x");
	out_hex(o, te->raw.skb, 16);
	out_char(o, '"');
	NUMBER(o, "cpu", te->raw.cpu);
	KEY(o, "process");
	out_char(o, '"');
	words_process(o, &te->raw);
	out_char(o, '"');
	NUMBER(o, "tid", te->raw.tid);
	json_func(o, te);
	json_time(s, te, age);
	NUMBER(o, "timestamp_ns", te->raw.ts);
	json_meta(o, &te->raw);
	json_tuple(o, &te->tuple);
	out_mem(o, "}\n", 2);
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
	s->sink.ops = &json_ops;
	s->opts = *opts;
	*out = &s->sink;
	return 0;
}
