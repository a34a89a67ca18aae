// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of packets that the programs send: they run in an interpreter, with an skb and an
 * xdp_buff in memory that is laid out as in Linux 5.4, and what they send is joined.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loader/programs.h"
#include "output/parts.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_events.h"
#include "tests/unit/lib_interp.h"
#include "tests/unit/lib_kernel_types.h"
#include "tests/unit/lib_member.h"
#include "tests/unit/lib_programs.h"
#include "tests/unit/lib_verify.h"

#define KADDR 0xffff888000000000
#define SKB   (KADDR + 0x100)
#define XDP   (KADDR + 0x400)
#define HEAD  (KADDR + 0x1000)
#define UNSET 0xffff /* a header */
/* page_offset_base is KADDR: what is at KADDR + 0x4000 is in page 4. */
#define VMEMMAP_AT     (KADDR + 0x800)
#define PAGE_OFFSET_AT (KADDR + 0x808)
#define VMEMMAP	       0xffffea0000000000
#define PAGE(n)	       (VMEMMAP + 64 * (n))
#define END	       0x2800 /* skb->end: struct skb_shared_info is there */

enum { FIRST_FD = 41, NR_REGS = 21, REGS_DI = 14, MAC = 64, DATA_SZ = 12000 };

static struct {
	struct btf *btf;
	struct features features;
	struct programs programs;
	uint8_t memory[0x8000];
	struct trail_stats stats;
	uint32_t control;
	struct parts_pool *pool;
	struct trace_event te; /* the event that was sent */
	size_t nr_events;
} w;

static void sent(const void *data, size_t sz)
{
	assert_true(sz <= sizeof(struct trail_part));
	if (parts_is_part(data, sz)) {
		assert_int_equal(parts_add(w.pool, data, sz), 0);
		return;
	}
	assert_int_equal(trace_event_decode(&w.te, data, sz, &test_names), 0);
	parts_join(w.pool, &w.te, &test_names);
	w.nr_events++;
}

static uint64_t call(void *arg, int32_t id, uint64_t r[5])
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		return r[0] == FIRST_FD + MAP_CONTROL ? (uintptr_t)&w.control : (uintptr_t)&w.stats;
	case BPF_FUNC_get_current_comm:
		memset((void *)(uintptr_t)r[0], 0, r[1]);
		return 0;
	case BPF_FUNC_perf_event_output:
		sent((void *)(uintptr_t)r[3], r[4]);
		return 0;
	default:
		return 0;
	}
}

/* Run the program once; nr_steps: instructions; nr_calls: of helpers. */
static void run_once(bool is_xdp, uint64_t *nr_steps, uint64_t *nr_calls)
{
	const struct target t = {
		.name = "target", .reason_reg = TARGET_NO_ARG, .location_arg = TARGET_NO_ARG};
	const struct prog_at at = {.context = is_xdp ? TRAIL_AT_PROG : TRAIL_AT_FUNCTION,
				   .is_xdp = is_xdp};
	uint64_t regs[NR_REGS] = {[0] = XDP, [REGS_DI] = SKB};
	struct interp vm = {
		.region = {{regs, sizeof(regs), true},
			   {&w.stats, sizeof(w.stats), false},
			   {&w.control, sizeof(w.control), true}},
		.kmem = w.memory,
		.kaddr = KADDR,
		.kmem_sz = sizeof(w.memory),
		.helper = call,
		.raw_stack = features_has(&w.features, FEAT_RAW_STACK),
		.reg = {[1] = (uintptr_t)regs},
		.reg_init = 1 << 1,
	};
	struct err err = ERR_INIT;
	struct prog prog;
	uint64_t r0;

	w.nr_events = 0;
	if (programs_build_at(&w.programs, &t, &at, &prog, &err))
		fail_msg("%s", err.msg);
	if (!interp_run(&vm, prog.code.insns, prog.code.nr, &r0))
		fail_msg("%s", vm.error);
	prog_release(&prog);
	*nr_steps = vm.nr_steps;
	*nr_calls = vm.nr_helper_calls;
}

static void run(bool is_xdp, uint32_t snaplen)
{
	uint64_t steps, calls;

	w.programs.config.snaplen = snaplen;
	run_once(is_xdp, &steps, &calls);
	assert_int_equal(w.nr_events, 1);
}

static void set(const char *type, uint64_t addr, const char *member, uint64_t value, size_t sz)
{
	int64_t off = member_bit_off(w.btf, type, member);

	assert_true(off >= 0);
	memcpy(w.memory + (addr - KADDR) + off / 8, &value, sz);
}

