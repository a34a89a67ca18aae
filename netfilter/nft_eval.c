// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of nftables: the expressions of one rule, evaluated as nft_do_chain() does, on registers of
 * which each word may be unknown.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "base/bytes.h"
#include "netfilter/nft_private.h"

#define NR_WORDS      20 /* the verdict's register takes four words */
#define FIRST_WORD    4
#define WORD	      4
#define UNTRACKED_BIT 64 /* NF_CT_STATE_UNTRACKED_BIT, of the kernel's own header */

/* Of each byte: bits that are known; where in the network header it is from, counted from 1, and
 * its bits that are still as there. */
struct regs {
	uint8_t data[NR_WORDS * WORD];
	uint8_t known[NR_WORDS * WORD];
	uint8_t from[NR_WORDS * WORD], kept[NR_WORDS * WORD];
};

struct eval {
	const struct nf_table *table;
	struct nf_packet *p;
	struct nf_outcome *o;
	struct regs regs;
	enum nf_truth truth; /* of the expressions so far: NF_YES or NF_MAYBE */
	bool has_verdict;
};

/* ---- registers ---- */

/* nft_parse_register(): the first byte of a register; -1: there is no such one. */
static int reg_off(uint32_t reg)
{
	if (reg >= NFT_REG_1 && reg <= NFT_REG_4)
		return (int)reg * 16;
	if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		return (int)(reg - NFT_REG32_00 + FIRST_WORD) * WORD;
	return -1;
}

static bool is_known(const struct regs *r, int off, size_t sz)
{
	for (size_t i = 0; i < sz; i++)
		if (r->known[(size_t)off + i] != 0xff)
			return false;
	return true;
}

/* The bytes of a register, where there are that many; NULL: no such register. */
static uint8_t *reg_at(struct regs *r, struct nl_attrs attrs, uint16_t type, size_t sz, int *off)
{
	*off = reg_off(nl_find_be32(attrs, type, 0));
	return *off < 0 || sz > sizeof(r->data) - (size_t)*off ? NULL : r->data + *off;
}

static void forget_all(struct eval *e)
{
	memset(e->regs.known, 0, sizeof(e->regs.known));
}

/* Store a value, padded to whole words as the kernel does; v NULL: unknown. */
static void store(struct eval *e, struct nl_attrs attrs, uint16_t type, const void *v, size_t sz)
{
	size_t whole = (sz + WORD - 1) & ~(size_t)(WORD - 1);
	int off;
	uint8_t *dst = reg_at(&e->regs, attrs, type, whole, &off);

	if (!dst) {
		forget_all(e);
		return;
	}
	memset(dst, 0, whole);
	if (v)
		memcpy(dst, v, sz);
	memset(e->regs.known + off, v ? 0xff : 0, whole);
	memset(e->regs.kept + off, 0, whole);
}

static void be_unsure(struct eval *e)
{
	e->truth = NF_MAYBE;
}

/* An expression may drop the packet by itself. */
static void note_drop(struct eval *e, enum nf_truth drops, const char *name)
{
	nf_note_drop(e->o, e->truth, drops, "by expression", name);
}

/* ---- verdicts ---- */

static void take_verdict(struct eval *e, struct nl_attrs data)
{
	struct nl_attr verdict;
	const char *chain;
	int32_t code;

	e->has_verdict = true;
	e->o->action = NF_ACT_UNKNOWN;
	if (!nl_find(data, NFTA_DATA_VERDICT, &verdict))
		return;
	code = (int32_t)nl_find_be32(nl_nested(&verdict), NFTA_VERDICT_CODE, 0x7fffffff);
	switch (code) {
	case NFT_CONTINUE:
		e->o->action = NF_ACT_CONTINUE;
		return;
	case NFT_RETURN:
		e->o->action = NF_ACT_RETURN;
		return;
	case NFT_JUMP:
	case NFT_GOTO:
		chain = nl_find_str(nl_nested(&verdict), NFTA_VERDICT_CHAIN);
		e->o->action = code == NFT_JUMP ? NF_ACT_JUMP : NF_ACT_GOTO;
		e->o->chain = chain ? nf_chain_find(e->table, chain) : NULL;
		return;
	}
	switch (code & NF_VERDICT_MASK) {
	case NF_DROP:
		e->o->action = NF_ACT_DROP;
		break;
	case NF_ACCEPT:
		e->o->action = NF_ACT_ACCEPT;
		break;
	case NF_STOLEN:
		e->o->action = NF_ACT_STOLEN;
		break;
	case NF_QUEUE:
		e->o->action = NF_ACT_QUEUE;
		nf_queue_outcome(e->o, (uint32_t)code >> 16, 1,
				 code & NF_VERDICT_FLAG_QUEUE_BYPASS);
		break;
	}
}

