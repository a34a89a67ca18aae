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
#include "explain/sockets.h"
#include "kern/net.h"

/* ---- a namespace ---- */

struct world {
	int forwarding, rp_filter;
	struct fact_route to, back; /* to 10.0.0.2, and to all others */
	struct fact_dev dev;
	enum fact_socket socket;
	char path[128]; /* the last setting that was asked for */
	unsigned int nr_asked;
};

static int world_setting(void *arg, uint32_t netns, const char *path)
{
	struct world *w = arg;

	(void)netns;
	w->nr_asked++;
	snprintf(w->path, sizeof(w->path), "%s", path);
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

static struct world world;
static const struct facts facts = {&world, world_setting, world_route, world_dev, world_socket};

static int setup(void **state)
{
	(void)state;
	world = (struct world){
		.forwarding = 1,
		.to = {.type = RTN_UNICAST, .oif = 3, .mtu = 1500},
		.back = {.type = RTN_UNICAST, .oif = 2, .mtu = 1500},
		.dev = {.up = true, .running = true, .qdisc = "fq_codel"},
		.socket = SOCKET_NONE,
	};
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
	cause_explain(te, &facts, buf, sizeof(buf));
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
	assert_true(cause_explain(&te, NULL, buf, sizeof(buf)) > 0);
	assert_memory_equal(buf, "possible: ", 10);
	world.forwarding = 0;
	assert_string_equal(why(&te), "10.0.0.2 is not an address of this host, and forwarding is "
				      "off on eth0 (net.ipv4.conf.eth0.forwarding=0)");
}

static void sources(void **state)
{
	struct trace_event te = udp_drop(NULL, "ip_rcv_finish_core.constprop.0");

	(void)state;
	assert_string_equal(why(&te),
			    "its source 10.0.0.1 or destination 10.0.0.2 is not valid here");
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
	assert_string_equal(why(&te), "wrong udp checksum");
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
	(void)state;
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
	world.socket = SOCKET_TIME_WAIT;
	assert_memory_equal(why_udp(NULL, "tcp_v4_rcv"), "not a loss: ", 12);
}

/* Lines of /proc/net, as little-endian machines write addresses. */
static void socket_lists(void **state)
{
	static const uint8_t client[16] = {10, 0, 0, 1}, server[16] = {10, 0, 0, 2};
	struct fact_flow f = {AF_INET, 6, client, server, 1000, 80};
	const char *heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when";

	(void)state;
	assert_int_equal(sockets_match(heading, &f), SOCKET_NONE);
	assert_int_equal(sockets_match("", &f), SOCKET_NONE);
	assert_int_equal(sockets_match("0: 0:", &f), SOCKET_NONE);
	assert_int_equal(sockets_match(" 0: 00000000:0051 00000000:0000 0A", &f), SOCKET_NONE);
	assert_int_equal(sockets_match(" 0: 00000000:0050 00000000:0000 0A 0", &f), SOCKET_LISTENS);
	assert_int_equal(sockets_match(" 0: 00000000000000000000000000000000:0050 "
				       "00000000000000000000000000000000:0000 0A 0",
				       &f),
			 SOCKET_LISTENS);
	f.proto = 17;
	assert_int_equal(sockets_match(" 9: 00000000:0050 00000000:0000 07 0", &f), SOCKET_LISTENS);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	f.proto = 6;
	assert_int_equal(sockets_match(" 0: 0100007F:0050 00000000:0000 0A 0", &f), SOCKET_OTHER);
	assert_int_equal(sockets_match(" 0: 0200000A:0050 00000000:0000 0A 0", &f), SOCKET_LISTENS);
	assert_int_equal(sockets_match(" 0: 0200000A:0050 0100000A:03E8 01 0", &f),
			 SOCKET_CONNECTED);
	assert_int_equal(sockets_match(" 0: 0200000A:0050 0100000A:03E9 01 0", &f), SOCKET_OTHER);
	assert_int_equal(sockets_match(" 0: 0200000A:0050 0100000A:03E8 06 0", &f),
			 SOCKET_TIME_WAIT);
	assert_int_equal(sockets_match(" 0: 0000000000000000FFFF00000200000A:0050 "
				       "00000000000000000000000000000000:0000 0A 0",
				       &f),
			 SOCKET_LISTENS);
#endif
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
static void kernel_facts(void **state)
{
	static const uint8_t lo[16] = {127, 0, 0, 1}, other[16] = {127, 0, 0, 2};
	struct fact_flow flow = {.family = AF_INET, .proto = 17, .saddr = lo, .daddr = lo};
	uint32_t self = netns_self();
	struct fact_route route;
	struct fact_dev dev;
	struct netns_cache places = {0};
	struct facts f;
	int fd;

	(void)state;
	assert_int_equal(facts_open(&f, &places), 0);
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
	(void)state;
	assert_string_equal(
		why_udp("SKB_DROP_REASON_QDISC_DROP", "__dev_queue_xmit"),
		"qdisc fq_codel of eth0 drops: its queue is full (tc -s qdisc show dev eth0)");
	assert_memory_equal(why_udp(NULL, "enqueue_to_backlog"), "the backlog of this CPU", 23);
	assert_string_equal(why_udp("SKB_DROP_REASON_NOT_SPECIFIED", "enqueue_to_backlog"),
			    "eth0 was down");
	strcpy(world.dev.qdisc, "noqueue");
	assert_string_equal(
		why_udp(NULL, "__dev_queue_xmit"),
		"dropped by a tc filter of eth0, egress (tc filter show dev eth0 egress)");
	/* a fragment of a packet that was delivered ends there, too */
	assert_string_equal(why_udp(NULL, "kfree_skb_list"), "");
	world.dev.running = false;
	assert_memory_equal(why_udp("QDISC_DROP", "x"), "eth0 has no carrier", 19);
	world.dev.up = false;
	assert_string_equal(why_udp("QDISC_DROP", "x"), "eth0 is down (ip link set eth0 up)");
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
		cmocka_unit_test_setup(sources, setup),
		cmocka_unit_test_setup(forwarded, setup),
		cmocka_unit_test_setup(checksums, setup),
		cmocka_unit_test_setup(sockets, setup),
		cmocka_unit_test_setup(socket_lists, setup),
		cmocka_unit_test_setup(queues, setup),
		cmocka_unit_test_setup(normal_ends, setup),
		cmocka_unit_test(kernel_facts),
		cmocka_unit_test(all_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
