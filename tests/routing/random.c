// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: route-random [ROUNDS [SEED]] - random policy rules and routes in a network namespace of
 * its own, and for random packets what routing/ says, compared with what the kernel answers to `ip
 * route get fibmatch`. Exit code 1 if an answer is wrong, 77 if it cannot run here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "kern/clock.h"
#include "kern/netlink.h"
#include "kern/netns.h"
#include "routing/routing.h"

#define NR_DEVS	   4
#define NR_PACKETS 400
#define FIB_MATCH  0x3000 /* RTM_F_FIB_MATCH (Linux 4.13), RTM_F_LOOKUP_TABLE (4.4) */
#define ATTR_VIA   18	  /* RTA_VIA, and of 4.17: RTA_IP_PROTO, RTA_SPORT, RTA_DPORT */
#define ATTR_PROTO 27
#define ATTR_SPORT 28
#define ATTR_DPORT 29

static const char network[] =
	"set -e; ip link set lo up; echo 1 >/proc/sys/net/ipv4/ip_forward; "
	"echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; "
	"for d in all default; do echo 0 >/proc/sys/net/ipv4/conf/$d/rp_filter; "
	"echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad; done; "
	"for n in 1 2 3 4; do ip link add d$n type veth peer name p$n; "
	"ip link set p$n up; ip link set d$n up; "
	"ip addr add 10.$n.0.1/24 dev d$n; ip addr add fd0$n::1/64 dev d$n nodad; "
	"echo 0 >/proc/sys/net/ipv4/conf/d$n/rp_filter; done";

static struct {
	unsigned long certain, possible, unknown, wrong, silent;
} count;

static unsigned int pick(unsigned int nr)
{
	return (unsigned int)rand() % nr;
}
static bool chance(unsigned int percent)
{
	return pick(100) < percent;
}

/* ---- rules and routes ---- */

/* Few bits vary, so that prefixes nest and packets meet them. */
static void random_addr(uint8_t family, uint8_t *addr)
{
	memset(addr, 0, 16);
	if (family == AF_INET) {
		addr[0] = 20;
		addr[1] = (uint8_t)pick(4);
		addr[2] = (uint8_t)(pick(4) << 6);
		addr[3] = (uint8_t)(1 + pick(4));
		return;
	}
	addr[0] = 0xfd;
	addr[1] = 0x20;
	addr[3] = (uint8_t)pick(4);
	addr[7] = (uint8_t)(pick(4) << 6);
	addr[15] = (uint8_t)(1 + pick(4));
}

static const char *random_prefix(uint8_t family)
{
	static const uint8_t v4[] = {6, 8, 14, 15, 16, 17, 18, 24, 30, 31, 32};
	static const uint8_t v6[] = {8, 16, 31, 32, 56, 57, 58, 64, 126, 127, 128};
	static char buf[80];
	struct rt_prefix p;
	size_t i = pick(sizeof(v4));
	char addr[INET6_ADDRSTRLEN];

	random_addr(family, p.addr);
	p.len = family == AF_INET ? v4[i] : v6[i];
	rt_prefix_mask(&p);
	inet_ntop(family, p.addr, addr, sizeof(addr));
	snprintf(buf, sizeof(buf), "%s/%u", addr, p.len);
	return buf;
}

/* Often one more of the last prefix: then TOS and metric decide. */
static void random_route(FILE *f, uint8_t family)
{
	static const char *const types[] = {"blackhole", "unreachable", "prohibit", "throw"};
	static const char *const tables[] = {"main", "100", "101", "102", "local"};
	static const char *table = "main";
	static char prefix[80] = "default";
	static uint8_t last_family;
	bool v6 = family == AF_INET6;
	unsigned int dev = 1 + pick(NR_DEVS);

	if (family != last_family || !chance(30)) {
		table = tables[pick(chance(10) ? 5 : 4)];
		snprintf(prefix, sizeof(prefix), "%s",
			 chance(10) ? "default" : random_prefix(family));
	}
	last_family = family;
	fprintf(f, "route %s ", chance(20) ? "append" : "add");
	if (chance(15))
		fprintf(f, "%s ", types[pick(4)]);
	fprintf(f, "%s table %s ", prefix, table);
	if (chance(40))
		fprintf(f, "metric %u ", 1 + pick(3));
	if (!v6 && chance(10))
		fprintf(f, "tos 0x%x ", 4 + 4 * pick(3));
	if (chance(10))
		fprintf(f,
			v6 ? "nexthop via fd0%u::9 dev d%u nexthop via fd0%u::8 dev d%u\n"
			   : "nexthop via 10.%u.0.9 dev d%u nexthop via 10.%u.0.8 dev d%u\n",
			dev, dev, 1 + dev % NR_DEVS, 1 + dev % NR_DEVS);
	else if (chance(50))
		fprintf(f, v6 ? "via fd0%u::9 dev d%u\n" : "via 10.%u.0.9 dev d%u\n", dev, dev);
	else
		fprintf(f, "dev d%u\n", dev);
}

