// SPDX-License-Identifier: GPL-2.0-only
#include "explain/facts.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/rtnetlink.h>

#include "base/number.h"
#include "kern/clock.h"
#include "kern/net.h"
#include "kern/netlink.h"

#define COST_SHARE 5		       /* one part of the time in five */
#define BUDGET_MAX UINT64_C(500000000) /* ns of asking that may be saved up */
struct asker {
	uint64_t budget, then;	    /* ns; then: when it was reckoned */
	struct netns_cache *places; /* not owned */
	struct diag diag;
};

/* ---- asking within a budget ---- */

static bool may_ask(struct asker *a)
{
	uint64_t now = clock_now();

	a->budget += (now - a->then) / COST_SHARE;
	if (a->budget > BUDGET_MAX)
		a->budget = BUDGET_MAX;
	a->then = now;
	return a->budget > 0;
}

/* fn in the namespace; false: not asked, or it failed. */
static bool ask(struct asker *a, uint32_t netns, int (*fn)(void *arg), void *arg)
{
	uint64_t start = clock_now(), took;
	int ret;

	if (!may_ask(a))
		return false;
	ret = netns_call(a->places, netns, fn, arg);
	took = clock_now() - start;
	a->budget = took < a->budget ? a->budget - took : 0;
	return ret == 0;
}

/* ---- settings ---- */

struct setting {
	const char *path;
	int value;
};

static int read_setting(void *arg)
{
	struct setting *s = arg;
	char path[160];
	int64_t v;

	if (snprintf(path, sizeof(path), "/proc/sys/net/%s", s->path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	v = number_in_file(path);
	if (v < 0)
		return -EIO;
	s->value = v < INT_MAX ? (int)v : INT_MAX;
	return 0;
}

static int facts_setting(void *arg, uint32_t netns, const char *path)
{
	struct setting s = {.path = path};

	return ask(arg, netns, read_setting, &s) ? s.value : -1;
}

/* ---- devices ---- */

static bool dev_ioctl(int request, uint32_t ifindex, struct ifreq *req)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done;

	if (fd < 0)
		return false;
	memset(req, 0, sizeof(*req));
	req->ifr_ifindex = (int)ifindex;
	done = !ioctl(fd, SIOCGIFNAME, req) && !ioctl(fd, request, req);
	close(fd);
	return done;
}

struct dev_job {
	uint32_t ifindex;
	struct fact_dev *out;
};

static int read_dev(void *arg)
{
	struct dev_job *j = arg;
	struct netlink nl;
	struct ifreq req;

	*j->out = (struct fact_dev){0};
	if (!dev_ioctl(SIOCGIFFLAGS, j->ifindex, &req))
		return -ENODEV;
	j->out->up = req.ifr_flags & IFF_UP;
	j->out->running = req.ifr_flags & IFF_RUNNING;
	if (netlink_open(&nl, NETLINK_ROUTE))
		return 0;
	tc_read_qdisc(&nl, j->ifindex, &j->out->qdisc);
	netlink_close(&nl);
	return 0;
}

static bool facts_dev(void *arg, uint32_t netns, uint32_t ifindex, struct fact_dev *out)
{
	struct dev_job j = {.ifindex = ifindex, .out = out};

	return ask(arg, netns, read_dev, &j);
}

struct filters_job {
	uint32_t ifindex;
	bool is_egress;
	struct fact_filters *out;
};

static int read_filters(void *arg)
{
	struct filters_job *j = arg;
	struct netlink nl;
	int ret = netlink_open(&nl, NETLINK_ROUTE);

	if (ret)
		return ret;
	ret = tc_read_filters(&nl, j->ifindex, j->is_egress, j->out);
	netlink_close(&nl);
	return ret;
}

static bool facts_filters(void *arg, uint32_t netns, uint32_t ifindex, bool is_egress,
			  struct fact_filters *out)
{
	struct filters_job j = {.ifindex = ifindex, .is_egress = is_egress, .out = out};

	return ask(arg, netns, read_filters, &j);
}

/* ---- routes ---- */

struct route_job {
	uint8_t family;
	const uint8_t *to;
	uint32_t mark;
	struct fact_route *out;
};

static uint32_t attr_u32(struct nl_attrs as, uint16_t type)
{
	uint32_t v = 0;
	struct nl_attr a;

	if (nl_find(as, type, &a) && a.sz == sizeof(v))
		memcpy(&v, a.data, sizeof(v));
	return v;
}

/* IPv4 may go by an IPv6 gateway (Linux 5.2). */
static void take_gateway(struct nl_attrs as, uint8_t family, struct fact_route *out)
{
	struct nl_attr a;
	uint16_t via;

	if (nl_find(as, RTA_GATEWAY, &a) && a.sz == (family == AF_INET6 ? 16 : 4)) {
		out->gateway_family = family;
		memcpy(out->gateway, a.data, a.sz);
	} else if (nl_find(as, RTA_VIA, &a) && a.sz == sizeof(via) + 16) {
		memcpy(&via, a.data, sizeof(via));
		out->gateway_family = (uint8_t)via;
		memcpy(out->gateway, (const uint8_t *)a.data + sizeof(via), 16);
	}
}

static int take_route(void *arg, const struct nlmsghdr *msg)
{
	struct route_job *j = arg;
	const struct rtmsg *rt = NLMSG_DATA(msg);
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(*rt));
	struct nl_attr metrics, a;
	struct rta_cacheinfo cache;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*rt)))
		return -EPROTO;
	/* IPv6 of old kernels answers with an unreachable route where there is none */
	if (rt->rtm_type == RTN_UNREACHABLE && nl_find(as, RTA_CACHEINFO, &a) &&
	    a.sz >= sizeof(cache)) {
		memcpy(&cache, a.data, sizeof(cache));
		if ((int)cache.rta_error == -ENETUNREACH)
			return -ENETUNREACH;
	}
	j->out->type = rt->rtm_type;
	j->out->oif = attr_u32(as, RTA_OIF);
	take_gateway(as, rt->rtm_family, j->out);
	if (nl_find(as, RTA_METRICS, &metrics))
		j->out->mtu = attr_u32(nl_nested(&metrics), RTAX_MTU);
	return 0;
}

