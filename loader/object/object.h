/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object.h - prepare a compiled BPF object for this kernel, one pure stage at a time.
 *
 *   obj_open -> obj_core -> prog_clone -> prog_set_const* -> prog_set_cast -> prog_fold ->
 *   prog_splice -> prog_use_loads -> prog_fold -> prog_set_map* -> prog_load
 *
 * Each stage takes valid instructions and leaves valid instructions. The loader resolves these
 * undefined symbols:
 * - cfg_NAME: a 64-bit constant, in an ld_imm64;
 * - map_NAME: the file descriptor of a map, in an ld_imm64;
 * - value_NAME: the address of that map's value, in an ld_imm64;
 * - splice_NAME: a call that is replaced by generated instructions.
 */
#ifndef LOADER_OBJECT_OBJECT_H
#define LOADER_OBJECT_OBJECT_H

#include "base/embedded.h"
#include "base/err.h"
#include "base/insn.h"
#include "btf/btf.h"
#include "kern/bpf.h"

struct scratch;
struct obj; /* a parsed ELF file: programs with instructions and symbols, BTF, CO-RE records */

enum prog_ref_kind { PROG_REF_CONST, PROG_REF_MAP, PROG_REF_VALUE, PROG_REF_SPLICE };

/* An instruction that refers to a symbol. Owned by the prog; idx is adjusted when code moves. */
struct prog_ref {
	enum prog_ref_kind kind;
	const char *name; /* without cfg_/map_/value_/splice_; owned by the obj */
	size_t idx;
};

/* A program on its way to the kernel. The obj it was cloned from must outlive it. */
struct prog {
	const struct obj *obj;
	const char *section;   /* "kprobe/skb"; owned by the obj */
	struct insn_buf code;  /* owned */
	struct prog_ref *refs; /* owned, ordered by idx */
	size_t nr_refs;
	struct scratch *scratch; /* owned by the obj */
};

/*
 * Read an ELF object (64-bit, EM_BPF, relocatable, this machine's byte order) with libelf. data is
 * not needed after the call. Every executable PROGBITS section is one program, named like the
 * section. Relocations to any symbol but those above are refused; the error names the symbol.
 * Errors: -EINVAL, -ENOMEM.
 */
int obj_open(struct obj **out, const void *data, size_t sz, struct err *err);
/* As obj_open(), for an object embedded in this executable. Errors: also those of embedded_open().
 */
int obj_open_embedded(struct obj **out, const struct embedded *e, struct err *err);
void obj_free(struct obj *obj);

/* The object's own BTF. */
const struct btf *obj_btf(const struct obj *obj);

/*
 * Apply all CO-RE records against the kernel's types. May be called only once per object. Errors:
 * those of core_calc() and core_patch().
 */
int obj_core(struct obj *obj, const struct btf *const *targets, size_t nr_targets, struct err *err);

/*
 * Compare the results of all CO-RE field relocations against two BTFs. Returns -ESTALE if they
 * differ: "struct sk_buff.mark (byte offset) is 168, but 176 in this kernel", where b has the types
 * of this kernel. partial: compare only offsets, and only those of fields that both BTFs have.
 * Other errors: those of core_calc().
 */
int obj_compare(const struct obj *obj, const struct btf *a, const struct btf *b, bool partial,
		struct err *err);

/* Copy one program. Returns -ENOENT if there is no such section; the message names it. */
int prog_clone(struct prog *prog, const struct obj *obj, const char *section, struct err *err);
void prog_release(struct prog *prog);

/*
 * Set a constant: all uses become `mov64 imm` if the value fits 32 signed bits, else ld_imm64.
 * Names that the program does not use are ignored. Errors: -ENOMEM.
 */
int prog_set_const(struct prog *prog, const char *name, uint64_t value, struct err *err);

/* As prog_set_const(), for several constants in a single pass. */
struct prog_const {
	const char *name;
	uint64_t value;
};
int prog_set_consts(struct prog *prog, const struct prog_const *c, size_t nr, struct err *err);

/*
 * Set the file descriptor of a map (BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE). Names that are not
 * used are ignored.
 */
int prog_set_map(struct prog *prog, const char *name, int fd, struct err *err);

/*
 * Constant folding: tracks known register values (constants, frame addresses and spilled
 * constants) through the program, makes jumps with a known outcome unconditional or removes them,
 * turns computed constants into immediates, and removes unreachable instructions and those whose
 * result is never read, with their refs. Jump offsets and refs are adjusted; the meaning of the
 * program does not change. Errors: -EINVAL for an invalid program, such as one with a jump out of
 * the program (with the instruction number), -ENOMEM.
 */
int prog_fold(struct prog *prog, struct err *err);

/*
 * Replace each call of splice_NAME by instructions from emit(). frame_off is the constant offset of
 * r1 from r10 at the call, found by the same analysis as in prog_fold(). The emitted code falls
 * through at its end. Names that are not used are ignored. Errors: -EINVAL if r1 is not a known
 * frame address, those of emit().
 */
typedef int (*prog_emit_fn)(void *arg, int frame_off, struct insn_buf *out, struct err *err);
int prog_splice(struct prog *prog, const char *name, prog_emit_fn emit, void *arg, struct err *err);

/*
 * For kernels before 5.5: replace bpf_probe_read_kernel (113) and _str (115) by bpf_probe_read (4)
 * and _str (45).
 */
void prog_use_old_probe_read(struct prog *prog);

/* bpf_rdonly_cast() and a struct to cast to, by their numbers in the kernel's BTF. */
struct prog_cast {
	uint32_t func_id; /* 0: the kernel has none, or they are not known */
	uint32_t type_id;
};

/*
 * Let splice_cast() be bpf_rdonly_cast(). Without one it returns 0: programs that call it must not
 * do so where the kernel has none. Errors: -ENOMEM.
 */
int prog_set_cast(struct prog *prog, const struct prog_cast *cast, struct err *err);

/*
 * Replace calls of bpf_probe_read_kernel() that read up to 80 bytes to the stack, and whose result
 * is not used, by loads: those take a tenth of the time. Bytes that cannot be read are 0, as with
 * the call; those before them are not. Leaves what prog_fold() removes.
 */
int prog_use_loads(struct prog *prog, const struct prog_cast *cast, struct err *err);

struct prog_load_opts {
	uint32_t type;		  /* enum bpf_prog_type */
	uint32_t attach_type;	  /* 0: none */
	const char *name;	  /* NULL if the kernel does not support program names */
	const char *verifier_log; /* file to save the full verifier log to, or NULL */
	int target_fd;		  /* the BPF program to trace */
	uint32_t target_btf_id;	  /* the FUNC to trace in its BTF; 0: none */
};

/* The arguments for bpf(2) to load the program; prog must outlive the result. */
struct bpf_prog_spec prog_load_spec(const struct prog *prog, const struct prog_load_opts *opts);

/*
 * Load without a log first; after a failure load again with a growing log (up to 16 MiB) and report
 * its decisive line and a hint. Unresolved refs are an error. Returns the fd or -errno.
 */
int prog_load(const struct prog *prog, const struct prog_load_opts *opts, struct err *err);

/*
 * Reduce a verifier log to the line that gives the reason, and the number of lines omitted. If that
 * line is about a call of CORE_POISON + n, it is replaced by a description of CO-RE record n. obj
 * may be NULL.
 */
void verifier_summary(const struct obj *obj, const char *log, char *buf, size_t sz);

#endif
