// SPDX-License-Identifier: GPL-2.0-only
/*
 * C expressions on a struct with members of all kinds: the compiler of this test says what each is
 * worth.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "tests/unit/lib_expr.h"

/* Constants are meant to overflow, and comparisons to be what they always are. */
#pragma GCC diagnostic ignored "-Wparentheses"
#pragma GCC diagnostic ignored "-Woverflow"
#pragma GCC diagnostic ignored "-Wbool-operation"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wenum-compare"

static void check(const char *text, uint64_t want)
{
	struct err err = ERR_INIT;
	struct expr *e = expr_make_one(text, EXPR_VALUE, &err);
	uint64_t got;

	if (!e)
		fail_msg("'%s': %s", text, err.msg);
	got = expr_run(e, true);
	if (got != want)
		fail_msg("'%s': %#llx, expected %#llx", text, (unsigned long long)got,
			 (unsigned long long)want);
	expr_run(e, false);
	expr_free(e);
	e = expr_make_one(text, EXPR_CONDITION, &err);
	assert_non_null(e);
	assert_int_equal(expr_run(e, true), !!want);
	assert_true(expr_run(e, false) <= 1);
	expr_free(e);
}

/* As C has it. */
#define SAME(e) check(#e, (uint64_t)(e))

/* Overflow is meant here: as kernels are compiled, it wraps. */
#define WRAPS __attribute__((no_sanitize("undefined"), optimize("wrapv")))

static struct sk_buff *skb;

static int setup(void **state)
{
	skb = expr_skb;
	return expr_setup(state);
}

static WRAPS void test_numbers(void **state)
{
	SAME(0);
	SAME(1);
	SAME(-1);
	SAME(4294967295);
	SAME(0xffffffff);
	SAME(-0xffffffff);
	SAME(0x80000000);
	SAME(-2147483648);
	SAME(0xffffffffffffffff);
	SAME(9223372036854775807);
	SAME(017);
	SAME(0777u);
	SAME(0b1011);
	SAME(0B11UL);
	SAME(0XAbCdEf);
	SAME(1u - 2);
	SAME(1ul - 2);
	SAME(1LL - 2);
	SAME(1llu - 2);
	SAME(2ULL);
	SAME('a');
	SAME('\n');
	SAME('\\');
	SAME('\'');
	SAME('"');
	SAME('\0');
	SAME('\x7f');
	SAME('\xff');
	SAME(~0);
	SAME(~0u);
	SAME(!0);
	SAME(!5);
	SAME(+5);
	check("0o17", 15);
	check("0O0", 0);
	check("true", 1);
	check("false", 0);
	check("NULL", 0);
	check(" \t\n1\r\v+\f2 ", 3);
}

static WRAPS void test_folded(void **state)
{
	SAME(1 + 2 * 3 - 4 / 2 % 3);
	SAME(-7 / 2);
	SAME(-7 % 2);
	SAME(7 / -2);
	SAME(7 % -2);
	SAME(-7 / 2u);
	SAME(0x7fffffff + 1 == (-0x7fffffff - 1));
	SAME(1u << 31);
	SAME(1 << 30 << 1 >> 31);
	SAME(1ul << 63 >> 63);
	SAME(-8 >> 1);
	SAME(-8 >> 1u);
	SAME((u8)300);
	SAME((s8)200);
	SAME((short)0x18000);
	SAME((_Bool)256);
	SAME((unsigned char)-1 + (signed char)-1);
	SAME(-1 < 0u);
	SAME(-1L < 0u);
	SAME(-1 > 1ul);
	SAME((5 & 3) | (8 ^ 12));
	SAME(1 ? 2 : 3);
	SAME(0 ? 2 : -3);
	SAME(0 ? 2u : -3);
	SAME(1 ? -1 : 3ul);
	SAME(1 && 2 || 0);
}

