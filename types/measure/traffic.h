/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traffic.h - packets with known contents, sent in a private network namespace.
 *
 * Every value to be found in memory differs from packet to packet. The packets stay on the
 * namespace's loopback interface. The host's interfaces are only queried.
 */
#ifndef TYPES_MEASURE_TRAFFIC_H
#define TYPES_MEASURE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TRAFFIC_MAX	    10
#define TRAFFIC_MAX_DEVICES 16
/* Name of the loopback interface: 15 characters, to fill all 16 bytes. */
#define TRAFFIC_LOOPBACK "skbtrail-lo-0x5"

/* An interface. */
struct device {
	char name[16];
	uint32_t ifindex, mtu;
	uint16_t type; /* ARPHRD_LOOPBACK, ... */
};

/* One packet, and the socket that it comes from. */
struct packet {
	uint16_t family; /* AF_INET, AF_INET6; 0: not sent */
	uint8_t protocol;
	uint8_t state;	   /* of the socket: TCP_SYN_SENT, ... */
	uint8_t tcp_flags; /* in the TCP header */
	uint8_t saddr[16]; /* network byte order; IPv4 uses the first four */
	uint8_t daddr[16]; /* likewise */
	uint16_t sport;	   /* host byte order */
	uint16_t dport;	   /* likewise */
	uint32_t mark;
	uint32_t l3_len;      /* from the IP header to the end; 0: not known in advance (TCP) */
	struct device device; /* its state while the packet passes */
};

struct traffic {
	struct packet packets[TRAFFIC_MAX];
	size_t nr;
	uint32_t netns;				    /* inode number of the namespace */
	struct device devices[TRAFFIC_MAX_DEVICES]; /* of the host, outside the namespace */
	size_t nr_devices;
	int outside; /* socket for ioctl() in the original namespace */
	int control; /* likewise in the new one */
	int senders[TRAFFIC_MAX];
	int receivers[TRAFFIC_MAX];
	int listener, accepted;
};

/*
 * Move this process, which must be single-threaded, into a new network namespace and open all
 * sockets. If IPv6 does not work, IPv6 packets are left out. Errors: -EPERM with a hint, those of
 * unshare(2), socket(2), ...
 */
int traffic_open(struct traffic *t, struct err *err);

/* Attach a BPF program (3.19) as filter to the sender of packet idx. Returns 0 or -errno. */
int traffic_filter(struct traffic *t, size_t idx, int prog_fd);

/*
 * Send packet idx. It has passed the device on return. The three TCP packets (SYN, data, FIN) come
 * last and must be sent in order. Errors: those of send(2), ...
 */
int traffic_send(struct traffic *t, size_t idx, struct err *err);

/* Query the flags of devices[idx], so that dev_get_flags() runs on it. Returns 0 or -errno. */
int traffic_query_device(struct traffic *t, size_t idx);

/* Close all sockets; the namespace ends with the process. */
void traffic_close(struct traffic *t);

#endif
