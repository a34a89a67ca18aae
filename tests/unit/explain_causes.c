// SPDX-License-Identifier: GPL-2.0-only
/* What is said about drops, with facts of a namespace that exists in this file only. */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/btf.h>
#include <linux/rtnetlink.h>

#include "btf/btf.h"
#include "explain/cause_text.h"
#include "explain/causes.h"
#include "kern/net.h"

/* ---- a namespace ---- */

struct world {
	int forwarding, rp_filter;
	struct fact_route to, back; /* to 10.0.0.2, and to all others */
	struct fact_dev dev;
	enum fact_socket socket;
	struct fact_filters filters;
	struct fact_listener listener;
	struct fact_buffer buffer;
	int conntrack_count, conntrack_max, syncookies;
	char path[128]; /* the last setting that was asked for */
	unsigned int nr_asked;
};

static int world_setting(void *arg, uint32_t netns, const char *path)
{
	struct world *w = arg;

	(void)netns;
	w->nr_asked++;
	snprintf(w->path, sizeof(w->path), "%s", path);
	if (strstr(path, "nf_conntrack"))
		return strstr(path, "max") ? w->conntrack_max : w->conntrack_count;
	if (strstr(path, "tcp_"))
		return strstr(path, "syncookies") ? w->syncookies : 256;
	if (strstr(path, "mcast_solicit"))
		return 3;
	return strstr(path, "forwarding") ? w->forwarding : w->rp_filter;
}

static bool world_route(void *arg, uint32_t netns, uint8_t family, const uint8_t *to, uint32_t mark,
			struct fact_route *out)
{
	static const uint8_t dest[] = {10, 0, 0, 2};
	struct world *w = arg;

	(void)netns;
	(void)mark;
	w->nr_asked++;
	*out = family == AF_INET6 || !memcmp(to, dest, 4) ? w->to : w->back;
	return true;
}

static bool world_dev(void *arg, uint32_t netns, uint32_t ifindex, struct fact_dev *out)
{
	struct world *w = arg;

	(void)netns;
	(void)ifindex;
	*out = w->dev;
	return true;
}

static enum fact_socket world_socket(void *arg, uint32_t netns, const struct fact_flow *flow)
{
	struct world *w = arg;

	(void)netns;
	assert_int_equal(flow->dport, 80);
	return w->socket;
}

static bool world_filters(void *arg, uint32_t netns, uint32_t ifindex, bool is_egress,
			  struct fact_filters *out)
{
	struct world *w = arg;

	(void)netns;
	(void)ifindex;
	(void)is_egress;
	*out = w->filters;
	return true;
}

static bool world_listener(void *arg, uint32_t netns, const struct fact_flow *flow,
			   struct fact_listener *out)
{
	struct world *w = arg;

	(void)flow;
	*out = w->listener;
	return netns == 7 && w->listener.limit;
}

static bool world_buffer(void *arg, uint32_t netns, const struct fact_flow *flow,
			 struct fact_buffer *out)
{
	struct world *w = arg;

	(void)netns;
	(void)flow;
	*out = w->buffer;
	return w->buffer.used;
}

static struct world world;
static const struct facts facts = {
	.arg = &world,
	.setting = world_setting,
	.route = world_route,
	.dev = world_dev,
	.socket = world_socket,
	.filters = world_filters,
	.listener = world_listener,
	.buffer = world_buffer,
};
static struct pasts pasts;
static struct causes causes;

static int setup(void **state)
{
	(void)state;
	world = (struct world){
		.forwarding = 1,
		.to = {.type = RTN_UNICAST, .oif = 3, .mtu = 1500},
		.back = {.type = RTN_UNICAST, .oif = 2, .mtu = 1500},
		.dev = {.up = true, .running = true, .qdisc = {.kind = "fq_codel"}},
		.socket = SOCKET_NONE,
	};
	pasts = (struct pasts){0};
	causes = (struct causes){0};
	return 0;
}

/* ---- packets ---- */

/* 10.0.0.1:1000 -> 10.0.0.2:80, 12 bytes, with right checksums. */
static const uint8_t udp4[] = {0x45, 0,	 0, 32, 0,    0,    0x40, 0,   64,  17, 0x26,
			       0xcb, 10, 0, 0,	1,    10,   0,	  0,   2,   3,	0xe8,
			       0,    80, 0, 12, 0x22, 0xd5, 'a',  'b', 'c', 'd'};

