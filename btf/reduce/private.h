/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - state of a reduction, shared by the files of btf/reduce/. */
#ifndef BTF_REDUCE_PRIVATE_H
#define BTF_REDUCE_PRIVATE_H

#include "btf/btf.h"
#include "btf/build.h"

/* Bits of an index into reduce.skb_ptr. */
enum { SKB_PTR_CONST = 1, SKB_PTR_DEREF = 2 };

struct proto {
	char *sig; /* owned: one character for each argument, see arg_code() */
	uint32_t id;
};

/* Prototypes made so far. */
struct protos {
	struct proto *p; /* owned */
	size_t nr, cap;
};

struct reduce {
	const struct btf *full, *wanted;
	struct btf_build *out;
	uint32_t *ids; /* owned: [id in full] = reduced id; 0: not made yet */
	unsigned budget;
	uint32_t no_value; /* a type no field can have */
	uint32_t ptr_void;
	uint32_t number[3];  /* [n] is passed in n registers */
	uint32_t skb_ptr[4]; /* by the bits SKB_PTR_DEREF and _CONST */
	uint32_t reason;     /* enum skb_drop_reason; 0 until an argument has it */
	struct protos protos;
	struct err *err;
	int ret; /* the first error; later results are meaningless */
};

/* Record the first error. Returns a placeholder id. */
uint32_t reduce_fail(struct reduce *r, int ret, const char *why);

/* The reduced type of a struct that is looked up by name, made on first use. */
uint32_t reduce_named(struct reduce *r, uint32_t id);

/* The reduced type of anything but a struct or union. */
uint32_t reduce_plain(struct reduce *r, uint32_t id);

/* Reduce all types that the object can look up by name. */
void reduce_types(struct reduce *r);

/* Reduce functions and tracepoints with an skb. Errors: those of discovery, -ENOMEM. */
int reduce_prototypes(struct reduce *r);

#endif
