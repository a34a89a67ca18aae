// SPDX-License-Identifier: GPL-2.0-only
/* Text to tokens. */
#include <ctype.h>
#include <string.h>

#include "filter/expr/private.h"

struct symbol {
	char text[4];
	uint8_t op; /* of a binary operator; OP_NONE: other, or not allowed */
	uint8_t prec;
};

/* clang-format off */
static const struct symbol symbols[] = {
	{"||", OP_LOR, 1}, {"&&", OP_LAND, 2},
	{"|", OP_OR, 3}, {"^", OP_XOR, 4}, {"&", OP_AND, 5},
	{"==", OP_EQ, 6}, {"!=", OP_NE, 6},
	{"<", OP_LT, 7}, {"<=", OP_LE, 7}, {">", OP_GT, 7}, {">=", OP_GE, 7},
	{"<<", OP_SHL, 8}, {">>", OP_SHR, 8},
	{"+", OP_ADD, 9}, {"-", OP_SUB, 9},
	{"*", OP_MUL, 10}, {"/", OP_DIV, 10}, {"%", OP_MOD, 10},
	{"->"}, {"."}, {"("}, {")"}, {"["}, {"]"}, {"~"}, {"!"}, {"?"}, {":"}, {","}, {";"},
	{"="}, {"+="}, {"-="}, {"*="}, {"/="}, {"%="}, {"&="}, {"|="}, {"^="}, {"<<="}, {">>="},
	{"++"}, {"--"},
};
/* clang-format on */

struct span expr_token_text(const struct expr_parse *p)
{
	return (struct span){p->e->text + p->token.start, p->token.end - p->token.start};
}

bool expr_at(const struct expr_parse *p, const char *symbol)
{
	return p->token.kind == TOKEN_OPERATOR && span_is(expr_token_text(p), symbol);
}

bool expr_at_name(const struct expr_parse *p, const char *name)
{
	return p->token.kind == TOKEN_NAME && span_is(expr_token_text(p), name);
}

static void fail(struct expr_parse *p, const char *at, const char *why)
{
	p->token.kind = TOKEN_BAD;
	expr_fail(p, (size_t)(at - p->e->text), "%s", why);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* ---- numbers ---- */

static unsigned int digit_value(char c)
{
	if (isdigit((unsigned char)c))
		return (unsigned int)(c - '0');
	return isxdigit((unsigned char)c) ? (unsigned int)(c | 0x20) - 'a' + 10 : 16;
}

/* The base of the number at *s; *s advances past a prefix. */
static unsigned int lex_base(const char **s)
{
	static const char letters[] = "xXbBoO";
	static const uint8_t bases[] = {16, 2, 8};
	const char *letter = **s == '0' && (*s)[1] ? strchr(letters, (*s)[1]) : NULL;

	if (!letter)
		return **s == '0' ? 8 : 10;
	*s += 2;
	return bases[(letter - letters) / 2];
}

/* Suffixes u, l, ul, ll, ull in any order and case; false for anything else. */
static bool lex_suffix(const char **s, bool *is_unsigned, bool *is_long)
{
	unsigned int nr_l = 0, nr_u = 0;

	for (; is_name_char(**s); (*s)++) {
		if (**s == 'u' || **s == 'U')
			nr_u++;
		else if (**s == 'l' || **s == 'L')
			nr_l++;
		else
			return false;
	}
	*is_unsigned = nr_u;
	*is_long = nr_l;
	return nr_u <= 1 && nr_l <= 2;
}

/* The first of int, unsigned int, long, unsigned long that fits; decimals without u stay signed. */
static struct expr_type number_type(uint64_t v, bool is_decimal, bool is_unsigned, bool is_long)
{
	if (!is_long && !is_unsigned && v <= INT32_MAX)
		return expr_int(4, true);
	if (!is_long && (is_unsigned || !is_decimal) && v <= UINT32_MAX)
		return expr_int(4, false);
	return expr_int(8, !is_unsigned && v <= INT64_MAX);
}

static void lex_number(struct expr_parse *p, const char *start)
{
	const char *s = start, *digits;
	unsigned int base = lex_base(&s);
	bool is_unsigned, is_long;
	uint64_t v = 0;

	for (digits = s; digit_value(*s) < (base == 16 ? 16 : 10); s++) {
		if (digit_value(*s) >= base) {
			fail(p, s,
			     base == 2 ? "invalid digit in a binary number: expected 0 or 1"
				       : "invalid digit in an octal number (leading 0): expected 0 "
					 "to 7");
			return;
		}
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, digit_value(*s), &v)) {
			fail(p, start, "number does not fit in 64 bits");
			return;
		}
	}
	if (s == digits) {
		fail(p, s, "expected digits");
		return;
	}
	digits = s;
	if (*s == '.') {
		fail(p, s, "unexpected '.' in a number (write the address 10.0.0.1 as 0x0a000001)");
		return;
	}
	if (!lex_suffix(&s, &is_unsigned, &is_long)) {
		fail(p, digits, "invalid suffix of a number: expected u or l");
		return;
	}
	p->token.kind = TOKEN_NUMBER;
	p->token.end = (uint32_t)(s - p->e->text);
	p->token.value = v;
	p->token.type = number_type(v, base == 10, is_unsigned, is_long);
}

