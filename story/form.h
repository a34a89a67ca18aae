/* SPDX-License-Identifier: GPL-2.0-only */
/* form.h - a form in which stories are written, to one file: trace events, a page. */
#ifndef STORY_FORM_H
#define STORY_FORM_H

#include "output/outbuf.h"
#include "story/story.h"

struct story_form;

/* What is optional may be NULL. Errors are kept in `out`. */
struct story_form_ops {
	void (*begin)(struct story_form *f);				   /* optional */
	void (*event)(struct story_form *f, const struct trace_event *te); /* optional: each */
	void (*story)(struct story_form *f, const struct story *s);	   /* each, when it ends */
	void (*lost)(struct story_form *f, uint64_t nr);
	void (*end)(struct story_form *f);  /* optional: there is no more */
	void (*free)(struct story_form *f); /* optional: what it owns, and itself; not `out` */
};

struct story_form {
	const struct story_form_ops *ops;
	struct outbuf out;
	int *failed; /* set to the -errno of the file's first error; NULL: nobody asks */
	/* Of the first event and the last one so far, CLOCK_MONOTONIC; 0: there was none. */
	uint64_t first_ts, last_ts;
	uint64_t nr; /* stories told */
};

#endif
