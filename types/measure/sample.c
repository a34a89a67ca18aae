// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/prctl.h>
#include <unistd.h>

#include "kern/bpf.h"
#include "loader/attach/find.h"

#define COMM_SZ 16

EMBEDDED(sample_bpf);

/*
 * Functions that run within the sending system call. For each point the first one the kernel has is
 * used. SAMPLE_TCP uses both: the compiler may have inlined tcp_v4_send_check() into its important
 * callers, and on a busy machine tcp_v4_do_rcv() may run in another context.
 */
static const struct sample_hook {
	const char *name;
	enum sample_point point;
	bool is_tracepoint;
} hooks[] = {
	/* clang-format off */
	{"loopback_xmit", SAMPLE_XMIT, false},
	{"dev_hard_start_xmit", SAMPLE_XMIT, false},
	{"__netif_rx", SAMPLE_RX, false}, /* since 5.18, called by loopback_xmit() */
	{"netif_rx", SAMPLE_RX, false},
	{"tcp_v4_send_check", SAMPLE_TCP, false},
	{"tcp_v4_do_rcv", SAMPLE_TCP, false}, /* on receive, with the same tcp_skb_cb */
	{"dev_get_flags", SAMPLE_DEV, false},
	{"skb_copy_datagram_iovec", SAMPLE_COPY, false}, /* up to 3.18 */
	{"net_dev_queue", SAMPLE_XMIT, true},
	{"netif_rx", SAMPLE_RX, true},
	{"skb_copy_datagram_iovec", SAMPLE_COPY, true},
	/* clang-format on */
};

#define NR_HOOKS (sizeof(hooks) / sizeof(hooks[0]))

/* ---- the program ---- */

int sampler_object(struct obj **obj, struct err *err)
{
	return obj_open_embedded(obj, &sample_bpf, err);
}

/* Offset of a frame member from r10. */
#define AT(frame_off, member) ((frame_off) + (int)offsetof(struct sample_frame, member))

/* Jumps to the end of a chunk, which is not known yet: two for each read. */
struct skips {
	size_t at[2 * (SAMPLE_MAX_HOPS + 1)];
	size_t nr;
};

static void emit_skip_unless(struct insn_buf *out, struct skips *skips, int32_t r0)
{
	skips->at[skips->nr++] = out->nr;
	insn_push(out, INSN_JMP_IMM(BPF_JNE, BPF_REG_0, r0, 0));
}

static void end_skips(struct insn_buf *out, const struct skips *skips)
{
	for (size_t i = 0; i < skips->nr && !out->oom; i++)
		out->insns[skips->at[i]].off = (int16_t)(out->nr - skips->at[i] - 1);
}

/*
 * Emit a read of sz bytes at r3 into the frame, and skips if r3 is no kernel address or cannot be
 * read. Kernel addresses have all bits from that of kernel_start on, so that an arithmetic shift
 * leaves -1.
 */
static void emit_read(struct insn_buf *out, struct skips *skips, uint64_t kernel_start, int to,
		      int sz)
{
	insn_push(out, INSN_MOV_REG(BPF_REG_0, BPF_REG_3));
	insn_push(out, INSN_ALU64_IMM(BPF_ARSH, BPF_REG_0, __builtin_ctzll(kernel_start)));
	emit_skip_unless(out, skips, -1);
	insn_push(out, INSN_MOV_REG(BPF_REG_1, BPF_REG_10));
	insn_push(out, INSN_ALU64_IMM(BPF_ADD, BPF_REG_1, to));
	insn_push(out, INSN_MOV_IMM(BPF_REG_2, sz));
	insn_push(out, INSN_CALL(BPF_FUNC_probe_read_kernel));
	emit_skip_unless(out, skips, 0);
}