static struct trace_event drop_of(const uint8_t *hdr, size_t sz, uint16_t protocol,
				  const char *reason, const char *caller)
{
	struct trace_event te = {
		.raw = {.type = TRAIL_EVENT_SKB,
			.protocol = protocol,
			.hdr_len = (uint16_t)sz,
			.len = (uint32_t)sz,
			.ifindex = 2,
			.ifname = "eth0"},
		.caller = {.name = caller},
		.reason = reason,
		.is_drop = true,
	};

	memcpy(te.raw.hdr, hdr, sz);
	if (reason)
		te.raw.flags |= TRAIL_F_REASON;
	tuple_decode(&te.tuple, protocol, te.raw.hdr, sz);
	return te;
}

static struct trace_event udp_drop(const char *reason, const char *caller)
{
	return drop_of(udp4, sizeof(udp4), 0x0800, reason, caller);
}

static const char *why(const struct trace_event *te)
{
	static char buf[512];

	buf[0] = '\0';
	cause_explain(&causes, te, &facts, &pasts, buf, sizeof(buf));
	return buf;
}

static const char *why_udp(const char *reason, const char *caller)
{
	struct trace_event te = udp_drop(reason, caller);

	return why(&te);
}

/* ---- tests ---- */

static void placeholders(void **state)
{
	struct trace_event te = udp_drop(NULL, NULL);
	struct evidence e = {.te = &te, .facts = &facts}, none = {.te = &te};
	char buf[128];
	size_t len;

	(void)state;
	world.rp_filter = 2;
	len = cause_fill("%s %d %p %t %i %l %m %h %r %q %e %4%6 100%", &e, buf, sizeof(buf));
	assert_string_equal(buf,
			    "10.0.0.1 10.0.0.2 80 udp eth0 32 1500 64 2 fq_codel 0x0800 ipv4 100%");
	assert_int_equal(len, strlen(buf));
	cause_fill("%m %r %q", &none, buf, sizeof(buf));
	assert_string_equal(buf, "? ? ?");
	assert_int_equal(cause_fill("%s %d", &none, buf, 6), 17);
	assert_string_equal(buf, "10.0.");
	assert_int_equal(cause_fill("%s", &none, NULL, 0), 8);

	te = (struct trace_event){0};
	cause_fill("%s %p %t %i %h %4", &none, buf, sizeof(buf));
	assert_string_equal(buf, "? ? 0 DEV ? ipv4");
}

static void hostile_names(void **state)
{
	struct trace_event te = udp_drop(NULL, "ip_error");

	(void)state;
	world.forwarding = 0;
	strcpy(te.raw.ifname, "a;b $(c)\x1b'");
	assert_non_null(strstr(why(&te), " forwarding is off on a?3bb?20?24?28c?29?1b?27 "));
	world.nr_asked = 0;
	strcpy(te.raw.ifname, "../../x");
	why(&te);
	strcpy(te.raw.ifname, "..");
	why(&te);
	assert_string_equal(world.path, "ipv4/conf/a;b $(c)\x1b'/forwarding");
}

static void routes(void **state)
{
	static const struct {
		int err;
		uint8_t type;
		const char *text;
	} r[] = {
		{-ENETUNREACH, 0, "no route to 10.0.0.2 (ip route get 10.0.0.2)"},
		{-EINVAL, 0, "the route to 10.0.0.2 is a blackhole (ip route get 10.0.0.2)"},
		{-EHOSTUNREACH, 0,
		 "the route to 10.0.0.2 says unreachable (ip route get 10.0.0.2)"},
		{-EACCES, 0, "the route to 10.0.0.2 says prohibit (ip route get 10.0.0.2)"},
		{0, RTN_PROHIBIT, "the route to 10.0.0.2 says prohibit (ip route get 10.0.0.2)"},
	};
	struct trace_event te = udp_drop(NULL, "ip_error");
	char buf[256];

	(void)state;
	for (size_t i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		world.to = (struct fact_route){.err = r[i].err, .type = r[i].type};
		assert_string_equal(why_udp(NULL, "ip_error"), r[i].text);
		assert_string_equal(why_udp("SKB_DROP_REASON_NOT_SPECIFIED", "ip_error"),
				    r[i].text);
	}
	/* a route that lets it pass, or nobody to ask: no guess */
	world.to = (struct fact_route){.type = RTN_UNICAST};
	assert_memory_equal(why(&te), "possible: ", 10);
	assert_true(cause_explain(&causes, &te, NULL, NULL, buf, sizeof(buf)) > 0);
	assert_memory_equal(buf, "possible: ", 10);
	world.forwarding = 0;
	assert_string_equal(why(&te), "10.0.0.2 is not an address of this host, and forwarding is "
				      "off on eth0 (net.ipv4.conf.eth0.forwarding=0)");
}

