// SPDX-License-Identifier: GPL-2.0-only
#include "routing/routing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "kern/clock.h"
#include "kern/netlink.h"
#include "routing/say.h"

#define NAMESPACES_MAX 64
#define ROUTES_IN_ALL  (2 * RT_ROUTES_MAX)
#define TRIES	       3		    /* to read them without a change under way */
#define COST_SHARE     4		    /* reading may take a fifth of the time */
#define RETRY_NS       UINT64_C(1000000000) /* for a namespace that cannot be read */

#define LARGE_NS (60 * RETRY_NS) /* and for one with too many routes */

#define WAIT_MAX UINT64_C(500000000) /* most of a long time was spent waiting for others */
#define TICK_NS	 UINT64_C(200000000)

/* Group numbers of linux/rtnetlink.h; RTNLGRP_NEXTHOP is of Linux 5.3. */
#define GROUP(nr) (UINT32_C(1) << ((nr)-1))
#define GROUPS                                                                                     \
	(GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_IPV4_IFADDR) | GROUP(RTNLGRP_IPV4_ROUTE) |            \
	 GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_IFADDR) | GROUP(RTNLGRP_IPV6_ROUTE) |       \
	 GROUP(RTNLGRP_IPV6_RULE) | GROUP(32))

/* When those of IPv4 or IPv6 were certainly these: up to now. */
struct times {
	bool is_stale;	/* they have changed */
	bool was_other; /* before `from` they were others */
	uint64_t from;	/* CLOCK_MONOTONIC */
};

/* Of one namespace. */
struct ns {
	uint32_t inum;
	int err;      /* they could not be read */
	int watch_fd; /* -1: none */
	struct times v4, v6;
	struct rt_tables tables;
	struct if_nameindex *devs; /* owned, by if_nameindex() */
	uint64_t next;		   /* not to be read again before that */
};

struct routing {
	const struct netns_roots *roots;
	struct netns_cache *places; /* not owned */
	uint32_t own;
	struct ns ns[NAMESPACES_MAX];
	uint64_t next_tick;
	size_t nr_ns, next; /* next: to be replaced when there is no room */
};

/* ---- reading ---- */

struct job {
	struct ns *n;
	size_t routes_max;
};

static int take_rule(void *arg, const struct nlmsghdr *msg)
{
	return rt_add_rule(&((struct job *)arg)->n->tables, msg);
}

static int take_link(void *arg, const struct nlmsghdr *msg)
{
	return rt_add_link(&((struct job *)arg)->n->tables, msg);
}

static int take_route(void *arg, const struct nlmsghdr *msg)
{
	struct job *j = arg;
	struct rt_tables *t = &j->n->tables;

	if (t->v4.nr_routes + t->v6.nr_routes >= j->routes_max)
		return -E2BIG;
	return rt_add_route(t, msg);
}

/* A kernel without IPv6 answers with what it has of any family, or not at all. */
static int read_family(struct netlink *nl, struct job *j, uint8_t family, struct rt_family *f)
{
	struct fib_rule_hdr rule = {.family = family};
	struct rtmsg route = {.rtm_family = family};
	int ret = netlink_request(nl, RTM_GETRULE, NLM_F_DUMP, &rule, sizeof(rule), take_rule, j);

	f->no_rules = ret == -EOPNOTSUPP || ret == -EAFNOSUPPORT;
	if (ret && !f->no_rules)
		return ret;
	ret = netlink_request(nl, RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route), take_route, j);
	return ret == -EOPNOTSUPP || ret == -EAFNOSUPPORT ? 0 : ret;
}

static int read_tables(struct job *j)
{
	struct ifinfomsg link = {0};
	struct rt_tables *t = &j->n->tables;
	struct netlink nl;
	int ret = netlink_open(&nl, NETLINK_ROUTE);

	if (ret)
		return ret;
	rt_release(t);
	ret = read_family(&nl, j, AF_INET, &t->v4);
	if (!ret)
		ret = read_family(&nl, j, AF_INET6, &t->v6);
	if (!ret && rt_has_vrfs(t))
		ret = netlink_request(&nl, RTM_GETLINK, NLM_F_DUMP, &link, sizeof(link), take_link,
				      j);
	netlink_close(&nl);
	devs_read(&j->n->devs);
	rt_sort(t);
	return ret;
}

