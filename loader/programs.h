/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs.h - the maps, and the programs loaded for the targets.
 *
 * One program serves all targets that have the skb (and the drop reason, ...) in the same
 * place; it is loaded when the first such target is attached.
 */
#ifndef LOADER_PROGRAMS_H
#define LOADER_PROGRAMS_H

#include "kern/features.h"
#include "loader/attach/attach.h"
#include "loader/object/object.h"
#include "loader/prog_config.h"
#include "loader/prog_maps.h"

/* The BPF object inside this program, not yet relocated. Errors: those of embedded_open(),
 * obj_open().
 */
int programs_object(struct obj **out, struct err *err);

struct programs {
	struct obj *obj; /* relocated for this kernel */
	const struct backend *backend;
	const struct features *features;
	const char *verifier_log;
	struct prog_config config;
	struct prog_maps maps;
	struct loaded *loaded; /* owned: the programs, by what they differ in */
	size_t nr_loaded;
};

/*
 * Relocate the object for types (btfs[0] is the kernel's, others are modules'), without asking the
 * kernel: a test gives the descriptors of the maps itself. Errors: those of obj_core().
 */
int programs_init(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct prog_config *match,
		  struct err *err);

/*
 * The whole program for a target, and how it is loaded: what the kernel gets, but made without it.
 * The caller releases prog. Errors have a message.
 */
int programs_build(const struct programs *p, const struct target *t, struct prog *prog,
		   struct err *err);
struct prog_load_opts programs_load_opts(const struct programs *p);

/*
 * Make the maps and relocate the object. ring_sz: size of a BPF ring buffer, rounded up to a power
 * of two; 0: 16 MiB, or less where the kernel does not give that much. features and match.filter
 * must outlive p. Errors have a message.
 */
int programs_open(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct prog_config *match,
		  size_t ring_sz, const char *verifier_log, struct err *err);

/* What a program is attached to, and is loaded for, beside what its target says. */
struct prog_at {
	uint8_t context; /* enum trail_context */
	bool is_xdp, has_verdict;
};

/*
 * Load a program for a BPF program of tc or XDP: at its entry, or at its end where at->has_verdict.
 * source: for trail_event.source. The fd, which is the caller's, or -errno.
 */
int programs_for_prog(const struct programs *p, const struct prog_at *at, uint32_t source,
		      int target_fd, uint32_t target_btf_id, struct err *err);

/* A struct prog_source's function; arg is the struct programs. */
int programs_for(void *programs, const struct target *t, struct err *err);

/* Free what is needed only to load more. Programs and maps stay. */
void programs_finish(struct programs *p);

struct trail_stats; /* progs/trail_abi.h */
/* What the programs counted since the start; zeroes where the map is gone. */
void programs_stats(const struct programs *p, struct trail_stats *stats);

/* Make all programs do nothing from now on, wherever they are still attached. */
void programs_stop(const struct programs *p);

void programs_release(struct programs *p);

#endif
