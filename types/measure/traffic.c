// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kern/net.h"

#define LO_IFINDEX    1
#define FIRST_MTU     30011 /* above the IPv6 minimum and any packet's length */
#define MTU_STEP      977
#define MAX_PAYLOAD   1400
#define IPV4_HLEN     20
#define IPV6_HLEN     40
#define UDP_HLEN      8
#define TCP_PORT      21337
#define BIND_TRIES    200
#define BIND_PAUSE_NS 5000000 /* 5 ms, 1 s in total */

/* struct in6_ifreq, whose header conflicts with <netinet/in.h>. */
struct ipv6_ifreq {
	struct in6_addr addr;
	uint32_t prefix_len;
	int ifindex;
};

enum tcp_step { TCP_NONE, TCP_SYN_STEP, TCP_DATA_STEP, TCP_FIN_STEP };

/* Addresses and numbers unlikely to occur in memory by chance. */
static const struct packet_plan {
	uint16_t family;
	uint8_t protocol;
	enum tcp_step step;
	const char *from, *to;
	uint16_t sport, dport;
	uint32_t mark;
	uint16_t payload;
} plans[TRAFFIC_MAX] = {
	{AF_INET, IPPROTO_UDP, 0, "127.77.13.201", "127.88.5.119", 40961, 20177, 0x5ba7c3e1, 100},
	{AF_INET, IPPROTO_UDP, 0, "127.61.202.7", "127.99.31.234", 31745, 53511, 0x31d8f26b, 612},
	{AF_INET, IPPROTO_UDP, 0, "127.45.8.181", "127.101.240.3", 61001, 9011, 0xc46e9d07, 1333},
	{AF_INET6, IPPROTO_UDP, 0, "fd5b:7a1c:3e5d::91:a7", "fd5b:7a1c:3e5d::62:d4", 40123, 20779,
	 0x72b1c0f9, 77},
	{AF_INET6, IPPROTO_UDP, 0, "fd5b:7a1c:3e5d::f3:18", "fd5b:7a1c:3e5d::2e:c5", 35117, 58309,
	 0xe90d4ba3, 411},
	{AF_INET, 253, 0, "127.30.77.1", "127.140.9.65", 0, 0, 0x1d7fa6c5, 333},
	{AF_INET, 254, 0, "127.210.3.90", "127.12.166.4", 0, 0, 0xa2e64b1f, 208},
	{AF_INET, IPPROTO_TCP, TCP_SYN_STEP, "127.71.9.13", "127.82.44.5", 0, TCP_PORT, 0x4f93e8d2,
	 0},
	{AF_INET, IPPROTO_TCP, TCP_DATA_STEP, "127.71.9.13", "127.82.44.5", 0, TCP_PORT, 0x86c1b57e,
	 144},
	{AF_INET, IPPROTO_TCP, TCP_FIN_STEP, "127.71.9.13", "127.82.44.5", 0, TCP_PORT, 0xd35a29b4,
	 0},
};

#define NR_PLANS TRAFFIC_MAX

/* ---- the namespace ---- */

static struct ifreq ifreq_of(const char *ifname)
{
	struct ifreq ifr = {0};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	return ifr;
}

static int set_name(int fd, const char *from, const char *to)
{
	struct ifreq ifr = ifreq_of(from);

	snprintf(ifr.ifr_newname, sizeof(ifr.ifr_newname), "%s", to);
	return ioctl(fd, SIOCSIFNAME, &ifr) ? -errno : 0;
}

static int set_mtu(int fd, const char *ifname, int mtu)
{
	struct ifreq ifr = ifreq_of(ifname);

	ifr.ifr_mtu = mtu;
	return ioctl(fd, SIOCSIFMTU, &ifr) ? -errno : 0;
}

static int set_up(int fd, const char *ifname)
{
	struct ifreq ifr = ifreq_of(ifname);

	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &ifr) ? -errno : 0;
}

static int add_ipv6(int fd, int ifindex, const char *addr)
{
	struct ipv6_ifreq ifr = {.prefix_len = 128, .ifindex = ifindex};

	inet_pton(AF_INET6, addr, &ifr.addr);
	return ioctl(fd, SIOCSIFADDR, &ifr) ? -errno : 0;
}