static void end_with(struct eval *e, enum nf_action action)
{
	e->has_verdict = true;
	e->o->action = action;
}

/* ---- expressions that load ---- */

/* What was loaded from the network header: rules may have seen other bits, and may write it back.
 */
static void note_origin(struct eval *e, struct nl_attrs attrs, uint32_t from, uint32_t sz)
{
	int off;

	if (!reg_at(&e->regs, attrs, NFTA_PAYLOAD_DREG, sz, &off))
		return;
	for (uint32_t i = 0; i < sz && from + i < UINT8_MAX; i++) {
		e->regs.from[(uint32_t)off + i] = (uint8_t)(from + i + 1);
		e->regs.kept[(uint32_t)off + i] = 0xff;
		if (from + i < NF_TOP_SZ)
			e->regs.known[(uint32_t)off + i] &= (uint8_t)~e->p->unsure[from + i];
	}
}

/* nft_payload_csum_inet(), nft_payload_l4csum_offset(): IPv4's own goes with each write. */
static void write_checksum(struct eval *e, struct nl_attrs attrs, uint32_t base)
{
	uint32_t at = nl_find_be32(attrs, NFTA_PAYLOAD_CSUM_OFFSET, 0);

	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && nl_find_be32(attrs, NFTA_PAYLOAD_CSUM_TYPE, 0))
		nf_packet_forget_l4(e->p, at);
	if (nl_find_be32(attrs, NFTA_PAYLOAD_CSUM_FLAGS, 0))
		nf_packet_forget_l4_checksum(e->p);
}

/* sz bytes of a register at off of the network header; at: of the register, -1: there is none. */
static void write_network(struct eval *e, uint32_t off, int at, uint32_t sz, bool certain)
{
	static const uint8_t none[NFT_KEY_MAX];
	const struct regs *r = &e->regs;
	uint8_t kept[NFT_KEY_MAX] = {0};

	if (at < 0) {
		nf_packet_write(e->p, off, &(struct nf_value){none, none, none}, sz, false);
		return;
	}
	for (uint32_t i = 0; i < sz; i++)
		if (r->from[(uint32_t)at + i] == off + i + 1)
			kept[i] = r->kept[(uint32_t)at + i];
	nf_packet_write(e->p, off, &(struct nf_value){r->data + at, r->known + at, kept}, sz,
			certain);
}

static void write_payload(struct eval *e, struct nl_attrs attrs, uint32_t base)
{
	uint32_t off = nl_find_be32(attrs, NFTA_PAYLOAD_OFFSET, 0);
	uint32_t sz = nl_find_be32(attrs, NFTA_PAYLOAD_LEN, 0);
	bool certain = e->truth == NF_YES;
	int at;

	if (base != NFT_PAYLOAD_NETWORK_HEADER || off > UINT8_MAX || off + sz > e->p->hdr_len) {
		be_unsure(e);
		certain = false;
	}
	if (!reg_at(&e->regs, attrs, NFTA_PAYLOAD_SREG, sz, &at))
		at = -1;
	if (sz > NFT_KEY_MAX || (base == NFT_PAYLOAD_NETWORK_HEADER && off > UINT8_MAX))
		nf_packet_forget(e->p);
	else if (base == NFT_PAYLOAD_NETWORK_HEADER)
		write_network(e, off, at, sz, certain);
	else if (base == NFT_PAYLOAD_TRANSPORT_HEADER)
		nf_packet_forget_l4(e->p, off);
	else if (base != NFT_PAYLOAD_LL_HEADER)
		nf_packet_forget(e->p);
	write_checksum(e, attrs, base);
	memset(e->regs.kept, 0, sizeof(e->regs.kept));
}

