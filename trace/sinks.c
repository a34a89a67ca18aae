// SPDX-License-Identifier: GPL-2.0-only
#include "trace/sinks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "base/log.h"
#include "base/textbuf.h"
#include "kern/clock.h"
#include "output/files/filesink.h"
#include "output/files/pcapng.h"
#include "output/tee.h"
#include "story/tally.h"

static bool want_colour(const struct options *o, int fd)
{
	const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org */

	if (strcmp(o->colour, "auto"))
		return !strcmp(o->colour, "always");
	return !(no_colour && *no_colour) && isatty(fd);
}

/* As setlocale(3) chooses it; musl's knows only UTF-8. */
static bool is_utf8_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !(locale && *locale); i++)
		locale = getenv(names[i]);
	return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

static uint64_t story_max(const struct options *o)
{
	return o->story_max ? o->story_max : STORY_MAX_NR;
}

/* Twice as many as stories: the tracker is not the one that runs out of room. */
size_t sinks_nr_packets(const struct options *o)
{
	return options_tell_stories(o) ? 2 * story_max(o) : 0;
}

/* Stories and records have them all. */
bool sinks_hide_repeats(const struct options *o)
{
	bool is_record = o->record && !options_write_pcapng(o);

	return !o->output_release && !is_record && !options_tell_stories(o);
}

/* All probes are attached by now; a record has no such moment. */
static uint64_t since(const struct options *o)
{
	return o->replay ? 0 : clock_now();
}

/* f NULL: a file. */
static int open_story(struct sink **sink, struct aside *a, FILE *f, const struct options *o,
		      const struct sink_opts *opts)
{
	bool in_place = o->summary_every && !o->story && !o->output_json;
	bool is_terminal = f && isatty(STDOUT_FILENO);

	return sink_story_open(sink, f,
			       &(struct story_opts){
				       .sink = *opts,
				       .json = o->output_json,
				       .flows = o->story == STORY_FLOW,
				       .functions = o->verbose,
				       .hide_stories = !o->story,
				       .summary = o->summary,
				       .summary_every = o->summary_every,
				       .is_terminal = is_terminal,
				       .in_place = in_place && is_terminal,
				       .max_nr = story_max(o),
				       .max_bytes = STORY_MAX_BYTES,
				       .since = since(o),
				       .limit = o->output_limit_lines,
				       .stats = &a->stories,
			       });
}

static int open_files(struct sink **sink, struct aside *a, const struct options *o,
		      const struct record_meta *meta, struct err *err)
{
	const struct story_opts opts = {
		.sink = {.shown = meta->shown, .realtime_off = meta->realtime_off},
		.max_nr = story_max(o),
		.max_bytes = STORY_MAX_BYTES,
		.since = since(o),
	};

	return story_output_sink(sink, &a->files, o, &opts, meta, err);
}

int sinks_open(struct sink **sink, struct aside *a, const struct options *o, struct outfile *of,
	       const struct record_meta *meta, struct err *err)
{
	FILE *f = of->path ? NULL : stdout;
	struct sink_opts opts = {
		.timestamp = o->timestamp,
		.colour = want_colour(o, of->path ? of->fd : STDOUT_FILENO),
		.utf8 = is_utf8_locale(),
		.shown = meta->shown,
		.realtime_off = meta->realtime_off,
	};
	int ret;

	if (!options_print_lines(o))
		return open_files(sink, a, o, meta, err);
	if (o->story || o->summary)
		ret = open_story(sink, a, f, o, &opts);
	else
		ret = o->output_json ? sink_json_open(sink, f, &opts)
				     : sink_text_open(sink, f, &opts);
	return ret || f ? ret : sink_file_open(sink, of);
}

static const char *stage_text(void *stages, const struct trace_event *te)
{
	return stage_name(stage_of(stages, te));
}

int sinks_open_pcapng(struct sink **sink, struct aside *a, const struct options *o,
		      struct outfile *of, const struct record_meta *meta)
{
	const struct pcapng_opts opts = {*meta, o->pcapng_once, stage_text, &a->stages};
	FILE *f = outfile_stream(of);

	return f ? sink_pcapng_open(sink, f, &opts) : -ENOMEM;
}

/* second: taken over. */
static int tee(struct sink **sink, struct sink *second, int *second_err)
{
	int ret = sink_tee_open(sink, second, second_err);

	if (ret)
		second->ops->close(second);
	return ret;
}

