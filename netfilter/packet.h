/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h - what is known of a packet at a netfilter hook.
 *
 * netfilter/ answers which rule decided about a packet: it reads the rulesets of a network
 * namespace without changing anything, and evaluates them on what an event tells of the packet. It
 * includes base/ and kern/ only.
 */
#ifndef NETFILTER_PACKET_H
#define NETFILTER_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The truth of a condition. What an event does not tell is NF_MAYBE, never a guess. */
enum nf_truth { NF_NO, NF_YES, NF_MAYBE };

#define NF_HOOK_UNKNOWN	     0xff
#define NF_HOOK_INET_INGRESS NF_INET_NUMHOOKS /* 5.10: NF_INET_INGRESS */
#define NF_IFNAME_SZ	     16

/* An interface. `known` with an index of 0: there is none, as at the hook OUTPUT for the input. */
struct nf_dev {
	bool known;
	uint32_t ifindex;
	char name[NF_IFNAME_SZ]; /* "": unknown */
};

#define NF_MAC_SZ 14

/* Parts of an Ethernet header: a bit each. */
enum nf_mac_part { NF_MAC_DST = 1, NF_MAC_SRC = 2, NF_MAC_TYPE = 4 };

struct nf_mac {
	uint8_t known; /* enum nf_mac_part */
	uint8_t bytes[NF_MAC_SZ];
};

/* The packet as the hook's first chain saw it. Only netfilter has had it since. */
struct nf_entry {
	const uint8_t *hdr; /* not owned; NULL: not known */
	size_t hdr_len;
	uint32_t mark;
	struct nf_mac mac;
};

#define NF_TCP_CHECKSUM 16 /* offset in the header: its options are behind it */
#define NF_TOP_SZ	12 /* of IP's header: what rules change, up to the addresses */

/* What rules may write of a packet of one protocol. Zeroed: nothing. */
struct nf_writes {
	bool any;		/* any byte */
	bool len;		/* it gets longer */
	bool l4_checksum;	/* and what is behind it */
	uint8_t top[NF_TOP_SZ]; /* bits of these bytes */
	uint16_t rest;		/* and all bytes from there on; 0: none */
	uint16_t l4;		/* the same of the transport header, counted from 1 */
};

struct nf_packet {
	uint8_t family;	   /* NFPROTO_* of the hook: IPV4, IPV6, ARP, BRIDGE, NETDEV, INET */
	uint8_t hook;	   /* NF_INET_*, NF_ARP_*, NF_BR_*, NF_NETDEV_*; or NF_HOOK_UNKNOWN */
	uint16_t protocol; /* EtherType, host byte order */
	bool has_mark, has_len, has_ct;
	uint64_t ts;	  /* of its end, CLOCK_MONOTONIC; 0: what sets of ipset held is unknown */
	bool has_size;	  /* set by nf_decide(): len tells what is cut off */
	bool not_queued;  /* user space has not had it since the chain that ended its way */
	bool ttl_changed; /* they have changed since the packet was at the hook */
	uint32_t mark;
	uint32_t len;	       /* from the network header on */
	uint8_t ct_info;       /* enum ip_conntrack_info, NF_CT_UNTRACKED, or NF_CT_INVALID: none */
	struct nf_dev in, out; /* of the hook; where they are not known, from skb_dev */
	struct nf_dev skb_dev; /* skb->dev; ifindex 0: it has none */
	struct nf_mac mac;     /* of bridges */
	/* The bridges that `in`, `out` and skb_dev are ports of; ifindex 0: they are none. */
	struct nf_dev in_bridge, out_bridge, skb_bridge;
	bool has_vlan; /* this and the next are known: the accelerated tag */
	bool is_tagged;
	uint16_t vlan_tci;     /* valid if is_tagged */
	bool on_port;	       /* that may be a port of a bridge, which calls the hooks of IP */
	const uint8_t *hdr;    /* from the network header on; not owned */
	size_t hdr_len;	       /* valid bytes of it */
	const uint8_t *before; /* the same before the hook's NAT; NULL: not seen, or no NAT */
	size_t before_len;
	struct nf_entry entry;
	/* Set by nf_decide(): hdr's first NF_TOP_SZ bytes, for rules to write; and those of their
	 * bits that rules may have seen otherwise. */
	uint8_t *top;
	uint8_t unsure[NF_TOP_SZ];
	struct nf_writes *writes; /* to note what is written; NULL: it is not */
	/* Found by nf_packet_parse(): */
	bool has_l4;	  /* l4_off and l4_proto are known */
	bool is_fragment; /* not the first one: there is no transport header */
	uint8_t l4_proto;
	uint16_t frag_off; /* in bytes */
	size_t l4_off;
};

