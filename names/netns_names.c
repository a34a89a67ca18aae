// SPDX-License-Identifier: GPL-2.0-only
#include "names/netns_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"

#define SECOND	   UINT64_C(1000000000)
#define CACHE_AGE  (10 * SECOND)
#define SCAN_GAP   SECOND
#define FOUND_MAX  65536
#define NAMES_MAX  65536 /* names kept at most; processes can choose theirs */
#define BUCKETS	   1024
#define UNKNOWN_NR 256

/* In order of preference. */
enum rank { RANK_NAMED, RANK_HOST, RANK_MOUNTED, RANK_PROCESS };

struct candidate {
	uint32_t inode;
	enum rank rank;
	pid_t pid;	  /* of RANK_PROCESS */
	const char *name; /* interned; NULL: not made yet, or out of memory */
};

struct candidates {
	struct candidate *p; /* owned */
	size_t nr, cap;
};

/* An interned name. */
struct name {
	struct name *next;
	char s[];
};

struct netns_names {
	const struct netns_roots *roots;
	struct candidates candidates; /* of the last scan: the best of each inode, by inode */
	bool has_scanned;
	uint64_t scanned; /* time of the last scan */
	/* Inodes looked up and not found, by their low bits. */
	struct {
		uint32_t inode;
		uint64_t since;
	} unknown[UNKNOWN_NR];
	struct name *names[BUCKETS]; /* owned; hash table */
	size_t nr_names;
};

/* ---- interned names ---- */

static const char *intern(struct netns_names *n, const char *s)
{
	size_t len = strnlen(s, NETNS_NAME_MAX);
	struct name **bucket = &n->names[str_hash(s, len) % BUCKETS], *t;

	for (t = *bucket; t; t = t->next)
		if (!strncmp(t->s, s, len) && !t->s[len])
			return t->s;
	t = n->nr_names < NAMES_MAX ? malloc(sizeof(*t) + len + 1) : NULL;
	if (!t)
		return NULL;
	memcpy(t->s, s, len);
	t->s[len] = '\0';
	t->next = *bucket;
	*bucket = t;
	n->nr_names++;
	return t->s;
}

/* ---- scan ---- */

struct scan {
	struct netns_names *n;
	struct candidates found;
	bool out_of_memory;
};

static bool add_candidate(struct scan *l, struct candidate c)
{
	if (l->found.nr == l->found.cap) {
		size_t cap = 2 * l->found.cap + 64;
		struct candidate *p = reallocarray(l->found.p, cap, sizeof(*p));

		if (!p) {
			l->out_of_memory = true;
			return true;
		}
		l->found.p = p;
		l->found.cap = cap;
	}
	l->found.p[l->found.nr++] = c;
	return l->found.nr == FOUND_MAX;
}

static bool visit(void *arg, const struct netns_place *p)
{
	struct scan *l = arg;
	struct candidate *last = l->found.nr ? &l->found.p[l->found.nr - 1] : NULL;
	enum rank rank = p->kind == NETNS_NAMED ? RANK_NAMED : RANK_MOUNTED;

	if (p->kind != NETNS_PROCESS)
		return add_candidate(l,
				     (struct candidate){p->inode, rank, 0, intern(l->n, p->name)});
	/* Most processes share the namespace of the previous one. */
	if (last && last->rank == RANK_PROCESS && last->inode == p->inode) {
		last->pid = p->pid < last->pid ? p->pid : last->pid;
		return false;
	}
	return add_candidate(l, (struct candidate){p->inode, RANK_PROCESS, p->pid, NULL});
}

static int by_inode(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->name && y->name)
		return strcmp(x->name, y->name);
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void name_process(struct netns_names *n, struct candidate *p)
{
	char comm[17], name[sizeof(comm) + 12];

	if (!process_name(n->roots, p->pid, comm, sizeof(comm)))
		return;
	snprintf(name, sizeof(name), "%s:%d", comm, (int)p->pid);
	p->name = intern(n, name);
}

/* Keep the best candidate of each inode that has a name; a process may have exited meanwhile. */
static void select_best(struct netns_names *n, struct candidates *found)
{
	struct candidate *best = NULL;
	size_t nr = 0;

	qsort(found->p, found->nr, sizeof(*found->p), by_inode);
	for (size_t i = 0; i < found->nr; i++) {
		struct candidate p = found->p[i];

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

/* On out of memory the results of the previous scan are kept. */
static void scan(struct netns_names *n, uint64_t now)
{
	struct scan l = {.n = n};
	uint32_t host = netns_host(n->roots);

	n->has_scanned = true;
	n->scanned = now;
	if (host)
		add_candidate(&l, (struct candidate){host, RANK_HOST, 0, "host"});
	netns_each(n->roots, visit, &l);
	if (l.out_of_memory) {
		free(l.found.p);
		return;
	}
	if (l.found.nr)
		select_best(n, &l.found);
	free(n->candidates.p);
	n->candidates = l.found;
}

/* ---- lookup ---- */

static const struct candidate *find_candidate(const struct netns_names *n, uint32_t inode)
{
	const struct candidate *p = n->candidates.p;
	size_t lo = 0, hi = n->candidates.nr;

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
	uint64_t age = n->has_scanned ? now - n->scanned : UINT64_MAX;
	const struct candidate *p = find_candidate(n, inode);
	uint32_t slot = inode % UNKNOWN_NR;
	bool is_unknown =
		n->unknown[slot].inode == inode && now - n->unknown[slot].since < CACHE_AGE;

	if (age >= CACHE_AGE || (!p && !is_unknown && age >= SCAN_GAP)) {
		scan(n, now);
		p = find_candidate(n, inode);
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
		return err_set(err, -ENOMEM, "out of memory for names of network namespaces");
	n->roots = roots;
	return 0;
}

void netns_names_close(struct netns_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct name *t = n->names[i], *next; t; t = next) {
			next = t->next;
			free(t);
		}
	}
	free(n->candidates.p);
	free(n);
}
