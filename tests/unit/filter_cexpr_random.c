// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random expressions against a second opinion: their trees are printed with as few parentheses as
 * C needs, and evaluated here with numbers that do not overflow, which are cut to the type after
 * each step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_expr.h"
#include "tests/unit/lib_packet.h"

#define NR(a)	  (sizeof(a) / sizeof((a)[0]))
#define NR_TREES  60000
#define MAX_TREE  96
#define MAX_DEPTH 6
#define TEXT_SZ	  8192

typedef __int128 wide;

struct value {
	wide v;
	unsigned int bits; /* of the type */
	bool is_signed;
};

enum what { NUMBER, MEMBER, UNARY, CAST, BINARY, CHOICE };

struct tree {
	enum what what;
	const char *text; /* of an operator or member; the type of a cast */
	int prec;
	char number[40];
	struct value value; /* of a leaf; the type of a cast */
	struct tree *a, *b, *c;
};

static struct tree trees[MAX_TREE];
static size_t nr_trees;
static uint64_t seed = 2024;

static uint32_t below(uint32_t n)
{
	return packet_random(&seed) % n;
}

/* ---- the second opinion ---- */

static wide power(unsigned int bits)
{
	return (wide)1 << bits;
}

/* The value modulo 2^bits, within the range of the type. */
static struct value as_type(wide v, unsigned int bits, bool is_signed)
{
	if (bits == 1)
		return (struct value){v != 0, 1, false};
	v %= power(bits);
	if (v < 0)
		v += power(bits);
	if (is_signed && v >= power(bits - 1))
		v -= power(bits);
	return (struct value){v, bits, is_signed};
}

static struct value promoted(struct value x)
{
	return x.bits < 32 ? as_type(x.v, 32, true) : x;
}

static struct value truth(bool b)
{
	return (struct value){b, 32, true};
}

static bool undefined; /* what is refused where it is known beforehand */

static wide apply(const char *op, wide x, wide y, unsigned int bits)
{
	wide shift = ((y % bits) + bits) % bits;

	if (!strcmp(op, "<<"))
		return x * power((unsigned int)shift);
	if (!strcmp(op, ">>")) /* rounds down */
		return x >= 0 ? x / power((unsigned int)shift)
			      : -((-x + power((unsigned int)shift) - 1) /
				  power((unsigned int)shift));
	switch (*op) {
	case '+':
		return x + y;
	case '-':
		return x - y;
	case '*':
		return x * y;
	case '/':
		return y ? x / y : 0;
	case '%':
		return y ? x % y : 0;
	case '&':
		return x & y;
	case '|':
		return x | y;
	default:
		return x ^ y;
	}
}

static bool compare(const char *op, wide x, wide y)
{
	if (!strcmp(op, "=="))
		return x == y;
	if (!strcmp(op, "!="))
		return x != y;
	if (op[0] == '<')
		return op[1] ? x <= y : x < y;
	return op[1] ? x >= y : x > y;
}

static struct value evaluate(const struct tree *t);

static struct value evaluate_binary(const struct tree *t)
{
	struct value x = evaluate(t->a), y = evaluate(t->b), z;

	if (!strcmp(t->text, "&&"))
		return truth(x.v && y.v);
	if (!strcmp(t->text, "||"))
		return truth(x.v || y.v);
	x = promoted(x);
	y = promoted(y);
	if (!strcmp(t->text, "<<") || !strcmp(t->text, ">>")) {
		undefined |= y.v < 0 || y.v >= x.bits;
		return as_type(apply(t->text, x.v, y.v, x.bits), x.bits, x.is_signed);
	}
	z = x.bits > y.bits ? x : y;
	if (x.bits == y.bits)
		z.is_signed = x.is_signed && y.is_signed;
	x = as_type(x.v, z.bits, z.is_signed);
	y = as_type(y.v, z.bits, z.is_signed);
	if (t->prec == 6 || t->prec == 7)
		return truth(compare(t->text, x.v, y.v));
	undefined |= (*t->text == '/' || *t->text == '%') && !y.v;
	/* Products of 64 bits each fit, but for unsigned ones. */
	if (*t->text == '*' && !z.is_signed)
		return as_type((wide)((unsigned __int128)x.v * (unsigned __int128)y.v %
				      (unsigned __int128)power(z.bits)),
			       z.bits, false);
	return as_type(apply(t->text, x.v, y.v, z.bits), z.bits, z.is_signed);
}