static WRAPS void members(void)
{
	SAME(skb->s8);
	SAME(skb->u8);
	SAME(skb->s16);
	SAME(skb->u16);
	SAME(skb->s32);
	SAME(skb->u32);
	SAME(skb->s64);
	SAME(skb->u64);
	SAME(skb->ll);
	SAME(skb->ull);
	SAME(skb->c);
	SAME(skb->yes);
	SAME(skb->no);
	SAME(skb->often);
	SAME(skb->first);
	SAME(skb->three);
	SAME(skb->last);
	SAME(skb->sfirst);
	SAME(skb->slast);
	SAME(skb->wide);
	SAME(skb->rest);
	SAME(skb->swide);
	SAME(skb->flag);
	SAME(skb->top);
	SAME(skb->bit);
	SAME(skb->eight);
	SAME(skb->nine);
	SAME(((struct old_bits *)skb->head)->x);
	SAME(((struct old_bits *)skb->head)->bits);
	SAME(((struct old_bits *)skb->head)->sbits);
	SAME(skb->mark);
	SAME(skb->reserved);
	SAME(skb->low);
	SAME(skb->high);
	SAME(skb->half[1]);
	SAME(skb->named.inner);
	SAME(skb->cb[0]);
	SAME(skb->cb[47]);
	SAME(skb->elems[3].y[2]);
	SAME(skb->elems[1].z);
	SAME(skb->elems[2].w);
	SAME(skb->grid[1][2]);
	SAME(skb->tail[1]);
	SAME(skb->colour);
	SAME(skb->other_colour);
	SAME(skb->letter);
	SAME(skb->vast);
}

static WRAPS void pointers(void)
{
	SAME(skb);
	SAME(skb->dev);
	SAME(skb->dev->ifindex);
	SAME(skb->dev->owner->dev->owner->u16);
	SAME(skb->dev->queue[2].x);
	SAME(skb->dev->name[3]);
	SAME(skb->named.dev->mtu);
	SAME(skb->devs[1]->mtu);
	SAME((*skb->devs)->mtu);
	SAME((**skb->devs).ifindex);
	SAME((*skb).u32);
	SAME(skb[0].u32);
	SAME((*skb->next).next->next->s16);
	SAME(*skb->head);
	SAME(skb->head[5]);
	SAME(*(skb->head + skb->network_header));
	SAME(*(3 + skb->head));
	SAME(*(skb->head + 9 - 2));
}

static WRAPS void addresses(void)
{
	SAME(skb->head + 5);
	SAME(skb->devs + 1);
	SAME(&skb->devs[1]);
	SAME(&skb->dev->queue[1]);
	SAME(&skb->dev->queue[1].y[1]);
	SAME(&*skb);
	SAME(&skb->cb);
	SAME(&skb->elems[2] - skb->elems);
	SAME(skb->elems - &skb->elems[2]);
	SAME(skb->elems + skb->three);
	SAME(skb->elems[skb->three % 4].x);
	SAME((skb->elems + 3 - 1)[-1].x);
	SAME(skb->cb[skb->u8 % 48]);
	SAME(*(u32 *)skb->cb);
	SAME(*(u32 *)(skb->cb + 4));
	SAME(*(s16 *)&skb->cb[6]);
	SAME(((struct elem *)skb->cb)[2].y[1]);
	SAME(((struct elem *)(skb->cb + 3))->w);
	SAME(((struct device *)skb->data)->name[1]);
	SAME(((const struct elem *)skb->data + 1)->x);
	SAME(((unsigned char **)skb->devs)[0][1]);
	SAME(*(const volatile char *const *)skb->devs == &skb->devs[0]->name[0]);
	SAME((u64)skb->dev & 7);
	SAME((u8)(unsigned long)skb->dev);
	SAME((struct sk_buff *)(unsigned long)skb->next == skb);
	SAME(*((u8 *)skb + 0x100000000 + skb->no - 0x100000000));
	SAME(((u8 *)skb - 0x100000000)[0x100000009]);
	SAME((u8 *)skb + 0x123456789abc);
	SAME(skb->next == skb && skb->dev != skb->named.dev);
	SAME((u8 *)skb->data > skb->head);
	SAME((u8 *)skb->data - skb->head);
	SAME(skb->dev ? skb->dev->mtu : 1);
	SAME((skb->no ? skb->devs : 0) == 0);
	SAME(!skb->dev);
	SAME(skb->yes ? skb->head : skb->cb);
	SAME((_Bool *)skb->u64);
	SAME((s8 *)skb->u64);
	SAME((u64)(_Bool *)skb->dev);
	SAME((u16)(unsigned long)(s8 *)skb->dev);
	SAME(*(_Bool *)&skb->yes);
	SAME((s8 *)skb->dev < (s8 *)0);
	SAME(-(long)(s8 *)skb->dev / 3);
	SAME(skb->of_module != 0);
	SAME(skb->of_module->x);
	SAME(skb->of_module->back->s64);
	SAME(((struct module_data *)skb->of_module)->back->dev->mtu);
}

