/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traffic.h - packets of which everything is known, in a network namespace that nobody else sees.
 *
 * They differ from one another in every value that is to be found in memory, and stay on the
 * namespace's loopback interface. The interfaces that the machine has are known too; they are only
 * asked about.
 */
#ifndef TYPES_MEASURE_TRAFFIC_H
#define TYPES_MEASURE_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TRAFFIC_MAX	    10
#define TRAFFIC_MAX_DEVICES 16
/* The name of the loopback interface; 15 characters fill its 16 bytes. */
#define TRAFFIC_LOOPBACK "skbtrail-lo-0x5"

/* An interface. */
struct device {
	char name[16];
	uint32_t ifindex, mtu;
	uint16_t type; /* ARPHRD_LOOPBACK, ... */
};

/* One packet, and the socket that it comes from. */
struct packet {
	uint16_t family; /* AF_INET, AF_INET6; 0: it is not sent */
	uint8_t protocol;
	uint8_t state;	   /* of the socket: TCP_SYN_SENT, ... */
	uint8_t tcp_flags; /* TCP: of the header */
	uint8_t saddr[16]; /* IPv4: the first four; network byte order */
	uint8_t daddr[16]; /* the same */
	uint16_t sport;	   /* host byte order */
	uint16_t dport;	   /* the same */
	uint32_t mark;
	uint32_t l3_len;      /* IP header to the end; 0: not known before (TCP) */
	struct device device; /* as it is while the packet passes */
};

struct traffic {
	struct packet packets[TRAFFIC_MAX];
	size_t nr;
	uint32_t netns;				    /* inode number of the namespace */
	struct device devices[TRAFFIC_MAX_DEVICES]; /* of the machine, not of the namespace */
	size_t nr_devices;
	int outside; /* a socket for ioctl() in the namespace that we came from */
	int control; /* the same in the new one */
	int senders[TRAFFIC_MAX];
	int receivers[TRAFFIC_MAX];
	int listener, accepted;
};

/*
 * Move this process, which must have one thread, into a new network namespace, and open all
 * sockets. Where IPv6 does not work none is sent. Errors: -EPERM with a hint, those of unshare(2),
 * socket(2), ...
 */
int traffic_open(struct traffic *t, struct err *err);

/* Attach a BPF program (3.19) as filter to the socket that packet idx comes from. -errno. */
int traffic_filter(struct traffic *t, size_t idx, int prog_fd);

/*
 * Send packet idx; when this returns it has passed the device. The three TCP packets (SYN, data,
 * FIN) are the last and must be sent in order. Errors: those of send(2), ...
 */
int traffic_send(struct traffic *t, size_t idx, struct err *err);

/* Ask for the flags of devices[idx], for which the kernel looks at the device. -errno. */
int traffic_ask(struct traffic *t, size_t idx);

/* Close all sockets; the namespace ends with the process. */
void traffic_close(struct traffic *t);

#endif
