// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_json.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 8

struct json {
	const char *p, *end;
};

static bool value(struct json *j, int depth);

static bool take(struct json *j, char c)
{
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static bool word(struct json *j, const char *w)
{
	size_t len = strlen(w);

	if ((size_t)(j->end - j->p) < len || memcmp(j->p, w, len))
		return false;
	j->p += len;
	return true;
}

static bool escape(struct json *j)
{
	if (j->p == j->end)
		return false;
	if (*j->p != 'u')
		return strchr("\"\\/bfnrt", *j->p++) != NULL;
	j->p++;
	for (int i = 0; i < 4; i++) {
		if (j->p == j->end || !isxdigit((unsigned char)*j->p++))
			return false;
	}
	return true;
}

static bool string(struct json *j)
{
	if (!take(j, '"'))
		return false;
	while (j->p != j->end && *j->p != '"') {
		unsigned char c = *j->p++;

		if (c < 0x20 || c >= 0x7f || (c == '\\' && !escape(j)))
			return false;
	}
	return take(j, '"');
}

static bool digits(struct json *j)
{
	const char *start = j->p;

	while (j->p != j->end && isdigit((unsigned char)*j->p))
		j->p++;
	return j->p > start;
}

static bool number(struct json *j)
{
	take(j, '-');
	if (!take(j, '0') && !digits(j))
		return false;
	return !take(j, '.') || digits(j);
}

static bool object(struct json *j, int depth)
{
	if (!take(j, '{'))
		return false;
	if (take(j, '}'))
		return true;
	do {
		if (!string(j) || !take(j, ':') || !value(j, depth + 1))
			return false;
	} while (take(j, ','));
	return take(j, '}');
}

static bool array(struct json *j, int depth)
{
	if (!take(j, '['))
		return false;
	if (take(j, ']'))
		return true;
	do {
		take(j, '\n');
		if (!value(j, depth + 1))
			return false;
	} while (take(j, ','));
	take(j, '\n');
	return take(j, ']');
}

static bool value(struct json *j, int depth)
{
	if (j->p == j->end || depth > DEPTH_MAX)
		return false;
	if (*j->p == '{')
		return object(j, depth);
	if (*j->p == '[')
		return array(j, depth);
	if (*j->p == '"')
		return string(j);
	return word(j, "true") || word(j, "false") || word(j, "null") || number(j);
}

bool json_is_object(const char *text, size_t sz)
{
	struct json j = {text, text + sz};

	return object(&j, 0) && j.p == j.end;
}

bool json_is_array(const char *text, size_t sz)
{
	struct json j = {text, text + sz};

	return array(&j, 0) && j.p == j.end;
}