static WRAPS void arithmetic(void)
{
	SAME(skb->u32 + skb->s32);
	SAME(skb->s32 - skb->u16);
	SAME(skb->u8 - skb->u16);
	SAME(skb->u8 * skb->s8);
	SAME(skb->u32 * skb->u32);
	SAME(skb->u64 * 3 - skb->s32);
	SAME(skb->s64 / 7);
	SAME(skb->s64 % -7);
	SAME(skb->s32 / (skb->s8 | 1));
	SAME(skb->s32 % (skb->s8 | 1));
	SAME(skb->u64 / (skb->u8 | 1));
	SAME(skb->u32 % (skb->u16 | 1));
	SAME(skb->u16 / 10);
	SAME(skb->u64 / 0xfffffffffful);
	SAME(1000000007 / (skb->u16 | 1));
	SAME(-skb->u8);
	SAME(-skb->u32);
	SAME(-skb->s64);
	SAME(~skb->u8);
	SAME(~skb->u32);
	SAME(~skb->s32);
	SAME(~skb->u64);
	SAME(+skb->s8);
	SAME(+skb->first);
	SAME(-skb->three);
	SAME(skb->three - 8);
	SAME(skb->three - 8 < 0);
	SAME(skb->last - 0x10000000 < 0);
	SAME(skb->u8 << 24);
	SAME(skb->u8 << 23 << 1);
	SAME(skb->u32 << 4);
	SAME(skb->u32 << (skb->u8 & 31));
	SAME(skb->s32 >> 3);
	SAME(skb->s32 >> (skb->s8 & 31));
	SAME(skb->u32 >> (skb->s8 & 31));
	SAME(skb->s64 >> (skb->u8 & 63));
	SAME(skb->u64 >> 60);
	SAME(skb->s8 >> 2);
	SAME(1 << (skb->u8 & 15));
	SAME(skb->mark & 0xf);
	SAME(skb->mark & 0xf0f0f0f0);
	SAME(skb->mark | 0x80000000);
	SAME(skb->s32 | 0x80000000);
	SAME(skb->s64 & 0xffffffff00000000);
	SAME(skb->s32 ^ skb->u16);
	SAME((skb->u8 & 3) | (skb->u16 ^ 0x55) << 8);
	SAME((u8)skb->s32);
	SAME((s8)skb->u8);
	SAME((u16)skb->s8);
	SAME((unsigned)skb->s8);
	SAME((long unsigned int)skb->s32);
	SAME((int)skb->u64);
	SAME((_Bool)skb->u64);
	SAME((_Bool)(skb->u64 << 32));
	SAME((char)skb->u16);
	SAME((unsigned)skb->sfirst >> 1);
	SAME((s64)skb->u32 * -1);
	SAME(skb->yes + skb->yes);
	SAME((skb->u8 + 1) * (skb->u16 + 2) * (skb->s8 + 3) -
	     (skb->s16 - (skb->u32 - (skb->s64 - 1))));
}