int sinks_open_aside(struct sink **sink, struct aside *a, const struct options *o,
		     const struct record_meta *meta, struct err *err)
{
	const struct sink_opts opts = {.realtime_off = meta->realtime_off,
				       .utf8 = is_utf8_locale()};
	struct sink *second;
	int ret = 0;

	if (options_write_stories(o) && (o->record || options_print_lines(o))) {
		ret = open_files(&second, a, o, meta, err);
		if (!ret)
			ret = tee(sink, second, &a->files.err);
	}
	if (ret)
		return ret;
	if (o->record && o->summary)
		ret = open_story(&second, a, stdout, o, &opts);
	else if (!o->summary && log_level >= LOG_INFO && isatty(STDERR_FILENO))
		ret = sink_tally_open(&second, &a->tally);
	else
		return 0;
	return ret ? ret : tee(sink, second, &a->err);
}

static void log_line(void *arg, const char *text)
{
	log_info("%s", text);
}

/* What the events became, in a word. */
static const char *word_of(const struct options *o)
{
	if (o->record)
		return "recorded";
	if (!options_print_lines(o))
		return "written";
	return o->story ? "told" : o->summary ? "counted" : "printed";
}

/* Whether events end in stories or summaries, and nowhere else. */
static bool only_tells(const struct options *o)
{
	return o->story || !(o->record || options_print_lines(o));
}

/* Of stories and summaries, with "; " in front. */
static void told_of_stories(const struct options *o, const struct story_stats *st, char *text,
			    size_t sz)
{
	bool has_flows = o->story == STORY_FLOW;
	bool is_told = only_tells(o);
	struct textbuf t = {text, sz, 0};

	if (is_told && has_flows)
		textbuf_printf(&t, "; %" PRIu64 " flow%s", st->nr_flows, plural(st->nr_flows));
	if (is_told && (st->nr || !has_flows))
		textbuf_printf(&t, "%s %" PRIu64 " %s", has_flows ? " and" : ";", st->nr,
			       st->nr == 1 ? "story" : "stories");
	if (st->nr_early)
		textbuf_printf(&t, "%s without %" PRIu64 " event%s of packets seen while attaching",
			       is_told ? "," : "; the summary is", st->nr_early,
			       plural(st->nr_early));
}

void sinks_log_end(const struct options *o, const struct aside *a, const struct pipeline_stats *st,
		   int ret)
{
	const char *hint = st->lost ? " (narrow the filter or raise --ring-size to lose none)" : "";
	uint64_t nr_repeats = st->left_out - st->own - st->by_sink;
	const struct story_stats *stories_of =
		options_print_lines(o) || o->record ? &a->stories : &a->files.stats;
	uint64_t nr_packets = st->packets + stories_of->nr_reborn;
	uint64_t nr_events = st->printed - (only_tells(o) ? stories_of->nr_early : 0);
	char repeats[80] = "", own[80] = "", by_sink[80] = "", stories[120] = "";

	if (!ret)
		told_of_stories(o, stories_of, stories, sizeof(stories));
	if (st->bad)
		log_warn("%" PRIu64 " malformed sample%s from the kernel", st->bad,
			 plural(st->bad));
	if (nr_repeats)
		snprintf(repeats, sizeof(repeats),
			 "; %" PRIu64 " repeat%s left out (--output-release shows %s)", nr_repeats,
			 plural(nr_repeats), nr_repeats == 1 ? "it" : "them");
	if (st->by_sink)
		snprintf(by_sink, sizeof(by_sink), "; %" PRIu64 " without packet bytes%s left out",
			 st->by_sink, o->pcapng_once ? " or news" : "");
	if (st->own)
		snprintf(own, sizeof(own), "; %" PRIu64 " of skbtrail's own messages left out",
			 st->own);
	if (a->tally)
		tally_print(a->tally, nr_packets, log_line, NULL);
	log_info("%" PRIu64 " event%s %s, %" PRIu64 " lost, %" PRIu64 " packet%s seen%s%s%s%s%s",
		 nr_events, plural(nr_events), word_of(o), st->lost, nr_packets,
		 plural(nr_packets), o->replay ? "" : hint, repeats, by_sink, own, stories);
}

void aside_release(struct aside *a)
{
	tally_close(a->tally);
	story_output_release(&a->files);
	*a = (struct aside){0};
}