static void eval_payload(struct eval *e, struct nl_attrs attrs)
{
	uint32_t base = nl_find_be32(attrs, NFTA_PAYLOAD_BASE, 0xff);
	uint32_t off = nl_find_be32(attrs, NFTA_PAYLOAD_OFFSET, 0);
	uint32_t sz = nl_find_be32(attrs, NFTA_PAYLOAD_LEN, 0);
	const struct nf_packet *p = e->p;
	const uint8_t *v = NULL;
	struct nl_attr a;

	if (nl_find(attrs, NFTA_PAYLOAD_SREG, &a)) {
		write_payload(e, attrs, base);
		return;
	}
	if (sz > NFT_KEY_MAX || off > 0xffff) {
		forget_all(e);
		be_unsure(e);
		return;
	}
	if (base == NFT_PAYLOAD_NETWORK_HEADER && off + sz <= p->hdr_len)
		v = p->hdr + off;
	else if (base == NFT_PAYLOAD_TRANSPORT_HEADER && p->has_l4 &&
		 p->l4_off + off + sz <= p->hdr_len)
		v = p->hdr + p->l4_off + off;
	/* A load past the packet's end does not match; where that is may be unknown. Nor does one
	 * of a fragment's data as if they were a header, but not with all kernels and sizes. */
	if (!v || (base == NFT_PAYLOAD_TRANSPORT_HEADER && p->is_fragment))
		be_unsure(e);
	store(e, attrs, NFTA_PAYLOAD_DREG, v, sz);
	if (base == NFT_PAYLOAD_NETWORK_HEADER)
		note_origin(e, attrs, off, sz);
}

/* Kernels differ in what they load where there is no device: nothing (and do not match), or 0. */
static void load_dev(struct eval *e, struct nl_attrs attrs, const struct nf_dev *dev, bool by_name)
{
	if (dev->known && !dev->ifindex)
		be_unsure(e);
	if (by_name)
		store(e, attrs, NFTA_META_DREG,
		      dev->known && (dev->name[0] || !dev->ifindex) ? dev->name : NULL,
		      sizeof(dev->name));
	else
		store(e, attrs, NFTA_META_DREG, dev->known ? &dev->ifindex : NULL,
		      sizeof(dev->ifindex));
}

static void load_meta(struct eval *e, struct nl_attrs attrs)
{
	uint32_t key = nl_find_be32(attrs, NFTA_META_KEY, 0xff);
	const struct nf_packet *p = e->p;
	uint16_t protocol = htons(p->protocol);
	uint8_t nfproto = p->family;

	switch (key) {
	case NFT_META_LEN:
		store(e, attrs, NFTA_META_DREG, p->has_len ? &p->len : NULL, 4);
		break;
	case NFT_META_PROTOCOL:
		store(e, attrs, NFTA_META_DREG, p->protocol ? &protocol : NULL, 2);
		break;
	case NFT_META_MARK:
		store(e, attrs, NFTA_META_DREG, p->has_mark ? &p->mark : NULL, 4);
		break;
	case NFT_META_IIF:
	case NFT_META_IIFNAME:
		load_dev(e, attrs, &p->in, key == NFT_META_IIFNAME);
		break;
	case NFT_META_OIF:
	case NFT_META_OIFNAME:
		load_dev(e, attrs, &p->out, key == NFT_META_OIFNAME);
		break;
	case NFT_META_NFPROTO:
		store(e, attrs, NFTA_META_DREG, &nfproto, 1);
		break;
	case NFT_META_L4PROTO:
		if (!p->has_l4)
			be_unsure(e);
		store(e, attrs, NFTA_META_DREG, p->has_l4 ? &p->l4_proto : NULL, 1);
		break;
	default:
		be_unsure(e);
		store(e, attrs, NFTA_META_DREG, NULL, 16);
	}
}

