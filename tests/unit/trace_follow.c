// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hooks of functions do to the packets that are followed: the programs run in an
 * interpreter, with memory that is laid out as in Linux 5.4. And which hooks fit which kernel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loader/programs.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_files.h"
#include "tests/unit/lib_interp.h"
#include "tests/unit/lib_kernel_types.h"
#include "tests/unit/lib_member.h"
#include "tests/unit/lib_programs.h"
#include "tests/unit/lib_verify.h"
#include "trace/follow.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))

/* Kernel memory: skbs, data, a stack. */
#define KADDR	  0xffff888000000000
#define SKB_A	  (KADDR + 0x100)
#define SKB_B	  (KADDR + 0x400)
#define DATA	  (KADDR + 0x1000)
#define OTHER	  (KADDR + 0x2000)
#define STACK	  (KADDR + 0x3f00)
#define MAC	  256 /* skb->mac_header */
#define CALLER	  0xffffffff81001000
#define CALLER_SZ 0x100

enum { FIRST_FD = 41, NR_ENTRIES = 8, NR_REGS = 21 };
enum { REGS_DI = 14, REGS_SI = 13, REGS_SP = 19 }; /* struct pt_regs of x86_64 */

/* A hash map. */
struct map {
	uint64_t key[NR_ENTRIES];
	bool used[NR_ENTRIES];
	union {
		struct trail_tracked tracked;
		struct trail_head head;
	} value[NR_ENTRIES];
	size_t sz;
};

static struct {
	struct btf *btf;
	struct features features;
	struct programs programs;
	uint8_t memory[0x4000];
	struct map tracked, heads;
	uint32_t control;
	uint64_t now;
} w;

static void *map_find(struct map *m, uint64_t key, bool make)
{
	int room = -1;

	for (int i = 0; i < NR_ENTRIES; i++) {
		if (m->used[i] && m->key[i] == key)
			return &m->value[i];
		if (!m->used[i])
			room = i;
	}
	if (!make)
		return NULL;
	assert_true(room >= 0);
	m->used[room] = true;
	m->key[room] = key;
	return &m->value[room];
}

static void map_delete(struct map *m, uint64_t key)
{
	for (int i = 0; i < NR_ENTRIES; i++)
		if (m->used[i] && m->key[i] == key)
			m->used[i] = false;
}

static uint64_t call_map(int32_t id, struct map *m, const uint64_t *r)
{
	uint64_t key;

	memcpy(&key, (void *)(uintptr_t)r[1], sizeof(key));
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		return (uintptr_t)map_find(m, key, false);
	case BPF_FUNC_map_update_elem:
		memcpy(map_find(m, key, true), (void *)(uintptr_t)r[2], m->sz);
		return 0;
	default:
		map_delete(m, key);
		return 0;
	}
}

static uint64_t call(void *arg, int32_t id, uint64_t r[5])
{
	switch (id) {
	case BPF_FUNC_ktime_get_ns:
		return w.now;
	case BPF_FUNC_get_smp_processor_id:
		return 0;
	case BPF_FUNC_map_lookup_elem:
		if (r[0] == FIRST_FD + MAP_CONTROL)
			return (uintptr_t)&w.control;
		break;
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_map_delete_elem:
		break;
	default:
		fail_msg("helper %d is called", id);
	}
	if (r[0] == FIRST_FD + MAP_TRACKED)
		return call_map(id, &w.tracked, r);
	assert_int_equal(r[0], FIRST_FD + MAP_HEADS);
	return call_map(id, &w.heads, r);
}

/* A function is called with these arguments, and returns to ret. */
static void calls_from(uint64_t ret, const char *name, uint64_t arg0, uint64_t arg1)
{
	const struct hook *hook = follow_hook(name);
	struct target t = {
		.name = (char *)name,
		.skb_reg = hook->copies || hook->built_of == 1 ? 1 : 0,
		.reason_reg = TARGET_NO_ARG,
		.location_arg = TARGET_NO_ARG,
		.silent = true,
		.hook = hook,
		.caller = hook->callers ? CALLER : 0,
		.caller_sz = hook->callers ? CALLER_SZ : 0,
	};
	uint64_t regs[NR_REGS] = {[REGS_DI] = arg0, [REGS_SI] = arg1, [REGS_SP] = STACK};
	struct interp vm = {
		.region = {{regs, sizeof(regs), true},
			   {w.tracked.value, sizeof(w.tracked.value), false},
			   {w.heads.value, sizeof(w.heads.value), false},
			   {&w.control, sizeof(w.control), true}},
		.kmem = w.memory,
		.kaddr = KADDR,
		.kmem_sz = sizeof(w.memory),
		.helper = call,
		.reg = {[1] = (uintptr_t)regs},
		.reg_init = 1 << 1,
	};
	struct err err = ERR_INIT;
	struct prog prog;
	uint64_t r0;

	memcpy(w.memory + (STACK - KADDR), &ret, sizeof(ret));
	if (programs_build(&w.programs, &t, &prog, &err))
		fail_msg("%s: %s", name, err.msg);
	if (!interp_run(&vm, prog.code.insns, prog.code.nr, &r0))
		fail_msg("%s: %s", name, vm.error);
	prog_release(&prog);
}

