// SPDX-License-Identifier: GPL-2.0-only
#include "story/flow.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "base/strings.h"
#include "story/lru.h"

#define ENDED_NS 1000000000
#define QUIET_NS 10000000000
#define NR_SETS	 4096 /* of flows, by addresses whatever the direction */

/* Not worth a word: a stage takes some time. */
#define WAITED_MIN_NS 1000000

struct entry {
	struct lru_node node; /* by the time of the last packet */
	struct flow flow;
	size_t bytes;
};

/* A flow by one of its tuples. */
struct key {
	struct key *next;
	struct entry *entry;
	size_t nr; /* of the tuple */
};

struct flows {
	struct story_opts opts;
	flow_fn fn;
	void *arg;
	struct key *sets[NR_SETS];
	struct lru lru;
	size_t nr, bytes;
	uint64_t nr_all;
};

int flows_open(struct flows **out, const struct story_opts *opts, flow_fn fn, void *arg)
{
	struct flows *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return -ENOMEM;
	fs->opts = *opts;
	fs->fn = fn;
	fs->arg = arg;
	*out = fs;
	return 0;
}

/* ---- by addresses ---- */

static uint32_t hash_end(const uint8_t addr[16], uint16_t port)
{
	return (str_hash((const char *)addr, 16) ^ port) * 0x9e3779b1;
}

static size_t set_of(const struct tuple *t)
{
	uint32_t ends = hash_end(t->saddr, t->sport) + hash_end(t->daddr, t->dport);

	return (ends >> 16 ^ ends ^ t->proto) % NR_SETS;
}

static struct tuple turned(const struct tuple *t)
{
	struct tuple back = *t;

	memcpy(back.saddr, t->daddr, sizeof(back.saddr));
	memcpy(back.daddr, t->saddr, sizeof(back.daddr));
	back.sport = t->dport;
	back.dport = t->sport;
	return back;
}

static bool is_same(const struct tuple *a, const struct tuple *b)
{
	return tuple_same_flow(a, b) && a->is_arp == b->is_arp;
}

static struct entry *find(const struct flows *fs, const struct tuple *t, bool *is_answer)
{
	const struct tuple back = turned(t);

	for (const struct key *k = fs->sets[set_of(t)]; k; k = k->next) {
		const struct tuple *has = &k->entry->flow.tuples[k->nr];

		*is_answer = !is_same(has, t);
		if (!*is_answer || is_same(has, &back))
			return k->entry;
	}
	return NULL;
}

static int add_tuple(struct flows *fs, struct entry *e, const struct tuple *t)
{
	struct flow *f = &e->flow;
	struct key **set = &fs->sets[set_of(t)], *k;

	for (size_t i = 0; i < f->nr_tuples; i++)
		if (is_same(&f->tuples[i], t))
			return 0;
	if (f->nr_tuples == FLOW_MAX_TUPLES)
		return 0;
	k = malloc(sizeof(*k));
	if (!k)
		return -ENOMEM;
	*k = (struct key){.next = *set, .entry = e, .nr = f->nr_tuples};
	*set = k;
	f->tuples[f->nr_tuples++] = *t;
	return 0;
}

static void remove_tuples(struct flows *fs, struct entry *e)
{
	for (size_t i = 0; i < e->flow.nr_tuples; i++) {
		struct key **at = &fs->sets[set_of(&e->flow.tuples[i])], *k;

		while ((*at)->entry != e || (*at)->nr != i)
			at = &(*at)->next;
		k = *at;
		*at = k->next;
		free(k);
	}
}

/* ---- the end of a flow ---- */

static void swap(bool of[2])
{
	bool first = of[0];

	of[0] = of[1];
	of[1] = first;
}

/* The one that was quiet the longest. */
static struct entry *first_of(const struct flows *fs)
{
	return (struct entry *)fs->lru.first;
}

static int by_time(const void *a, const void *b)
{
	const struct flow_packet *x = a, *y = b;

	return x->first_ts < y->first_ts ? -1 : x->first_ts > y->first_ts;
}

static bool is_later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static void note_again(struct flow *f, struct flow_packet *p)
{
	bool from = p->is_answer;

	if (!p->has_seq)
		return;
	p->is_again = f->has_seq[from] && !is_later(p->seq_end, f->seq_end[from]);
	if (!p->is_again)
		f->seq_end[from] = p->seq_end;
	f->has_seq[from] = true;
}

