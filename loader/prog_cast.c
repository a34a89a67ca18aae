// SPDX-License-Identifier: GPL-2.0-only
#include "loader/prog_cast.h"

#include <errno.h>
#include <unistd.h>

#include "base/insn.h"
#include "kern/bpf.h"

#define PROG_TYPE_RAW_TRACEPOINT 17 /* 4.17 */

/* Nothing runs it. */
static int try_cast(const struct prog_cast *cast)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_IMM(BPF_REG_1, 0),
		INSN_MOV_IMM(BPF_REG_2, cast->type_id),
		INSN_CALL_KFUNC(cast->func_id),
		INSN_LDX(BPF_DW, BPF_REG_0, BPF_REG_0, 72),
		INSN_MOV_IMM(BPF_REG_0, 0),
		INSN_EXIT(),
	};
	const struct bpf_prog_spec spec = {
		.type = PROG_TYPE_RAW_TRACEPOINT,
		.insns = insns,
		.nr_insns = sizeof(insns) / sizeof(insns[0]),
	};
	int fd = bpf_prog_load(&spec, NULL, 0, 0);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int prog_cast_find(struct prog_cast *cast, const struct btf *kernel)
{
	int ret = -EOPNOTSUPP;

	*cast = (struct prog_cast){0};
#if defined(__x86_64__) || defined(__aarch64__)
	cast->func_id = btf_find(kernel, BTF_KIND_FUNC, "bpf_rdonly_cast", 0);
	/* struct bpf_raw_tracepoint_args { __u64 args[0]; } */
	cast->type_id = btf_find(kernel, BTF_KIND_STRUCT, "bpf_raw_tracepoint_args", 0);
	ret = cast->func_id && cast->type_id ? try_cast(cast) : -ENOENT;
#endif
	if (ret)
		*cast = (struct prog_cast){0};
	return ret;
}
