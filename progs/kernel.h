/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - the members of kernel structs that the programs read. Only names and types matter:
 * offsets come from the running kernel's BTF. A suffix ___x declares another version of the same
 * struct.
 */
#ifndef PROGS_KERNEL_H
#define PROGS_KERNEL_H

#include "progs/bpf.h"

#define KERNEL_STRUCT __attribute__((preserve_access_index))

struct ns_common {
	u32 inum;
} KERNEL_STRUCT;

struct net {
	struct ns_common ns;
} KERNEL_STRUCT;

typedef struct {
	struct net *net;
} KERNEL_STRUCT possible_net_t;

struct net_device {
	char name[16];
	int ifindex;
	u32 mtu;
	u16 type; /* ARPHRD_... */
	possible_net_t nd_net;
} KERNEL_STRUCT;

struct in6_addr {
	union {
		u8 u6_addr8[16];
	} in6_u;
} KERNEL_STRUCT;

struct sock_common {
	u32 skc_daddr;	   /* network byte order */
	u32 skc_rcv_saddr; /* network byte order */
	u16 skc_dport;	   /* network byte order */
	u16 skc_num;	   /* local port, host byte order */
	u16 skc_family;
	u8 skc_state;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} KERNEL_STRUCT;

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol; /* an 8-bit bit-field up to 5.5 */
} KERNEL_STRUCT;

struct tcp_skb_cb {
	u32 seq;
	u8 tcp_flags; /* byte 13 of the TCP header; since 6.14 a u16 with the AccECN bit above it */
} KERNEL_STRUCT;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	char cb[48];
	u32 len;
	u32 mark;
	u16 protocol;	/* network byte order */
	u16 vlan_proto; /* network byte order */
	u16 vlan_tci;
	u16 mac_header; /* this and the next: offsets from head */
	u16 network_header;
	u32 tail; /* this and the next: offsets from head */
	u32 end;
	u8 *head;
	u8 *data;
	u16 inner_mac_header; /* this and the next: offsets from head */
	u16 inner_network_header;
	u8 encapsulation : 1; /* the inner offsets are valid */
} KERNEL_STRUCT;

/* skb_frag_t from 5.4 on; the members of struct skb_frag are at the same places. */
struct bio_vec {
	void *bv_page;
	u32 bv_len;
	u32 bv_offset;
} KERNEL_STRUCT;

struct skb_shared_info {
	u8 nr_frags;
	struct bio_vec frags[17];
} KERNEL_STRUCT;

struct skb_frag {
	u64 netmem; /* a struct page, or with the lowest bit set no memory of the CPU */
	u32 len;
	u32 offset;
} KERNEL_STRUCT;

/* Since 6.9 */
struct skb_shared_info___netmem {
	struct skb_frag frags[17];
} KERNEL_STRUCT;

struct xdp_rxq_info {
	struct net_device *dev;
	u32 queue_index;
} KERNEL_STRUCT;

struct xdp_buff {
	void *data;
	void *data_end;
	void *data_hard_start; /* skb->head of an skb built from it */
	struct xdp_rxq_info *rxq;
} KERNEL_STRUCT;

struct bpf_map {
	u32 id;
	u32 key_size;
	u32 value_size;
	char name[16];
} KERNEL_STRUCT;

/* Since 4.12; before that a pointer of its own and a bit-field. */
struct sk_buff___ct {
	u64 _nfct; /* struct nf_conn, and enum ip_conntrack_info in the lowest three bits */
} KERNEL_STRUCT;

struct sk_buff___nfct {
	void *nfct;
	u8 nfctinfo : 3;
} KERNEL_STRUCT;

/* Where neighbours of known offsets say that one of the above is (types/measure/). */
struct sk_buff___near {
	u64 nfct_near;
	u8 nfctinfo_near : 3;
} KERNEL_STRUCT;

struct nf_hook_state___4_1 {
	u8 hook; /* an unsigned int up to 5.4 */
	u8 pf;
	struct net_device *in, *out;
} KERNEL_STRUCT;

/*
 * Conntrack entries. The programs copy them whole; what is in them is read by user space, which
 * needs these members in packed types (btf/reduce/).
 */
struct nf_conntrack_zone {
	u16 id;
} KERNEL_STRUCT;

struct ip_ct_tcp {
	u8 state; /* enum tcp_conntrack */
} KERNEL_STRUCT;

struct ip_ct_sctp {
	u32 state; /* enum sctp_conntrack */
} KERNEL_STRUCT;

struct nf_ct_dccp {
	u8 state; /* enum ct_dccp_states; up to 6.15 */
} KERNEL_STRUCT;

union nf_conntrack_proto {
	struct nf_ct_dccp dccp;
	struct ip_ct_sctp sctp;
	struct ip_ct_tcp tcp;
} KERNEL_STRUCT;

struct nf_conn {
	struct nf_conntrack_zone zone;
	u8 tuplehash[2];
	unsigned long status;
	u32 timeout; /* in jiffies; relative as long as the entry is not confirmed */
	u32 mark;
	union nf_conntrack_proto proto;
} KERNEL_STRUCT;

struct timer_list {
	unsigned long expires;
} KERNEL_STRUCT;

/* Up to 4.8 */
struct nf_conn___timer {
	struct timer_list timeout;
} KERNEL_STRUCT;

/* Whether there is a tag: a separate bit from 5.0 to 6.1, later either field being non-zero. */
struct sk_buff___present {
	u8 vlan_present : 1;
} KERNEL_STRUCT;

struct sk_buff___all {
	u32 vlan_all; /* vlan_proto and vlan_tci */
} KERNEL_STRUCT;

#endif