/* What is kept by the names of a drop is only where to search. */
static void other_packets(void **state)
{
	struct trace_event te = udp_drop("SKB_DROP_REASON_NO_SOCKET", "__udp4_lib_rcv"), other = te;

	(void)state;
	world.socket = SOCKET_OTHER;
	for (int i = 0; i < 2; i++) {
		assert_string_equal(why(&te), "nothing listens on 10.0.0.2:80 (udp); sockets with "
					      "port 80 are for other addresses or peers");
		other.tuple.has_ports = false;
		other.tuple.proto = IPPROTO_ICMP;
		other.tuple.has_icmp = true;
		other.tuple.icmp_type = 0;
		assert_memory_equal(why(&other), "possibly not a loss: no ping socket", 35);
		other = te;
		other.tuple.daddr[3] = 9;
		world.socket = SOCKET_NONE;
		assert_string_equal(why(&other), "nothing listens on 10.0.0.9:80 (udp)");
		/* without a reason the same place has another cause */
		other.reason = NULL;
		other.raw.flags &= (uint16_t)~TRAIL_F_REASON;
		world.socket = SOCKET_LISTENS;
		assert_memory_equal(why(&other), "possible: ", 10);
		other = te;
		world.socket = SOCKET_OTHER;
	}
}

static void sources(void **state)
{
	struct trace_event te = udp_drop(NULL, "ip_rcv_finish_core.constprop.0");

	(void)state;
	assert_string_equal(why(&te), "possible: its source 10.0.0.1 or destination 10.0.0.2 is "
				      "not valid here, or its IP options");
	world.rp_filter = 1;
	assert_memory_equal(why(&te), "possible: rp_filter=1 on eth0", 29);
	world.back.oif = 3;
	assert_string_equal(why(&te), "rp_filter=1 on eth0: the way back to 10.0.0.1 does not go "
				      "out by eth0 (ip route get 10.0.0.1)");
	world.rp_filter = 2; /* loose: any way back will do */
	assert_memory_equal(why(&te), "possible: rp_filter=2 on eth0", 29);
	world.back.type = RTN_LOCAL;
	assert_string_equal(why(&te), "martian: its source 10.0.0.1 is an address of this host");
	te.tuple.saddr[0] = 224;
	assert_string_equal(why(&te), "martian: no host can send from 224.0.0.1 on eth0");
	te.tuple.saddr[0] = 127;
	assert_string_equal(why(&te), "martian: a loopback address on eth0 "
				      "(net.ipv4.conf.eth0.route_localnet)");
}

static void forwarded(void **state)
{
	struct trace_event te = udp_drop(NULL, "ip_forward");

	(void)state;
	assert_memory_equal(why(&te), "possible: ", 10);
	world.to.mtu = 31;
	assert_string_equal(why(&te),
			    "32 bytes exceed the MTU 31 of the way to 10.0.0.2, and it must "
			    "not be fragmented");
	te.raw.hdr[6] = 0;
	assert_memory_equal(why(&te), "possible: ", 10);
	te.raw.hdr[8] = 1;
	assert_string_equal(why(&te), "the TTL ran out (1)");
}

static void checksums(void **state)
{
	struct trace_event te = udp_drop(NULL, "ip_rcv_core");

	(void)state;
	assert_memory_equal(why(&te), "possible: it is for another host", 32);
	te.raw.hdr[9] ^= 1;
	assert_string_equal(why(&te), "wrong checksum of the IP header");
	te.raw.hdr[3]++;
	assert_string_equal(why(&te), "malformed IP header");

	te = udp_drop(NULL, "__udp4_lib_rcv");
	assert_string_equal(why(&te), "nothing listens on 10.0.0.2:80 (udp)");
	te.raw.hdr[31] ^= 1;
	assert_string_equal(why(&te), "wrong UDP checksum");
	te.raw.hdr[26] = te.raw.hdr[27] = 0; /* none */
	assert_string_equal(why(&te), "nothing listens on 10.0.0.2:80 (udp)");
	te.raw.hdr[26] = 0x14; /* of the pseudo header: 0a00 + 0001 + 0a00 + 0002 + 0011 + 000c */
	te.raw.hdr[27] = 0x20;
	assert_string_equal(why(&te), "nothing listens on 10.0.0.2:80 (udp)");
	te.raw.hdr_len = 28; /* the end was not seen */
	te.raw.hdr[27]++;
	assert_string_equal(why(&te), "nothing listens on 10.0.0.2:80 (udp)");
}

