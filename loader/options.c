// SPDX-License-Identifier: GPL-2.0-only
#include "loader/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "loader/attach/attach.h"

enum opt_type {
	OPT_FLAG,
	OPT_TEXT,
	OPT_BACKEND,
	OPT_NUMBER,
	OPT_SIZE,
	OPT_MARK,
	OPT_TIMESTAMP,
	OPT_COLOUR
};

struct opt {
	const char *group; /* of this and the following ones, for --help */
	const char *name;
	char letter;
	const char *arg;
	const char *help;
	enum opt_type type;
	size_t off;
};

#define AT(field) offsetof(struct options, field)

static const struct opt opts[] = {
	{"Filters, all in the kernel", "filter-func", 0, "REGEX",
	 "only functions whose whole name matches (extended regex)", OPT_TEXT, AT(filter_func)},
	{NULL, "filter-netns", 0, "NETNS",
	 "only this network namespace: path, inode:N, name or pid", OPT_TEXT, AT(filter_netns)},
	{NULL, "filter-mark", 0, "MARK[/MASK]", "only packets with this mark", OPT_MARK,
	 AT(filter_mark)},
	{NULL, "filter-ifname", 'i', "NAME",
	 "only this interface, of --filter-netns or of our namespace", OPT_TEXT, AT(filter_ifname)},

	{"Tracing", "backend", 0, "NAME", "one of those that --check lists (default: the best)",
	 OPT_BACKEND, AT(backend)},
	{NULL, "kernel-btf", 0, "FILE|DIR",
	 "this kernel's types: BTF or ELF, or a directory of RELEASE.btf", OPT_TEXT,
	 AT(kernel_btf)},
	{NULL, "kernel-btf-force", 0, NULL, "take it even if it is for another kernel", OPT_FLAG,
	 AT(kernel_btf_force)},
	{NULL, "without", 0, "FEATURE,...",
	 "act as if the kernel lacked what --check calls by these names", OPT_TEXT, AT(without)},
	{NULL, "ring-size", 0, "BYTES[K|M]", "room for events on their way (default 16M)", OPT_SIZE,
	 AT(ring_sz)},
	{NULL, "ready-file", 0, "FILE", "create FILE once everything is attached", OPT_TEXT,
	 AT(ready_file)},

	{"Output", "output-file", 0, "FILE", "write to FILE instead of to standard output",
	 OPT_TEXT, AT(output_file)},
	{NULL, "output-json", 0, NULL, "one JSON object a line", OPT_FLAG, AT(output_json)},
	{NULL, "output-limit-lines", 'c', "N", "stop after N events", OPT_NUMBER,
	 AT(output_limit_lines)},
	{NULL, "timestamp", 0, "MODE", "none, current, relative or absolute (default none)",
	 OPT_TIMESTAMP, AT(timestamp)},
	{NULL, "color", 0, "WHEN", "auto, always or never (default auto; NO_COLOR is respected)",
	 OPT_COLOUR, AT(colour)},
	{NULL, "record", 'w', "FILE", "record events and all names that they need", OPT_TEXT,
	 AT(record)},
	{NULL, "replay", 'r', "FILE", "print a record; on any machine, without root", OPT_TEXT,
	 AT(replay)},

	{"Information", "check", 0, NULL, "what this kernel offers, what is missing, how to get it",
	 OPT_FLAG, AT(check)},
	{NULL, "list-funcs", 0, NULL, "what would be attached", OPT_FLAG, AT(list_funcs)},
	{NULL, "btf-pack", 0, "OUT FILE...", "write a skbtrail that carries the types in FILEs",
	 OPT_TEXT, AT(btf_pack)},
	{NULL, "verifier-log", 0, "FILE", "write the verifier's whole log if a program is rejected",
	 OPT_TEXT, AT(verifier_log)},
	{NULL, "quiet", 'q', NULL, "no progress and no summary", OPT_FLAG, AT(quiet)},
	{NULL, "verbose", 'v', NULL, "name what could not be attached, and why", OPT_FLAG,
	 AT(verbose)},
	{NULL, "debug", 0, NULL, "more words", OPT_FLAG, AT(debug)},
	{NULL, "version", 'V', NULL, "print the version", OPT_FLAG, AT(version)},
	{NULL, "help", 'h', NULL, "this text", OPT_FLAG, AT(help)},
};

