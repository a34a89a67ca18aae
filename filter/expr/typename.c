// SPDX-License-Identifier: GPL-2.0-only
/* Type names in casts. */
#include "filter/expr/private.h"

/* C's type specifiers, in any order. */
enum {
	WORD_UNSIGNED = 1,
	WORD_SIGNED = 2,
	WORD_SHORT = 4,
	WORD_LONG = 8,
	WORD_INT = 16,
	WORD_CHAR = 32,
	WORD_VOID = 64,
	WORD_BOOL = 128,
};

static unsigned int type_word(const struct expr_parse *p)
{
	static const char *const words[] = {"unsigned", "signed", "short", "long",
					    "int",	"char",	  "void",  "_Bool"};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (expr_at_name(p, words[i]))
			return 1u << i;
	return expr_at_name(p, "bool") ? WORD_BOOL : 0;
}

static bool at_qualifier(const struct expr_parse *p)
{
	return expr_at_name(p, "const") || expr_at_name(p, "volatile");
}

/* The BTF_KIND_* of struct, union or enum; 0 for any other token. */
static unsigned int tag_kind(const struct expr_parse *p)
{
	return expr_at_name(p, "struct")  ? BTF_KIND_STRUCT
	       : expr_at_name(p, "union") ? BTF_KIND_UNION
	       : expr_at_name(p, "enum")  ? BTF_KIND_ENUM
					  : 0;
}

static bool find_typedef(struct expr_parse *p, struct expr_type *type)
{
	struct span s = expr_token_text(p);

	return expr_kernel_int(s, type) || expr_find_type(&p->types, BTF_KIND_TYPEDEF, s, type);
}

bool expr_at_type(struct expr_parse *p)
{
	struct expr_type type;

	if (p->token.kind != TOKEN_NAME || expr_at_name(p, p->variable))
		return false;
	return at_qualifier(p) || type_word(p) || tag_kind(p) || find_typedef(p, &type);
}

static struct expr_type char_type(struct expr_parse *p)
{
	struct expr_type type;

	if (expr_find_type(&p->types, BTF_KIND_INT, (struct span){"char", 4}, &type))
		return type;
	return expr_int(1, (char)-1 < 0);
}

static bool parse_words(struct expr_parse *p, struct expr_type *type)
{
	uint32_t start = p->token.start;
	unsigned int all = 0, word, sign, rest, nr_long = 0;

	while ((word = type_word(p)) || at_qualifier(p)) {
		if (word & all && (word != WORD_LONG || ++nr_long > 1))
			goto bad;
		all |= word;
		expr_next(p);
	}
	sign = all & (WORD_UNSIGNED | WORD_SIGNED);
	rest = all & ~sign;
	*type = expr_int(4, !(all & WORD_UNSIGNED));
	if (sign == (WORD_UNSIGNED | WORD_SIGNED))
		goto bad;
	switch (rest) {
	case 0:
	case WORD_INT:
		return true;
	case WORD_SHORT:
	case WORD_SHORT | WORD_INT:
		type->size = 2;
		return true;
	case WORD_LONG:
	case WORD_LONG | WORD_INT:
		type->size = 8;
		return true;
	case WORD_CHAR:
		type->size = 1;
		if (!sign)
			*type = char_type(p);
		return true;
	}
	*type = (struct expr_type){.kind = rest == WORD_VOID ? KIND_VOID : KIND_INT};
	if (rest == WORD_BOOL) {
		type->size = 1;
		type->int_bool = true;
	}
	if (!sign && (rest == WORD_VOID || rest == WORD_BOOL))
		return true;
bad:
	expr_fail(p, start, "invalid combination of type specifiers");
	return false;
}

static bool parse_tag(struct expr_parse *p, unsigned int kind, struct expr_type *type)
{
	struct span word = expr_token_text(p), name;
	struct nearest n;

	expr_next(p);
	name = expr_token_text(p);
	if (p->token.kind != TOKEN_NAME) {
		expr_fail(p, p->token.start, "expected a name after '%.*s'", (int)word.len,
			  word.at);
		return false;
	}
	if (expr_find_type(&p->types, kind, name, type)) {
		expr_next(p);
		return true;
	}
	expr_nearest_init(&n, name);
	expr_nearest_type(&n, &p->types, kind);
	expr_fail(p, p->token.start, "the kernel's types have no '%.*s %.*s'%s%s%s", (int)word.len,
		  word.at, (int)name.len, name.at, n.best ? "; did you mean '" : "",
		  n.best ? n.best : "", n.best ? "'?" : "");
	return false;
}

bool expr_parse_type(struct expr_parse *p, struct expr_type *type)
{
	while (at_qualifier(p))
		expr_next(p);
	if (tag_kind(p)) {
		if (!parse_tag(p, tag_kind(p), type))
			return false;
	} else if (type_word(p)) {
		if (!parse_words(p, type))
			return false;
	} else if (p->token.kind == TOKEN_NAME && find_typedef(p, type)) {
		expr_next(p);
	} else {
		expr_fail(p, p->token.start, "expected a type");
		return false;
	}
	while (expr_at(p, "*") || at_qualifier(p)) {
		if (expr_at(p, "*") && type->stars++ == EXPR_MAX_DEPTH) {
			expr_fail(p, p->token.start, "too many '*'");
			return false;
		}
		expr_next(p);
	}
	return true;
}