static void sockets(void **state)
{
	struct trace_event te = udp_drop("NO_SOCKET", "__udp6_lib_rcv");

	(void)state;
	te.tuple.family = AF_INET6;
	memset(te.tuple.daddr, 0, sizeof(te.tuple.daddr));
	te.tuple.daddr[0] = 0xfd;
	te.tuple.daddr[15] = 2;
	assert_string_equal(why(&te), "nothing listens on [fd00::2]:80 (udp)");
	assert_memory_equal(why_udp("SKB_DROP_REASON_NOT_SPECIFIED", "tcp_v4_rcv"), "nothing", 7);
	world.socket = SOCKET_OTHER;
	assert_string_equal(
		why_udp(NULL, "__udp4_lib_rcv"),
		"nothing listens on 10.0.0.2:80 (udp); sockets with port 80 are for other "
		"addresses or peers");
	world.socket = SOCKET_LISTENS;
	assert_memory_equal(why_udp(NULL, "__udp4_lib_rcv"), "possible: ", 10);
	assert_string_equal(why_udp("SKB_DROP_REASON_NO_SOCKET", "__udp4_lib_rcv"),
			    "nothing listens on 10.0.0.2:80 (udp)");
	assert_string_equal(why_udp("NOT_SPECIFIED", "udp_destruct_common"),
			    "its socket was closed while it waited to be read");
	world.socket = SOCKET_TIME_WAIT;
	assert_memory_equal(why_udp(NULL, "tcp_v4_rcv"), "not a loss: ", 12);
}

/* A socket of 127.0.0.1, its port in *port. */
static int bound(int type, uint16_t *port)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t sz = sizeof(sa);
	int fd = socket(AF_INET, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &sz), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

/* What this machine's kernel says about this program's namespace. */
static bool is_set(void *arg)
{
	return *(bool *)arg;
}

/* While events wait nothing is asked. */
static void facts_in_hurry(void **state)
{
	uint32_t self = netns_self();
	struct netns_cache places = {0};
	struct diag diag = {0};
	bool hurry = true;
	struct facts f;

	(void)state;
	assert_int_equal(facts_open(&f, &places, &diag, (struct hurry){is_set, &hurry}), 0);
	assert_int_equal(f.setting(f.arg, self, "ipv4/ip_forward"), -1);
	hurry = false;
	assert_true(f.setting(f.arg, self, "ipv4/ip_forward") >= 0);
	facts_close(&f);
}

static void kernel_facts(void **state)
{
	static const uint8_t lo[16] = {127, 0, 0, 1}, other[16] = {127, 0, 0, 2};
	struct fact_flow flow = {.family = AF_INET, .proto = 17, .saddr = lo, .daddr = lo};
	uint32_t self = netns_self();
	struct fact_route route;
	struct fact_dev dev;
	struct netns_cache places = {0};
	struct diag diag = {0};
	struct facts f;
	int fd;

	(void)state;
	assert_int_equal(facts_open(&f, &places, &diag, (struct hurry){0}), 0);
	assert_true(f.setting(f.arg, self, "ipv4/ip_forward") >= 0);
	assert_int_equal(f.setting(f.arg, self, "ipv4/no_such_thing"), -1);
	assert_true(f.route(f.arg, self, AF_INET, lo, 0, &route));
	assert_int_equal(route.err, 0);
	assert_int_equal(route.type, RTN_LOCAL);
	assert_int_equal(route.oif, 1);
	assert_true(f.dev(f.arg, self, 1, &dev));
	assert_false(f.dev(f.arg, self, 99999999, &dev));

	fd = bound(SOCK_DGRAM, &flow.dport);
	assert_int_equal(f.socket(f.arg, self, &flow), SOCKET_LISTENS);
	flow.daddr = other;
	assert_int_equal(f.socket(f.arg, self, &flow), SOCKET_OTHER);
	close(fd);
	assert_int_equal(f.socket(f.arg, self, &flow), SOCKET_NONE);
	flow.daddr = lo;
	flow.proto = 6;
	fd = bound(SOCK_STREAM, &flow.dport);
	assert_int_equal(f.socket(f.arg, self, &flow), SOCKET_NONE);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(f.socket(f.arg, self, &flow), SOCKET_LISTENS);
	close(fd);
	flow.proto = 1;
	assert_int_equal(f.socket(f.arg, self, &flow), SOCKET_UNKNOWN);
	facts_close(&f);
	facts_close(&f);
}

