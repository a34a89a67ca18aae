// SPDX-License-Identifier: GPL-2.0-only
/* Fields that every kernel has: the test looks up each record in the running kernel's BTF. */
struct net;

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct net {
	struct ns_common ns;
} __attribute__((preserve_access_index));

typedef struct {
	struct net *net;
} __attribute__((preserve_access_index)) possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} __attribute__((preserve_access_index));

struct sk_buff {
	unsigned int mark;
	struct net_device *dev;
	unsigned int len;
	unsigned short protocol;
} __attribute__((preserve_access_index));

__attribute__((section("fields"), used)) int read_fields(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	return skb->len + skb->mark + skb->protocol + dev->ifindex + dev->nd_net.net->ns.inum;
}
