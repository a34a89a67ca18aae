/* SPDX-License-Identifier: GPL-2.0-only */
/* format.h - formatters shared by text and JSON output. */
#ifndef OUTPUT_FORMAT_H
#define OUTPUT_FORMAT_H

#include "output/outbuf.h"
#include "output/output.h"

/* "curl:8102" */
void format_process(struct outbuf *o, const struct trail_event *raw);
/* "eth0:2", "2" for a device without a name, "0" without a device */
void format_iface(struct outbuf *o, const struct trail_event *raw);
/*
 * "ip_rcv", "tp:kfree_skb", "0xffffffff81000000", "prog:7" for a BPF program without a name.
 * "+0x40" is added when the probe was not at the entry: other symbols are nearer.
 */
void format_func(struct outbuf *o, const struct trace_event *te);
/* Type of the BPF program that the event is from: "tc" or "xdp"; NULL: none. */
const char *format_prog(const struct trace_event *te);
/* A caller: "nf_hook_slow+0x8a", or the address. Does not print the module: format_module(). */
void format_symbol(struct outbuf *o, const struct name_at *at, uint64_t addr);
/* " [nf_tables]"; nothing without a module. */
void format_module(struct outbuf *o, const struct name_at *at);

/* Text of the last tuple, as a packet's events are often consecutive. Initially zeroed. */
struct tuple_cache {
	bool tcp_flags; /* show TCP flags */
	struct tuple tuple;
	char text[TUPLE_TEXT_SZ];
	size_t len;
};
const char *tuple_cache_format(struct tuple_cache *c, const struct tuple *t, size_t *len);

#endif
