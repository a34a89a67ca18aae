// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "story/book.h"
#include "story/form.h"

#define FORMS_MAX 4

struct forms_sink {
	struct sink sink;
	struct book *book;
	struct story_stats *stats;
	struct story_form *forms[FORMS_MAX];
	size_t nr_forms;
};

static void keep_failed(const struct story_form *f, int err)
{
	if (err && f->failed && !*f->failed)
		*f->failed = err;
}

/* After each call of forms: the first error of one. */
static int after(const struct forms_sink *s)
{
	int err = 0;

	if (s->nr_forms)
		s->stats->nr = s->forms[0]->nr;
	s->stats->nr_early = book_left_out(s->book);
	s->stats->nr_reborn = book_reborn(s->book);
	for (size_t i = 0; i < s->nr_forms; i++) {
		keep_failed(s->forms[i], s->forms[i]->out.err);
		err = err ? err : s->forms[i]->out.err;
	}
	return err;
}

static void write_story(void *arg, const struct story *story)
{
	struct forms_sink *s = arg;

	for (size_t i = 0; i < s->nr_forms; i++)
		s->forms[i]->ops->story(s->forms[i], story);
}

static int forms_header(struct sink *sink)
{
	struct forms_sink *s = (struct forms_sink *)sink;

	for (size_t i = 0; i < s->nr_forms; i++)
		if (s->forms[i]->ops->begin)
			s->forms[i]->ops->begin(s->forms[i]);
	return after(s);
}

static int forms_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct forms_sink *s = (struct forms_sink *)sink;
	int ret;

	for (size_t i = 0; i < s->nr_forms; i++) {
		struct story_form *f = s->forms[i];

		if (!f->first_ts)
			f->first_ts = te->raw.ts;
		f->last_ts = te->raw.ts;
		if (f->ops->event)
			f->ops->event(f, te);
	}
	ret = book_add(s->book, te);
	return ret ? ret : after(s);
}

static int forms_lost(struct sink *sink, uint64_t nr)
{
	struct forms_sink *s = (struct forms_sink *)sink;

	book_lost(s->book);
	for (size_t i = 0; i < s->nr_forms; i++)
		s->forms[i]->ops->lost(s->forms[i], nr);
	return after(s);
}

static int forms_tick(struct sink *sink, uint64_t now)
{
	struct forms_sink *s = (struct forms_sink *)sink;

	book_tick(s->book, now);
	return after(s);
}

static int forms_finish(struct sink *sink)
{
	struct forms_sink *s = (struct forms_sink *)sink;

	book_finish(s->book);
	for (size_t i = 0; i < s->nr_forms; i++)
		if (s->forms[i]->ops->end)
			s->forms[i]->ops->end(s->forms[i]);
	return after(s);
}

static int forms_flush(struct sink *sink)
{
	struct forms_sink *s = (struct forms_sink *)sink;

	for (size_t i = 0; i < s->nr_forms; i++)
		outbuf_flush(&s->forms[i]->out);
	return after(s);
}

static int close_form(struct story_form *f)
{
	int ret = outbuf_release(&f->out);

	keep_failed(f, ret);
	if (f->ops->free)
		f->ops->free(f);
	else
		free(f);
	return ret;
}

static int forms_close(struct sink *sink)
{
	struct forms_sink *s = (struct forms_sink *)sink;
	int ret = 0;

	for (size_t i = 0; i < s->nr_forms; i++) {
		int closed = close_form(s->forms[i]);

		ret = ret ? ret : closed;
	}
	book_close(s->book);
	free(s);
	return ret;
}

static const struct sink_ops forms_ops = {
	.header = forms_header,
	.event = forms_event,
	.lost = forms_lost,
	.flush = forms_flush,
	.tick = forms_tick,
	.finish = forms_finish,
	.close = forms_close,
};

int sink_forms_open(struct sink **out, struct story_form *const *forms, size_t nr,
		    const struct story_opts *opts)
{
	struct forms_sink *s = calloc(1, sizeof(*s));

	if (!s || book_open(&s->book, opts, write_story, s)) {
		for (size_t i = 0; i < nr; i++)
			if (forms[i])
				close_form(forms[i]);
		free(s);
		return -ENOMEM;
	}
	for (size_t i = 0; i < nr && s->nr_forms < FORMS_MAX; i++)
		if (forms[i])
			s->forms[s->nr_forms++] = forms[i];
	s->stats = opts->stats;
	s->sink = (struct sink){&forms_ops, s->nr_forms ? &s->forms[0]->out : NULL};
	*out = &s->sink;
	return 0;
}
