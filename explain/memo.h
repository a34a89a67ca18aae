/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memo.h - what is known of functions by their names, for questions that every event asks:
 * searching lists of names would take longer than printing it.
 */
#ifndef EXPLAIN_MEMO_H
#define EXPLAIN_MEMO_H

#include <stddef.h>
#include <stdint.h>

#define MEMOS_NR 256

/* All zeroes: empty. The names are owned by whoever names functions, and stay where they are. */
struct memos {
	struct {
		const char *name;
		unsigned int value;
	} m[MEMOS_NR];
};

/* lookup(name), which depends on the name only; 0 for NULL. */
static inline unsigned int memo_of(struct memos *ms, const char *name,
				   unsigned int (*lookup)(const char *name))
{
	size_t i = ((uintptr_t)name ^ (uintptr_t)name >> 8) % MEMOS_NR;

	if (name && ms->m[i].name != name) {
		ms->m[i].name = name;
		ms->m[i].value = lookup(name);
	}
	return name ? ms->m[i].value : 0;
}

#endif
