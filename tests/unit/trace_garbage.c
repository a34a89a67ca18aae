// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs that trace, run in an interpreter with packets that are none: each word of kernel
 * memory is a pointer to nowhere. A kernel may warn when a program reads an address that is not
 * canonical, and user memory is not what a packet consists of. Programs that read by loads must
 * send the same as those that read by calls.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "loader/programs.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_interp.h"
#include "tests/unit/lib_kernel_types.h"
#include "tests/unit/lib_programs.h"
#include "tests/unit/lib_verify.h"
#include "trace/follow.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))
/* NULL, and an address beyond the last one, plus an offset in a struct or in a packet. */
#define NULL_PAGES ((uint64_t)1 << 33)
#define VSYSCALL   0xffffffffff600000 /* a page of user memory: kernels up to 6.10 crash */

enum { FIRST_FD = 41, NR_REGS = 21, NR_SEEDS = 24, VALUE_SZ = 1024 };
enum { REGS_SP = 19 }; /* struct pt_regs of x86_64 */

static struct {
	uint64_t words[11]; /* what memory and registers hold, at random */
	size_t nr_words;
	uint64_t seed;
	uint32_t control;
	uint64_t value[VALUE_SZ / 8]; /* of the other maps */
	size_t nr_reads, nr_events;   /* of all runs */
	uint64_t sent;		      /* a hash of what the runs of a program sent */
} w;

/* A mixed-up address is as good as a random number, and the same each time. */
static uint64_t word_at(uint64_t addr)
{
	uint64_t x = (addr >> 3) + w.seed * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return w.words[(x ^ x >> 31) % w.nr_words];
}

static bool is_kernel(uint64_t addr)
{
	return addr >= kernel_start() && addr - VSYSCALL >= 4096;
}

static uint64_t read_memory(void *arg, uint64_t addr, void *dst, uint64_t sz, bool *allowed)
{
	w.nr_reads++;
	*allowed = is_kernel(addr) || addr < NULL_PAGES;
	memset(dst, 0, sz);
	if (addr < kernel_start())
		return (uint64_t)-EFAULT;
	for (uint64_t i = 0; i < sz; i++)
		((uint8_t *)dst)[i] = (uint8_t)(word_at(addr + i) >> 8 * ((addr + i) % 8));
	return 0;
}

static void note_sent(const uint8_t *data, uint64_t sz)
{
	w.nr_events++;
	for (uint64_t i = 0; i < sz; i++)
		w.sent = (w.sent ^ data[i]) * 0x100000001b3;
}

static uint64_t call(void *arg, int32_t id, uint64_t r[5])
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		if (r[0] == FIRST_FD + MAP_CONTROL)
			return (uintptr_t)&w.control;
		/* Ours are right; what they say of packets came from memory, but was checked. */
		for (size_t i = 0; i < NR(w.value); i++)
			w.value[i] = is_kernel(word_at(i * 8)) ? word_at(i * 8) : 0;
		return w.seed & 1 ? (uintptr_t)w.value : 0;
	case BPF_FUNC_get_current_comm:
		memset((void *)(uintptr_t)r[0], 'a', r[1]);
		return 0;
	case BPF_FUNC_get_stack:
		memset((void *)(uintptr_t)r[1], 1, r[2]);
		return 16;
	case BPF_FUNC_perf_event_output:
		note_sent((void *)(uintptr_t)r[3], r[4]);
		return 0;
	case BPF_FUNC_ringbuf_output:
		note_sent((void *)(uintptr_t)r[1], r[2]);
		return 0;
	default:
		return 0;
	}
}

/* is_xdp: the argument is right, since it is the kernel's own. */
static void run(const struct prog *prog, bool is_xdp, const char *words)
{
	uint64_t regs[NR_REGS], r0;
	struct interp vm = {
		.region = {{regs, sizeof(regs), true},
			   {w.value, sizeof(w.value), false},
			   {&w.control, sizeof(w.control), true}},
		.read = read_memory,
		.helper = call,
		.reg = {[1] = (uintptr_t)regs},
		.reg_init = 1 << 1,
	};

	for (size_t i = 0; i < NR_REGS; i++)
		regs[i] = word_at(~(8 * i));
	regs[REGS_SP] = kernel_start() + 0x3f00;
	if (is_xdp)
		regs[0] = kernel_start() + 0x8000;
	if (!interp_run(&vm, prog->code.insns, prog->code.nr, &r0))
		fail_msg("%s, seed %llu: %s", words, (unsigned long long)w.seed, vm.error);
}

