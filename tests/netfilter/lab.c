// SPDX-License-Identifier: GPL-2.0-only
/* A network with all hooks, and random packets on it. */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "tests/netfilter/random.h"

#define FLUSH_PROTOCOL 0x88b5 /* local experimental */

static const char network[] =
	"set -e; for d in all default; do echo 0 >/proc/sys/net/ipv4/conf/$d/rp_filter; "
	"echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; done; "
	"echo 1 >/proc/sys/net/ipv4/ip_forward; ip link set lo up; "
	"for d in a b; do ip link add ${d}0 type veth peer name ${d}1; "
	"ip link set ${d}0 up; ip link set ${d}1 up; "
	"echo 0 >/proc/sys/net/ipv4/conf/${d}0/rp_filter; done; "
	"ip addr add 10.1.0.1/32 dev a0; ip addr add 10.2.0.1/32 dev b0; "
	"ip route add 10.1.0.2 dev a0; ip route add 10.2.0.2 dev b0; "
	"ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:99 nud permanent dev a0; "
	"ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:99 nud permanent dev b0; "
	"ip route add 10.1.0.0/16 via 10.1.0.2; ip route add 10.2.0.0/16 via 10.2.0.2; "
	"cd /proc/sys/net/ipv6/conf; echo 0 >lo/disable_ipv6; echo 1 >all/forwarding; "
	"n=0; for d in a b; do n=$((n + 1)); echo 0 >${d}0/disable_ipv6; "
	"ip addr add fd0$n::1/128 dev ${d}0 nodad; "
	"ip neigh add fd0$n::2 lladdr 02:00:00:00:00:99 nud permanent dev ${d}0; "
	"ip route add fd0$n::2/128 dev ${d}0; "
	"ip route add fd0$n::/16 via fd0$n::2 dev ${d}0; done";

static int raw_fd, raw6_fd, peer_fd, flush_fd;
static struct sockaddr_ll peer, flush_from;
static uint8_t a0_addr[ETH_ALEN];

static int packet_socket(const char *dev, uint16_t protocol, struct sockaddr_ll *sll)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*sll = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(dev),
	};
	return fd >= 0 && !bind(fd, (struct sockaddr *)sll, sizeof(*sll)) ? fd : -1;
}

int lab_open(void)
{
	struct timeval wait = {.tv_usec = 500000};
	socklen_t sz = sizeof(flush_from);
	cpu_set_t one;
	int yes = 1;

	/* on one CPU packets do not overtake each other */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (unshare(CLONE_NEWNET) || sched_setaffinity(0, sizeof(one), &one) || system(network))
		return -1;
	raw_fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	raw6_fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	peer_fd = packet_socket("a1", 0, &peer);
	flush_fd = packet_socket("a0", FLUSH_PROTOCOL, &flush_from);
	if (raw_fd < 0 || raw6_fd < 0 || peer_fd < 0 || flush_fd < 0)
		return -1;
	setsockopt(raw_fd, IPPROTO_IP, IP_HDRINCL, &yes, sizeof(yes));
	setsockopt(flush_fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (getsockname(flush_fd, (struct sockaddr *)&flush_from, &sz))
		return -1;
	memcpy(a0_addr, flush_from.sll_addr, ETH_ALEN);
	return 0;
}

/* ---- generating ---- */

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t checksum(const uint8_t *p, size_t sz)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < sz; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void put_addr6(uint8_t *p, const char *addr)
{
	inet_pton(AF_INET6, addr, p);
	if (p[15] == 5)
		p[15] = (uint8_t)(2 + rnd(8));
}

static void put_addr(uint8_t *p, const char *addr)
{
	inet_pton(AF_INET, addr, p);
	if (p[3] == 5 && p[0] == 10)
		p[3] = (uint8_t)(2 + rnd(8));
}

static size_t put_transport(uint8_t *p, uint8_t proto)
{
	size_t sz = 8;

	put16(p, 1 + rnd(8));
	put16(p + 2, 1 + rnd(8));
	switch (proto) {
	case IPPROTO_TCP:
		sz = 20 + 4 * (size_t)(chance(30) ? rnd(4) : 0);
		p[12] = (uint8_t)(sz / 4 << 4);
		p[13] = (uint8_t)(chance(50) ? 1u << rnd(6) : rnd(64));
		memset(p + 20, 1, sz - 20); /* NOP */
		break;
	case IPPROTO_UDP:
		put16(p + 4, 8);
		break;
	case IPPROTO_ICMP:
		p[0] = (uint8_t)(chance(50) ? 8 : rnd(16));
		p[1] = (uint8_t)(chance(50) ? 0 : rnd(4));
		break;
	}
	return sz;
}

static void put_ip(uint8_t *ip, struct packet *p, size_t ihl, uint8_t proto, uint16_t id)
{
	ip[0] = (uint8_t)(0x40 | ihl / 4);
	ip[1] = (uint8_t)(chance(50) ? 0 : rnd(8) << 2);
	put16(ip + 4, id);
	put16(ip + 6, chance(90)
			      ? (chance(50) ? 0x4000 : 0)
			      : (unsigned int)(chance(50) ? 0x2000 : 0) | (chance(70) ? 185 : 0));
	ip[8] = p->ttl;
	ip[9] = proto;
	put_addr(ip + 12, PICK("10.1.0.5", "10.3.0.5", "10.3.7.5", "192.168.1.77", "10.2.0.5"));
	if (p->is_local)
		put_addr(ip + 16, p->is_sent ? PICK("10.1.0.1", "127.0.0.1", "10.2.0.1")
					     : PICK("10.1.0.1", "10.2.0.1"));
	else
		put_addr(ip + 16, PICK("10.2.0.5", "10.2.7.5", "10.2.200.5"));
	memset(ip + 20, 1, ihl - 20); /* NOP */
}

void packet_generate(struct packet *p, uint16_t id)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_TCP,  IPPROTO_UDP, IPPROTO_UDP,
					 IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_GRE, IPPROTO_SCTP};
	size_t ihl = 20 + 4 * (size_t)(chance(15) ? 1 + rnd(3) : 0);
	uint8_t proto = protos[rnd(sizeof(protos))];

	memset(p, 0, sizeof(*p));
	p->is_sent = chance(50);
	p->is_local = chance(50);
	p->ttl = (uint8_t)(chance(50) ? 64 : 2 + rnd(8));
	p->mark = chance(50) ? rnd(8) : 0;
	put_ip(p->data, p, ihl, proto, id);
	p->len = ihl + put_transport(p->data + ihl, proto) + rnd(60);
	p->is_odd = chance(4);
	if (p->is_odd && chance(50))
		p->len = ihl + rnd(20);
	else if (p->is_odd)
		put16(p->data + 6, 1);
	put16(p->data + 2, (unsigned int)p->len);
	put16(p->data + 10, checksum(p->data, ihl));
}

