// SPDX-License-Identifier: GPL-2.0-only
/*
 * burst ADDRESS PORT COUNT [SIZE [listen|poison]]: send COUNT UDP datagrams as fast as it goes;
 * with "listen" take part in all packets meanwhile as tcpdump does, so that the kernel makes copies
 * of them. With "poison" read each of them, after a system call that leaves words on the kernel's
 * stack that are no addresses.
 * burst hold PORT: have a UDP socket with a small buffer, and read nothing.
 * burst frame DEVICE HEX...: send each as a frame by DEVICE.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int open_socket(const char *address, uint16_t port)
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
	fd = socket(sa->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, sa, sa_sz)) {
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
		if (send(fd, data, size, 0) >= 0)
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

static int hold(uint16_t port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int small = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any))) {
		perror("burst: hold");
		return 1;
	}
	for (;;)
		pause();
}

static size_t parse_hex(const char *hex, uint8_t *out, size_t sz)
{
	unsigned int byte;
	size_t n = 0;

	for (; n < sz && sscanf(hex, "%2x", &byte) == 1 && hex[1]; hex += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

static int send_frames(const char *dev, char **hex)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(dev)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t frame[1514];

	for (; *hex; hex++) {
		size_t sz = parse_hex(*hex, frame, sizeof(frame));

		if (fd < 0 ||
		    sendto(fd, frame, sz, 0, (const struct sockaddr *)&to, sizeof(to)) < 0) {
			perror("burst: frame");
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	int fd, listener = -1, ret;
	long count, size;
	bool poison;

	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(atoi(argv[2]));
	if (argc > 3 && !strcmp(argv[1], "frame"))
		return send_frames(argv[2], argv + 3);
	count = argc > 3 ? atol(argv[3]) : 0;
	size = argc > 4 ? atol(argv[4]) : 64;
	poison = argc > 5 && !strcmp(argv[5], "poison");
	if (count < 1 || size < 0 || size > 65000) {
		fprintf(stderr, "usage: burst ADDRESS PORT COUNT [SIZE [listen|poison]]\n");
		return 2;
	}
	fd = open_socket(argv[1], atoi(argv[2]));
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
