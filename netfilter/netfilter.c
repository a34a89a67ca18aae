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
#include "netfilter/nft.h"
#include "netfilter/say.h"
#include "netfilter/xt.h"

#define NAMESPACES_MAX 256
#define COST_SHARE     4		    /* looking for changes may take a fifth of the time */
#define RETRY_NS       UINT64_C(1000000000) /* for a namespace that cannot be read */

/* The rules of one namespace, and when they were certainly these. */
struct ns {
	uint32_t inum;
	int err; /* they could not be read */
	struct nf_ruleset rules;
	uint64_t fingerprint;	   /* of xtables */
	uint64_t from, to;	   /* CLOCK_MONOTONIC */
	uint64_t next;		   /* no look for changes before that */
	struct if_nameindex *devs; /* owned, by if_nameindex(); NULL: unknown */
	bool has_changed;	   /* before `from` there were others */
};

struct netfilter {
	const struct netns_roots *roots;
	struct netns_cache *places; /* not owned */
	bool has_nftables;
	struct ns *ns; /* owned */
	size_t nr_ns;
	size_t next; /* to be replaced when there is no room */
	struct nf_decision decision;
};

/* ---- reading ---- */

struct job {
	const struct netfilter *nf;
	struct nf_ruleset *rules;
	uint32_t generation;
};

/* Its module may be loaded later. */
static bool has_nftables(const struct netfilter *nf)
{
	return nf->has_nftables || !access("/sys/module/nf_tables", F_OK);
}

static int read_devs(void *arg)
{
	struct if_nameindex **devs = arg;

	if (*devs)
		if_freenameindex(*devs);
	*devs = if_nameindex();
	return *devs ? 0 : -errno;
}

static int read_rules(void *arg)
{
	struct job *j = arg;
	int ret = has_nftables(j->nf) ? nft_read(j->rules) : 0;

	return ret ? ret : xt_read(j->rules);
}

static void read_ns(const struct netfilter *nf, struct ns *n)
{
	struct job j = {.nf = nf, .rules = &n->rules};

	nf_ruleset_release(&n->rules);
	n->rules.arena.limit = NF_RULESET_MAX;
	n->err = netns_call(nf->places, n->inum, read_rules, &j);
	if (n->err)
		nf_ruleset_release(&n->rules);
	netns_call(nf->places, n->inum, read_devs, &n->devs);
	n->fingerprint = xt_fingerprint(&n->rules);
	n->from = n->to = clock_now();
	n->next = n->err ? n->to + RETRY_NS : 0;
}

/* The same rules? Those of xtables have no generation: they are read again. */
static int check_rules(void *arg)
{
	struct job *j = arg;

	j->generation = has_nftables(j->nf) ? nft_generation() : 0;
	return xt_read(j->rules);
}

static void refresh_ns(const struct netfilter *nf, struct ns *n)
{
	struct nf_ruleset now = {.arena = {.limit = NF_RULESET_MAX}};
	struct job j = {.nf = nf, .rules = &now};
	uint64_t ts = clock_now();
	int err = netns_call(nf->places, n->inum, check_rules, &j);
	bool same = !err && !n->err && j.generation == n->rules.generation &&
		    xt_fingerprint(&now) == n->fingerprint;

	nf_ruleset_release(&now);
	if (same) {
		n->to = ts;
	} else {
		read_ns(nf, n);
		n->has_changed = true;
	}
	if (!n->err)
		n->next = clock_now() + (clock_now() - ts) * COST_SHARE;
}

static void release_ns(struct ns *n)
{
	nf_ruleset_release(&n->rules);
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
	read_ns(nf, n);
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
	netns_each(nf->roots, read_place, nf);
}

int netfilter_open(struct netfilter **out, const struct netns_roots *roots,
		   struct netns_cache *places, bool has_nftables)
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
	nf->has_nftables = has_nftables;
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