static WRAPS void truth(void)
{
	SAME(skb->u32 < skb->s32);
	SAME(skb->s32 < skb->s16);
	SAME(skb->s64 < skb->u32);
	SAME(skb->u64 > skb->s32);
	SAME(skb->s8 >= -128);
	SAME(skb->s8 < 0);
	SAME(skb->u8 <= 255);
	SAME(skb->u8 > 254u);
	SAME(-1 < skb->u32);
	SAME(-1 < skb->u8);
	SAME(-1 == skb->s8);
	SAME(skb->s32 == (int)skb->u32);
	SAME(skb->s32 != skb->s32);
	SAME(0x8000000000000000 > skb->u64);
	SAME(skb->u64 >= 0x8000000000000000);
	SAME(skb->u32 < 0x80000000);
	SAME(skb->u32 <= 0xffffffff);
	SAME(skb->s64 <= -0x7fffffffff);
	SAME(skb->first && skb->three);
	SAME(skb->no && skb->dev->mtu || skb->yes);
	SAME(skb->no || skb->first || skb->u8 == 3);
	SAME(!(skb->no || skb->first) && !skb->bit);
	SAME(!(skb->u8 < 100 && skb->u16 > 100) || skb->s8 < 0);
	SAME(!!skb->u32);
	SAME(!skb->u32 == skb->no);
	SAME((skb->u8 > 3) + (skb->u8 > 5) + (skb->s8 < 3));
	SAME((skb->u8 && skb->u16) * 5 - (skb->u8 || 0));
	SAME(skb->u8 && 5);
	SAME(1 && skb->u16);
	SAME(0 || skb->s16);
	SAME(skb->s16 || 0);
	SAME(0 && skb->s16);
	SAME(skb->s16 || 1);
	SAME(skb->first ? skb->u8 : skb->s8);
	SAME(skb->first ? skb->u8 : skb->u64);
	SAME(skb->yes ? -1 : skb->u32);
	SAME(skb->no ? 1 : skb->first ? 2 : skb->top ? 3 : 4);
	SAME(skb->u8 < 8 ? skb->u16 < 8 ? 1 : 2 : 3);
	SAME((skb->first ? 3 : 4) + (skb->top ? 30 : 40));
	SAME(skb->colour == GREEN);
	SAME(skb->other_colour == BLUE);
	SAME(skb->other_colour < 0);
	SAME(skb->letter == LETTER_MOST);
	SAME(skb->letter > 0);
	SAME(skb->vast == VASTEST);
	SAME(VAST + 1);
	SAME(RED + GREEN + BLUE);
	SAME(LETTER_MOST);
	/* LETTER_A is int or unsigned int, as the compiler likes (gcc 13: the enum's type). */
	check("BLUE < LETTER_A", 1);
	SAME(OF_MODULE);
	SAME(skb->dev->ifindex == 2 && skb->mark & 0xf);
	SAME(skb->u8 == skb->cb[3] || (skb->u8 & 1) == 1);
}

static void test_members(void **state)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		expr_memory_init(seed);
		members();
		pointers();
		addresses();
	}
}

static void test_operators(void **state)
{
	for (uint64_t seed = 0; seed < 200; seed++) {
		expr_memory_init(seed);
		arithmetic();
		truth();
	}
}

/* Where this is not C, or C does not say. */
static void test_defined_here(void **state)
{
	expr_memory_init(5);
	skb->protocol = __builtin_bswap16(0x0800);
	skb->addr = __builtin_bswap32(0x0a000001);
	skb->big = __builtin_bswap64(0xfedcba9876543210);
	skb->words[1] = __builtin_bswap16(0xfffe);
	memcpy(skb->head + 4, "\xc0\xa8\x01\x02", 4);
	check("skb->protocol", 0x0800);
	check("skb->protocol == 0x800 && skb->addr == 0x0a000001", 1);
	check("skb->addr >> 24", 10);
	check("skb->big", 0xfedcba9876543210);
	check("skb->words[1] + 1", 0xffff);
	check("*(&skb->protocol)", 0x0800);
	check("(__be16)skb->protocol", 0x0800);
	check("*(__be32 *)(skb->head + 4)", 0xc0a80102);
	check("*(__be32 *)skb->data", 0xc0a80102);
	check("(u8)*(__be16 *)skb->data", 0xa8);
	check("(__be64)1", 1);

	skb->u8 = 0;
	skb->s32 = 77;
	skb->s64 = INT64_MIN;
	check("skb->s32 / skb->u8", 0);
	check("skb->s32 % skb->u8", 0);
	check("skb->u32 / (unsigned)skb->u8", 0);
	check("skb->u64 % skb->u8", 0);
	check("skb->s64 / (skb->u8 - 1)", INT64_MIN);
	check("skb->s64 % (skb->u8 - 1)", 0);
	skb->s32 = INT32_MIN;
	check("skb->s32 / (skb->u8 - 1)", (uint64_t)INT32_MIN);
	check("-skb->s32", (uint64_t)INT32_MIN);
	check("skb->s32 - 1", INT32_MAX);
	skb->u8 = 33;
	check("1u << skb->u8", 2);
	check("1ul << (skb->u8 + 64)", 1ul << 33);
	check("skb->s32 >> (0 - skb->u8)", (uint64_t)(INT32_MIN >> 31));
	check("-2147483648 / -1", 1ul << 31);
	check("(int)-2147483648 / -1", (uint64_t)INT32_MIN);
	check("(long)0x8000000000000000 / -1", (uint64_t)INT64_MIN);
	check("(void *)skb->u8", 33);
	check("(skb->devs + -1) + 1 == skb->devs", 1);
	check("(skb->devs - skb->u8) + 33 == skb->devs", 1);
	check("((void *)skb->head + 3) - skb->data", (uint64_t)-1);
}

