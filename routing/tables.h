/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - the policy rules and routes of one network namespace, as rtnetlink tells them.
 *
 * Addresses are as on the wire; IPv4 has the first four bytes.
 */
#ifndef ROUTING_TABLES_H
#define ROUTING_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

#define RT_NAME_SZ    16    /* IFNAMSIZ */
#define RT_ROUTES_MAX 40000 /* of one namespace, and so many next hops: 4 MiB */
#define RT_RULES_MAX  4096

struct rt_prefix {
	uint8_t addr[16]; /* zero behind len */
	uint8_t len;
};

/* A range of numbers that a rule wants. */
struct rt_range {
	bool is_set;
	uint32_t from, to;
};

struct rt_rule {
	uint32_t priority, table;
	uint8_t action; /* FR_ACT_* */
	bool invert;
	bool is_l3mdev;
	bool has_unknown; /* it has a selector that this program does not know */
	uint8_t tos, proto;
	int suppress_len; /* -1: none */
	bool suppress_group;
	uint32_t target; /* of FR_ACT_GOTO */
	uint32_t mark, mark_mask;
	char iif[RT_NAME_SZ], oif[RT_NAME_SZ]; /* "": any */
	struct rt_prefix src, dst;
	struct rt_range sport, dport, uid;
};

struct rt_hop {
	uint32_t ifindex;   /* 0: unknown, or none */
	uint8_t via_family; /* 0: no gateway */
	bool is_dead;
	uint8_t via[16];
};

struct rt_route {
	struct rt_prefix dst;
	uint8_t type; /* RTN_* */
	uint8_t tos;
	bool is_dead;
	bool has_from; /* for some sources only (IPv6) */
	bool has_src;
	uint16_t nr_hops;
	uint32_t first_hop; /* in the tables' hops */
	uint32_t table, metric;
	uint32_t seq;	 /* in the order of the dump */
	uint8_t src[16]; /* preferred source */
};

/* Of one family. */
struct rt_family {
	struct rt_rule *rules; /* owned; by priority */
	size_t nr_rules;
	bool no_rules;		 /* the kernel has no policy routing */
	struct rt_route *routes; /* owned; by table, length (longest first), prefix, preference */
	size_t nr_routes;
	bool lens[129]; /* there are prefixes of this length */
};

/* A device of a VRF, or one that belongs to it. */
struct rt_vrf {
	uint32_t ifindex;
	uint32_t master; /* 0: it is the VRF itself */
	uint32_t table;	 /* of the VRF; 0: see its master */
};

struct rt_tables {
	struct rt_family v4, v6;
	struct rt_vrf *vrfs; /* owned; other devices with a master are there, too */
	size_t nr_vrfs;
	struct rt_hop *hops; /* owned */
	size_t nr_hops;
};

static inline const struct rt_family *rt_family(const struct rt_tables *t, uint8_t family)
{
	return family == 10 ? &t->v6 : &t->v4;
}

/*
 * Add what a message of RTM_GETRULE's or RTM_GETROUTE's answer says. Returns 0, also for what does
 * not concern lookups; -EPROTO for a malformed message, -E2BIG if there are too many, -ENOMEM.
 */
int rt_add_rule(struct rt_tables *t, const struct nlmsghdr *msg);
int rt_add_route(struct rt_tables *t, const struct nlmsghdr *msg);
int rt_add_link(struct rt_tables *t, const struct nlmsghdr *msg); /* RTM_GETLINK */

/* To be called when all were added. */
void rt_sort(struct rt_tables *t);

void rt_release(struct rt_tables *t);

/* Whether there is a rule that needs the links. */
bool rt_has_vrfs(const struct rt_tables *t);

/* The table of the VRF that a device is, or belongs to; 0: none. */
uint32_t rt_vrf_table(const struct rt_tables *t, uint32_t ifindex);

/* Whether the first p->len bits of addr are those of the prefix. */
bool rt_in_prefix(const struct rt_prefix *p, const uint8_t *addr);

/* Clear the bits behind p->len. */
void rt_prefix_mask(struct rt_prefix *p);

#endif