static void random_rule(FILE *f, uint8_t family)
{
	static const char *const actions[] = {"blackhole", "unreachable", "prohibit", "nop"};
	unsigned int priority = 10 + pick(20);

	fprintf(f, "rule add priority %u ", priority);
	if (chance(15))
		fprintf(f, "not ");
	if (chance(30))
		fprintf(f, "from %s ", random_prefix(family));
	if (chance(30))
		fprintf(f, "to %s ", random_prefix(family));
	if (chance(20))
		fprintf(f, "iif %s ", chance(25) ? "lo" : chance(50) ? "d1" : "d2");
	if (chance(5))
		fprintf(f, "oif d%u ", 1 + pick(NR_DEVS));
	if (chance(25))
		fprintf(f, "fwmark %u/%u ", pick(4), 1 + pick(3));
	if (chance(10))
		fprintf(f, "tos 0x%x ", 4 + 4 * pick(3));
	if (chance(15))
		fprintf(f, "ipproto %s ", chance(50) ? "udp" : "tcp");
	if (chance(10))
		fprintf(f, "dport %u-%u ", 1 + pick(3), 2 + pick(3));
	if (chance(5))
		fprintf(f, "sport %u ", 1 + pick(3));
	if (chance(10))
		fprintf(f, "goto %u\n", priority + 1 + pick(10));
	else if (chance(15))
		fprintf(f, "%s\n", actions[pick(4)]);
	else
		fprintf(f, "table %u%s\n", 100 + pick(3),
			chance(15) ? " suppress_prefixlength 8" : "");
}

/* Some lines are refused: a prefix that is there, a target that comes before. */
static void configure(uint8_t family)
{
	char command[80];
	FILE *f;

	snprintf(command, sizeof(command), "ip -%u -force -b - >/dev/null 2>&1",
		 family == AF_INET6 ? 6 : 4);
	f = popen(command, "w");
	if (!f)
		exit(77);
	fprintf(f, "rule flush\nrule add priority 32766 table main\n");
	fprintf(f, "rule del priority 0\nrule add priority 0 table local\n");
	for (unsigned int table = 100; table < 103; table++)
		fprintf(f, "route flush table %u\n", table);
	for (unsigned int n = 2 + pick(30); n; n--)
		random_route(f, family);
	for (unsigned int n = pick(8); n; n--)
		random_rule(f, family);
	pclose(f);
}

static void clean(uint8_t family)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "for t in main local; do ip -%u route show table $t | sed 's/^/route del /;s/ "
		 "linkdown//' | "
		 "grep ' \\(20\\.\\|fd20\\|default\\|0.0.0.0/\\)' | ip -%u -force -b - >/dev/null "
		 "2>&1; done",
		 family == AF_INET6 ? 6 : 4, family == AF_INET6 ? 6 : 4);
	if (system(command) < 0)
		exit(77);
}

/* ---- the kernel's answer ---- */

struct truth {
	int err;
	uint8_t type, len;
	uint32_t table, dev, metric;
	char via[INET6_ADDRSTRLEN];
};

static int take(void *arg, const struct nlmsghdr *msg)
{
	struct truth *t = arg;
	const struct rtmsg *rt = NLMSG_DATA(msg);
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(*rt));
	struct nl_attr a;

	t->type = rt->rtm_type;
	t->len = rt->rtm_dst_len;
	t->table = rt->rtm_table;
	while (nl_next(&as, &a)) {
		if (a.type == RTA_TABLE)
			memcpy(&t->table, a.data, 4);
		if (a.type == RTA_OIF)
			memcpy(&t->dev, a.data, 4);
		if (a.type == RTA_PRIORITY)
			memcpy(&t->metric, a.data, 4);
		if (a.type == RTA_GATEWAY)
			inet_ntop(rt->rtm_family, a.data, t->via, sizeof(t->via));
		if (a.type == RTA_MULTIPATH)
			t->dev = UINT32_MAX;
	}
	return 0;
}

struct request {
	struct rtmsg rt;
	uint8_t attrs[200];
	size_t sz;
};

static void put(struct request *r, uint16_t type, const void *data, size_t sz)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + sz), .nla_type = type};

	memcpy(r->attrs + r->sz, &a, sizeof(a));
	memcpy(r->attrs + r->sz + sizeof(a), data, sz);
	r->sz += NLA_ALIGN(a.nla_len);
}