/* Offsets from head; len: as in the skb, from data on. */
static void make_skb(uint16_t mac, uint16_t net, uint32_t data, uint32_t tail, uint32_t len)
{
	set("sk_buff", SKB, "head", HEAD, 8);
	set("sk_buff", SKB, "data", HEAD + data, 8);
	set("sk_buff", SKB, "mac_header", mac, 2);
	set("sk_buff", SKB, "network_header", net, 2);
	set("sk_buff", SKB, "tail", tail, 4);
	set("sk_buff", SKB, "end", tail + 64, 4);
	set("sk_buff", SKB, "len", len, 4);
}

static const uint8_t *at_head(size_t off)
{
	return w.memory + (HEAD - KADDR) + off;
}

/* The packet is these bytes from `from` on. */
static void expect(size_t from, size_t nr, uint32_t len, uint16_t l3)
{
	const struct trace_parts *p = w.te.parts;

	assert_non_null(p);
	assert_int_equal(p->has, PART_BIT(TRAIL_PART_PACKET));
	assert_int_equal(p->cut, 0);
	assert_int_equal(p->packet->nr_bytes, nr);
	assert_int_equal(p->packet->len, len);
	assert_int_equal(p->packet->l3, l3);
	assert_memory_equal(p->packet + 1, at_head(from), nr);
}

static void expect_none(void)
{
	assert_null(w.te.parts);
}

/* Each length around those that fill a part; the smaller of the two counts. */
static void test_lengths(void **state)
{
	static const uint32_t lens[] = {15,  16,  195, 196,  197,  255,	 256,  257,
					403, 404, 405, 1514, 9139, 9140, 9141, 9999};

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
			uint32_t len = lens[i], snaplen = lens[k];

			if (snaplen > TRAIL_SNAPLEN_MAX)
				continue;
			make_skb(MAC, MAC + 14, MAC + 14, MAC + len, len - 14);
			run(false, snaplen);
			expect(MAC, len < snaplen ? len : snaplen, len, 14);
		}
	}
}

/* Of a short packet no more parts are sent than it fills. */
static void test_number_of_parts(void **state)
{
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 60, 46);
	run(false, 9000);
	assert_int_equal(w.te.parts->nr_parts, 1);
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 1514, 1500);
	run(false, 9000);
	assert_int_equal(w.te.parts->nr_parts, 8);
	run(false, 256);
	assert_int_equal(w.te.parts->nr_parts, 2);
	assert_int_equal(prog_config_nr_parts(&w.programs.config, &w.features), 2);
}

static void test_headers(void **state)
{
	/* data is anywhere; with fragments the packet is longer than what is here */
	make_skb(MAC, MAC + 14, MAC + 34, MAC + 100, 66);
	run(false, 256);
	expect(MAC, 100, 100, 14);
	make_skb(MAC, MAC + 14, MAC, MAC + 100, 5000);
	run(false, 256);
	expect(MAC, 100, 5000, 14);
	/* no link-layer header */
	make_skb(UNSET, MAC, MAC + 20, MAC + 100, 80);
	run(false, 256);
	expect(MAC, 100, 100, 0);
	/* none but that */
	make_skb(MAC, UNSET, MAC, MAC + 100, 100);
	run(false, 256);
	expect(MAC, 100, 100, 14);
	/* none at all, or only behind what is here */
	make_skb(UNSET, UNSET, MAC, MAC + 100, 100);
	run(false, 256);
	expect_none();
	make_skb(UNSET, MAC + 100, MAC, MAC + 100, 100);
	run(false, 256);
	expect_none();
	/* not asked for */
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 100, 86);
	run(false, 0);
	expect_none();
}

/* ---- fragments ---- */

struct frag {
	uint64_t page;
	uint32_t len, off;
};

/* An skb of 66 bytes and these fragments. */
static void make_frags(const struct frag *f, uint8_t nr)
{
	const uint64_t vmemmap = VMEMMAP, page_offset = KADDR;
	uint8_t *info = w.memory + (HEAD - KADDR) + END;
	uint32_t len = 66 - 14;

	for (int i = 0; i < nr; i++)
		len += f[i].len;
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 66, len);
	set("sk_buff", SKB, "end", END, 4);
	info[2] = nr;
	memcpy(info + 48, f, nr * sizeof(*f));
	memcpy(w.memory + (VMEMMAP_AT - KADDR), &vmemmap, 8);
	memcpy(w.memory + (PAGE_OFFSET_AT - KADDR), &page_offset, 8);
	w.programs.config.vmemmap_at = VMEMMAP_AT;
	w.programs.config.page_offset_at = PAGE_OFFSET_AT;
}

