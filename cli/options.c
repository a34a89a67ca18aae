// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "cli/nearest.h"
#include "cli/option_values.h"

enum opt_type {
	OPT_FLAG,
	OPT_TEXT,
	OPT_LIST,
	OPT_BACKEND,
	OPT_NUMBER,
	OPT_POSITIVE,
	OPT_SIZE,
	OPT_FILE_SIZE,
	OPT_AGE,
	OPT_DURATION,
	OPT_SUMMARY,
	OPT_MARK,
	OPT_TIMESTAMP,
	OPT_COLOUR,
	OPT_VERDICT,
	OPT_STORY,
	OPT_FORMAT,
	OPT_SNAPLEN,
};

struct opt {
	const char *group; /* --help heading for this and the following options */
	const char *name;
	char letter;
	const char *arg;
	const char *help;
	enum opt_type type;
	size_t off;
};

#define AT(field)	offsetof(struct options, field)
#define SNAPLEN_DEFAULT 256

_Static_assert(TRAIL_SNAPLEN_MAX == 9140, "opt_accepts() says so");

static const struct opt opts[] = {
	{"Filters, all in the kernel", "filter-func", 0, "REGEX",
	 "only functions whose whole name matches (extended regex)", OPT_TEXT, AT(filter_func)},
	{NULL, "filter-netns", 0, "NETNS",
	 "only this network namespace: path, inode:N, name or pid", OPT_TEXT, AT(filter_netns)},
	{NULL, "filter-mark", 0, "MARK[/MASK]", "only packets with this mark", OPT_MARK,
	 AT(filter_mark)},
	{NULL, "filter-ifname", 'i', "NAME",
	 "only this interface, in --filter-netns or our own namespace", OPT_TEXT,
	 AT(filter_ifname)},
	{NULL, "filter-skb-expr", 0, "CEXPR",
	 "only packets for which it is true: 'skb->len > 1400'", OPT_TEXT, AT(filter_skb_expr)},
	{NULL, "filter-xdp-expr", 0, "CEXPR", "the same at XDP: 'xdp->rxq->queue_index == 1'",
	 OPT_TEXT, AT(filter_xdp_expr)},
	{NULL, "filter-tunnel-pcap-l2", 0, "EXPR",
	 "only tunnels whose inner Ethernet packet matches", OPT_TEXT, AT(filter_tunnel_pcap_l2)},
	{NULL, "filter-tunnel-pcap-l3", 0, "EXPR", "only tunnels whose inner IP packet matches",
	 OPT_TEXT, AT(filter_tunnel_pcap_l3)},

	{"Following packets", "filter-track-skb", 0, NULL,
	 "follow matched packets and their copies until freed", OPT_FLAG, AT(filter_track_skb)},
	{NULL, "filter-track-skb-by-stackid", 0, NULL,
	 "also everything called while a packet is handled", OPT_FLAG,
	 AT(filter_track_skb_by_stackid)},
	{NULL, "filter-track-size", 0, "N", "follow up to N packets at a time (default 65536)",
	 OPT_POSITIVE, AT(filter_track_size)},
	{NULL, "filter-non-skb-funcs", 0, "LIST",
	 "also these functions, when called for a followed packet", OPT_LIST,
	 AT(filter_non_skb_funcs)},
	{NULL, "filter-track-bpf-helpers", 0, NULL, "also helpers called by BPF programs", OPT_FLAG,
	 AT(filter_track_bpf_helpers)},
	{NULL, "filter-trace-tc", 0, NULL, "also tc's BPF programs, with their verdicts", OPT_FLAG,
	 AT(filter_trace_tc)},
	{NULL, "filter-trace-xdp", 0, NULL, "also XDP programs, with their verdicts", OPT_FLAG,
	 AT(filter_trace_xdp)},

	{"Tracing", "backend", 0, "NAME", "one of those listed by --check (default: the best)",
	 OPT_BACKEND, AT(backend)},
	{NULL, "kmods", 0, "LIST", "trace only these modules (default: all)", OPT_LIST, AT(kmods)},
	{NULL, "all-kmods", 0, NULL, "trace all modules, even with --kmods", OPT_FLAG,
	 AT(all_kmods)},
	{NULL, "kernel-btf", 0, "FILE|DIR",
	 "this kernel's types: BTF or ELF, or a directory of RELEASE.btf", OPT_TEXT,
	 AT(kernel_btf)},
	{NULL, "kernel-btf-force", 0, NULL, "use it even if made for another kernel", OPT_FLAG,
	 AT(kernel_btf_force)},
	{NULL, "without", 0, "FEATURE,...",
	 "act as if the kernel lacked these features (see --check)", OPT_TEXT, AT(without)},
	{NULL, "ring-size", 0, "BYTES[K|M]", "size of the event buffer (default 16M)", OPT_SIZE,
	 AT(ring_sz)},
	{NULL, "filter-kprobe-batch", 0, "N", "for compatibility with pwru; has no effect",
	 OPT_POSITIVE, AT(filter_kprobe_batch)},
	{NULL, "set-percpu-buf", 0, "BYTES", "for compatibility with pwru; has no effect",
	 OPT_POSITIVE, AT(set_percpu_buf)},
	{NULL, "ready-file", 0, "FILE", "create FILE once everything is attached", OPT_TEXT,
	 AT(ready_file)},

	{"Output", "output-meta", 0, NULL, "NETNS, MARK, IFACE, PROTO, MTU, LEN (default true)",
	 OPT_FLAG, AT(output_meta)},
	{NULL, "output-tuple", 0, NULL, "addresses and ports (default true)", OPT_FLAG,
	 AT(output_tuple)},
	{NULL, "output-why", 0, NULL, "why a packet was dropped, or how it ended (default true)",
	 OPT_FLAG, AT(output_why)},
	{NULL, "output-release", 0, NULL, "also what only repeats that a packet is freed", OPT_FLAG,
	 AT(output_release)},
	{NULL, "output-verdict", 0, "MODE", "firewall verdicts: drops, all or none (default drops)",
	 OPT_VERDICT, AT(output_verdict)},
	{NULL, "output-rule", 0, NULL, "also the text of the rule that decided", OPT_FLAG,
	 AT(output_rule)},
	{NULL, "output-route", 0, NULL, "the rule and route that sent a packet on (true with -v)",
	 OPT_FLAG, AT(output_route)},
	{NULL, "output-conntrack", 0, NULL, "the packet's conntrack entry: state, tuples, timeout",
	 OPT_FLAG, AT(output_conntrack)},
	{NULL, "output-tcp-flags", 0, NULL, "flags of TCP packets", OPT_FLAG, AT(output_tcp_flags)},
	{NULL, "output-caller", 0, NULL, "where the function was called from", OPT_FLAG,
	 AT(output_caller)},
	{NULL, "output-stack", 0, NULL, "call stack of the function", OPT_FLAG, AT(output_stack)},
	{NULL, "output-tunnel", 0, NULL, "addresses and ports of the inner packet", OPT_FLAG,
	 AT(output_tunnel)},
	{NULL, "output-skb", 0, NULL, "all of struct sk_buff", OPT_FLAG, AT(output_skb)},
	{NULL, "output-skb-shared-info", 0, NULL, "all of struct skb_shared_info", OPT_FLAG,
	 AT(output_skb_shared_info)},
	{NULL, "output-skb-cb", 0, NULL, "skb->cb", OPT_FLAG, AT(output_skb_cb)},
	{NULL, "output-skb-metadata", 0, "LIST",
	 "values of C expressions: 'skb->hash,skb->dev->mtu'", OPT_LIST, AT(output_skb_metadata)},
	{NULL, "output-xdp-metadata", 0, "LIST", "the same at XDP: 'xdp->rxq->queue_index'",
	 OPT_LIST, AT(output_xdp_metadata)},
	{NULL, "output-bpfmap", 0, NULL, "maps used by BPF helpers, with key and value", OPT_FLAG,
	 AT(output_bpfmap)},
	{NULL, "output-netns-names", 0, NULL, "names of network namespaces", OPT_FLAG,
	 AT(output_netns_names)},
	{NULL, "netns-names-max-length", 0, "N", "cut these names to N characters", OPT_NUMBER,
	 AT(netns_names_max_length)},
	{NULL, "story", 0, NULL, "a story for each packet, or with =flow for each connection",
	 OPT_STORY, AT(story)},
	{NULL, "story-max", 0, "N", "packets at once in stories (default 65536)", OPT_POSITIVE,
	 AT(story_max)},
	{NULL, "summary", 0, "[=SECONDS]", "only numbers: outcomes, drops by cause, flows, times",
	 OPT_SUMMARY, AT(summary_every)},
	{NULL, "perfetto", 0, "FILE", "stories as trace events, for ui.perfetto.dev", OPT_TEXT,
	 AT(perfetto)},
	{NULL, "report", 0, "FILE", "a page of all stories, for any browser", OPT_TEXT, AT(report)},
	{NULL, "output-json", 0, NULL, "one JSON object per line", OPT_FLAG, AT(output_json)},
	{NULL, "output-limit-lines", 'c', "N", "stop after N events", OPT_NUMBER,
	 AT(output_limit_lines)},
	{NULL, "duration", 0, "SECONDS", "stop after this time", OPT_DURATION, AT(duration)},
	{NULL, "timestamp", 0, "MODE", "none, current, relative or absolute (default none)",
	 OPT_TIMESTAMP, AT(timestamp)},
	{NULL, "color", 0, "WHEN", "auto, always or never (default auto; NO_COLOR is respected)",
	 OPT_COLOUR, AT(colour)},

	{"Files", "output-file", 0, "FILE", "write to FILE instead of standard output", OPT_TEXT,
	 AT(output_file)},
	{NULL, "output-file-max-size", 0, "MB", "start a new file at this size", OPT_FILE_SIZE,
	 AT(output_file_max_size)},
	{NULL, "output-file-max-age", 0, "DAYS", "delete backups older than this", OPT_AGE,
	 AT(output_file_max_age)},
	{NULL, "output-file-max-backups", 0, "N", "keep at most N backups (default: all)",
	 OPT_NUMBER, AT(output_file_max_backups)},
	{NULL, "output-file-compress", 0, NULL, "compress backups (gzip)", OPT_FLAG,
	 AT(output_file_compress)},
	{NULL, "record", 'w', "FILE", "record events, with all names needed to print them",
	 OPT_TEXT, AT(record)},
	{NULL, "record-format", 0, "FORMAT",
	 "record, or pcapng for Wireshark (default for *.pcapng, -)", OPT_FORMAT,
	 AT(record_format)},
	{NULL, "snaplen", 0, "BYTES", "record so many bytes of a packet (pcapng: default 256)",
	 OPT_SNAPLEN, AT(snaplen)},
	{NULL, "pcapng-once", 0, NULL, "only where a packet enters, changes, leaves or ends",
	 OPT_FLAG, AT(pcapng_once)},
	{NULL, "replay", 'r', "FILE", "print a record, on any machine and without root", OPT_TEXT,
	 AT(replay)},

	{"Information", "check", 0, NULL,
	 "what this kernel supports, what is missing, how to get it", OPT_FLAG, AT(check)},
	{NULL, "list-funcs", 0, NULL, "list what would be attached", OPT_FLAG, AT(list_funcs)},
	{NULL, "btf-pack", 0, "OUT FILE...", "write a skbtrail that contains the types from FILEs",
	 OPT_TEXT, AT(btf_pack)},
	{NULL, "verifier-log", 0, "FILE", "write the full verifier log if a program is rejected",
	 OPT_TEXT, AT(verifier_log)},
	{NULL, "quiet", 'q', NULL, "no progress, and no count of events at the end", OPT_FLAG,
	 AT(quiet)},
	{NULL, "verbose", 'v', NULL,
	 "also routes, all verdicts, and which functions are not probed", OPT_FLAG, AT(verbose)},
	{NULL, "debug", 0, NULL, "messages for developers", OPT_FLAG, AT(debug)},
	{NULL, "version", 'V', NULL, "print the version", OPT_FLAG, AT(version)},
	{NULL, "help", 'h', NULL, "this text; -h: what people do, with examples", OPT_FLAG,
	 AT(help)},
};