/* As `ip route get TO mark MARK`. */
static int request_route(struct netlink *nl, struct route_job *j)
{
	size_t addr_sz = j->family == AF_INET6 ? 16 : 4;
	struct {
		struct rtmsg rt;
		struct nlattr mark_hdr;
		uint32_t mark;
		struct nlattr dst_hdr;
		uint8_t dst[16];
	} req = {
		.rt = {.rtm_family = j->family, .rtm_dst_len = (uint8_t)(addr_sz * 8)},
		.mark_hdr = {sizeof(req.mark_hdr) + sizeof(req.mark), RTA_MARK},
		.mark = j->mark,
		.dst_hdr = {(uint16_t)(sizeof(req.dst_hdr) + addr_sz), RTA_DST},
	};

	memcpy(req.dst, j->to, addr_sz);
	return netlink_request(nl, RTM_GETROUTE, 0, &req, sizeof(req) - 16 + addr_sz, take_route,
			       j);
}

static int read_route(void *arg)
{
	struct route_job *j = arg;
	struct netlink nl;
	struct ifreq req;
	int ret = netlink_open(&nl, NETLINK_ROUTE);

	if (ret)
		return ret;
	*j->out = (struct fact_route){0};
	ret = request_route(&nl, j);
	netlink_close(&nl);
	if (ret == -ETIMEDOUT || ret == -EPROTO)
		return ret;
	j->out->err = ret;
	if (j->out->oif && !j->out->mtu && dev_ioctl(SIOCGIFMTU, j->out->oif, &req))
		j->out->mtu = (uint32_t)req.ifr_mtu;
	return 0;
}

static bool facts_route(void *arg, uint32_t netns, uint8_t family, const uint8_t *to, uint32_t mark,
			struct fact_route *out)
{
	struct route_job j = {.family = family, .to = to, .mark = mark, .out = out};

	return ask(arg, netns, read_route, &j);
}

/* ---- sockets ---- */

struct socket_job {
	const struct fact_flow *flow;
	enum fact_socket found;
};

static int read_sockets(void *arg)
{
	struct socket_job *j = arg;

	j->found = sockets_find(j->flow);
	return 0;
}

static enum fact_socket facts_socket(void *arg, uint32_t netns, const struct fact_flow *flow)
{
	struct socket_job j = {.flow = flow, .found = SOCKET_UNKNOWN};

	return ask(arg, netns, read_sockets, &j) ? j.found : SOCKET_UNKNOWN;
}

struct queue_job {
	const struct fact_flow *flow;
	struct diag *diag;
	struct fact_listener *listener;
	struct fact_buffer *buffer;
};

static int read_listener(void *arg)
{
	struct queue_job *j = arg;

	return diag_listener(j->diag, j->flow, j->listener) ? 0 : -ENOENT;
}

static bool facts_listener(void *arg, uint32_t netns, const struct fact_flow *flow,
			   struct fact_listener *out)
{
	struct asker *a = arg;
	struct queue_job j = {.flow = flow, .diag = &a->diag, .listener = out};

	return ask(a, netns, read_listener, &j);
}

static int read_buffer(void *arg)
{
	struct queue_job *j = arg;

	return diag_buffer(j->diag, j->flow, j->buffer) ? 0 : -ENOENT;
}

static bool facts_buffer(void *arg, uint32_t netns, const struct fact_flow *flow,
			 struct fact_buffer *out)
{
	struct asker *a = arg;
	struct queue_job j = {.flow = flow, .diag = &a->diag, .buffer = out};

	return ask(a, netns, read_buffer, &j);
}

/* ---- public ---- */

int facts_open(struct facts *f, struct netns_cache *places, const struct diag *diag)
{
	struct asker *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->places = places;
	a->diag = *diag;
	a->budget = BUDGET_MAX;
	a->then = clock_now();
	*f = (struct facts){
		.arg = a,
		.setting = facts_setting,
		.route = facts_route,
		.dev = facts_dev,
		.socket = facts_socket,
		.filters = facts_filters,
		.listener = facts_listener,
		.buffer = facts_buffer,
	};
	return 0;
}

void facts_close(struct facts *f)
{
	free(f->arg);
	*f = (struct facts){0};
}
