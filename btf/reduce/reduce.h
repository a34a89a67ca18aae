/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reduce.h - reduce a kernel's BTF (megabytes) to what skbtrail queries (tens of kilobytes).
 * Includes base/ and btf/.
 */
#ifndef BTF_REDUCE_REDUCE_H
#define BTF_REDUCE_REDUCE_H

#include "btf/btf.h"
#include "btf/build.h"

/*
 * Build BTF that gives the same results as full (which has no base) for discover_funcs() with this
 * machine's registers, discover_tracepoints(), discover_instances_agree(), and the CO-RE records
 * for fields, enumerators, sizes and existence of structs of the BPF object whose BTF is wanted.
 *
 * Kept are structs, unions, typedefs and enums whose names are in wanted, with or without a
 * ___flavour: with their sizes, the members that wanted names, and their offsets and anonymous
 * levels. Pointers keep their target if it is one of these structs, integers keep a __be16 or
 * similar typedef. Enums of drop reasons are kept whole, for their names. Prototypes of functions
 * that take an skb keep the register of each argument: anything but the skb or a drop reason
 * becomes an integer that takes as many registers.
 *
 * Initialises out; call bb_finish(), and bb_release() even after errors. Errors: -ENOENT without a
 * struct sk_buff, -EINVAL if the structs of full or wanted are nested unlike any kernel's, -ENOMEM.
 */
int btf_reduce(struct btf_build *out, const struct btf *full, const struct btf *wanted,
	       struct err *err);

#endif
