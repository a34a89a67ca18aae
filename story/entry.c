// SPDX-License-Identifier: GPL-2.0-only
#include "story/entry.h"

#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/textbuf.h"
#include "explain/headers.h"
#include "output/ip_len.h"

#define NOTE_MAX 4096

static void *grow(struct entry *e, void *array, size_t nr, size_t *max, size_t sz)
{
	size_t more = *max ? *max : 4;

	if (nr < *max)
		return array;
	array = realloc(array, (*max + more) * sz);
	if (array) {
		e->bytes += more * sz;
		*max += more;
	}
	return array;
}

static char *keep(struct entry *e, const char *text)
{
	char *copy = text ? strdup(text) : NULL;
	size_t sz = copy ? strlen(copy) + 1 : 0;

	e->bytes += sz;
	return copy;
}

/* Append to the note of a step, once. */
static void note(struct entry *e, struct story_step *step, const char *text)
{
	size_t had = step->note ? strlen(step->note) : 0, len = strlen(text);
	char *joined;

	if (had + len > NOTE_MAX || (step->note && strstr(step->note, text)))
		return;
	joined = realloc(step->note, had + len + 3);
	if (!joined)
		return;
	if (had) {
		memcpy(joined + had, "; ", 2);
		had += 2;
	}
	memcpy(joined + had, text, len + 1);
	step->note = joined;
	e->bytes += len + 3;
}

enum stage entry_stage(const struct entry *e)
{
	const struct story *s = &e->story;

	return s->nr_steps ? s->steps[s->nr_steps - 1].stage : e->before;
}

/* Whether the packet is at another device or in another namespace than it was. */
static bool has_moved(const struct story *s, const struct trail_event *raw)
{
	const struct story_step *last = &s->steps[s->nr_steps - 1];

	return (raw->netns && last->netns && raw->netns != last->netns) ||
	       (raw->ifindex && last->ifindex && raw->ifindex != last->ifindex);
}

static bool is_new_step(const struct story *s, enum stage stage, const struct trail_event *raw)
{
	/* a device comes and goes within a stage; another one is news */
	enum stage last = s->nr_steps ? s->steps[s->nr_steps - 1].stage : STAGE_UNKNOWN;

	return !s->nr_steps || (stage_name(last) && last != stage) || has_moved(s, raw);
}

static bool is_netfilter(enum stage stage)
{
	return stage >= STAGE_NETFILTER && stage <= STAGE_POSTROUTING;
}

/* Netfilter's functions and those that the table does not have are where the packet was. */
static enum stage place(const struct entry *e, enum stage stage, const struct trail_event *raw)
{
	const struct story *s = &e->story;
	enum stage last = entry_stage(e);

	if (stage == STAGE_MAKE)
		return last == STAGE_TCP_OUTPUT ? last : STAGE_SOCKET_SEND;
	/* a tunnel calls the same functions: udp_set_csum(), skb_scrub_packet() */
	if (last == STAGE_TUNNEL && (stage == STAGE_SOCKET_SEND || stage == STAGE_CROSSING))
		return last;
	/* netif_rx(), before the packet has the tunnel's device */
	if (s->nr_steps && last == STAGE_TUNNEL && stage == STAGE_RECEIVE && raw->ifindex &&
	    raw->ifindex == s->steps[s->nr_steps - 1].ifindex)
		return last;
	if (stage == STAGE_NETFILTER && is_netfilter(last))
		return last;
	/* a packet has crossed once it has another device */
	if (s->nr_steps && last == STAGE_CROSSING &&
	    (stage == STAGE_CROSSING || stage == STAGE_RECEIVE))
		return has_moved(s, raw) ? STAGE_RECEIVE : last;
	return stage_name(stage) ? stage : last;
}

/* Without a device or socket a packet has no namespace of its own. */
static void inherit_netns(struct entry *e, struct story_step *step)
{
	const struct story_step *before = step - 1;

	if (before->stage == STAGE_CROSSING)
		return;
	step->netns = before->netns;
	step->netns_name = keep(e, before->netns_name);
}

