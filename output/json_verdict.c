// SPDX-License-Identifier: GPL-2.0-only
#include "output/json_verdict.h"

#include "output/json_object.h"

static void add_place(struct outbuf *o, bool *is_next, const struct verdict_rule *r)
{
	json_text(o, is_next, "chain", r->chain);
	json_number(o, is_next, "rule", r->rule);
	json_number(o, is_next, "handle", r->handle);
}

static void add_path(struct outbuf *o, bool *is_next, const struct verdict *v)
{
	if (!v->nr_path)
		return;
	json_key(o, is_next, "path");
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
	json_text(o, &is_next, "verdict", v->verdict);
	json_text(o, &is_next, "family", v->family);
	json_text(o, &is_next, "hook", v->hook);
	if (v->has_priority) {
		json_key(o, &is_next, "priority");
		out_int(o, v->priority);
	}
	json_text(o, &is_next, "backend", v->backend);
	json_text(o, &is_next, "table", v->table);
	add_place(o, &is_next, &v->at);
	if (v->is_policy) {
		json_key(o, &is_next, "policy");
		out_str(o, "true");
	}
	json_text(o, &is_next, "target", v->target);
	json_text(o, &is_next, "detail", v->detail);
	json_text(o, &is_next, "comment", v->comment);
	json_text(o, &is_next, "rule_text", v->rule_text);
	json_text(o, &is_next, "from", v->from);
	json_text(o, &is_next, "to", v->to);
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