#define TRACK_DEFAULT 65536
#define NR_OPTS	      (sizeof(opts) / sizeof(opts[0]))
#define LONG_BASE     256 /* getopt's values for long options start here */

_Static_assert(NR_OPTS <= OPTIONS_NR_MAX, "each option has its place in `given`");

static const char *opt_accepts(const struct opt *opt)
{
	switch (opt->type) {
	case OPT_FLAG:
		return "true or false";
	case OPT_BACKEND:
		return "kprobe-multi, kprobe, kprobe-events, tracepoint or tracepoint-events";
	case OPT_LIST:
		return "a comma-separated list without empty items";
	case OPT_NUMBER:
		return "a whole number";
	case OPT_POSITIVE:
		return "a positive whole number";
	case OPT_FILE_SIZE:
		return "a number of megabytes, or a number with suffix K, M or G";
	case OPT_AGE:
		return "a number of days, or a number with suffix d, h, m or s";
	case OPT_DURATION:
	case OPT_SUMMARY:
		return "a positive number of seconds, or a number with suffix ms, s, m, h or d";
	case OPT_SIZE:
		return "a size from 4K to 1024M, in bytes or with suffix K or M";
	case OPT_MARK:
		return "MARK or MARK/MASK, decimal or 0x..., with all bits of MARK in MASK";
	case OPT_TIMESTAMP:
		return "none, current, relative or absolute";
	case OPT_VERDICT:
		return "drops, all or none";
	case OPT_STORY:
		return "packet or flow";
	case OPT_FORMAT:
		return "record or pcapng";
	case OPT_SNAPLEN:
		return "a number of bytes from 1 to 9140, the most that fit into a program for old "
		       "kernels";
	case OPT_COLOUR:
		return "auto, always or never";
	case OPT_TEXT:
		break;
	}
	return "a non-empty string";
}