/* Emit instructions that follow the pointers of a chunk, copy it to the frame, then to the map. */
static void emit_chunk(const struct sampler *s, size_t idx, int frame_off, struct insn_buf *out)
{
	const struct sample_chunk *c = &s->chunks[idx];
	uint64_t start = s->env.kernel_start;
	int key = SAMPLE_HEAD + 1 + idx;
	struct skips skips = {.nr = 0};

	insn_push(out, INSN_LDX(BPF_DW, BPF_REG_3, BPF_REG_10, AT(frame_off, skb)));
	for (unsigned int i = 0; i < c->nr_hops; i++) {
		insn_push(out, INSN_ALU64_IMM(BPF_ADD, BPF_REG_3, c->hop[i]));
		emit_read(out, &skips, start, AT(frame_off, addr), sizeof(uint64_t));
		insn_push(out, INSN_LDX(BPF_DW, BPF_REG_3, BPF_REG_10, AT(frame_off, addr)));
	}
	insn_push(out, INSN_ALU64_IMM(BPF_ADD, BPF_REG_3, c->off));
	emit_read(out, &skips, start, AT(frame_off, copy.bytes), SAMPLE_CHUNK_SZ);
	insn_push(out, INSN_ST(BPF_W, BPF_REG_10, AT(frame_off, key), key));
	insn_push(out, insn(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, s->map_fd));
	insn_push(out, insn(0, 0, 0, 0, 0));
	insn_push(out, INSN_MOV_REG(BPF_REG_2, BPF_REG_10));
	insn_push(out, INSN_ALU64_IMM(BPF_ADD, BPF_REG_2, AT(frame_off, key)));
	insn_push(out, INSN_MOV_REG(BPF_REG_3, BPF_REG_10));
	insn_push(out, INSN_ALU64_IMM(BPF_ADD, BPF_REG_3, AT(frame_off, copy)));
	insn_push(out, INSN_MOV_IMM(BPF_REG_4, BPF_ANY));
	insn_push(out, INSN_CALL(BPF_FUNC_map_update_elem));
	end_skips(out, &skips);
}

static int emit_chunks(void *sampler, int frame_off, struct insn_buf *out, struct err *err)
{
	const struct sampler *s = sampler;

	insn_push(out, INSN_STX(BPF_DW, BPF_REG_10, AT(frame_off, skb), BPF_REG_2));
	for (size_t i = 0; i < s->nr_chunks; i++)
		emit_chunk(s, i, frame_off, out);
	return 0;
}

static int set_consts(struct prog *prog, const struct target *t, struct err *err)
{
	uint64_t comm[2] = {0};
	int ret;

	_Static_assert(sizeof(comm) == COMM_SZ, "the programs compare the name as two u64");
	prctl(PR_GET_NAME, comm);
	ret = prog_set_const(prog, "arg", t->skb_reg, err);
	if (!ret)
		ret = prog_set_const(prog, "comm_lo", comm[0], err);
	if (!ret)
		ret = prog_set_const(prog, "comm_hi", comm[1], err);
	return ret;
}

int sampler_build(const struct sampler *s, const struct target *t, struct prog *prog,
		  struct err *err)
{
	bool is_tracepoint = s->env.backend->tracepoints;
	int ret = prog_clone(prog, s->obj,
			     is_tracepoint ? "raw_tracepoint/sample" : "kprobe/sample", err);

	if (ret)
		return ret;
	ret = set_consts(prog, t, err);
	if (!ret)
		ret = prog_fold(prog, err);
	if (!ret)
		ret = prog_set_map(prog, "samples", s->map_fd, err);
	if (!ret)
		ret = prog_splice(prog, "sample", emit_chunks, (void *)s, err);
	if (!ret && !features_has(s->env.features, FEAT_PROBE_READ_KERNEL))
		prog_use_old_probe_read(prog);
	if (ret)
		prog_release(prog);
	return ret;
}

/* All functions of a point have the skb in the same register, so one program serves them all. */
static int program_for(void *sampler, const struct target *t, struct err *err)
{
	struct sampler *s = sampler;
	struct prog_load_opts opts = {
		.type = s->env.backend->prog_type,
		.attach_type = s->env.backend->attach_type,
	};
	struct prog prog;
	int ret;

	if (s->prog_fd >= 0)
		return s->prog_fd;
	ret = sampler_build(s, t, &prog, err);
	if (ret)
		return ret;
	s->prog_fd = ret = prog_load(&prog, &opts, err);
	prog_release(&prog);
	return ret;
}

/* ---- targets ---- */

static const struct known_entry *known_by_name(const struct known *known, const char *name,
					       enum known_kind kind)
{
	for (size_t i = 0; i < known->nr; i++)
		if (known->e[i].kind == kind && !strcmp(known->e[i].name, name))
			return &known->e[i];
	return NULL;
}

/*
 * Get the register with the object to sample. False if unknown. Functions that the table does not
 * have get it in the first.
 */
static bool find_register(const struct sampler *s, const struct sample_hook *h, uint8_t *reg)
{
	const struct known_entry *e = known_by_name(
		s->env.known, h->name, h->is_tracepoint ? KNOWN_TRACEPOINT : KNOWN_FUNC);

	*reg = e ? e->skb : 0;
	return e || h->point == SAMPLE_DEV || h->point == SAMPLE_COPY;
}