static struct value evaluate_unary(const struct tree *t)
{
	struct value x = evaluate(t->a);

	if (*t->text == '!')
		return truth(!x.v);
	x = promoted(x);
	return as_type(*t->text == '-'	 ? -x.v
		       : *t->text == '~' ? -x.v - 1
					 : x.v,
		       x.bits, x.is_signed);
}

static struct value evaluate(const struct tree *t)
{
	struct value x, y, z;

	switch (t->what) {
	case UNARY:
		return evaluate_unary(t);
	case CAST:
		return as_type(evaluate(t->a).v, t->value.bits, t->value.is_signed);
	case BINARY:
		return evaluate_binary(t);
	case CHOICE:
		x = evaluate(t->a);
		y = promoted(evaluate(t->b));
		z = promoted(evaluate(t->c));
		x.v = x.v ? y.v : z.v;
		if (y.bits == z.bits)
			return as_type(x.v, y.bits, y.is_signed && z.is_signed);
		return as_type(x.v, y.bits > z.bits ? y.bits : z.bits,
			       y.bits > z.bits ? y.is_signed : z.is_signed);
	default:
		return t->value;
	}
}

/* ---- random trees ---- */

/* A member of a type that as_type() makes; bit-fields narrower than int are ints. */
#define A_MEMBER(m, bits, is_signed)                                                               \
	{                                                                                          \
		"skb->" #m, bits, is_signed, 0                                                     \
	}

static struct member {
	const char *text;
	unsigned int bits;
	bool is_signed;
	wide v;
} members[] = {
	A_MEMBER(s8, 8, true),
	A_MEMBER(u8, 8, false),
	A_MEMBER(s16, 16, true),
	A_MEMBER(u16, 16, false),
	A_MEMBER(s32, 32, true),
	A_MEMBER(u32, 32, false),
	A_MEMBER(s64, 64, true),
	A_MEMBER(u64, 64, false),
	A_MEMBER(yes, 1, false),
	A_MEMBER(first, 31, true),
	A_MEMBER(three, 31, true),
	A_MEMBER(sfirst, 31, true),
	A_MEMBER(slast, 31, true),
	A_MEMBER(dev->mtu, 32, false),
	A_MEMBER(dev->ifindex, 32, true),
	A_MEMBER(cb[7], 8, false),
	A_MEMBER(elems[2].y[1], 8, true),
	A_MEMBER(half[0], 8, true),
	A_MEMBER(swide, 64, true),
	A_MEMBER(last, 31, true),
};

static void read_members(void)
{
	const struct sk_buff *skb = expr_skb;
	const wide v[] = {
		skb->s8,
		skb->u8,
		skb->s16,
		skb->u16,
		skb->s32,
		skb->u32,
		skb->s64,
		skb->u64,
		skb->yes,
		skb->first,
		skb->three,
		skb->sfirst,
		skb->slast,
		skb->dev->mtu,
		skb->dev->ifindex,
		skb->cb[7],
		skb->elems[2].y[1],
		skb->half[0],
		skb->swide,
		skb->last,
	};

	_Static_assert(NR(v) == NR(members), "each has a value");
	for (size_t i = 0; i < NR(v); i++)
		members[i].v = v[i];
}

static struct tree *new_tree(enum what what)
{
	struct tree *t;

