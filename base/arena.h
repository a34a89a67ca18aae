/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena.h - many small allocations that are released together. A zeroed struct is empty.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_block *blocks; /* the newest first; owned */
	size_t used;		    /* bytes of the newest */
	size_t total;		    /* bytes of all blocks */
	size_t limit;		    /* of total; 0: no limit */
};

/* sz bytes, zeroed, aligned to 8; NULL: out of memory, or past the limit. */
void *arena_alloc(struct arena *a, size_t sz);

/* A copy of len bytes, with a NUL behind them. NULL as above. */
char *arena_copy(struct arena *a, const void *data, size_t len);

void arena_release(struct arena *a);

#endif
