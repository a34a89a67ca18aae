// SPDX-License-Identifier: GPL-2.0-only
/* Rejected expressions, with column and message; and damaged input. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_expr.h"
#include "tests/unit/lib_packet.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct refused {
	const char *text;
	int column;
	const char *words;
} refused[] = {
	/* names */
	{"skb->makr == 1", 6, "struct sk_buff has no member 'makr'; did you mean 'mark'?"},
	{"skb->networkheader", 6, "'networkheader'; did you mean 'network_header'?"},
	{"skb->hgih", 6, "did you mean 'high'?"},
	{"skb->dev->ifidx", 11, "struct device has no member 'ifidx'; did you mean 'ifindex'?"},
	{"skb->zzzzzz", 6, "struct sk_buff has no member 'zzzzzz'"},
	{"skb->named.outer", 12, "this struct has no member 'outer'"},
	{"mark & 1", 1, "unknown name 'mark'; did you mean 'skb->mark'?"},
	{"skb->u8 == GREN", 12, "unknown name 'GREN'; did you mean 'GREEN'?"},
	{"OF_MODUL", 1, "did you mean 'OF_MODULE'?"},
	{"skc->u8", 1, "unknown name 'skc'; did you mean 'skb'?"},
	{"sbk->u8", 1, "unknown name 'sbk'; did you mean 'skb'?"},
	{"xdp->rxqueue", 1, "unknown name 'xdp': expected 'skb' or an enumerator"},
	{"TWICE", 1, "ambiguous enumerator 'TWICE': the kernel's types have values 1 and 2"},
	{"skb->unknown->x", 15, "struct nowhere is not defined"},
	{"((struct nowhere *)0)->x", 10, "the kernel's types have no 'struct nowhere'"},
	{"(struct elme *)skb->head", 9, "no 'struct elme'; did you mean 'elem'?"},
	{"(enum color)1", 7, "no 'enum color'; did you mean 'colour'?"},
	{"(union elem *)skb->head", 8, "no 'union elem'"},
	{"(u128)1", 2, "unknown name 'u128'"},
	{"u8", 1, "did you mean 'skb->u8'?"},
	{"sizeof(u8)", 1, "unknown name 'sizeof'"},

	/* what has no value */
	{"skb->cb", 1, "'skb->cb' is an array: select an element, as in skb->cb[0]"},
	{"1 + (skb->u8 == skb->cb)", 17, "'skb->cb' is an array"},
	{"!skb->cb", 2, "is an array"},
	{"skb->grid[1]", 1, "as in skb->grid[1][0]"},
	{"skb->dev->name", 1, "as in skb->dev->name[0]"},
	{"skb->named", 1, "'skb->named' is a struct or union: select a member"},
	{"*skb", 1, "'*skb' is a struct or union"},
	{"skb->u8 ? *skb : 1", 11, "is a struct or union"},
	{"skb->elems[1] ? 1 : 2", 1, "'skb->elems[1]' is a struct"},
	{"(u8)skb->named", 5, "is a struct"},
	{"skb->real", 1, "neither an integer of at most 64 bits nor a pointer"},
	{"skb->huge > 1", 1, "neither an integer"},
	{"*skb->destructor", 1, "neither an integer"},

	/* pointers and members */
	{"skb.u32", 5, "'skb' is a pointer: use '->' to access a member"},
	{"skb->dev.mtu", 10, "'skb->dev' is a pointer: use '->'"},
	{"skb->named->inner", 13, "'skb->named' is not a pointer: use '.'"},
	{"skb->u32->x", 1, "'skb->u32' is a number, not a pointer"},
	{"skb->u32.x", 10, "'skb->u32' is not a struct or union"},
	{"skb->head->x", 12, "'skb->head' points to something that is not a struct or union"},
	{"skb->cb.x", 9, "is not a struct"},
	{"skb->data->x", 1, "'skb->data' is a void pointer: cast it first, as in ((struct name *)skb->data)"},
	{"*skb->data", 1, "is a void pointer"},
	{"skb->data[1]", 1, "is a void pointer"},
	{"*skb->u32", 1, "is a number, not a pointer"},
	{"skb->u32[1]", 1, "'skb->u32' is neither an array nor a pointer"},
	{"skb->elems[4].x", 12, "'skb->elems' has 4 elements, [0] to [3]"},
	{"skb->elems[-1].x", 12, "has 4 elements"},
	{"skb->cb[47 + 1]", 9, "has 48 elements"},
	{"skb->elems[skb].x", 12, "'skb' is a pointer, expected a number"},
	{"skb->elems[skb->named].x", 12, "is a struct"},
	{"&skb", 1, "cannot take the address of 'skb': not in kernel memory"},
	{"&5", 1, "cannot take the address"},
	{"&skb->first", 1, "cannot take the address of bit-field 'skb->first'"},
	{"&(skb->u8 + 1)", 1, "cannot take the address"},
	{"skb->dev & 1", 1, "'skb->dev' is a pointer, expected a number: cast it to (unsigned long)"},
	{"-skb->dev", 2, "is a pointer, expected a number"},
	{"skb->dev * 2", 1, "is a pointer, expected a number"},
	{"skb->u8 << skb->dev", 12, "is a pointer, expected a number"},
	{"skb->dev + skb->dev", 12, "is a pointer, expected a number"},
	{"5 - skb->dev", 3, "cannot subtract a pointer from a number"},
	{"skb->dev - skb->head", 10, "cannot subtract pointers of different types"},
	{"skb->unknown + 1", 14, "target is unknown"},
	{"skb->unknown[1]", 1, "target is unknown"},

	{"((struct wrong *)skb)->spread", 24, "does not lie within 64 bits"},
	{"((struct wrong *)skb)->pointer", 24, "does not lie within 64 bits"},
	{"((struct wrong *)skb)->odd", 24, "is not byte-aligned"},
	{"((struct sk_buff *)((u8 *)skb + 0x7fffffff))->dev", 47, "member offset is too large"},

	/* numbers */
	{"09", 2, "expected 0 to 7"},
	{"0o8", 3, "expected 0 to 7"},
	{"0b12", 4, "expected 0 or 1"},
	{"0x", 3, "expected digits"},
	{"0xg", 3, "expected digits"},
	{"1 + 12abc", 7, "invalid suffix of a number: expected u or l"},
	{"1uu", 2, "invalid suffix"},
	{"1lll", 2, "invalid suffix"},
	{"1.5", 2, "unexpected '.' in a number"},
	{"skb->addr == 10.0.0.1", 16, "write the address 10.0.0.1 as 0x0a000001"},
	{"18446744073709551616", 1, "does not fit in 64 bits"},
	{"0x10000000000000000", 1, "does not fit in 64 bits"},
	{"1 / 0", 5, "division by zero"},
	{"skb->u8 % (1 - 1)", 11, "division by zero"},
	{"skb->u32 / (u8)256", 12, "division by zero"},
	{"1 << 32", 6, "cannot shift a 32-bit number by 32; cast it to (u64)"},
	{"skb->u64 >> 64", 13, "cannot shift a 64-bit number by 64"},
	{"skb->u8 << -1", 12, "cannot shift a 32-bit number by -1"},
	{"''", 1, "invalid character constant: expected 'a', '\\n' or '\\x0a'"},
	{"'ab'", 1, "invalid character constant"},
	{"'\\q'", 1, "invalid character constant"},
	{"'", 1, "invalid character constant"},
	{"'\\", 1, "invalid character constant"},
	{"'\\x", 1, "invalid character constant"},
	{"'a", 1, "invalid character constant"},
	{"'\x7f'", 1, "invalid character constant"},
	{"skb->dev->name == \"eth0\"", 19, "strings are not supported: compare characters"},

	/* grammar */
	{"skb->u32 = 5", 10, "assignment is not supported: use '==' to compare"},
	{"skb->u32 += 5", 10, "assignment '+=' is not supported"},
	{"skb->u32 <<= 5", 10, "assignment '<<='"},
	{"skb->u32++", 9, "assignment '++'"},
	{"--skb->u32", 1, "assignment '--'"},
	{"skb->u8 and skb->u16", 9, "unexpected 'and': use '&&'"},
	{"skb->u8 or skb->u16", 9, "unexpected 'or': use '||'"},
	{"not skb->u8", 1, "unexpected 'not': use '!'"},
	{"skb->u8 && not skb->u16", 12, "unexpected 'not': use '!'"},
	{"skb->mark & 0xf == 1", 11, "comparisons bind tighter than '&' in C: add parentheses"},
	{"skb->mark | skb->u8 < 5", 11, "bind tighter than '|'"},
	{"skb->u8 != 1 ^ skb->mark", 14, "bind tighter than '^'"},
	{"1 < skb->u8 < 5", 13, "comparisons do not chain in C"},
	{"skb->u8 == skb->c == 5", 19, "comparisons do not chain"},
	{"skb->u8 ==", 11, "expected a value at the end"},
	{"== 5", 1, "expected a value before '=='"},
	{"skb->u8 + *", 12, "expected a value at the end"},
	{"skb->u8 + )", 11, "expected a value before ')'"},
	{"skb->u8 5", 9, "expected an operator before '5'"},
	{"skb skb", 5, "expected an operator before 'skb'"},
	{"skb->", 6, "expected a member name after '->'"},
	{"skb->5", 6, "expected a member name"},
	{"skb->named.", 12, "expected a member name after '.'"},
	{"(skb->u8 == 1", 1, "missing ')' for this '('"},
	{"1 + (2 * (3)", 5, "missing ')' for this '('"},
	{"skb->cb[1", 8, "missing ']' for this '['"},
	{"skb->cb[1)", 10, "unexpected ')'"},
	{"skb->cb[]", 9, "expected a value before ']'"},
	{"skb->u8)", 8, "unexpected ')'"},
	{"skb->u8, 1", 8, "unexpected ','"},
	{"skb->u8;", 8, "unexpected ';'"},
	{"skb->u8 ? 1", 9, "missing ':' for this '?'"},
	{"skb->u8 ? 1 :", 14, "expected a value at the end"},
	{"skb->u8 : 1", 9, "unexpected ':'"},
	{"f(1)", 1, "unknown name 'f'"},
	{"skb->destructor(1)", 16, "function calls are not supported"},
	{"()", 2, "expected a value before ')'"},
	{"@", 1, "unexpected character"},
	{"skb->u8 \xc2\xa7 3", 9, "unexpected character"},
	{"skb\x01", 4, "unexpected character"},
	{"(struct elem)skb->u32", 2, "can only cast to a number or a pointer, as in (struct elem *)"},
	{"(void)skb->u32", 2, "as in (void *)"},
	{"(struct)skb", 8, "expected a name after 'struct'"},
	{"(const)1", 7, "expected a type"},
	{"(unsigned void)1", 2, "invalid combination of type specifiers"},
	{"(unsigned signed)1", 2, "invalid combination"},
	{"(short long)1", 2, "invalid combination"},
	{"(long long long)1", 2, "invalid combination"},
	{"(int int)1", 2, "invalid combination"},
	{"(unsigned _Bool)1", 2, "invalid combination"},
	{"(u8", 1, "missing ')' for this '('"},
	{"(u8)", 5, "expected a value at the end"},
	{"(u8 x)1", 5, "expected an operator before 'x'"},
};
/* clang-format on */