static struct story_step *step_of(struct entry *e, const struct trace_event *te, enum stage known,
				  uint64_t ts)
{
	struct story *s = &e->story;
	const struct trail_event *raw = &te->raw;
	enum stage stage = place(e, known, raw);
	struct story_step *step;

	if (is_new_step(s, stage, raw)) {
		void *more = grow(e, s->steps, s->nr_steps, &s->max_steps, sizeof(s->steps[0]));

		if (!more)
			return NULL;
		s->steps = more;
		step = &s->steps[s->nr_steps++];
		*step = (struct story_step){.stage = stage, .ts = ts};
		if (!raw->netns && s->nr_steps > 1)
			inherit_netns(e, step);
	} else {
		step = &s->steps[s->nr_steps - 1];
	}
	/* a helper came before the first function of the stage */
	if (!stage_name(step->stage))
		step->stage = stage;
	step->last_ts = ts;
	step->nr_events++;
	s->nr_unknown += known == STAGE_UNKNOWN;
	if (!step->netns && raw->netns) {
		step->netns = raw->netns;
		step->netns_name = keep(e, te->netns_name);
	}
	if (!step->ifindex && raw->ifindex) {
		step->ifindex = raw->ifindex;
		memcpy(step->ifname, raw->ifname, sizeof(step->ifname));
	}
	return step;
}

/* Whether b tells more of the same packet than a: its transport header was not written yet. */
static bool tells_more(const struct tuple *a, const struct tuple *b)
{
	struct tuple same = *b;

	if (!a->has_ports || (!a->sport && !a->dport)) {
		same.sport = a->sport;
		same.dport = a->dport;
	}
	return (b->has_ports || !a->has_ports) && tuple_same_flow(a, &same) &&
	       (b->sport != a->sport || (b->tcp_flags && !a->tcp_flags) ||
		b->has_icmp > a->has_icmp);
}

/* Other headers are seen a few functions after a tunnel has changed them. */
static struct story_step *tunnel_step(const struct story *s, struct story_step *step)
{
	for (struct story_step *at = step; at > s->steps && step - at < 6; at--) {
		if (at->stage == STAGE_TUNNEL)
			return at;
		if (at->starts_leg || at->stage == STAGE_CROSSING)
			break;
	}
	return step;
}

/* Addresses or ports that are others than before: NAT, a tunnel. */
static void note_change(struct entry *e, struct story_step *step, const struct trace_event *te)
{
	const struct tuple *now = &te->tuple, *was = &e->story.now;
	char text[WRAPS_TEXT_SZ] = "now ";

	if (tuple_same_flow(was, now) || now->is_fragment != was->is_fragment)
		return;
	if (!wraps_change(&e->wraps, was, te, e->was_received, text)) {
		if (now->has_ports != was->has_ports)
			return;
		memcpy(text, "now ", 4);
		tuple_format(now, false, text + 4, sizeof(text) - 4);
	}
	note(e, tunnel_step(&e->story, step), text);
	step->starts_leg = true;
}

/*
 * As long as a packet is being made, its headers may be what was in that memory before: those of
 * another packet, of which the protocol tells.
 */
static bool was_unwritten(const struct entry *e, const struct trace_event *te)
{
	const struct story *s = &e->story;

	if (e->has_protocol || s->now.proto == te->tuple.proto)
		return false;
	for (size_t i = 0; i < s->nr_steps; i++) {
		enum stage stage = s->steps[i].stage;

		if (stage_name(stage) && stage != STAGE_SOCKET_SEND && stage != STAGE_ICMP_ANSWER &&
		    stage != STAGE_IP_OUTPUT)
			return false;
	}
	return true;
}

static void note_tuple(struct entry *e, struct story_step *step, const struct trace_event *te)
{
	struct story *s = &e->story;

	if (te->raw.flags & TRAIL_F_SKB_GONE || (!te->tuple.family && !te->tuple.is_arp))
		return;
	if ((!s->tuple.family && !s->tuple.is_arp) || tells_more(&s->tuple, &te->tuple) ||
	    was_unwritten(e, te))
		s->tuple = te->tuple;
	else
		note_change(e, step, te);
	s->now = te->tuple;
	e->has_protocol |= te->raw.protocol != 0;
}

/* What a firewall did is told once the packet has left it. */
static struct story_step *netfilter_step(const struct story *s, struct story_step *step)
{
	for (size_t i = 0; i < 2 && step - i >= s->steps; i++)
		if (is_netfilter(step[-i].stage))
			return step - i;
	return step;
}