static void note_change(void *arg, uint8_t family)
{
	struct ns *n = arg;

	n->v4.is_stale |= family == AF_INET || family == AF_UNSPEC;
	n->v6.is_stale |= family == AF_INET6 || family == AF_UNSPEC;
}

static void begin(struct times *w)
{
	if (!w->is_stale)
		return;
	w->is_stale = false;
	w->was_other |= w->from != 0;
	w->from = clock_now();
}

/* What changes while it is read is read again. */
static int read_here(void *arg)
{
	struct job *j = arg;
	struct ns *n = j->n;

	if (n->watch_fd < 0) {
		n->watch_fd = netlink_watch(NETLINK_ROUTE, GROUPS);
		n->v4.is_stale = n->v6.is_stale = true;
	}
	if (n->watch_fd < 0)
		return n->watch_fd;
	for (int i = 0; i < TRIES; i++) {
		int ret;

		netlink_changes(n->watch_fd, note_change, n);
		begin(&n->v4);
		begin(&n->v6);
		ret = read_tables(j);
		if (ret && ret != -EINTR)
			return ret;
		netlink_changes(n->watch_fd, note_change, n);
		if (!ret && !n->v4.is_stale && !n->v6.is_stale)
			return 0;
	}
	return -EAGAIN;
}

static void release_ns(struct ns *n)
{
	rt_release(&n->tables);
	if (n->devs)
		if_freenameindex(n->devs);
	if (n->watch_fd >= 0)
		close(n->watch_fd);
	*n = (struct ns){.watch_fd = -1};
}

static size_t routes_of_others(const struct routing *r, const struct ns *n)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_ns; i++)
		if (&r->ns[i] != n)
			nr += r->ns[i].tables.v4.nr_routes + r->ns[i].tables.v6.nr_routes;
	return nr;
}

static void read_ns(struct routing *r, struct ns *n)
{
	size_t others = routes_of_others(r, n);
	struct job j = {.n = n, .routes_max = others < ROUTES_IN_ALL ? ROUTES_IN_ALL - others : 0};
	uint64_t start = clock_now(), end;

	n->v4.is_stale |= n->err != 0;
	n->v6.is_stale |= n->err != 0;
	n->err = netns_call(r->places, n->inum, read_here, &j);
	if (n->err)
		rt_release(&n->tables);
	end = clock_now();
	if (n->err)
		note_change(n, AF_UNSPEC);
	n->next =
		end + (end - start < WAIT_MAX / COST_SHARE ? (end - start) * COST_SHARE : WAIT_MAX);
	if (n->err && n->err != -EAGAIN)
		n->next = end + (n->err == -E2BIG ? LARGE_NS : RETRY_NS);
}

static struct ns *find_ns(struct routing *r, uint32_t inum)
{
	for (size_t i = 0; i < r->nr_ns; i++)
		if (r->ns[i].inum == inum)
			return &r->ns[i];
	return NULL;
}

static struct ns *add_ns(struct routing *r, uint32_t inum)
{
	struct ns *n;

	if (r->nr_ns < NAMESPACES_MAX) {
		n = &r->ns[r->nr_ns++];
		*n = (struct ns){.watch_fd = -1};
	} else {
		n = &r->ns[r->next++ % NAMESPACES_MAX];
		release_ns(n);
	}
	n->inum = inum;
	read_ns(r, n);
	return n;
}

static void refresh(struct routing *r, struct ns *n)
{
	if (!n->err)
		netlink_changes(n->watch_fd, note_change, n);
	if ((n->v4.is_stale || n->v6.is_stale) && clock_now() >= n->next)
		read_ns(r, n);
}

static bool read_place(void *arg, const struct netns_place *p)
{
	struct routing *r = arg;

	if (!find_ns(r, p->inode)) {
		netns_cache_add(r->places, p);
		add_ns(r, p->inode);
	}
	return r->nr_ns == NAMESPACES_MAX;
}

void routing_read_all(struct routing *r)
{
	netns_each(r->roots, read_place, r);
}