/* After a backslash. -1: unknown escape. */
static int lex_escape(const char **s)
{
	static const char letters[] = "abtnvfr"; /* 7 to 13 */
	const char *letter;
	char c = **s;
	int v = 0, n;

	if (!c)
		return -1;
	++*s;
	if (c == 'x') {
		for (n = 0; n < 2 && digit_value(**s) < 16; n++)
			v = 16 * v + (int)digit_value(*(*s)++);
		return n ? v : -1;
	}
	if (c == '0')
		return 0;
	letter = strchr(letters, c);
	if (letter)
		return (int)(letter - letters) + 7;
	return strchr("\\'\"", c) ? c : -1;
}

static void lex_character(struct expr_parse *p, const char *start)
{
	const char *s = start + 1;
	int v = (unsigned char)*s;

	if (v == '\\') {
		s++;
		v = lex_escape(&s);
	} else if (v >= ' ' && v <= '~' && v != '\'') {
		s++;
	} else {
		v = -1;
	}
	if (v < 0 || *s != '\'') {
		fail(p, start, "invalid character constant: expected 'a', '\\n' or '\\x0a'");
		return;
	}
	p->token.kind = TOKEN_NUMBER;
	p->token.end = (uint32_t)(s + 1 - p->e->text);
	p->token.value = (uint64_t)(int64_t)(int8_t)v;
	p->token.type = expr_int(4, true);
}

/* ---- all tokens ---- */

static void lex_operator(struct expr_parse *p, const char *s)
{
	size_t longest = 0;

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		size_t len = strlen(symbols[i].text);

		if (len <= longest || strncmp(s, symbols[i].text, len))
			continue;
		longest = len;
		p->token.op = symbols[i].op;
		p->token.prec = symbols[i].prec;
	}
	p->token.kind = TOKEN_OPERATOR;
	p->token.end = p->token.start + (uint32_t)longest;
	if (longest)
		return;
	if (*s == '"')
		fail(p, s, "strings are not supported: compare characters, as in name[0] == 'e'");
	else
		fail(p, s, "unexpected character");
}

void expr_next(struct expr_parse *p)
{
	const char *text = p->e->text, *s = text + p->token.end;

	while (*s == ' ')
		s++;
	p->token = (struct expr_token){.start = (uint32_t)(s - text), .end = (uint32_t)(s - text)};
	if (!*s) {
		p->token.kind = TOKEN_END;
	} else if (isdigit((unsigned char)*s)) {
		lex_number(p, s);
	} else if (is_name_char(*s)) {
		while (is_name_char(*s))
			s++;
		p->token.kind = TOKEN_NAME;
		p->token.end = (uint32_t)(s - text);
	} else if (*s == '\'') {
		lex_character(p, s);
	} else {
		lex_operator(p, s);
	}
}
