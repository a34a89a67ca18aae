/* SPDX-License-Identifier: GPL-2.0-only */
/* say.h - what is said of a decision, in words and for programs. */
#ifndef NETFILTER_SAY_H
#define NETFILTER_SAY_H

#include "netfilter/candidate.h"
#include "netfilter/question.h"
#include "netfilter/times.h"

/* The only rule or policy that can have ended a dropped packet's way; NULL: several, or none. */
const struct nf_candidate *nf_dropper(struct nf_decision *d, enum nf_freed_by by);
/* Whether this one can have. */
bool nf_fits(const struct nf_candidate *c, enum nf_freed_by by);
/* Whether any can have, or not all are in d. */
bool nf_has_dropper(const struct nf_decision *d, enum nf_freed_by by);

void nf_say_drop(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		 enum nf_freed_by by);
/* "DROP" or "QUEUE", of which there are no rules: as nf_times.unread. */
void nf_say_unread(const struct nf_answer *a, const char *verdict, int err);

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
