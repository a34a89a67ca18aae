// SPDX-License-Identifier: GPL-2.0-only
#include "story/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "story/copies.h"
#include "story/entry.h"

#define QUIET_NS 1000000000 /* a packet that is not seen for so long has no more to tell */
#define GRACE_NS 20000000   /* from the free of a packet to the last step of it */

struct book {
	struct story_opts opts;
	story_fn fn;
	void *arg;
	story_fn tree_fn; /* NULL: stories are freed when they end */
	void *tree_arg;
	story_event_fn event_fn; /* NULL: none */
	void *event_arg;
	uint64_t last_packet; /* the highest number of one that was seen */
	struct stages stages;
	struct entry **buckets;
	size_t nr_buckets; /* a power of two */
	struct lru alive, over;
	size_t nr, bytes;
	uint64_t nr_all;      /* stories begun */
	uint64_t last_early;  /* the last packet first seen before opts.since */
	uint64_t nr_left_out; /* events of these */
	uint64_t nr_reborn;
	struct copies copies;
};

int book_open(struct book **out, const struct story_opts *opts, story_fn fn, void *arg)
{
	struct book *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->opts = *opts;
	b->fn = fn;
	b->arg = arg;
	for (b->nr_buckets = 64; b->nr_buckets < opts->max_nr;)
		b->nr_buckets *= 2;
	b->buckets = calloc(b->nr_buckets, sizeof(b->buckets[0]));
	if (!b->buckets) {
		free(b);
		return -ENOMEM;
	}
	*out = b;
	return 0;
}

void book_on_event(struct book *b, story_event_fn fn, void *arg)
{
	b->event_fn = fn;
	b->event_arg = arg;
}

void book_on_tree(struct book *b, story_fn fn, void *arg)
{
	b->tree_fn = fn;
	b->tree_arg = arg;
}

size_t book_nr(const struct book *b)
{
	return b->nr;
}

uint64_t book_left_out(const struct book *b)
{
	return b->nr_left_out;
}

uint64_t book_reborn(const struct book *b)
{
	return b->nr_reborn;
}

/* ---- lists ---- */

static struct entry *first_of(const struct lru *l)
{
	return (struct entry *)l->first;
}

static struct entry *next_of(const struct entry *e)
{
	return (struct entry *)e->node.next;
}

static struct entry **bucket_of(const struct book *b, uint64_t skb)
{
	/* Fibonacci hashing: addresses of a slab differ in the middle bits. */
	return &b->buckets[(skb * 0x9e3779b97f4a7c15) >> 32 & (b->nr_buckets - 1)];
}

static struct entry *find(const struct book *b, uint64_t skb)
{
	struct entry *e = *bucket_of(b, skb);

	while (e && e->story.skb != skb)
		e = e->hash_next;
	return e;
}

/* ---- the end of a story ---- */

static void free_tree(struct book *b, struct entry *root)
{
	struct entry *next;

	for (struct entry *e = root; e; e = next) {
		next = e->next_member;
		b->nr--;
		b->bytes -= e->bytes;
		entry_free(e);
	}
}

/* One that is still under way, or is held, does not count any more. */
static void close_member(struct book *b, struct entry *root)
{
	if (--root->nr_open)
		return;
	if (b->tree_fn)
		b->tree_fn(b->tree_arg, &root->story);
	free_tree(b, root);
}

static void end_story(struct book *b, struct entry *e, enum story_end unless_known)
{
	struct entry **at = bucket_of(b, e->story.skb);

	while (*at != e)
		at = &(*at)->hash_next;
	*at = e->hash_next;
	if (e->node.in == &b->alive && e->story.end == STORY_UNFINISHED)
		e->story.end = unless_known;
	lru_remove(&e->node);
	e->node.in = NULL;
	b->fn(b->arg, &e->story);
	close_member(b, e->root);
}

/* Of its members, those that are still under way. */
static void cut_tree(struct book *b, struct entry *root)
{
	root->nr_open++;
	for (struct entry *e = root; e; e = e->next_member)
		if (e->node.in)
			end_story(b, e, STORY_CUT);
	close_member(b, root);
}

/*
 * For one more, if there are max_nr; and in memory, maybe that of the last event's story, too. What
 * ended may be held for its tree: then that has to go.
 */
static void make_room(struct book *b, size_t max_nr)
{
	while (b->nr > max_nr || b->bytes > b->opts.max_bytes) {
		if (b->over.first)
			end_story(b, first_of(&b->over), STORY_FREED);
		else
			cut_tree(b, first_of(&b->alive)->root);
	}
}

void book_tick(struct book *b, uint64_t now)
{
	while (b->over.first && first_of(&b->over)->story.last_ts + GRACE_NS < now)
		end_story(b, first_of(&b->over), STORY_FREED);
	while (b->alive.first && first_of(&b->alive)->story.last_ts + QUIET_NS < now)
		end_story(b, first_of(&b->alive), STORY_QUIET);
}

void book_finish(struct book *b)
{
	while (b->alive.first || b->over.first) {
		struct entry *a = first_of(&b->alive), *o = first_of(&b->over);

		end_story(b, !a || (o && o->story.last_ts < a->story.last_ts) ? o : a,
			  STORY_UNFINISHED);
	}
}

void book_lost(struct book *b)
{
	for (struct entry *e = first_of(&b->alive); e; e = next_of(e))
		e->story.lost_events = true;
	for (struct entry *e = first_of(&b->over); e; e = next_of(e))
		e->story.lost_events = true;
}

