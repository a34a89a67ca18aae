/* SPDX-License-Identifier: GPL-2.0-only */
/* listed.h - lists of names with '|' between, as tables of kernel functions have them. */
#ifndef BASE_LISTED_H
#define BASE_LISTED_H

#include <stdbool.h>
#include <string.h>

/* Whether name, up to a compiler's suffix, is in the list. */
static inline bool is_listed(const char *list, const char *name)
{
	size_t len = strcspn(name, ".");

	for (; list; list = strchr(list, '|'), list += list ? 1 : 0) {
		size_t n = 0;

		while (n < len && list[n] == name[n])
			n++;
		if (n == len && (!list[n] || list[n] == '|'))
			return true;
	}
	return false;
}

#endif