#define NR_OPTS	  (sizeof(opts) / sizeof(opts[0]))
#define LONG_BASE 256 /* getopt's values for long options start here */

static int parse_flag(bool *v, const char *arg)
{
	if (!arg || !strcmp(arg, "true"))
		*v = true;
	else if (!strcmp(arg, "false"))
		*v = false;
	else
		return -EINVAL;
	return 0;
}

/* Decimal, 0x hexadecimal or 0 octal, up to max; *end where it stopped. */
static int parse_number(const char *arg, uint64_t max, uint64_t *v, char **end)
{
	if (*arg < '0' || *arg > '9')
		return -EINVAL;
	errno = 0;
	*v = strtoull(arg, end, 0);
	return errno || *v > max ? -EINVAL : 0;
}

static int parse_whole_number(uint64_t *v, const char *arg)
{
	char *end;

	return parse_number(arg, UINT64_MAX, v, &end) || *end ? -EINVAL : 0;
}

static int parse_size(uint64_t *v, const char *arg)
{
	unsigned shift = 0;
	char *end;

	if (parse_number(arg, UINT64_C(1) << 31, v, &end))
		return -EINVAL;
	if (*end == 'k' || *end == 'K')
		shift = 10;
	else if (*end == 'm' || *end == 'M')
		shift = 20;
	if (shift)
		end++;
	*v <<= shift;
	return *end || *v < 4096 || *v > UINT64_C(1) << 30 ? -EINVAL : 0;
}

static int parse_mark(struct options *o, const char *arg)
{
	uint64_t mark, mask = UINT32_MAX;
	char *end;

	if (parse_number(arg, UINT32_MAX, &mark, &end))
		return -EINVAL;
	if (*end == '/' && parse_number(end + 1, UINT32_MAX, &mask, &end))
		return -EINVAL;
	if (*end || !mask || (mark & ~mask))
		return -EINVAL;
	o->filter_mark = mark;
	o->filter_mark_mask = mask;
	return 0;
}