static void discard(void *arg, const struct story *s)
{
}

void book_close(struct book *b)
{
	if (!b)
		return;
	b->fn = discard;
	b->tree_fn = NULL;
	book_finish(b);
	free(b->buckets);
	free(b);
}

/* ---- one event ---- */

/* The live story of the original; NULL: it is not known, or is over. */
static struct entry *original_of(const struct book *b, const struct copies_last *l)
{
	struct entry *e = l ? find(b, l->skb) : NULL;

	return e && e->story.nr == l->story ? e : NULL;
}

/* Put a copy into the tree of its original. */
static void join(struct entry *e, struct entry *origin)
{
	struct entry *root = origin->root;
	struct story **at = &origin->story.branches;

	if (origin->last_branch && origin->last_branch->copied_at <= e->story.copied_at)
		at = &origin->last_branch->next_branch;
	while (*at && (*at)->copied_at <= e->story.copied_at)
		at = &(*at)->next_branch;
	e->story.next_branch = *at;
	*at = &e->story;
	if (!e->story.next_branch)
		origin->last_branch = &e->story;
	e->origin = origin;
	e->root = root;
	e->depth = origin->depth + 1;
	root->last_member->next_member = e;
	root->last_member = e;
	root->nr_members++;
	root->nr_open++;
}

static void note_origin(struct book *b, struct entry *e, const struct copies_last *l)
{
	struct entry *origin = original_of(b, l);

	e->root = e->last_member = e;
	e->nr_members = e->nr_open = 1;
	if (!l)
		return;
	e->story.copy = l->how;
	e->story.copy_of = l->story;
	if (!origin)
		return;
	e->before = entry_stage(origin);
	e->story.copied_at = origin->story.nr_steps - 1;
	/* IP makes the second fragment of the first */
	if (l->how == STORY_FRAGMENT && origin->story.copy == STORY_FRAGMENT && origin->origin) {
		e->story.copied_at = origin->story.copied_at;
		origin = origin->origin;
		e->story.copy_of = origin->story.nr;
	}
	if (b->tree_fn && origin->depth < TREE_DEPTH && origin->root->nr_members < TREE_MAX)
		join(e, origin);
}

/*
 * A packet that has just been copied to this address: that the one before was freed was missed, as
 * it is where many are freed at once.
 */
static bool is_new_copy(const struct entry *e, const struct trace_event *te,
			const struct copies_last *l)
{
	return l && l->story != e->story.nr && te->tuple.family &&
	       !tuple_same_flow(&e->story.now, &te->tuple);
}

static struct entry *begin(struct book *b, const struct trace_event *te,
			   const struct copies_last *origin, bool is_reborn)
{
	struct entry **at, *e;

	make_room(b, b->opts.max_nr - 1);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->story = (struct story){
		.nr = ++b->nr_all,
		.skb = te->raw.skb,
		.first_ts = te->raw.ts,
		.tgid = te->raw.tgid,
		.is_reborn = is_reborn,
		.continues = te->packet <= b->last_packet && !is_reborn,
		.end = STORY_UNFINISHED,
	};
	if (te->packet > b->last_packet)
		b->last_packet = te->packet;
	e->packet = te->packet;
	e->keeps_functions = b->opts.functions;
	memcpy(e->story.comm, te->raw.comm, sizeof(e->story.comm));
	note_origin(b, e, e->story.continues ? NULL : origin);
	at = bucket_of(b, te->raw.skb);
	e->hash_next = *at;
	*at = e;
	e->bytes = sizeof(*e);
	b->bytes += e->bytes;
	b->nr++;
	b->nr_reborn += is_reborn;
	lru_append(&b->alive, &e->node);
	return e;
}

/* While probes are being attached packets pass functions that are not traced yet. */
static bool is_early(struct book *b, const struct trace_event *te)
{
	if (te->raw.ts < b->opts.since && te->packet > b->last_early)
		b->last_early = te->packet;
	if (te->packet > b->last_early)
		return false;
	b->nr_left_out++;
	return true;
}

int book_add(struct book *b, const struct trace_event *te)
{
	const struct copies_last *origin;
	bool is_reborn = false;
	struct entry *e;
	enum stage stage;
	size_t bytes;
	int ret;

	if (!te->packet || is_early(b, te))
		return 0;
	stage = stage_of(&b->stages, te);
	e = find(b, te->raw.skb);
	origin = copies_find(&b->copies, te, stage);
	if (e && e->packet == te->packet)
		is_reborn = entry_is_reborn(e, te, stage) || is_new_copy(e, te, origin);
	if (e && (e->packet != te->packet || is_reborn)) {
		end_story(b, e, STORY_FREED);
		e = NULL;
	}
	if (!e)
		e = begin(b, te, origin, is_reborn);
	if (!e)
		return -ENOMEM;
	if (b->event_fn)
		b->event_fn(b->event_arg, &e->story, te, &e->mark);
	bytes = e->bytes;
	ret = entry_add(e, te, stage);
	b->bytes += e->bytes - bytes;
	if (ret)
		return ret;
	e->copies = copies_how(e->copies, te, stage);
	copies_note(&b->copies, te, e->story.nr, e->copies);
	lru_remove(&e->node);
	lru_append(te->is_over || e->node.in == &b->over ? &b->over : &b->alive, &e->node);
	make_room(b, b->opts.max_nr);
	book_tick(b, te->raw.ts);
	return 0;
}