static int add_target(struct sampler *s, const struct sample_hook *h, struct err *err)
{
	struct target t = {
		.name = (char *)h->name,
		.source = h->is_tracepoint,
		.reason_reg = TARGET_NO_ARG,
		.location_arg = TARGET_NO_ARG,
	};
	struct ksym sym;

	if (!find_register(s, h, &t.skb_reg))
		return 0;
	if (!h->is_tracepoint) {
		if (!ksyms_by_name(s->env.ksyms, h->name, true, 0, &sym))
			return 0;
		t.addr = sym.addr;
	}
	return targets_add(&s->targets, t, err);
}

static int find_events(struct sampler *s, const char *name, struct err *err)
{
	regex_t re;
	int ret = regcomp(&re, name, REG_EXTENDED);

	if (ret)
		return err_set(err, -ENOMEM, "no memory for a tracepoint name");
	ret = targets_find_tracepoint_events(&s->targets, &re, err);
	regfree(&re);
	return ret;
}

static int find_targets(struct sampler *s, struct err *err)
{
	const struct backend *b = s->env.backend;
	int ret = 0;

	for (size_t i = 0; i < NR_HOOKS && !ret; i++) {
		if (hooks[i].point != s->point || hooks[i].is_tracepoint != b->tracepoints)
			continue;
		if (s->targets.nr && s->point != SAMPLE_TCP)
			break;
		if (b == &backend_tracepoint_events)
			ret = find_events(s, hooks[i].name, err);
		else
			ret = add_target(s, &hooks[i], err);
	}
	if (!ret && !s->targets.nr)
		ret = err_set(err, -ENOENT, "this kernel has no function to sample packets at");
	return ret;
}

/* ---- sampling ---- */

struct bpf_map_spec sampler_map_spec(size_t nr_chunks)
{
	return (struct bpf_map_spec){BPF_MAP_TYPE_ARRAY, sizeof(uint32_t),
				     sizeof(struct sample_chunk_copy), 1 + nr_chunks, 0};
}

static int load(struct sampler *s, struct err *err)
{
	struct bpf_map_spec spec = sampler_map_spec(s->nr_chunks);
	struct attach_ctx ctx = {
		.targets = &s->targets,
		.progs = {.prog_for = program_for, .arg = s},
		.features = s->env.features,
	};

	s->map_fd = bpf_map_create(&spec);
	if (s->map_fd < 0)
		return err_sys(err, s->map_fd, "cannot create a BPF map");
	return s->env.backend->attach(&ctx, &s->attachment, err);
}

int sampler_open(struct sampler *s, const struct sample_env *env, enum sample_point point,
		 const struct sample_chunk *chunks, size_t nr, struct err *err)
{
	int ret;

	*s = (struct sampler){.env = *env,
			      .point = point,
			      .chunks = chunks,
			      .nr_chunks = nr,
			      .map_fd = -1,
			      .prog_fd = -1};
	ret = sampler_object(&s->obj, err);
	if (!ret)
		ret = find_targets(s, err);
	if (!ret)
		ret = load(s, err);
	if (ret)
		sampler_close(s);
	return ret;
}

union element {
	struct sample_head head;
	struct sample_chunk_copy copy;
};

static int set_wanted(const struct sampler *s, uint64_t round)
{
	union element v = {.head = {.wanted = round}};
	uint32_t key = SAMPLE_HEAD;

	return bpf_map_update(s->map_fd, &key, &v);
}

int sampler_arm(struct sampler *s)
{
	return set_wanted(s, ++s->round);
}

int sampler_fetch(struct sampler *s, uint64_t *skb, uint8_t *bytes)
{
	union element v = {0};
	uint32_t key = SAMPLE_HEAD;
	int ret = bpf_map_lookup(s->map_fd, &key, &v);

	if (ret)
		return ret;
	if (v.head.wanted) {
		ret = set_wanted(s, 0);
		return ret ? ret : -ENODATA;
	}
	*skb = v.head.skb;
	for (size_t i = 0; i < s->nr_chunks && !ret; i++) {
		key = SAMPLE_HEAD + 1 + i;
		ret = bpf_map_lookup(s->map_fd, &key, &v);
		if (v.copy.round != s->round)
			memset(v.copy.bytes, 0, SAMPLE_CHUNK_SZ);
		memcpy(bytes + i * SAMPLE_CHUNK_SZ, v.copy.bytes, SAMPLE_CHUNK_SZ);
	}
	return ret;
}

void sampler_close(struct sampler *s)
{
	attachment_close(&s->attachment);
	targets_release(&s->targets);
	obj_free(s->obj);
	if (s->prog_fd >= 0)
		close(s->prog_fd);
	if (s->map_fd >= 0)
		close(s->map_fd);
	*s = (struct sampler){.map_fd = -1, .prog_fd = -1};
}
