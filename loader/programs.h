/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs.h - load the BPF programs for the targets, and own them and their maps.
 *
 * One program serves all targets that have the skb (and the drop reason, ...) in the same argument;
 * it is loaded when the first such target is attached.
 *
 * loader/ may include its subfolders and every floor below (docs/architecture.md).
 */
#ifndef LOADER_PROGRAMS_H
#define LOADER_PROGRAMS_H

#include "kern/features.h"
#include "loader/attach/attach.h"
#include "loader/object/object.h"
#include "loader/prog_config.h"
#include "loader/prog_maps.h"

/*
 * Open the BPF object embedded in skbtrail, not yet relocated. Errors: those of embedded_open() and
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
	struct loaded *loaded; /* owned: the programs that differ in their constants */
	size_t nr_loaded;
};

/*
 * Relocate the object for the given types (btfs[0]: vmlinux, others: modules). Makes no system
 * calls; tests set the map descriptors themselves. Errors: those of obj_core().
 */
int programs_init(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct prog_config *match,
		  struct err *err);

/* What a program is attached to, in addition to its target. */
struct prog_at {
	uint8_t context; /* enum trail_context */
	bool is_xdp, has_verdict;
};

/*
 * Build the complete program for a target, and the options to load it with, without system calls.
 * The caller releases prog.
 */
int programs_build(const struct programs *p, const struct target *t, struct prog *prog,
		   struct err *err);
int programs_build_at(const struct programs *p, const struct target *t, const struct prog_at *at,
		      struct prog *prog, struct err *err);
struct prog_load_opts programs_load_opts(const struct programs *p);

/*
 * Relocate the object and create the maps. ring_sz: see prog_maps_create(). verifier_log: file for
 * the full verifier log, or NULL. features and match->filter must outlive p.
 */
int programs_open(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct prog_config *match,
		  size_t ring_sz, const char *verifier_log, struct err *err);

/*
 * Load a program that traces a tc or XDP program, at its exit if at->has_verdict, else at its
 * entry. source: for trail_event.source. Returns an fd that the caller owns, or -errno.
 */
int programs_for_prog(struct programs *p, const struct prog_at *at, uint32_t source, int target_fd,
		      uint32_t target_btf_id, struct err *err);

/* prog_for() of a struct prog_source; programs is a struct programs. */
int programs_for(void *programs, const struct target *t, struct err *err);

/* Free what is needed only to load more programs. Programs and maps stay. */
void programs_finish(struct programs *p);

struct trail_stats; /* progs/trail_abi.h */
/* Read the programs' counters; all zero if the map cannot be read. */
void programs_stats(const struct programs *p, struct trail_stats *stats);

/* Make all programs return at once, even while they are still attached. */
void programs_stop(const struct programs *p);

void programs_release(struct programs *p);

#endif
