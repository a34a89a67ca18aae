/* SPDX-License-Identifier: GPL-2.0-only */
/* text_private.h - what the files that write rules as text share. */
#ifndef NETFILTER_TEXT_PRIVATE_H
#define NETFILTER_TEXT_PRIVATE_H

#include "base/textbuf.h"
#include "netfilter/ruleset.h"

/* Each appends to t, and returns whether all parts are known. */
bool xt_rule_text(const struct nf_chain *chain, const struct nf_rule *r, struct textbuf *t);
bool ebt_rule_text(const struct nf_chain *chain, const struct nf_rule *r, struct textbuf *t);
bool nft_rule_text(const struct nf_chain *chain, const struct nf_rule *r, struct textbuf *t);

/*
 * " -m tcp --dport 80", " -j REJECT --reject-with icmp-port-unreachable", from the kernel's
 * structure, whose layout follows from name, revision and size.
 */
bool xt_match_text(const char *name, unsigned int revision, const void *info, size_t sz,
		   const struct nf_table *table, struct textbuf *t);
bool xt_target_text(const char *name, unsigned int revision, const void *info, size_t sz,
		    const struct nf_table *table, struct textbuf *t);

/* A rule of iptables-nft as iptables shows it. False: it does not look like one; t is empty then.
 */
bool nft_rule_xt_text(const struct nf_chain *chain, const struct nf_rule *r, struct textbuf *t,
		      bool *known);

/* ---- the plain part of xtables ---- */

/* Of both families, with the flags of IPv4: IPT_F_*, IPT_INV_*. */
struct xt_text_plain {
	const void *addr[2], *mask[2]; /* source and destination */
	const char *dev[2];	       /* input and output: 16 bytes */
	const unsigned char *dev_mask[2];
	uint8_t proto, flags, invert, flags_known, invert_known;
};

/* " -s 10.0.0.0/8 -p tcp" */
bool xt_plain_text(struct textbuf *t, const struct xt_text_plain *pl, uint8_t family);

/* ---- extensions of xtables ---- */

#define XT_INFO_MAX 2560 /* bytes; larger ones are not known */

/* A match or target. */
struct xt_part {
	struct textbuf *t;
	uint8_t family;
	const struct nf_ipsets *ipsets; /* of its table */
	const void *info;		/* of its known size, aligned */
	const char *name;		/* may be replaced by the name that users know it by */
};

/* Append its options. False: there is something in it that is not known; what was appended is taken
 * back. */
typedef bool (*xt_text_fn)(struct xt_part *p);

struct xt_text_ext {
	char name[12];
	uint8_t revision;
	uint8_t family; /* 0: any */
	uint16_t sz;
	xt_text_fn fn; /* NULL: it has no options */
};

/* " -m NAME" or " -j NAME", with the options; `kind`: "match", "target". */
struct xt_text_of {
	const char *kind;
	const char *option;
	const struct xt_text_ext *exts;
	size_t nr;
};

bool xt_ext_text(const struct xt_text_of *of, const char *name, unsigned int revision,
		 const void *info, size_t sz, const struct nf_table *table, struct textbuf *t);

/* Take back what is behind len. */
static inline void text_back_to(struct textbuf *t, size_t len)
{
	t->len = len;
	if (len < t->sz)
		t->buf[len] = '\0';
}

/* " --NAME", " ! --NAME" */
void xt_text_opt(struct xt_part *p, bool invert, const char *name);
/* " 5", " 5:7", with another sign between */
void xt_text_range(struct xt_part *p, unsigned int lo, unsigned int hi, char sep);
/* " 0x5/0xff", " 0x5" */
void xt_text_mark(struct xt_part *p, uint32_t mark, uint32_t mask);
/* A text of at most max bytes, quoted as iptables-save does where it must be. */
void xt_text_quoted(struct xt_part *p, const char *s, size_t max);
/* " --NAME SET src,dst" of struct xt_set_info; false: the set's name is not known. */
bool xt_text_set(struct xt_part *p, const char *name, const void *set_info);
/* The n-th of words between spaces; false: it is "-", or there are not that many. */
bool text_word(struct textbuf *t, const char *words, unsigned int n);
/* The words of bits, from the lowest, with a sign between; false: others are set. */
bool text_bits(struct textbuf *t, uint32_t bits, const char *words, const char *sep);
/* An address of the family, without a space before it. */
void text_addr(struct textbuf *t, uint8_t family, const void *addr);
/* The same with its mask: "10.0.0.0/8", "10.0.0.1/255.0.0.255". */
void text_addr_mask(struct textbuf *t, uint8_t family, const void *addr, const void *mask);
/* NULL: it has no name that is the same everywhere. */
const char *text_protocol(uint8_t protocol);

#endif
