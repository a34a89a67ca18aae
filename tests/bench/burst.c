// SPDX-License-Identifier: GPL-2.0-only
/*
 * burst ADDRESS PORT COUNT [SIZE [listen|poison]]: send COUNT UDP datagrams as fast as it goes;
 * with "listen" take part in all packets meanwhile as tcpdump does, so that the kernel makes copies
 * of them. With "poison" read each of them, after a system call that leaves words on the kernel's
 * stack that are no addresses.
 * burst hold PORT: have a UDP socket with a small buffer, and read nothing.
 * burst refuse PORT: have a UDP socket whose filter drops everything.
 * burst listen PORT BACKLOG: have a TCP socket, and accept no connection.
 * burst connect ADDRESS PORT COUNT: start COUNT TCP connections at once, and hold them.
 * burst cgroup DIRECTORY ingress|egress: attach a BPF program that drops all packets of a cgroup.
 * burst netfilter HOOK: attach a BPF program of netfilter that drops all of IPv4 there, and hold
 * it. burst tcx DEVICE: attach a BPF program that drops all that is sent there by tcx, and hold it.
 * burst frame DEVICE HEX...: send each as a frame by DEVICE.
 * burst read PORT COUNT: read COUNT UDP datagrams, of IPv4 or IPv6.
 * burst as UID CAPABILITY,... COMMAND...: run it as this user, with these capabilities (numbers).
 * burst errors ADDRESS PORT: send a datagram to where nobody listens, and read the error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int open_socket(const char *address, uint16_t port, int type)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	const struct sockaddr *sa;
	socklen_t sa_sz;
	int fd;

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		sa = (const struct sockaddr *)&v4;
		sa_sz = sizeof(v4);
	} else if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1) {
		sa = (const struct sockaddr *)&v6;
		sa_sz = sizeof(v6);
	} else {
		fprintf(stderr, "burst: '%s' is no address\n", address);
		return -1;
	}
	fd = socket(sa->sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || (connect(fd, sa, sa_sz) && errno != EINPROGRESS)) {
		perror("burst");
		return -1;
	}
	return fd;
}

/*
 * select(2) copies its sets onto the stack of the kernel and only then finds that the files are not
 * open. Up to so many fit there (SELECT_STACK_ALLOC).
 */
static void poison_stack(void)
{
	fd_set sets[3];

	memset(sets, 0x6b, sizeof(sets));
	select(320, &sets[0], &sets[1], &sets[2], NULL);
}

/* Where nobody listens, ICMP errors come back through send(): they do not matter. */
static int send_all(int fd, long count, size_t size, int poisoned)
{
	static char data[65000];
	long tries = 0;
	char byte;

	memset(data, 'x', sizeof(data));
	for (long sent = 0; sent < count; tries++) {
		if (tries > 4 * count + 100) {
			fprintf(stderr, "burst: only %ld datagrams could be sent\n", sent);
			return 1;
		}
		/* who drops it at once tells so */
		if (send(fd, data, size, 0) >= 0 || errno == EPERM)
			sent++;
		else if (errno == ENOBUFS)
			usleep(1000);
		if (poisoned >= 0) {
			poison_stack();
			recv(poisoned, &byte, sizeof(byte), MSG_TRUNC);
		}
	}
	return 0;
}

static int open_listener(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));

	if (fd < 0)
		perror("burst: packet socket");
	return fd;
}

/* Packets that are read end as they should, and not as drops. */
static void read_all(int fd)
{
	char byte;

	while (recv(fd, &byte, sizeof(byte), MSG_TRUNC) >= 0)
		;
}

/* A bound socket; the program ends if there is none. */
static int bound(int type, uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any))) {
		perror("burst: bind");
		exit(1);
	}
	return fd;
}

static int wait_forever(const char *mode, int ret)
{
	if (ret) {
		fprintf(stderr, "burst: %s: %s\n", mode, strerror(errno));
		return 1;
	}
	for (;;)
		pause();
}