static void keep_func(struct entry *e, struct story_step *step, const struct trace_event *te,
		      uint64_t ts)
{
	struct story *s = &e->story;
	void *more;

	if (!e->keeps_functions)
		return;
	more = grow(e, s->funcs, s->nr_funcs, &s->max_funcs, sizeof(s->funcs[0]));
	if (!more)
		return;
	s->funcs = more;
	s->funcs[s->nr_funcs++] = (struct story_func){
		.ts = ts,
		.ip = te->raw.ip,
		.func = te->func,
		.flags = te->raw.flags,
		.source = te->raw.source,
	};
	step->nr_funcs++;
}

static char *where_of(struct entry *e, const struct trace_event *te)
{
	char text[256];
	struct textbuf t = {text, sizeof(text), 0};

	text[0] = '\0';
	if (te->func.name)
		textbuf_printf(&t, "%s%s", te->raw.flags & TRAIL_F_TRACEPOINT ? "tp:" : "",
			       te->func.name);
	if (te->caller.name)
		textbuf_printf(&t, t.len ? " from %s" : "from %s", te->caller.name);
	return keep(e, text[0] ? text : NULL);
}

static void note_end(struct entry *e, const struct trace_event *te)
{
	struct story *s = &e->story;

	if (story_note_end(te, s->outcome, &s->end)) {
		s->outcome = keep(e, te->is_drop ? te->why : te->end);
		s->reason = te->raw.flags & (TRAIL_F_REASON | TRAIL_F_VERDICT) ? te->reason : NULL;
	} else if (te->is_over && s->end == STORY_UNFINISHED) {
		s->end = STORY_FREED;
	} else {
		return;
	}
	s->end_ts = te->raw.ts;
	free(s->where);
	s->where = where_of(e, te);
}

/* ip_len: 0 if the IP header does not tell it. */
static void note_seq(struct story *s, const struct trace_event *te, uint32_t ip_len)
{
	const uint8_t *tcp = header_l4(te, 0, sizeof(struct tcphdr));
	int data_len = header_tcp_data(te);

	if (s->has_seq || !ip_len || !te->tuple.has_tcp_flags || !tcp)
		return;
	s->seq = be32_at(tcp + 4);
	s->seq_end = s->seq + (data_len > 0 ? data_len : 0);
	s->seq_end += !!(te->tuple.tcp_flags & (TH_SYN | TH_FIN));
	s->has_seq = true;
}

static bool more_fragments(const struct trail_event *raw)
{
	return raw->protocol == ETH_P_IP &&
	       be16_at(raw->hdr + offsetof(struct iphdr, frag_off)) & IP_MF;
}

/* A packet that other packets were merged into. */
static void note_growth(struct entry *e, struct story_step *step, const struct trace_event *te,
			uint32_t len)
{
	const struct tuple *was = &e->story.now, *now = &te->tuple;
	bool was_part = was->is_fragment || e->more_follow;
	bool is_part = now->is_fragment || more_fragments(&te->raw);
	char text[64];

	if (!e->ip_len || len <= e->ip_len || is_part)
		return;
	if (was_part && was->proto == now->proto && tuple_same_hosts(was, now))
		snprintf(text, sizeof(text), "reassembled: %u bytes", len);
	else if (step->stage == STAGE_RECEIVE && step->nr_events > 1 && tuple_same_flow(was, now))
		snprintf(text, sizeof(text), "merged with packets behind it (GRO): %u bytes", len);
	else
		return;
	note(e, step, text);
}

static void note_len(struct entry *e, struct story_step *step, const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	uint32_t len;

	if (raw->flags & (TRAIL_F_SKB_GONE | TRAIL_F_HDR_FROM_SK))
		return;
	/* as long as the protocol is not told, the header may not be written yet */
	len = raw->protocol ? event_ip_len(te) : 0;
	/* a segment has the header of the whole at first */
	if (len && e->story.copy == STORY_SEGMENT && len < e->ip_len)
		e->has_ip_len = e->story.has_seq = false;
	if (len && !e->has_ip_len)
		e->story.len = len;
	note_seq(&e->story, te, len);
	if (len) {
		note_growth(e, step, te, len);
		e->ip_len = len;
		e->more_follow = more_fragments(raw);
		e->has_ip_len = true;
	}
	if (!e->has_ip_len && raw->len > e->story.len)
		e->story.len = raw->len;
}

static bool is_vlan(uint16_t protocol)
{
	return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD;
}