/* Pointers to nowhere only, one by one; then with some that are kernel addresses. */
static void run_all(const struct prog *prog, bool is_xdp, const char *words)
{
	const uint64_t some[NR(w.words)] = {
		0,
		UINT64_MAX,
		0x7fff12345678,	    /* user space */
		0x123456789abcdef0, /* not canonical */
		0x8000000000000000,
		kernel_start() - 0x10000000,
		kernel_start(),
		kernel_start() + 0x123456789a40,
		kernel_start() + 0x7ffffff00000,
		VSYSCALL,
		VSYSCALL + 0x800,
	};

	w.sent = 0;

	for (size_t i = 0; i < NR(some); i++) {
		w.seed = i;
		w.words[0] = some[i];
		w.nr_words = 1;
		run(prog, is_xdp, words);
	}
	memcpy(w.words, some, sizeof(some));
	w.nr_words = NR(some);
	for (w.seed = 0; w.seed < NR_SEEDS; w.seed++)
		run(prog, is_xdp, words);
}

/* ---- all programs ---- */

static const char *const exprs[] = {
	"",
	"udp",
	"vlan and vlan and ip6 host ::1 and tcp port 80",
	"udp[200:4] = 0x12345678 and ip[ip[8]] != len % 7",
	"not net 192.168.0.0/16 and not broadcast",
};

static const char *const c_exprs[] = {
	"((struct net_device *)skb->dev)->ifindex != 7777 && ((struct net_device *)skb->dev)->mtu",
	"((u8 *)skb->head)[skb->network_header] != 3 || ((struct sock *)skb->sk)->sk_protocol",
};

static const char *const hooked[] = {
	NULL,
	"__copy_skb_header",
	"__xdp_build_skb_from_frame",
	"__build_skb_around",
	"consume_skb",
	"kfree_skb_partial",
	"skb_release_data",
	"bpf_prog_run_generic_xdp",
};

enum { BESIDE_ALL = 0xfff };

static void configure(struct prog_config *m, unsigned int which, const struct filter *filter,
		      const struct filter *inner, const struct expr *const *expr)
{
	*m = (struct prog_config){
		.filter = filter,
		.track = which & 1,
		.by_stack = which & 2,
		.nr_tracked = 1024,
		.stack = which & 4,
		.drop_stack = which & 8,
		.cb = which & 8,
		.sz_skb = which & 16 ? TRAIL_RAW_SZ : 0,
		.sz_shared = which & 16 ? 320 : 0,
		.in_tunnel = which & 32,
		.tunnel = {which & 64 ? inner : NULL, which & 64 ? inner : NULL},
		.maps = which & 2,
		.mark = which & 128 ? 1 : 0,
		.mark_mask = which & 128 ? 1 : 0,
		.check_skb = which & 256,
		.skb_expr = which & 512 ? expr[0] : NULL,
		.skb_meta = which & 1024 ? expr : NULL,
		.nr_skb_meta = which & 1024 ? NR(c_exprs) : 0,
		.snaplen = which & 2048 ? TRAIL_SNAPLEN_MAX : 0,
		.vmemmap_at = which & 2048 ? kernel_start() + 0x10000 : 0,
		.entry = which & 8,
		.jiffies_at = which & 16 ? kernel_start() + 0x30000 : 0,
		.page_offset_at = which & 2048 ? kernel_start() + 0x20000 : 0,
	};
}

static struct target make_target(const struct backend *b, const char *name, unsigned int kind)
{
	struct target t = {
		.name = "target",
		.skb_reg = kind == 3 ? TARGET_ANY_ARG : b->tracepoints,
		.deref = kind == 1,
		.reason_reg = kind == 1 ? 2 : TARGET_NO_ARG,
		.want_caller = kind == 2,
		.location_arg = b->tracepoints && kind == 2 ? 2 : TARGET_NO_ARG,
		.source = b->tracepoints,
		.by_stack = kind == 4,
		.map_args = kind == 4 ? 2 : 0,
		.hook = name && !b->tracepoints ? follow_hook(name) : NULL,
	};

	if (t.hook && t.hook->callers) {
		t.caller = 0xffffffff81000000;
		t.caller_sz = 4096;
	}
	return t;
}

static size_t count_calls(const struct prog *prog, uint8_t kind, int32_t id)
{
	size_t nr = 0;

	for (size_t i = 0; i < prog->code.nr; i++) {
		const struct bpf_insn *c = &prog->code.insns[i];

		nr += c->code == (BPF_JMP | BPF_CALL) && c->src_reg == kind && c->imm == id;
	}
	return nr;
}

