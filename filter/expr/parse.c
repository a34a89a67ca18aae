// SPDX-License-Identifier: GPL-2.0-only
/* Tokens to nodes: a recursive descent parser for C's expression grammar. */
#include <string.h>

#include "filter/expr/private.h"

static struct expr_node *parse_conditional(struct expr_parse *p);
static struct expr_node *parse_unary(struct expr_parse *p);

/* Bound the recursion depth. */
static bool enter(struct expr_parse *p)
{
	if (p->depth == EXPR_MAX_DEPTH) {
		expr_fail(p, p->token.start, "expression is nested too deeply");
		return false;
	}
	p->depth++;
	return true;
}

/* ---- syntax errors ---- */

/* Report words of packet filters and operators of C that expressions lack, with a replacement. */
static bool reject_foreign(struct expr_parse *p)
{
	static const char *const words[][2] = {{"and", "&&"}, {"or", "||"}, {"not", "!"}};
	struct span s = expr_token_text(p);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!expr_at_name(p, words[i][0]))
			continue;
		expr_fail(p, p->token.start, "unexpected '%s': use '%s'", words[i][0], words[i][1]);
		return true;
	}
	if (expr_at(p, "="))
		expr_fail(p, p->token.start, "assignment is not supported: use '==' to compare");
	else if (p->token.kind == TOKEN_OPERATOR && !p->token.op && s.len > 1 && !expr_at(p, "->"))
		expr_fail(p, p->token.start, "assignment '%.*s' is not supported", (int)s.len,
			  s.at);
	else
		return false;
	return true;
}

/* Expected a value. */
static void *fail_value(struct expr_parse *p)
{
	struct span s = expr_token_text(p);

	if (reject_foreign(p))
		return NULL;
	if (p->token.kind == TOKEN_END)
		return expr_fail(p, p->token.start, "expected a value at the end");
	return expr_fail(p, p->token.start, "expected a value before '%.*s'", (int)s.len, s.at);
}

/* After a complete expression: neither an operator nor the end. */
static void *fail_operator(struct expr_parse *p)
{
	struct span s = expr_token_text(p);

	if (reject_foreign(p))
		return NULL;
	if (p->token.kind == TOKEN_NAME || p->token.kind == TOKEN_NUMBER)
		return expr_fail(p, p->token.start, "expected an operator before '%.*s'",
				 (int)s.len, s.at);
	if (expr_at(p, "("))
		return expr_fail(p, p->token.start, "function calls are not supported");
	return expr_fail(p, p->token.start, "unexpected '%.*s'", (int)s.len, s.at);
}

static bool expect(struct expr_parse *p, const char *symbol, uint32_t opened)
{
	if (expr_at(p, symbol)) {
		expr_next(p);
		return true;
	}
	if (p->token.kind == TOKEN_END)
		expr_fail(p, opened, "missing '%s' for this '%c'", symbol, p->e->text[opened]);
	else
		fail_operator(p);
	return false;
}

/* After the opening parenthesis. */
static struct expr_node *parse_cast(struct expr_parse *p, uint32_t start)
{
	uint32_t name = p->token.start, end;
	struct expr_type type;

	if (!expr_parse_type(p, &type))
		return NULL;
	end = p->token.start;
	if (!expect(p, ")", start))
		return NULL;
	if (!expr_is_scalar(type))
		return expr_fail(p, name, "can only cast to a number or a pointer, as in (%.*s *)",
				 (int)(end - name), p->e->text + name);
	return expr_cast(p, start, type, parse_unary(p));
}

/* ---- values ---- */

static void *fail_name(struct expr_parse *p)
{
	struct span s = expr_token_text(p);
	struct expr_field field;
	struct nearest n;

	if (reject_foreign(p))
		return NULL;
	if (expr_find_member(&p->types, p->root, s, &field))
		return expr_fail(p, p->token.start, "unknown name '%.*s'; did you mean '%s->%.*s'?",
				 (int)s.len, s.at, p->variable, (int)s.len, s.at);
	expr_nearest_init(&n, s);
	expr_nearest_offer(&n, p->variable);
	expr_nearest_enumerator(&n, &p->types);
	if (n.best)
		return expr_fail(p, p->token.start, "unknown name '%.*s'; did you mean '%s'?",
				 (int)s.len, s.at, n.best);
	return expr_fail(p, p->token.start, "unknown name '%.*s': expected '%s' or an enumerator",
			 (int)s.len, s.at, p->variable);
}

static struct expr_node *parse_name(struct expr_parse *p)
{
	uint32_t start = p->token.start, end = p->token.end;
	struct expr_type type = expr_int(4, true);
	struct span s = expr_token_text(p);
	uint64_t value[2] = {0};

	if (expr_at_name(p, p->variable)) {
		expr_next(p);
		return expr_new(p, OP_VAR, expr_pointer_to(p->root), start, end);
	}
	if (expr_at_name(p, "true")) {
		value[0] = 1;
	} else if (!expr_at_name(p, "false") && !expr_at_name(p, "NULL")) {
		switch (expr_find_enumerator(&p->types, s, &type, value)) {
		case NOT_FOUND:
			return fail_name(p);
		case AMBIGUOUS:
			return expr_fail(p, start,
					 "ambiguous enumerator '%.*s': the kernel's types have "
					 "values %lld and %lld; use the number",
					 (int)s.len, s.at, (long long)value[0],
					 (long long)value[1]);
		case FOUND:
			break;
		}
	}
	expr_next(p);
	return expr_number(p, type, value[0], start, end);
}