static void eval_meta(struct eval *e, struct nl_attrs attrs)
{
	struct nl_attr a;
	int off;
	const uint8_t *src;

	if (!nl_find(attrs, NFTA_META_SREG, &a)) {
		load_meta(e, attrs);
		return;
	}
	if (nl_find_be32(attrs, NFTA_META_KEY, 0xff) != NFT_META_MARK)
		return;
	src = reg_at(&e->regs, attrs, NFTA_META_SREG, 4, &off);
	e->p->has_mark = src && is_known(&e->regs, off, 4) && e->truth == NF_YES;
	if (e->p->has_mark)
		memcpy(&e->p->mark, src, 4);
}

/* nft_ct_get_eval(): the state as a mask. */
static uint32_t ct_state(const struct nf_packet *p)
{
	if (p->ct_info == NF_CT_INVALID)
		return NF_CT_STATE_INVALID_BIT;
	if (p->ct_info == NF_CT_UNTRACKED)
		return UNTRACKED_BIT;
	return NF_CT_STATE_BIT(p->ct_info);
}

static void eval_ct(struct eval *e, struct nl_attrs attrs)
{
	uint32_t key = nl_find_be32(attrs, NFTA_CT_KEY, 0xff), state;
	struct nl_attr a;

	if (!nl_find(attrs, NFTA_CT_DREG, &a))
		return; /* sets something of the connection */
	if (key != NFT_CT_STATE || !e->p->has_ct) {
		be_unsure(e);
		store(e, attrs, NFTA_CT_DREG, NULL, 16);
		return;
	}
	state = ct_state(e->p);
	store(e, attrs, NFTA_CT_DREG, &state, sizeof(state));
}

/* ---- expressions that compute and compare ---- */

/* The source and the destination of a bitwise expression, of the same size. */
static uint8_t *bitwise_at(struct eval *e, struct nl_attrs attrs, uint32_t sz, int *from, int *to)
{
	uint8_t *src = reg_at(&e->regs, attrs, NFTA_BITWISE_SREG, sz, from);

	return src && reg_at(&e->regs, attrs, NFTA_BITWISE_DREG, sz, to) ? src : NULL;
}

static void eval_bitwise(struct eval *e, struct nl_attrs attrs)
{
	uint32_t sz = nl_find_be32(attrs, NFTA_BITWISE_LEN, 0);
	struct nl_attr a, mask, flip;
	uint8_t out[NFT_KEY_MAX];
	struct regs was = e->regs;
	int from, to;
	uint8_t *src = sz && sz <= sizeof(out) ? bitwise_at(e, attrs, sz, &from, &to) : NULL;

	/* others than mask and xor came with 5.7 and 6.13 */
	if (!src || nl_find_be32(attrs, 6 /* NFTA_BITWISE_OP */, 0) ||
	    !nl_find(attrs, NFTA_BITWISE_MASK, &a) ||
	    !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &mask) ||
	    !nl_find(attrs, NFTA_BITWISE_XOR, &a) ||
	    !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &flip) || mask.sz != sz || flip.sz != sz) {
		store(e, attrs, NFTA_BITWISE_DREG, NULL, sz && sz <= sizeof(out) ? sz : 16);
		return;
	}
	for (uint32_t i = 0; i < sz; i++)
		out[i] = (src[i] & ((const uint8_t *)mask.data)[i]) ^
			 ((const uint8_t *)flip.data)[i];
	store(e, attrs, NFTA_BITWISE_DREG, out, sz);
	for (uint32_t i = 0; i < sz; i++) {
		uint8_t m = ((const uint8_t *)mask.data)[i], f = ((const uint8_t *)flip.data)[i];
		uint32_t at = (uint32_t)from + i;

		e->regs.known[(uint32_t)to + i] = was.known[at] | (uint8_t)~m;
		e->regs.from[(uint32_t)to + i] = was.from[at];
		e->regs.kept[(uint32_t)to + i] = (uint8_t)(was.kept[at] & m & ~f);
	}
}

