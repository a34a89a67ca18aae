// SPDX-License-Identifier: GPL-2.0-only
#include "kern/netlink.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BUF_SZ	    65536 /* the kernel fills at most 32 KiB at once */
#define REQUEST_MAX 256
#define DRAIN_MAX   10000 /* messages at once; the rest is for the next call */

int netlink_open(struct netlink *nl, int protocol)
{
	struct timeval timeout = {.tv_sec = 1};
	int rcvbuf = 1 << 20;
	int ret;

	*nl = (struct netlink){.fd = -1};
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		return -errno;
	if (setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0) {
		ret = -errno;
		netlink_close(nl);
		return ret;
	}
	/* more than the default helps, and does not matter */
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	nl->buf = malloc(BUF_SZ);
	if (!nl->buf) {
		netlink_close(nl);
		return -ENOMEM;
	}
	return 0;
}

static int send_request(struct netlink *nl, uint16_t type, uint16_t flags, const void *payload,
			size_t sz)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	union {
		struct nlmsghdr hdr;
		uint8_t bytes[REQUEST_MAX];
	} req = {0};

	if (sz > sizeof(req) - NLMSG_HDRLEN)
		return -EMSGSIZE;
	req.hdr.nlmsg_len = NLMSG_LENGTH(sz);
	req.hdr.nlmsg_type = type;
	req.hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	req.hdr.nlmsg_seq = ++nl->seq;
	memcpy(NLMSG_DATA(&req.hdr), payload, sz);
	if (sendto(nl->fd, &req, req.hdr.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return -errno;
	return 0;
}

/* 1: another message may follow; 0: the answer is complete; or -errno. */
static int take_message(struct netlink *nl, const struct nlmsghdr *msg, bool is_dump,
			int (*fn)(void *arg, const struct nlmsghdr *msg), void *arg)
{
	const struct nlmsgerr *e = NLMSG_DATA(msg);
	int ret;

	if (msg->nlmsg_seq != nl->seq)
		return 1; /* left over from a request that was ended early */
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		return -EINTR;
	switch (msg->nlmsg_type) {
	case NLMSG_DONE:
		/* with the dump's error, if there was one */
		if (msg->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) && *(const int *)e < 0)
			return *(const int *)e;
		return 0;
	case NLMSG_ERROR:
		return msg->nlmsg_len < NLMSG_LENGTH(sizeof(*e)) ? -EPROTO : e->error;
	case NLMSG_NOOP:
		return 1;
	}
	ret = fn(arg, msg);
	return ret < 0 ? ret : is_dump;
}

int netlink_request(struct netlink *nl, uint16_t type, uint16_t flags, const void *payload,
		    size_t sz, int (*fn)(void *arg, const struct nlmsghdr *msg), void *arg)
{
	bool is_dump = flags & NLM_F_DUMP;
	int ret = send_request(nl, type, flags, payload, sz);

	if (ret < 0)
		return ret;
	for (;;) {
		ssize_t n = recv(nl->fd, nl->buf, BUF_SZ, MSG_TRUNC);
		const struct nlmsghdr *msg = nl->buf;

		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n == 0 || n > BUF_SZ)
			return -EPROTO;
		for (int left = (int)n; NLMSG_OK(msg, (unsigned int)left);
		     msg = NLMSG_NEXT(msg, left)) {
			ret = take_message(nl, msg, is_dump, fn, arg);
			if (ret <= 0)
				return ret;
		}
	}
}

void netlink_close(struct netlink *nl)
{
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl->buf);
	*nl = (struct netlink){.fd = -1};
}

int netlink_watch(int protocol, uint32_t groups)
{
	struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol), ret;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&own, sizeof(own)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* An error other than "nothing there" is that of a queue that was too short. */
void netlink_changes(int fd, void (*fn)(void *arg, uint8_t family), void *arg)
{
	struct {
		struct nlmsghdr hdr;
		uint8_t family;
	} msg;

	for (int i = 0; i < DRAIN_MAX; i++) {
		ssize_t n = recv(fd, &msg, sizeof(msg), 0);

		if (n < 0 && errno == EAGAIN)
			return;
		fn(arg, n < (ssize_t)NLMSG_HDRLEN + 1 ? AF_UNSPEC : msg.family);
	}
	fn(arg, AF_UNSPEC);
}

size_t nl_put(uint8_t *buf, size_t off, uint16_t type, const void *data, size_t sz)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + sz), .nla_type = type};

	memcpy(buf + off, &a, sizeof(a));
	if (sz)
		memcpy(buf + off + sizeof(a), data, sz);
	return off + NLA_ALIGN(sizeof(a) + sz);
}

struct nl_attrs nl_msg_attrs(const struct nlmsghdr *msg, size_t hdr_sz)
{
	size_t off = NLMSG_LENGTH(NLMSG_ALIGN(hdr_sz));

	if (msg->nlmsg_len < off)
		return nl_attrs_of(NULL, 0);
	return nl_attrs_of((const uint8_t *)msg + off, msg->nlmsg_len - off);
}

bool nl_next(struct nl_attrs *as, struct nl_attr *a)
{
	struct nlattr hdr;
	size_t whole;

	if (as->left < sizeof(hdr))
		return false;
	memcpy(&hdr, as->data, sizeof(hdr));
	if (hdr.nla_len < sizeof(hdr) || hdr.nla_len > as->left)
		return false;
	a->type = hdr.nla_type & NLA_TYPE_MASK;
	a->sz = hdr.nla_len - sizeof(hdr);
	a->data = as->data + sizeof(hdr);
	whole = NLA_ALIGN(hdr.nla_len);
	whole = whole < as->left ? whole : as->left;
	as->data += whole;
	as->left -= whole;
	return true;
}

bool nl_find(struct nl_attrs as, uint16_t type, struct nl_attr *a)
{
	while (nl_next(&as, a))
		if (a->type == type)
			return true;
	return false;
}

uint32_t nl_be32(const struct nl_attr *a)
{
	uint32_t v;

	if (a->sz != sizeof(v))
		return 0;
	memcpy(&v, a->data, sizeof(v));
	return be32toh(v);
}

uint64_t nl_be64(const struct nl_attr *a)
{
	uint64_t v;

	if (a->sz != sizeof(v))
		return 0;
	memcpy(&v, a->data, sizeof(v));
	return be64toh(v);
}

uint32_t nl_find_be32(struct nl_attrs as, uint16_t type, uint32_t other)
{
	struct nl_attr a;

	return nl_find(as, type, &a) && a.sz == sizeof(uint32_t) ? nl_be32(&a) : other;
}

const char *nl_str(const struct nl_attr *a)
{
	return memchr(a->data, '\0', a->sz) ? a->data : NULL;
}

const char *nl_find_str(struct nl_attrs as, uint16_t type)
{
	struct nl_attr a;

	return nl_find(as, type, &a) ? nl_str(&a) : NULL;
}
