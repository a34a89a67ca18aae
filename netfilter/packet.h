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

#define NF_HOOK_UNKNOWN 0xff
#define NF_IFNAME_SZ	16

/* An interface. `known` with an index of 0: there is none, as at the hook OUTPUT for the input. */
struct nf_dev {
	bool known;
	uint32_t ifindex;
	char name[NF_IFNAME_SZ]; /* "": unknown */
};

struct nf_packet {
	uint8_t family;	   /* NFPROTO_* of the hook: IPV4, IPV6, ARP, BRIDGE, NETDEV, INET */
	uint8_t hook;	   /* NF_INET_*, NF_ARP_*, NF_BR_*, NF_NETDEV_*; or NF_HOOK_UNKNOWN */
	uint16_t protocol; /* EtherType, host byte order */
	bool has_mark, has_len, has_ct;
	bool has_tos_ttl; /* set by nf_decide(): hdr's TOS and TTL are those that rules saw */
	bool has_size;	  /* set by nf_decide(): len tells what is cut off */
	bool not_queued;  /* user space has not had it since the chain that ended its way */
	bool ttl_changed; /* they have changed since the packet was at the hook */
	uint32_t mark;
	uint32_t len;	       /* from the network header on */
	uint8_t ct_info;       /* enum ip_conntrack_info, NF_CT_UNTRACKED, or NF_CT_INVALID: none */
	struct nf_dev in, out; /* of the hook; where they are not known, from skb_dev */
	struct nf_dev skb_dev; /* skb->dev; ifindex 0: it has none */
	const uint8_t *hdr;    /* from the network header on; not owned */
	size_t hdr_len;	       /* valid bytes of it */
	const uint8_t *before; /* the same before the hook's NAT; NULL: not seen, or no NAT */
	size_t before_len;
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

/* Whether the packet ends within the first sz bytes of its transport header. */
enum nf_truth nf_l4_is_cut(const struct nf_packet *p, size_t sz);

/* sz bytes at off of the transport header; NULL: not known. */
const uint8_t *nf_l4_bytes(const struct nf_packet *p, size_t off, size_t sz);

#endif
