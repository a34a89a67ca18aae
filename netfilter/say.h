/* SPDX-License-Identifier: GPL-2.0-only */
/* say.h - what is said of a decision, in words and for programs. */
#ifndef NETFILTER_SAY_H
#define NETFILTER_SAY_H

#include "netfilter/candidate.h"
#include "netfilter/question.h"

/* How the rules' time compares with the packet's. */
struct nf_times {
	bool changed; /* there were others at the packet's time, or shortly before */
	int64_t later_ms,
		before_ms; /* the rules are from then on, were seen then; 0: of its time */
};

void nf_say_drop(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		 enum nf_freed_by by);
void nf_say_queue(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d);

/* may_write: there are rules that write addresses without NAT. */
void nf_say_nat(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		const struct nf_nat *nat, const struct nf_packet *p, bool may_write);

/* A base chain that the packet passed; nr: those said before it. */
void nf_say_accept(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		   const struct nf_chain *base, size_t nr);

/* ", by the rules 3 ms later", if they are. */
void nf_say_times(const struct nf_answer *a, const struct nf_times *w);

#endif
