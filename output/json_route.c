// SPDX-License-Identifier: GPL-2.0-only
#include "output/json_route.h"

#include "output/json_object.h"

static void add_text(struct outbuf *o, bool *is_next, const char *key, const char *text)
{
	json_text(o, is_next, key, text[0] ? text : NULL);
}

void json_route(struct outbuf *o, const struct route *r)
{
	bool is_next = false;

	if (!r)
		return;
	out_str(o, ",\"route\":{");
	json_text(o, &is_next, "type", r->type);
	if (r->has_rule) {
		json_key(o, &is_next, "rule");
		out_dec(o, r->rule, 0);
	}
	json_number(o, &is_next, "table", r->table);
	add_text(o, &is_next, "prefix", r->prefix);
	add_text(o, &is_next, "via", r->via);
	add_text(o, &is_next, "dev", r->dev);
	add_text(o, &is_next, "src", r->src);
	json_number(o, &is_next, "metric", r->metric);
	json_number(o, &is_next, "next_hops", r->nr_hops);
	if (r->is_cached) {
		json_key(o, &is_next, "cached");
		out_str(o, "true");
	}
	out_char(o, '}');
}