	if (nr_trees == MAX_TREE)
		abort();
	t = &trees[nr_trees++];
	*t = (struct tree){.what = what, .prec = 12};
	return t;
}

/* Interesting ones more often. */
static uint64_t random_number(void)
{
	uint64_t v = packet_random(&seed);

	switch (below(5)) {
	case 0:
		return v % 4;
	case 1:
		return v % 300;
	case 2: /* near a power of two */
		return ((uint64_t)1 << below(64)) - v % 3;
	case 3:
		return v;
	default:
		return v << 32 | packet_random(&seed);
	}
}

static struct tree *number(void)
{
	static const char *const formats[] = {"%lu", "%#lx", "0%lo", "0o%lo"};
	static const char *const suffixes[] = {"", "u", "l", "UL", "llu"};
	struct tree *t = new_tree(NUMBER);
	uint32_t how = below(NR(formats)), suffix = below(NR(suffixes)), n;
	bool is_signed = suffix == 0 || suffix == 2;
	unsigned int bits = suffix < 2 ? 32 : 64;
	uint64_t v = random_number();

	n = (uint32_t)snprintf(t->number, sizeof(t->number), formats[how], v);
	snprintf(t->number + n, sizeof(t->number) - n, "%s", suffixes[suffix]);
	/* The first type that it fits; only those not in decimal become unsigned on the way. */
	if (bits == 32 && v > (is_signed ? INT32_MAX : UINT32_MAX)) {
		if (is_signed && how && v <= UINT32_MAX)
			is_signed = false;
		else
			bits = 64;
	}
	if (bits == 64 && v > INT64_MAX)
		is_signed = false;
	t->value = as_type((wide)v, bits, is_signed);
	return t;
}

static struct tree *member(void)
{
	const struct member *m = &members[below(NR(members))];
	struct tree *t = new_tree(MEMBER);

	t->text = m->text;
	t->value = (struct value){m->v, m->bits, m->is_signed};
	return t;
}

static struct tree *random_tree(int depth);

static struct tree *cast(int depth)
{
	static const struct {
		const char *text;
		unsigned int bits;
		bool is_signed;
	} types[] = {
		{"(u8)", 8, false},
		{"(__s8)", 8, true},
		{"(unsigned short)", 16, false},
		{"(short int)", 16, true},
		{"(u32)", 32, false},
		{"(int)", 32, true},
		{"(signed)", 32, true},
		{"(size_t)", 64, false},
		{"(const u64)", 64, false},
		{"(long long)", 64, true},
		{"(bool)", 1, false},
		{"(long unsigned int)", 64, false},
	};
	struct tree *t = new_tree(CAST);
	uint32_t n = below(NR(types));

	t->text = types[n].text;
	t->value = (struct value){0, types[n].bits, types[n].is_signed};
	t->prec = 11;
	t->a = random_tree(depth - 1);
	return t;
}

static struct tree *binary(int depth)
{
	static const struct {
		const char *text;
		int prec;
	} ops[] = {{"*", 10}, {"/", 10}, {"%", 10}, {"+", 9}, {"-", 9},	 {"<<", 8},
		   {">>", 8}, {"<", 7},	 {"<=", 7}, {">", 7}, {">=", 7}, {"==", 6},
		   {"!=", 6}, {"&", 5},	 {"^", 4},  {"|", 3}, {"&&", 2}, {"||", 1}};
	struct tree *t = new_tree(BINARY);
	uint32_t n = below(NR(ops));

	t->text = ops[n].text;
	t->prec = ops[n].prec;
	t->a = random_tree(depth - 1);
	t->b = random_tree(depth - 1);
	return t;
}

static struct tree *random_tree(int depth)
{
	static const char *const unary[] = {"-", "~", "!", "+"};
	struct tree *t;