#define NF_CT_UNTRACKED 7 /* IP_CT_UNTRACKED of the kernel's own header */
#define NF_CT_INVALID	0x80

/* Fill in the last part from hdr. */
void nf_packet_parse(struct nf_packet *p);

/* Bytes that a rule writes. */
struct nf_value {
	const uint8_t *data;
	const uint8_t *known; /* its bits that are */
	const uint8_t *kept;  /* those that are what the packet has there */
};

/*
 * A rule writes sz bytes at off of hdr; IPv4's checksum follows. If it is not certain that it does,
 * bits that differ are unknown. The addresses and what is behind them are not followed: all from
 * there on is unknown.
 */
void nf_packet_write(struct nf_packet *p, size_t off, const struct nf_value *v, size_t sz,
		     bool certain);
/* The same of one byte, of which only `bits` are written. */
void nf_packet_write_bits(struct nf_packet *p, size_t off, uint8_t data, uint8_t known,
			  uint8_t bits, bool certain);

/* A rule may have written any byte, */
void nf_packet_forget(struct nf_packet *p);
/* those from off of the transport header on, */
void nf_packet_forget_l4(struct nf_packet *p, size_t off);
/* the transport header's checksum, and what is behind it, */
void nf_packet_forget_l4_checksum(struct nf_packet *p);
/* the length in IP's header, which goes with the packet's, */
void nf_packet_forget_len(struct nf_packet *p);
/* TTL and TOS, */
void nf_packet_forget_ttl(struct nf_packet *p);
/* or these. */
void nf_packet_may_write(struct nf_packet *p, const struct nf_writes *w);

/* The TOS, or the traffic class, of hdr; its bits that rules may have seen otherwise. */
static inline uint8_t nf_tos(const struct nf_packet *p)
{
	return p->protocol == 0x86dd ? (uint8_t)(p->hdr[0] << 4 | p->hdr[1] >> 4) : p->hdr[1];
}
static inline uint8_t nf_tos_unsure(const struct nf_packet *p)
{
	return p->protocol == 0x86dd ? (uint8_t)(p->unsure[0] << 4 | p->unsure[1] >> 4)
				     : p->unsure[1];
}

/* A rule writes one of the Ethernet header's addresses; mac NULL: what is not known. */
void nf_packet_write_mac(struct nf_packet *p, enum nf_mac_part part, const uint8_t *mac,
			 bool certain);
/* Where the part is in the header. */
static inline size_t nf_mac_off(enum nf_mac_part part)
{
	return part == NF_MAC_DST ? 0 : part == NF_MAC_SRC ? 6 : 12;
}
static inline size_t nf_mac_size(enum nf_mac_part part)
{
	return part == NF_MAC_TYPE ? 2 : 6;
}

/* Whether two Ethernet addresses are the same where the mask has bits. */
static inline bool nf_mac_same(const uint8_t *a, const uint8_t *b, const uint8_t *mask)
{
	uint8_t diff = 0;

	for (size_t i = 0; i < 6; i++)
		diff |= (a[i] ^ b[i]) & mask[i];
	return !diff;
}

/* Whether this is an extension header of IPv6 that another header follows. */
bool nf_is_extension(uint8_t next);

/* Whether the packet ends within the first sz bytes of its transport header. */
enum nf_truth nf_l4_is_cut(const struct nf_packet *p, size_t sz);

/* sz bytes at off of the transport header; NULL: not known. */
const uint8_t *nf_l4_bytes(const struct nf_packet *p, size_t off, size_t sz);

#endif