static int opt_set(struct options *o, const struct opt *opt, const char *arg, struct err *err)
{
	void *field = (char *)o + opt->off;
	int ret = 0;

	switch (opt->type) {
	case OPT_FLAG:
		ret = value_flag(field, arg);
		break;
	case OPT_TEXT:
		*(const char **)field = arg;
		ret = *arg ? 0 : -EINVAL;
		break;
	case OPT_BACKEND:
		ret = value_backend(field, arg);
		break;
	case OPT_LIST:
		ret = value_list(field, arg);
		break;
	case OPT_NUMBER:
		ret = value_whole_number(field, arg);
		break;
	case OPT_POSITIVE:
		ret = value_positive(field, arg);
		break;
	case OPT_FILE_SIZE:
		ret = value_file_size(field, arg);
		break;
	case OPT_AGE:
		ret = value_age(field, arg);
		break;
	case OPT_SUMMARY:
		o->summary = true;
		ret = arg ? value_duration(field, arg) : 0;
		break;
	case OPT_DURATION:
		ret = value_duration(field, arg);
		break;
	case OPT_SIZE:
		ret = value_size(field, arg);
		break;
	case OPT_MARK:
		ret = value_mark(&o->filter_mark, &o->filter_mark_mask, arg);
		break;
	case OPT_TIMESTAMP:
		ret = value_timestamp(field, arg);
		break;
	case OPT_COLOUR:
		ret = value_colour(field, arg);
		break;
	case OPT_VERDICT:
		ret = value_verdict(field, arg);
		break;
	case OPT_STORY:
		ret = value_story(field, arg);
		break;
	case OPT_FORMAT:
		ret = value_format(field, arg);
		break;
	case OPT_SNAPLEN:
		ret = value_snaplen(field, arg);
		break;
	}
	if (ret == -ENOMEM)
		return err_set(err, ret, "no memory for the options");
	if (ret)
		return err_set(err, ret, "--%s: '%s' is not %s", opt->name, arg, opt_accepts(opt));
	return 0;
}

