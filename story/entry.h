/* SPDX-License-Identifier: GPL-2.0-only */
/* entry.h - a story that is being written: what each event adds to it. */
#ifndef STORY_ENTRY_H
#define STORY_ENTRY_H

#include "story/lru.h"
#include "story/reuse.h"
#include "story/story.h"
#include "story/tunnels.h"

struct entry {
	struct lru_node node; /* by the time of the last event */
	struct story story;
	struct entry *hash_next;
	uint64_t packet; /* trace_event.packet */
	size_t bytes;	 /* of memory */
	uint32_t mark;	 /* of the event_fn */
	bool keeps_functions;
	bool has_ip_len;
	bool has_protocol; /* skb->protocol was set: what is above the link is written */
	bool has_left;	   /* the packet was handed to a device, or came from one */
	bool was_received; /* it came from one */
	bool has_arrived;  /* a socket has it, or its data */
	bool is_tagged;	   /* VLAN; the next two: by which tag */
	bool knows_vlan;
	uint16_t vlan;
	bool more_follow;	/* the last IPv4 header said that more fragments do */
	uint32_t ip_len;	/* by the last IP header; 0: not known */
	enum stage before;	/* of a branch: where the original was when it was copied */
	enum story_copy copies; /* copies_how() at the last event */
	struct wraps wraps;
	struct headers_seen headers; /* at the last tracepoint of a device */
	/* The tree that it is in: book.h. */
	struct entry *root;   /* itself, if it is no branch */
	struct entry *origin; /* what it was copied from; NULL: it is no branch */
	unsigned int depth;   /* 0: root */
	struct story *last_branch;
	struct entry *next_member; /* in the order in which they began; the root is the first */
	/* Of a root. */
	struct entry *last_member;
	size_t nr_members, nr_open; /* open: it has not ended */
};

/* The stage of the last step. */
enum stage entry_stage(const struct entry *e);

/*
 * Whether an event in this stage is of another packet at the address, although the tracker takes it
 * for the same: the free of the one before was missed, as while probes are being attached, or was
 * by a function that is not traced, as with tracepoints alone.
 */
bool entry_is_reborn(const struct entry *e, const struct trace_event *te, enum stage stage);

/* The event's time; within a story no time goes back. */
uint64_t entry_time(const struct entry *e, const struct trace_event *te);

/* Counts the memory that it takes in e->bytes. -ENOMEM: the event is left out. */
int entry_add(struct entry *e, const struct trace_event *te, enum stage stage);

/* Free it and all that it owns. */
void entry_free(struct entry *e);

#endif
