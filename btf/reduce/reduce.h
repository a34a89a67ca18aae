/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reduce.h - of a kernel's BTF, megabytes, only what skbtrail asks it: tens of kilobytes.
 */
#ifndef BTF_REDUCE_REDUCE_H
#define BTF_REDUCE_REDUCE_H

#include "btf/btf.h"
#include "btf/build.h"

/*
 * Make a BTF that answers as full (without a base) does: discover_funcs() for this machine's
 * registers, discover_tracepoints(), discover_instances_agree(), and of the BPF object whose own
 * BTF is wanted those CO-RE records that ask for fields, enumerators, and for sizes and existence
 * of structs.
 *
 * Kept are structs, unions, typedefs and enums of the names that wanted has, with or without a
 * ___flavour, at their sizes, and of their members those that wanted names, at their offsets, in
 * anonymous levels as they were; pointers say to which of these structs they point, and numbers
 * whether they are of a type __be16 or the like. Enums of drop reasons are kept whole, for their
 * names. Of functions that take an skb the prototypes hold where each argument is: what is neither
 * the skb nor a drop reason becomes a number in as many registers.
 *
 * out is set up here; bb_finish() it and, after errors too, bb_release() it. Errors: -ENOENT
 * without a struct sk_buff, -EINVAL where the structs of full (or of wanted) are nested in a way
 * that no kernel's are, -ENOMEM.
 */
int btf_reduce(struct btf_build *out, const struct btf *full, const struct btf *wanted,
	       struct err *err);

#endif
