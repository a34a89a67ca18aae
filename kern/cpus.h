/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cpus.h - CPUs by number, from /sys/devices/system/cpu.
 *
 * sysconf(3) is not asked: musl counts the CPUs that this process may run on, for
 * _SC_NPROCESSORS_CONF, too.
 */
#ifndef KERN_CPUS_H
#define KERN_CPUS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The numbers in a list of the kernel ("0-3,8\n"), ascending, into *cpus (the caller frees).
 * Returns how many, -EINVAL for anything else, -ENOMEM.
 */
int cpu_list_parse(const char *text, uint32_t **cpus);

/* The CPUs that are online, likewise. Also the -errno of open(2). */
int cpus_online(uint32_t **cpus);

/* At least 1. */
size_t cpus_nr_online(void);

/* One past the highest number that a CPU may ever have: the entries of a map that is indexed by it. */
size_t cpus_nr_possible(void);

#endif
