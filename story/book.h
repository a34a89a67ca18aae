/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * book.h - the stories of the packets that are under way. Bounded: the one that was quiet the
 * longest is closed when there is no room for another.
 *
 * A story ends when its packet is freed (after a moment: the steps of freeing it follow), when
 * another packet gets its address, or after a second in which nothing was seen of it.
 *
 * Trees. What is copied on its way goes several ways: a bridge floods a packet to its ports, a
 * packet socket gets a copy, TCP keeps the original and sends copies, GSO and IP split a packet.
 * Each copy has a story of its own. With book_on_tree() it is a branch of its original's story,
 * too, as story.branches, next_branch and copied_at tell, and a branch may have branches. The root
 * was copied from nothing that is known. A tree is told once all its stories have ended; until then
 * these are kept, and count for story_opts.max_nr and max_bytes. To make room the tree whose
 * packet was quiet the longest is told, and those of its packets that are under way are cut short.
 * A tree has at most TREE_MAX stories, and copies of copies down to TREE_DEPTH: further copies
 * begin trees of their own.
 */
#ifndef STORY_BOOK_H
#define STORY_BOOK_H

#include "story/story.h"

struct book;

#define TREE_MAX   1024
#define TREE_DEPTH 8

/* Called with each story that ends. Its branches and those of others are not valid. */
typedef void (*story_fn)(void *arg, const struct story *s);

int book_open(struct book **out, const struct story_opts *opts, story_fn fn, void *arg);

/* fn is called with the root of each tree whose stories have all ended, after story_fn with each.
 */
void book_on_tree(struct book *b, story_fn fn, void *arg);

/*
 * Called with each event of a story, before it is added: s->nr_events is 0 for the first, and
 * s->last_ts the time of the one before. *mark is kept for fn until the story ends; 0 at first.
 */
typedef void (*story_event_fn)(void *arg, const struct story *s, const struct trace_event *te,
			       uint32_t *mark);

void book_on_event(struct book *b, story_event_fn fn, void *arg);

/* Events in the order of their time; te->packet 0 is ignored. -ENOMEM: the event is left out. */
int book_add(struct book *b, const struct trace_event *te);

/* Events were lost: all stories under way may lack some. */
void book_lost(struct book *b);

/* All events before this time (ns, CLOCK_MONOTONIC) were added. */
void book_tick(struct book *b, uint64_t now);

/* The trace ends: end all stories, in the order in which they began. */
void book_finish(struct book *b);

size_t book_nr(const struct book *b);
uint64_t book_left_out(const struct book *b);
/* Packets that it tells apart by what they do, and the tracker does not. */
uint64_t book_reborn(const struct book *b);

void book_close(struct book *b);

#endif