/* The linear part, then of each fragment so many bytes. */
static void expect_frags(const struct frag *f, const uint32_t *nr, size_t nr_frags)
{
	const struct trace_parts *p = w.te.parts;
	const uint8_t *bytes = (const uint8_t *)(p->packet + 1);
	size_t at = 66;

	assert_memory_equal(bytes, at_head(MAC), 66);
	for (size_t i = 0; i < nr_frags; i++) {
		uint64_t page = (f[i].page - VMEMMAP) / 64;

		assert_memory_equal(bytes + at, w.memory + page * 4096 + f[i].off, nr[i]);
		at += nr[i];
	}
	assert_int_equal(p->packet->nr_bytes, at);
	assert_int_equal(p->cut, 0);
}

static void test_frags(void **state)
{
	struct frag f[] = {{PAGE(4), 300, 100},
			   {PAGE(5), 1000, 0},
			   {PAGE(6), 208, 7},
			   {PAGE(4), 1, 0},
			   {PAGE(5), 100, 0}};

	make_frags(f, 2);
	run(false, 2000);
	assert_int_equal(w.te.parts->packet->len, 66 + 1300);
	expect_frags(f, (const uint32_t[]){300, 1000}, 2);
	/* up to snaplen */
	run(false, 66);
	expect_frags(f, NULL, 0);
	run(false, 67);
	expect_frags(f, (const uint32_t[]){1}, 1);
	run(false, 66 + 300);
	expect_frags(f, (const uint32_t[]){300}, 1);
	run(false, 66 + 301);
	expect_frags(f, (const uint32_t[]){300, 1}, 2);
	/* no more than four */
	make_frags(f, 5);
	run(false, 9000);
	expect_frags(f, (const uint32_t[]){300, 1000, 208, 1}, 4);
	/* nothing behind one that is sent in part */
	f[0].len = 2000;
	make_frags(f, 2);
	run(false, 9000);
	expect_frags(f, (const uint32_t[]){TRAIL_FRAG_PARTS * TRAIL_PART_SZ}, 1);
	/* nor behind one that no CPU can read, or that is nowhere */
	f[0].len = 300;
	f[1].page++;
	make_frags(f, 3);
	run(false, 9000);
	expect_frags(f, (const uint32_t[]){300}, 1);
	f[1].page = PAGE(1000);
	make_frags(f, 3);
	run(false, 9000);
	expect_frags(f, (const uint32_t[]){300}, 1);
	/* where the kernel does not say where pages are */
	w.programs.config.vmemmap_at = 0;
	run(false, 9000);
	expect_frags(f, NULL, 0);
}

static void test_vlan(void **state)
{
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 100, 86);
	set("sk_buff", SKB, "vlan_tci", 0x2064, 2);
	set("sk_buff", SKB, "vlan_proto", 0xa888, 2);
	set("sk_buff", SKB, "vlan_present", 0xff, 1);
	run(false, 256);
	expect(MAC, 100, 100, 14);
	assert_int_equal(w.te.parts->packet->vlan_proto, 0x88a8);
	set("sk_buff", SKB, "vlan_present", 0, 1);
	run(false, 256);
	assert_int_equal(w.te.parts->packet->vlan_proto, 0);
}

static void test_xdp(void **state)
{
	set("xdp_buff", XDP, "data", HEAD + MAC, 8);
	set("xdp_buff", XDP, "data_end", HEAD + MAC + 300, 8);
	run(true, 256);
	expect(MAC, 256, 300, 14);
	run(true, 1000);
	expect(MAC, 300, 300, 14);
}

static int start(void **state)
{
	for (size_t i = 0; i < sizeof(w.memory); i++)
		w.memory[i] = i * 7 / 3 + i / 256;
	memset(w.memory + (SKB - KADDR), 0, 0x600);
	w.programs.config.vmemmap_at = 0;
	return 0;
}

static bool is_taken_for_skb(void)
{
	uint64_t steps, calls;

	run_once(false, &steps, &calls);
	return w.nr_events;
}