/* After the opening parenthesis. */
static struct expr_node *parse_parentheses(struct expr_parse *p, uint32_t start)
{
	struct expr_node *n = parse_conditional(p);
	uint32_t end = p->token.end;

	if (!n || !expect(p, ")", start))
		return NULL;
	n->is_bare = false;
	n->start = start;
	n->end = end;
	return n;
}

static struct expr_node *parse_postfix(struct expr_parse *p, struct expr_node *n)
{
	bool arrow = expr_at(p, "->");
	uint32_t start = p->token.start, end;
	struct expr_node *idx;

	if (expr_at(p, "[")) {
		expr_next(p);
		idx = parse_conditional(p);
		end = p->token.end;
		if (!idx || !expect(p, "]", start))
			return NULL;
		n = expr_index(p, n, idx);
		if (n)
			n->end = end;
		return n;
	}
	expr_next(p);
	if (p->token.kind != TOKEN_NAME)
		return expr_fail(p, p->token.start, "expected a member name after '%s'",
				 arrow ? "->" : ".");
	n = expr_member(p, n, arrow);
	expr_next(p);
	return n;
}

static struct expr_node *parse_postfixes(struct expr_parse *p, struct expr_node *n)
{
	while (n && (expr_at(p, "->") || expr_at(p, ".") || expr_at(p, "[")))
		n = parse_postfix(p, n);
	return n;
}

/* The prefix operator here, or OP_NONE. '*' and '&' are OP_MUL and OP_AND. */
static enum expr_op prefix_op(const struct expr_parse *p)
{
	static const struct {
		char symbol[2];
		uint8_t op;
	} prefixes[] = {{"-", OP_NEG}, {"~", OP_INV}, {"!", OP_NOT},
			{"+", OP_ADD}, {"*", OP_MUL}, {"&", OP_AND}};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (expr_at(p, prefixes[i].symbol))
			return prefixes[i].op;
	return OP_NONE;
}

static struct expr_node *parse_prefixed(struct expr_parse *p, enum expr_op op)
{
	uint32_t start = p->token.start;
	struct expr_node *n;

	expr_next(p);
	n = parse_unary(p);
	if (!n)
		return NULL;
	if (op == OP_MUL)
		return expr_deref(p, start, n);
	if (op == OP_AND)
		return expr_address(p, start, n);
	return expr_unary(p, op, start, n);
}

static struct expr_node *parse_operand(struct expr_parse *p)
{
	struct expr_token t = p->token;
	enum expr_op op = prefix_op(p);

	if (op != OP_NONE)
		return parse_prefixed(p, op);
	if (t.kind == TOKEN_NUMBER) {
		expr_next(p);
		return parse_postfixes(p, expr_number(p, t.type, t.value, t.start, t.end));
	}
	if (t.kind == TOKEN_NAME)
		return parse_postfixes(p, parse_name(p));
	if (!expr_at(p, "("))
		return fail_value(p);
	expr_next(p);
	if (expr_at_type(p))
		return parse_cast(p, t.start);
	return parse_postfixes(p, parse_parentheses(p, t.start));
}

static struct expr_node *parse_unary(struct expr_parse *p)
{
	struct expr_node *n;

	if (!enter(p))
		return NULL;
	n = parse_operand(p);
	p->depth--;
	return n;
}

static struct expr_node *parse_binary(struct expr_parse *p, uint8_t min_prec)
{
	struct expr_node *n = parse_unary(p);

	while (n && p->token.kind == TOKEN_OPERATOR && p->token.op && p->token.prec >= min_prec) {
		struct expr_token t = p->token;

		expr_next(p);
		n = expr_binary(p, t.op, t.start, n, parse_binary(p, t.prec + 1));
	}
	return n;
}

/* A whole expression, including ?: */
static struct expr_node *parse_conditional(struct expr_parse *p)
{
	struct expr_node *n, *yes, *no;
	uint32_t start;

	if (!enter(p))
		return NULL;
	n = parse_binary(p, 1);
	start = p->token.start;
	if (n && expr_at(p, "?")) {
		n = expr_scalar(p, n);
		expr_next(p);
		yes = n ? parse_conditional(p) : NULL;
		no = yes && expect(p, ":", start) ? parse_conditional(p) : NULL;
		n = no ? expr_cond(p, n, yes, no) : NULL;
	}
	p->depth--;
	return n;
}

struct expr_node *expr_parse(struct expr_parse *p, enum expr_use use)
{
	struct expr_node *n;

	expr_next(p);
	n = parse_conditional(p);
	if (n && p->token.kind != TOKEN_END)
		return fail_operator(p);
	n = expr_scalar(p, n);
	return n && use == EXPR_CONDITION ? expr_to_bool(p, n) : n;
}
