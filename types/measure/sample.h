/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - raw memory of packets that this process sends: programs (progs/sample.bpf.c) on a few
 * places that every packet passes in the sender's own system call, and what they copied.
 *
 * Nothing here knows a struct of the kernel; the functions and their registers are from
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
/* What a program of 4,095 instructions has room for, with all hops each. */
#define SAMPLE_MAX_CHUNKS 96

/* Where a packet is looked at; of several functions the first that it passes. */
enum sample_place {
	SAMPLE_XMIT, /* on its way to the driver: data is at the Ethernet header */
	SAMPLE_RX,   /* received from loopback, same skb: data is behind that header */
	SAMPLE_TCP,  /* data is at the TCP header, no other was written; not with tracepoints */
	SAMPLE_DEV,  /* no packet: a device whose flags are asked for; not with tracepoints */
	SAMPLE_NR
};

/* A chunk to copy: SAMPLE_CHUNK_SZ bytes at off behind the last of the pointers. At SAMPLE_DEV the
 * device stands for the skb. */
struct sample_chunk {
	unsigned int nr_hops;
	uint16_t hop[SAMPLE_MAX_HOPS]; /* offsets of pointers to follow, the first in the skb */
	uint16_t off;
};

/* What sampling needs; all are the caller's. */
struct sample_env {
	const struct features *features;
	const struct backend *backend; /* any that works */
	const struct ksyms *ksyms;     /* NULL: only tracepoints */
	const struct known *known;
};

struct sampler {
	struct sample_env env;
	enum sample_place place;
	struct obj *obj; /* owned */
	const struct sample_chunk *chunks;
	size_t nr_chunks;
	int map_fd, prog_fd;
	struct targets targets;
	struct attachment attachment;
};

/*
 * Attach to a place, for packets of tasks named as the calling one; chunks[] must outlive it.
 * Errors: -ENOENT where this kernel has no such place, those of attaching and loading.
 */
int sampler_open(struct sampler *s, const struct sample_env *env, enum sample_place place,
		 const struct sample_chunk *chunks, size_t nr, struct err *err);

/* The next packet is the one to copy. */
int sampler_arm(struct sampler *s);

/*
 * After it was sent: the address of its skb, and all chunks, one behind the other; what could not
 * be read is zeroes. -ENODATA: no packet came by.
 */
int sampler_fetch(struct sampler *s, uint64_t *skb, uint8_t *bytes);

void sampler_close(struct sampler *s);

/*
 * The program for one place, without asking the kernel, for the tests: map_fd, chunks and env are
 * set, obj is opened.
 */
int sampler_build(const struct sampler *s, const struct target *t, struct prog *prog,
		  struct err *err);
int sampler_object(struct obj **obj, struct err *err);
struct bpf_map_spec sampler_map_spec(size_t nr_chunks);

#endif