static void test_nothing_there(void **state)
{
	static const char *const texts[] = {
		"skb->u32",	     "skb->dev->ifindex",   "skb->next->next->dev",
		"skb->devs[1]->mtu", "skb->head[skb->u16]", "skb->first",
		"skb->of_module->x", "skb->protocol",	    "skb->grid[1][2]",
	};
	struct err err = ERR_INIT;
	struct expr *e;

	expr_memory_init(1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		e = expr_make_one(texts[i], EXPR_VALUE, &err);
		assert_non_null(e);
		assert_int_equal(expr_run(e, false), 0);
		expr_free(e);
	}
	skb->dev = NULL;
	check("skb->dev->ifindex", 0);
	check("skb->dev->owner->dev->mtu == 0", 1);
}

static void check_format(const char *text, const char *want)
{
	struct err err = ERR_INIT;
	struct expr *e = expr_make_one(text, EXPR_VALUE, &err);
	char buf[64], cut[3];
	uint64_t v;

	if (!e)
		fail_msg("'%s': %s", text, err.msg);
	assert_string_equal(expr_text(e), text);
	v = expr_run(e, true);
	assert_int_equal(expr_format(e, v, buf, sizeof(buf)), strlen(want));
	assert_string_equal(buf, want);
	assert_int_equal(expr_format(e, v, cut, sizeof(cut)), strlen(want));
	assert_int_equal(strlen(cut), strlen(want) < 2 ? strlen(want) : 2);
	expr_free(e);
}

static void test_format(void **state)
{
	char address[32];

	expr_memory_init(1);
	skb->u32 = 0xffffffff;
	skb->s8 = -5;
	skb->c = 'A';
	skb->first = 1;
	skb->bit = 1;
	skb->u64 = UINT64_MAX;
	skb->vast = VAST;
	snprintf(address, sizeof(address), "%#lx", (unsigned long)skb->dev);
	check_format("skb->u32", "4294967295");
	check_format("skb->u64", "18446744073709551615");
	skb->protocol = htons(0x800);
	check_format("skb->protocol", "0x0800");
	check_format("skb->protocol + 0", "2048");
	check_format("skb->s8", "-5");
	check_format("skb->s8 + 1", "-4");
	check_format("skb->c", "65");
	check_format("skb->dev", address);
	check_format("(u64)skb->dev == 0", "0");
	check_format("(void *)skb->u32", "0xffffffff");
	check_format("(void *)0", "0x0");
	check_format("skb->yes", "true");
	check_format("skb->no", "false");
	check_format("skb->bit", "true");
	check_format("skb->first", "1");
	check_format("skb->s8 < 0", "1");
	check_format("skb->colour", "GREEN");
	check_format("skb->other_colour", "BLUE");
	check_format("skb->letter", "LETTER_MOST");
	check_format("skb->vast", "VAST");
	check_format("skb->vast + 1", "4294967298");
	check_format("(enum colour)5", "GREEN");
	check_format("(enum colour)6", "6");
	check_format("(enum colour)-7", "-7");
	check_format("(of_module_t)77", "OF_MODULE");
	check_format("GREEN", "5");
	check_format("skb->yes ? skb->colour : skb->other_colour", "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	     cmocka_unit_test(test_folded),
		cmocka_unit_test(test_members),	     cmocka_unit_test(test_operators),
		cmocka_unit_test(test_defined_here), cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, setup, expr_teardown);
}