static void ask_kernel(struct netlink *nl, const struct rt_flow *f, bool has_src, struct truth *t)
{
	uint8_t sz = f->family == AF_INET6 ? 16 : 4;
	struct request r = {.rt = {.rtm_family = f->family,
				   .rtm_dst_len = sz * 8,
				   .rtm_src_len = has_src ? sz * 8 : 0,
				   .rtm_tos = f->tos,
				   .rtm_flags = FIB_MATCH}};
	uint32_t iif = f->way == RT_WAY_IN ? if_nametoindex(f->iif) : 0;
	uint16_t sport = htons(f->sport), dport = htons(f->dport);

	put(&r, RTA_DST, f->dst, sz);
	if (has_src)
		put(&r, RTA_SRC, f->src, sz);
	if (iif)
		put(&r, RTA_IIF, &iif, sizeof(iif));
	put(&r, RTA_MARK, &f->mark, sizeof(f->mark));
	put(&r, ATTR_PROTO, &f->proto, 1);
	put(&r, ATTR_SPORT, &sport, sizeof(sport));
	put(&r, ATTR_DPORT, &dport, sizeof(dport));
	memset(t, 0, sizeof(*t));
	t->err = netlink_request(nl, RTM_GETROUTE, 0, &r, sizeof(r.rt) + r.sz, take, t);
}

/* ---- comparing ---- */