static void queues(void **state)
{
	struct trace_event te = udp_drop(NULL, "kfree_skb_list"), before = udp_drop(NULL, NULL);

	(void)state;
	world.dev.qdisc.limit = 10240;
	assert_string_equal(why_udp("SKB_DROP_REASON_QDISC_DROP", "__dev_queue_xmit"),
			    "the queue of eth0 is full (fq_codel, limit 10240 packets; tc -s qdisc "
			    "show dev eth0)");
	assert_memory_equal(why_udp(NULL, "enqueue_to_backlog"), "the backlog of this CPU", 23);
	assert_string_equal(why_udp("SKB_DROP_REASON_NOT_SPECIFIED", "enqueue_to_backlog"),
			    "eth0 was down");
	strcpy(world.dev.qdisc.kind, "noqueue");
	assert_string_equal(
		why_udp(NULL, "__dev_queue_xmit"),
		"dropped by a tc filter of eth0, egress (tc filter show dev eth0 egress)");
	/* a fragment of a packet that was delivered ends there, too */
	assert_string_equal(why_udp(NULL, "kfree_skb_list"), "");

	world.dev.qdisc = (struct fact_qdisc){.kind = "tbf", .limit = 1600, .is_bytes = true};
	assert_memory_equal(why(&te), "possible: the queue of eth0 is full, or", 39);
	te.raw.skb = before.raw.skb = 0x1000;
	before.func.name = "tbf_enqueue";
	past_note(&pasts, &before);
	assert_memory_equal(why(&te), "the queue of eth0 is full (tbf, limit 1600 bytes; ", 50);
	world.dev.qdisc.burst = 31;
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "its 32 bytes exceed the burst of", 32);
	world.dev.qdisc = (struct fact_qdisc){.kind = "htb"};
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "possible: ", 10);
	world.dev.qdisc = (struct fact_qdisc){.kind = "netem", .limit = 5, .loss = 10};
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "possible: netem loss on eth0, or", 32);
	world.dev.qdisc.loss = 100;
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "netem loss on eth0 (", 20);
	world.dev.qdisc.loss = 0;
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "the queue of eth0 is full (netem,", 33);

	world.dev.running = false;
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "eth0 has no carrier", 19);
	world.dev.up = false;
	assert_string_equal(why_udp("QDISC_DROP", "x"), "eth0 is down (ip link set eth0 up)");
	assert_memory_equal(why_udp(NULL, "__rtnl_unlock"), "eth0 went down: ", 16);
}

/* Places that are met less often, or on old kernels only: the interface and the route decide. */
static void seldom(void **state)
{
	(void)state;
	assert_memory_equal(why_udp(NULL, "br_dev_queue_push_xmit"), "possible: 32 bytes exceed",
			    25);
	assert_memory_equal(why_udp(NULL, "ip_do_fragment"), "possible: one of its fragments", 30);
	assert_memory_equal(why_udp(NULL, "ip_queue_xmit"), "possible: no route", 18);
	world.to.err = -ENETUNREACH;
	assert_string_equal(why_udp(NULL, "__ip_queue_xmit"),
			    "no route to 10.0.0.2 (ip route get 10.0.0.2)");
	world.dev.qdisc = (struct fact_qdisc){.kind = "tbf", .limit = 1600, .is_bytes = true};
	assert_memory_equal(why_udp(NULL, "tbf_enqueue"), "possible: the queue of eth0", 27);
	world.dev.qdisc.burst = 31;
	assert_memory_equal(why_udp(NULL, "tbf_enqueue"), "its 32 bytes exceed the burst", 29);
	world.dev.qdisc = (struct fact_qdisc){.kind = "netem", .limit = 5, .loss = 100};
	assert_memory_equal(why_udp(NULL, "netem_enqueue"), "netem loss on eth0 (", 20);
	world.dev.running = false;
	assert_memory_equal(why_udp(NULL, "dev_direct_xmit"), "eth0 has no carrier", 19);
	world.dev.up = false;
	assert_string_equal(why_udp(NULL, "br_dev_queue_push_xmit"),
			    "eth0 is down (ip link set eth0 up)");
	assert_memory_equal(why_udp(NULL, "htb_reset"), "eth0 went down: ", 16);
	assert_string_equal(why_udp(NULL, "noop_enqueue"), "eth0 is down (ip link set eth0 up)");
}

static void filters(void **state)
{
	(void)state;
	world.filters = (struct fact_filters){.known = true, .nr = 1, .prio = 7, .kind = "u32"};
	assert_string_equal(why_udp("TC_EGRESS", "x"),
			    "dropped by a tc filter of eth0, egress, prio 7, u32 (tc filter show "
			    "dev eth0 egress)");
	world.filters.nr = 2;
	assert_string_equal(
		why_udp("TC_INGRESS", "x"),
		"dropped by a tc filter of eth0, ingress (tc filter show dev eth0 ingress)");
	world.filters.has_tcx = true;
	assert_string_equal(
		why_udp("TC_INGRESS", "x"),
		"dropped by a tc filter of eth0, ingress, or by a tcx program (bpftool net "
		"show) (tc filter show dev eth0 ingress)");
	world.filters.nr = 0;
	assert_string_equal(why_udp("TC_INGRESS", "x"),
			    "dropped by a tc filter of eth0, ingress: a tcx program (bpftool net "
			    "show) (tc filter show dev eth0 ingress)");
}

