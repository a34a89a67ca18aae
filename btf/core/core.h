/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h - CO-RE (Compile Once, Run Everywhere) relocations: calculate, patch, describe.
 *
 * Pure functions of two BTFs and the instructions, without ELF or system calls. The records
 * are parsed from the object's .BTF.ext section (core_relos_parse). Includes base/ and btf/.
 */
#ifndef BTF_CORE_CORE_H
#define BTF_CORE_CORE_H

#include "base/insn.h"
#include "btf/btf.h"

/* A record of .BTF.ext: struct bpf_core_relo in include/uapi/linux/bpf.h. */
struct core_relo {
	uint32_t insn_off;   /* bytes into the section */
	uint32_t type_id;    /* in the object's own BTF */
	const char *access;  /* "0:1:2"; owned by the object's BTF */
	uint32_t kind;	     /* enum bpf_core_relo_kind */
	const char *section; /* ELF section; owned by the object's BTF */
};

/*
 * Parse the CO-RE records of .BTF.ext, in file order; the caller frees the array. Offsets and
 * lengths are checked against sz; strings belong to btf. Errors: -EINVAL, -ENOMEM.
 */
int core_relos_parse(const struct btf *btf, const void *ext, size_t sz, struct core_relo **out,
		     size_t *nr, struct err *err);

/* The result of one relocation. */
struct core_value {
	/*
	 * false: poison the instruction. Always true for existence relocations, whose value is
	 * 0 or 1.
	 */
	bool exists;
	uint64_t value;	  /* for the instruction: offset, size, 0/1, shift, id, enum value */
	uint64_t local;	  /* the compiler's value, verified before patching */
	bool check_local; /* false for kinds whose compiler value depends on its version */
	/*
	 * FIELD_BYTE_OFFSET: size of the field (for an array, of an element) in the target and in
	 * the object; 0 for bit-fields. Loads and stores are resized from local_mem_sz to mem_sz.
	 */
	uint32_t mem_sz;
	uint32_t local_mem_sz;
	bool mem_unsafe; /* sizes differ and loads cannot be resized: neither pointers nor unsigned
			  */
	/* Why it is missing or unsafe: "'struct sk_buff' has no member 'vlan_all'" */
	char why[160];
};

/*
 * Calculate one relocation against the kernel's types: targets[0] is vmlinux, the others are
 * modules' split BTF; the first with a matching candidate wins. Candidates are types of the
 * same kind and name, ignoring "___flavour" (in the targets, flavoured types are candidates
 * only if no type has the plain name). Candidates that do not match are skipped; matching
 * ones with different results are an error, except for TYPE_ID_TARGET, which takes the first.
 * Returns 0 (also if nothing matches: then v->exists is false or v->value 0, with the reason
 * in v->why), -EINVAL for a malformed record, -EEXIST for ambiguous candidates, -ENOMEM.
 */
int core_calc(const struct btf *local, const struct core_relo *relo,
	      const struct btf *const *targets, size_t nr_targets, struct core_value *v,
	      struct err *err);

/* Helper id of a poisoned call: never a real helper, so it is recognisable in verifier logs. */
#define CORE_POISON 0x0badc0de

/*
 * Patch the instruction at insns[idx] (and idx + 1 for ld_imm64): an ALU immediate, a
 * load/store offset (and its size, if the field's differs and sign does not matter), or
 * ld_imm64. If the value does not exist or the load is unsafe, the instruction is poisoned:
 * it becomes "call CORE_POISON + relo_idx" (both halves of ld_imm64). Errors: -EINVAL for an
 * instruction that cannot be relocated or an unexpected local value, -ERANGE for an offset
 * over 32,767 or a value too large for the instruction.
 */
int core_patch(struct bpf_insn *insns, size_t nr, size_t idx, size_t relo_idx,
	       const struct core_value *v, struct err *err);

/* Describe the record for messages: "struct sk_buff.mark (byte offset)". */
void core_describe(const struct btf *local, const struct core_relo *relo, char *buf, size_t sz);

#endif
