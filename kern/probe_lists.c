// SPDX-License-Identifier: GPL-2.0-only
#include "kern/ksyms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/number.h"
#include "base/strings.h"
#include "kern/tracefs.h"

/* ---- functions that ftrace can trace ---- */

struct name_set {
	struct str_pool pool;
	uint32_t *offs; /* owned */
	uint32_t nr, cap;
	struct str_index index;
};

static uint32_t name_hash(const void *arg, uint32_t i)
{
	const struct name_set *s = arg;
	const char *name = s->pool.data + s->offs[i];

	return str_hash(name, strlen(name));
}

static int name_add(struct name_set *s, const char *name, size_t len)
{
	int64_t off;

	if (s->nr == s->cap) {
		uint32_t cap = s->cap ? 2 * s->cap : 8192;
		uint32_t *offs = realloc(s->offs, cap * sizeof(*offs));

		if (!offs)
			return -ENOMEM;
		s->offs = offs;
		s->cap = cap;
	}
	off = str_pool_add(&s->pool, name, len);
	if (off < 0)
		return off;
	s->offs[s->nr++] = off;
	return 0;
}

int name_set_load(struct name_set **out, int dir_fd, const char *path, struct err *err)
{
	struct name_set *s = NULL;
	struct lines l;
	char *line;
	size_t len;
	int ret;

	*out = NULL;
	ret = lines_openat(&l, dir_fd, path);
	if (ret)
		return err_sys(err, ret, "cannot read %s", path);
	s = calloc(1, sizeof(*s));
	ret = s ? 1 : -ENOMEM;
	while (ret > 0 && (ret = lines_next(&l, &line, &len)) > 0)
		ret = len && name_add(s, line, len) ? -ENOMEM : 1;
	lines_close(&l);
	if (!ret)
		ret = str_index_build(&s->index, s->nr, name_hash, s);
	if (ret) {
		name_set_free(s);
		return err_sys(err, ret, "cannot read %s", path);
	}
	str_pool_trim(&s->pool);
	*out = s;
	return 0;
}

int ftrace_functions_load(struct name_set **out, struct err *err)
{
	int dir_fd = tracefs_dir(), ret;

	*out = NULL;
	if (dir_fd < 0)
		return err_sys(err, dir_fd, "tracefs is not available");
	ret = name_set_load(out, dir_fd, "available_filter_functions", err);
	close(dir_fd);
	return ret;
}

bool name_set_has(const struct name_set *s, const char *name, const char *module)
{
	char key[1088];
	const uint32_t *items;
	uint32_t nr;
	int len;

	if (module)
		len = snprintf(key, sizeof(key), "%s [%s]", name, module);
	else
		len = snprintf(key, sizeof(key), "%s", name);
	if (len >= (int)sizeof(key))
		return false;
	items = str_index_at(&s->index, str_hash(key, len), &nr);
	for (uint32_t i = 0; i < nr; i++)
		if (!strcmp(s->pool.data + s->offs[items[i]], key))
			return true;
	return false;
}

size_t name_set_nr(const struct name_set *s)
{
	return s->nr;
}

void name_set_free(struct name_set *s)
{
	if (!s)
		return;
	str_pool_release(&s->pool);
	free(s->offs);
	str_index_release(&s->index);
	free(s);
}

/* ---- addresses that kprobes refuse ---- */

struct range {
	uint64_t start, end; /* end is exclusive */
};

struct kprobe_blacklist {
	struct range *ranges; /* owned; sorted and disjoint */
	size_t nr;
};

static int range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sort and merge, so that only the last range starting at or below an address matters. */
static void ranges_merge(struct kprobe_blacklist *b)
{
	size_t nr = 0;

	if (!b->nr)
		return;
	qsort(b->ranges, b->nr, sizeof(*b->ranges), range_cmp);
	for (size_t i = 1; i < b->nr; i++) {
		struct range *last = &b->ranges[nr];

		if (b->ranges[i].start > last->end)
			b->ranges[++nr] = b->ranges[i];
		else if (b->ranges[i].end > last->end)
			last->end = b->ranges[i].end;
	}
	b->nr = nr + 1;
}

static int range_add(struct kprobe_blacklist *b, const char *line)
{
	struct range r, *ranges;

	if (!number_then(&line, 16, &r.start, '-') || !number_take(&line, 16, &r.end) ||
	    r.end < r.start)
		return -EINVAL;
	ranges = realloc(b->ranges, (b->nr + 1) * sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	b->ranges = ranges;
	ranges[b->nr++] = r;
	return 0;
}

static int ranges_read(struct kprobe_blacklist *b, struct lines *l, const char *path,
		       struct err *err)
{
	char *line;
	size_t len;
	int ret;

	while ((ret = lines_next(l, &line, &len)) > 0) {
		ret = range_add(b, line);
		if (ret == -EINVAL)
			return err_set(err, ret, "%s: line %zu is not a range: '%.80s'", path,
				       l->nr, line);
		if (ret)
			break;
	}
	if (ret)
		return err_sys(err, ret, "cannot read %s", path);
	ranges_merge(b);
	return 0;
}

int kprobe_blacklist_load_from(struct kprobe_blacklist **out, int dir_fd, const char *path,
			       struct err *err)
{
	struct kprobe_blacklist *b = NULL;
	struct lines l;
	int ret;

	*out = NULL;
	ret = lines_openat(&l, dir_fd, path);
	if (ret)
		return err_sys(err, ret, "cannot read %s", path);
	b = calloc(1, sizeof(*b));
	ret = b ? ranges_read(b, &l, path, err) : err_sys(err, -ENOMEM, "cannot read %s", path);
	lines_close(&l);
	if (ret)
		kprobe_blacklist_free(b);
	else
		*out = b;
	return ret;
}

int kprobe_blacklist_load(struct kprobe_blacklist **out, struct err *err)
{
	struct err e = ERR_INIT;
	int dir_fd = debugfs_dir(), ret = dir_fd;

	if (dir_fd >= 0) {
		ret = kprobe_blacklist_load_from(out, dir_fd, "kprobes/blacklist", &e);
		close(dir_fd);
	}
	if (!ret)
		return 0;
	if (ret == -EINVAL || ret == -ENOMEM)
		return err_set(err, ret, "%s", e.msg);
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : err_sys(err, -ENOMEM, "cannot store the kprobe blacklist");
}

bool kprobe_blacklist_has(const struct kprobe_blacklist *b, uint64_t addr)
{
	size_t lo = 0, hi = b->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (b->ranges[mid].start <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && addr < b->ranges[lo - 1].end;
}

void kprobe_blacklist_free(struct kprobe_blacklist *b)
{
	if (!b)
		return;
	free(b->ranges);
	free(b);
}
