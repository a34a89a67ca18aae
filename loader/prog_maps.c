// SPDX-License-Identifier: GPL-2.0-only
#include "loader/prog_maps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kern/bpf.h"
#include "kern/cpus.h"
#include "progs/trail_abi.h"

#define RING_DEFAULT_SZ ((size_t)16 << 20) /* 90,000 events; kernel memory, not part of our RSS */
#define RING_MIN_SZ	((size_t)1 << 20)

/* Kernel stacks on which a packet is handled: one per CPU and per sending process, at most. */
#define NR_STACKS	10240
#define MAX_HEADS	8192 /* packets in XDP programs at the same time */
#define NR_STACK_TRACES 16384

const char *const prog_map_names[NR_PROG_MAPS] = {
	[MAP_EVENTS] = "events",
	[MAP_STATS] = "stats",
	[MAP_CONTROL] = "control",
	[MAP_TRACKED] = "tracked",
	[MAP_HEADS] = "heads",
	[MAP_STACKS] = "stacks",
	[MAP_STACK_TRACES] = "stack_traces",
};

/* Round up to a power of two pages, of any page size. */
static size_t ring_size(size_t v)
{
	size_t p = sysconf(_SC_PAGESIZE);

	while (p < v)
		p <<= 1;
	return p;
}

void prog_maps_init(struct prog_maps *maps)
{
	*maps = (struct prog_maps){0};
	memset(maps->fd, -1, sizeof(maps->fd));
}

void prog_maps_specs(const struct prog_config *c, const struct features *f, size_t ring_sz,
		     struct bpf_map_spec specs[NR_PROG_MAPS])
{
	if (features_has(f, FEAT_RINGBUF))
		specs[MAP_EVENTS] = (struct bpf_map_spec){BPF_MAP_TYPE_RINGBUF, 0, 0, ring_sz, 0};
	else
		specs[MAP_EVENTS] = (struct bpf_map_spec){BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4,
							  (uint32_t)cpus_nr_possible(), 0};
	specs[MAP_STATS] =
		(struct bpf_map_spec){BPF_MAP_TYPE_ARRAY, 4, sizeof(struct trail_stats), 1, 0};
	specs[MAP_CONTROL] = (struct bpf_map_spec){BPF_MAP_TYPE_ARRAY, 4, sizeof(uint32_t), 1, 0};
	specs[MAP_TRACKED] = (struct bpf_map_spec){BPF_MAP_TYPE_HASH, 8,
						   sizeof(struct trail_tracked), c->nr_tracked, 0};
	/* LRU: entries are short-lived, and unused ones are never deleted. */
	specs[MAP_HEADS] =
		(struct bpf_map_spec){BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct trail_head),
				      c->nr_tracked < MAX_HEADS ? c->nr_tracked : MAX_HEADS, 0};
	specs[MAP_STACKS] = (struct bpf_map_spec){BPF_MAP_TYPE_HASH, 8, sizeof(struct trail_stack),
						  NR_STACKS, 0};
	specs[MAP_STACK_TRACES] = (struct bpf_map_spec){BPF_MAP_TYPE_STACK_TRACE, 4,
							8 * TRAIL_MAX_STACK, NR_STACK_TRACES, 0};
}

bool prog_maps_need(const struct prog_config *c, const struct features *f, enum prog_map map)
{
	switch (map) {
	case MAP_TRACKED:
		return prog_config_has_table(c);
	case MAP_HEADS:
		return c->track;
	case MAP_STACKS:
		return c->by_stack;
	case MAP_STACK_TRACES:
		return prog_config_stack_way(c, f) == 2;
	default:
		return true;
	}
}

/* Create the BPF ring buffer. any_size: halve the size until the kernel accepts it. */
static int create_ring(struct prog_maps *maps, struct bpf_map_spec *spec, bool any_size)
{
	int fd;

	do {
		fd = bpf_map_create(spec);
		maps->ring_sz = spec->nr_max;
		spec->nr_max /= 2;
	} while ((fd == -ENOMEM || fd == -EPERM) && any_size && spec->nr_max >= RING_MIN_SZ);
	return fd;
}

static int create_map(struct prog_maps *maps, enum prog_map map, struct bpf_map_spec *spec,
		      bool any_size)
{
	int fd;

	if (map == MAP_EVENTS && spec->type == BPF_MAP_TYPE_RINGBUF)
		return create_ring(maps, spec, any_size);
	fd = bpf_map_create(spec);
	/* No LRU maps before 4.10; there XDP does not build skbs either. */
	if (map == MAP_HEADS && fd == -EINVAL) {
		spec->type = BPF_MAP_TYPE_HASH;
		fd = bpf_map_create(spec);
	}
	return fd;
}

static int map_refused(const struct prog_maps *maps, enum prog_map map,
		       const struct bpf_map_spec *spec, int ret, struct err *err)
{
	if (map == MAP_EVENTS)
		err_sys(err, ret, "cannot create the event map (%zu KiB)", maps->ring_sz >> 10);
	else
		err_sys(err, ret, "cannot create map '%s' (%u entries)", prog_map_names[map],
			spec->nr_max);
	if (ret == -EPERM)
		err_hint(err, "run with sudo; before Linux 5.11 capabilities other than root's "
			      "need CAP_SYS_RESOURCE, too, or a higher 'ulimit -l'");
	else if (map == MAP_EVENTS)
		err_hint(err, "try a smaller --ring-size");
	else if (map == MAP_TRACKED || map == MAP_HEADS)
		err_hint(err, "try a smaller --filter-track-size");
	return ret;
}

int prog_maps_create(struct prog_maps *maps, const struct prog_config *c, const struct features *f,
		     size_t ring_sz, struct err *err)
{
	/* The event map is last: it is the largest, and must not make the others fail. */
	static const enum prog_map order[] = {MAP_STATS,  MAP_CONTROL,	    MAP_TRACKED, MAP_HEADS,
					      MAP_STACKS, MAP_STACK_TRACES, MAP_EVENTS};
	struct bpf_map_spec specs[NR_PROG_MAPS];

	prog_maps_specs(c, f, ring_size(ring_sz ? ring_sz : RING_DEFAULT_SZ), specs);
	for (size_t i = 0; i < NR_PROG_MAPS; i++) {
		enum prog_map map = order[i];

		if (!prog_maps_need(c, f, map))
			continue;
		maps->fd[map] = create_map(maps, map, &specs[map], !ring_sz);
		if (maps->fd[map] < 0)
			return map_refused(maps, map, &specs[map], maps->fd[map], err);
		maps->id[map] = bpf_map_id(maps->fd[map]);
	}
	return 0;
}

void prog_maps_release(struct prog_maps *maps)
{
	for (size_t i = 0; i < NR_PROG_MAPS; i++)
		if (maps->fd[i] >= 0)
			close(maps->fd[i]);
	prog_maps_init(maps);
}
