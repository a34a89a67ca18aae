// SPDX-License-Identifier: GPL-2.0-only
#include "trace/output_fields.h"

struct output_fields output_fields_of(const struct options *o)
{
	return (struct output_fields){
		.meta = o->output_meta,
		.tuple = o->output_tuple,
		.hide_why = !o->output_why,
		.hide_verdicts = o->output_verdict == VERDICTS_NONE,
		.tcp_flags = o->output_tcp_flags,
		.caller = o->output_caller,
		.stack = o->output_stack,
		.tunnel = o->output_tunnel,
		.skb = o->output_skb,
		.shared_info = o->output_skb_shared_info,
		.cb = o->output_skb_cb,
		.conntrack = o->output_conntrack,
		.bpfmap = o->output_bpfmap,
		.netns_names = o->output_netns_names,
		.netns_names_max = o->netns_names_max_length,
		.skb_meta = (const char *const *)o->output_skb_metadata.v,
		.nr_skb_meta = o->output_skb_metadata.nr,
		.xdp_meta = (const char *const *)o->output_xdp_metadata.v,
		.nr_xdp_meta = o->output_xdp_metadata.nr,
	};
}

struct output_fields output_fields_replayed(const struct options *o,
					    const struct output_fields *recorded)
{
	struct output_fields s = *recorded;

	s.meta &= o->output_meta;
	s.tuple &= o->output_tuple;
	s.hide_why = !o->output_why;
	s.hide_verdicts = o->output_verdict == VERDICTS_NONE;
	s.tcp_flags |= o->output_tcp_flags;
	if (o->netns_names_max_length)
		s.netns_names_max = o->netns_names_max_length;
	return s;
}
