// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/netfilter.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter.h>

#include "kern/clock.h"
#include "kern/net.h"
#include "netfilter/conntrack.h"
#include "netfilter/ebt.h"
#include "netfilter/ipset.h"
#include "netfilter/nft.h"
#include "netfilter/others.h"
#include "netfilter/say.h"
#include "netfilter/xt.h"

#define NAMESPACES_MAX	   256
#define COST_SHARE	   4 /* looking for changes may take a fifth of the time */
#define BPF_NS		   UINT64_C(100000000) /* between looks at BPF programs, which may be many */
#define TICK_NS		   UINT64_C(200000000)	/* between looks without a packet */
#define TICK_STEP_NS	   UINT64_C(10000000)	/* the loop of events may come more often */
#define TICK_SHARE	   100			/* they take a hundredth of the time at most, */
#define TICK_SHARE_CHANGED 10			/* a tenth until the rules are trusted again, */
#define TICK_MAX_NS	   UINT64_C(5000000)	/* and each time no longer than that and one more */
#define TICK_LOST_NS	   UINT64_C(5000000000) /* for a namespace that cannot be found */
#define RETRY_NS	   UINT64_C(1000000000) /* for a namespace that cannot be read */

/* The rules of one namespace, and when they were certainly these. */
struct ns {
	uint32_t inum;
	uint64_t identity; /* of netns_identity() */
	int err;	   /* they could not be read */
	struct nf_ruleset rules;
	struct nf_ipsets ipsets; /* that the rules name */
	struct nf_watch watch;
	struct nf_ct_watch conntrack;
	uint8_t ebt_seen;	   /* tables of ebtables that packets were seen at */
	uint64_t next;		   /* no look for changes before that; CLOCK_MONOTONIC */
	uint64_t tick;		   /* the same, for a look without a packet */
	struct if_nameindex *devs; /* owned, by if_nameindex(); NULL: unknown */
};

struct netfilter {
	const struct netns_roots *roots;
	struct netns_cache *places; /* not owned */
	struct netfilter_has has;
	struct ebt_has ebt;
	struct hurry hurry;
	struct nf_bpf_hooks bpf;
	uint64_t bpf_next; /* when to look at them again */
	struct ns *ns;	   /* owned */
	size_t nr_ns;
	size_t next;	/* to be replaced when there is no room */
	size_t tick_at; /* whose turn it is */
	uint64_t tick;	/* none looks whose turn it is before that */
	struct nf_decision decision;
	struct nf_decision without_sets; /* if nothing were known of them */
};

/* ---- reading ---- */

struct job {
	const struct netfilter *nf;
	struct nf_ruleset *rules;
	struct nf_ipsets *ipsets;
	uint64_t identity;
	uint8_t ebt_seen;
	struct nf_ct_look conntrack;
};

/* Its module may be loaded later. */
static bool has_nftables(const struct netfilter *nf)
{
	return nf->has.nftables || !access("/sys/module/nf_tables", F_OK);
}

static int read_rules(void *arg)
{
	struct job *j = arg;
	int ret = has_nftables(j->nf) ? nft_read(j->rules) : 0;
	uint64_t identity = netns_identity();

	if (identity != j->identity)
		nf_ipsets_release(j->ipsets);
	j->identity = identity;
	nf_ct_look(&j->conntrack);
	if (!ret)
		ret = xt_read(j->rules);
	if (!ret)
		ret = ebt_read(j->rules,
			       ebt_tables_there(&j->nf->ebt, j->ebt_seen, &j->rules->ebt_unknown));
	if (!ret && j->rules->ipset_uses.nr)
		ret = nft_add_counts(j->rules);
	if (!ret)
		nf_ipsets_look(j->ipsets, &j->rules->ipset_uses);
	return ret;
}

static bool has_xtables(const struct nf_ruleset *rs)
{
	for (const struct nf_table *t = rs->tables; t; t = t->next)
		if (t->backend == NF_IPTABLES)
			return true;
	return false;
}

