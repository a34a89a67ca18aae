// SPDX-License-Identifier: GPL-2.0-only
#include "kern/perf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "base/number.h"

static int perf_open(struct perf_event_attr *attr, int cpu)
{
	long ret = syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return ret < 0 ? -errno : (int)ret;
}

int perf_kprobe_pmu(void)
{
	int64_t type = number_in_file("/sys/bus/event_source/devices/kprobe/type");

	return type < 0 || type > INT32_MAX ? -ENOENT : (int)type;
}

int perf_kprobe_open(int pmu_type, uint64_t addr, bool retprobe)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = pmu_type;
	attr.size = PERF_ATTR_SIZE_VER1; /* up to config2 */
	attr.config = retprobe;		 /* format/retprobe: config:0 */
	attr.kprobe_addr = addr;	 /* kprobe_func stays 0: by address */
	attr.disabled = 1;		 /* never enabled: see perf_kprobe_with_bpf() */
	return perf_open(&attr, 0);
}

int perf_kprobe_open_name(int pmu_type, const char *name, unsigned off)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = pmu_type;
	attr.size = PERF_ATTR_SIZE_VER1;
	attr.kprobe_func = (uintptr_t)name;
	attr.probe_offset = off;
	return perf_open(&attr, 0);
}

int perf_tracepoint_open(int id)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.size = PERF_ATTR_SIZE_VER1;
	attr.config = id;
	return perf_open(&attr, 0);
}

int perf_attach_bpf(int perf_fd, int prog_fd)
{
	if (ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd) < 0)
		return -errno;
	if (ioctl(perf_fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return -errno;
	return 0;
}

int perf_with_bpf(int perf_fd, int prog_fd)
{
	int ret = perf_fd < 0 ? perf_fd : perf_attach_bpf(perf_fd, prog_fd);

	if (ret == 0)
		return perf_fd;
	if (perf_fd >= 0)
		close(perf_fd);
	return ret;
}

int perf_kprobe_with_bpf(int perf_fd, int prog_fd)
{
	int ret;

	if (perf_fd < 0 || !ioctl(perf_fd, PERF_EVENT_IOC_SET_BPF, prog_fd))
		return perf_fd;
	ret = -errno;
	close(perf_fd);
	return ret;
}

int perf_bpf_output_open(int cpu, uint32_t wake_bytes)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_BPF_OUTPUT; /* 4.4 */
	attr.size = PERF_ATTR_SIZE_VER1;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	attr.watermark = wake_bytes > 0;
	if (wake_bytes)
		attr.wakeup_watermark = wake_bytes;
	else
		attr.wakeup_events = 1;
	return perf_open(&attr, cpu);
}
