/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the command line. A single table (options.c) drives the parser and --help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "cli/option_values.h"

#define OPTIONS_NR_MAX 96

struct options {
	bool given[OPTIONS_NR_MAX]; /* with any value, in the order of the table in options.c */
	char *expr; /* owned; all words of the packet expression, joined; NULL: none */

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
	uint64_t filter_kprobe_batch; /* for compatibility with pwru; ignored */
	struct option_list kmods;     /* all modules if empty or with all_kmods */
	bool all_kmods;

	const char *backend;
	const char *kernel_btf;
	bool kernel_btf_force;
	const char *without; /* features, separated by commas */

	bool output_meta;
	bool output_tuple;
	bool output_why, output_release;
	enum verdict_mode output_verdict;
	bool output_rule;
	bool output_route;
	bool output_conntrack;
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
	uint64_t netns_names_max_length; /* 0: unlimited */
	uint64_t set_percpu_buf;	 /* for compatibility with pwru; ignored */
	bool output_json;
	enum story_mode story;
	uint64_t story_max; /* stories at once */
	bool summary;
	uint64_t summary_every; /* ns; 0: only at the end */
	const char *perfetto;	/* this and the next: a file; "-": standard output */
	const char *report;
	uint64_t duration; /* of the trace in ns; 0: no limit */
	enum timestamp_mode timestamp;
	/*
	 * Truncated just before the trace starts. With one of the options below an existing file
	 * becomes a backup instead (output/files/rotate.h); they need a regular file.
	 */
	const char *output_file;
	uint64_t output_file_max_size; /* bytes; 0: 100 MB if an option below is set, else no limit
					*/
	uint64_t output_file_max_age;  /* seconds to keep backups; 0: forever */
	uint64_t output_file_max_backups; /* 0: unlimited */
	bool output_file_compress;
	uint64_t output_limit_lines;	  /* 0: none */
	const char *colour;		  /* "auto", "always", "never" */
	const char *record;		  /* "-": standard output */
	enum record_format record_format; /* with `record` never FORMAT_BY_NAME */
	bool pcapng_once;
	uint64_t snaplen; /* 0: no packet bytes */
	const char *replay;
	const char *ready_file;
	uint64_t ring_sz; /* bytes of all rings together; 0: default of the transport */

	const char *btf_pack;	  /* file to write */
	const char *const *files; /* the files to pack: the remaining words of argv */
	size_t nr_files;
	bool check;
	bool list_funcs;
	const char *verifier_log;
	bool verbose;
	bool debug;
	bool quiet;
	bool version;
	bool help;
	bool short_help; /* with `help`: asked for as -h */
	int argc;	 /* the command line, in getopt's order */
	char *const *argv;
};

/*
 * Parse the command line. Returns 0, or -EINVAL for invalid usage, with the option, its value and
 * the accepted values in err (exit code 2). Strings other than expr point into argv.
 */
int options_parse(struct options *o, int argc, char **argv, struct err *err);
void options_release(struct options *o);
/* Whether --record writes packets. */
bool options_write_pcapng(const struct options *o);
/* The file of --record or --output-file; NULL: standard output. */
const char *options_output_path(const struct options *o);

/* A path that may be "-" for standard output: then NULL. */
const char *options_file(const char *path);
/* Whether stories are written to files of their own. */
bool options_write_stories(const struct options *o);
/* Whether events are collected to stories. */
bool options_tell_stories(const struct options *o);
/* Whether there are lines of text or JSON: of events, stories or summaries. */
bool options_print_lines(const struct options *o);
/* Whether anything but a summary beside a record is written to standard output. */
bool options_use_stdout(const struct options *o);

/* Whether a filter chooses packets, or the functions that show them. */
bool options_choose_packets(const struct options *o);

/* The text of --help, at most 100 columns. */
void options_help(FILE *out);

#endif
