// SPDX-License-Identifier: GPL-2.0-only
#include "trace/story_output.h"

#include <errno.h>

#include "story/form.h"

static int open_file(struct outfile *of, const char *path, struct err *err)
{
	return path ? outfile_open(of, options_file(path), NULL, err) : 0;
}

int story_output_open(struct story_output *so, const struct options *o, struct err *err)
{
	int ret = open_file(&so->perfetto, o->perfetto, err);

	return ret ? ret : open_file(&so->report, o->report, err);
}

int story_output_begin(struct story_output *so, struct err *err)
{
	int ret = outfile_begin(&so->perfetto, err);

	return ret ? ret : outfile_begin(&so->report, err);
}

static int open_perfetto(struct story_form **form, struct story_output *so,
			 const struct story_opts *opts)
{
	FILE *f = outfile_stream(&so->perfetto);
	int ret = f ? story_perfetto_open(form, f, opts) : -ENOMEM;

	if (!ret)
		(*form)->failed = &so->perfetto_failed;
	return ret;
}

static int open_report(struct story_form **form, struct story_output *so, const struct options *o,
		       const struct story_opts *opts, const struct record_meta *meta,
		       struct err *err)
{
	const struct report_about about = {
		.meta = meta,
		.is_replay = o->replay,
		.argc = o->argc,
		.argv = o->argv,
	};
	FILE *f = outfile_stream(&so->report);
	int ret = f ? story_report_open(form, f, opts, &about, err) : -ENOMEM;

	if (!ret)
		(*form)->failed = &so->report_failed;
	return ret;
}

int story_output_sink(struct sink **sink, struct story_output *so, const struct options *o,
		      const struct story_opts *opts, const struct record_meta *meta,
		      struct err *err)
{
	struct story_opts story = *opts;
	struct story_form *forms[2] = {0};
	int ret = 0, opened;

	story.functions = o->verbose;
	story.stats = &so->stats;
	if (o->perfetto)
		ret = open_perfetto(&forms[0], so, &story);
	if (!ret && o->report)
		ret = open_report(&forms[1], so, o, &story, meta, err);
	opened = sink_forms_open(sink, forms, 2, &story);
	if (ret && !opened)
		(*sink)->ops->close(*sink);
	return ret ? ret : opened;
}

bool story_output_is(const struct story_output *so, FILE *in)
{
	return outfile_is(&so->perfetto, in) || outfile_is(&so->report, in);
}

bool story_output_failed(const struct story_output *so, const struct options *o, const char **path)
{
	*path = options_file(so->report_failed ? o->report : o->perfetto);
	return so->report_failed || so->perfetto_failed;
}

void story_output_release(struct story_output *so)
{
	outfile_release(&so->perfetto);
	outfile_release(&so->report);
}