static const struct opt *opt_of(int value)
{
	if (value >= LONG_BASE)
		return &opts[value - LONG_BASE];
	for (size_t i = 0; i < NR_OPTS; i++)
		if (opts[i].letter && opts[i].letter == value)
			return &opts[i];
	return NULL;
}

static int join_words(struct options *o, int nr, char **words, struct err *err)
{
	size_t sz = 1;

	for (int i = 0; i < nr; i++)
		sz += strlen(words[i]) + 1;
	o->expr = calloc(1, sz);
	if (!o->expr)
		return err_set(err, -ENOMEM, "no memory for the expression");
	for (int i = 0; i < nr; i++) {
		if (i)
			strcat(o->expr, " ");
		strcat(o->expr, words[i]);
	}
	if (!o->expr[strspn(o->expr, " \t\n")]) {
		free(o->expr);
		o->expr = NULL;
	}
	return 0;
}

/* The first rotation option that was given; NULL: none. */
static const char *rotation_option(const struct options *o)
{
	return o->output_file_max_size	    ? "max-size"
	       : o->output_file_max_age	    ? "max-age"
	       : o->output_file_max_backups ? "max-backups"
	       : o->output_file_compress    ? "compress"
					    : NULL;
}

static bool is_given(const struct options *o, size_t off)
{
	for (size_t i = 0; i < NR_OPTS; i++)
		if (opts[i].off == off)
			return o->given[i];
	return false;
}