/* A number that another namespace has, too, is of a file that is not this namespace's. */
static void take_conntrack(const struct netfilter *nf, struct ns *n, struct nf_ct_look *l,
			   bool again)
{
	for (size_t i = 0; i < nf->nr_ns; i++)
		if (&nf->ns[i] != n && nf->ns[i].conntrack.look.dir == l->dir)
			l->known = false;
	nf_ct_watch(&n->conntrack, l, again);
}

static struct job job_of(const struct netfilter *nf, struct ns *n)
{
	return (struct job){.nf = nf,
			    .rules = &n->rules,
			    .ipsets = &n->ipsets,
			    .identity = n->identity,
			    .ebt_seen = n->ebt_seen};
}

/* changed: these are others than before. Of nftables each change is seen. */
static void read_ns(const struct netfilter *nf, struct ns *n, bool changed)
{
	bool hidden = has_xtables(&n->rules);
	struct job j = job_of(nf, n);

	nf_ruleset_release(&n->rules);
	n->rules.arena.limit = NF_RULESET_MAX;
	n->rules.ipsets = &n->ipsets;
	n->err = netns_call(nf->places, n->inum, read_rules, &j);
	take_conntrack(nf, n, &j.conntrack, n->identity == j.identity);
	n->identity = j.identity;
	if (n->err)
		nf_ruleset_release(&n->rules);
	netns_call(nf->places, n->inum, devs_read, &n->devs);
	nf_watch_read(&n->watch, clock_now(), changed, hidden || has_xtables(&n->rules));
	n->next = n->err ? n->watch.to + RETRY_NS : 0;
}

/* The same namespace and rules? 1: no. Those of xtables have no generation: they are read again. */
static int check_rules(void *arg)
{
	struct job *j = arg;
	uint32_t generation = has_nftables(j->nf) ? nft_generation() : 0;
	uint8_t ebt_tables;
	int ret;

	if (netns_identity() != j->identity)
		return 1;
	nf_ct_look(&j->conntrack);
	ret = generation != j->rules->generation ? 1 : nft_look_counts(j->rules);
	if (!ret)
		ret = xt_check(j->rules);
	ebt_tables = ebt_tables_there(&j->nf->ebt, j->ebt_seen, &j->rules->ebt_unknown);
	if (!ret)
		ret = ebt_check(j->rules, ebt_tables);
	if (!ret)
		nf_ipsets_look(j->ipsets, &j->rules->ipset_uses);
	return ret;
}

/* 0: all is as it was; 1: not so; or -errno. */
static int look_ns(const struct netfilter *nf, struct ns *n)
{
	struct job j = job_of(nf, n);
	uint64_t ts = clock_now();
	int ret = netns_call(nf->places, n->inum, check_rules, &j);

	if (ret)
		return ret;
	nf_watch_same(&n->watch, ts, clock_now());
	take_conntrack(nf, n, &j.conntrack, true);
	return 0;
}

static void refresh_ns(const struct netfilter *nf, struct ns *n)
{
	uint64_t ts = clock_now();

	if (n->err || look_ns(nf, n))
		read_ns(nf, n, true);
	if (!n->err)
		n->next = clock_now() + (clock_now() - ts) * COST_SHARE;
}

/* Without a packet. What cannot be looked at keeps its rules: its packets may be on their way. */
static void tick_ns(const struct netfilter *nf, struct ns *n)
{
	uint64_t ts = clock_now(), took;
	int ret = look_ns(nf, n);
	bool changed;

	if (ret == 1)
		read_ns(nf, n, true);
	changed = n->watch.distrust > ts || nf_ipsets_distrusted(&n->ipsets, ts);
	took = (clock_now() - ts) * (changed ? TICK_SHARE_CHANGED : TICK_SHARE);
	n->tick = clock_now() + (ret < 0 ? TICK_LOST_NS : took > TICK_NS ? took : TICK_NS);
}

/* Looks at some of those that are due, in turn. */
bool netfilter_tick(struct netfilter *nf)
{
	uint64_t start = clock_now();

	if (start < nf->tick)
		return nf->nr_ns;
	ebt_look_kind(&nf->ebt);
	nf->tick = start + TICK_STEP_NS;
	for (size_t i = 0; i < nf->nr_ns && !in_hurry(&nf->hurry); i++) {
		struct ns *n = &nf->ns[nf->tick_at++ % nf->nr_ns];

		if (!n->err && start >= n->tick)
			tick_ns(nf, n);
		if (clock_now() - start > TICK_MAX_NS)
			break;
	}
	return nf->nr_ns;
}

