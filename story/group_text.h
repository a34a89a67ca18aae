/* SPDX-License-Identifier: GPL-2.0-only */
/* group_text.h - a group of texts that differ in values, in words. */
#ifndef STORY_GROUP_TEXT_H
#define STORY_GROUP_TEXT_H

#include "base/textbuf.h"
#include "story/groups.h"

#define GROUP_RANGE_SZ (3 * VALUE_TEXT_SZ)

/* "812 ports (1-1024)", "2 ports (80, 443)", "at least 5000 addresses (10.0.0.1-10.9.0.1)" */
void group_range(struct textbuf *t, const struct group_value *v);

/*
 * The text of a row, from its kind's frame (values.h): with the values of the one variant that it
 * is of, else those that are always the same as they are, and how many the others are.
 */
void group_text(struct textbuf *t, const char *frame, const struct group_row *row);

/* What tells a variant apart from others of its kind: "port 53", "10.0.0.7, port 53" */
void group_variant_text(struct textbuf *t, const struct group *group, const uint8_t *variant);

#endif
