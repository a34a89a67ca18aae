// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/nametab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR_FIRST 1024
#define CHUNK_SZ (32 * 1024)

struct nametab_chunk {
	struct nametab_chunk *next;
	size_t used, sz;
	char data[];
};

static struct nametab_entry *entry_slot(struct nametab_entry *entries, size_t cap,
					enum record_tag kind, uint64_t number)
{
	uint64_t hash = (number * 16 + kind) * 0x9e3779b97f4a7c15;

	for (size_t i = hash >> 20;; i++) {
		struct nametab_entry *e = &entries[i & (cap - 1)];

		if (!e->kind || (e->kind == kind && e->number == number))
			return e;
	}
}

const struct nametab_entry *nametab_find(const struct nametab *t, enum record_tag kind,
					 uint64_t number)
{
	const struct nametab_entry *e;

	if (!t->cap)
		return NULL;
	e = entry_slot(t->entries, t->cap, kind, number);
	return e->kind ? e : NULL;
}

static int nametab_grow(struct nametab *t)
{
	size_t cap = t->cap ? 2 * t->cap : NR_FIRST;
	struct nametab_entry *entries = calloc(cap, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < t->cap; i++) {
		const struct nametab_entry *e = &t->entries[i];

		if (e->kind)
			*entry_slot(entries, cap, e->kind, e->number) = *e;
	}
	free(t->entries);
	t->entries = entries;
	t->cap = cap;
	return 0;
}

static const char *string_copy(struct nametab *t, const char *s)
{
	size_t sz = strlen(s) + 1;
	struct nametab_chunk *c = t->chunks;

	if (!c || sz > c->sz - c->used) {
		size_t chunk_sz = sz > CHUNK_SZ ? sz : CHUNK_SZ;

		c = malloc(sizeof(*c) + chunk_sz);
		if (!c)
			return NULL;
		*c = (struct nametab_chunk){.next = t->chunks, .sz = chunk_sz};
		t->chunks = c;
	}
	memcpy(c->data + c->used, s, sz);
	c->used += sz;
	t->strings_sz += sz;
	return c->data + c->used - sz;
}

int nametab_add(struct nametab *t, enum record_tag kind, uint64_t number, const struct name_at *at)
{
	struct nametab_entry e = {kind, number, {.off = at->off}};

	if (nametab_find(t, kind, number))
		return 0;
	if (t->nr >= RECORD_NR_NAMES || t->strings_sz >= RECORD_NAMES_SZ)
		return -E2BIG;
	if (t->nr >= t->cap / 4 * 3 && nametab_grow(t))
		return -ENOMEM;
	if (at->name) {
		e.at.name = string_copy(t, at->name);
		if (!e.at.name)
			return -ENOMEM;
	}
	if (at->module) {
		e.at.module = string_copy(t, at->module);
		if (!e.at.module)
			return -ENOMEM;
	}
	*entry_slot(t->entries, t->cap, kind, number) = e;
	t->nr++;
	return 1;
}

void nametab_release(struct nametab *t)
{
	while (t->chunks) {
		struct nametab_chunk *next = t->chunks->next;

		free(t->chunks);
		t->chunks = next;
	}
	free(t->entries);
	*t = (struct nametab){0};
}