/* Some systems disable IPv6 in new namespaces. */
static void enable_ipv6(void)
{
	static const char *const files[] = {"/proc/sys/net/ipv6/conf/all/disable_ipv6",
					    "/proc/sys/net/ipv6/conf/default/disable_ipv6"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		(void)!write(fd, "0", 1);
		close(fd);
	}
}

/* Add the addresses of all IPv6 packets. False if IPv6 does not work. */
static bool add_all_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = fd < 0 ? -errno : 0;

	for (size_t i = 0; i < NR_PLANS && !ret; i++) {
		if (plans[i].family != AF_INET6)
			continue;
		ret = add_ipv6(fd, LO_IFINDEX, plans[i].from);
		if (!ret)
			ret = add_ipv6(fd, LO_IFINDEX, plans[i].to);
	}
	if (fd >= 0)
		close(fd);
	return !ret;
}

static int open_namespace(struct traffic *t, struct err *err)
{
	int ret;

	if (unshare(CLONE_NEWNET)) {
		ret = err_sys(err, -errno, "cannot create a network namespace");
		err_hint(err, "run as root, with CAP_SYS_ADMIN, on a kernel with CONFIG_NET_NS=y");
		return ret;
	}
	t->netns = netns_self();
	t->control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (t->control < 0)
		return err_sys(err, -errno, "cannot open a socket");
	enable_ipv6();
	ret = set_name(t->control, "lo", TRAFFIC_LOOPBACK);
	if (!ret)
		ret = set_mtu(t->control, TRAFFIC_LOOPBACK, FIRST_MTU);
	if (!ret)
		ret = set_up(t->control, TRAFFIC_LOOPBACK);
	if (!ret)
		return 0;
	ret = err_sys(err, ret, "cannot set up the loopback interface");
	if (ret == -EPERM)
		err_hint(err, "run as root, or with CAP_NET_ADMIN besides");
	return ret;
}

/* ---- the host's interfaces ---- */

static bool query_device(int fd, struct device *d, const char *name)
{
	struct ifreq ifr = ifreq_of(name);

	memcpy(d->name, ifr.ifr_name, sizeof(d->name));
	if (ioctl(fd, SIOCGIFINDEX, &ifr))
		return false;
	d->ifindex = ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFMTU, &ifr))
		return false;
	d->mtu = ifr.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return false;
	d->type = ifr.ifr_hwaddr.sa_family;
	return true;
}

/* Call before unshare(): the socket stays in the original namespace. */
static int find_devices(struct traffic *t)
{
	struct if_nameindex *names;

	t->outside = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (t->outside < 0)
		return -errno;
	names = if_nameindex();
	for (size_t i = 0; names && names[i].if_name && t->nr_devices < TRAFFIC_MAX_DEVICES; i++)
		t->nr_devices +=
			query_device(t->outside, &t->devices[t->nr_devices], names[i].if_name);
	if_freenameindex(names);
	return 0;
}

int traffic_query_device(struct traffic *t, size_t idx)
{
	struct ifreq ifr = ifreq_of(t->devices[idx].name);

	return ioctl(t->outside, SIOCGIFFLAGS, &ifr) ? -errno : 0;
}

/* ---- sockets ---- */

static socklen_t make_address(struct sockaddr_storage *ss, const struct packet_plan *p,
			      const char *addr, uint16_t port)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;

	*ss = (struct sockaddr_storage){.ss_family = p->family};
	if (p->family == AF_INET) {
		inet_pton(AF_INET, addr, &sin->sin_addr);
		sin->sin_port = htons(port);
		return sizeof(*sin);
	}
	inet_pton(AF_INET6, addr, &sin6->sin6_addr);
	sin6->sin6_port = htons(port);
	return sizeof(*sin6);
}

static int socket_type(const struct packet_plan *p)
{
	if (p->protocol == IPPROTO_TCP)
		return SOCK_STREAM;
	return p->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_RAW;
}