static void eval_byteorder(struct eval *e, struct nl_attrs attrs)
{
	uint32_t sz = nl_find_be32(attrs, NFTA_BYTEORDER_LEN, 0);
	uint32_t unit = nl_find_be32(attrs, NFTA_BYTEORDER_SIZE, 0);
	uint8_t out[NFT_KEY_MAX];
	int off;
	uint8_t *src = sz && sz <= sizeof(out)
			       ? reg_at(&e->regs, attrs, NFTA_BYTEORDER_SREG, sz, &off)
			       : NULL;

	if (!src || (unit != 2 && unit != 4 && unit != 8) || sz % unit ||
	    !is_known(&e->regs, off, sz)) {
		store(e, attrs, NFTA_BYTEORDER_DREG, NULL, sz && sz <= sizeof(out) ? sz : 16);
		return;
	}
	for (uint32_t i = 0; i < sz; i++)
		out[i] = htons(1) == 1 ? src[i] : src[i / unit * unit + unit - 1 - i % unit];
	store(e, attrs, NFTA_BYTEORDER_DREG, out, sz);
}

static bool cmp_holds(uint32_t op, int diff)
{
	switch (op) {
	case NFT_CMP_EQ:
		return diff == 0;
	case NFT_CMP_NEQ:
		return diff != 0;
	case NFT_CMP_LT:
		return diff < 0;
	case NFT_CMP_LTE:
		return diff <= 0;
	case NFT_CMP_GT:
		return diff > 0;
	}
	return diff >= 0;
}

/* Whether a bit that is known is another one. */
static bool differs(const struct regs *r, int off, const struct nl_attr *value)
{
	const uint8_t *v = value->data;

	for (size_t i = 0; i < value->sz; i++)
		if ((r->data[(size_t)off + i] ^ v[i]) & r->known[(size_t)off + i])
			return true;
	return false;
}

static enum nf_truth eval_cmp(struct eval *e, struct nl_attrs attrs)
{
	uint32_t op = nl_find_be32(attrs, NFTA_CMP_OP, 0xff);
	struct nl_attr a, value;
	const uint8_t *src;
	int off;

	if (op > NFT_CMP_GTE || !nl_find(attrs, NFTA_CMP_DATA, &a) ||
	    !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &value))
		return NF_MAYBE;
	src = reg_at(&e->regs, attrs, NFTA_CMP_SREG, value.sz, &off);
	if (src && (op == NFT_CMP_EQ || op == NFT_CMP_NEQ) && differs(&e->regs, off, &value))
		return nf_truth_of(op == NFT_CMP_NEQ);
	if (!src || !is_known(&e->regs, off, value.sz))
		return NF_MAYBE;
	return nf_truth_of(cmp_holds(op, memcmp(src, value.data, value.sz)));
}

static enum nf_truth eval_range(struct eval *e, struct nl_attrs attrs)
{
	struct nl_attr a, from, to;
	const uint8_t *src;
	bool inside;
	int off;

	if (!nl_find(attrs, NFTA_RANGE_FROM_DATA, &a) ||
	    !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &from) ||
	    !nl_find(attrs, NFTA_RANGE_TO_DATA, &a) ||
	    !nl_find(nl_nested(&a), NFTA_DATA_VALUE, &to) || from.sz != to.sz)
		return NF_MAYBE;
	src = reg_at(&e->regs, attrs, NFTA_RANGE_SREG, from.sz, &off);
	if (!src || !is_known(&e->regs, off, from.sz))
		return NF_MAYBE;
	inside = memcmp(src, from.data, from.sz) >= 0 && memcmp(src, to.data, to.sz) <= 0;
	return nf_truth_of(inside == !nl_find_be32(attrs, NFTA_RANGE_OP, 0));
}

