/* SPDX-License-Identifier: GPL-2.0-only */
/* ebt_private.h - what the files of the ebtables backend share. */
#ifndef NETFILTER_EBT_PRIVATE_H
#define NETFILTER_EBT_PRIVATE_H

#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter_bridge/ebtables.h>

#include "netfilter/ebt.h"
#include "netfilter/private.h"

/* A table as the kernel gave it: its entries, and the counters of its rules, in their order. */
struct ebt_blob {
	uint32_t valid_hooks;
	uint32_t nr_rules;
	size_t sz; /* of the entries */
	const uint8_t *entries;
	struct ebt_counter *counters;
};

/*
 * Add the table of these bytes to rs, which must own them. -ENOMEM; -EPROTO: they are none, or the
 * table's chains are not those of its hooks.
 */
int ebt_parse(struct nf_ruleset *rs, const char *name, struct ebt_blob *b);

/* A match, watcher or target of an entry: their headers are alike. */
struct ebt_part {
	size_t off; /* of the next one, from the entry's start */
	const char *name;
	unsigned int revision;
	const void *info;
	size_t sz;
};

/* The next part before `end`; false: there is none. */
static inline bool ebt_next_part(const uint8_t *entry, size_t end, struct ebt_part *p)
{
	struct ebt_entry_match hdr;

	if (p->off > end || end - p->off < sizeof(hdr))
		return false;
	memcpy(&hdr, entry + p->off, sizeof(hdr));
	if (hdr.match_size > end - p->off - sizeof(hdr) ||
	    !memchr(hdr.u.name, '\0', sizeof(hdr.u.name)))
		return false;
	p->name = (const char *)entry + p->off;
	p->revision = hdr.u.revision;
	p->info = entry + p->off + sizeof(hdr);
	p->sz = hdr.match_size;
	p->off += sizeof(hdr) + hdr.match_size;
	return true;
}

/* Its target, which ebt_parse() has checked. */
static inline void ebt_target_of(const struct nf_rule *r, const struct ebt_entry *e,
				 struct ebt_part *p)
{
	*p = (struct ebt_part){.off = e->target_offset};
	ebt_next_part(r->data, e->next_offset, p);
}

/*
 * The EtherType that rules see, host byte order: of a packet with an accelerated tag that of VLANs.
 * False: it is not known.
 */
bool ebt_protocol(const struct nf_packet *p, uint16_t *protocol);

/* A match by its name and structure. Unknown ones are NF_MAYBE. */
enum nf_truth ebt_match_eval(const char *name, unsigned int revision, const void *info, size_t sz,
			     const struct nf_packet *p);
/* Whether it is one of those of ebtables, which never drop a packet by themselves. */
bool ebt_match_is_own(const char *name);

/* What a target does; certain: it is reached. */
void ebt_target_outcome(const struct ebt_part *target, struct nf_packet *p, bool certain,
			struct nf_outcome *o);
/* enum nf_change of a target. */
uint8_t ebt_target_changes(const struct ebt_part *target);
/* enum nf_action of a standard verdict, below 0. */
uint8_t ebt_action_of(int verdict);

#endif
