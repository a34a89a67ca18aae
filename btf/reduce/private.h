/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - what the files that reduce types share. Only btf/reduce*.c include it. */
#ifndef BTF_REDUCE_PRIVATE_H
#define BTF_REDUCE_PRIVATE_H

#include "btf/btf.h"
#include "btf/build.h"

/* Bits of an index into skb_ptr. */
enum { SKB_PTR_CONST = 1, SKB_PTR_DEREF = 2 };

struct proto {
	char *letters; /* owned: one for each argument, as arg_letter() gives it */
	uint32_t id;
};

/* Those made before. */
struct protos {
	struct proto *p; /* owned */
	size_t nr, cap;
};

/* One reduction. */
struct reduce {
	const struct btf *full, *wanted;
	struct btf_build *out;
	uint32_t *ids; /* owned: [id in full] of what was made of it; 0: nothing yet */
	unsigned budget;
	uint32_t no_value; /* a type that no field can have */
	uint32_t ptr_void;
	uint32_t number[3];  /* [n] takes n registers */
	uint32_t skb_ptr[4]; /* by the bits SKB_PTR_DEREF and _CONST */
	uint32_t reason;     /* enum skb_drop_reason, once an argument is one */
	struct protos protos;
	struct err *err;
	int ret; /* the first error; all that follows is void */
};

/* Note the first error; all that is made afterwards is void. Returns an id that stands for that. */
uint32_t reduce_fail(struct reduce *r, int ret, const char *why);

/* What a struct becomes that is found by its name, made at its first use. */
uint32_t reduce_named(struct reduce *r, uint32_t id);

/* What a type becomes that is no struct. */
uint32_t reduce_plain(struct reduce *r, uint32_t id);

/* All types that the object can ask for by name. */
void reduce_types(struct reduce *r);

/* Functions and tracepoints with an skb. Errors: those of discovery, -ENOMEM. */
int reduce_prototypes(struct reduce *r);

#endif