/* The story that ended first began the flow, but an answer may have been sent later. */
static void turn(struct flow *f)
{
	for (size_t i = 0; i < f->nr_packets; i++)
		f->packets[i].is_answer = !f->packets[i].is_answer;
	for (size_t i = 0; i < f->nr_tuples; i++)
		f->tuples[i] = turned(&f->tuples[i]);
	swap(f->has_end);
}

/* Stories come in the order of their ends: what was sent again is known once they are sorted. */
static void tell(struct flows *fs, struct flow *f)
{
	qsort(f->packets, f->nr_packets, sizeof(f->packets[0]), by_time);
	if (f->packets[0].is_answer && !f->continues)
		turn(f);
	for (size_t i = 0; i < f->nr_packets; i++)
		note_again(f, &f->packets[i]);
	fs->fn(fs->arg, f);
}

static void drop_packets(struct flows *fs, struct entry *e)
{
	for (size_t i = 0; i < e->flow.nr_packets; i++)
		free(e->flow.packets[i].outcome);
	free(e->flow.packets);
	e->flow.packets = NULL;
	e->flow.nr_packets = e->flow.max_packets = e->flow.nr_events = 0;
	fs->bytes -= e->bytes;
	e->bytes = 0;
}

static void end_flow(struct flows *fs, struct entry *e, bool told)
{
	if (told && e->flow.nr_packets)
		tell(fs, &e->flow);
	drop_packets(fs, e);
	remove_tuples(fs, e);
	lru_remove(&e->node);
	fs->nr--;
	free(e);
}

static bool is_over(const struct flow *f, uint64_t now)
{
	return f->last_ts + (f->has_end[0] && f->has_end[1] ? ENDED_NS : QUIET_NS) < now;
}

void flows_tick(struct flows *fs, uint64_t now)
{
	struct entry *next;

	for (struct entry *e = first_of(fs); e && e->flow.last_ts + ENDED_NS < now; e = next) {
		next = (struct entry *)e->node.next;
		if (is_over(&e->flow, now))
			end_flow(fs, e, true);
	}
}

void flows_finish(struct flows *fs)
{
	while (fs->lru.first)
		end_flow(fs, first_of(fs), true);
}

void flows_close(struct flows *fs)
{
	if (!fs)
		return;
	while (fs->lru.first)
		end_flow(fs, first_of(fs), false);
	free(fs);
}

/* ---- one packet ---- */

static struct entry *begin(struct flows *fs, const struct story *s)
{
	struct entry *e;

	while (fs->nr >= fs->opts.max_nr)
		end_flow(fs, first_of(fs), true);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	lru_append(&fs->lru, &e->node);
	fs->nr++;
	if (add_tuple(fs, e, &s->tuple)) {
		end_flow(fs, e, false);
		return NULL;
	}
	e->flow.nr = ++fs->nr_all;
	return e;
}

/* The stage in which the packet was for more than half of its time. */
static void note_wait(struct flow_packet *p, const struct story *s)
{
	for (size_t i = 0; i < s->nr_steps; i++) {
		uint64_t ns = story_step_end(s, i) - s->steps[i].ts;

		if (ns < WAITED_MIN_NS || ns * 2 < s->last_ts - s->first_ts)
			continue;
		p->waited = s->steps[i].stage;
		p->waited_ns = ns;
	}
}

static void note_tcp(struct flow *f, struct flow_packet *p, const struct story *s)
{
	bool from = p->is_answer;

	p->has_tcp_flags = s->tuple.has_tcp_flags;
	p->tcp_flags = s->tuple.tcp_flags;
	f->has_end[from] |= p->has_tcp_flags && p->tcp_flags & TH_FIN;
	if (p->has_tcp_flags && p->tcp_flags & TH_RST)
		f->has_end[0] = f->has_end[1] = true;
	p->has_seq = s->has_seq && s->seq != s->seq_end && !s->continues;
	p->seq_end = s->seq_end;
}

static struct flow_packet *add_packet(struct flows *fs, struct entry *e)
{
	struct flow *f = &e->flow;

	if (f->nr_packets == f->max_packets) {
		size_t max = f->max_packets ? 2 * f->max_packets : 8;
		void *more = realloc(f->packets, max * sizeof(f->packets[0]));

		if (!more)
			return NULL;
		e->bytes += (max - f->max_packets) * sizeof(f->packets[0]);
		fs->bytes += (max - f->max_packets) * sizeof(f->packets[0]);
		f->packets = more;
		f->max_packets = max;
	}
	return &f->packets[f->nr_packets++];
}