static void neighbours(void **state)
{
	(void)state;
	assert_string_equal(why_udp("NEIGH_FAILED", "x"), "10.0.0.2 does not answer ARP on eth0 (3 "
							  "tries) (ip neigh show dev eth0)");
	world.to.gateway_family = AF_INET;
	memcpy(world.to.gateway, "\x0a\x00\x00\x09", 4);
	assert_memory_equal(why_udp("NEIGH_FAILED", "x"),
			    "10.0.0.9, the gateway to 10.0.0.2, does not answer ARP", 54);
	world.to.err = -ENETUNREACH;
	assert_memory_equal(why_udp("NEIGH_FAILED", "x"),
			    "10.0.0.2, or the gateway to it, does not answer ARP", 51);
}

/* What the functions that it passed tell, if those behind them would have been seen. */
static void passed(void **state)
{
	struct trace_event te = udp_drop(NULL, "udp_queue_rcv_one_skb");
	struct trace_event before = udp_drop(NULL, NULL), other = udp_drop(NULL, NULL);

	(void)state;
	world.buffer = (struct fact_buffer){.used = 2304, .size = 2300, .pid = 9, .comm = "a b"};
	te.raw.skb = before.raw.skb = 0x1000;
	other.raw.skb = 0x2000;
	before.func.name = "sk_filter_trim_cap";
	past_note(&pasts, &before);
	assert_memory_equal(
		why(&te),
		"possible: the receive buffer of a?20b[9] on port 80 has no room for it "
		"(2304 of 2300 bytes used)",
		95);
	other.func.name = "__udp_enqueue_schedule_skb";
	past_note(&pasts, &other);
	assert_memory_equal(why(&te), "dropped by a filter of its socket", 33);
	before.func.name = "__xfrm_policy_check";
	past_note(&pasts, &before);
	assert_memory_equal(why(&te), "possible: an IPsec policy blocks it", 35);
	before.func.name = "__udp_enqueue_schedule_skb";
	past_note(&pasts, &before);
	assert_memory_equal(why(&te), "the receive buffer of", 21);
	/* its address is that of another packet now */
	before.tuple.sport++;
	past_note(&pasts, &before);
	assert_memory_equal(why(&te), "possible: ", 10);
	before.tuple.sport--;
	past_note(&pasts, &before);
	before.func.name = "kfree_skb";
	past_note(&pasts, &before);
	assert_memory_equal(why(&te), "possible: ", 10);
}

static void vlans(void **state)
{
	struct trace_event te = udp_drop("OTHERHOST", "ip_rcv_core"), before = udp_drop(NULL, NULL);

	(void)state;
	te.raw.skb = before.raw.skb = 0x1000;
	te.raw.netns = before.raw.netns = 7;
	assert_memory_equal(why(&te), "possible: it is for another host", 32);
	before.func.name = "nf_hook_slow";
	before.raw.flags = TRAIL_F_VLAN;
	before.raw.vlan_tci = 0xe007;
	past_note(&pasts, &before);
	assert_string_equal(why(&te), "eth0 has no interface for VLAN 7 (ip -d link show)");
	te.raw.ifindex = 3; /* it went on to that interface */
	assert_memory_equal(why(&te), "possible: it is for another host", 32);
}

static void multicast(void **state)
{
	struct trace_event te = udp_drop(NULL, "ip_rcv_finish_core");

	(void)state;
	te.tuple.daddr[0] = 239;
	assert_string_equal(why(&te), "nothing here joined the group 239.0.0.2 on eth0 (ip maddr "
				      "show dev eth0)");
	world.rp_filter = 1;
	assert_memory_equal(why(&te), "possible: ", 10);
	te.caller.name = "__udp4_lib_rcv";
	assert_string_equal(why(&te), "no socket takes multicast for 239.0.0.2:80 (udp)");
}

/* Those that no socket takes are freed where an IPsec policy drops, too. */
static void broadcast(void **state)
{
	struct trace_event te = udp_drop("NOT_SPECIFIED", "__udp4_lib_rcv");

	(void)state;
	te.raw.len = 28;
	world.to.type = RTN_LOCAL;
	assert_memory_equal(why(&te), "an IPsec policy blocks it", 25);
	world.to.type = RTN_UNICAST;
	assert_memory_equal(why(&te), "possible: an IPsec policy blocks it", 35);
	world.to.type = RTN_BROADCAST;
	assert_string_equal(why(&te), "no socket takes broadcasts for 10.0.0.2:80 (udp)");
	te = udp_drop(NULL, "__udp4_lib_mcast_deliver");
	memset(te.tuple.daddr, 0xff, 4);
	assert_string_equal(why(&te), "no socket takes broadcasts for 255.255.255.255:80 (udp)");
}