static int hold(char **arg)
{
	int fd = bound(SOCK_DGRAM, atoi(arg[0])), small = 1;

	return wait_forever("hold", setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
}

static int refuse(char **arg)
{
	struct sock_filter drop = {.code = 6}; /* ret #0 */
	struct sock_fprog prog = {.len = 1, .filter = &drop};
	int fd = bound(SOCK_DGRAM, atoi(arg[0]));

	return wait_forever("refuse",
			    setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
}

static int listen_only(char **arg)
{
	return wait_forever("listen", listen(bound(SOCK_STREAM, atoi(arg[0])), atoi(arg[1])));
}

static int connect_many(char **arg)
{
	for (int nr = atoi(arg[2]); nr > 0; nr--)
		if (open_socket(arg[0], atoi(arg[1]), SOCK_STREAM | SOCK_NONBLOCK) < 0)
			return 1;
	return wait_forever("connect", 0);
}

/* BPF_PROG_LOAD (5) of a BPF_PROG_TYPE_CGROUP_SKB (8) "return 0", and BPF_PROG_ATTACH (8). */
static int cgroup(char **arg)
{
	static const uint64_t insns[] = {0xb7, 0x95}; /* r0 = 0; exit */
	struct {
		uint32_t type, nr;
		uint64_t insns, license;
		uint8_t other[64];
	} load = {8, 2, (uintptr_t)insns, (uintptr_t) "GPL", {0}};
	struct {
		uint32_t dir, prog, type, flags;
	} attach = {.type = !strcmp(arg[1], "egress")};

	attach.dir = open(arg[0], O_RDONLY | O_CLOEXEC);
	attach.prog = syscall(SYS_bpf, 5, &load, sizeof(load));
	if (syscall(SYS_bpf, 8, &attach, sizeof(attach))) {
		perror("burst: cgroup");
		return 1;
	}
	return 0;
}

/* Load a program that returns `value`. */
static uint32_t load_constant(uint32_t type, uint32_t attach_type, uint32_t value)
{
	const uint64_t insns[] = {0xb7 | (uint64_t)value << 32, 0x95}; /* r0 = value; exit */
	struct {
		uint32_t type, nr;
		uint64_t insns, license;
		uint32_t log[4], version, flags;
		char name[16];
		uint32_t ifindex, attach_type;
	} load = {type, 2, (uintptr_t)insns, (uintptr_t) "GPL", .attach_type = attach_type};

	return (uint32_t)syscall(SYS_bpf, 5, &load, sizeof(load));
}

/* 32 and 45: BPF_PROG_TYPE_NETFILTER and BPF_NETFILTER (6.4); it returns NF_DROP. */
static int netfilter(char **arg)
{
	struct {
		uint32_t prog, target, attach_type, flags, pf, hook;
		int32_t priority;
		uint32_t link_flags;
	} link = {load_constant(32, 45, 0), 0, 45, 0, 2, (uint32_t)atoi(arg[0]), -500, 0};

	return wait_forever("netfilter", syscall(SYS_bpf, 28, &link, sizeof(link)) < 0);
}

/* 3 and 47: BPF_PROG_TYPE_SCHED_CLS and BPF_TCX_EGRESS (6.6); it returns TC_ACT_SHOT. */
static int tcx(char **arg)
{
	struct {
		uint32_t prog, target, attach_type, flags;
		uint64_t other[4];
	} link = {load_constant(3, 0, 2), if_nametoindex(arg[0]), 47, 0, {0}};

	return wait_forever("tcx", syscall(SYS_bpf, 28, &link, sizeof(link)) < 0);
}

static size_t parse_hex(const char *hex, uint8_t *out, size_t sz)
{
	unsigned int byte;
	size_t n = 0;

	for (; n < sz && sscanf(hex, "%2x", &byte) == 1 && hex[1]; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

static int send_frames(char **arg)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(arg[0])};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t frame[1514];

	for (char **hex = arg + 1; *hex; hex++) {
		size_t sz = parse_hex(*hex, frame, sizeof(frame));

		if (fd < 0 ||
		    sendto(fd, frame, sz, 0, (const struct sockaddr *)&to, sizeof(to)) < 0) {
			perror("burst: frame");
			return 1;
		}
	}
	return 0;
}

static int read_some(char **arg)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(arg[0]))};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char data[100];

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any))) {
		perror("burst: bind");
		return 1;
	}
	for (int nr = atoi(arg[1]); nr > 0; nr--)
		if (recv(fd, data, sizeof(data), 0) < 0)
			return 1;
	return 0;
}

