/* SPDX-License-Identifier: GPL-2.0-only */
/* prog_maps.h - the maps that all programs of a run share. */
#ifndef LOADER_PROG_MAPS_H
#define LOADER_PROG_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/bpf.h"
#include "kern/features.h"
#include "loader/prog_config.h"

/* map_NAME in the programs. Those after MAP_CONTROL are made only where something needs them. */
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

/* By enum prog_map: the programs' name for it, without "map_". */
extern const char *const prog_map_names[NR_PROG_MAPS];

struct prog_maps {
	int fd[NR_PROG_MAPS];	   /* owned; -1: not needed */
	uint32_t id[NR_PROG_MAPS]; /* the kernel's ID; 0: it has none */
	size_t ring_sz;		   /* bytes of the BPF ring buffer; 0 with a perf event array */
};

void prog_maps_init(struct prog_maps *maps);
bool prog_maps_need(const struct prog_config *c, const struct features *f, enum prog_map map);

/*
 * What to create. ring_sz: bytes of a BPF ring buffer, a power of two; ignored where the kernel has
 * none.
 */
void prog_maps_specs(const struct prog_config *c, const struct features *f, size_t ring_sz,
		     struct bpf_map_spec specs[NR_PROG_MAPS]);

/*
 * Create the maps that are needed. ring_sz: bytes of a BPF ring buffer, rounded up to a power of
 * two pages; 0: 16 MiB, or less where the kernel refuses that much. Errors have a message; call
 * prog_maps_release() all the same.
 */
int prog_maps_create(struct prog_maps *maps, const struct prog_config *c, const struct features *f,
		     size_t ring_sz, struct err *err);
void prog_maps_release(struct prog_maps *maps);

#endif
