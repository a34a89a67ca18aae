// SPDX-License-Identifier: GPL-2.0-only
#include "types/measure/tagged.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "types/measure/traffic.h"

#define PROTO_8021Q   0x8100
#define PROTO_8021AD  0x88a8
#define PROTO_INNER   0x88b5 /* IEEE 802 local experiments: nobody handles it */
#define PAYLOAD_SZ    90
#define TIMEOUT_MS    1000
#define LEFT_OVER_MAX 100 /* packets of the earlier traffic, in the queue */

/* Both protocols, so that the offset of vlan_proto does not rest on a constant. */
const struct tag tagged_tags[TAGGED_NR] = {
	{PROTO_8021Q, 0xa5b3},	{PROTO_8021AD, 0x6d27}, {PROTO_8021Q, 0xc94e},
	{PROTO_8021AD, 0x2e9a}, {PROTO_8021Q, 0x4871},	{PROTO_8021AD, 0x83dc},
};

struct tagged_frame {
	uint8_t addr[2 * ETH_ALEN];
	uint16_t proto, tci, inner;
	uint8_t payload[PAYLOAD_SZ];
};

/* As received: the tag is gone. */
struct untagged_frame {
	uint8_t addr[2 * ETH_ALEN];
	uint16_t inner;
	uint8_t payload[PAYLOAD_SZ];
};

static int bind_to_loopback(int fd)
{
	const struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL), /* others get the skb after its tag is cleared */
		.sll_ifindex = if_nametoindex(TRAFFIC_LOOPBACK),
	};
	const int on = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)))
		return -errno;
	return bind(fd, (const struct sockaddr *)&sll, sizeof(sll)) ? -errno : 0;
}

int tagged_open(void)
{
	int fd, ret;

	/* It exists if af_packet is built in or loaded; otherwise socket() would load it. */
	if (access("/proc/net/packet", F_OK))
		return -ENOENT;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = bind_to_loopback(fd);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

int tagged_send(int fd, size_t idx)
{
	const struct tag *tag = &tagged_tags[idx];
	struct tagged_frame f = {
		.proto = htons(tag->proto),
		.tci = htons(tag->tci),
		.inner = htons(PROTO_INNER),
	};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint8_t left_over;
	int ret;

	for (int i = 0; i < LEFT_OVER_MAX; i++)
		if (recv(fd, &left_over, sizeof(left_over), MSG_DONTWAIT) < 0)
			break;
	memset(f.payload, idx, sizeof(f.payload));
	if (send(fd, &f, sizeof(f), 0) < 0)
		return -errno;
	ret = poll(&p, 1, TIMEOUT_MS);
	if (ret < 0)
		return -errno;
	return ret ? 0 : -ETIMEDOUT;
}

/* True if the kernel reports this tag, as far as it reports tags: the protocol since 3.14. */
static bool has_tag(struct msghdr *msg, const struct tag *tag)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
	    c->cmsg_len < CMSG_LEN(sizeof(aux)))
		return false;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if (aux.tp_status & TP_STATUS_VLAN_TPID_VALID && aux.tp_vlan_tpid != tag->proto)
		return false;
	return aux.tp_status & TP_STATUS_VLAN_VALID && aux.tp_vlan_tci == tag->tci;
}

int tagged_receive(int fd, size_t idx)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct untagged_frame f;
	struct iovec iov = {.iov_base = &f, .iov_len = sizeof(f)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	if (recvmsg(fd, &msg, MSG_DONTWAIT | MSG_TRUNC) != sizeof(f) ||
	    f.inner != htons(PROTO_INNER) || f.payload[0] != idx)
		return -ENODATA;
	return has_tag(&msg, &tagged_tags[idx]) ? 0 : -ENODATA;
}
