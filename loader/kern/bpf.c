// SPDX-License-Identifier: GPL-2.0-only
#include "loader/kern/bpf.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The verifier gives up with EAGAIN when a signal is pending. */
#define LOAD_TRIES 5

/* Bytes of the attributes up to and with the last field that a command uses. */
#define ATTR_SZ(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

static int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr, size_t sz)
{
	long ret = syscall(SYS_bpf, cmd, attr, sz);

	return ret < 0 ? -errno : (int)ret;
}

static uint64_t ptr_u64(const void *p)
{
	return (uintptr_t)p;
}

int bpf_map_create(const struct bpf_map_spec *spec)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = spec->type;
	attr.key_size = spec->key_sz;
	attr.value_size = spec->value_sz;
	attr.max_entries = spec->nr_max;
	attr.map_flags = spec->flags;
	return bpf_call(BPF_MAP_CREATE, &attr,
			spec->flags ? ATTR_SZ(map_flags) : ATTR_SZ(max_entries));
}

int bpf_map_lookup(int map_fd, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	attr.key = ptr_u64(key);
	attr.value = ptr_u64(value);
	return bpf_call(BPF_MAP_LOOKUP_ELEM, &attr, ATTR_SZ(value));
}

int bpf_map_update(int map_fd, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	attr.key = ptr_u64(key);
	attr.value = ptr_u64(value);
	attr.flags = BPF_ANY;
	return bpf_call(BPF_MAP_UPDATE_ELEM, &attr, ATTR_SZ(flags));
}

int bpf_prog_load(const struct bpf_prog_spec *spec, char *log, size_t log_sz, int level)
{
	size_t sz = ATTR_SZ(kern_version);
	union bpf_attr attr;
	int ret = -EAGAIN;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = spec->type;
	attr.insn_cnt = spec->nr_insns;
	attr.insns = ptr_u64(spec->insns);
	attr.license = ptr_u64("GPL");
	attr.kern_version = spec->kern_version;
	if (log && log_sz && level) {
		attr.log_buf = ptr_u64(log);
		attr.log_size = log_sz;
		attr.log_level = level;
		log[0] = '\0';
	}
	if (spec->name) {
		strncpy(attr.prog_name, spec->name, sizeof(attr.prog_name) - 1);
		sz = ATTR_SZ(prog_name);
	}
	if (spec->attach_type) {
		attr.expected_attach_type = spec->attach_type;
		sz = ATTR_SZ(expected_attach_type);
	}
	for (int i = 0; i < LOAD_TRIES && ret == -EAGAIN; i++)
		ret = bpf_call(BPF_PROG_LOAD, &attr, sz);
	return ret;
}

/* The kernel clears the pointer to the instructions where it does not give them out. */
int bpf_prog_translated(int prog_fd, struct bpf_insn *insns, size_t *nr)
{
	struct bpf_prog_info info = {
		.xlated_prog_len = *nr * sizeof(*insns),
		.xlated_prog_insns = ptr_u64(insns),
	};
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = prog_fd;
	attr.info.info_len = offsetof(struct bpf_prog_info, load_time);
	attr.info.info = ptr_u64(&info);
	ret = bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_SZ(info));
	if (ret)
		return ret;
	if (!info.xlated_prog_insns)
		return -EPERM;
	if (info.xlated_prog_len > *nr * sizeof(*insns))
		return -E2BIG;
	*nr = info.xlated_prog_len / sizeof(*insns);
	return 0;
}

int bpf_raw_tracepoint_open(const char *name, int prog_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = ptr_u64(name);
	attr.raw_tracepoint.prog_fd = prog_fd;
	return bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr, ATTR_SZ(raw_tracepoint.prog_fd));
}

int bpf_link_create_kprobe_multi(int prog_fd, const uint64_t *addrs, size_t nr)
{
	union bpf_attr attr;

	if (nr > UINT32_MAX)
		return -E2BIG;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog_fd;
	attr.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.cnt = nr;
	attr.link_create.kprobe_multi.addrs = ptr_u64(addrs);
	return bpf_call(BPF_LINK_CREATE, &attr, ATTR_SZ(link_create.kprobe_multi.addrs));
}

int bpf_link_create_kprobe_multi_name(int prog_fd, const char *name)
{
	uint64_t names[] = {ptr_u64(name)};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog_fd;
	attr.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
	attr.link_create.kprobe_multi.cnt = 1;
	attr.link_create.kprobe_multi.syms = ptr_u64(names);
	return bpf_call(BPF_LINK_CREATE, &attr, ATTR_SZ(link_create.kprobe_multi.addrs));
}