static void release_ns(struct ns *n)
{
	nf_ruleset_release(&n->rules);
	nf_ipsets_release(&n->ipsets);
	if (n->devs)
		if_freenameindex(n->devs);
}

static struct ns *find_ns(struct netfilter *nf, uint32_t inum)
{
	for (size_t i = 0; i < nf->nr_ns; i++)
		if (nf->ns[i].inum == inum)
			return &nf->ns[i];
	return NULL;
}

static struct ns *add_ns(struct netfilter *nf, uint32_t inum)
{
	struct ns *n;

	if (nf->nr_ns < NAMESPACES_MAX) {
		n = &nf->ns[nf->nr_ns++];
	} else {
		n = &nf->ns[nf->next++ % NAMESPACES_MAX];
		release_ns(n);
	}
	*n = (struct ns){.inum = inum};
	read_ns(nf, n, false);
	return n;
}

static bool read_place(void *arg, const struct netns_place *p)
{
	struct netfilter *nf = arg;

	if (!find_ns(nf, p->inode)) {
		netns_cache_add(nf->places, p);
		add_ns(nf, p->inode);
	}
	return nf->nr_ns == NAMESPACES_MAX;
}

void netfilter_read_all(struct netfilter *nf)
{
	ebt_look_kind(&nf->ebt);
	netns_each(nf->roots, read_place, nf);
}

int netfilter_open(struct netfilter **out, const struct netns_roots *roots,
		   struct netns_cache *places, const struct netfilter_has *has, struct hurry hurry)
{
	struct netfilter *nf = calloc(1, sizeof(*nf));

	if (!nf)
		return -ENOMEM;
	nf->ns = calloc(NAMESPACES_MAX, sizeof(*nf->ns));
	if (!nf->ns) {
		free(nf);
		return -ENOMEM;
	}
	nf->roots = roots;
	nf->places = places;
	nf->has = *has;
	nf->ebt = (struct ebt_has){.builtin_tables = has->ebtable_tables,
				   .builtin_hooks = has->nfnetlink_hook};
	nf->hurry = hurry;
	*out = nf;
	return 0;
}

void netfilter_close(struct netfilter *nf)
{
	if (!nf)
		return;
	for (size_t i = 0; i < nf->nr_ns; i++)
		release_ns(&nf->ns[i]);
	free(nf->ns);
	free(nf);
}

/* ---- explaining ---- */

/* A device may have come since the last look. */
static void name_dev(const struct netfilter *nf, struct ns *n, struct nf_dev *dev)
{
	const char *name;

	if (!dev->known || !dev->ifindex || dev->name[0])
		return;
	name = devs_name(n->devs, dev->ifindex);
	if (!name && !netns_call(nf->places, n->inum, devs_read, &n->devs))
		name = devs_name(n->devs, dev->ifindex);
	if (name)
		strncpy(dev->name, name, sizeof(dev->name) - 1);
}

/* ---- bridges ---- */

struct bridge_job {
	uint32_t ifindex;
	bool (*is)(uint32_t ifindex);
	bool answer;
};

static int ask_bridge(void *arg)
{
	struct bridge_job *j = arg;

	j->answer = j->is(j->ifindex);
	return 0;
}

/* Of the packet's device. What cannot be asked is true. */
static bool dev_is(const struct netfilter *nf, const struct ns *n, const struct nf_packet *p,
		   bool (*is)(uint32_t ifindex))
{
	struct bridge_job j = {.ifindex = p->skb_dev.ifindex, .is = is};

	return in_hurry(&nf->hurry) || netns_call(nf->places, n->inum, ask_bridge, &j) || j.answer;
}

struct port_job {
	uint32_t port, bridge;
};

static int ask_port(void *arg)
{
	struct port_job *j = arg;

	return nf_bridge_of(j->port, &j->bridge) ? 0 : -ENODEV;
}

/* The bridge that a device is a port of. */
static void find_bridge(const struct netfilter *nf, struct ns *n, const struct nf_dev *dev,
			struct nf_dev *bridge)
{
	struct port_job j = {.port = dev->ifindex};

