/* SPDX-License-Identifier: GPL-2.0-only */
/* json_object.h - members of an object within an event. */
#ifndef OUTPUT_JSON_OBJECT_H
#define OUTPUT_JSON_OBJECT_H

#include "output/outbuf.h"

/* `"KEY":`, behind a comma unless it is the object's first: *is_next is false then, and set. */
void json_key(struct outbuf *o, bool *is_next, const char *key);
/* The same with a text; nothing for NULL. */
void json_text(struct outbuf *o, bool *is_next, const char *key, const char *text);
/* With a number; nothing for 0, which is not known. */
void json_number(struct outbuf *o, bool *is_next, const char *key, uint64_t v);
/* With a number that may be 0. */
void json_count(struct outbuf *o, bool *is_next, const char *key, uint64_t v);

#endif
