/* SPDX-License-Identifier: GPL-2.0-only */
/* hurry.h - whether events wait, so that there is no time to ask the kernel for more about one. */
#ifndef BASE_HURRY_H
#define BASE_HURRY_H

#include <stdbool.h>
#include <stddef.h>

struct hurry {
	bool (*fn)(void *arg); /* NULL: never */
	void *arg;
};

static inline bool in_hurry(const struct hurry *h)
{
	return h->fn && h->fn(h->arg);
}

#endif
