/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * known.h - built-in table of functions and raw tracepoints with an skb, for kernels without BTF.
 *
 * btf/discover/known_functions.txt is embedded in the program (its head lists the kernels it was
 * made from). Its lines:
 *
 *	NAME SKB[*] [rREASON] [/ SKB[*] [rREASON]]
 *	@NAME SKB [lLOCATION] nARGS
 *	!NAME
 *
 * NAME: a function, with the register (from 0) of its skb, starred for a struct sk_buff **, and of
 * its drop reason; after the slash those of arm64 and riscv64 if they differ from x86_64; "-" is no
 * register. @NAME: a raw tracepoint, with the argument indexes of its skb and location, and the
 * number of arguments on all kernels. !NAME: a function whose arguments differ between kernels.
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
	KNOWN_DIFFERS, /* a function whose arguments differ; only the name is set */
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
	struct known_entry
		*e; /* owned; functions, tracepoints, differing functions, each by name */
	size_t nr;
	char *text; /* owned: the names */
};

/*
 * Parse a table. Takes ownership of text, also on error. nr_regs as in discover_funcs(): functions
 * with the skb in none of them are left out. Errors: -EINVAL with the line number, -ENOMEM.
 */
int known_parse(struct known *k, char *text, unsigned nr_regs, struct err *err);

/* Open the embedded table, for the architecture of this build. */
int known_open(struct known *k, struct err *err);

void known_release(struct known *k);

/*
 * Add the table's functions and tracepoints to BTF that has struct sk_buff (skb_id) already:
 * FUNCs whose prototype has the skb in the right register (other arguments are 64-bit integers)
 * and typedefs btf_trace_NAME, as expected by discover_funcs() and discover_tracepoints(). -ENOMEM.
 */
int known_add_table(struct btf_build *b, uint32_t skb_id, const struct known *k, struct err *err);

/* known_add_table() with the embedded table. */
int known_add(struct btf_build *b, uint32_t skb_id, struct err *err);

#endif
