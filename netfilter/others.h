/* SPDX-License-Identifier: GPL-2.0-only */
/* others.h - who drops packets at the hooks of netfilter, too, but has no rules that are read. */
#ifndef NETFILTER_OTHERS_H
#define NETFILTER_OTHERS_H

#include "netfilter/packet.h"

/* BPF programs of netfilter (6.4): a bit for each hook, 0 of IPv4 and 1 of IPv6. */
struct nf_bpf_hooks {
	uint32_t of[2];
};

/* All that are attached, in any namespace: the kernel does not tell in which. */
void nf_bpf_look(struct nf_bpf_hooks *b);
/* Whether one of them may have dropped the packet. */
bool nf_bpf_may_drop(const struct nf_bpf_hooks *b, const struct nf_packet *p);

/*
 * Whether the interface of the calling thread's namespace is a bridge or a port of one, or that is
 * unknown.
 */
bool nf_is_bridged(uint32_t ifindex);
/* The same for ports only. */
bool nf_is_port(uint32_t ifindex);

/* The bridge that it is a port of; 0: it is none. False: that is not known. */
bool nf_bridge_of(uint32_t ifindex, uint32_t *bridge);

/* Whether bridges may call the hooks of IP: it is in the kernel, or its module loaded. */
bool nf_has_bridge_calls(bool builtin);

#endif