/* Run it with calls and with loads. */
static void check(struct programs *p, const struct target *t, const struct prog_at *at,
		  const char *words)
{
	const struct prog_cast casts[] = {{0}, {.func_id = 7, .type_id = 8}};
	uint64_t sent[NR(casts)];
	struct err err = ERR_INIT;
	size_t nr_calls = 0;

	for (size_t i = 0; i < NR(casts); i++) {
		struct prog prog;

		p->config.cast = casts[i];
		if (programs_build_at(p, t, at, &prog, &err))
			fail_msg("%s: %s", words, err.msg);
		run_all(&prog, at->is_xdp, words);
		sent[i] = w.sent;
		if (i && count_calls(&prog, 2, 7) * 3 < nr_calls)
			fail_msg("%s: of %zu reads %zu are loads", words, nr_calls,
				 count_calls(&prog, 2, 7));
		nr_calls = count_calls(&prog, 0, BPF_FUNC_probe_read_kernel);
		prog_release(&prog);
	}
	if (sent[0] != sent[1])
		fail_msg("%s: with loads, other events are sent", words);
}

static void check_target(struct programs *p, const struct target *t, const char *words)
{
	const struct prog_at at = {.context = p->backend->tracepoints ? TRAIL_AT_TRACEPOINT
								      : TRAIL_AT_FUNCTION};

	check(p, t, &at, words);
}

static void check_xdp(struct programs *p, const char *words)
{
	const struct target t = {.reason_reg = TARGET_NO_ARG, .location_arg = TARGET_NO_ARG};
	const struct prog_at at = {
		.context = TRAIL_AT_PROG, .is_xdp = true, .has_verdict = p->config.mark};

	check(p, &t, &at, words);
}

static void check_config(struct programs *p, const char *words)
{
	bool tracepoints = p->backend->tracepoints;

	test_maps_open(p, FIRST_FD);
	for (size_t i = 0; i < NR(hooked); i++) {
		if (i && (tracepoints || !(p->config.track || p->config.by_stack)))
			break;
		for (unsigned int kind = 0; kind < 5; kind++) {
			struct target t = make_target(p->backend, hooked[i], kind);
			char all[160];

			if ((kind == 4 && (i || tracepoints || !p->config.by_stack)) ||
			    (kind == 3 && tracepoints))
				continue;
			snprintf(all, sizeof(all), "%s hook %s kind %u", words,
				 hooked[i] ? hooked[i] : "-", kind);
			check_target(p, &t, all);
		}
	}
	check_xdp(p, words);
}

static void check_backend(const struct backend *b)
{
	struct btf *btf = kernel_types(KERNEL_TYPES_5_4, NULL);
	const struct btf *btfs[] = {btf};
	struct features f = sim_features(&sim_kernels[sim_nr_kernels - 1]);
	struct prog_config m = {.track = true, .nr_tracked = 1024};
	struct err err = ERR_INIT;
	struct expr *c[NR(c_exprs)];
	struct filter inner;
	struct programs p;

	f.f[FEAT_RAW_STACK].has = false; /* the interpreter is as strict as 4.4 */
	if (programs_init(&p, b, btfs, 1, &f, &m, &err) ||
	    filter_compile(&inner, "tcp port 80 or udp", &err))
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < NR(c_exprs); i++)
		if (expr_compile(&c[i], c_exprs[i], "skb", "sk_buff", btfs, 1, EXPR_CONDITION,
				 &err))
			fail_msg("'%s': %s", c_exprs[i], err.msg);
	for (size_t e = 0; e < NR(exprs); e++) {
		struct filter filter = {0};

		if (*exprs[e] && filter_compile(&filter, exprs[e], &err))
			fail_msg("'%s': %s", exprs[e], err.msg);
		for (unsigned int n = 0; n < 4; n++) {
			/* None, all, and others with each expression. */
			unsigned int which = n == 0   ? 0
					     : n == 1 ? BESIDE_ALL & ~64u
						      : 0x421u * (n + 7 * (e + 1)) & BESIDE_ALL;
			char words[80];

			if (b->tracepoints)
				which &= ~2u;
			configure(&p.config, which, *exprs[e] ? &filter : NULL, &inner,
				  (const struct expr *const *)c);
			snprintf(words, sizeof(words), "'%s' beside %x", exprs[e], which);
			check_config(&p, words);
		}
		filter_release(&filter);
	}
	for (size_t i = 0; i < NR(c_exprs); i++)
		expr_free(c[i]);
	filter_release(&inner);
	programs_release(&p);
	btf_free(btf);
}

static void test_reads_kernel_addresses_only(void **state)
{
	check_backend(&backend_kprobe);
	check_backend(&backend_tracepoint);
	printf("%zu reads, %zu events\n", w.nr_reads, w.nr_events);
	assert_true(w.nr_reads > 100000 && w.nr_events > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_kernel_addresses_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