/* The first option of a list that is given, even as =false: its name; NULL: none. */
static const char *first_given(const struct options *o, const size_t *offs, size_t nr)
{
	for (size_t i = 0; i < NR_OPTS; i++)
		for (size_t k = 0; k < nr; k++)
			if (o->given[i] && opts[i].off == offs[k])
				return opts[i].name;
	return NULL;
}

/* The first output option given, even as =false, of those that belong to --record, not --replay. */
static const char *recorded_option(const struct options *o)
{
	static const size_t recorded[] = {
		AT(output_rule),
		AT(output_route),
		AT(output_conntrack),
		AT(output_caller),
		AT(output_stack),
		AT(output_tunnel),
		AT(output_skb),
		AT(output_skb_shared_info),
		AT(output_skb_cb),
		AT(output_skb_metadata),
		AT(output_xdp_metadata),
		AT(output_bpfmap),
		AT(output_netns_names),
		AT(snaplen),
	};

	return first_given(o, recorded, sizeof(recorded) / sizeof(recorded[0]));
}

/* The first option given that only adds to what --output-why shows. */
static const char *why_option(const struct options *o)
{
	return o->output_rule					  ? "rule"
	       : o->output_route && is_given(o, AT(output_route)) ? "route"
	       : o->output_verdict == VERDICTS_ALL && is_given(o, AT(output_verdict))
		       ? "verdict=all"
		       : NULL;
}

bool options_choose_packets(const struct options *o)
{
	return o->expr || o->filter_func || o->filter_netns || is_given(o, AT(filter_mark)) ||
	       o->filter_ifname || o->filter_skb_expr || o->filter_xdp_expr ||
	       o->filter_tunnel_pcap_l2 || o->filter_tunnel_pcap_l3;
}

/* Filters, which must be given to --record, not --replay. */
static bool has_filters(const struct options *o)
{
	return options_choose_packets(o) || o->filter_track_skb || o->filter_track_skb_by_stackid ||
	       o->filter_trace_tc || o->filter_trace_xdp;
}

bool options_write_pcapng(const struct options *o)
{
	return o->record && o->record_format == FORMAT_PCAPNG;
}

/* What FILE.pcapng and "-" mean. Interfaces of packets are named with their namespace. */
static void choose_format(struct options *o)
{
	size_t len = o->record ? strlen(o->record) : 0, end = sizeof(".pcapng") - 1;

	if (!o->record)
		return;
	if (o->record_format == FORMAT_BY_NAME) {
		bool by_name = len >= end && !strcmp(o->record + len - end, ".pcapng");

		o->record_format =
			by_name || !options_output_path(o) ? FORMAT_PCAPNG : FORMAT_RECORD;
	}
	if (o->record_format != FORMAT_PCAPNG || o->replay)
		return;
	if (!is_given(o, AT(output_netns_names)))
		o->output_netns_names = true;
	if (!o->snaplen)
		o->snaplen = SNAPLEN_DEFAULT;
}

