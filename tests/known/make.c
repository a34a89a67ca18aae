// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: make CHANGES DIR... - write btf/discover/known_functions.txt to stdout (`make known-functions`)
 *
 * Each DIR holds the BTF of one kernel, as tests/known/fetch.sh leaves it. CHANGES names what
 * changed before the oldest of them: see its head.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover/discover.h"

#define NONE DISCOVER_NO_ARG

/* Where a function has its skb and its drop reason: on x86_64, and on the others. */
struct places {
	uint8_t skb[2], reason[2];
	bool deref[2];
};

struct entry {
	char *name;
	bool is_tp, takes_skb, differs;
	bool worth_it;	  /* not only in modules of little use */
	struct places at; /* of a tracepoint only [0] */
	uint8_t location, nr_args;
};

struct table {
	struct entry *slots; /* open addressing by name; free ones have no name */
	size_t nr_slots, nr;
};

static void die(const char *what, const struct err *err)
{
	fprintf(stderr, "known: %s: %s\n", what, err ? err->msg : strerror(errno));
	exit(1);
}

static void *must(void *p)
{
	if (!p)
		die("memory", NULL);
	return p;
}

static struct entry *slot_of(const struct table *t, const char *name, bool is_tp)
{
	uint32_t h = 2166136261u + is_tp;

	for (const char *p = name; *p; p++)
		h = (h ^ (uint8_t)*p) * 16777619u;
	for (;; h++) {
		struct entry *e = &t->slots[h & (t->nr_slots - 1)];

		if (!e->name || (e->is_tp == is_tp && !strcmp(e->name, name)))
			return e;
	}
}

static void table_grow(struct table *t)
{
	struct table old = *t;

	if (2 * (t->nr + 1) <= t->nr_slots)
		return;
	t->nr_slots = old.nr_slots ? 2 * old.nr_slots : 1 << 16;
	t->slots = must(calloc(t->nr_slots, sizeof(*t->slots)));
	for (size_t i = 0; i < old.nr_slots; i++) {
		if (old.slots[i].name)
			*slot_of(t, old.slots[i].name, old.slots[i].is_tp) = old.slots[i];
	}
	free(old.slots);
}

/* The entry, and whether it is new; it has its name then, and nothing else. */
static struct entry *entry_of(struct table *t, const char *name, bool is_tp, bool *is_new)
{
	struct entry *e;

	table_grow(t);
	e = slot_of(t, name, is_tp);
	*is_new = !e->name;
	if (*is_new) {
		*e = (struct entry){.name = must(strdup(name)), .is_tp = is_tp};
		t->nr++;
	}
	return e;
}

/* ---- functions ---- */

/* One more instance. That the reason is elsewhere, or was not there yet, costs only the reason. */
static void add_func(struct table *t, const char *name, const struct places *at, bool worth_it)
{
	bool is_new, takes_skb = at->skb[0] != NONE || at->skb[1] != NONE;
	struct entry *e = entry_of(t, name, false, &is_new);

	e->worth_it |= worth_it && takes_skb;
	if (is_new) {
		e->at = *at;
		e->takes_skb = takes_skb;
		return;
	}
	e->takes_skb |= takes_skb;
	for (int i = 0; i < 2; i++) {
		e->differs |= e->at.skb[i] != at->skb[i] || e->at.deref[i] != at->deref[i];
		if (e->at.reason[i] != at->reason[i])
			e->at.reason[i] = NONE;
	}
}

static int by_name(const void *key, const void *f)
{
	return strcmp(key, ((const struct skb_func *)f)->name);
}

/* Where a function has its arguments, by a discovery with the registers of one architecture. */
static void places_from(struct places *at, int arch, const struct skb_func *funcs, size_t nr,
			const char *name)
{
	const struct skb_func *f = bsearch(name, funcs, nr, sizeof(*f), by_name);

	at->skb[arch] = f ? f->skb_reg : NONE;
	at->deref[arch] = f && f->deref;
	at->reason[arch] = f ? f->reason_reg : NONE;
}

static bool has_several(const struct skb_func *funcs, size_t nr, const char *name)
{
	const struct skb_func *f = bsearch(name, funcs, nr, sizeof(*f), by_name);

	return f && ((f > funcs && !strcmp(f[-1].name, name)) ||
		     (f + 1 < funcs + nr && !strcmp(f[1].name, name)));
}

/* All functions, so that one of the same name without an skb is a contradiction, too. */
static void add_funcs(struct table *t, const struct btf *btf, bool worth_it)
{
	struct err err = ERR_INIT;
	struct skb_func *funcs[2];
	size_t nr[2];
	bool is_new;

	if (discover_funcs(btf, 6, &funcs[0], &nr[0], &err) ||
	    discover_funcs(btf, 8, &funcs[1], &nr[1], &err))
		die("functions", &err);
	for (uint32_t id = btf_first_own(btf); id < btf_nr_types(btf); id++) {
		const char *name = btf_name(btf, id);
		struct places at;

		if (btf_kind(btf_type(btf, id)) != BTF_KIND_FUNC)
			continue;
		for (int i = 0; i < 2; i++)
			places_from(&at, i, funcs[i], nr[i], name);
		add_func(t, name, &at, worth_it);
		if (has_several(funcs[0], nr[0], name) || has_several(funcs[1], nr[1], name))
			entry_of(t, name, false, &is_new)->differs = true;
	}
	free(funcs[0]);
	free(funcs[1]);
}

/* ---- tracepoints ---- */

