/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpus.h - CPU numbers, from /sys/devices/system/cpu.
 *
 * sysconf(3) is not used: musl's _SC_NPROCESSORS_CONF, too, counts only the CPUs in the process's
 * affinity mask.
 */
#ifndef KERN_CPUS_H
#define KERN_CPUS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Parse a kernel CPU list ("0-3,8\n") into *cpus, in ascending order; the caller frees it. Returns
 * the number of CPUs, -EINVAL if malformed, or -ENOMEM.
 */
int cpu_list_parse(const char *text, uint32_t **cpus);

/* List the online CPUs, as above. Errors: also those of open(2). */
int cpus_online(uint32_t **cpus);

/* Number of online CPUs, at least 1. */
size_t cpus_nr_online(void);

/* One past the highest possible CPU number: the size of a map indexed by CPU. */
size_t cpus_nr_possible(void);

#endif
