/* SPDX-License-Identifier: GPL-2.0-only */
/* question.h - what is asked about a packet, and where the answer goes. */
#ifndef NETFILTER_QUESTION_H
#define NETFILTER_QUESTION_H

#include "base/textbuf.h"
#include "base/verdict.h"
#include "netfilter/packet.h"

/* Where to put what is said: appended to t, and added to vs. Nothing if nothing can be said. */
struct nf_answer {
	struct textbuf *t;
	struct verdicts *vs;
	bool *no_rule;	/* set if no rule or policy can have dropped it; NULL: not wanted */
	bool rule_text; /* also the text of a rule that is certain */
};

/*
 * A packet at a hook. Where only an earlier look tells its addresses before NAT, hdr is what was
 * seen last, and p->before that one.
 */
struct nf_question {
	uint32_t netns;	    /* inode number of the namespace */
	uint64_t ts;	    /* CLOCK_MONOTONIC */
	bool is_by_nft;	    /* a rule or policy of nftables dropped it for certain */
	bool is_at_ebt;	    /* a table of ebtables was seen to get it at this hook */
	bool is_repeated;   /* it was asked of the same drop before */
	struct nf_packet p; /* the hook may be unknown */
};

/* Who freed a dropped packet. */
enum nf_freed_by {
	NF_FREED_BY_HOOK,   /* the caller of the hooks' functions */
	NF_FREED_BY_QUEUE,  /* nf_queue(): it could not be queued */
	NF_FREED_BY_READER, /* nf_reinject(): user space decided */
};

struct nf_nat {
	bool is_source;	       /* the source has changed, else the destination */
	bool is_guess;	       /* not seen at its hook: something else may have changed it */
	const char *from, *to; /* addresses with ports */
};

#endif