/* 10.0.0.1:1000 -> 10.0.0.2:80, without options. */
static struct trace_event tcp_event(uint8_t flags, const char *func)
{
	struct trace_event te = udp_drop(NULL, NULL);

	te.tuple.proto = te.raw.hdr[9] = 6;
	te.tuple.has_tcp_flags = true;
	te.tuple.tcp_flags = flags;
	te.raw.hdr[32] = 0x50;
	te.raw.hdr_len = 40;
	te.raw.skb = 0x1000;
	te.raw.netns = 7;
	te.func.name = func;
	return te;
}

static const char *why_end(const struct trace_event *te)
{
	static char buf[512];

	buf[0] = '\0';
	cause_of_end(te, &facts, &pasts, buf, sizeof(buf));
	return buf;
}

/* What a listener has no room for is no drop by the function that ends it. */
static void listeners(void **state)
{
	struct trace_event te = tcp_event(2, "consume_skb"), before = tcp_event(2, "tcp_v4_rcv");
	struct trace_event ack = tcp_event(0x10, NULL), other = before;

	(void)state;
	te.raw.netns = 0; /* TCP clears the device */
	assert_string_equal(why_end(&te), "");
	past_note(&pasts, &before);
	assert_string_equal(why_end(&te), "");
	world.listener = (struct fact_listener){.queued = 2, .limit = 1, .nr_syn = 1};
	assert_string_equal(why_end(&te), "");
	before.func.name = "tcp_conn_request";
	past_note(&pasts, &before);
	assert_memory_equal(why_end(&te), "possible: the accept queue", 26);
	world.listener.has_taken = true;
	assert_string_equal(why_end(&te), "");
	world.listener.has_taken = false;
	other.raw.skb = 0x2000;
	other.func.name = "tcp_parse_options";
	past_note(&pasts, &other);
	world.listener.queued = 1;
	world.syncookies = 1;
	assert_memory_equal(why_end(&te), "possible: its accept queue or", 29);
	world.syncookies = 0;
	assert_string_equal(why_end(&te),
			    "the SYN backlog of 10.0.0.2:80 is full (1, limit 1), and "
			    "SYN cookies are off (net.ipv4.tcp_syncookies=0)");
	world.listener.queued = 2;
	assert_string_equal(why_end(&te),
			    "the accept queue of 10.0.0.2:80 is full (2, limit 1) (ss "
			    "-ltn; net.core.somaxconn)");
	ack.caller.name = "tcp_v4_rcv";
	assert_memory_equal(why(&ack), "the accept queue of 10.0.0.2:80 is full (2, limit 1)", 52);
	te.tuple.tcp_flags = 0x12;
	assert_string_equal(why_end(&te), "");
}

static void windows(void **state)
{
	struct trace_event te = tcp_event(0x10, "__kfree_skb");
	struct trace_event before = tcp_event(0x10, "tcp_validate_incoming"), other = before;

	(void)state;
	past_note(&pasts, &before);
	assert_string_equal(why_end(&te), ""); /* tcp_ack() may have come */
	other.raw.skb = 0x2000;
	other.func.name = "tcp_ack";
	past_note(&pasts, &other);
	assert_string_equal(why_end(&te), "outside the TCP window");
	te.raw.hdr[32] = 0x60; /* its options were not seen */
	assert_string_equal(why_end(&te), "");
	te.raw.hdr_len = 44;
	te.raw.hdr[40] = 8; /* a timestamp */
	te.raw.hdr[41] = 10;
	assert_string_equal(why_end(&te), "");
	te.raw.hdr[40] = 1;
	te.raw.hdr[41] = 0;
	assert_string_equal(why_end(&te), "outside the TCP window");
	te.tuple.tcp_flags = 0x14;
	assert_string_equal(why_end(&te), "");
}

static void conntrack(void **state)
{
	struct trace_event te = udp_drop("NETFILTER_DROP", "nf_hook_slow");
	char buf[128];

	(void)state;
	world.conntrack_max = 10;
	world.conntrack_count = 9;
	assert_int_equal(cause_of_conntrack(&te, &facts, buf, sizeof(buf)), 0);
	assert_int_equal(cause_of_conntrack(&te, NULL, buf, sizeof(buf)), 0);
	world.conntrack_count = 10;
	assert_true(cause_of_conntrack(&te, &facts, buf, sizeof(buf)) > 0);
	assert_string_equal(buf, "conntrack table is full (net.netfilter.nf_conntrack_count 10 of "
				 "net.netfilter.nf_conntrack_max 10)");
}