/* Where it is not certain which argument is an skb, what has no buffer is none. */
static void test_looks_like_skb(void **state)
{
	w.programs.config.check_skb = true;
	w.programs.config.snaplen = 0;
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 54, 40);
	assert_true(is_taken_for_skb());
	/* just allocated, nothing in it */
	make_skb(UNSET, 0, 0, 0, 0);
	assert_true(is_taken_for_skb());
	/* an empty list among zeroes: two pointers to the first */
	set("sk_buff", SKB, "head", SKB + member_bit_off(w.btf, "sk_buff", "head") / 8, 8);
	set("sk_buff", SKB, "data", SKB + member_bit_off(w.btf, "sk_buff", "head") / 8, 8);
	set("sk_buff", SKB, "end", 0, 4);
	assert_false(is_taken_for_skb());
	make_skb(MAC, MAC + 14, MAC + 14, MAC + 54, 40);
	set("sk_buff", SKB, "end", MAC + 53, 4);
	assert_false(is_taken_for_skb());
	set("sk_buff", SKB, "end", (16 << 20) + 1, 4);
	assert_false(is_taken_for_skb());
	w.programs.config.check_skb = false;
}

/*
 * What the traced machine pays for each function that a packet passes which does not match: no more
 * than it did, with a tenth for compilers that differ. A call costs as much as some 50
 * instructions, a load of kernel memory as eight.
 */
static void test_cost(void **state)
{
	static const struct {
		const char *expr; /* or a mark to match */
		bool has_mac;
		struct {
			unsigned int steps, calls;
		} with_calls, with_loads;
	} t[] = {
		{NULL, true, {85, 3}, {75, 1}},
		{"tcp port 81", true, {160, 3}, {180, 1}},
		{"host 10.9.9.9 and tcp port 81", true, {155, 3}, {170, 1}},
		{"host 10.9.9.9 and tcp port 81", false, {150, 4}, {160, 2}},
	};
	static const uint8_t headers[] = {2,  0,    0, 0, 0,  1, 2, 0, 0,  0,	0, 2, 8,
					  0,  0x45, 0, 0, 40, 0, 1, 0, 0,  64,	6, 0, 0,
					  10, 0,    0, 1, 10, 0, 0, 2, 31, 144, 0, 80};
	const struct prog_config before = w.programs.config;
	struct err err = ERR_INIT;

	w.features.f[FEAT_RAW_STACK].has = true;
	memcpy(w.memory + (HEAD - KADDR) + MAC, headers, sizeof(headers));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct filter f = {0};
		uint64_t steps[2], calls[2];

		if (t[i].expr && filter_compile(&f, t[i].expr, &err))
			fail_msg("%s", err.msg);
		make_skb(t[i].has_mac ? MAC : UNSET, MAC + 14, MAC + 14, MAC + 54, 40);
		w.programs.config = (struct prog_config){.filter = t[i].expr ? &f : NULL,
							 .mark = !t[i].expr,
							 .mark_mask = !t[i].expr};
		for (int loads = 0; loads < 2; loads++) {
			w.programs.config.cast.func_id = loads;
			run_once(false, &steps[loads], &calls[loads]);
			assert_int_equal(w.nr_events, 0);
		}
		printf("%s: %u instructions with %u calls, %u with %u\n",
		       t[i].expr ? t[i].expr : "mark", (unsigned int)steps[0],
		       (unsigned int)calls[0], (unsigned int)steps[1], (unsigned int)calls[1]);
		assert_true(steps[0] <= t[i].with_calls.steps && calls[0] <= t[i].with_calls.calls);
		assert_true(steps[1] <= t[i].with_loads.steps && calls[1] <= t[i].with_loads.calls);
		filter_release(&f);
	}
	w.programs.config = before;
	w.features.f[FEAT_RAW_STACK].has = false;
}

static int open_programs(void **state)
{
	const struct prog_config config = {0};

	test_programs_open(&w.programs, &w.btf, &w.features, &config, FIRST_FD);
	w.features.f[FEAT_RAW_STACK].has = false; /* the interpreter is as strict as 4.4 */
	return parts_pool_open(&w.pool);
}

static int close_programs(void **state)
{
	test_programs_close(&w.programs, w.btf);
	parts_pool_free(w.pool);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
		cmocka_unit_test_setup(test_lengths, start),
		cmocka_unit_test_setup(test_number_of_parts, start),
		cmocka_unit_test_setup(test_headers, start),
		cmocka_unit_test_setup(test_frags, start),
		cmocka_unit_test_setup(test_vlan, start),
		cmocka_unit_test_setup(test_xdp, start),
		cmocka_unit_test_setup(test_looks_like_skb, start),
		cmocka_unit_test_setup(test_cost, start),
#endif
	};

	return cmocka_run_group_tests(tests, open_programs, close_programs);
}
