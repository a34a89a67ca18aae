// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/check.h"
#include "cli/options.h"
#include "cli/short_help.h"
#include "trace/discovery.h"
#include "trace/session.h"
#include "types/pack.h"

enum exit_code { EXIT_FINE, EXIT_FAILED, EXIT_USAGE };

static void set_log_level(const struct options *o)
{
	if (o->debug)
		log_level = LOG_DEBUG;
	else if (o->verbose)
		log_level = LOG_VERBOSE;
	else if (o->quiet)
		log_level = LOG_QUIET;
}

static int run(const struct options *o, struct err *err)
{
	if (o->check) {
		struct features features;
		struct types_opts types = types_opts_of(o, &features);
		bool can_trace;
		int ret;

		ret = discovery_features(&features, o, err);
		if (ret)
			return ret;
		ret = check_print(stdout, &types, &can_trace);
		if (ret)
			return ret == -EPIPE ? ret : err_sys(err, ret, "cannot write the report");
		return can_trace ? 0 : -ENOTSUP;
	}
	if (o->btf_pack)
		return pack_write(o->btf_pack, o->files, o->nr_files, err);
	if (o->list_funcs)
		return session_list(o, err);
	if (o->replay)
		return session_replay(o, err);
	return session_trace(o, err);
}

int main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct options o;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* ulimit -f: write(2) fails with EFBIG instead */
	ret = options_parse(&o, argc, argv, &err);
	if (ret) {
		log_err(&err);
		options_release(&o);
		return EXIT_USAGE;
	}
	set_log_level(&o);
	if (o.help) {
		(o.short_help ? short_help : options_help)(stdout);
		ret = 0;
	} else if (o.version) {
		puts("skbtrail " SKBTRAIL_VERSION);
		ret = 0;
	} else {
		ret = run(&o, &err);
	}
	/* A reader that exits early (| head) is not an error. */
	if (ret == -EPIPE)
		ret = 0;
	/* The C library may write the first line at once: the flush does not tell then. */
	else if (!ret && (fflush(stdout) || ferror(stdout)) && errno != EPIPE)
		ret = err_sys(&err, -errno, "cannot write to standard output");
	if (ret && err.code)
		log_err(&err);
	options_release(&o);
	return !ret ? EXIT_FINE : err.usage ? EXIT_USAGE : EXIT_FAILED;
}