	if (!dev->ifindex || in_hurry(&nf->hurry) || netns_call(nf->places, n->inum, ask_port, &j))
		return;
	bridge->known = true;
	bridge->ifindex = j.bridge;
	name_dev(nf, n, bridge);
}

static void find_bridges(const struct netfilter *nf, struct ns *n, struct nf_packet *p)
{
	if (!n->rules.asks_bridges || (p->hook != NF_HOOK_UNKNOWN && p->family != NFPROTO_BRIDGE))
		return;
	find_bridge(nf, n, &p->in, &p->in_bridge);
	find_bridge(nf, n, &p->out, &p->out_bridge);
	find_bridge(nf, n, &p->skb_dev, &p->skb_bridge);
}

static bool may_be_on_port(const struct netfilter *nf, const struct ns *n,
			   const struct nf_packet *p)
{
	if ((p->family != NFPROTO_IPV4 && p->family != NFPROTO_IPV6) || !p->skb_dev.ifindex)
		return false;
	if (p->hook != NF_HOOK_UNKNOWN && p->hook != NF_INET_FORWARD &&
	    (p->hook != NF_INET_POST_ROUTING || p->out.known))
		return false;
	return nf_has_bridge_calls(nf->has.br_netfilter) && dev_is(nf, n, p, nf_is_port);
}

/* ---- who has no rules ---- */

/* Tables of ebtables that are called at a hook of bridges (NF_BR_* are the same numbers). */
static uint8_t ebt_tables_at(uint8_t hook)
{
	switch (hook) {
	case NF_INET_PRE_ROUTING:
	case NF_INET_POST_ROUTING:
		return EBT_NAT;
	case NF_INET_LOCAL_IN:
	case NF_INET_FORWARD:
		return EBT_FILTER;
	}
	return EBT_FILTER | EBT_NAT;
}

/* Where its tables are not known. A packet at a bridge has its port as its device, or the bridge.
 */
static bool ebtables_may_drop(const struct netfilter *nf, const struct ns *n,
			      const struct nf_packet *p)
{
	uint8_t may = n->rules.ebt_unknown | n->rules.ebt_unread;

	if (p->hook != NF_HOOK_UNKNOWN && p->family != NFPROTO_BRIDGE)
		return false;
	if (!(may & ebt_tables_at(p->hook)) || (p->skb_dev.known && !p->skb_dev.ifindex))
		return false;
	return dev_is(nf, n, p, nf_is_bridged);
}

/*
 * Behind mangle, NAT and chains of type route, ip_route_me_harder() looks up a new route for what
 * this host sends; the hook drops what has none. Only what came from a device has one already.
 */
static bool reroute_may_drop(const struct ns *n, const struct nf_packet *p)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	struct nf_packet out = *p;
	bool may = false;
	size_t nr;

	if (p->family != NFPROTO_IPV4 && p->family != NFPROTO_IPV6)
		return false;
	if (p->hook == NF_HOOK_UNKNOWN ? p->skb_dev.known && p->skb_dev.ifindex
				       : p->hook != NF_INET_LOCAL_OUT)
		return false;
	/* not if mark, TOS and addresses are what they were */
	if (p->entry.hdr && p->has_mark && p->mark == p->entry.mark && p->hdr_len >= NF_TOP_SZ &&
	    p->entry.hdr_len >= NF_TOP_SZ && !memcmp(p->hdr, p->entry.hdr, NF_TOP_SZ) && !p->before)
		return false;
	out.hook = NF_INET_LOCAL_OUT;
	nr = nf_base_chains(&n->rules, &out, list, &may);
	for (size_t i = 0; i < nr; i++)
		may |= list[i]->reroutes && nf_chain_changes(list[i], p->protocol, NULL);
	return may;
}

static bool bpf_may_drop(struct netfilter *nf, const struct nf_packet *p)
{
	uint64_t now = clock_now();

	if (now >= nf->bpf_next) {
		nf_bpf_look(&nf->bpf);
		nf->bpf_next = now + BPF_NS;
	}
	return nf_bpf_may_drop(&nf->bpf, p);
}