/* New IPv6 addresses are usable only after a kernel worker has processed them. */
static int bind_with_retries(int fd, const struct sockaddr_storage *ss, socklen_t len)
{
	const struct timespec pause = {.tv_nsec = BIND_PAUSE_NS};

	for (int tries = 0; tries < BIND_TRIES; tries++) {
		if (!bind(fd, (const struct sockaddr *)ss, len))
			return 0;
		if (errno != EADDRNOTAVAIL || ss->ss_family != AF_INET6)
			break;
		nanosleep(&pause, NULL);
	}
	return -errno;
}

/* Returns a socket bound to the address, or -errno. */
static int open_bound(const struct packet_plan *p, const char *addr, uint16_t port)
{
	int fd = socket(p->family, socket_type(p) | SOCK_CLOEXEC, p->protocol), ret;
	struct sockaddr_storage ss;
	socklen_t len = make_address(&ss, p, addr, port);

	if (fd < 0)
		return -errno;
	ret = bind_with_retries(fd, &ss, len);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

/* Limit waiting to 1 s, even if the network does not work. */
static void set_timeout(int fd, int which)
{
	struct timeval tv = {.tv_sec = 1};

	setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv));
}

static int connect_to(int fd, const struct packet_plan *p)
{
	struct sockaddr_storage ss;
	socklen_t len = make_address(&ss, p, p->to, p->dport);

	return connect(fd, (struct sockaddr *)&ss, len) ? -errno : 0;
}

/* Without a receiver, the kernel sends an ICMP error, and the next send() fails. */
static int open_datagram(struct traffic *t, size_t idx, const struct packet_plan *p)
{
	t->receivers[idx] = open_bound(p, p->to, p->dport);
	if (t->receivers[idx] < 0)
		return t->receivers[idx];
	t->senders[idx] = open_bound(p, p->from, p->sport);
	return t->senders[idx] < 0 ? t->senders[idx] : connect_to(t->senders[idx], p);
}

static int open_listener(struct traffic *t, const struct packet_plan *p)
{
	t->listener = open_bound(p, p->to, p->dport);
	if (t->listener < 0)
		return t->listener;
	set_timeout(t->listener, SO_RCVTIMEO);
	return listen(t->listener, 1) ? -errno : 0;
}

static struct packet packet_of(const struct packet_plan *p, size_t idx)
{
	static const uint8_t states[] = {TCP_ESTABLISHED, TCP_SYN_SENT, TCP_ESTABLISHED,
					 TCP_FIN_WAIT1};
	static const uint8_t flags[] = {0, TH_SYN, TH_PUSH | TH_ACK, TH_FIN | TH_ACK};
	struct packet k = {
		.family = p->family,
		.protocol = p->protocol,
		.state = states[p->step],
		.tcp_flags = flags[p->step],
		.sport = p->sport,
		.dport = p->dport,
		.mark = p->mark,
		.device = {.name = TRAFFIC_LOOPBACK,
			   .ifindex = LO_IFINDEX,
			   .mtu = FIRST_MTU + MTU_STEP * idx,
			   .type = ARPHRD_LOOPBACK},
	};

	inet_pton(p->family, p->from, k.saddr);
	inet_pton(p->family, p->to, k.daddr);
	if (p->protocol != IPPROTO_TCP)
		k.l3_len = (p->family == AF_INET ? IPV4_HLEN : IPV6_HLEN) +
			   (p->protocol == IPPROTO_UDP ? UDP_HLEN : 0) + p->payload;
	/* Raw sockets have their protocol as port number. */
	if (socket_type(p) == SOCK_RAW)
		k.sport = p->protocol;
	return k;
}

/* Open a packet's sockets. If IPv6 does not work, set its family to 0. */
static int open_packet(struct traffic *t, size_t idx, bool has_ipv6)
{
	const struct packet_plan *p = &plans[idx];

	if (p->protocol == IPPROTO_TCP)
		return p->step == TCP_SYN_STEP ? open_listener(t, p) : 0;
	if (p->family == AF_INET)
		return open_datagram(t, idx, p);
	if (!has_ipv6 || open_datagram(t, idx, p))
		t->packets[idx].family = 0;
	return 0;
}

