/* SPDX-License-Identifier: GPL-2.0-only */
/* lru.h - a list of what was not used for the longest time: that is the first. */
#ifndef STORY_LRU_H
#define STORY_LRU_H

struct lru;

/* The first member of what is listed. */
struct lru_node {
	struct lru_node *prev, *next;
	struct lru *in;
};

/* All zeroes: empty. */
struct lru {
	struct lru_node *first, *last;
};

static inline void lru_remove(struct lru_node *n)
{
	*(n->prev ? &n->prev->next : &n->in->first) = n->next;
	*(n->next ? &n->next->prev : &n->in->last) = n->prev;
}

/* n was used last. It is in no list. */
static inline void lru_append(struct lru *l, struct lru_node *n)
{
	*n = (struct lru_node){.prev = l->last, .in = l};
	*(l->last ? &l->last->next : &l->first) = n;
	l->last = n;
}

#endif