static void calls(const char *name, uint64_t arg0, uint64_t arg1)
{
	calls_from(CALLER - 1, name, arg0, arg1);
}

static struct trail_tracked *tracked(uint64_t skb)
{
	return map_find(&w.tracked, skb, false);
}

static void track(uint64_t skb)
{
	memset(map_find(&w.tracked, skb, true), 0, sizeof(struct trail_tracked));
}

static void set_member(uint64_t skb, const char *member, const void *value, size_t sz)
{
	int64_t off = member_bit_off(w.btf, "sk_buff", member);

	assert_true(off >= 0);
	memcpy(w.memory + (skb - KADDR) + off / 8, value, sz);
}

static int start(void **state)
{
	const uint64_t head = DATA;
	const uint16_t mac = MAC;

	for (size_t i = 0; i < sizeof(w.memory); i++)
		w.memory[i] = i * 7 / 3;
	set_member(SKB_A, "head", &head, sizeof(head));
	set_member(SKB_A, "mac_header", &mac, sizeof(mac));
	w.tracked = (struct map){.sz = sizeof(struct trail_tracked)};
	w.heads = (struct map){.sz = sizeof(struct trail_head)};
	w.now = 5 * TRAIL_HEAD_MAX_NS;
	track(SKB_A);
	return 0;
}

/* ---- an address is another packet's ---- */

static void test_birth(void **state)
{
	static const char *const births[] = {"__build_skb_around", "build_skb_around",
					     "__finalize_skb_around"};

	for (size_t i = 0; i < NR(births); i++) {
		track(SKB_A);
		track(SKB_B);
		calls(births[i], SKB_A, OTHER);
		assert_null(tracked(SKB_A));
		assert_non_null(tracked(SKB_B));
	}
	track(SKB_A);
	calls("__xdp_build_skb_from_frame", OTHER, SKB_A);
	assert_null(tracked(SKB_A));
}

static void test_copy(void **state)
{
	static const char *const copies[] = {"__copy_skb_header", "__skb_clone", "skb_copy_header"};

	for (size_t i = 0; i < NR(copies); i++) {
		calls(copies[i], SKB_B, SKB_A);
		assert_non_null(tracked(SKB_B));
		map_delete(&w.tracked, SKB_B);
	}
}

/* Of a packet that is not followed, where there was another. */
static void test_copy_of_another(void **state)
{
	calls("__copy_skb_header", SKB_A, SKB_B);
	assert_non_null(tracked(SKB_A));
	tracked(SKB_A)->dying_sp = STACK;
	calls("__copy_skb_header", SKB_A, SKB_B);
	assert_null(tracked(SKB_A));
	track(SKB_A);
	calls("__skb_clone", SKB_A, SKB_B);
	assert_null(tracked(SKB_A));
	track(SKB_A);
	calls("skb_copy_header", SKB_A, SKB_B);
	assert_null(tracked(SKB_A));
	assert_null(tracked(SKB_B));
}

/* ---- how packets end ---- */

static void test_end(void **state)
{
	calls("__kfree_skb", SKB_A, 0);
	calls("skb_release_head_state", SKB_A, 0);
	calls("skb_release_data", SKB_A, 0);
	assert_int_equal(tracked(SKB_A)->dying_sp, STACK);
	calls("kfree_skbmem", SKB_A, 0);
	assert_null(tracked(SKB_A));
}

/* Freed with others, and nothing that says so comes later. */
static void test_bulk(void **state)
{
	calls_from(CALLER - 1, "skb_release_head_state", SKB_A, 0);
	assert_non_null(tracked(SKB_A));
	calls_from(CALLER + CALLER_SZ, "skb_release_head_state", SKB_A, 0);
	assert_non_null(tracked(SKB_A));
	calls_from(CALLER + CALLER_SZ - 1, "skb_release_head_state", SKB_A, 0);
	assert_null(tracked(SKB_A));
}

