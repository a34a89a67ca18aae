/* SPDX-License-Identifier: GPL-2.0-only */
/* told.h - what the kernel tells about its structs, where it does so only against its will. */
#ifndef TYPES_MEASURE_TOLD_H
#define TYPES_MEASURE_TOLD_H

#include "types/measure/deduce.h"
#include "types/measure/sample.h"

/* The packet whose sender has the filter. */
#define TOLD_PACKET 0

/*
 * Give the sender of TOLD_PACKET a filter that asks (translated.h). To be done before the first
 * look, so that its socket is seen with it. -errno: then nothing will be found.
 */
int told_prepare(struct traffic *t);

/*
 * Read the filter's program from memory. It hangs on the socket by two pointers: struct sk_filter,
 * which begins with a reference count of one, and then struct bpf_prog (include/linux/filter.h).
 * seen: TOLD_PACKET in the look at its socket; sk_off: where an skb has its socket. What is not
 * found is not in has[]. Errors: those of looking.
 */
int told_from_memory(struct translated *told, const struct sample_env *env, struct traffic *t,
		     const struct seen *seen, uint16_t sk_off, struct err *err);

#endif
