// SPDX-License-Identifier: GPL-2.0-only
#include "names/netns_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

#define SECOND	   UINT64_C(1000000000)
#define ANSWER_AGE (10 * SECOND)
#define LOOK_GAP   SECOND
#define PLACES_MAX 65536
#define TEXTS_MAX  65536 /* names that processes may make us keep */
#define BUCKETS	   1024
#define UNKNOWN_NR 256

/* The best first. */
enum rank { RANK_NAMED, RANK_HOST, RANK_MOUNTED, RANK_PROCESS };

struct place {
	uint32_t inode;
	enum rank rank;
	pid_t pid;	  /* of RANK_PROCESS */
	const char *name; /* one of the texts; NULL: not made yet, or no memory */
};

struct places {
	struct place *p; /* owned */
	size_t nr, cap;
};

/* Names that were given out stay. */
struct text {
	struct text *next;
	char s[];
};

struct netns_names {
	const struct netns_roots *roots;
	struct places places; /* of the last look: the best of each inode, in their order */
	bool has_looked;
	uint64_t looked; /* when */
	/* What was asked for and not found, by the last bits of the inode. */
	struct {
		uint32_t inode;
		uint64_t since;
	} unknown[UNKNOWN_NR];
	struct text *texts[BUCKETS]; /* owned; by hash */
	size_t nr_texts;
};

/* ---- texts ---- */

static const char *keep(struct netns_names *n, const char *s)
{
	size_t len = strnlen(s, NETNS_NAME_MAX);
	struct text **bucket = &n->texts[str_hash(s, len) % BUCKETS], *t;

	for (t = *bucket; t; t = t->next)
		if (!strncmp(t->s, s, len) && !t->s[len])
			return t->s;
	t = n->nr_texts < TEXTS_MAX ? malloc(sizeof(*t) + len + 1) : NULL;
	if (!t)
		return NULL;
	memcpy(t->s, s, len);
	t->s[len] = '\0';
	t->next = *bucket;
	*bucket = t;
	n->nr_texts++;
	return t->s;
}

/* ---- a look ---- */

struct look {
	struct netns_names *n;
	struct places found;
	bool no_memory;
};

static bool add(struct look *l, struct place place)
{
	if (l->found.nr == l->found.cap) {
		size_t cap = 2 * l->found.cap + 64;
		struct place *p = reallocarray(l->found.p, cap, sizeof(*p));

		if (!p) {
			l->no_memory = true;
			return true;
		}
		l->found.p = p;
		l->found.cap = cap;
	}
	l->found.p[l->found.nr++] = place;
	return l->found.nr == PLACES_MAX;
}

static bool see(void *arg, const struct netns_place *p)
{
	struct look *l = arg;
	struct place *last = l->found.nr ? &l->found.p[l->found.nr - 1] : NULL;
	enum rank rank = p->kind == NETNS_NAMED ? RANK_NAMED : RANK_MOUNTED;

	if (p->kind != NETNS_PROCESS)
		return add(l, (struct place){p->inode, rank, 0, keep(l->n, p->name)});
	/* Most processes are where the one before is. */
	if (last && last->rank == RANK_PROCESS && last->inode == p->inode) {
		last->pid = p->pid < last->pid ? p->pid : last->pid;
		return false;
	}
	return add(l, (struct place){p->inode, RANK_PROCESS, p->pid, NULL});
}

static int by_inode(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->name && y->name)
		return strcmp(x->name, y->name);
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void name_process(struct netns_names *n, struct place *p)
{
	char comm[17], name[sizeof(comm) + 12];

	if (!process_name(n->roots, p->pid, comm, sizeof(comm)))
		return;
	snprintf(name, sizeof(name), "%s:%d", comm, (int)p->pid);
	p->name = keep(n, name);
}

/* Of each inode the first that has a name: a process may have ended. */
static void keep_best(struct netns_names *n, struct places *found)
{
	struct place *best = NULL;
	size_t nr = 0;

	qsort(found->p, found->nr, sizeof(*found->p), by_inode);
	for (size_t i = 0; i < found->nr; i++) {
		struct place p = found->p[i];

		if (best && best->inode == p.inode && best->name)
			continue;
		if (!best || best->inode != p.inode)
			best = &found->p[nr++];
		if (p.rank == RANK_PROCESS)
			name_process(n, &p);
		*best = p;
	}
	found->nr = nr;
}

/* Without memory what was found the last time stays. */
static void look(struct netns_names *n, uint64_t now)
{
	struct look l = {.n = n};
	uint32_t host = netns_host(n->roots);

	n->has_looked = true;
	n->looked = now;
	if (host)
		add(&l, (struct place){host, RANK_HOST, 0, "host"});
	netns_each(n->roots, see, &l);
	if (l.no_memory) {
		free(l.found.p);
		return;
	}
	if (l.found.nr)
		keep_best(n, &l.found);
	free(n->places.p);
	n->places = l.found;
}

/* ---- answers ---- */

static const struct place *find(const struct netns_names *n, uint32_t inode)
{
	const struct place *p = n->places.p;
	size_t lo = 0, hi = n->places.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p[mid].inode == inode)
			return &p[mid];
		if (p[mid].inode < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *netns_names_get(struct netns_names *n, uint32_t inode, uint64_t now)
{
	uint64_t age = n->has_looked ? now - n->looked : UINT64_MAX;
	const struct place *p = find(n, inode);
	uint32_t slot = inode % UNKNOWN_NR;
	bool is_unknown =
		n->unknown[slot].inode == inode && now - n->unknown[slot].since < ANSWER_AGE;

	if (age >= ANSWER_AGE || (!p && !is_unknown && age >= LOOK_GAP)) {
		look(n, now);
		p = find(n, inode);
		if (!p) {
			n->unknown[slot].inode = inode;
			n->unknown[slot].since = now;
		}
	}
	return p ? p->name : NULL;
}

int netns_names_open(struct netns_names **out, const struct netns_roots *roots, struct err *err)
{
	struct netns_names *n = calloc(1, sizeof(*n));

	*out = n;
	if (!n)
		return err_set(err, -ENOMEM, "no memory for the names of network namespaces");
	n->roots = roots;
	return 0;
}

void netns_names_close(struct netns_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct text *t = n->texts[i], *next; t; t = next) {
			next = t->next;
			free(t);
		}
	}
	free(n->places.p);
	free(n);
}