static void check_refused(const struct refused *r)
{
	char column[32], *mark;
	struct err err = ERR_INIT;
	struct expr *e = expr_make_one(r->text, EXPR_VALUE, &err);

	if (e)
		fail_msg("'%s' is accepted", r->text);
	snprintf(column, sizeof(column), "column %d: ", r->column);
	if (strncmp(err.msg, column, strlen(column)) || !strstr(err.msg, r->words))
		fail_msg("'%s': '%s', expected '%s%s'", r->text, err.msg, column, r->words);
	assert_null(strchr(err.msg, '\n'));
	mark = strchr(err.hint, '\n');
	assert_non_null(mark);
	assert_int_equal(strcspn(mark + 1, "^"), r->column - 1);
	assert_string_equal(mark + 1 + r->column - 1, "^");
	for (const char *c = err.hint; c < mark; c++)
		assert_in_range(*c, ' ', '~');
	/* Without a place for words nothing else happens. */
	assert_null(expr_make_one(r->text, EXPR_CONDITION, NULL));
}

static void test_refused(void **state)
{
	for (size_t i = 0; i < NR(refused); i++)
		check_refused(&refused[i]);
}

static void test_empty(void **state)
{
	static const char *const texts[] = {"", " ", "\n\t "};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < NR(texts); i++) {
		assert_null(expr_make_one(texts[i], EXPR_VALUE, &err));
		assert_string_equal(err.msg, "expression is empty");
		err_clear(&err);
	}
}

