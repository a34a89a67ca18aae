// SPDX-License-Identifier: GPL-2.0-only
#include "explain/answers.h"

#include <net/if_arp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "explain/headers.h"

#define ANSWER_MAX_NS 1000000000 /* from an answer to the end of what it answers */

enum { ECHO_REPLY = 0, ECHO_REQUEST = 8, ECHO_REQUEST6 = 128, ECHO_REPLY6 = 129 };
enum { SOLICIT = 135, ADVERTISE = 136 };

static void copy_ends(struct answer *a, const struct tuple *t, bool swap)
{
	memcpy(a->from, swap ? t->daddr : t->saddr, sizeof(a->from));
	memcpy(a->to, swap ? t->saddr : t->daddr, sizeof(a->to));
	a->from_port = swap ? t->dport : t->sport;
	a->to_port = swap ? t->sport : t->dport;
}

static bool echo_answer(struct answer *a, const struct trace_event *te, bool swap)
{
	const uint8_t *id = header_l4(te, 4, 4);

	copy_ends(a, &te->tuple, swap);
	if (id)
		memcpy(a->key, id, sizeof(a->key));
	return id;
}

/* Of the neighbour that is asked for, not the group that the question went to. */
static bool neighbour_answer(struct answer *a, const struct trace_event *te, bool swap)
{
	const uint8_t *target = header_l4(te, 8, 16);

	copy_ends(a, &te->tuple, swap);
	if (target)
		memcpy(a->from, target, sizeof(a->from));
	return target;
}

/* A SYN-ACK acknowledges the number after the SYN's. */
static bool syn_answer(struct answer *a, const struct trace_event *te, bool swap)
{
	const uint8_t *seq = header_l4(te, swap ? 4 : 8, 4);
	uint32_t nr;

	if (!seq)
		return false;
	copy_ends(a, &te->tuple, swap);
	nr = ((uint32_t)seq[0] << 24 | seq[1] << 16 | seq[2] << 8 | seq[3]) + swap;
	memcpy(a->key, &nr, sizeof(nr));
	return true;
}

/* The answer that this packet is, or the one that it wants. False: neither. */
static bool answer_make(struct answer *a, const struct trace_event *te, bool wanted)
{
	const struct tuple *t = &te->tuple;

	memset(a, 0, sizeof(*a));
	a->family = t->family;
	a->proto = t->proto;
	a->type = t->is_arp;
	if (t->is_arp) {
		copy_ends(a, t, wanted);
		return t->arp_op == (wanted ? ARPOP_REQUEST : ARPOP_REPLY);
	}
	if (t->has_tcp_flags)
		return (t->tcp_flags & (TH_SYN | TH_ACK | TH_RST)) ==
			       (wanted ? TH_SYN : TH_SYN | TH_ACK) &&
		       syn_answer(a, te, wanted);
	if (!t->has_icmp)
		return false;
	if (t->icmp_type == (wanted ? SOLICIT : ADVERTISE) && t->proto == IPPROTO_ICMPV6) {
		a->type = ADVERTISE;
		return neighbour_answer(a, te, wanted);
	}
	if (t->proto == IPPROTO_ICMPV6)
		return t->icmp_type == (wanted ? ECHO_REQUEST6 : ECHO_REPLY6) &&
		       echo_answer(a, te, wanted);
	return t->icmp_type == (wanted ? ECHO_REQUEST : ECHO_REPLY) && echo_answer(a, te, wanted);
}

bool answers_have(const struct answers *as, const struct trace_event *te)
{
	struct answer a;

	if (!answer_make(&a, te, true))
		return false;
	for (size_t i = 0; i < NR_ANSWERS; i++)
		if (as->v[i].ts && te->raw.ts - as->v[i].ts < ANSWER_MAX_NS &&
		    !memcmp(&as->v[i].a, &a, sizeof(a)))
			return true;
	return false;
}

void answers_note(struct answers *as, const struct trace_event *te)
{
	struct answer a;
	size_t i;

	if (!answer_make(&a, te, false))
		return;
	for (i = 0; i < NR_ANSWERS; i++)
		if (as->v[i].ts && !memcmp(&as->v[i].a, &a, sizeof(a)))
			break;
	if (i == NR_ANSWERS) {
		i = as->next;
		as->next = (as->next + 1) % NR_ANSWERS;
	}
	as->v[i].a = a;
	as->v[i].ts = te->raw.ts;
}
