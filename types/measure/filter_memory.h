/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter_memory.h - read a socket filter's rewritten instructions from kernel memory, for kernels
 * that do not return them (translated.h).
 */
#ifndef TYPES_MEASURE_FILTER_MEMORY_H
#define TYPES_MEASURE_FILTER_MEMORY_H

#include "types/measure/deduce.h"
#include "types/measure/sample.h"

/* The packet whose sending socket has the filter. */
#define FILTER_PACKET 0

/*
 * Attach the filter of translated_load_filter() to the sender of FILTER_PACKET. Call before the
 * first pass, so that the socket is sampled with its filter. Returns 0, or -errno; then
 * filter_read() finds nothing.
 */
int filter_attach(struct traffic *t);

/*
 * Read the filter's program from memory. The socket points to a struct sk_filter, which begins with
 * a reference count of 1, and that points to the struct bpf_prog (include/linux/filter.h).
 * sample: FILTER_PACKET with its socket (pass 3 of deduce.h); sk_off: offset of sk_buff.sk. Members
 * that are not found are not in has[]. Errors: those of sampling.
 */
int filter_read(struct translated *reported, const struct sample_env *env, struct traffic *t,
		const struct packet_sample *sample, uint16_t sk_off, struct err *err);

#endif