/* Hooks of bridges and devices see the same packet. */
static void decide_below_ip(const struct ns *n, const struct nf_packet *p, struct nf_decision *d)
{
	static const uint8_t families[] = {NFPROTO_BRIDGE, NFPROTO_NETDEV};

	for (size_t i = 0; i < sizeof(families); i++) {
		struct nf_packet q = *p;

		q.family = families[i];
		nf_decide(&n->rules, &q, d);
	}
}

static void forget_decision(struct nf_decision *d)
{
	d->nr = 0;
	d->overflow = d->accepts_cut = false;
}

/*
 * The namespace with its rules as of now, the times of these, and the packet with the names of its
 * devices.
 */
static struct ns *prepare(struct netfilter *nf, const struct nf_question *q, struct nf_packet *p,
			  struct nf_times *w)
{
	struct ns *n = find_ns(nf, q->netns);

	ebt_look_kind(&nf->ebt);
	if (!n)
		n = add_ns(nf, q->netns);
	if (q->is_at_ebt && q->p.hook != NF_INET_LOCAL_OUT &&
	    n->rules.ebt_unknown & ebt_tables_at(q->p.hook)) {
		n->ebt_seen |= ebt_tables_at(q->p.hook);
		read_ns(nf, n, false);
	} else if (q->ts > n->watch.to && clock_now() >= n->next && !in_hurry(&nf->hurry))
		refresh_ns(nf, n);
	if (n->err) {
		*w = (struct nf_times){.unread = n->err};
		return NULL;
	}
	*p = q->p;
	name_dev(nf, n, &p->in);
	name_dev(nf, n, &p->out);
	name_dev(nf, n, &p->skb_dev);
	find_bridges(nf, n, p);
	p->on_port = may_be_on_port(nf, n, p);
	nf_packet_parse(p);
	*w = nf_watch_times(&n->watch, q->ts);
	forget_decision(&nf->decision);
	return n;
}

/* NULL: what it drops is not counted, or not only there. */
static struct nf_count *count_of(const struct nf_candidate *c)
{
	if (!c || c->uncounted)
		return NULL;
	return c->rule ? c->rule->count : c->chain->count;
}

/* A rule that counts has counted what it drops. True where it cannot be told. */
static bool has_counted(const struct ns *n, const struct nf_candidate *c, uint64_t ts)
{
	struct nf_count *count = count_of(c);

	return !count || ts < n->watch.from || nf_count_take(count, &n->watch, ts);
}

static bool may_have_counted(const struct ns *n, const struct nf_candidate *c, uint64_t ts)
{
	const struct nf_count *count = count_of(c);

	return !count || ts < n->watch.from || nf_count_may_have(count, &n->watch, ts);
}

static void decide_drop(struct nf_decision *d, const struct ns *n, const struct nf_question *q,
			const struct nf_packet *p)
{
	forget_decision(d);
	nf_decide(&n->rules, p, d);
	if (p->hook == NF_HOOK_UNKNOWN && p->family != NFPROTO_BRIDGE &&
	    (!p->skb_dev.known || p->skb_dev.ifindex))
		decide_below_ip(n, p, d);
	if (q->is_by_nft)
		nf_decision_keep(d, NF_NFTABLES);
}

static bool is_among(const struct nf_decision *d, enum nf_freed_by by, const struct nf_candidate *c)
{
	for (size_t i = 0; i < d->nr; i++)
		if (nf_fits(&d->c[i], by) && d->c[i].rule == c->rule && d->c[i].chain == c->chain)
			return true;
	return false;
}

/*
 * A set may have held something else for a moment between two looks. Then another rule has dropped
 * the packet, and counted it. False: the decision may be wrong about that.
 */
static bool sets_are_sure(struct netfilter *nf, const struct ns *n, const struct nf_question *q,
			  enum nf_freed_by by, struct nf_packet p)
{
	const struct nf_candidate *c = nf_dropper(&nf->decision, by);
	struct nf_decision *other = &nf->without_sets;