static uint8_t type_of(const char *name)
{
	static const char *const names[] = {"none",	 "unicast",	"local",
					    "broadcast", "anycast",	"multicast",
					    "blackhole", "unreachable", "prohibit"};

	for (uint8_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return i;
	return 255;
}

/* Errors are what the kernel answers, or the type of the route. */
static bool is_right(const struct route *r, const struct truth *t, uint8_t family)
{
	const char *slash = strchr(r->prefix, '/');
	uint8_t type = type_of(r->type), len;

	if (t->err || t->type >= RTN_BLACKHOLE) {
		int err = t->err;

		if (type == 0)
			return err == -ENETUNREACH;
		return (type == RTN_BLACKHOLE && (err == -EINVAL || t->type == RTN_BLACKHOLE)) ||
		       (type == RTN_UNREACHABLE && (err == -EHOSTUNREACH || err == -ENETUNREACH ||
						    t->type == RTN_UNREACHABLE)) ||
		       (type == RTN_PROHIBIT && (err == -EACCES || t->type == RTN_PROHIBIT));
	}
	len = slash			      ? (uint8_t)atoi(slash + 1)
	      : !strcmp(r->prefix, "default") ? 0
	      : family == AF_INET6	      ? 128
					      : 32;
	if (type != t->type || r->table != t->table || len != t->len || r->metric != t->metric)
		return false;
	if (r->nr_hops || type == RTN_LOCAL)
		return true;
	return if_nametoindex(r->dev) == t->dev && !strcmp(r->via, t->via);
}

/* What is possible must be among what is said: a route that was found, or an error. */
static bool is_among(const char *text, const struct rt_flow *f, const struct truth *t)
{
	struct rt_prefix p = {.len = t->len};
	char addr[INET6_ADDRSTRLEN], prefix[ROUTE_TEXT_SZ];

	if (t->err || t->type >= RTN_BLACKHOLE)
		return strstr(text, "blackhole") || strstr(text, "unreachable") ||
		       strstr(text, "prohibit") || strstr(text, "none") || strstr(text, "another");
	memcpy(p.addr, f->dst, sizeof(p.addr));
	rt_prefix_mask(&p);
	inet_ntop(f->family, p.addr, addr, sizeof(addr));
	if (!p.len)
		strcpy(prefix, "default");
	else if (p.len == (f->family == AF_INET6 ? 128 : 32))
		strcpy(prefix, addr);
	else
		snprintf(prefix, sizeof(prefix), "%s/%u", addr, p.len);
	return strstr(text, prefix) || strstr(text, "another");
}

/* What it sends has one of its addresses, or none yet: then the answer is that of any. */
static void random_flow(struct rt_flow *f, uint8_t family, bool *has_src)
{
	*f = (struct rt_flow){
		.family = family,
		.way = chance(70) ? RT_WAY_IN : RT_WAY_OUT,
		.src_known = true,
		.mark_known = true,
		.l4_known = true,
		.has_ports = true,
		.mark = pick(4),
		.tos = (uint8_t)(chance(30) ? 4 + 4 * pick(3) : 0),
		.proto = chance(50) ? IPPROTO_UDP : IPPROTO_TCP,
		.sport = (uint16_t)(1 + pick(4)),
		.dport = (uint16_t)(1 + pick(4)),
	};
	random_addr(family, f->dst);
	if (f->way == RT_WAY_IN) {
		random_addr(family, f->src);
		snprintf(f->iif, sizeof(f->iif), "d%u", 1 + pick(NR_DEVS));
		*has_src = true;
		return;
	}
	*has_src = chance(50);
	f->src[0] = family == AF_INET ? 10 : 0xfd;
	f->src[1] = (uint8_t)(1 + pick(NR_DEVS));
	f->src[family == AF_INET ? 3 : 15] = 1;
	f->src_known = *has_src;
}

/* Less than the lookup knew: the answer must allow for it. */
static void forget_some(struct rt_flow *f)
{
	if (chance(15)) {
		f->mark_known = false;
		f->mark = 99;
	}
	if (chance(10)) {
		f->has_ports = false;
		f->sport = f->dport = 0;
	}
	if (chance(10)) {
		f->src_lost = true;
		memset(f->src, 0x77, sizeof(f->src));
	}
	if (chance(10)) {
		f->src_known = f->src_known && f->way == RT_WAY_IN;
		f->way = RT_WAY_ANY;
		f->src_lost = true;
	}
	f->l4_known = !chance(10);
}

static void compare(struct routing *r, struct netlink *nl, uint8_t family, unsigned int seed)
{
	struct rt_question q = {.netns = netns_self()};
	char text[1024] = "", dst[INET6_ADDRSTRLEN], src[INET6_ADDRSTRLEN];
	struct textbuf t = {.buf = text, .sz = sizeof(text)};
	struct route out;
	struct truth truth;
	bool has_src;

	random_flow(&q.flow, family, &has_src);
	ask_kernel(nl, &q.flow, has_src, &truth);
	forget_some(&q.flow);
	if (!truth.err && truth.type == RTN_UNICAST && truth.dev != UINT32_MAX && chance(40))
		q.flow.out = truth.dev;
	q.ts = clock_now();
	switch (routing_explain(r, &q, &t, &out)) {
	case RT_NOTHING:
		count.silent++;
		return;
	case RT_UNKNOWN:
		count.unknown++;
		if (!strstr(text, "goes out"))
			return;
		break;
	case RT_POSSIBLE:
		count.possible++;
		if (is_among(text, &q.flow, &truth))
			return;
		break;
	case RT_CERTAIN:
		count.certain++;
		if (is_right(&out, &truth, family))
			return;
	}
	inet_ntop(family, q.flow.dst, dst, sizeof(dst));
	inet_ntop(family, q.flow.src, src, sizeof(src));
	if (count.wrong++ < 5)
		printf("seed %u: to %s from %s%s iif %s mark %u tos %u proto %u ports %u %u:\n"
		       "  said: %s\n  kernel: error %d type %u table %u length %u dev %u via %s "
		       "metric %u\n",
		       seed, dst, src, has_src ? "" : " (not given)", q.flow.iif, q.flow.mark,
		       q.flow.tos, q.flow.proto, q.flow.sport, q.flow.dport, text, truth.err,
		       truth.type, truth.table, truth.len, truth.dev, truth.via, truth.metric);
}

static bool run_round(struct routing *r, struct netlink *nl, unsigned int seed)
{
	uint8_t family = seed % 2 ? AF_INET : AF_INET6;

	srand(seed);
	configure(family);
	usleep(250000);
	routing_tick(r);
	for (int i = 0; i < NR_PACKETS; i++)
		compare(r, nl, family, seed);
	if (count.wrong && getenv("KEEP"))
		return false;
	clean(family);
	return true;
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 20;
	unsigned int seed = argc > 2 ? (unsigned int)atoi(argv[2]) : 1;
	static struct netns_cache places;
	struct routing *r;
	struct netlink nl;

	if (unshare(CLONE_NEWNET) || system(network)) {
		puts("cannot make a network namespace");
		return 77;
	}
	if (routing_open(&r, &netns_roots, &places) || netlink_open(&nl, NETLINK_ROUTE))
		return 77;
	for (unsigned int i = 0; i < rounds; i++)
		if (!run_round(r, &nl, seed + i)) {
			if (system("ip rule; ip -6 rule; ip route show table all; ip -6 route show "
				   "table all") < 0)
				return 1;
			break;
		}
	netlink_close(&nl);
	routing_close(r);
	printf("%lu certain, %lu possible, %lu unknown, %lu silent, %lu wrong\n", count.certain,
	       count.possible, count.unknown, count.silent, count.wrong);
	return count.wrong != 0;
}
