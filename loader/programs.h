/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * programs.h - the maps, and the programs loaded for the targets.
 *
 * One program serves all targets that have the skb (and the drop reason, ...) in the same
 * place; it is loaded when the first such target is attached.
 */
#ifndef LOADER_PROGRAMS_H
#define LOADER_PROGRAMS_H

#include "loader/attach/attach.h"
#include "loader/kern/features.h"
#include "loader/match.h"
#include "loader/obj/obj.h"
#include "loader/types.h"

/* The BPF object inside this program, not yet relocated. Errors: those of embedded_open(),
 * obj_open().
 */
int programs_object(struct obj **out, struct err *err);

/* map_NAME in the programs; those after control only for what needs them. */
enum programs_map {
	MAP_EVENTS,
	MAP_STATS,
	MAP_CONTROL,
	MAP_TRACKED,
	MAP_HEADS,
	MAP_STACKS,
	MAP_STACK_TRACES,
	PROGRAMS_NR_MAPS
};

struct programs {
	struct obj *obj; /* relocated for this kernel */
	const struct backend *backend;
	const struct features *features;
	const char *verifier_log;
	struct match match;
	int map_fd[PROGRAMS_NR_MAPS];	   /* by enum programs_map; -1: not needed */
	uint32_t map_id[PROGRAMS_NR_MAPS]; /* the kernel's numbers of them; 0: it has none */
	size_t ring_sz;	       /* of a BPF ring buffer, in bytes; 0 with a perf event array */
	struct loaded *loaded; /* owned: the programs, by what they differ in */
	size_t nr_loaded;
};

/*
 * Relocate the object for types (btfs[0] is the kernel's, others are modules'), without asking the
 * kernel: a test gives the descriptors of the maps itself. Errors: those of obj_core().
 */
int programs_init(struct programs *p, const struct backend *backend, const struct btf *const *btfs,
		  size_t nr_btfs, const struct features *features, const struct match *match,
		  struct err *err);

/*
 * The whole program for a target, and how it is loaded: what the kernel gets, but made without it.
 * The caller releases prog. Errors have a message.
 */
int programs_build(const struct programs *p, const struct target *t, struct prog *prog,
		   struct err *err);
struct prog_load_opts programs_load_opts(const struct programs *p);

/*
 * The maps that programs use, by enum programs_map. ring_sz: bytes of a BPF ring buffer, a power of
 * two (not looked at where the kernel has none).
 */
struct bpf_map_spec; /* loader/kern/bpf.h */
bool programs_need_map(const struct programs *p, enum programs_map map);
void programs_map_specs(const struct features *features, const struct match *match, size_t ring_sz,
			struct bpf_map_spec specs[PROGRAMS_NR_MAPS]);

/*
 * Make the maps and relocate the object. ring_sz: size of a BPF ring buffer, rounded up to a power
 * of two; 0: 16 MiB, or less where the kernel does not give that much. features and match.filter
 * must outlive p. Errors have a message.
 */
int programs_open(struct programs *p, const struct backend *backend, const struct types *types,
		  const struct features *features, const struct match *match, size_t ring_sz,
		  const char *verifier_log, struct err *err);

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