/* In the packet it is at the network header, or before it. */
static bool vlan_of(const struct trail_event *raw, unsigned int *id)
{
	if (raw->flags & TRAIL_F_VLAN)
		*id = raw->vlan_tci & 0xfff;
	else if (raw->hdr_len >= 4 &&
		 (be16_at(raw->hdr + 2) == ETH_P_IP || be16_at(raw->hdr + 2) == ETH_P_IPV6))
		*id = be16_at(raw->hdr) & 0xfff;
	else
		return false;
	return true;
}

/* step: NULL for the first event. */
static void note_vlan(struct entry *e, struct story_step *step, const struct trace_event *te)
{
	const struct trail_event *raw = &te->raw;
	bool is_tagged = raw->flags & TRAIL_F_VLAN || is_vlan(raw->protocol);
	unsigned int id = e->vlan;
	char text[48];

	if (raw->flags & (TRAIL_F_SKB_GONE | TRAIL_F_HDR_FROM_SK))
		return;
	if (is_tagged)
		e->knows_vlan |= vlan_of(raw, &id);
	e->vlan = id;
	if (step && is_tagged != e->is_tagged) {
		const char *what = is_tagged ? "added" : "removed";

		if (e->knows_vlan)
			snprintf(text, sizeof(text), "VLAN tag %u %s", id, what);
		else
			snprintf(text, sizeof(text), "VLAN tag %s", what);
		note(e, step, text);
	}
	e->is_tagged = is_tagged;
	e->knows_vlan &= is_tagged;
}

/* Where the headers are complete: functions see them before they are, and while they change. */
static bool is_at_device(const struct trace_event *te, enum stage stage)
{
	return te->raw.flags & TRAIL_F_TRACEPOINT &&
	       (stage == STAGE_QDISC || stage == STAGE_TRANSMIT || stage == STAGE_RECEIVE);
}

bool entry_is_reborn(const struct entry *e, const struct trace_event *te, enum stage stage)
{
	/* a packet that is being made cannot have been on its way */
	return (e->has_left && stage == STAGE_MAKE) ||
	       /* one that has arrived goes nowhere */
	       (e->has_arrived &&
		(stage == STAGE_MAKE || stage == STAGE_QDISC || stage == STAGE_RECEIVE)) ||
	       (is_at_device(te, stage) && reuse_is_other(&e->headers, te));
}

static void note_place(struct entry *e, enum stage stage)
{
	e->has_left |=
		(stage >= STAGE_TRANSMIT && stage <= STAGE_RECEIVE) || stage == STAGE_POSTROUTING;
	e->was_received |= stage == STAGE_RECEIVE || stage == STAGE_IP_INPUT;
	e->has_arrived |=
		stage == STAGE_SOCKET_READ || (stage == STAGE_TCP_INPUT && e->was_received);
}

/* A copy for a packet socket: packet_rcv(), tpacket_rcv(), packet_rcv_fanout(). */
static void note_packet_socket(struct story *s, const struct trace_event *te, enum stage stage)
{
	if (s->copy_of && stage == STAGE_SOCKET_RECEIVE && te->func.name &&
	    strstr(te->func.name, "packet_rcv"))
		s->for_packet_socket = true;
}

uint64_t entry_time(const struct entry *e, const struct trace_event *te)
{
	return te->raw.ts > e->story.last_ts ? te->raw.ts : e->story.last_ts;
}

int entry_add(struct entry *e, const struct trace_event *te, enum stage stage)
{
	struct story *s = &e->story;
	uint64_t ts = entry_time(e, te);
	struct story_step *step = step_of(e, te, stage, ts);

	if (!step)
		return -ENOMEM;
	s->last_ts = ts;
	note_place(e, step->stage);
	if (stage == STAGE_TUNNEL)
		wraps_function(&e->wraps, te->func.name);
	note_packet_socket(s, te, stage);
	note_len(e, step, te);
	note_vlan(e, s->nr_events ? step : NULL, te);
	note_tuple(e, step, te);
	if (is_at_device(te, stage))
		reuse_note(&e->headers, te);
	s->nr_events++;
	if (te->why && !te->is_drop)
		note(e, te->verdicts ? netfilter_step(s, step) : step, te->why);
	keep_func(e, step, te, ts);
	note_end(e, te);
	return 0;
}

void entry_free(struct entry *e)
{
	for (size_t i = 0; i < e->story.nr_steps; i++) {
		free(e->story.steps[i].netns_name);
		free(e->story.steps[i].note);
	}
	free(e->story.steps);
	free(e->story.funcs);
	free(e->story.outcome);
	free(e->story.where);
	free(e);
}
