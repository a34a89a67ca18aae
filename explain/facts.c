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
#include "explain/asker.h"
#include "kern/net.h"
#include "kern/netlink.h"

struct kernel {
	struct asker asker;
	struct diag diag;
};

/* The answer goes to out, which fn writes through arg. */
#define ASK(k, netns, fn, arg, key, out)                                                           \
	asker_ask(&((struct kernel *)(k))->asker,                                                  \
		  &(struct question){netns, fn, arg, key, sizeof(*(key)), out, sizeof(*(out))})

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
	struct kernel *k = arg;
	struct question q = {netns,    read_setting,   &s, path, strlen(path) + 1,
			     &s.value, sizeof(s.value)};

	return asker_ask(&k->asker, &q) ? s.value : -1;
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

	return ASK(arg, netns, read_dev, &j, &ifindex, out);
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
	uint32_t key[] = {ifindex, is_egress};

	return ASK(arg, netns, read_filters, &j, &key, out);
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
	struct {
		uint8_t to[16];
		uint32_t family, mark;
	} key = {.family = family, .mark = mark};

	memcpy(key.to, to, family == AF_INET6 ? 16 : 4);
	return ASK(arg, netns, read_route, &j, &key, out);
}

/* ---- sockets ---- */

/* There is no padding: it is compared as a whole. */
struct flow_key {
	uint8_t saddr[16], daddr[16];
	uint16_t sport, dport, family, proto;
};

static struct flow_key key_of(const struct fact_flow *flow)
{
	struct flow_key key = {.sport = flow->sport,
			       .dport = flow->dport,
			       .family = flow->family,
			       .proto = flow->proto};
	size_t addr_sz = flow->family == AF_INET6 ? 16 : 4;

	memcpy(key.saddr, flow->saddr, addr_sz);
	memcpy(key.daddr, flow->daddr, addr_sz);
	return key;
}

struct socket_job {
	const struct fact_flow *flow;
	struct socket_found found;
};

static int read_sockets(void *arg)
{
	struct socket_job *j = arg;

	sockets_find(j->flow, &j->found);
	return 0;
}

static enum fact_socket facts_socket(void *arg, uint32_t netns, const struct fact_flow *flow)
{
	struct socket_job j = {.flow = flow};
	struct flow_key key = key_of(flow);

	return ASK(arg, netns, read_sockets, &j, &key, &j.found.match) ? j.found.match
								       : SOCKET_UNKNOWN;
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
	struct kernel *k = arg;
	struct queue_job j = {.flow = flow, .diag = &k->diag, .listener = out};
	struct flow_key key = key_of(flow);

	return ASK(k, netns, read_listener, &j, &key, out);
}

static int read_buffer(void *arg)
{
	struct queue_job *j = arg;

	return diag_buffer(j->diag, j->flow, j->buffer) ? 0 : -ENOENT;
}

static bool facts_buffer(void *arg, uint32_t netns, const struct fact_flow *flow,
			 struct fact_buffer *out)
{
	struct kernel *k = arg;
	struct queue_job j = {.flow = flow, .diag = &k->diag, .buffer = out};
	struct flow_key key = key_of(flow);

	return ASK(k, netns, read_buffer, &j, &key, out);
}

/* ---- public ---- */

int facts_open(struct facts *f, struct netns_cache *places, const struct diag *diag,
	       struct hurry hurry)
{
	struct kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return -ENOMEM;
	asker_init(&k->asker, places, hurry);
	k->diag = *diag;
	*f = (struct facts){
		.arg = k,
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

void facts_at(struct facts *f, uint64_t ts)
{
	asker_at(&((struct kernel *)f->arg)->asker, ts);
}

void facts_close(struct facts *f)
{
	free(f->arg);
	*f = (struct facts){0};
}