int routing_open(struct routing **out, const struct netns_roots *roots, struct netns_cache *places)
{
	struct routing *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->roots = roots;
	r->places = places;
	r->own = netns_self();
	*out = r;
	return 0;
}

void routing_close(struct routing *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->nr_ns; i++)
		release_ns(&r->ns[i]);
	free(r);
}

bool routing_tick(struct routing *r)
{
	uint64_t now = clock_now();

	if (now < r->next_tick)
		return r->nr_ns;
	r->next_tick = now + TICK_NS;
	for (size_t i = 0; i < r->nr_ns;) {
		struct ns *n = &r->ns[i];

		if (n->watch_fd < 0 || n->inum == r->own || netns_cache_has(r->places, n->inum)) {
			refresh(r, n);
			i++;
		} else {
			release_ns(n);
			*n = r->ns[--r->nr_ns];
		}
	}
	return r->nr_ns;
}

/* ---- explaining ---- */

static void name_out(const struct ns *n, struct rt_flow *flow)
{
	const char *name = devs_name(n->devs, flow->out);

	flow->out_name[0] = '\0';
	if (name)
		strncpy(flow->out_name, name, sizeof(flow->out_name) - 1);
}

/* NULL: the tables are those of the packet's time. */
static const char *why_unknown(const struct ns *n, const struct times *w, uint64_t ts)
{
	if (n->err == -E2BIG)
		return "too many routes to read";
	if (n->err && n->err != -EAGAIN)
		return "its namespace's routes cannot be read";
	return w->is_stale || (ts < w->from && w->was_other) ? "routes were changed about then"
							     : NULL;
}

/*
 * A packet that went out by a device that no candidate goes by was sent by a socket that is bound
 * to it, or its route changed.
 */
static bool look_up(const struct ns *n, struct rt_question *q, struct rt_answer *a)
{
	struct rt_answer free;

	rt_lookup(&n->tables, &q->flow, &free);
	*a = free;
	if (!q->flow.out)
		return true;
	rt_keep_out(&n->tables, &q->flow, a);
	if (a->nr || a->more)
		return true;
	if (q->must_go_out || q->flow.way == RT_WAY_IN)
		return false;
	q->flow.is_bound = true;
	rt_lookup(&n->tables, &q->flow, a);
	rt_keep_out(&n->tables, &q->flow, a);
	return a->nr;
}

static bool is_choice(const struct rt_answer *a)
{
	for (size_t i = 0; i < a->nr; i++)
		if (a->f[i].route && a->f[i].route->nr_hops > 1)
			return true;
	return false;
}

enum rt_certainty routing_explain(struct routing *r, struct rt_question *q, struct textbuf *t,
				  struct route *out)
{
	struct ns *n = find_ns(r, q->netns);
	const struct times *w;
	const char *unknown;
	struct rt_names names;
	struct rt_answer a;
	bool certain;

	if (n)
		refresh(r, n);
	else
		n = add_ns(r, q->netns);
	w = q->flow.family == AF_INET ? &n->v4 : &n->v6;
	names = (struct rt_names){&n->tables, n->devs};
	unknown = why_unknown(n, w, q->ts);
	if (unknown) {
		textbuf_str(t, unknown);
		return q->must_go_out || q->only_hop ? RT_NOTHING : RT_UNKNOWN;
	}
	name_out(n, &q->flow);
	if (!look_up(n, q, &a)) {
		textbuf_printf(t, "no route goes out by %s", q->flow.out_name);
		return q->must_go_out || q->only_hop ? RT_NOTHING : RT_UNKNOWN;
	}
	if ((q->only_hop && !is_choice(&a)) || (q->only_doubt && a.nr == 1 && !a.more))
		return RT_NOTHING;
	certain = rt_say(t, &names, &q->flow, &a, out);
	if (q->flow.is_bound)
		textbuf_printf(t, ", if its socket is bound to %s", q->flow.out_name);
	if (q->ts < w->from)
		textbuf_printf(t, ", by the routes %llu ms later",
			       (unsigned long long)((w->from - q->ts) / 1000000 + 1));
	return certain && !q->flow.is_bound ? RT_CERTAIN : RT_POSSIBLE;
}
