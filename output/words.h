/* SPDX-License-Identifier: GPL-2.0-only */
/* words.h - the parts of a line that text and JSON say alike. */
#ifndef OUTPUT_WORDS_H
#define OUTPUT_WORDS_H

#include "output/outbuf.h"
#include "output/output.h"

/* "curl:8102" */
void words_process(struct outbuf *o, const struct trail_event *raw);
/* "eth0:2", "2" for a device without a name, "0" where there is none */
void words_iface(struct outbuf *o, const struct trail_event *raw);
/*
 * "ip_rcv", "tp:kfree_skb", "0xffffffff81000000". "+0x40" is added when the probe was not at
 * the entry: other symbols are nearer.
 */
void words_func(struct outbuf *o, const struct trace_event *te);
/* "nf_hook_slow+0x8a", or the address. Nothing to say where raw.caller is 0. */
void words_caller(struct outbuf *o, const struct trace_event *te);

/* The last tuple in words: a packet's events follow each other. Zeroed at first. */
struct tuple_cache {
	struct tuple tuple;
	char text[TUPLE_TEXT_SZ];
	size_t len;
};
const char *tuple_cache_format(struct tuple_cache *c, const struct tuple *t, size_t *len);

#endif
