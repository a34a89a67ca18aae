// SPDX-License-Identifier: GPL-2.0-only
#include "story/group_text.h"

#include <string.h>

#include "base/strings.h"

static const struct {
	const char *one, *many, *again;
} words[VALUE_NR] = {
	[VALUE_ADDR4] = {"", "addresses", "ADDRESS"},
	[VALUE_ADDR6] = {"", "addresses", "ADDRESS"},
	[VALUE_PORT] = {"port ", "ports", "PORT"},
	[VALUE_PID] = {"process ", "processes", "PID"},
	[VALUE_FLOW] = {"", "flows", ""},
};

static void add_value(struct textbuf *t, enum value_kind kind, const uint8_t *bytes)
{
	char text[VALUE_TEXT_SZ];

	value_text(kind, bytes, text);
	textbuf_str(t, text);
}

void group_range(struct textbuf *t, const struct group_value *v)
{
	bool is_less;
	size_t nr = group_distinct(v, &is_less);

	textbuf_printf(t, is_less ? "at least %zu %s" : "%zu %s", nr, words[v->kind].many);
	if (v->kind == VALUE_PID || v->kind == VALUE_FLOW)
		return;
	textbuf_str(t, " (");
	add_value(t, v->kind, v->min);
	textbuf_str(t, nr == 2 ? ", " : "-");
	add_value(t, v->kind, v->max);
	textbuf_str(t, ")");
}

/* The text while it is made. */
struct filling {
	struct textbuf *t;
	const struct group_row *row;
	size_t nr;	/* of the next value */
	bool was_range; /* the value before was many */
};

static const struct group_value *next_value(const struct filling *f)
{
	const struct group *group = f->row->group;

	return group && f->nr < group->nr ? &group->values[f->nr] : NULL;
}

static bool is_range(const struct filling *f, const struct group_value *v)
{
	return v && !f->row->one && group_varies(v);
}

static void add_range(struct filling *f, const struct group_value *v)
{
	if (v->same)
		textbuf_str(f->t, words[v->kind].again);
	else
		group_range(f->t, v);
}

static void add_next(struct filling *f, const struct group_value *v)
{
	bool range = is_range(f, v);

	if (range)
		add_range(f, v);
	else
		add_value(f->t, v->kind, f->row->one ? f->row->one + v->off : v->min);
	f->was_range = range;
	f->nr++;
}

/* Of "10.0.0.2:53" one or both are many: "10.0.0.2, 9 ports (1-9)", "9 addresses (...), port 53".
 */
static void add_colon(struct filling *f, const struct group_value *port)
{
	bool range = is_range(f, port);

	if (!range && !f->was_range)
		textbuf_str(f->t, ":");
	else
		textbuf_str(f->t, range ? ", " : ", port ");
}

/* One thing of the frame; returns what is behind it. */
static const char *add(struct filling *f, const char *at)
{
	static const char port_word[] = {'p', 'o', 'r', 't', ' ', VALUE_PORT, '\0'};
	static const char colon[] = {':', VALUE_PORT, '\0'};
	static const char bracket[] = {'[', VALUE_ADDR6, ']', '\0'};
	const struct group_value *v = next_value(f);

	if (v && *at == v->kind) {
		add_next(f, v);
		return at + 1;
	}
	if (v && str_begins(at, colon)) {
		add_colon(f, v);
		return at + 1;
	}
	if (is_range(f, v) && !v->same && str_begins(at, port_word))
		return at + sizeof(port_word) - 2;
	if (is_range(f, v) && str_begins(at, bracket)) {
		add_next(f, v);
		return at + sizeof(bracket) - 1;
	}
	textbuf_mem(f->t, at, 1);
	return at + 1;
}

void group_text(struct textbuf *t, const char *frame, const struct group_row *row)
{
	struct filling f = {.t = t, .row = row};

	while (*frame)
		frame = add(&f, frame);
}

/* Both ports together where both differ, else that which does. */
static bool is_telling(const struct group *group, const struct group_value *v)
{
	const struct group_value *last = &group->values[group->nr - 1];
	bool both = last->kind == VALUE_FLOW && group_varies(&last[-1]) && group_varies(&last[-2]);

	return group_varies(v) && !v->same && both == (v->kind == VALUE_FLOW);
}

void group_variant_text(struct textbuf *t, const struct group *group, const uint8_t *variant)
{
	size_t nr = 0;

	for (size_t i = 0; i < group->nr; i++) {
		const struct group_value *v = &group->values[i];

		if (!is_telling(group, v))
			continue;
		textbuf_str(t, nr++ ? ", " : "");
		textbuf_str(t, words[v->kind].one);
		add_value(t, v->kind, variant + v->off);
	}
}