static void test_deferred(void **state)
{
	calls("kfree_skb_partial", SKB_A, 1);
	assert_int_not_equal(tracked(SKB_A)->last, 0);
	track(SKB_A);
	calls("skb_release_head_state", SKB_A, 0);
	tracked(SKB_A)->last = 1;
	calls("skb_attempt_defer_free", SKB_A, 0);
	assert_int_equal(tracked(SKB_A)->dying_sp, 0);
	assert_int_equal(tracked(SKB_A)->last, 0);
}

/* ---- data that XDP takes ---- */

/* The skb is freed, and what an XDP program has sent elsewhere is not. */
static void take(void)
{
	calls_from(CALLER, "consume_skb", SKB_A, 0);
	calls("skb_release_data", SKB_A, 0);
	calls("kfree_skbmem", SKB_A, 0);
	assert_null(tracked(SKB_A));
	assert_non_null(map_find(&w.heads, DATA, false));
}

static void test_taken(void **state)
{
	take();
	w.memory[DATA - KADDR + MAC] ^= 1; /* its Ethernet header may be another */
	w.now += TRAIL_HEAD_MAX_NS - 1;
	calls("__xdp_build_skb_from_frame", DATA, SKB_B);
	assert_non_null(tracked(SKB_B));
	assert_null(map_find(&w.heads, DATA, false));
	/* What that calls. */
	calls("build_skb_around", SKB_B, DATA);
	calls("__build_skb_around", SKB_B, DATA);
	assert_non_null(tracked(SKB_B));
	/* It is freed, and so are the data. */
	calls("kfree_skbmem", SKB_B, 0);
	calls("__xdp_build_skb_from_frame", DATA, SKB_B);
	assert_null(tracked(SKB_B));
}

static void test_taken_and_freed(void **state)
{
	/* By anybody's allocation. */
	take();
	calls("__build_skb_around", SKB_B, DATA);
	assert_null(tracked(SKB_B));
	/* Too late. */
	w.now += TRAIL_HEAD_MAX_NS;
	calls("__xdp_build_skb_from_frame", DATA, SKB_B);
	assert_null(tracked(SKB_B));
}

static void test_another_packet(void **state)
{
	for (int word = 0; word < TRAIL_HEAD_WORDS; word++) {
		start(NULL);
		take();
		w.memory[DATA - KADDR + MAC + 14 + 8 * word] ^= 1;
		calls("__xdp_build_skb_from_frame", DATA, SKB_B);
		assert_null(tracked(SKB_B));
	}
}

/* Most packets are freed by others than veth's XDP, or are not followed. */
static void test_not_taken(void **state)
{
	calls_from(CALLER + CALLER_SZ, "consume_skb", SKB_A, 0);
	calls_from(CALLER, "consume_skb", SKB_B, 0);
	for (int i = 0; i < NR_ENTRIES; i++)
		assert_false(w.heads.used[i]);
}

/* An XDP program sees the data, and the skb stays. */
static void test_seen(void **state)
{
	struct trail_head *noted;

	calls("veth_xmit", SKB_A, 0);
	noted = map_find(&w.heads, DATA, false);
	assert_int_equal(noted->skb, SKB_A);
	calls("kfree_skbmem", SKB_A, 0);
	calls("__xdp_build_skb_from_frame", DATA, SKB_B);
	assert_null(tracked(SKB_B));
}

/* ---- kernels ---- */

static const struct target *find(const struct targets *ts, const char *name)
{
	for (size_t i = 0; i < ts->nr; i++)
		if (!strcmp(ts->t[i].name, name))
			return &ts->t[i];
	return NULL;
}

/* All silent but those whose names begin with '+'. */
static void fit(struct targets *ts, const char *const *names, size_t nr, const char *symbols,
		bool xdp)
{
	struct err err = ERR_INIT;
	struct ksyms *ks;
	char *dir = files_begin();

	*ts = (struct targets){0};
	for (size_t i = 0; i < nr; i++) {
		bool named = names[i][0] == '+';
		const char *name = names[i] + named;

		assert_int_equal(targets_add(ts,
					     (struct target){.name = (char *)name,
							     .silent = !named,
							     .hook = follow_hook(name)},
					     &err),
				 0);
	}
	if (ksyms_load(&ks, files_write(dir, "kallsyms", symbols, strlen(symbols)), &err))
		fail_msg("%s", err.msg);
	files_end(dir);
	follow_adapt(ts, ks, false, xdp);
	ksyms_free(ks);
}

