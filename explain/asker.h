/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * asker.h - asks the kernel about network namespaces, for a share of the time, and keeps answers.
 *
 * The kernel tells how things are now, but they are asked for a packet that was dropped before. So
 * an answer that was given after the drop is kept for it: it is nearer to the drop than a new one.
 */
#ifndef EXPLAIN_ASKER_H
#define EXPLAIN_ASKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hurry.h"
#include "kern/net.h"

#define ASKER_KEY_SZ	112
#define ASKER_ANSWER_SZ 64
#define ASKER_NR	64 /* answers */

struct question {
	uint32_t netns;
	int (*fn)(void *arg); /* asks in the namespace; 0: answered */
	void *arg;
	const void *key;  /* what else tells it from others of fn; without padding */
	size_t key_sz;	  /* larger than ASKER_KEY_SZ: its answer is not kept */
	void *answer;	  /* where fn writes it */
	size_t answer_sz; /* larger than ASKER_ANSWER_SZ: the same */
};

struct kept_answer {
	uint64_t asked; /* ns, CLOCK_MONOTONIC; 0: none */
	uint32_t netns;
	int (*fn)(void *arg);
	bool is_answered; /* else there is none */
	uint8_t key_sz, answer_sz;
	uint8_t key[ASKER_KEY_SZ], answer[ASKER_ANSWER_SZ];
};

struct asker {
	int64_t budget;		    /* ns; negative: it took more than there was */
	uint64_t then;		    /* when the budget was reckoned */
	uint64_t ts;		    /* of the event that questions are about */
	struct netns_cache *places; /* not owned */
	struct hurry hurry;
	struct kept_answer kept[ASKER_NR]; /* by a hash of the question, the newest wins */
};

void asker_init(struct asker *a, struct netns_cache *places, struct hurry hurry);

/* What is asked from now on is about an event of this time; UINT64_MAX: about now. */
void asker_at(struct asker *a, uint64_t ts);

/* False: not asked, as there is no time; or fn failed, or there is no such namespace. */
bool asker_ask(struct asker *a, const struct question *q);

#endif