	if (!nf_has_dropper(&nf->decision, by) ||
	    (c && !q->is_repeated && !may_have_counted(n, c, q->ts)))
		return false;
	p.ts = 0;
	decide_drop(other, n, q, &p);
	for (size_t i = 0; i < other->nr; i++)
		if (nf_fits(&other->c[i], by) && !is_among(&nf->decision, by, &other->c[i]) &&
		    may_have_counted(n, &other->c[i], q->ts))
			return false;
	return !other->overflow;
}

void netfilter_explain_drop(struct netfilter *nf, const struct nf_question *q, enum nf_freed_by by,
			    const struct nf_answer *a)
{
	struct nf_packet p;
	struct nf_times w;
	struct ns *n = prepare(nf, q, &p, &w);

	if (!n) {
		nf_say_unread(a, "DROP", w.unread);
		return;
	}
	p.ts = q->ts; /* only of drops it can be told where sets were not what looks found */
	decide_drop(&nf->decision, n, q, &p);
	if (n->ipsets.nr && !sets_are_sure(nf, n, q, by, p)) {
		p.ts = 0;
		decide_drop(&nf->decision, n, q, &p);
	}
	w.reroute = !q->is_by_nft && reroute_may_drop(n, &p);
	if (!q->is_by_nft) {
		w.ebtables = ebtables_may_drop(nf, n, &p);
		w.bpf = bpf_may_drop(nf, &p);
		w.conntrack = nf_ct_may_drop(&n->conntrack, &n->watch, q->ts, &p);
	}
	if (!q->is_repeated && !w.changed)
		w.uncounted = !has_counted(n, nf_dropper(&nf->decision, by), q->ts);
	if (w.uncounted)
		w.conntrack |= nf_ct_cannot_tell(&n->conntrack, &p);
	nf_say_drop(a, &w, &nf->decision, by);
}

void netfilter_explain_queue(struct netfilter *nf, const struct nf_question *q,
			     const struct nf_answer *a)
{
	struct nf_packet p;
	struct nf_times w;
	struct ns *n = prepare(nf, q, &p, &w);

	if (!n) {
		nf_say_unread(a, "QUEUE", w.unread);
		return;
	}
	nf_decide(&n->rules, &p, &nf->decision);
	nf_say_queue(a, &w, &nf->decision);
}

static bool may_write_addresses(const struct nf_ruleset *rs, const struct nf_packet *p)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	struct nf_writes w = {0};
	bool may = false;
	size_t nr = nf_base_chains(rs, p, list, &may);

	for (size_t i = 0; i < nr; i++)
		may |= (nf_chain_changes(list[i], p->protocol, &w) &
			(NF_CHANGES_BYTES | NF_CHANGES_QUEUE)) != 0;
	return may || nf_writes_addr(&w);
}

void netfilter_explain_nat(struct netfilter *nf, const struct nf_question *q,
			   const struct nf_nat *nat, const struct nf_answer *a)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	struct nf_packet p;
	struct nf_times w;
	struct ns *n = prepare(nf, q, &p, &w);
	size_t nr;

	if (!n)
		return;
	nr = nf_base_chains(&n->rules, &p, list, &nf->decision.overflow);
	for (size_t i = 0; i < nr; i++)
		if (list[i]->is_nat)
			nf_decide_chain(&n->rules, &p, list[i], &nf->decision);
	nf_say_nat(a, &w, &nf->decision, nat, &p, may_write_addresses(&n->rules, &p));
}

void netfilter_explain_accept(struct netfilter *nf, const struct nf_question *q,
			      const struct nf_answer *a)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	struct nf_packet p;
	struct nf_times w;
	struct ns *n = prepare(nf, q, &p, &w);
	const char *hook = nf_hook_name(q->p.family, q->p.hook);
	bool cut = false;
	size_t nr, said = 0;

	if (!n || !hook)
		return;
	nr = nf_base_chains(&n->rules, &p, list, &cut);
	for (size_t i = 0; i < nr && said < VERDICTS_MAX; i++) {
		if (list[i]->is_nat)
			continue;
		forget_decision(&nf->decision);
		nf_decide_chain(&n->rules, &p, list[i], &nf->decision);
		if (!said)
			textbuf_printf(a->t, "ACCEPT at %s", hook);
		nf_say_accept(a, &w, &nf->decision, list[i], said++);
	}
	if (said)
		nf_say_times(a, &w);
}
