/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h - Compile Once, Run Everywhere: what a relocation means on a given kernel.
 *
 * Pure: calculates from two BTFs and patches instructions; knows neither ELF nor system
 * calls. The records come from the .BTF.ext section of the object (core_relos_parse).
 */
#ifndef BTF_CORE_CORE_H
#define BTF_CORE_CORE_H

#include "base/insn.h"
#include "btf/btf.h"

/* One record of .BTF.ext: struct bpf_core_relo of include/uapi/linux/bpf.h. */
struct core_relo {
	uint32_t insn_off;   /* bytes into the section */
	uint32_t type_id;    /* in the object's own BTF */
	const char *access;  /* "0:1:2"; owned by the object's BTF */
	uint32_t kind;	     /* enum bpf_core_relo_kind */
	const char *section; /* ELF section; owned by the object's BTF */
};

/*
 * The CO-RE records of .BTF.ext, in file order; the array is the caller's to free. Offsets
 * and lengths are checked against sz, the strings are those of btf. Errors: -EINVAL, -ENOMEM.
 */
int core_relos_parse(const struct btf *btf, const void *ext, size_t sz, struct core_relo **out,
		     size_t *nr, struct err *err);

/* The answer for one record. */
struct core_value {
	/*
	 * false: poison the instruction. Where the kind asks for existence this is always true,
	 * and value is the answer, 0 or 1.
	 */
	bool exists;
	uint64_t value;	  /* what the instruction gets: offset, size, 0/1, shift, id, enum value */
	uint64_t local;	  /* what the compiler wrote there, for checking before the patch */
	bool check_local; /* false for kinds where the compiler's value may differ by version */
	/*
	 * FIELD_BYTE_OFFSET: size of the field (of an array, of its elements) in the target and
	 * in the object; 0 for bit-fields. Loads and stores of the one become those of the other.
	 */
	uint32_t mem_sz;
	uint32_t local_mem_sz;
	bool mem_unsafe; /* sizes differ and no load can follow: neither pointers nor unsigned */
	/* Where something is missing or unsafe: "'struct sk_buff' has no member 'vlan_all'" */
	char why[160];
};

/*
 * Calculate one record against the kernel's types: targets[0] is vmlinux, further ones are
 * modules' split BTF; the first that has a fitting candidate decides, and candidates are
 * types of the same kind and the same name without "___flavour" (in the targets, types with
 * a flavour count only where none has the plain name). Several candidates that give
 * different answers are an error, but for TYPE_ID_TARGET, where the first counts; those that
 * do not fit are passed over.
 * Returns 0 (also where nothing fits: v->exists is false or the answer 0 then, and v->why
 * says why), -EINVAL for a malformed record, -EEXIST for contradicting candidates, -ENOMEM.
 */
int core_calc(const struct btf *local, const struct core_relo *relo,
	      const struct btf *const *targets, size_t nr_targets, struct core_value *v,
	      struct err *err);

/* Helper id in a poisoned call: never a real helper, so that verifier logs can be explained. */
#define CORE_POISON 0x0badc0de

/*
 * Write v into the instruction(s) at insns[idx] (idx + 1 too for a 64-bit immediate):
 * ALU immediates, load/store offsets (with the load's size following the field's where
 * that differs and sign does not matter), ld_imm64. A value that does not exist, or a load
 * that is unsafe, makes it "call CORE_POISON + relo_idx"; a poisoned ld_imm64 poisons both
 * halves. Errors: -EINVAL for an instruction that no relocation can apply to or a local value
 * that does not match, -ERANGE for an offset over 32,767 or a value too large for the
 * instruction.
 */
int core_patch(struct bpf_insn *insns, size_t nr, size_t idx, size_t relo_idx,
	       const struct core_value *v, struct err *err);

/* "struct sk_buff.mark (byte offset)": the record in words, for messages. */
void core_describe(const struct btf *local, const struct core_relo *relo, char *buf, size_t sz);

#endif
