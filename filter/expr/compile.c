// SPDX-License-Identifier: GPL-2.0-only
#include "filter/expr/expr.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/expr/private.h"

#define MAX_TEXT 65536

/* Copy the text onto one line, for messages. */
static char *copy_text(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; c && *c; c++)
		if (isspace((unsigned char)*c))
			*c = ' ';
	return copy;
}

static int parse(struct expr_parse *p, enum expr_use use, const char *type)
{
	struct span name = {type, strlen(type)};

	if (strlen(p->e->text) > MAX_TEXT)
		return err_set(p->err, -EINVAL, "expression is longer than %d characters",
			       MAX_TEXT);
	if (!p->e->text[strspn(p->e->text, " ")])
		return err_set(p->err, -EINVAL, "expression is empty");
	if (!expr_find_type(&p->types, BTF_KIND_STRUCT, name, &p->root))
		return err_set(p->err, -ENOTSUP, "the kernel's types have no 'struct %s'", type);
	p->e->root = expr_parse(p, use);
	return p->e->root ? 0 : -EINVAL;
}

int expr_compile(struct expr **out, const char *text, const char *variable, const char *type,
		 const struct btf *const *btfs, size_t nr_btfs, enum expr_use use, struct err *err)
{
	struct expr *e = calloc(1, sizeof(*e));
	struct expr_parse p = {.e = e, .types = {btfs, nr_btfs}, .variable = variable, .err = err};
	int ret;

	*out = NULL;
	if (e)
		e->text = copy_text(text);
	ret = e && e->text ? parse(&p, use, type) : err_set(err, -ENOMEM, "out of memory");
	if (ret)
		expr_free(e);
	else
		*out = e;
	return ret;
}

void expr_free(struct expr *e)
{
	if (!e)
		return;
	free(e->text);
	free(e);
}

const char *expr_text(const struct expr *e)
{
	return e->text;
}

size_t expr_format(const struct expr *e, uint64_t value, char *buf, size_t sz)
{
	struct expr_type type = e->root->type;
	const char *name = NULL;
	int n;

	if (expr_is_pointer(type))
		n = snprintf(buf, sz, "0x%" PRIx64, value);
	else if (expr_is_bool(type))
		n = snprintf(buf, sz, "%s", value ? "true" : "false");
	else if (type.int_be) /* as EtherTypes and addresses are usually written */
		n = snprintf(buf, sz, "0x%0*" PRIx64, 2 * (int)type.size, value);
	else if (type.btf && (name = btf_enum_name(type.btf, type.id, value)))
		n = snprintf(buf, sz, "%s", name);
	else
		n = snprintf(buf, sz, expr_is_signed(type) ? "%" PRId64 : "%" PRIu64, value);
	return n < 0 ? 0 : (size_t)n;
}