static const char *dev_name(const struct ns *n, uint32_t ifindex)
{
	const struct if_nameindex *d = n->devs;

	while (d && d->if_index && d->if_index != ifindex)
		d++;
	return d && d->if_index ? d->if_name : NULL;
}

/* A device may have come since the last look. */
static void name_dev(const struct netfilter *nf, struct ns *n, struct nf_dev *dev)
{
	const char *name;

	if (!dev->known || !dev->ifindex || dev->name[0])
		return;
	name = dev_name(n, dev->ifindex);
	if (!name && !netns_call(nf->places, n->inum, read_devs, &n->devs))
		name = dev_name(n, dev->ifindex);
	if (name)
		strncpy(dev->name, name, sizeof(dev->name) - 1);
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

static struct nf_times times_of(const struct ns *n, uint64_t ts)
{
	struct nf_times w = {.changed = ts < n->from && n->has_changed};

	if (ts < n->from)
		w.later_ms = (int64_t)((n->from - ts) / 1000000 + 1);
	else if (ts > n->to)
		w.before_ms = (int64_t)((ts - n->to) / 1000000 + 1);
	return w;
}

static void forget_decision(struct netfilter *nf)
{
	nf->decision.nr = 0;
	nf->decision.overflow = nf->decision.accepts_cut = false;
}

/*
 * The namespace with its rules as of now, the times of these, and the packet with the names of its
 * devices.
 */
static struct ns *prepare(struct netfilter *nf, const struct nf_question *q, struct nf_packet *p,
			  struct nf_times *w)
{
	struct ns *n = find_ns(nf, q->netns);

	if (!n)
		n = add_ns(nf, q->netns);
	else if (q->ts > n->to && clock_now() >= n->next)
		refresh_ns(nf, n);
	if (n->err)
		return NULL;
	*p = q->p;
	name_dev(nf, n, &p->in);
	name_dev(nf, n, &p->out);
	name_dev(nf, n, &p->skb_dev);
	nf_packet_parse(p);
	*w = times_of(n, q->ts);
	forget_decision(nf);
	return n;
}

void netfilter_explain_drop(struct netfilter *nf, const struct nf_question *q, enum nf_freed_by by,
			    const struct nf_answer *a)
{
	struct nf_packet p;
	struct nf_times w;
	struct ns *n = prepare(nf, q, &p, &w);

	if (!n)
		return;
	nf_decide(&n->rules, &p, &nf->decision);
	if (p.hook == NF_HOOK_UNKNOWN)
		decide_below_ip(n, &p, &nf->decision);
	nf_say_drop(a, &w, &nf->decision, by);
}

void netfilter_explain_queue(struct netfilter *nf, const struct nf_question *q,
			     const struct nf_answer *a)
{
	struct nf_packet p;
	struct nf_times w;
	struct ns *n = prepare(nf, q, &p, &w);

	if (!n)
		return;
	nf_decide(&n->rules, &p, &nf->decision);
	nf_say_queue(a, &w, &nf->decision);
}

static bool may_write_headers(const struct nf_ruleset *rs, const struct nf_packet *p)
{
	const struct nf_chain *list[NF_BASE_CHAINS_MAX];
	bool may = false;
	size_t nr = nf_base_chains(rs, p, list, &may);

	for (size_t i = 0; i < nr; i++)
		may |= (list[i]->table->changes & (NF_CHANGES_BYTES | NF_CHANGES_QUEUE)) != 0;
	return may;
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
	nf_say_nat(a, &w, &nf->decision, nat, &p, may_write_headers(&n->rules, &p));
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
		forget_decision(nf);
		nf_decide_chain(&n->rules, &p, list[i], &nf->decision);
		if (!said)
			textbuf_printf(a->t, "ACCEPT at %s", hook);
		nf_say_accept(a, &w, &nf->decision, list[i], said++);
	}
	if (said)
		nf_say_times(a, &w);
}
