// SPDX-License-Identifier: GPL-2.0-only
/* Where a kprobe goes: code at the start of functions, and the trial of both places. */
#include "loader/attach/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void test_code(void **state)
{
#if defined(__x86_64__)
	static const struct {
		const char *code;
		size_t sz;
		unsigned off;
	} cases[] = {
		{"\x0f\x1f\x44\x00\x00", 5, 5},
		{"\x66\x66\x66\x66\x90", 5, 5},
		{"\xe8\x12\x34\x56\x78", 5, 5},
		{"\xf3\x0f\x1e\xfa\x0f\x1f\x44\x00\x00", 9, 9},
		{"\xf3\x0f\x1e\xfa\xe8\x01\x02\x03\x04", 9, 9},
		{"\x66\x0f\x1f\x00\x0f\x1f\x44\x00\x00", 9, 9},
		{"\x0f\x1f\x40\xd6\x0f\x1f\x44\x00\x00", 9, 9},
		{"\xf3\x0f\x1e\xfa\x55\x48\x89\xe5\x41", 9, 0}, /* push %rbp ... */
		{"\x55\x0f\x1f\x44\x00\x00", 6, 0},
		{"\x0f\x1f\x44\x00\x08", 5, 0}, /* another nop-like instruction */
		{"\xcc\x1f\x44\x00\x00", 5, 0}, /* a breakpoint is there */
	};
	uint8_t code[PLACEMENT_CODE_SZ];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(code, 0x90, sizeof(code));
		memcpy(code, cases[i].code, cases[i].sz);
		assert_int_equal(placement_after_site(code), cases[i].off);
	}
#elif defined(__riscv)
	static const struct {
		uint32_t code[4];
		unsigned off;
	} cases[] = {
		{{0x00000013, 0x00000013, 0xf0a27159}, 8},	       /* idle */
		{{0x12345297, 0x678282e7, 0xf0a27159}, 8},	       /* in use */
		{{0x12345297, 0x00000013, 0xf0a27159}, 8},	       /* idle, 6.16 */
		{{0x00000013, 0x00000013, 0x00000013, 0x00000013}, 0}, /* longer, before 6.3 */
		{{0x00010001, 0x00010001, 0x00010001, 0x00010001}, 0}, /* not ftrace's */
		{{0x12345317, 0x678302e7, 0xf0a27159}, 0},	       /* a call through t1 */
		{{0xf0a27159, 0x00000013, 0x00000013}, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(placement_after_site((const uint8_t *)cases[i].code),
				 cases[i].off);
#else
	const uint8_t code[PLACEMENT_CODE_SZ] = {0x0f, 0x1f, 0x44, 0x00, 0x00};

	assert_int_equal(placement_after_site(code), 0);
#endif
}

static void feed(struct placement *p, unsigned nr, unsigned off, uint64_t ns)
{
	for (unsigned i = 0; i < nr; i++)
		placement_took(p, off, ns);
}

static void test_fast_after(void **state)
{
	struct placement p = {.phase = PLACEMENT_TRY_ENTRY};

	feed(&p, 7, 0, 10000000);
	assert_int_equal(p.phase, PLACEMENT_TRY_ENTRY);
	feed(&p, 1, 0, 10000000);
	assert_int_equal(p.phase, PLACEMENT_TRY_AFTER);
	/* Functions without a call site say nothing about the place after it. */
	feed(&p, 1000, 0, 10000000);
	feed(&p, 127, 5, 1000000);
	assert_int_equal(p.phase, PLACEMENT_TRY_AFTER);
	feed(&p, 1, 5, 1000000);
	assert_int_equal(p.phase, PLACEMENT_AFTER);
	feed(&p, 1, 5, 1000000000);
	assert_int_equal(p.phase, PLACEMENT_AFTER);
}

/* 7.2: most are quick, every fifth waits. */
static void test_stalls(void **state)
{
	struct placement p = {.phase = PLACEMENT_TRY_ENTRY};

	feed(&p, 8, 0, 13500000);
	for (unsigned i = 0; i < 10 && p.phase == PLACEMENT_TRY_AFTER; i++) {
		feed(&p, 4, 9, 8000000);
		feed(&p, 1, 9, 80000000);
	}
	assert_int_equal(p.phase, PLACEMENT_ENTRY);
}

static void test_no_means(void **state)
{
	const struct target nowhere = {.addr = (uintptr_t)&nowhere};
	struct features f = {0};
	struct placement p;

	placement_init(&p, &f, 2000, false);
#if defined(__riscv)
	assert_int_equal(p.phase, p.kcore ? PLACEMENT_AFTER : PLACEMENT_ENTRY);
#else
	assert_int_equal(p.phase, PLACEMENT_ENTRY);
#endif
	assert_int_equal(placement_off(&p, &nowhere), 0);
	placement_release(&p);
	f.f[FEAT_JUMP_OPTIMIZATION].has = true;
	placement_init(&p, &f, 2000, false); /* kernel text is not to be read */
	assert_int_equal(p.phase, PLACEMENT_ENTRY);
	assert_null(p.kcore);
	placement_release(&p);
	f.f[FEAT_KCORE].has = true;
	placement_init(&p, &f, 10, false);
	assert_false(placement_on_trial(&p));
	placement_release(&p);
}

/* The last function of a module gets a probe at its call site, or none. */
static void test_end_of_module(void **state)
{
	struct target t = {.addr = (uintptr_t)&t};
	struct placement p = {.phase = PLACEMENT_AFTER};

	assert_true(placement_is_safe(&p, &t));
	t.ends_module = true;
	assert_int_equal(placement_off(&p, &t), 0);
#if defined(__x86_64__)
	assert_false(placement_is_safe(&p, &t));
#else
	assert_true(placement_is_safe(&p, &t));
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_code),	      cmocka_unit_test(test_fast_after),
		cmocka_unit_test(test_stalls),	      cmocka_unit_test(test_no_means),
		cmocka_unit_test(test_end_of_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