static int check_replay(const struct options *o, struct err *err)
{
	const char *recorded = recorded_option(o);

	if (o->record && !options_write_pcapng(o))
		return err_set(
			err, -EINVAL,
			"with --replay, --record can only write pcapng: name the file *.pcapng");
	if (o->check || o->list_funcs || o->ready_file || o->duration)
		return err_set(err, -EINVAL, "--replay only prints: it cannot be used with --%s",
			       o->check	       ? "check"
			       : o->list_funcs ? "list-funcs"
			       : o->ready_file ? "ready-file"
					       : "duration");
	if (recorded)
		return err_set(err, -EINVAL,
			       "--replay shows what was recorded: give --%s to --record", recorded);
	if (is_given(o, AT(output_verdict)) && o->output_verdict != VERDICTS_NONE)
		return err_set(err, -EINVAL,
			       "--replay shows the firewall verdicts that were recorded: with it, "
			       "--output-verdict can only be none");
	if (has_filters(o))
		return err_set(err, -EINVAL,
			       "--replay prints the whole record: give filters to --record");
	return 0;
}

const char *options_file(const char *path)
{
	return path && strcmp(path, "-") ? path : NULL;
}

bool options_write_stories(const struct options *o)
{
	return o->perfetto || o->report;
}

bool options_tell_stories(const struct options *o)
{
	return o->story || o->summary || options_write_stories(o);
}

bool options_print_lines(const struct options *o)
{
	return !o->record && (o->story || o->summary || !options_write_stories(o));
}

const char *options_output_path(const struct options *o)
{
	return o->record ? options_file(o->record) : o->output_file;
}

static bool is_stdout(const char *path)
{
	return path && !options_file(path);
}

bool options_use_stdout(const struct options *o)
{
	return (options_print_lines(o) && !o->output_file) || is_stdout(o->perfetto) ||
	       is_stdout(o->report);
}

#define STORY_MAX 1048576 /* a million packets at once take 200 MB */

/* Files of stories. */
static int check_story_files(const struct options *o, struct err *err)
{
	int nr_on_stdout = (options_print_lines(o) && !o->output_file) || (o->record && o->summary);
	const char *file = o->report ? "report" : "perfetto";

	nr_on_stdout += is_stdout(o->perfetto) + is_stdout(o->report);
	if (!options_write_stories(o))
		return 0;
	if (!options_print_lines(o) && !o->record && (o->output_file || o->output_json))
		return err_set(err, -EINVAL,
			       "--output-%s needs --story or --summary, too, with --%s",
			       o->output_file ? "file" : "json", file);
	if (nr_on_stdout > 1)
		return err_set(err, -EINVAL, "--%s - and other output cannot share standard output",
			       is_stdout(o->report) ? "report" : "perfetto");
	if (o->perfetto && o->report && !strcmp(o->perfetto, o->report))
		return err_set(err, -EINVAL, "--perfetto and --report cannot share '%s'",
			       o->report);
	return 0;
}

static bool is_duration(const char *text)
{
	uint64_t ns;

	return !value_duration(&ns, text);
}

/* "--story flow tcp", "--summary 2": the value of an option that may have none comes after '='. */
static bool is_value_apart(const struct options *o, char *word, size_t sz)
{
	snprintf(word, sz, "%.*s", o->expr ? (int)strcspn(o->expr, " ") : 0,
		 o->expr ? o->expr : "");
	if (o->story)
		return !strcmp(word, "flow") || !strcmp(word, "packet");
	return o->summary && *word && is_duration(word);
}

/* The first option given that adds columns to lines, or changes them: stories have none. */
static const char *line_option(const struct options *o)
{
	static const size_t lines[] = {
		AT(output_meta),	 AT(output_tuple),
		AT(output_tcp_flags),	 AT(output_caller),
		AT(output_stack),	 AT(output_tunnel),
		AT(output_skb),		 AT(output_skb_shared_info),
		AT(output_skb_cb),	 AT(output_skb_metadata),
		AT(output_xdp_metadata), AT(output_bpfmap),
		AT(output_release),	 AT(output_conntrack),
		AT(timestamp),
	};

	if (o->record || (!o->story && !o->summary))
		return NULL;
	return first_given(o, lines, sizeof(lines) / sizeof(lines[0]));
}