static void test_no_struct(void **state)
{
	struct err err = ERR_INIT;
	struct expr *e;

	assert_int_equal(
		expr_compile(&e, "xdp->rxq", "xdp", "xdp_buff", expr_btfs, 2, EXPR_VALUE, &err),
		-ENOTSUP);
	assert_null(e);
	assert_string_equal(err.msg, "the kernel's types have no 'struct xdp_buff'");
	assert_int_equal(expr_compile(&e, "1", "skb", "sk_buff", NULL, 0, EXPR_VALUE, NULL),
			 -ENOTSUP);
	assert_int_equal(
		expr_compile(&e, "dev->mtu", "dev", "device", expr_btfs, 2, EXPR_VALUE, NULL), 0);
	expr_free(e);
	expr_free(NULL);
}

/* Of a long text the place is shown, with a mark at the right character. */
static void test_long_text(void **state)
{
	struct err err = ERR_INIT;
	char text[4096] = "";
	const char *mark;

	for (int i = 0; i < 20; i++)
		strcat(text, "skb->u8 == 1 || ");
	strcat(text, "skb->wrong || ");
	for (int i = 0; i < 20; i++)
		strcat(text, "skb->u8 == 1 || ");
	assert_null(expr_make_one(text, EXPR_VALUE, &err));
	assert_non_null(strstr(err.msg, "column 326: "));
	assert_true(strlen(err.hint) < 300);
	mark = strchr(err.hint, '\n') + 1;
	assert_memory_equal(err.hint + strcspn(mark, "^"), "wrong", 5);
	assert_memory_equal(err.hint, "...", 3);
	assert_memory_equal(mark - 4, "...", 3);
}

