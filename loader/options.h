/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the command line. One table (options.c) is parser, --help and test subject. */
#ifndef LOADER_OPTIONS_H
#define LOADER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "output/output.h"

struct options {
	char *expr; /* owned; the words of the expression joined, NULL: none */

	const char *filter_func;
	const char *filter_netns;
	const char *filter_ifname;
	uint32_t filter_mark;
	uint32_t filter_mark_mask; /* 0: any mark */

	const char *backend;
	const char *kernel_btf;
	bool kernel_btf_force;
	const char *without; /* features, separated by commas */

	bool output_json;
	enum timestamp_mode timestamp;
	const char *output_file;
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
