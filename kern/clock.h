/* SPDX-License-Identifier: GPL-2.0-only */
/* clock.h - the clock of event timestamps, and its offset from real time. */
#ifndef KERN_CLOCK_H
#define KERN_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in ns, the clock of bpf_ktime_get_ns(). */
uint64_t clock_now(void);

/* Current CLOCK_REALTIME minus CLOCK_MONOTONIC in ns. Jumps when the clock is set. */
int64_t clock_realtime_off(void);

/* Jiffies in a second (CONFIG_HZ): the coarse clocks are of that resolution. 0: unknown. */
uint32_t clock_hz(void);

/*
 * The lowest 32 bits of the kernel's jiffies, now; from /proc/timer_list, for root only, if the
 * kernel stops idle ticks. False: unknown.
 */
bool clock_jiffies(uint32_t *jiffies);

#endif