/* "8032", "10.0.0.7", or nothing for keys of other sizes */
static void describe_key(struct eval *e, const uint8_t *key, size_t sz)
{
	if (sz == 2)
		snprintf(e->o->detail, sizeof(e->o->detail), "map element %u",
			 (unsigned int)key[0] << 8 | key[1]);
	else if (sz == 4)
		snprintf(e->o->detail, sizeof(e->o->detail), "map element %u.%u.%u.%u", key[0],
			 key[1], key[2], key[3]);
	else
		snprintf(e->o->detail, sizeof(e->o->detail), "by a map");
}

static enum nf_truth eval_lookup(struct eval *e, struct nl_attrs attrs)
{
	const char *name = nl_find_str(attrs, NFTA_LOOKUP_SET);
	const struct nf_set *set = name ? nft_set_find(e->table, name) : NULL;
	bool invert = nl_find_be32(attrs, NFTA_LOOKUP_FLAGS, 0) & NFT_LOOKUP_F_INV;
	const struct nf_set_elem *elem = NULL;
	enum nf_truth found = NF_MAYBE;
	struct nl_attr dreg, value;
	const uint8_t *src;
	int off;

	if (set) {
		src = reg_at(&e->regs, attrs, NFTA_LOOKUP_SREG, set->key_sz, &off);
		if (src && is_known(&e->regs, off, set->key_sz))
			found = nft_set_lookup(set, src, set->key_sz, &elem);
	}
	if (!nl_find(attrs, NFTA_LOOKUP_DREG, &dreg))
		return invert ? nf_not(found) : found;
	if (found == NF_NO)
		return NF_NO;
	if (nl_be32(&dreg) == NFT_REG_VERDICT) {
		end_with(e, NF_ACT_UNKNOWN);
		if (elem)
			take_verdict(e, nl_attrs_of(elem->data, elem->data_sz));
		if (elem && !elem->is_catchall)
			describe_key(e, elem->key, set->key_sz);
		return found;
	}
	if (elem && elem->data &&
	    nl_find(nl_attrs_of(elem->data, elem->data_sz), NFTA_DATA_VALUE, &value) &&
	    value.sz <= NFT_KEY_MAX)
		store(e, attrs, NFTA_LOOKUP_DREG, value.data, value.sz);
	else
		forget_all(e);
	return found;
}

/* ---- expressions that decide ---- */

static void eval_immediate(struct eval *e, struct nl_attrs attrs)
{
	struct nl_attr data, value;

	if (!nl_find(attrs, NFTA_IMMEDIATE_DATA, &data)) {
		forget_all(e);
		be_unsure(e);
	} else if (nl_find_be32(attrs, NFTA_IMMEDIATE_DREG, 0xff) == NFT_REG_VERDICT) {
		take_verdict(e, nl_nested(&data));
	} else if (nl_find(nl_nested(&data), NFTA_DATA_VALUE, &value) && value.sz <= NFT_KEY_MAX) {
		store(e, attrs, NFTA_IMMEDIATE_DREG, value.data, value.sz);
	} else {
		forget_all(e);
	}
}

static void eval_reject(struct eval *e, struct nl_attrs attrs)
{
	end_with(e, NF_ACT_REJECT);
	if (nl_find_be32(attrs, NFTA_REJECT_TYPE, 0) == NFT_REJECT_TCP_RST)
		snprintf(e->o->detail, sizeof(e->o->detail), "tcp reset");
}

static unsigned int find_be16(struct nl_attrs attrs, uint16_t type)
{
	struct nl_attr a;

	return nl_find(attrs, type, &a) && a.sz == 2 ? be16_at(a.data) : 0;
}

