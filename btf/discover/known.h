/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * known.h - functions and raw tracepoints known to take an skb, for kernels without BTF.
 *
 * btf/discover/known_functions.txt is inside the program (its head names the kernels it was made from). One
 * line each:
 *
 *	NAME SKB[*] [rREASON] [/ SKB[*] [rREASON]]
 *	@NAME SKB [lLOCATION] nARGS
 *	!NAME
 *
 * A function: the register (from 0) of its skb, with a star where it is a struct sk_buff **, and of
 * its drop reason; after the slash those on arm64 and riscv64 where they are not x86_64's; "-"
 * stands for no register. A raw tracepoint: the arguments of its skb and its location, and how many
 * it has on all kernels. A function that is left out because its arguments differ between kernels.
 */
#ifndef BTF_DISCOVER_KNOWN_H
#define BTF_DISCOVER_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "btf/build.h"

enum known_kind {
	KNOWN_FUNC,
	KNOWN_TRACEPOINT,
	KNOWN_DIFFERS, /* a function: nothing but its name */
};

/* Registers and arguments are as in struct skb_func and struct skb_tp (btf/discover/discover.h). */
struct known_entry {
	const char *name;
	enum known_kind kind;
	uint8_t skb, reason, location; /* DISCOVER_NO_ARG: none */
	uint8_t nr_args;
	bool deref;
};

struct known {
	struct known_entry *e; /* owned; functions by name, tracepoints by name, the others */
	size_t nr;
	char *text; /* owned: the names */
};

/*
 * Read a table; text is taken over, and released on errors, too. nr_regs as in discover_funcs():
 * functions without the skb in one of them are left out. Errors: -EINVAL with the line, -ENOMEM.
 */
int known_parse(struct known *k, char *text, unsigned nr_regs, struct err *err);

/* The table inside the program, for the machine that it was built for. */
int known_open(struct known *k, struct err *err);

void known_release(struct known *k);

/*
 * Add the table's functions and tracepoints to a BTF that holds struct sk_buff already: FUNCs
 * whose prototype has the skb in the right register (other arguments are 64-bit integers), and
 * typedefs btf_trace_NAME, as discover_funcs() and discover_tracepoints() want them.
 * skb_id: struct sk_buff. -ENOMEM.
 */
int known_add_table(struct btf_build *b, uint32_t skb_id, const struct known *k, struct err *err);

/* As known_add_table(), of the table inside the program. */
int known_add(struct btf_build *b, uint32_t skb_id, struct err *err);

#endif