/* Not what never left: TCP sends copies, and keeps the originals. */
static bool has_left(const struct story *s)
{
	for (size_t i = 0; i < s->nr_steps; i++)
		if (s->steps[i].stage > STAGE_TCP_OUTPUT && s->steps[i].stage != STAGE_ARP)
			return true;
	return s->end == STORY_DROPPED || s->tuple.is_arp;
}

/*
 * The story that tells what became of a packet: its own, unless another took its place or it was
 * split. Then of its parts one that was dropped, or the last.
 */
static const struct story *fate(const struct story *s)
{
	const struct story *next = story_successor(s), *last = NULL;

	if (next)
		return fate(next);
	for (const struct story *b = s->branches; b; b = b->next_branch) {
		if (b->copy == STORY_CLONE)
			continue;
		last = fate(b);
		if (last->end == STORY_DROPPED)
			return last;
	}
	return last && s->end != STORY_DROPPED ? last : s;
}

/* For more, without waiting for the end of any flow. */
static void make_room(struct flows *fs)
{
	while (fs->bytes > fs->opts.max_bytes)
		end_flow(fs, first_of(fs), true);
}

/* NAT changes one end; a tunnel both, and it carries other flows, too. */
static bool is_translated(const struct tuple *a, const struct tuple *b)
{
	bool same_source = !memcmp(a->saddr, b->saddr, sizeof(a->saddr)) && a->sport == b->sport;
	bool same_dest = !memcmp(a->daddr, b->daddr, sizeof(a->daddr)) && a->dport == b->dport;

	return a->family == b->family && a->proto == b->proto && !b->is_fragment &&
	       same_source != same_dest;
}

static int add_one(struct flows *fs, const struct story *s)
{
	const struct story *last = fate(s);
	struct flow_packet *p;
	bool is_answer = false;
	struct entry *e;
	size_t text_sz;

	e = find(fs, &s->tuple, &is_answer);
	if (!e)
		e = find(fs, &s->now, &is_answer);
	if (!e)
		e = begin(fs, s);
	p = e ? add_packet(fs, e) : NULL;
	if (!p)
		return -ENOMEM;
	*p = (struct flow_packet){
		.story = s->nr,
		.first_ts = s->first_ts,
		.last_ts = last->last_ts > s->last_ts ? last->last_ts : s->last_ts,
		.is_answer = is_answer,
		.len = s->len,
		.end = last->end,
		.continues = s->continues,
		.lost_events = s->lost_events || last->lost_events,
		.outcome = last->outcome ? strdup(last->outcome) : NULL,
	};
	text_sz = p->outcome ? strlen(p->outcome) + 1 : 0;
	e->bytes += text_sz;
	fs->bytes += text_sz;
	e->flow.nr_events += story_tree_events(s);
	note_wait(p, s);
	note_tcp(&e->flow, p, s);
	if (is_translated(&s->tuple, &last->now)) {
		const struct tuple end = is_answer ? turned(&last->now) : last->now;
		const struct tuple began = is_answer ? turned(&s->tuple) : s->tuple;

		if (add_tuple(fs, e, &end) || add_tuple(fs, e, &began))
			return -ENOMEM;
	}
	if (p->last_ts > e->flow.last_ts)
		e->flow.last_ts = p->last_ts;
	lru_remove(&e->node);
	lru_append(&fs->lru, &e->node);
	if (e->flow.nr_packets == FLOW_MAX_PACKETS) {
		tell(fs, &e->flow);
		drop_packets(fs, e);
		e->flow.continues = true;
	}
	make_room(fs);
	return 0;
}

int flows_add(struct flows *fs, const struct story *s)
{
	int ret = 0;

	if ((!s->tuple.family && !s->tuple.is_arp) || s->tuple.is_fragment)
		return 1;
	/* its original may be told elsewhere */
	if (s->copy_of && s->end == STORY_ENDED)
		return 0;
	if (has_left(s))
		return add_one(fs, s);
	for (const struct story *b = s->branches; b && !ret; b = b->next_branch)
		if (has_left(b))
			ret = add_one(fs, b);
	return ret;
}