static void test_fit_new(void **state)
{
	static const char *const names[] = {
		"__xdp_build_skb_from_frame", "__build_skb_around", "consume_skb",
		"skb_release_head_state",     "kfree_skbmem",	    "napi_skb_cache_put",
		"+napi_consume_skb",	      "__napi_kfree_skb",   "napi_skb_free_stolen_head",
		"+skb_gro_receive",	      "veth_xmit"};
	struct targets ts;

	fit(&ts, names, NR(names),
	    "1000 T kfree_skb_list_reason\n1400 T next\n"
	    "2000 t veth_poll\t[veth]\n3000 t veth_xdp_rcv.constprop.0\t[veth]\n3300 t "
	    "end\t[veth]\n",
	    false);
	assert_false(find(&ts, "__build_skb_around")->hook->builds);
	assert_int_equal(find(&ts, "consume_skb")->caller, 0x3000);
	assert_int_equal(find(&ts, "consume_skb")->caller_sz, 0x300);
	assert_int_equal(find(&ts, "skb_release_head_state")->caller, 0x1000);
	assert_int_equal(find(&ts, "skb_release_head_state")->caller_sz, 0x400);
	assert_null(find(&ts, "napi_consume_skb")->hook);
	assert_null(find(&ts, "__napi_kfree_skb"));
	assert_null(find(&ts, "skb_gro_receive")->hook);
	assert_int_equal(find(&ts, "skb_gro_receive")->skb_reg, 0);
	assert_null(find(&ts, "veth_xmit"));
	targets_release(&ts);
}

static void test_fit_old(void **state)
{
	static const char *const names[] = {
		"__build_skb_around",	   "consume_skb",      "eth_type_trans",
		"skb_release_head_state",  "napi_consume_skb", "__kfree_skb_defer",
		"__consume_stateless_skb", "skb_gro_receive",  "veth_xmit"};
	struct targets ts;

	fit(&ts, names, NR(names), "1000 T kfree_skb\n", true);
	assert_true(find(&ts, "__build_skb_around")->hook->builds);
	assert_null(find(&ts, "consume_skb"));
	assert_null(find(&ts, "eth_type_trans"));
	assert_int_equal(find(&ts, "skb_release_head_state")->hook->life, TRAIL_LIFE_END);
	assert_int_equal(find(&ts, "__consume_stateless_skb")->hook->life, TRAIL_LIFE_END);
	assert_int_equal(find(&ts, "napi_consume_skb")->hook->life, TRAIL_LIFE_PARTIAL);
	assert_int_equal(find(&ts, "__kfree_skb_defer")->hook->life, TRAIL_LIFE_LAST);
	assert_int_equal(find(&ts, "skb_gro_receive")->hook->life, TRAIL_LIFE_DYING);
	assert_int_equal(find(&ts, "skb_gro_receive")->skb_reg, 1);
	assert_true(find(&ts, "veth_xmit")->hook->notes_head);
	targets_release(&ts);
}

static void test_fit_oldest(void **state)
{
	static const char *const names[] = {"consume_skb", "+eth_type_trans", "kfree_skbmem"};
	struct targets ts;

	fit(&ts, names, NR(names), "1000 t veth_xdp_rcv_one\n1100 t veth_poll\n2000 T next\n",
	    false);
	assert_int_equal(find(&ts, "consume_skb")->caller, 0x1100);
	assert_true(find(&ts, "eth_type_trans")->hook->builds);
	assert_int_equal(find(&ts, "eth_type_trans")->caller, 0x1000);
	assert_int_equal(find(&ts, "eth_type_trans")->caller_sz, 0x100);
	targets_release(&ts);
}

static int open_programs(void **state)
{
	const struct prog_config config = {.track = true, .nr_tracked = 64};

	test_programs_open(&w.programs, &w.btf, &w.features, &config, FIRST_FD);
	return 0;
}

static int close_programs(void **state)
{
	test_programs_close(&w.programs, w.btf);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
		cmocka_unit_test_setup(test_birth, start),
		cmocka_unit_test_setup(test_copy, start),
		cmocka_unit_test_setup(test_copy_of_another, start),
		cmocka_unit_test_setup(test_end, start),
		cmocka_unit_test_setup(test_bulk, start),
		cmocka_unit_test_setup(test_deferred, start),
		cmocka_unit_test_setup(test_taken, start),
		cmocka_unit_test_setup(test_taken_and_freed, start),
		cmocka_unit_test_setup(test_another_packet, start),
		cmocka_unit_test_setup(test_not_taken, start),
		cmocka_unit_test_setup(test_seen, start),
#endif
		cmocka_unit_test(test_fit_new),
		cmocka_unit_test(test_fit_old),
		cmocka_unit_test(test_fit_oldest),
	};

	return cmocka_run_group_tests(tests, open_programs, close_programs);
}
