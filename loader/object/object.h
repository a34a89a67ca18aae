/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object.h - a compiled BPF object made ready for this kernel, one pure stage at a time.
 *
 *   obj_open -> obj_core -> prog_clone -> prog_set_const* -> prog_fold -> prog_splice ->
 *   prog_fold -> prog_set_map* -> prog_load
 *
 * Each stage takes and leaves valid instructions. Undefined symbols say what the loader has to fill
 * in: cfg_NAME     64-bit constant, into an ld_imm64 map_NAME     file descriptor of a map, into an
 * ld_imm64 splice_NAME  a call to be replaced by instructions
 */
#ifndef LOADER_OBJECT_OBJECT_H
#define LOADER_OBJECT_OBJECT_H

#include "base/embedded.h"
#include "base/err.h"
#include "base/insn.h"
#include "btf/btf.h"
#include "kern/bpf.h"

struct obj; /* the parsed ELF file: programs with their instructions, symbols, BTF, CO-RE records */

enum prog_ref_kind { PROG_REF_CONST, PROG_REF_MAP, PROG_REF_SPLICE };

/* An instruction that stands for a symbol. Owned by the prog; idx follows when code moves. */
struct prog_ref {
	enum prog_ref_kind kind;
	const char *name; /* without cfg_/map_/splice_; owned by the obj */
	size_t idx;
};

/* A program on its way to the kernel. The obj it was cloned from must outlive it. */
struct prog {
	const struct obj *obj;
	const char *section;   /* "kprobe/skb"; owned by the obj */
	struct insn_buf code;  /* owned */
	struct prog_ref *refs; /* owned, ordered by idx */
	size_t nr_refs;
};

/*
 * Read an ELF object (64-bit, EM_BPF, relocatable, this machine's byte order) with libelf. data is
 * only read during the call. Every executable PROGBITS section is one program of that
 * section's name. Relocations to anything but the undefined symbols above are refused by name.
 * Errors: -EINVAL, -ENOMEM.
 */
int obj_open(struct obj **out, const void *data, size_t sz, struct err *err);
/* The same of an object inside this program. Errors: those of embedded_open() too. */
int obj_open_embedded(struct obj **out, const struct embedded *e, struct err *err);
void obj_free(struct obj *obj);

/* The object's own BTF. */
const struct btf *obj_btf(const struct obj *obj);

/* Apply all CO-RE records against the kernel's types. Once. Errors: those of core_calc/core_patch.
 */
int obj_core(struct obj *obj, const struct btf *const *targets, size_t nr_targets, struct err *err);

/*
 * Do two BTFs give the same answers to all CO-RE records about fields? -ESTALE where not: "struct
 * sk_buff.mark (byte offset) is 168 there and 176 here", a there and b here. partial: only
 * offsets count, and of these not what only one of them has. Other errors are those of core_calc().
 */
int obj_compare(const struct obj *obj, const struct btf *a, const struct btf *b, bool partial,
		struct err *err);

/* A copy of one program. -ENOENT: no such section (by name in the message). */
int prog_clone(struct prog *prog, const struct obj *obj, const char *section, struct err *err);
void prog_release(struct prog *prog);

/*
 * Give a constant its value: all uses become `mov64 imm` where the value fits 32 signed
 * bits, else ld_imm64. A name that the program does not use is fine. -ENOMEM.
 */
int prog_set_const(struct prog *prog, const char *name, uint64_t value, struct err *err);

/* The same for many at once, which takes no longer than one. */
struct prog_const {
	const char *name;
	uint64_t value;
};
int prog_set_consts(struct prog *prog, const struct prog_const *c, size_t nr, struct err *err);

/* Give a map its file descriptor (BPF_PSEUDO_MAP_FD). A name that is not used is fine. */
int prog_set_map(struct prog *prog, const char *name, int fd, struct err *err);

/*
 * Constant folding: follows known register values (constants, frame addresses and spilled
 * constants) through the program, turns jumps whose outcome is known into plain ones or
 * nothing, writes computed constants out as immediates, and removes instructions that cannot
 * be reached or whose result is never read, with their refs. Jump offsets and refs follow. The
 * program computes what it did before. Errors: -EINVAL (an unsound program, such as a
 * jump out of it, with the instruction number), -ENOMEM.
 */
int prog_fold(struct prog *prog, struct err *err);

/*
 * Replace each call of splice_NAME by instructions from emit(). frame_off is the constant distance
 * of r1 from r10 at the call (found by the same analysis as prog_fold's); the emitted code falls
 * through at its end. A name that is not used is fine. Errors: -EINVAL where r1 is no known frame
 * address, those of emit.
 */
typedef int (*prog_emit_fn)(void *arg, int frame_off, struct insn_buf *out, struct err *err);
int prog_splice(struct prog *prog, const char *name, prog_emit_fn emit, void *arg, struct err *err);

/* bpf_probe_read_kernel (113) and _str (115) become bpf_probe_read (4) and _str (45): kernels
 * before 5.5. */
void prog_use_old_probe_read(struct prog *prog);

struct prog_load_opts {
	uint32_t type;		  /* enum bpf_prog_type */
	uint32_t attach_type;	  /* 0: none */
	const char *name;	  /* NULL where the kernel has no names */
	const char *verifier_log; /* file to write the whole log to, or NULL */
	int target_fd;		  /* a BPF program to be traced, and */
	uint32_t target_btf_id;	  /* the FUNC in its BTF that is; 0: none */
};

/* What the kernel is told of the program; prog must outlive it. */
struct bpf_prog_spec prog_load_spec(const struct prog *prog, const struct prog_load_opts *opts);

/*
 * Load: log off first; on failure again with a growing log (up to 16 MiB), and the error says the
 * line that matters plus a hint. An unfilled ref is an error. Returns the fd or -errno.
 */
int prog_load(const struct prog *prog, const struct prog_load_opts *opts, struct err *err);

/*
 * The line of a verifier log that says what is wrong, and how many lines it leaves out; a
 * call of CORE_POISON + n is explained by the record's words (obj may be NULL).
 */
void verifier_summary(const struct obj *obj, const char *log, char *buf, size_t sz);

#endif