/* IP_RECVERR (11) and IPV6_RECVERR (25): errors come to a queue of the socket. */
static int read_error(char **arg)
{
	int fd = open_socket(arg[0], atoi(arg[1]), SOCK_DGRAM), on = 1;
	bool v6 = strchr(arg[0], ':') != NULL;
	char data[100];
	struct iovec iov = {data, sizeof(data)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd < 0 ||
	    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? 25 : 11, &on, sizeof(on)) ||
	    send(fd, data, 10, 0) < 0)
		return 1;
	usleep(200 * 1000);
	return recvmsg(fd, &msg, MSG_ERRQUEUE) < 0;
}

/* Ambient capabilities (4.3) are kept by execve(2). */
static int run_as(char **arg)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	uid_t uid = atoi(arg[0]);

	for (char *p = arg[1]; *p; p += *p == ',') {
		long cap = strtol(p, &p, 10);

		data[cap / 32].effective |= 1U << cap % 32;
		data[cap / 32].permitted |= 1U << cap % 32;
		data[cap / 32].inheritable |= 1U << cap % 32;
	}
	if (syscall(SYS_setgroups, 0, NULL) || setgid(uid) || prctl(PR_SET_KEEPCAPS, 1) ||
	    setuid(uid) || syscall(SYS_capset, &head, data)) {
		perror("burst: capabilities");
		return 1;
	}
	for (int cap = 0; cap < 64; cap++)
		if (data[cap / 32].permitted >> cap % 32 & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0)) {
			perror("burst: ambient capabilities");
			return 1;
		}
	execv(arg[2], arg + 2);
	perror(arg[2]);
	return 1;
}

static const struct {
	const char *name;
	int nr_args;
	int (*run)(char **arg);
} modes[] = {
	{"hold", 1, hold},	     {"refuse", 1, refuse},
	{"listen", 2, listen_only},  {"connect", 3, connect_many},
	{"cgroup", 2, cgroup},	     {"frame", 2, send_frames},
	{"netfilter", 1, netfilter}, {"tcx", 1, tcx},
	{"read", 2, read_some},	     {"errors", 2, read_error},
	{"as", 3, run_as},
};

int main(int argc, char **argv)
{
	struct timespec a, b;
	int fd, listener = -1, ret;
	long count, size;
	bool poison;

	for (size_t i = 0; argc > 2 && i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(argv[1], modes[i].name) && argc - 2 >= modes[i].nr_args)
			return modes[i].run(argv + 2);
	count = argc > 3 ? atol(argv[3]) : 0;
	size = argc > 4 ? atol(argv[4]) : 64;
	poison = argc > 5 && !strcmp(argv[5], "poison");
	if (count < 1 || size < 0 || size > 65000) {
		fprintf(stderr, "usage: burst ADDRESS PORT COUNT [SIZE [listen|poison]]\n");
		return 2;
	}
	fd = open_socket(argv[1], atoi(argv[2]), SOCK_DGRAM);
	if (fd < 0)
		return 1;
	if (argc > 5) {
		listener = open_listener();
		if (listener < 0)
			return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	ret = send_all(fd, count, size, poison ? listener : -1);
	clock_gettime(CLOCK_MONOTONIC, &b);
	close(fd);
	if (listener >= 0) {
		read_all(listener);
		close(listener);
	}
	if (!ret)
		printf("%ld datagrams in %.3f s\n", count,
		       (b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) / 1e9);
	return ret;
}
