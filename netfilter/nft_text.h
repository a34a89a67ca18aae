/* SPDX-License-Identifier: GPL-2.0-only */
/* nft_text.h - what the files that write rules of nftables share. */
#ifndef NETFILTER_NFT_TEXT_H
#define NETFILTER_NFT_TEXT_H

#include "netfilter/nft_private.h"
#include "netfilter/text_private.h"

#define NFT_TEXT_WORDS 16 /* registers of 32 bits */

#define NFT_TEXT_BIG_ENDIAN (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* How a value is written. */
enum nft_text_type {
	NFT_TEXT_HEX,
	NFT_TEXT_NUM,
	NFT_TEXT_MARK,
	NFT_TEXT_ADDR,
	NFT_TEXT_MAC,
	NFT_TEXT_PROTO,
	NFT_TEXT_ETHER,
	NFT_TEXT_NAME,
	NFT_TEXT_NFPROTO,
	NFT_TEXT_STATE,
	NFT_TEXT_STATUS,
	NFT_TEXT_FLAGS,
	NFT_TEXT_DIR,
	NFT_TEXT_CAST,
	NFT_TEXT_ROUTE,
	NFT_TEXT_BOOL,
	NFT_TEXT_LINK,
	NFT_TEXT_ICMP,
};

/* What is in a register, in its first word. */
struct nft_value {
	bool is_set;
	bool is_host;		    /* its bytes are in the machine's order */
	bool has_xor;		    /* xor_ is not zero */
	uint8_t type;		    /* enum nft_text_type */
	uint8_t sz;		    /* bytes */
	uint8_t full;		    /* of the field, if less of it was loaded; 0: of no field */
	uint8_t shift;		    /* the bits below are not part of it */
	bool is_v6;		    /* of ICMPv6 */
	uint8_t proto, off;	    /* of a header: private to nft_text_load.c */
	const uint8_t *mask, *xor_; /* what it was changed by; NULL: nothing */
	const uint8_t *data;	    /* a constant; NULL: it is none */
	char name[40];
};

/* Where a condition on the protocol stands in the text, which a field makes superfluous. */
struct nft_dependency {
	size_t start, end; /* 0: there is none */
};

struct nft_text {
	struct textbuf *t;
	struct nft_xt *xt; /* of a rule of iptables-nft; NULL: the text is as nft's */
	const struct nf_table *table;
	bool known;
	bool incomplete; /* something within an expression is not known */
	uint8_t l3, l4;	 /* NFPROTO_*, IPPROTO_*; 0: not known */
	struct nft_dependency dep3, dep4;
	/* the last condition, if it was ">=": its value, register, and place in the text */
	const uint8_t *from;
	const struct nft_value *from_value;
	size_t from_start, from_end;
	struct nft_value regs[NFT_TEXT_WORDS];
};

/* Go through the expressions of a rule. False: one is not known. */
bool nft_text_walk(struct nft_text *r, const struct nf_rule *rule);

/* With r->xt, in place of what nft would say. False: iptables has no such thing. */
bool nft_xt_cmp(struct nft_text *r, const struct nft_value *v, const uint8_t *d, size_t sz,
		uint32_t op);
bool nft_xt_range(struct nft_text *r, const struct nft_value *v, const uint8_t *lo,
		  const uint8_t *hi, bool invert);
bool nft_xt_statement(struct nft_text *r, const char *name, struct nl_attrs attrs);

/* Appends what an expression says. False: it is not known; what was appended is taken back. */
struct nft_text_expr {
	char name[12];
	bool (*fn)(struct nft_text *r, struct nl_attrs attrs);
};

/* Those that load a register or change it, and statements. A name of "" is the end. */
extern const struct nft_text_expr nft_text_loads[], nft_text_statements[];

bool nft_text_statement(struct nft_text *r, const char *name, struct nl_attrs attrs);

/* ---- registers ---- */

/* NULL: there is no such one. */
struct nft_value *nft_text_reg(struct nft_text *r, uint32_t reg);
/* The value in the register that an attribute names; NULL: not known. */
const struct nft_value *nft_text_at(struct nft_text *r, struct nl_attrs attrs, uint16_t type);
/* A statement does something only where the conditions before it hold: they stay in front of it. */
static inline void nft_text_keep_dependencies(struct nft_text *r)
{
	r->dep3 = r->dep4 = (struct nft_dependency){0};
}

/* False: there is no such register. */
bool nft_text_store(struct nft_text *r, struct nl_attrs attrs, uint16_t type,
		    const struct nft_value *v);

/* ---- values ---- */

uint64_t nft_text_number(const struct nft_value *v, const uint8_t *d);
void nft_text_value(struct textbuf *t, const struct nft_value *v, const uint8_t *d);
void nft_text_range(struct textbuf *t, const struct nft_value *v, const uint8_t *lo,
		    const uint8_t *hi);
/* The prefix that a range is, in bits; -1: it is none. */
int nft_text_prefix(const uint8_t *lo, const uint8_t *hi, size_t sz);
/* Names of bits with a sign between; false: some have none, and it is a number. */
bool nft_text_bits(struct textbuf *t, uint8_t type, uint64_t n, const char *sep);
/* The bytes of an attribute that holds a value; NULL: there is none. */
const uint8_t *nft_text_data(struct nl_attrs attrs, uint16_t type, size_t *sz);

/* The constant in a register, of sz bytes; NULL: it has none. */
const uint8_t *nft_text_constant(struct nft_text *r, struct nl_attrs attrs, uint16_t type,
				 size_t sz);

#endif