static void eval_queue(struct eval *e, struct nl_attrs attrs)
{
	struct nl_attr a;

	end_with(e, NF_ACT_QUEUE);
	if (nl_find(attrs, NFTA_QUEUE_NUM, &a))
		nf_queue_outcome(e->o, find_be16(attrs, NFTA_QUEUE_NUM),
				 find_be16(attrs, NFTA_QUEUE_TOTAL),
				 find_be16(attrs, NFTA_QUEUE_FLAGS) & NFT_QUEUE_FLAG_BYPASS);
}

static enum nf_truth eval_match(struct eval *e, struct nl_attrs attrs)
{
	const char *name = nl_find_str(attrs, NFTA_MATCH_NAME);
	enum nf_truth drops;
	struct nl_attr info;

	if (!name || !nl_find(attrs, NFTA_MATCH_INFO, &info)) {
		note_drop(e, NF_MAYBE, "match");
		return NF_MAYBE;
	}
	drops = xt_match_drops(name, info.data, info.sz, e->p);
	nf_note_drop(e->o, e->truth, drops, "while testing match", name);
	if (drops == NF_YES)
		return NF_NO;
	return xt_match_eval(name, nl_find_be32(attrs, NFTA_MATCH_REV, 0), info.data, info.sz, e->p,
			     e->table->ipsets);
}

static void eval_target(struct eval *e, struct nl_attrs attrs)
{
	const char *name = nl_find_str(attrs, NFTA_TARGET_NAME);
	struct nl_attr info = {0};

	nl_find(attrs, NFTA_TARGET_INFO, &info);
	e->o->action = NF_ACT_UNKNOWN;
	if (name)
		xt_target_outcome(name, nl_find_be32(attrs, NFTA_TARGET_REV, 0), info.data, info.sz,
				  e->p, e->truth == NF_YES, e->o);
	e->has_verdict = e->o->action != NF_ACT_CONTINUE;
	e->o->target = name;
}

static void eval_objref(struct eval *e, struct nl_attrs attrs)
{
	const char *map = nl_find_str(attrs, NFTA_OBJREF_SET_NAME);
	const struct nf_set *set = map ? nft_set_find(e->table, map) : NULL;

	if (map) /* what is not in the map ends the rule */
		be_unsure(e);
	switch (map ? (set ? set->obj_type : 0) : nl_find_be32(attrs, NFTA_OBJREF_IMM_TYPE, 0)) {
	case NFT_OBJECT_COUNTER:
	case NFT_OBJECT_CT_HELPER:
	case NFT_OBJECT_TUNNEL:
	case NFT_OBJECT_CT_TIMEOUT:
	case NFT_OBJECT_SECMARK:
		return;
	case NFT_OBJECT_QUOTA:
	case NFT_OBJECT_LIMIT:
		be_unsure(e);
		return;
	case NFT_OBJECT_CONNLIMIT:
	case NFT_OBJECT_CT_EXPECT:
		be_unsure(e);
		note_drop(e, NF_MAYBE, "objref");
		return;
	case NFT_OBJECT_SYNPROXY:
		end_with(e, NF_ACT_TARGET);
		return;
	}
	be_unsure(e);
	end_with(e, NF_ACT_UNKNOWN); /* of a newer kernel */
}

/* What an expression does that neither loads nor compares. */
static const struct {
	const char *name;
	bool may_break; /* the rule may end here */
	bool may_drop;	/* and the packet, whatever follows in the rule */
	uint8_t action; /* enum nf_action */
} simple[] = {
	{"connlimit", true, true, NF_ACT_CONTINUE}, /* drops what is no connection */
	{"counter", false, false, NF_ACT_CONTINUE},
	{"dup", false, false, NF_ACT_CONTINUE},
	{"dynset", true, false, NF_ACT_CONTINUE},
	{"flow_offload", true, false, NF_ACT_CONTINUE},
	{"fwd", false, true, NF_ACT_STOLEN}, /* drops at the end of the TTL */
	{"last", false, false, NF_ACT_CONTINUE},
	{"limit", true, false, NF_ACT_CONTINUE},
	{"log", false, false, NF_ACT_CONTINUE},
	{"masq", false, true, NF_ACT_NAT}, /* drops where a device has no address */
	{"nat", false, false, NF_ACT_NAT},
	{"notrack", false, false, NF_ACT_CONTINUE},
	{"quota", true, false, NF_ACT_CONTINUE},
	{"redir", false, true, NF_ACT_NAT}, /* as masq */
	{"synproxy", false, false, NF_ACT_TARGET},
	{"tproxy", true, false, NF_ACT_CONTINUE},
};

