// SPDX-License-Identifier: GPL-2.0-only
#include "output/json_verdict.h"

static void add_key(struct outbuf *o, bool *is_next, const char *key)
{
	if (*is_next)
		out_char(o, ',');
	*is_next = true;
	out_char(o, '"');
	out_str(o, key);
	out_str(o, "\":");
}

static void add_text(struct outbuf *o, bool *is_next, const char *key, const char *text)
{
	if (!text)
		return;
	add_key(o, is_next, key);
	out_char(o, '"');
	out_escaped(o, text);
	out_char(o, '"');
}

/* Numbers that are 0 are not known. */
static void add_number(struct outbuf *o, bool *is_next, const char *key, uint64_t v)
{
	if (!v)
		return;
	add_key(o, is_next, key);
	out_dec(o, v, 0);
}

static void add_place(struct outbuf *o, bool *is_next, const struct verdict_rule *r)
{
	add_text(o, is_next, "chain", r->chain);
	add_number(o, is_next, "rule", r->rule);
	add_number(o, is_next, "handle", r->handle);
}

static void add_path(struct outbuf *o, bool *is_next, const struct verdict *v)
{
	if (!v->nr_path)
		return;
	add_key(o, is_next, "path");
	for (size_t i = 0; i < v->nr_path; i++) {
		bool is_next_member = false;

		out_str(o, i ? ",{" : "[{");
		add_place(o, &is_next_member, &v->path[i]);
		out_char(o, '}');
	}
	out_char(o, ']');
}

static void add_verdict(struct outbuf *o, const struct verdict *v)
{
	bool is_next = false;

	out_char(o, '{');
	add_text(o, &is_next, "verdict", v->verdict);
	add_text(o, &is_next, "family", v->family);
	add_text(o, &is_next, "hook", v->hook);
	if (v->has_priority) {
		add_key(o, &is_next, "priority");
		out_int(o, v->priority);
	}
	add_text(o, &is_next, "backend", v->backend);
	add_text(o, &is_next, "table", v->table);
	add_place(o, &is_next, &v->at);
	if (v->is_policy) {
		add_key(o, &is_next, "policy");
		out_str(o, "true");
	}
	add_text(o, &is_next, "target", v->target);
	add_text(o, &is_next, "detail", v->detail);
	add_text(o, &is_next, "comment", v->comment);
	add_text(o, &is_next, "from", v->from);
	add_text(o, &is_next, "to", v->to);
	add_path(o, &is_next, v);
	out_char(o, '}');
}

void json_verdicts(struct outbuf *o, const struct verdicts *vs)
{
	if (!vs || !vs->nr)
		return;
	out_str(o, ",\"netfilter\":");
	add_verdict(o, &vs->v[vs->nr - 1]);
	if (vs->nr < 2)
		return;
	out_str(o, ",\"netfilter_before\":");
	for (size_t i = 0; i + 1 < vs->nr; i++) {
		out_char(o, i ? ',' : '[');
		add_verdict(o, &vs->v[i]);
	}
	out_char(o, ']');
}
