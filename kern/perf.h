/* SPDX-License-Identifier: GPL-2.0-only */
/* perf.h - perf_event_open(2): kprobes, tracepoints and the rings of a perf event array. */
#ifndef KERN_PERF_H
#define KERN_PERF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Type number of the kprobe PMU (4.17), from /sys/bus/event_source/devices/kprobe/type,
 * or -ENOENT.
 */
int perf_kprobe_pmu(void);

/*
 * Open a kprobe at a kernel address. Returns the fd, or -errno: EILSEQ/EINVAL not the start
 * of an instruction or blacklisted, EADDRNOTAVAIL, EACCES/EPERM.
 */
int perf_kprobe_open(int pmu_type, uint64_t addr, bool retprobe);

/*
 * Open a kprobe by name and offset, for feature probing: the kernel has to search for the name.
 * -ENOENT: no such function.
 */
int perf_kprobe_open_name(int pmu_type, const char *name, unsigned off);

/*
 * Open a tracepoint or a tracefs kprobe event by the number in its "id" file. An attached program
 * runs on all CPUs. Returns the fd, or -errno: -EACCES/EPERM, -ENODEV if there is no such event.
 */
int perf_tracepoint_open(int id);

/* Attach a BPF program to a probe and enable it: PERF_EVENT_IOC_SET_BPF, _ENABLE. */
int perf_attach_bpf(int perf_fd, int prog_fd);

/*
 * perf_attach_bpf() for the result of an open function. Returns perf_fd; or, after closing it,
 * -errno. Before 4.15 an event takes only one program: -EEXIST.
 */
int perf_with_bpf(int perf_fd, int prog_fd);

/*
 * The same for perf_kprobe_open(), without enabling the event: the probe is armed when the event is
 * opened, and runs its program whether the event is enabled or not (kprobe_perf_func() in
 * kernel/trace/trace_kprobe.c). Enabling reschedules all events of the CPU, which takes longer the
 * more there are.
 */
int perf_kprobe_with_bpf(int perf_fd, int prog_fd);

/* Open the software event for one CPU's ring of a perf event array; wake up at wake_bytes. */
int perf_bpf_output_open(int cpu, uint32_t wake_bytes);

#endif
