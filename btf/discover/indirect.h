/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * indirect.h - functions that are given a struct sk_buff ** and no skb of their own: whether it
 * leads to one when they are called.
 *
 * Types do not tell an argument that the function reads from one that it only writes. The latter
 * often points to stack that nobody has initialised: what is there is a packet of the past, or an
 * address that the kernel must not be made to read. So only functions are taken that are known to
 * read it.
 */
#ifndef BTF_DISCOVER_INDIRECT_H
#define BTF_DISCOVER_INDIRECT_H

#include <stdbool.h>
#include <stddef.h>

struct indirect {
	const char *name;
	/* The function's skb, or the first of several, or NULL, is there at entry. */
	bool is_input;
	const char *why; /* what the argument is; of outputs what to tell the user */
};

/*
 * By name. From the sources of Debian's Linux 5.10.262, 6.1.192, 6.12.117 and 7.2.13: net/,
 * drivers/ and kernel/. A name that means different functions in different kernels or modules is an
 * input only if it is in all of them.
 */
extern const struct indirect indirects[];
extern const size_t nr_indirects;

/* Why the argument of the function is not to be followed at entry; NULL: it may be. */
const char *indirect_objection(const char *name);

#endif