static void repeat(char *text, const char *head, const char *part, int times, const char *tail)
{
	strcpy(text, head);
	for (int i = 0; i < times; i++)
		strcat(text, part);
	strcat(text, tail);
}

static bool compiles(const char *text, const char *words)
{
	struct err err = ERR_INIT;
	struct expr *e = expr_make_one(text, EXPR_VALUE, &err);

	if (!e) {
		if (!strstr(err.msg, words))
			fail_msg("'%.60s': '%s'", text, err.msg);
		return false;
	}
	expr_run(e, true);
	expr_free(e);
	return true;
}

/* Whatever is repeated: up to some number it is taken, and then refused in words. */
static void test_bounds(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		int good;
		const char *words;
	} cases[] = {
		{"", "(", "1", 0, "nested too deeply"},
		{"", "-+", "skb->u8", 60, "nested too deeply"},
		{"", "!", "skb->u8", 120, "nested too deeply"},
		{"", "(u8)", "skb->u32", 120, "nested too deeply"},
		{"", "&*", "skb->next", 30, "nested too deeply"},
		{"", "*&", "skb->u8", 30, "nested too deeply"},
		{"", "skb->u8 ? 1 : ", "2", 50, "too long"},
		{"", "skb->u8 + ", "1", 80, "too long"},
		{"", "skb->u8 && ", "1", 80, "too long"},
		{"", "1 + ", "skb->u8", 120, "too long"},
		{"skb", "->next", "->u8", 200, "too long"},
		{"(u8 ", "*", ")skb->u64", 60, "too many '*'"},
		{"skb->u8", " ", "", 20000, "longer than"},
		{"", "\t", "skb->u8", 20000, "longer than"},
		{"1", "0", "", 18, "64 bits"},
		{"skb->u8 == ", "a", "", 0, "unknown name"},
		{"(struct ", "a", " *)skb->u8", 0, "no 'struct"},
		{"skb->", "a", "", 0, "no member"},
	};
	static char text[1 << 20];

	expr_memory_init(3);
	for (size_t i = 0; i < NR(cases); i++) {
		repeat(text, cases[i].head, cases[i].part, cases[i].good, cases[i].tail);
		if (cases[i].good && !compiles(text, "never"))
			fail();
		repeat(text, cases[i].head, cases[i].part, 70000 / (int)strlen(cases[i].part),
		       cases[i].tail);
		assert_false(compiles(text, strlen(text) > 65536 ? "longer" : cases[i].words));
		repeat(text, cases[i].head, cases[i].part, 20000 / (int)strlen(cases[i].part),
		       cases[i].tail);
		if (cases[i].good < 20000)
			assert_false(compiles(text, cases[i].words));
	}
}

/* The deepest trees that fit: operands that all need slots, in every shape. */
static void grow(char *text, int depth, uint64_t *seed)
{
	static const char *const ops[] = {" + ", " - ", " / ", " & "};

	if (!depth) {
		strcat(text, "skb->u32");
		return;
	}
	strcat(text, "(");
	grow(text, depth - 1, seed);
	strcat(text, ops[packet_random(seed) % NR(ops)]);
	grow(text, depth - 1, seed);
	strcat(text, ")");
}

