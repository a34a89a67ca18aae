// SPDX-License-Identifier: GPL-2.0-only
#include "names/reasons.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "kern/tracefs.h"

static int reasons_add(struct reasons *rs, uint32_t value, const char *name)
{
	struct reason *r;

	/* The array is full when nr is a power of two (or 0). */
	if (!(rs->nr & (rs->nr - 1))) {
		r = realloc(rs->r, (rs->nr ? 2 * rs->nr : 1) * sizeof(*r));
		if (!r)
			return -ENOMEM;
		rs->r = r;
	}
	r = &rs->r[rs->nr];
	r->value = value;
	r->name = strdup(name);
	if (!r->name)
		return -ENOMEM;
	rs->nr++;
	return 0;
}

/* The enums also contain bounds and masks. */
static bool is_reason_name(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "SKB_DROP_REASON_MAX") && strcmp(name, "SKB_DROP_REASON_SUBSYS_MASK") &&
	       !strstr(name, "__") && !(len > 5 && !strcmp(name + len - 5, "_MASK"));
}

static int add_enum(struct reasons *rs, const struct btf *btf, const struct btf_type *t, bool core)
{
	const struct btf_enum *e = btf_enums(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t value = e[i].val;
		const char *name = btf_str(btf, e[i].name_off);

		/* In other enums, values without a subsystem are not reasons. */
		if (!is_reason_name(name) || (!core && !(value >> 16)))
			continue;
		if (reasons_add(rs, value, name))
			return -ENOMEM;
	}
	return 0;
}

static int add_btf(struct reasons *rs, const struct btf *btf)
{
	for (uint32_t id = btf_first_own(btf); id < btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);
		const char *name;

		if (!t || btf_kind(t) != BTF_KIND_ENUM)
			continue;
		name = btf_name(btf, id);
		if (strstr(name, "drop_reason") &&
		    add_enum(rs, btf, t, !strcmp(name, "skb_drop_reason")))
			return -ENOMEM;
	}
	return 0;
}

/* ---- tracefs ---- */

#define PREFIX "SKB_DROP_REASON_"

/* Parse a quoted name of capitals, digits and underscores at *p, which advances past it. */
static bool parse_name(const char **p, char *name, size_t sz)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len;

	if (**p != '"')
		return false;
	len = strspn(*p + 1, letters);
	if (!len || (*p)[1 + len] != '"' || sizeof(PREFIX) + len > sz)
		return false;
	snprintf(name, sz, PREFIX "%.*s", (int)len, *p + 1);
	*p += len + 2;
	return true;
}

/* Parse the inside of "{ 2, "NAME" }", after the opening brace. */
static bool parse_pair(const char *p, uint32_t *value, char *name, size_t sz)
{
	unsigned long v;
	char *end;

	p += strspn(p, " ");
	if (*p < '0' || *p > '9')
		return false;
	errno = 0;
	v = strtoul(p, &end, 0);
	if (errno || v > UINT32_MAX || *end != ',')
		return false;
	p = end + 1;
	p += strspn(p, " ");
	*value = v;
	return parse_name(&p, name, sz) && p[strspn(p, " ")] == '}';
}

int reasons_add_format(struct reasons *rs, const char *line)
{
	static const char start[] = "__print_symbolic(REC->reason,";
	const char *p = strstr(line, start);
	char name[128];
	uint32_t value;

	if (strncmp(line, "print fmt:", 10) || !p)
		return 0;
	/* Only pairs have braces up to the end of the list. */
	for (p += strlen(start); *(p += strspn(p, " ,")) == '{'; p += strcspn(p, "}") + 1) {
		if (parse_pair(p + 1, &value, name, sizeof(name)) && is_reason_name(name) &&
		    reasons_add(rs, value, name))
			return -ENOMEM;
		if (!strchr(p, '}'))
			break;
	}
	return 0;
}

/*
 * The enum starts with values that are not drops, which the event's format omits
 * (include/net/dropreason-core.h; SKB_CONSUMED since 6.4).
 */
static int add_non_drops(struct reasons *rs)
{
	static const char *const names[] = {"SKB_NOT_DROPPED_YET", "SKB_CONSUMED"};
	uint32_t first = rs->nr ? UINT32_MAX : 0;
	int ret = 0;

	for (size_t i = 0; i < rs->nr; i++)
		first = rs->r[i].value < first ? rs->r[i].value : first;
	for (uint32_t v = 0; v < first && v < 2 && !ret; v++)
		ret = reasons_add(rs, v, names[v]);
	return ret;
}

/* Without access to tracefs there are no names. */
static int add_tracefs(struct reasons *rs)
{
	int dir_fd = tracefs_dir(), ret = 0;
	struct lines l;
	char *line;
	size_t len;

	if (dir_fd < 0)
		return 0;
	if (lines_openat(&l, dir_fd, "events/skb/kfree_skb/format") == 0) {
		while (!ret && lines_next(&l, &line, &len) > 0)
			ret = reasons_add_format(rs, line);
	}
	if (!ret)
		ret = add_non_drops(rs);
	lines_close(&l);
	close(dir_fd);
	return ret;
}

static int by_value(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

int reasons_load(struct reasons *rs, const struct types *types, bool tracefs, struct err *err)
{
	int ret = 0;

	*rs = (struct reasons){0};
	for (size_t i = 0; i < types->nr && !ret; i++)
		ret = add_btf(rs, types->btfs[i]);
	if (!ret && !rs->nr && tracefs)
		ret = add_tracefs(rs);
	if (ret) {
		reasons_release(rs);
		return err_set(err, ret, "out of memory for names of drop reasons");
	}
	if (rs->nr)
		qsort(rs->r, rs->nr, sizeof(*rs->r), by_value);
	return 0;
}

const char *reasons_name(const struct reasons *rs, uint32_t value)
{
	struct reason key = {.value = value}, *r;

	r = rs->nr ? bsearch(&key, rs->r, rs->nr, sizeof(key), by_value) : NULL;
	return r ? r->name : NULL;
}

void reasons_release(struct reasons *rs)
{
	for (size_t i = 0; i < rs->nr; i++)
		free(rs->r[i].name);
	free(rs->r);
	*rs = (struct reasons){0};
}