static int check_conflicts(const struct options *o, struct err *err)
{
	const char *rotation = rotation_option(o), *adds_to_why = why_option(o);
	const char *line = line_option(o);
	int ret = check_story_files(o, err);
	char word[32];

	if (ret)
		return ret;
	if (line)
		return err_set(err, -EINVAL, "--%s is for lines of events, and --%s prints none", line,
			       o->story ? "story" : "summary");
	if (o->record && (o->output_file || (o->output_json && !o->summary)))
		return err_set(err, -EINVAL,
			       "--record writes no text: it cannot be used with --output-%s",
			       o->output_file ? "file" : "json");
	if (o->record && o->story)
		return err_set(err, -EINVAL,
			       "--record writes no text: give --story to --replay instead");
	if (o->story_max > STORY_MAX)
		return err_set(err, -EINVAL, "--story-max: %llu is more than %d",
			       (unsigned long long)o->story_max, STORY_MAX);
	if (o->story_max && !options_tell_stories(o))
		return err_set(err, -EINVAL,
			       "--story-max needs --story, --summary, --perfetto or --report");
	if (is_value_apart(o, word, sizeof(word)))
		return err_set(err, -EINVAL, "'%s' is no packet expression: --%s=%s?", word,
			       o->story ? "story" : "summary", word);
	if (rotation && !o->output_file)
		return err_set(err, -EINVAL, "--output-file-%s needs --output-file", rotation);
	if (!o->output_why && adds_to_why)
		return err_set(err, -EINVAL, "--output-%s cannot be used with --output-why=false",
			       adds_to_why);
	if (o->output_rule && o->output_verdict == VERDICTS_NONE)
		return err_set(err, -EINVAL,
			       "--output-rule cannot be used with --output-verdict=none");
	if (o->kernel_btf_force && !o->kernel_btf)
		return err_set(err, -EINVAL, "--kernel-btf-force needs --kernel-btf");
	if (is_stdout(o->record) && o->summary)
		return err_set(err, -EINVAL,
			       "--record - and --summary both write to standard output");
	if (o->record_format && !o->record)
		return err_set(err, -EINVAL, "--record-format needs --record");
	if (o->snaplen && !o->record)
		return err_set(err, -EINVAL, "--snaplen needs --record");
	if (o->pcapng_once && !options_write_pcapng(o))
		return err_set(err, -EINVAL, "--pcapng-once needs --record FILE.pcapng");
	if (o->replay)
		return check_replay(o, err);
	if (o->filter_xdp_expr && !o->filter_trace_xdp)
		return err_set(err, -EINVAL, "--filter-xdp-expr needs --filter-trace-xdp");
	if (o->output_xdp_metadata.nr && !o->filter_trace_xdp)
		return err_set(err, -EINVAL, "--output-xdp-metadata needs --filter-trace-xdp");
	return 0;
}

/* With --btf-pack the arguments are files, not an expression. */
static int check_pack(const struct options *o, struct err *err)
{
	if (o->check || o->list_funcs || o->replay || o->record || o->kernel_btf || o->without)
		return err_set(err, -EINVAL,
			       "--btf-pack writes a program: it cannot be used with --%s",
			       o->check	       ? "check"
			       : o->list_funcs ? "list-funcs"
			       : o->replay     ? "replay"
			       : o->record     ? "record"
			       : o->kernel_btf ? "kernel-btf"
					       : "without");
	if (o->nr_files)
		return 0;
	err_set(err, -EINVAL, "--btf-pack: no FILE after '%s'", o->btf_pack);
	err_hint(
		err,
		"for example: skbtrail --btf-pack skbtrail-fleet 5.10.0-8-amd64.btf vmlinux-6.1.0");
	return -EINVAL;
}

static const char *nearest_option(const char *word)
{
	struct nearest n = {.word = word, .len = strcspn(word, "=")};

	for (size_t i = 0; i < NR_OPTS; i++)
		nearest_offer(&n, opts[i].name);
	return n.name;
}

/* "-w --duration 1": the next option is taken for the value. */
static bool is_option(const char *word)
{
	size_t len = strcspn(word, "=");

	if (!str_begins(word, "--"))
		return false;
	for (size_t i = 0; i < NR_OPTS; i++)
		if (strlen(opts[i].name) == len - 2 && !memcmp(opts[i].name, word + 2, len - 2))
			return true;
	return false;
}