/* Where old kernels free what was delivered, too, nobody is told of a loss. */
static void normal_ends(void **state)
{
	(void)state;
	assert_string_equal(why_udp(NULL, "skb_release_data"), "");
	assert_string_equal(why_udp(NULL, NULL), "");
	assert_string_equal(why_udp("SKB_DROP_REASON_NEVER_HEARD_OF", "ip_forward"), "");
	assert_string_equal(why_udp("SKB_DROP_REASON_TCP_RESET", "x"), "not a loss: a TCP reset");
	assert_memory_equal(why_udp(NULL, "icmpv6_rcv"), "possibly not a loss: ", 21);
	assert_memory_equal(why_udp(NULL, "tcp_rcv_state_process"), "possibly not a loss: ", 21);
}

/* ---- every reason of the kernels ---- */

/* Their names say enough, or they are no reasons. */
static const char *const clear[] = {
	"NOT_DROPPED_YET",
	"CONSUMED",
	"NOT_SPECIFIED",
	"NETFILTER_DROP",
	"MAX",
	"SUBSYS_MASK",
	"UNIX_DISCONNECT",
	"UNIX_SKIP_OOB",
	"SKB_GSO_SEG",
	"SKB_BAD_GSO",
	"QDISC_BURST_DROP",
	"MACVLAN_BROADCAST_BACKLOG",
	"IPVLAN_MULTICAST_BACKLOG",
	"IPV6_TOO_MANY_EXTHDRS",
	"SKB_UCOPY_FAULT",
	"PACKET_SOCK_ERROR",
	"VXLAN_ENTRY_EXISTS",
	"TUNNEL_TXINFO",
	"MAC_IEEE_MAC_CONTROL",
	"CAN_RX_INVALID_FRAME",
	"CANFD_RX_INVALID_FRAME",
	"CANXL_RX_INVALID_FRAME",
	"PFMEMALLOC",
	"PSP_INPUT",
	"PSP_OUTPUT",
};

static bool is_clear(const char *name)
{
	for (size_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++)
		if (!strcmp(clear[i], name))
			return true;
	return false;
}

#define NEW_REASONS_MAX 3

static void check_reasons(const char *path)
{
	static const char prefix[] = "SKB_DROP_REASON_";
	struct btf *btf = NULL;
	struct err err = {0};
	uint32_t id;
	int nr = 0;

	assert_int_equal(btf_open(&btf, path, NULL, &err), 0);
	id = btf_find(btf, BTF_KIND_ENUM, "skb_drop_reason", 0);
	if (id) {
		for (uint64_t v = 0; v < 1000; v++) {
			const char *name = btf_enum_name(btf, id, v);

			if (!name || strncmp(name, prefix, sizeof(prefix) - 1))
				continue;
			name += sizeof(prefix) - 1;
			if (!is_clear(name) && !cause_has_reason(name)) {
				print_error("%s: no cause for %s\n", path, name);
				nr++;
			}
		}
	}
	btf_free(btf);
	/* a kernel may be a little newer than the table: its reasons are shown as it names them */
	assert_in_range(nr, 0, NEW_REASONS_MAX);
}

static void all_reasons(void **state)
{
	glob_t g;

	(void)state;
	glob("build/vm/*/*.btf", 0, NULL, &g);
	glob("/sys/kernel/btf/vmlinux", GLOB_APPEND, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++)
		check_reasons(g.gl_pathv[i]);
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(placeholders, setup),
		cmocka_unit_test_setup(hostile_names, setup),
		cmocka_unit_test_setup(routes, setup),
		cmocka_unit_test_setup(other_packets, setup),
		cmocka_unit_test_setup(sources, setup),
		cmocka_unit_test_setup(forwarded, setup),
		cmocka_unit_test_setup(checksums, setup),
		cmocka_unit_test_setup(sockets, setup),
		cmocka_unit_test_setup(queues, setup),
		cmocka_unit_test_setup(seldom, setup),
		cmocka_unit_test_setup(filters, setup),
		cmocka_unit_test_setup(neighbours, setup),
		cmocka_unit_test_setup(passed, setup),
		cmocka_unit_test_setup(vlans, setup),
		cmocka_unit_test_setup(multicast, setup),
		cmocka_unit_test_setup(broadcast, setup),
		cmocka_unit_test_setup(listeners, setup),
		cmocka_unit_test_setup(windows, setup),
		cmocka_unit_test_setup(conntrack, setup),
		cmocka_unit_test_setup(normal_ends, setup),
		cmocka_unit_test(kernel_facts),
		cmocka_unit_test(facts_in_hurry),
		cmocka_unit_test(all_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