	if (depth <= 0 || nr_trees > MAX_TREE - 3 * MAX_DEPTH || !below(6))
		return below(5) < 2 ? number() : member();
	switch (below(8)) {
	case 0:
		t = new_tree(UNARY);
		t->text = unary[below(NR(unary))];
		t->prec = 11;
		t->a = random_tree(depth - 1);
		return t;
	case 1:
		return cast(depth);
	case 2:
		t = new_tree(CHOICE);
		t->prec = 0;
		t->a = random_tree(depth - 1);
		t->b = random_tree(depth - 1);
		t->c = random_tree(depth - 1);
		return t;
	default:
		return binary(depth);
	}
}

/* ---- as text ---- */

static void print(const struct tree *t, int min_prec, char *text);

static void add(char *text, const char *more)
{
	strcat(text, below(4) ? more : " ");
	if (text[strlen(text) - 1] == ' ')
		strcat(text, more);
}

static bool compares(const struct tree *t)
{
	return t->what == BINARY && (t->prec == 6 || t->prec == 7);
}

/* C needs no parentheses around a comparison there, but this compiler does. */
static int operand_prec(const struct tree *t, const struct tree *operand, int prec)
{
	return compares(operand) && (compares(t) || (t->prec >= 3 && t->prec <= 5)) ? 12 : prec;
}

static void print_inside(const struct tree *t, char *text)
{
	switch (t->what) {
	case NUMBER:
		strcat(text, t->number);
		break;
	case MEMBER:
		strcat(text, t->text);
		break;
	case UNARY:
		/* a space: "- -1", "1 - -1" */
		strcat(text, " ");
		/* fallthrough */
	case CAST:
		strcat(text, t->text);
		print(t->a, 11, text);
		break;
	case BINARY:
		print(t->a, operand_prec(t, t->a, t->prec), text);
		add(text, t->text);
		print(t->b, operand_prec(t, t->b, t->prec + 1), text);
		break;
	case CHOICE:
		print(t->a, 1, text);
		add(text, "?");
		print(t->b, 0, text);
		add(text, ":");
		print(t->c, 0, text);
	}
}

static void print(const struct tree *t, int min_prec, char *text)
{
	bool parentheses = t->prec < min_prec || !below(20);

	strcat(text, parentheses ? "(" : "");
	print_inside(t, text);
	strcat(text, parentheses ? ")" : "");
}

/* ---- both ---- */

static size_t nr_run, nr_too_long, nr_undefined;

static void check_one(const char *text, struct value want)
{
	struct err err = ERR_INIT;
	struct expr *e = expr_make_one(text, EXPR_VALUE, &err);
	uint64_t got;

	if (!e && strstr(err.msg, "too long")) {
		nr_too_long++;
		return;
	}
	if (!e && undefined && (strstr(err.msg, "division") || strstr(err.msg, "shift"))) {
		nr_undefined++;
		return;
	}
	if (!e)
		fail_msg("'%s': %s", text, err.msg);
	got = expr_run(e, true);
	if (got != (uint64_t)want.v)
		fail_msg("'%s': %#lx, expected %#lx", text, got, (uint64_t)want.v);
	expr_free(e);
	e = expr_make_one(text, EXPR_CONDITION, &err);
	if (e && expr_run(e, true) != (want.v != 0))
		fail_msg("'%s' as condition", text);
	expr_free(e);
	nr_run++;
}

static void test_random(void **state)
{
	static char text[TEXT_SZ];

	for (int i = 0; i < NR_TREES; i++) {
		struct tree *t;

		if (!(i % 50)) {
			expr_memory_init((uint64_t)i + 1);
			read_members();
		}
		nr_trees = 0;
		undefined = false;
		t = random_tree((int)below(MAX_DEPTH) + 1);
		text[0] = '\0';
		print(t, 0, text);
		check_one(text, evaluate(t));
	}
	printf("%zu expressions, %zu undefined, %zu too long\n", nr_run, nr_undefined, nr_too_long);
	assert_true(nr_run > NR_TREES * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, expr_setup, expr_teardown);
}
