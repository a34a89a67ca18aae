// SPDX-License-Identifier: GPL-2.0-only
#include "kern/bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The verifier returns EAGAIN if a signal is pending. */
#define LOAD_TRIES 5

/* Size of the attributes up to and including a command's last field. */
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

int bpf_map_delete(int map_fd, const void *key)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	attr.key = ptr_u64(key);
	return bpf_call(BPF_MAP_DELETE_ELEM, &attr, ATTR_SZ(key));
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
	if (spec->target_btf_id) {
		attr.attach_btf_id = spec->target_btf_id;
		attr.attach_prog_fd = spec->target_fd;
		sz = ATTR_SZ(attach_prog_fd);
	}
	for (int i = 0; i < LOAD_TRIES && ret == -EAGAIN; i++)
		ret = bpf_call(BPF_PROG_LOAD, &attr, sz);
	return ret;
}

/*
 * Older kernels refuse attributes that they do not know with -E2BIG (bpf_check_uarg_tail_zero());
 * newer ones refuse the file descriptor.
 */
bool bpf_can_trace_progs(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_prog_spec spec = {
		.type = BPF_PROG_TYPE_TRACING,
		.attach_type = BPF_TRACE_FENTRY,
		.insns = insns,
		.nr_insns = 2,
		.target_fd = -1,
		.target_btf_id = 1,
	};

	return bpf_prog_load(&spec, NULL, 0, 0) != -E2BIG;
}

static int next_id(enum bpf_cmd cmd, uint32_t id, uint32_t *next)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = id;
	ret = bpf_call(cmd, &attr, ATTR_SZ(open_flags));
	*next = attr.next_id;
	return ret;
}

int bpf_prog_next_id(uint32_t id, uint32_t *next)
{
	return next_id(BPF_PROG_GET_NEXT_ID, id, next);
}

int bpf_link_next_id(uint32_t id, uint32_t *next)
{
	return next_id(BPF_LINK_GET_NEXT_ID, id, next);
}

static int fd_by_id(enum bpf_cmd cmd, uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return bpf_call(cmd, &attr, ATTR_SZ(open_flags));
}

int bpf_prog_fd_by_id(uint32_t id)
{
	return fd_by_id(BPF_PROG_GET_FD_BY_ID, id);
}

static int get_info(int fd, void *info, uint32_t sz)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sz;
	attr.info.info = ptr_u64(info);
	return bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_SZ(info));
}

uint32_t bpf_map_id(int map_fd)
{
	struct bpf_map_info info = {0};

	return get_info(map_fd, &info, offsetof(struct bpf_map_info, key_size)) ? 0 : info.id;
}

int bpf_prog_query(uint32_t target, uint32_t attach_type, uint32_t *nr)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = target; /* shares its place with target_ifindex */
	attr.query.attach_type = attach_type;
	ret = bpf_call(BPF_PROG_QUERY, &attr, ATTR_SZ(query.prog_cnt));
	*nr = attr.query.prog_cnt;
	return ret;
}

int bpf_link_fd_by_id(uint32_t id)
{
	return fd_by_id(BPF_LINK_GET_FD_BY_ID, id);
}

/* The start of struct bpf_link_info; what is of the type follows at its alignment. */
int bpf_link_words(int link_fd, struct bpf_link_words *words)
{
	struct {
		uint32_t type, id, prog_id, pad, words[2];
		uint8_t other[64];
	} info = {0};
	int ret = get_info(link_fd, &info, sizeof(info));

	if (ret)
		return ret;
	*words = (struct bpf_link_words){info.type, {info.words[0], info.words[1]}};
	return 0;
}

int bpf_prog_words(int prog_fd, struct bpf_prog_words *words)
{
	struct bpf_func_info func = {0};
	/* One entry is enough: the first is the main function. */
	struct bpf_prog_info info = {
		.nr_func_info = 1,
		.func_info_rec_size = sizeof(func),
		.func_info = ptr_u64(&func),
	};
	int ret = get_info(prog_fd, &info, sizeof(info));

	if (ret == -E2BIG) { /* before 5.0: no func_info */
		info = (struct bpf_prog_info){0};
		ret = get_info(prog_fd, &info, sizeof(info));
	}
	if (ret)
		return ret;
	*words = (struct bpf_prog_words){info.type, info.btf_id, func.type_id, ""};
	memcpy(words->name, info.name, sizeof(words->name));
	words->name[sizeof(words->name) - 1] = '\0';
	return 0;
}

int bpf_btf_read(uint32_t btf_id, void **data, size_t *sz)
{
	struct bpf_btf_info info = {0};
	int fd = fd_by_id(BPF_BTF_GET_FD_BY_ID, btf_id), ret;

	*data = NULL;
	if (fd < 0)
		return fd;
	ret = get_info(fd, &info, sizeof(info));
	*sz = info.btf_size;
	if (!ret) {
		*data = malloc(*sz ? *sz : 1);
		info = (struct bpf_btf_info){.btf = ptr_u64(*data), .btf_size = *sz};
		ret = *data ? get_info(fd, &info, sizeof(info)) : -ENOMEM;
	}
	close(fd);
	if (ret) {
		free(*data);
		*data = NULL;
	}
	return ret;
}

int bpf_tracing_open(int prog_fd)
{
	return bpf_raw_tracepoint_open(NULL, prog_fd);
}

/* The kernel clears the pointer to the instructions if it does not expose them. */
int bpf_prog_translated(int prog_fd, struct bpf_insn *insns, size_t *nr)
{
	struct bpf_prog_info info = {
		.xlated_prog_len = *nr * sizeof(*insns),
		.xlated_prog_insns = ptr_u64(insns),
	};
	int ret = get_info(prog_fd, &info, offsetof(struct bpf_prog_info, load_time));

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