static void test_slots(void **state)
{
	struct err err = ERR_INIT;
	uint64_t seed = 1;
	char text[8192];
	struct expr *e;

	expr_memory_init(3);
	for (int depth = 0; depth < 8; depth++) {
		text[0] = '\0';
		grow(text, depth, &seed);
		e = expr_make_one(text, EXPR_VALUE, &err);
		assert_int_equal(!!e, depth < 7);
		if (!e)
			break;
		assert_in_range(expr_nr_slots(e), 2, EXPR_MAX_SLOTS);
		expr_run(e, true);
		expr_free(e);
	}
	for (int depth = 60; depth < 70; depth++) {
		repeat(text, "", "(", depth, "skb->u8");
		for (int i = 0; i < depth; i++)
			strcat(text, ")");
		e = expr_make_one(text, EXPR_VALUE, NULL);
		assert_int_equal(!!e, depth <= 63);
		expr_free(e);
	}
	/* Nested to either side it takes no more than two. */
	repeat(text, "", "skb->u8 + (", 50, "1");
	for (int i = 0; i < 50; i++)
		strcat(text, ")");
	e = expr_make_one(text, EXPR_VALUE, &err);
	assert_non_null(e);
	assert_in_range(expr_nr_slots(e), 2, 3);
	expr_free(e);
}

/* ---- damaged texts ---- */

static const char *const good[] = {
	"skb->dev->ifindex == 2 && skb->mark & 0xf",
	"((struct elem *)(skb->head + skb->network_header))->y[2] << 3 | 0x80UL",
	"*(__be32 *)&skb->cb[skb->u8 % 40] != ~(u16)skb->sfirst ? skb->dev : skb->data",
	"!(skb->u64 >= 07 || skb->s8 / -3 < '\\x41') ^ (skb->colour == GREEN)",
	"skb->elems + (skb->three - 1) > &skb->elems[0b11] && (unsigned long)skb->devs[1] % 8",
	"(const volatile unsigned char *)skb->of_module->back->grid[1][2]",
};

static const char pieces[] =
	"()[]*&->..+-/%<>=!^|~?:,'\"\\ 019xbuUlLskbu8(u8)struct elem\x7f\xff\x01\t";

static void damage(char *text, size_t room, uint64_t *seed)
{
	size_t len = strlen(text), at, n;

	for (uint32_t i = 0; i <= packet_random(seed) % 4; i++) {
		at = packet_random(seed) % (len + 1);
		switch (packet_random(seed) % 4) {
		case 0: /* something else */
			if (at < len)
				text[at] = pieces[packet_random(seed) % (sizeof(pieces) - 1)];
			break;
		case 1: /* something more */
			if (len + 1 < room) {
				memmove(text + at + 1, text + at, len - at + 1);
				text[at] = pieces[packet_random(seed) % (sizeof(pieces) - 1)];
			}
			break;
		case 2: /* less */
			n = packet_random(seed) % 5;
			n = n > len - at ? len - at : n;
			memmove(text + at, text + at + n, len - at - n + 1);
			break;
		default: /* a piece once more, elsewhere */
			n = packet_random(seed) % 12;
			if (n <= len - at && len + n < room) {
				memmove(text + at + n, text + at, len - at + 1);
				memmove(text + at, text, n < at ? n : at);
			}
		}
		len = strlen(text);
	}
}

static void test_damaged(void **state)
{
	uint64_t seed = 77;
	size_t nr_good = 0;
	char text[256];

	expr_memory_init(9);
	for (int i = 0; i < 60000; i++) {
		struct err err = ERR_INIT;
		struct expr *e;

		snprintf(text, sizeof(text), "%s", good[(size_t)i % NR(good)]);
		damage(text, sizeof(text), &seed);
		e = expr_make_one(text, i & 64 ? EXPR_CONDITION : EXPR_VALUE, &err);
		assert_int_equal(!e, err.code != 0);
		if (!e) {
			assert_null(strchr(err.msg, '\n'));
			continue;
		}
		expr_run(e, i & 32);
		expr_free(e);
		nr_good++;
	}
	assert_in_range(nr_good, 1000, 30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),	  cmocka_unit_test(test_empty),
		cmocka_unit_test(test_no_struct), cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_bounds),	  cmocka_unit_test(test_slots),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, expr_setup, expr_teardown);
}
