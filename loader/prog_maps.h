/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_maps.h - the maps shared by all programs of a run. */
#ifndef LOADER_PROG_MAPS_H
#define LOADER_PROG_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/bpf.h"
#include "kern/features.h"
#include "loader/prog_config.h"

/* map_NAME in the programs. Those after MAP_CONTROL are created only if needed. */
enum prog_map {
	MAP_EVENTS,
	MAP_STATS,
	MAP_CONTROL,
	MAP_TRACKED,
	MAP_HEADS,
	MAP_STACKS,
	MAP_STACK_TRACES,
	NR_PROG_MAPS
};

/* Names in the programs, without "map_", by enum prog_map. */
extern const char *const prog_map_names[NR_PROG_MAPS];

struct prog_maps {
	int fd[NR_PROG_MAPS];	   /* owned; -1: not needed */
	uint32_t id[NR_PROG_MAPS]; /* 0: maps have no id (before 4.13) */
	size_t ring_sz;		   /* bytes of the BPF ring buffer; 0 with a perf event array */
};

void prog_maps_init(struct prog_maps *maps);
bool prog_maps_need(const struct prog_config *c, const struct features *f, enum prog_map map);

/*
 * Types and sizes of the maps. ring_sz: size of the BPF ring buffer in bytes, a power of two; not
 * used if the kernel has no BPF ring buffer.
 */
void prog_maps_specs(const struct prog_config *c, const struct features *f, size_t ring_sz,
		     struct bpf_map_spec specs[NR_PROG_MAPS]);

/*
 * Create the maps that are needed. ring_sz: size of the BPF ring buffer in bytes, rounded up to a
 * power of two pages; 0: 16 MiB, or less if the kernel refuses that. Call prog_maps_release() even
 * after an error.
 */
int prog_maps_create(struct prog_maps *maps, const struct prog_config *c, const struct features *f,
		     size_t ring_sz, struct err *err);
void prog_maps_release(struct prog_maps *maps);

#endif
