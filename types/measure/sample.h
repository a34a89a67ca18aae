/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - copy raw kernel memory of packets that this process sends, with programs
 * (progs/sample.bpf.c) at a few points that each packet passes within the sender's system call.
 *
 * Independent of kernel struct layouts; functions and their registers are from
 * btf/discover/known.h.
 */
#ifndef TYPES_MEASURE_SAMPLE_H
#define TYPES_MEASURE_SAMPLE_H

#include "btf/discover/known.h"
#include "kern/ksyms.h"
#include "loader/attach/attach.h"
#include "loader/object/object.h"
#include "progs/sample_abi.h"

#define SAMPLE_MAX_HOPS 3
/* Fit into a program of 4,095 instructions even if each chunk has all hops. */
#define SAMPLE_MAX_CHUNKS 80

/* Where memory is sampled. If several functions are hooked, the first to run takes the sample. */
enum sample_point {
	SAMPLE_XMIT, /* on transmit to the driver: data is at the Ethernet header */
	SAMPLE_RX,   /* received from loopback, same skb: data is after that header */
	SAMPLE_TCP,  /* data is at the TCP header, the only one so far; not with tracepoints */
	SAMPLE_DEV,  /* no packet: a device whose flags are queried; not with tracepoints */
	SAMPLE_COPY, /* received by this task, which copies it to user space */
	SAMPLE_NR
};

/*
 * A chunk to copy: SAMPLE_CHUNK_SZ bytes at offset off from the last pointer. At SAMPLE_DEV the
 * first object is the device instead of the skb.
 */
struct sample_chunk {
	unsigned int nr_hops;
	uint16_t hop[SAMPLE_MAX_HOPS]; /* offsets of the pointers to follow; the first is in the skb
					*/
	uint16_t off;
};

/* What sampling depends on; owned by the caller. */
struct sample_env {
	const struct features *features;
	const struct backend *backend; /* any usable one */
	const struct ksyms *ksyms;     /* may be NULL if backend attaches to tracepoints */
	const struct known *known;
	uint64_t kernel_start; /* the lowest kernel address: programs read nothing below */
};

struct sampler {
	struct sample_env env;
	enum sample_point point;
	struct obj *obj; /* owned */
	const struct sample_chunk *chunks;
	size_t nr_chunks;
	uint64_t round; /* number of the last sample */
	int map_fd, prog_fd;
	struct targets targets;
	struct attachment attachment;
};

/*
 * Attach at a point, for packets of tasks with the caller's name; chunks[] must outlive the
 * sampler. Errors: -ENOENT if the kernel has no such point, those of attaching and loading.
 */
int sampler_open(struct sampler *s, const struct sample_env *env, enum sample_point point,
		 const struct sample_chunk *chunks, size_t nr, struct err *err);

/* Sample the next packet. Returns 0 or -errno. */
int sampler_arm(struct sampler *s);

/*
 * After the packet was sent, get the address of its skb and all chunks, consecutively. Chunks that
 * cannot be read, or only through something that is no kernel address, are 0. Errors: -ENODATA if no packet passed, those of reading the map.
 */
int sampler_fetch(struct sampler *s, uint64_t *skb, uint8_t *bytes);

void sampler_close(struct sampler *s);

/*
 * For unit tests: build the program for one target without loading it. map_fd, chunks, obj and env
 * must be set.
 */
int sampler_build(const struct sampler *s, const struct target *t, struct prog *prog,
		  struct err *err);
int sampler_object(struct obj **obj, struct err *err);
struct bpf_map_spec sampler_map_spec(size_t nr_chunks);

#endif