static int open_sockets(struct traffic *t, bool has_ipv6, struct err *err)
{
	int ret = 0;

	t->nr = NR_PLANS;
	for (size_t i = 0; i < NR_PLANS && !ret; i++) {
		t->packets[i] = packet_of(&plans[i], i);
		ret = open_packet(t, i, has_ipv6);
	}
	return ret ? err_sys(err, ret, "cannot open sockets for test packets") : 0;
}

int traffic_open(struct traffic *t, struct err *err)
{
	int ret;

	*t = (struct traffic){.outside = -1, .control = -1, .listener = -1, .accepted = -1};
	for (size_t i = 0; i < TRAFFIC_MAX; i++)
		t->senders[i] = t->receivers[i] = -1;
	ret = find_devices(t);
	if (ret)
		return err_sys(err, ret, "cannot open a socket");
	ret = open_namespace(t, err);
	if (!ret)
		ret = open_sockets(t, add_all_ipv6(), err);
	if (ret)
		traffic_close(t);
	return ret;
}

/* ---- sending ---- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int set_mark(int fd, uint32_t mark)
{
	return setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ? -errno : 0;
}

/* Data and FIN are sent by the socket of the SYN. */
static int *tcp_socket(struct traffic *t, size_t idx)
{
	return &t->senders[idx - (plans[idx].step - TCP_SYN_STEP)];
}

static int tcp_connect(struct traffic *t, size_t idx)
{
	const struct packet_plan *p = &plans[idx];
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	int *fd = tcp_socket(t, idx), ret;

	/* Left over from a pass that failed. */
	close_fd(fd);
	close_fd(&t->accepted);
	*fd = open_bound(p, p->from, 0);
	if (*fd < 0)
		return *fd;
	set_timeout(*fd, SO_SNDTIMEO);
	ret = set_mark(*fd, p->mark);
	if (!ret)
		ret = connect_to(*fd, p);
	if (!ret && getsockname(*fd, (struct sockaddr *)&sin, &len))
		ret = -errno;
	if (ret)
		return ret;
	for (size_t i = idx; i < idx + TCP_FIN_STEP; i++)
		t->packets[i].sport = ntohs(sin.sin_port);
	t->accepted = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC);
	return t->accepted < 0 ? -errno : 0;
}

/* Send the FIN, which is the packet to sample, then a RST, so that no connection lingers. */
static int tcp_finish(struct traffic *t, int *fd)
{
	struct linger l = {.l_onoff = 1};
	int ret = shutdown(*fd, SHUT_WR) ? -errno : 0;

	setsockopt(*fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close_fd(fd);
	close_fd(&t->accepted);
	return ret;
}

int traffic_filter(struct traffic *t, size_t idx, int prog_fd)
{
	return setsockopt(t->senders[idx], SOL_SOCKET, SO_ATTACH_BPF, &prog_fd, sizeof(prog_fd))
		       ? -errno
		       : 0;
}

static int send_bytes(int fd, size_t sz)
{
	static const char bytes[MAX_PAYLOAD];

	return send(fd, bytes, sz, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int send_one(struct traffic *t, size_t idx)
{
	const struct packet_plan *p = &plans[idx];
	int fd, ret;

	if (p->step == TCP_SYN_STEP)
		return tcp_connect(t, idx);
	fd = p->step ? *tcp_socket(t, idx) : t->senders[idx];
	ret = set_mark(fd, p->mark);
	if (ret)
		return ret;
	if (p->step == TCP_FIN_STEP)
		return tcp_finish(t, tcp_socket(t, idx));
	return send_bytes(fd, p->payload);
}

int traffic_send(struct traffic *t, size_t idx, struct err *err)
{
	const struct packet *p = &t->packets[idx];
	int ret = set_mtu(t->control, p->device.name, p->device.mtu);

	if (!ret)
		ret = send_one(t, idx);
	return ret ? err_sys(err, ret, "cannot send test packet %zu", idx) : 0;
}

void traffic_close(struct traffic *t)
{
	for (size_t i = 0; i < TRAFFIC_MAX; i++) {
		close_fd(&t->senders[i]);
		close_fd(&t->receivers[i]);
	}
	close_fd(&t->accepted);
	close_fd(&t->listener);
	close_fd(&t->control);
	close_fd(&t->outside);
}