/* An extension in front of `proto`; its size. */
static size_t put_extension(uint8_t *p, uint8_t *next, uint8_t proto)
{
	static const uint8_t kinds[] = {IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_FRAGMENT};

	*next = proto;
	if (chance(80))
		return 0;
	*next = kinds[rnd(3)];
	p[0] = proto;
	if (*next == IPPROTO_FRAGMENT) {
		put16(p + 2, chance(70) ? 1480 : 1);
	} else {
		p[2] = 1; /* PadN */
		p[3] = 4;
	}
	return 8;
}

void packet_generate6(struct packet *p, uint16_t id)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_TCP,    IPPROTO_UDP,
					 IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_GRE};
	uint8_t proto = protos[rnd(sizeof(protos))], *ip = p->data;
	size_t ext;

	memset(p, 0, sizeof(*p));
	p->is_v6 = true;
	p->is_sent = chance(50);
	p->is_local = chance(50);
	p->mark = chance(50) ? rnd(8) : 0;
	ext = put_extension(ip + 40, ip + 6, proto);
	p->len = 40 + ext + put_transport(ip + 40 + ext, proto) + rnd(60);
	if (proto == IPPROTO_ICMPV6)
		ip[40 + ext] = (uint8_t)(chance(50) ? 128 : rnd(4));
	ip[0] = 0x60;
	put16(ip + 2, id);
	put16(ip + 4, (unsigned int)p->len - 40);
	ip[7] = (uint8_t)(chance(50) ? 64 : 2 + rnd(8));
	put_addr6(ip + 8, PICK("fd01::5", "fd03::5", "fd03:0:7::5", "fdc0::77", "fd02::5"));
	if (p->is_local)
		put_addr6(ip + 24, p->is_sent ? PICK("fd01::1", "::1", "fd02::1")
					      : PICK("fd01::1", "fd02::1"));
	else
		put_addr6(ip + 24, PICK("fd02::5", "fd02:0:7::5", "fd02:0:c8::5"));
}

/* ---- sending ---- */

static void send_flush(void)
{
	uint8_t frame[ETH_ZLEN] = {0};
	uint8_t got[ETH_ZLEN];

	memcpy(frame, a0_addr, ETH_ALEN);
	frame[6] = 2;
	put16(frame + 12, FLUSH_PROTOCOL);
	if (send(peer_fd, frame, sizeof(frame), 0) > 0)
		recv(flush_fd, got, sizeof(got), 0);
}

void packet_send(const struct packet *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
	uint8_t frame[PACKET_MAX + ETH_HLEN] = {0};

	if (p->is_sent && p->is_v6) {
		memcpy(&to6.sin6_addr, p->data + 24, 16);
		setsockopt(raw6_fd, SOL_SOCKET, SO_MARK, &p->mark, sizeof(p->mark));
		sendto(raw6_fd, p->data, p->len, 0, (struct sockaddr *)&to6, sizeof(to6));
	} else if (p->is_sent) {
		memcpy(&to.sin_addr, p->data + 16, 4);
		setsockopt(raw_fd, SOL_SOCKET, SO_MARK, &p->mark, sizeof(p->mark));
		sendto(raw_fd, p->data, p->len, 0, (struct sockaddr *)&to, sizeof(to));
	} else {
		memcpy(frame, a0_addr, ETH_ALEN);
		frame[6] = 2;
		put16(frame + 12, p->is_v6 ? ETH_P_IPV6 : ETH_P_IP);
		memcpy(frame + ETH_HLEN, p->data, p->len);
		setsockopt(peer_fd, SOL_SOCKET, SO_MARK, &p->mark, sizeof(p->mark));
		send(peer_fd, frame, ETH_HLEN + p->len, 0);
	}
	/* what was queued before it has ended when it arrives; what that queued, with the second */
	send_flush();
	send_flush();
}

void packet_print(const struct packet *p)
{
	printf("packet, %s, to %s, mark %u:", p->is_sent ? "sent" : "received",
	       p->is_local ? "here" : "others", p->mark);
	for (size_t i = 0; i < p->len; i++)
		printf("%s%02x", i % 4 ? "" : " ", p->data[i]);
	printf("\n");
}