static int parse_timestamp(enum timestamp_mode *mode, const char *arg)
{
	static const char *const names[] = {"none", "current", "relative", "absolute"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(arg, names[i])) {
			*mode = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_colour(const char **colour, const char *arg)
{
	*colour = arg;
	return strcmp(arg, "auto") && strcmp(arg, "always") && strcmp(arg, "never") ? -EINVAL : 0;
}

static int parse_backend(const char **name, const char *arg)
{
	*name = arg;
	return backend_by_name(arg) ? 0 : -EINVAL;
}

static const char *opt_accepts(const struct opt *opt)
{
	switch (opt->type) {
	case OPT_FLAG:
		return "true or false";
	case OPT_BACKEND:
		return "kprobe-multi, kprobe, kprobe-events, tracepoint or tracepoint-events";
	case OPT_NUMBER:
		return "a whole number";
	case OPT_SIZE:
		return "bytes from 4K to 1024M, with K or M behind the number";
	case OPT_MARK:
		return "MARK or MARK/MASK, decimal or 0x..., MARK inside MASK";
	case OPT_TIMESTAMP:
		return "none, current, relative or absolute";
	case OPT_COLOUR:
		return "auto, always or never";
	case OPT_TEXT:
		break;
	}
	return "a text that is not empty";
}

static int opt_set(struct options *o, const struct opt *opt, const char *arg, struct err *err)
{
	void *field = (char *)o + opt->off;
	int ret = 0;

	switch (opt->type) {
	case OPT_FLAG:
		ret = parse_flag(field, arg);
		break;
	case OPT_TEXT:
		*(const char **)field = arg;
		ret = *arg ? 0 : -EINVAL;
		break;
	case OPT_BACKEND:
		ret = parse_backend(field, arg);
		break;
	case OPT_NUMBER:
		ret = parse_whole_number(field, arg);
		break;
	case OPT_SIZE:
		ret = parse_size(field, arg);
		break;
	case OPT_MARK:
		ret = parse_mark(o, arg);
		break;
	case OPT_TIMESTAMP:
		ret = parse_timestamp(field, arg);
		break;
	case OPT_COLOUR:
		ret = parse_colour(field, arg);
		break;
	}
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

static int check_conflicts(const struct options *o, struct err *err)
{
	if (o->record && (o->output_file || o->output_json))
		return err_set(err, -EINVAL, "--record writes no text: it goes without --output-%s",
			       o->output_file ? "file" : "json");
	if (o->kernel_btf_force && !o->kernel_btf)
		return err_set(err, -EINVAL, "--kernel-btf-force goes with --kernel-btf");
	if (o->replay && (o->record || o->check || o->list_funcs || o->ready_file))
		return err_set(err, -EINVAL, "--replay only prints: it goes without --%s",
			       o->record       ? "record"
			       : o->check      ? "check"
			       : o->list_funcs ? "list-funcs"
					       : "ready-file");
	if (o->replay && (o->expr || o->filter_func || o->filter_netns || o->filter_mark_mask ||
			  o->filter_ifname))
		return err_set(err, -EINVAL,
			       "--replay prints the whole record: filters are set "
			       "when it is made");
	return 0;
}

/* The words are files then, and no expression. */
static int check_pack(const struct options *o, struct err *err)
{
	if (o->check || o->list_funcs || o->replay || o->record || o->kernel_btf || o->without)
		return err_set(err, -EINVAL, "--btf-pack writes a program: it goes without --%s",
			       o->check	       ? "check"
			       : o->list_funcs ? "list-funcs"
			       : o->replay     ? "replay"
			       : o->record     ? "record"
			       : o->kernel_btf ? "kernel-btf"
					       : "without");
	if (o->nr_files)
		return 0;
	err_set(err, -EINVAL, "--btf-pack: no FILE after '%s'", o->btf_pack);
	err_hint(err, "as in: skbtrail --btf-pack skbtrail-fleet 5.10.0-8-amd64.btf vmlinux-6.1.0");
	return -EINVAL;
}

static int unknown_option(int value, char **argv, struct err *err)
{
	const char *word = argv[optind - 1];

	if (value == ':')
		err_set(err, -EINVAL, "option '%s' needs a value", word);
	else if (optopt >= LONG_BASE)
		err_set(err, -EINVAL, "option '%s' takes no value", word);
	else if (optopt)
		err_set(err, -EINVAL, "unknown option '-%c'", optopt);
	else
		err_set(err, -EINVAL, "unknown option '%s'", word);
	err_hint(err, "skbtrail --help lists the options");
	return -EINVAL;
}

int options_parse(struct options *o, int argc, char **argv, struct err *err)
{
	struct option longs[NR_OPTS + 1] = {0};
	char letters[2 * NR_OPTS + 2] = ":", *l = letters + 1;
	int value, ret;

	*o = (struct options){.colour = "auto"};
	for (size_t i = 0; i < NR_OPTS; i++) {
		longs[i] = (struct option){opts[i].name,
					   opts[i].arg ? required_argument : optional_argument,
					   NULL, LONG_BASE + i};
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
		ret = opt_set(o, opt, optarg, err);
		if (ret)
			return ret;
	}
	if (o->btf_pack) {
		o->files = (const char *const *)argv + optind;
		o->nr_files = argc - optind;
		return check_pack(o, err);
	}
	ret = join_words(o, argc - optind, argv + optind, err);
	return ret ? ret : check_conflicts(o, err);
}

void options_release(struct options *o)
{
	free(o->expr);
	*o = (struct options){0};
}

void options_help(FILE *out)
{
	fputs("Usage: skbtrail [OPTION]... [PCAP EXPRESSION]\n\n"
	      "Follow network packets through the kernel: one line for each function that a\n"
	      "matching packet passes, down to the one that dropped it. Until Ctrl-C.\n\n"
	      "  skbtrail 'host 10.0.0.1 and tcp port 80'\n",
	      out);
	for (size_t i = 0; i < NR_OPTS; i++) {
		char left[64], letter[8] = "   ";

		if (opts[i].group)
			fprintf(out, "\n%s:\n", opts[i].group);
		if (opts[i].letter)
			snprintf(letter, sizeof(letter), "-%c,", opts[i].letter);
		snprintf(left, sizeof(left), "%s --%s%s%s", letter, opts[i].name,
			 opts[i].arg ? " " : "", opts[i].arg ? opts[i].arg : "");
		fprintf(out, "  %-33s %s\n", left, opts[i].help);
	}
}