static int unknown_option(int value, char **argv, struct err *err)
{
	const char *word = argv[optind - 1], *near = NULL;

	if (value == ':' && optopt < LONG_BASE)
		err_set(err, -EINVAL, "option '-%c' needs a value", optopt);
	else if (value == ':')
		err_set(err, -EINVAL, "option '%s' needs a value", word);
	else if (optopt >= LONG_BASE)
		err_set(err, -EINVAL, "option '%s' takes no value", word);
	else if (optopt)
		err_set(err, -EINVAL, "unknown option '-%c'", optopt);
	else
		err_set(err, -EINVAL, "unknown option '%s'", word);
	if (value == '?' && !optopt && str_begins(word, "--"))
		near = nearest_option(word + 2);
	if (near)
		err_hint(err, "--%s?", near);
	else
		err_hint(err, "skbtrail --help lists the options, skbtrail -h shows examples");
	return -EINVAL;
}

int options_parse(struct options *o, int argc, char **argv, struct err *err)
{
	struct option longs[NR_OPTS + 1] = {0};
	char letters[2 * NR_OPTS + 2] = ":", *l = letters + 1;
	int value, ret;

	*o = (struct options){.argc = argc,
			      .argv = argv,
			      .colour = "auto",
			      .output_meta = true,
			      .output_tuple = true,
			      .output_why = true,
			      .filter_track_size = TRACK_DEFAULT};
	for (size_t i = 0; i < NR_OPTS; i++) {
		bool needs_arg = opts[i].arg && opts[i].arg[0] != '[';

		longs[i] = (struct option){opts[i].name,
					   needs_arg ? required_argument : optional_argument, NULL,
					   LONG_BASE + i};
		if (opts[i].letter) {
			*l++ = opts[i].letter;
			if (opts[i].arg)
				*l++ = ':';
		}
	}
	optind = 0;
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct opt *opt;

		if (value == '?' || value == ':')
			return unknown_option(value, argv, err);
		opt = opt_of(value);
		if (optarg && is_option(optarg))
			return err_set(err, -EINVAL, "option '--%s' needs a value, not the option %s",
				       opt->name, optarg);
		ret = opt_set(o, opt, optarg, err);
		if (ret)
			return ret;
		o->given[opt - opts] = true;
		if (opt->off == AT(help))
			o->short_help = value == opt->letter;
	}
	if (o->btf_pack) {
		o->files = (const char *const *)argv + optind;
		o->nr_files = argc - optind;
		return check_pack(o, err);
	}
	if (o->output_verdict == VERDICTS_DEFAULT)
		o->output_verdict = o->verbose || o->report ? VERDICTS_ALL : VERDICTS_DROPS;
	if (!is_given(o, AT(output_route)))
		o->output_route = o->verbose || o->story || options_write_stories(o);
	if (!is_given(o, AT(output_netns_names)) && !o->replay)
		o->output_netns_names = o->story || options_write_stories(o);
	ret = join_words(o, argc - optind, argv + optind, err);
	if (o->filter_non_skb_funcs.nr || o->filter_track_bpf_helpers)
		o->filter_track_skb_by_stackid = true;
	choose_format(o);
	return ret ? ret : check_conflicts(o, err);
}

static void list_release(struct option_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->v[i]);
	free(l->v);
}

void options_release(struct options *o)
{
	list_release(&o->filter_non_skb_funcs);
	list_release(&o->kmods);
	list_release(&o->output_skb_metadata);
	list_release(&o->output_xdp_metadata);
	free(o->expr);
	*o = (struct options){0};
}

void options_help(FILE *out)
{
	fputs("Usage: skbtrail [OPTION]... [PCAP EXPRESSION]\n\n"
	      "Follow network packets through the kernel: one line for each function that a\n"
	      "matching packet passes through, down to the one that drops it. Runs until "
	      "Ctrl-C.\n\n"
	      "  skbtrail 'host 10.0.0.1 and tcp port 80'\n",
	      out);
	for (size_t i = 0; i < NR_OPTS; i++) {
		char left[64], letter[8] = "   ";

		if (opts[i].group)
			fprintf(out, "\n%s:\n", opts[i].group);
		if (opts[i].letter)
			snprintf(letter, sizeof(letter), "-%c,", opts[i].letter);
		snprintf(left, sizeof(left), "%s --%s%s%s", letter, opts[i].name,
			 opts[i].arg && opts[i].arg[0] != '[' ? " " : "",
			 opts[i].arg ? opts[i].arg : "");
		fprintf(out, "  %-33s %s\n", left, opts[i].help);
	}
}