static void add_tps(struct table *t, const struct btf *btf)
{
	struct err err = ERR_INIT;
	struct skb_tp *tps;
	size_t nr;
	bool is_new;

	if (discover_tracepoints(btf, &tps, &nr, &err))
		die("tracepoints", &err);
	for (size_t i = 0; i < nr; i++) {
		struct entry *e = entry_of(t, tps[i].name, true, &is_new);

		if (is_new) {
			e->takes_skb = e->worth_it = true;
			e->nr_args = tps[i].nr_args;
			e->location = tps[i].location_arg;
			e->at.skb[0] = tps[i].skb_arg;
			e->at.reason[0] = tps[i].reason_arg;
			continue;
		}
		e->differs |= e->at.skb[0] != tps[i].skb_arg;
		if (e->nr_args > tps[i].nr_args)
			e->nr_args = tps[i].nr_args;
		if (e->location != tps[i].location_arg)
			e->location = NONE;
		if (e->at.reason[0] != tps[i].reason_arg)
			e->at.reason[0] = NONE;
	}
	free(tps);
}

/* ---- kernels ---- */

static struct btf *open_btf(const char *path, const struct btf *base)
{
	struct err err = ERR_INIT;
	struct btf *btf;

	if (btf_open(&btf, path, base, &err))
		die(path, &err);
	return btf;
}

static void add_modules(struct table *t, const char *dir, const char *sub, const struct btf *base,
			bool worth_it)
{
	struct dirent *de;
	char path[4096];
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", dir, sub);
	d = opendir(path);

	if (!d)
		die(path, NULL);
	while ((de = readdir(d))) {
		struct btf *btf;

		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%.2000s/%s/%s", dir, sub, de->d_name);
		btf = open_btf(path, base);
		add_funcs(t, btf, worth_it);
		btf_free(btf);
	}
	closedir(d);
}

static void say_package(const char *dir)
{
	char path[4096], line[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/package", dir);
	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f))
		die(path, NULL);
	fclose(f);
	printf("#   %s", line);
}

static void add_kernel(struct table *t, const char *dir)
{
	char path[4096];
	struct btf *btf;

	say_package(dir);
	snprintf(path, sizeof(path), "%s/vmlinux.btf", dir);
	btf = open_btf(path, NULL);
	add_funcs(t, btf, true);
	add_tps(t, btf);
	add_modules(t, dir, "modules", btf, true);
	add_modules(t, dir, "others", btf, false);
	btf_free(btf);
}

/* ---- what is known from elsewhere ---- */

/* Lines "!NAME reason" and "+NAME as in the table # reason". */
static void add_changes(struct table *t, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512], name[256];
	unsigned skb;
	bool is_new;

	if (!f)
		die(path, NULL);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "!%255s", name) == 1) {
			struct entry *e = entry_of(t, name, false, &is_new);

			e->takes_skb = e->differs = e->worth_it = true;
		} else if (sscanf(line, "+%255s %u", name, &skb) == 2) {
			struct places at = {{skb, skb}, {NONE, NONE}, {false, false}};

			add_func(t, name, &at, true);
		}
	}
	fclose(f);
}

/* ---- the file ---- */

static int cmp_entries(const void *a, const void *b)
{
	const struct entry *x = *(const struct entry *const *)a;
	const struct entry *y = *(const struct entry *const *)b;

	if (x->is_tp != y->is_tp)
		return x->is_tp ? 1 : -1;
	if (x->differs != y->differs)
		return x->differs ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void print_place(const struct entry *e, int arch)
{
	if (e->at.skb[arch] == NONE)
		putchar('-');
	else
		printf("%u%s", e->at.skb[arch], e->at.deref[arch] ? "*" : "");
	if (e->at.reason[arch] != NONE)
		printf(" r%u", e->at.reason[arch]);
}

static void print_entry(const struct entry *e)
{
	if (e->differs) {
		printf("!%s\n", e->name);
		return;
	}
	printf("%s%s ", e->is_tp ? "@" : "", e->name);
	print_place(e, 0);
	if (e->is_tp) {
		if (e->location != NONE)
			printf(" l%u", e->location);
		printf(" n%u", e->nr_args);
	} else if (e->at.skb[0] != e->at.skb[1] || e->at.deref[0] != e->at.deref[1] ||
		   e->at.reason[0] != e->at.reason[1]) {
		printf(" / ");
		print_place(e, 1);
	}
	putchar('\n');
}

static void print_table(const struct table *t)
{
	struct entry **sorted = must(calloc(t->nr + 1, sizeof(*sorted)));
	size_t nr = 0;

	for (size_t i = 0; i < t->nr_slots; i++) {
		struct entry *e = &t->slots[i];

		if (e->name && e->takes_skb && e->worth_it && !(e->is_tp && e->differs))
			sorted[nr++] = e;
	}
	qsort(sorted, nr, sizeof(*sorted), cmp_entries);
	for (size_t i = 0; i < nr; i++)
		print_entry(sorted[i]);
	free(sorted);
}

int main(int argc, char **argv)
{
	struct table t = {0};

	if (argc < 3) {
		fprintf(stderr, "usage: make CHANGES DIR...\n");
		return 2;
	}
	printf("# Functions and raw tracepoints that take an skb, and where. Made by "
	       "`make known-functions`\n# from the BTF of these Debian packages, and %s:\n#\n",
	       argv[1]);
	for (int i = 2; i < argc; i++)
		add_kernel(&t, argv[i]);
	printf("#\n");
	add_changes(&t, argv[1]);
	print_table(&t);
	for (size_t i = 0; i < t.nr_slots; i++)
		free(t.slots[i].name);
	free(t.slots);
	return 0;
}
