/* SPDX-License-Identifier: GPL-2.0-only */
/* netlink.h - requests to a netlink family, and what it answers. */
#ifndef KERN_NETLINK_H
#define KERN_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>

struct netlink {
	int fd;	      /* -1: closed */
	uint32_t seq; /* of the last request */
	void *buf;    /* owned */
};

/* A socket of the calling thread's network namespace. protocol: NETLINK_NETFILTER, ... Answers
 * that take longer than a second count as -ETIMEDOUT. */
int netlink_open(struct netlink *nl, int protocol);

/*
 * Ask for type (of the family) with NLM_F_REQUEST | flags, and call fn for each message of the
 * answer: msg is valid during the call. fn returns 0, or -errno, which ends the request.
 * Returns 0 or -errno: what the kernel answered, -EINTR for a dump that changed under way
 * (NLM_F_DUMP_INTR), -EPROTO for malformed answers, -ETIMEDOUT.
 */
int netlink_request(struct netlink *nl, uint16_t type, uint16_t flags, const void *payload,
		    size_t sz, int (*fn)(void *arg, const struct nlmsghdr *msg), void *arg);

void netlink_close(struct netlink *nl);

/*
 * To be told of changes: an fd of the calling thread's network namespace, which stays alive as long
 * as it is open, or -errno. groups: a mask of RTMGRP_*.
 */
int netlink_watch(int protocol, uint32_t groups);

/*
 * Call fn for each family of what was told since the last call: the first byte of its messages'
 * header, AF_UNSPEC also for what was lost.
 */
void netlink_changes(int fd, void (*fn)(void *arg, uint8_t family), void *arg);

/* ---- attributes ---- */

/* Put an attribute at off of buf, which has room for it. Returns where the next one begins. */
size_t nl_put(uint8_t *buf, size_t off, uint16_t type, const void *data, size_t sz);

/* A walk over attributes; the cursor ends at the first malformed one. */
struct nl_attrs {
	const uint8_t *data; /* not owned */
	size_t left;
};

struct nl_attr {
	uint16_t type; /* without NLA_F_NESTED and NLA_F_NET_BYTEORDER */
	uint16_t sz;   /* of data */
	const void *data;
};

static inline struct nl_attrs nl_attrs_of(const void *data, size_t sz)
{
	return (struct nl_attrs){.data = data, .left = sz};
}

/* The attributes behind the family's own header of hdr_sz bytes. */
struct nl_attrs nl_msg_attrs(const struct nlmsghdr *msg, size_t hdr_sz);

/* Those inside of an attribute. */
static inline struct nl_attrs nl_nested(const struct nl_attr *a)
{
	return nl_attrs_of(a->data, a->sz);
}

/* The next one; false: there is none. */
bool nl_next(struct nl_attrs *as, struct nl_attr *a);

/* The first one of this type. */
bool nl_find(struct nl_attrs as, uint16_t type, struct nl_attr *a);

/* Numbers in network byte order, as nfnetlink sends them; 0 for an attribute of another size. */
uint32_t nl_be32(const struct nl_attr *a);
uint64_t nl_be64(const struct nl_attr *a);

/* As nl_find() and nl_be32(); other: there is no such attribute. */
uint32_t nl_find_be32(struct nl_attrs as, uint16_t type, uint32_t other);

/* The text of an attribute with a NUL at its end; NULL: it has none. */
const char *nl_str(const struct nl_attr *a);
const char *nl_find_str(struct nl_attrs as, uint16_t type);

#endif
