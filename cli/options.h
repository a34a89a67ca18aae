/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the command line. One table (options.c) is parser, --help and test subject. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "cli/option_values.h"

struct options {
	char *expr; /* owned; the words of the expression joined, NULL: none */

	const char *filter_func;
	const char *filter_netns;
	const char *filter_ifname;
	uint32_t filter_mark;
	uint32_t filter_mark_mask;   /* 0: any mark */
	const char *filter_skb_expr; /* C expressions: filter/expr/expr.h */
	const char *filter_xdp_expr;
	const char *filter_tunnel_pcap_l2;
	const char *filter_tunnel_pcap_l3;
	struct option_list filter_non_skb_funcs;
	bool filter_track_skb;
	bool filter_track_skb_by_stackid;
	bool filter_trace_tc;
	bool filter_trace_xdp;
	bool filter_track_bpf_helpers;
	uint64_t filter_track_size;   /* packets that can be followed at once */
	uint64_t filter_kprobe_batch; /* pwru's; does nothing here */
	struct option_list kmods;     /* with all_kmods, or none: all modules */
	bool all_kmods;

	const char *backend;
	const char *kernel_btf;
	bool kernel_btf_force;
	const char *without; /* features, separated by commas */

	bool output_meta;
	bool output_tuple;
	bool output_tcp_flags;
	bool output_caller;
	bool output_stack;
	bool output_tunnel;
	bool output_skb;
	bool output_skb_shared_info;
	bool output_skb_cb;
	struct option_list output_skb_metadata; /* C expressions */
	struct option_list output_xdp_metadata;
	bool output_bpfmap;
	bool output_netns_names;
	uint64_t netns_names_max_length; /* 0: as long as they are */
	uint64_t set_percpu_buf;	 /* pwru's; does nothing here */
	bool output_json;
	enum timestamp_mode timestamp;
	/*
	 * Emptied when the trace is certain to begin. With one of the options below an existing
	 * file becomes a backup instead, so that nothing is lost (output/files/rotate.h); these go
	 * with a regular file only.
	 */
	const char *output_file;
	uint64_t output_file_max_size; /* bytes; 0: 100 MB with one of those below, or no limit */
	uint64_t output_file_max_age;  /* of backups that stay, seconds; 0: for ever */
	uint64_t output_file_max_backups; /* 0: all */
	bool output_file_compress;
	uint64_t output_limit_lines; /* 0: none */
	const char *colour;	     /* "auto", "always", "never" */
	const char *record;
	const char *replay;
	const char *ready_file;
	uint64_t ring_sz; /* bytes of all rings together; 0: what suits the transport */

	const char *btf_pack;	  /* file to write */
	const char *const *files; /* and the words after it, in argv */
	size_t nr_files;
	bool check;
	bool list_funcs;
	const char *verifier_log;
	bool verbose;
	bool debug;
	bool quiet;
	bool version;
	bool help;
};

/*
 * Parse. What does not fit is -EINVAL with the option, the value and what is accepted in
 * err (exit code 2). All texts but expr point into argv.
 */
int options_parse(struct options *o, int argc, char **argv, struct err *err);
void options_release(struct options *o);

/* The text of --help, at most 100 columns. */
void options_help(FILE *out);

#endif
