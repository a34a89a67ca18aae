// SPDX-License-Identifier: GPL-2.0-only
#include "output/json_object.h"

void json_key(struct outbuf *o, bool *is_next, const char *key)
{
	if (*is_next)
		out_char(o, ',');
	*is_next = true;
	out_char(o, '"');
	out_str(o, key);
	out_str(o, "\":");
}

void json_text(struct outbuf *o, bool *is_next, const char *key, const char *text)
{
	if (!text)
		return;
	json_key(o, is_next, key);
	out_char(o, '"');
	out_escaped_utf8(o, text);
	out_char(o, '"');
}

void json_count(struct outbuf *o, bool *is_next, const char *key, uint64_t v)
{
	json_key(o, is_next, key);
	out_dec(o, v, 0);
}

void json_number(struct outbuf *o, bool *is_next, const char *key, uint64_t v)
{
	if (v)
		json_count(o, is_next, key, v);
}
