/* SPDX-License-Identifier: GPL-2.0-only */
/* xt_private.h - what the files of the xtables backend share. */
#ifndef NETFILTER_XT_PRIVATE_H
#define NETFILTER_XT_PRIVATE_H

#include <string.h>

#include <linux/netfilter_arp/arp_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "netfilter/private.h"

/* What differs between iptables, ip6tables and arptables. */
struct xt_family {
	uint8_t family; /* NFPROTO_* */
	int domain;	/* AF_* */
	int level;	/* of the socket options */
	int get_info;	/* the option; the next one gets the entries */
	const char *names;
	const char *const *hooks; /* names of its chains */
	size_t entry_sz;
	size_t offsets_off; /* of target_offset and next_offset, in the entry */
	size_t counters_off;
	size_t flags_off;
	uint8_t goto_flag;
};

const struct xt_family *xt_family_of(uint8_t family);

/* A table as the kernel gave it; for ip6tables the structures are the same, for arptables made so.
 */
struct xt_blob {
	struct ipt_getinfo info;
	uint8_t entries[]; /* info.size bytes */
};

/* A walk over the matches of an entry. */
struct xt_match_at {
	size_t off; /* of the next match, from the same start as `end` */
	const char *name;
	unsigned int revision;
	const void *info;
	size_t sz;
};

/* The next match before `end`; false: there is none. */
static inline bool xt_next_match(const uint8_t *data, size_t end, struct xt_match_at *m)
{
	struct xt_entry_match hdr;

	if (m->off > end || end - m->off < sizeof(hdr))
		return false;
	memcpy(&hdr, data + m->off, sizeof(hdr));
	if (hdr.u.match_size < sizeof(hdr) || hdr.u.match_size > end - m->off)
		return false;
	m->name = (const char *)data + m->off + offsetof(struct xt_entry_match, u.user.name);
	if (!memchr(m->name, '\0', XT_EXTENSION_MAXNAMELEN))
		return false;
	m->revision = hdr.u.user.revision;
	m->info = data + m->off + sizeof(hdr);
	m->sz = hdr.u.match_size - sizeof(hdr);
	m->off += hdr.u.match_size;
	return true;
}

#endif