/* Those that load something that is not known here. */
static const char *const loads[] = {"exthdr", "fib",	"hash",	  "numgen", "osf",
				    "rt",     "socket", "tunnel", "xfrm"};

static void eval_other(struct eval *e, const char *name, struct nl_attrs attrs)
{
	struct nl_attr a;

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		if (strcmp(name, simple[i].name))
			continue;
		if (simple[i].may_drop)
			note_drop(e, NF_MAYBE, name);
		if (simple[i].may_break)
			be_unsure(e);
		if (simple[i].action != NF_ACT_CONTINUE) {
			end_with(e, simple[i].action);
			e->o->target = simple[i].name;
		}
		return;
	}
	/* one that strips an option of TCP drops what has broken ones (5.18) */
	if (!strcmp(name, "exthdr") && !nl_find(attrs, NFTA_EXTHDR_DREG, &a)) {
		note_drop(e, NF_MAYBE, name);
		if (nl_find_be32(attrs, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_IPV6) == NFT_EXTHDR_OP_TCPOPT)
			nf_packet_forget_l4(e->p, NF_TCP_CHECKSUM);
		else
			nf_packet_forget(e->p);
	}
	be_unsure(e);
	forget_all(e);
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (!strcmp(name, loads[i]))
			return;
	end_with(e, NF_ACT_UNKNOWN); /* of a newer kernel */
}

static enum nf_truth eval_expr(struct eval *e, const char *name, struct nl_attrs attrs)
{
	static const struct {
		const char *name;
		void (*eval)(struct eval *e, struct nl_attrs attrs);
	} effects[] = {
		{"bitwise", eval_bitwise}, {"byteorder", eval_byteorder},
		{"ct", eval_ct},	   {"immediate", eval_immediate},
		{"meta", eval_meta},	   {"objref", eval_objref},
		{"payload", eval_payload}, {"queue", eval_queue},
		{"reject", eval_reject},   {"target", eval_target},
	};
	static const struct {
		const char *name;
		enum nf_truth (*eval)(struct eval *e, struct nl_attrs attrs);
	} conditions[] = {
		{"cmp", eval_cmp},
		{"lookup", eval_lookup},
		{"match", eval_match},
		{"range", eval_range},
	};

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (!strcmp(name, conditions[i].name))
			return conditions[i].eval(e, attrs);
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
		if (!strcmp(name, effects[i].name)) {
			effects[i].eval(e, attrs);
			return NF_YES;
		}
	}
	eval_other(e, name, attrs);
	return NF_YES;
}

enum nf_truth nft_rule_eval(const struct nf_table *t, const struct nf_rule *r, struct nf_packet *p,
			    struct nf_outcome *o)
{
	struct eval e = {.table = t, .p = p, .o = o, .truth = NF_YES};
	struct nl_attrs list = nl_attrs_of(r->data, r->data_sz);
	struct nl_attr expr, data;

	while (!e.has_verdict && nl_next(&list, &expr)) {
		const char *name = nl_find_str(nl_nested(&expr), NFTA_EXPR_NAME);
		struct nl_attrs attrs = nl_attrs_of(NULL, 0);

		if (nl_find(nl_nested(&expr), NFTA_EXPR_DATA, &data))
			attrs = nl_nested(&data);
		e.truth = nf_and(e.truth, eval_expr(&e, name ? name : "", attrs));
		if (e.truth == NF_NO)
			return NF_NO;
	}
	return e.truth;
}
