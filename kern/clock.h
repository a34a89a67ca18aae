/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h - the clock that stamps events, and what it is in real time. */
#ifndef KERN_CLOCK_H
#define KERN_CLOCK_H

#include <stdint.h>

/* ns, CLOCK_MONOTONIC: what bpf_ktime_get_ns() returns in the kernel. */
uint64_t clock_now(void);

/* CLOCK_REALTIME minus CLOCK_MONOTONIC in ns, now. Steps when somebody sets the clock. */
int64_t clock_realtime_off(void);

#endif
