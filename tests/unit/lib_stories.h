/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_stories.h - a short trace, of names as hostile as can be, for the tests of forms of stories.
 */
#ifndef TESTS_UNIT_LIB_STORIES_H
#define TESTS_UNIT_LIB_STORIES_H

#include "story/form.h"
#include "tests/unit/lib_events.h"

/* A packet of this IP protocol at the function, at `now` (ns), which goes on by a microsecond. */
struct trace_event test_story_event(uint64_t skb, const char *func, uint8_t proto, uint64_t *now);

/*
 * Gives the sink of these forms, which it takes over, three packets: a dropped one in two network
 * namespaces whose function, reason, process, device, namespaces, notes and outcome are `name`; one
 * that ends well; and one that is under way when the trace ends. Three events are lost. Returns
 * what close() returned; with finish false the trace breaks off.
 */
int test_tell_stories(struct story_form *const *forms, size_t nr, const char *name, bool functions,
		      bool finish);

#endif
