// SPDX-License-Identifier: GPL-2.0-only
/* Rules of nftables, built as the kernel dumps them, and what they say about packets. */
#include "netfilter/candidate.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "netfilter/nft_private.h"

/* ---- attributes ---- */

struct attrs {
	uint8_t data[1024];
	size_t sz;
};

static size_t begin(struct attrs *a, uint16_t type)
{
	struct nlattr hdr = {.nla_type = type};
	size_t at = a->sz;

	memcpy(a->data + at, &hdr, sizeof(hdr));
	a->sz += sizeof(hdr);
	return at;
}

static void end(struct attrs *a, size_t at)
{
	uint16_t len = (uint16_t)(a->sz - at);

	memcpy(a->data + at, &len, sizeof(len));
	a->sz = (a->sz + 3) & ~(size_t)3;
	assert_true(a->sz < sizeof(a->data) - 128);
}

static void put(struct attrs *a, uint16_t type, const void *data, size_t sz)
{
	size_t at = begin(a, type);

	memcpy(a->data + a->sz, data, sz);
	a->sz += sz;
	end(a, at);
}

static void put32(struct attrs *a, uint16_t type, uint32_t v)
{
	v = htonl(v);
	put(a, type, &v, sizeof(v));
}

static void put_str(struct attrs *a, uint16_t type, const char *s)
{
	put(a, type, s, strlen(s) + 1);
}

static void put_value(struct attrs *a, uint16_t type, const void *data, size_t sz)
{
	size_t at = begin(a, type);

	put(a, NFTA_DATA_VALUE, data, sz);
	end(a, at);
}

/* ---- expressions ---- */

struct expr {
	size_t elem, data;
};

static struct expr expr_begin(struct attrs *a, const char *name)
{
	struct expr e = {.elem = begin(a, NFTA_LIST_ELEM)};

	put_str(a, NFTA_EXPR_NAME, name);
	e.data = begin(a, NFTA_EXPR_DATA);
	return e;
}

static void expr_end(struct attrs *a, struct expr e)
{
	end(a, e.data);
	end(a, e.elem);
}

static void cmp(struct attrs *a, uint32_t op, const void *data, size_t sz)
{
	struct expr e = expr_begin(a, "cmp");

	put32(a, NFTA_CMP_SREG, NFT_REG_1);
	put32(a, NFTA_CMP_OP, op);
	put_value(a, NFTA_CMP_DATA, data, sz);
	expr_end(a, e);
}

static void load_dport(struct attrs *a)
{
	struct expr e = expr_begin(a, "payload");

	put32(a, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put32(a, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	put32(a, NFTA_PAYLOAD_OFFSET, 2);
	put32(a, NFTA_PAYLOAD_LEN, 2);
	expr_end(a, e);
}

static void dport(struct attrs *a, uint32_t op, uint16_t port)
{
	port = htons(port);
	load_dport(a);
	cmp(a, op, &port, sizeof(port));
}

static void meta(struct attrs *a, uint32_t key, const void *data, size_t sz)
{
	struct expr e = expr_begin(a, "meta");

	put32(a, NFTA_META_DREG, NFT_REG_1);
	put32(a, NFTA_META_KEY, key);
	expr_end(a, e);
	cmp(a, NFT_CMP_EQ, data, sz);
}

static void set_register(struct attrs *a, const void *data, size_t sz)
{
	struct expr e = expr_begin(a, "immediate");

	put32(a, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_value(a, NFTA_IMMEDIATE_DATA, data, sz);
	expr_end(a, e);
}

static void set_mark(struct attrs *a, uint32_t mark)
{
	struct expr e;

	set_register(a, &mark, sizeof(mark));
	e = expr_begin(a, "meta");
	put32(a, NFTA_META_SREG, NFT_REG_1);
	put32(a, NFTA_META_KEY, NFT_META_MARK);
	expr_end(a, e);
}

/* The TTL and the protocol, as nft writes the first: "payload" in a register, or from it. */
static void ttl(struct attrs *a, uint16_t reg)
{
	struct expr e = expr_begin(a, "payload");

	put32(a, reg, NFT_REG_1);
	put32(a, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put32(a, NFTA_PAYLOAD_OFFSET, 8);
	put32(a, NFTA_PAYLOAD_LEN, 2);
	expr_end(a, e);
}

static void put_verdict(struct attrs *a, uint16_t type, int32_t code, const char *chain)
{
	size_t at = begin(a, type), verdict = begin(a, NFTA_DATA_VERDICT);

	put32(a, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		put_str(a, NFTA_VERDICT_CHAIN, chain);
	end(a, verdict);
	end(a, at);
}

static void verdict(struct attrs *a, int32_t code, const char *chain)
{
	struct expr e = expr_begin(a, "immediate");

	put32(a, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	put_verdict(a, NFTA_IMMEDIATE_DATA, code, chain);
	expr_end(a, e);
}

static void lookup(struct attrs *a, const char *set, bool is_map)
{
	struct expr e = expr_begin(a, "lookup");

	put_str(a, NFTA_LOOKUP_SET, set);
	put32(a, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (is_map)
		put32(a, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	expr_end(a, e);
}

static void plain(struct attrs *a, const char *name)
{
	expr_end(a, expr_begin(a, name));
}

/* ---- rulesets ---- */

struct fixture {
	struct nf_ruleset rs;
	struct nf_table *table;
	struct nf_chain *base, *user;
	struct nf_packet p;
	uint8_t hdr[40], entry[40];
	struct nf_decision d;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	f.table = nf_table_add(&f.rs, NF_NFTABLES, NFPROTO_INET, "fw");
	f.base = nf_chain_add(&f.rs, f.table, "out");
	f.base->is_base = true;
	f.base->hook = NF_INET_LOCAL_OUT;
	f.user = nf_chain_add(&f.rs, f.table, "web");
	f.hdr[0] = 0x45;
	f.hdr[9] = IPPROTO_UDP;
	f.hdr[22] = 8080 >> 8;
	f.hdr[23] = 8080 & 0xff;
	f.p = (struct nf_packet){
		.family = NFPROTO_IPV4,
		.hook = NF_INET_LOCAL_OUT,
		.protocol = 0x0800,
		.has_mark = true,
		.mark = 7,
		.has_len = true,
		.len = 40,
		.hdr = f.hdr,
		.hdr_len = sizeof(f.hdr),
	};
	nf_packet_parse(&f.p);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nf_ruleset_release(&f->rs);
	return 0;
}

static struct nf_rule *add_rule(struct fixture *f, struct nf_chain *c, const struct attrs *a)
{
	struct nf_rule *r = nf_rule_add(&f->rs, c);

	r->handle = 10 * (uint64_t)(c == f->user) + r->number;
	r->data = arena_copy(&f->rs.arena, a->data, a->sz);
	r->data_sz = (uint32_t)a->sz;
	return r;
}

/* A chain of another table, before the others. */
static struct nf_chain *add_early(struct fixture *f, uint8_t changes)
{
	struct nf_table *t = nf_table_add(&f->rs, NF_NFTABLES, NFPROTO_INET, "mangle");
	struct nf_chain *c = nf_chain_add(&f->rs, t, "early");

	t->changes.kinds = changes;
	c->is_base = true;
	c->hook = NF_INET_LOCAL_OUT;
	c->priority = -10;
	return c;
}

/* The packet came to the hook with this header and mark. */
static void enter(struct fixture *f, uint32_t mark)
{
	memcpy(f->entry, f->hdr, sizeof(f->entry));
	f->p.entry = (struct nf_entry){.hdr = f->entry, .hdr_len = sizeof(f->entry), .mark = mark};
}

static const struct nf_candidate *decide(struct fixture *f)
{
	f->d = (struct nf_decision){0};
	nf_decide(&f->rs, &f->p, &f->d);
	return nf_decision_drop(&f->d);
}

static void assert_says(struct fixture *f, const char *words)
{
	const struct nf_candidate *c = decide(f);
	char buf[256];

	assert_non_null(c);
	nf_candidate_format(c, &(struct textbuf){.buf = buf, .sz = sizeof(buf)});
	assert_string_equal(buf, words);
}

/* ---- tests ---- */

static void test_rule(void **state)
{
	struct fixture *f = *state;
	struct attrs other = {0}, drop = {0};

	dport(&other, NFT_CMP_EQ, 53);
	verdict(&other, NF_DROP, NULL);
	add_rule(f, f->base, &other);
	dport(&drop, NFT_CMP_EQ, 8080);
	plain(&drop, "counter");
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop)->comment = "no\033 web";
	assert_says(f, "nft inet fw out handle 2 \"no? web\"");
	f->table->by_iptables = true;
	f->table->family = NFPROTO_IPV6;
	f->p.family = NFPROTO_IPV6;
	assert_says(f, "ip6tables-nft fw out rule 2 (handle 2) \"no? web\"");
}

static void test_policy(void **state)
{
	struct fixture *f = *state;

	assert_null(decide(f));
	f->base->policy = NF_ACT_DROP;
	assert_says(f, "nft inet fw out policy");
	f->base->hook = NF_INET_FORWARD; /* another hook */
	assert_null(decide(f));
	f->p.hook = NF_HOOK_UNKNOWN;
	assert_says(f, "nft inet fw out policy");
}

/* Without a device a packet is at OUTPUT or POSTROUTING. */
static void test_no_device(void **state)
{
	static const bool may_be[] = {[NF_INET_LOCAL_OUT] = true, [NF_INET_POST_ROUTING] = true};
	struct fixture *f = *state;

	f->base->policy = NF_ACT_DROP;
	f->p.hook = NF_HOOK_UNKNOWN;
	f->p.skb_dev = (struct nf_dev){.known = true};
	for (uint8_t hook = 0; hook < sizeof(may_be); hook++) {
		f->base->hook = hook;
		assert_int_equal(decide(f) != NULL, may_be[hook]);
	}
	f->base->hook = NF_INET_LOCAL_IN;
	f->p.skb_dev.known = false;
	assert_non_null(decide(f));
	f->p.skb_dev = (struct nf_dev){.known = true, .ifindex = 2};
	assert_non_null(decide(f));
}

static void test_jump(void **state)
{
	struct fixture *f = *state;
	struct attrs jump = {0}, ret = {0}, drop = {0};

	verdict(&jump, NFT_JUMP, "web");
	add_rule(f, f->base, &jump);
	dport(&ret, NFT_CMP_NEQ, 8080);
	verdict(&ret, NFT_RETURN, NULL);
	add_rule(f, f->user, &ret);
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->user, &drop);
	assert_says(f, "nft inet fw out handle 1 -> chain web handle 12");
	f->hdr[23]++; /* another port returns, and nothing follows */
	assert_null(decide(f));
}

/* A rule that the packet may have reached in two ways: it is named, and no way. */
static void test_two_ways(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *in = nf_chain_add(&f->rs, f->table, "in");
	struct attrs jump = {0}, drop = {0};

	in->is_base = true;
	in->hook = NF_INET_LOCAL_IN;
	verdict(&jump, NFT_JUMP, "web");
	add_rule(f, f->base, &jump);
	add_rule(f, in, &jump);
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->user, &drop);
	assert_says(f, "nft inet fw out handle 1 -> chain web handle 11");
	f->p.hook = NF_HOOK_UNKNOWN;
	assert_says(f, "nft inet fw web handle 11");
}

/* Some kernels take the data of a later fragment for a transport header. */
static void test_fragment(void **state)
{
	struct fixture *f = *state;
	struct attrs port = {0}, other = {0}, last = {0};

	f->hdr[7] = 100;
	nf_packet_parse(&f->p);
	dport(&other, NFT_CMP_EQ, 53);
	verdict(&other, NF_DROP, NULL);
	add_rule(f, f->base, &other);
	verdict(&last, NF_DROP, NULL);
	add_rule(f, f->base, &last);
	assert_says(f, "nft inet fw out handle 2");
	dport(&port, NFT_CMP_EQ, 8080);
	verdict(&port, NF_DROP, NULL);
	f->base->rules->data = port.data;
	f->base->rules->data_sz = (uint32_t)port.sz;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* Chains of NAT see the first packet of a connection only. */
static void test_nat(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *nat = nf_chain_add(&f->rs, f->table, "nat");

	nat->is_base = nat->is_nat = true;
	nat->hook = NF_INET_LOCAL_OUT;
	nat->priority = -10;
	nat->policy = f->base->policy = NF_ACT_DROP;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
	nat->priority = 10; /* it may be called before the other nevertheless */
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
	f->p.has_ct = true;
	f->p.ct_info = IP_CT_NEW;
	assert_null(decide(f));
	f->p.ct_info = IP_CT_ESTABLISHED;
	assert_says(f, "nft inet fw out policy");
}

/* What is dropped behind NAT had other addresses before it, whichever chain translates. */
static void test_before_nat(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *nat = nf_chain_add(&f->rs, f->table, "nat");
	struct nf_chain *raw = nf_chain_add(&f->rs, f->table, "raw");

	raw->is_base = nat->is_base = nat->is_nat = true;
	raw->hook = NF_INET_LOCAL_OUT;
	nat->hook = NF_INET_POST_ROUTING;
	raw->priority = -300;
	raw->policy = f->base->policy = NF_ACT_DROP;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
	/* unless it came with them */
	enter(f, 7);
	assert_says(f, "nft inet fw raw policy");
	f->p.entry.hdr = NULL;
	raw->priority = -50;
	assert_says(f, "nft inet fw raw policy");
}

/* Another table's rule may have changed the TTL since. */
static void test_ttl_changed(void **state)
{
	struct fixture *f = *state;
	struct nf_table *mangle = nf_table_add(&f->rs, NF_NFTABLES, NFPROTO_INET, "mangle");
	struct nf_chain *late = nf_chain_add(&f->rs, mangle, "late");
	struct attrs ttl = {0};
	struct expr e = expr_begin(&ttl, "payload");

	put32(&ttl, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put32(&ttl, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put32(&ttl, NFTA_PAYLOAD_OFFSET, 8);
	put32(&ttl, NFTA_PAYLOAD_LEN, 1);
	expr_end(&ttl, e);
	cmp(&ttl, NFT_CMP_EQ, &f->hdr[8], 1);
	verdict(&ttl, NF_DROP, NULL);
	add_rule(f, f->base, &ttl);
	late->is_base = true;
	late->hook = NF_INET_LOCAL_OUT;
	late->priority = 10;
	late->policy = NF_ACT_DROP;
	assert_says(f, "nft inet fw out handle 1");
	mangle->changes.writes[NF_WRITES_IPV4].top[8] = 0xff;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 3);
}

/* A mark that is set on one of two ways is not known where they meet. */
static void test_mark_of_two_ways(void **state)
{
	struct fixture *f = *state;
	struct attrs maybe = {0}, set = {0}, drop = {0}, last = {0};
	uint32_t two = 2;

	plain(&maybe, "limit");
	verdict(&maybe, NFT_JUMP, "web");
	add_rule(f, f->base, &maybe);
	set_mark(&set, two);
	add_rule(f, f->user, &set);
	meta(&drop, NFT_META_MARK, &f->p.mark, sizeof(f->p.mark));
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	verdict(&last, NF_DROP, NULL);
	add_rule(f, f->base, &last);
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* What rules set since the packet came to the hook, they set for rules behind them. */
static void test_followed_mark(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *early = add_early(f, NF_CHANGES_MARK);
	struct attrs set = {0}, drop = {0};
	uint32_t three = 3;

	meta(&drop, NFT_META_MARK, &three, sizeof(three));
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, early, &drop);
	dport(&set, NFT_CMP_EQ, 8080);
	set_mark(&set, f->p.mark);
	add_rule(f, early, &set);
	f->base->policy = NF_ACT_DROP;
	f->table->changes.kinds = NF_CHANGES_MARK;
	add_rule(f, f->base, &drop);
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 4);
	enter(f, 9);
	assert_says(f, "nft inet fw out policy");
	f->p.mark = 3; /* set by nobody: not by early's rules, nor behind them */
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 1);
	assert_int_equal(f->d.c[0].action, NF_ACT_ACCEPT);
	enter(f, 3);
	assert_says(f, "nft inet mangle early handle 1");
}

/* A rule that may have set the mark: the end tells whether it did. */
static void test_way_of_mark(void **state)
{
	struct fixture *f = *state;
	struct attrs maybe = {0}, set = {0}, drop = {0};

	plain(&maybe, "limit");
	verdict(&maybe, NFT_JUMP, "web");
	add_rule(f, f->base, &maybe);
	set_mark(&set, 2);
	verdict(&set, NF_DROP, NULL);
	add_rule(f, f->user, &set);
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	f->table->changes.kinds = NF_CHANGES_MARK;
	assert_says(f, "nft inet fw out handle 2");
	f->p.mark = 2;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
	enter(f, 7);
	assert_says(f, "nft inet fw out handle 1 -> chain web handle 11");
}

static void test_followed_ttl(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *early = add_early(f, NF_CHANGES_BYTES);
	const uint8_t old[] = {64, IPPROTO_UDP}, new[] = {9, IPPROTO_UDP};
	struct attrs set = {0}, drop = {0}, last = {0};

	memcpy(f->hdr + 8, old, sizeof(old));
	enter(f, 7);
	memcpy(f->hdr + 8, new, sizeof(new));
	f->p.ttl_changed = true;
	set_register(&set, new, sizeof(new));
	ttl(&set, NFTA_PAYLOAD_SREG);
	add_rule(f, early, &set);
	ttl(&drop, NFTA_PAYLOAD_DREG);
	cmp(&drop, NFT_CMP_EQ, new, sizeof(new));
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	verdict(&last, NF_DROP, NULL);
	add_rule(f, f->base, &last);
	assert_says(f, "nft inet fw out handle 1");
	f->p.entry.hdr = NULL;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 3);
}

/* What a rule may write behind that, or does not write for certain, is not followed. */
static void test_lost_bytes(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *early = add_early(f, NF_CHANGES_BYTES);
	const uint8_t new[] = {9, IPPROTO_UDP};
	struct attrs set = {0}, other = {0};

	enter(f, 7);
	plain(&set, "limit");
	set_register(&set, new, sizeof(new));
	ttl(&set, NFTA_PAYLOAD_SREG);
	add_rule(f, early, &set);
	memset(&set, 0, sizeof(set));
	ttl(&set, NFTA_PAYLOAD_DREG);
	cmp(&set, NFT_CMP_EQ, new, sizeof(new));
	verdict(&set, NF_DROP, NULL);
	add_rule(f, early, &set);
	f->base->policy = NF_ACT_DROP;
	assert_null(decide(f));
	memcpy(f->hdr + 8, new, sizeof(new));
	f->p.ttl_changed = true;
	/* another protocol: all that is known of the headers is gone */
	set_register(&other, (const uint8_t[]){9, IPPROTO_TCP}, 2);
	ttl(&other, NFTA_PAYLOAD_SREG);
	early->rules->data = other.data;
	early->rules->data_sz = (uint32_t)other.sz;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 3);
}

/* "payload" of two bytes, loaded or written. */
static void two_bytes(struct attrs *a, uint16_t reg, uint32_t base, uint32_t off)
{
	struct expr e = expr_begin(a, "payload");

	put32(a, reg, NFT_REG_1);
	put32(a, NFTA_PAYLOAD_BASE, base);
	put32(a, NFTA_PAYLOAD_OFFSET, off);
	put32(a, NFTA_PAYLOAD_LEN, 2);
	expr_end(a, e);
}

static void bitwise(struct attrs *a, const uint8_t mask[2], const uint8_t flip[2])
{
	struct expr e = expr_begin(a, "bitwise");

	put32(a, NFTA_BITWISE_SREG, NFT_REG_1);
	put32(a, NFTA_BITWISE_DREG, NFT_REG_1);
	put32(a, NFTA_BITWISE_LEN, 2);
	put_value(a, NFTA_BITWISE_MASK, mask, 2);
	put_value(a, NFTA_BITWISE_XOR, flip, 2);
	expr_end(a, e);
}

/* As nft does it: load, change some bits, write. */
static void set_bits(struct attrs *a, uint32_t off, const uint8_t mask[2], const uint8_t flip[2])
{
	two_bytes(a, NFTA_PAYLOAD_DREG, NFT_PAYLOAD_NETWORK_HEADER, off);
	bitwise(a, mask, flip);
	two_bytes(a, NFTA_PAYLOAD_SREG, NFT_PAYLOAD_NETWORK_HEADER, off);
}

static void set_dscp(struct attrs *a, uint8_t dscp)
{
	set_bits(a, 0, (const uint8_t[]){0xff, 0x03}, (const uint8_t[]){0, (uint8_t)(dscp << 2)});
}

static void dscp(struct attrs *a, uint8_t dscp)
{
	const uint8_t want[] = {0, (uint8_t)(dscp << 2)};

	two_bytes(a, NFTA_PAYLOAD_DREG, NFT_PAYLOAD_NETWORK_HEADER, 0);
	bitwise(a, (const uint8_t[]){0, 0xfc}, (const uint8_t[]){0, 0});
	cmp(a, NFT_CMP_EQ, want, 2);
}

static struct nf_changes *note(struct fixture *f, struct nf_chain *c, const struct attrs *a)
{
	nf_note_changes(c->table, c, add_rule(f, c, a), NF_CHANGES_HEADER);
	return c->is_base ? &c->changes : &c->table->changes;
}

/* Only bits that a rule may write are noted, and for the protocol of its packets. */
static void test_writes(void **state)
{
	static const uint8_t tos[NF_TOP_SZ] = {[1] = 0xfc, [10] = 0xff, [11] = 0xff};
	static const uint8_t hop_limit[NF_TOP_SZ] = {[7] = 0xff};
	struct fixture *f = *state;
	struct attrs v4 = {0}, v6 = {0}, port = {0}, addr = {0}, proto = {0}, stale = {0};
	struct nf_chain *early = add_early(f, 0);
	struct nf_changes *c;

	meta(&v4, NFT_META_NFPROTO, &(uint8_t){NFPROTO_IPV4}, 1);
	set_dscp(&v4, 3);
	c = note(f, f->base, &v4);
	assert_memory_equal(c->writes[NF_WRITES_IPV4].top, tos, NF_TOP_SZ);
	assert_int_equal(nf_chain_changes(f->base, 0x86dd, NULL), 0);
	assert_int_equal(nf_chain_changes(f->base, 0x0800, NULL), NF_CHANGES_HEADER);
	assert_int_equal(nf_chain_changes(early, 0x0800, NULL), 0);

	meta(&v6, NFT_META_NFPROTO, &(uint8_t){NFPROTO_IPV6}, 1);
	set_bits(&v6, 6, (const uint8_t[]){0xff, 0}, (const uint8_t[]){0, 9});
	c = note(f, f->user, &v6);
	assert_memory_equal(c->writes[NF_WRITES_IPV6].top, hop_limit, NF_TOP_SZ);
	assert_false(c->writes[NF_WRITES_IPV6].any || c->writes[NF_WRITES_IPV4].any);

	set_register(&port, (const uint8_t[]){0, 80}, 2);
	two_bytes(&port, NFTA_PAYLOAD_SREG, NFT_PAYLOAD_TRANSPORT_HEADER, 2);
	c = note(f, early, &port);
	assert_int_equal(c->writes[NF_WRITES_IPV4].l4, 3);
	assert_true(nf_writes_addr(&c->writes[NF_WRITES_IPV4]));
	c->writes[NF_WRITES_IPV4] = (struct nf_writes){0};
	set_register(&addr, (const uint8_t[]){1, 1}, 2);
	two_bytes(&addr, NFTA_PAYLOAD_SREG, NFT_PAYLOAD_NETWORK_HEADER, 14);
	note(f, early, &addr);
	assert_int_equal(c->writes[NF_WRITES_IPV4].rest, 14);

	/* another protocol; what was loaded before the packet was changed */
	set_register(&proto, (const uint8_t[]){9, IPPROTO_TCP}, 2);
	ttl(&proto, NFTA_PAYLOAD_SREG);
	note(f, early, &proto);
	assert_int_equal(nf_chain_changes(early, 0x0800, NULL),
			 NF_CHANGES_HEADER | NF_CHANGES_BYTES);
	c->writes[NF_WRITES_IPV4] = (struct nf_writes){0};
	two_bytes(&stale, NFTA_PAYLOAD_DREG, NFT_PAYLOAD_NETWORK_HEADER, 2);
	two_bytes(&stale, NFTA_PAYLOAD_SREG, NFT_PAYLOAD_NETWORK_HEADER, 2);
	note(f, early, &stale);
	assert_int_equal(c->writes[NF_WRITES_IPV4].top[2], 0);
	two_bytes(&stale, NFTA_PAYLOAD_SREG, NFT_PAYLOAD_NETWORK_HEADER, 2);
	note(f, early, &stale);
	assert_int_equal(c->writes[NF_WRITES_IPV4].top[2], 0xff);
}

/* The entry is not known. Rules that look at other bytes are as certain as before, and what is set
 * is known behind that. */
static void test_written_bits(void **state)
{
	struct fixture *f = *state;
	struct attrs before = {0}, set = {0}, drop = {0}, maybe = {0};

	f->hdr[1] = 3 << 2;
	dscp(&before, 3);
	dport(&before, NFT_CMP_EQ, 53);
	verdict(&before, NF_DROP, NULL);
	add_rule(f, f->base, &before);
	set_dscp(&set, 3);
	note(f, f->base, &set);
	dscp(&drop, 3);
	dport(&drop, NFT_CMP_EQ, 8080);
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	f->base->policy = NF_ACT_DROP;
	assert_says(f, "nft inet fw out handle 3");
	/* a rule before it that looks at the bits that are set */
	dscp(&maybe, 3);
	verdict(&maybe, NF_DROP, NULL);
	f->base->rules->data = maybe.data;
	f->base->rules->data_sz = (uint32_t)maybe.sz;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* User space has had the packet since, and may have set its mark. */
static void test_queued(void **state)
{
	struct fixture *f = *state;
	struct attrs drop = {0};
	uint32_t mark = 9;

	enter(f, mark);
	meta(&drop, NFT_META_MARK, &mark, sizeof(mark));
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	f->table->changes.kinds = NF_CHANGES_MARK;
	f->base->policy = NF_ACT_DROP;
	assert_null(decide(f)); /* it has 7 now, and nobody has set that */
	assert_int_equal(f->d.nr, 0);
	f->table->changes.kinds |= NF_CHANGES_QUEUE;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* Which of two chains of the same priority comes first is not known. */
static void test_same_priority(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *early = add_early(f, NF_CHANGES_MARK);
	struct attrs set = {0}, drop = {0};
	uint32_t two = 2;

	early->policy = f->base->policy = NF_ACT_DROP;
	assert_says(f, "nft inet mangle early policy");
	early->priority = f->base->priority;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
	early->policy = NF_ACT_ACCEPT;
	set_mark(&set, two);
	add_rule(f, early, &set);
	meta(&drop, NFT_META_MARK, &two, sizeof(two));
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	f->p.mark = 2;
	enter(f, 7);
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 3);
	f->base->priority++; /* of two others, only one sets marks */
	nf_chain_add(&f->rs, f->base->table, "same")->is_base = true;
	f->base->table->last_chain->hook = NF_INET_LOCAL_OUT;
	f->base->table->last_chain->priority = early->priority;
	assert_says(f, "nft inet fw out handle 1");
	f->base->table->last_chain->priority = -1;
	f->base->priority--;
	early->priority--;
	assert_says(f, "nft inet fw out handle 1");
}

/* A chain that is gone to returns to where its caller would have. */
static void test_goto(void **state)
{
	struct fixture *f = *state;
	struct attrs go = {0}, drop = {0};

	verdict(&go, NFT_GOTO, "web");
	add_rule(f, f->base, &go);
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	assert_null(decide(f));
	f->base->policy = NF_ACT_DROP;
	assert_says(f, "nft inet fw out policy");
}

/* What cannot be known makes two candidates, and no answer. */
static void test_uncertain(void **state)
{
	struct fixture *f = *state;
	struct attrs limit = {0}, drop = {0};

	plain(&limit, "limit");
	verdict(&limit, NF_DROP, NULL);
	add_rule(f, f->base, &limit);
	assert_says(f, "nft inet fw out handle 1"); /* the only one that may have */
	verdict(&drop, NF_DROP, NULL);
	add_rule(f, f->base, &drop);
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

static void test_unknown_expression(void **state)
{
	struct fixture *f = *state;
	struct attrs unknown = {0};

	plain(&unknown, "newer");
	add_rule(f, f->base, &unknown);
	f->base->policy = NF_ACT_DROP;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* nft_connlimit_do_eval() drops by itself, whatever follows in the rule. */
static void test_connlimit(void **state)
{
	struct fixture *f = *state;
	struct attrs limit = {0};

	plain(&limit, "connlimit");
	dport(&limit, NFT_CMP_EQ, 53);
	verdict(&limit, NF_ACCEPT, NULL);
	add_rule(f, f->base, &limit);
	f->base->policy = NF_ACT_DROP;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

static void test_interfaces(void **state)
{
	struct fixture *f = *state;
	struct attrs out = {0}, in = {0};
	char name[16] = "eth0";

	meta(&in, NFT_META_IIFNAME, name, sizeof(name));
	verdict(&in, NF_DROP, NULL);
	add_rule(f, f->base, &in);
	assert_null(decide(f)); /* what is sent comes from no interface */
	meta(&out, NFT_META_OIFNAME, "eth", 3);
	verdict(&out, NF_DROP, NULL);
	add_rule(f, f->base, &out);
	f->p.out = (struct nf_dev){.known = true, .ifindex = 2, .name = "eth1"};
	assert_says(f, "nft inet fw out handle 2");
	f->p.out = (struct nf_dev){.known = true, .ifindex = 1, .name = "lo"};
	assert_null(decide(f));
}

/* The device of a packet that a bridge forwards is the port; that of the hooks is the bridge. */
static void test_bridge(void **state)
{
	static const struct {
		uint8_t hook;
		uint32_t key;
		bool port_is_known;
	} hooks[] = {
		{NF_INET_PRE_ROUTING, NFT_META_IIF, true},
		{NF_INET_FORWARD, NFT_META_IIF, false},
		{NF_INET_POST_ROUTING, NFT_META_OIF, false},
	};
	struct fixture *f = *state;

	f->p.skb_dev = (struct nf_dev){.known = true, .ifindex = 4, .name = "port"};
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		struct attrs drop = {0};

		f->base->rules = f->base->last_rule = NULL;
		f->base->hook = f->p.hook = hooks[i].hook;
		f->base->policy = NF_ACT_DROP;
		meta(&drop, hooks[i].key, &(uint32_t){3}, sizeof(uint32_t));
		verdict(&drop, NF_DROP, NULL);
		add_rule(f, f->base, &drop);
		f->p.on_port = false;
		assert_says(f, "nft inet fw out policy");
		f->p.on_port = true;
		assert_int_equal(decide(f) != NULL, hooks[i].port_is_known);
	}
}

/* The mark that was seen at the end is none that a rule before it must have seen. */
static void test_mark(void **state)
{
	struct fixture *f = *state;
	struct attrs marked = {0};
	uint32_t mark = 7;

	meta(&marked, NFT_META_MARK, &mark, sizeof(mark));
	verdict(&marked, NF_DROP, NULL);
	add_rule(f, f->base, &marked);
	f->base->policy = NF_ACT_DROP;
	assert_says(f, "nft inet fw out handle 1");
	f->table->changes.kinds = NF_CHANGES_MARK;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* An earlier chain ends the packet before a later one. */
static void test_priorities(void **state)
{
	struct fixture *f = *state;
	struct nf_chain *early = nf_chain_add(&f->rs, f->table, "early");

	early->is_base = true;
	early->hook = NF_INET_LOCAL_OUT;
	early->priority = -10;
	early->policy = f->base->policy = NF_ACT_DROP;
	assert_says(f, "nft inet fw early policy");
	early->policy = NF_ACT_ACCEPT;
	assert_says(f, "nft inet fw out policy");
}

static struct nf_set *add_set(struct fixture *f, uint32_t flags, struct nf_set_elem *elems,
			      size_t nr)
{
	struct nf_set *s = arena_alloc(&f->rs.arena, sizeof(*s));

	s->name = "ports";
	s->key_sz = 2;
	s->flags = flags;
	s->elems = elems;
	s->nr_elems = nr;
	nft_set_complete(s);
	f->table->sets = s;
	return s;
}

#define PORT(n) ((const uint8_t[]){(n) >> 8, (n)&0xff})

static void test_intervals(void **state)
{
	struct fixture *f = *state;
	struct nf_set_elem elems[] = {
		{.key = PORT(8081), .is_end = true},
		{.key = PORT(8000)},
		{.key = PORT(8081)},
		{.key = PORT(9000), .is_end = true},
		{.key = PORT(0), .is_end = true},
	};
	struct attrs a = {0};

	add_set(f, NFT_SET_INTERVAL, elems, 5);
	load_dport(&a);
	lookup(&a, "ports", false);
	verdict(&a, NF_DROP, NULL);
	add_rule(f, f->base, &a);
	for (uint16_t port = 7990; port < 9010; port++) {
		f->hdr[22] = (uint8_t)(port >> 8);
		f->hdr[23] = (uint8_t)port;
		assert_int_equal(decide(f) != NULL, port >= 8000 && port < 9000);
	}
}

static void test_map(void **state)
{
	struct fixture *f = *state;
	struct attrs drop = {0}, jump = {0}, a = {0}, last = {0};
	struct nf_set_elem elems[2] = {{.key = PORT(8080)}, {.key = PORT(8081)}};

	put_verdict(&drop, 1, NF_DROP, NULL);
	put_verdict(&jump, 1, NFT_JUMP, "web");
	elems[0].data = drop.data + sizeof(struct nlattr);
	elems[0].data_sz = (uint32_t)(drop.sz - sizeof(struct nlattr));
	elems[1].data = jump.data + sizeof(struct nlattr);
	elems[1].data_sz = (uint32_t)(jump.sz - sizeof(struct nlattr));
	add_set(f, NFT_SET_MAP, elems, 2);
	load_dport(&a);
	lookup(&a, "ports", true);
	add_rule(f, f->base, &a);
	verdict(&last, NF_DROP, NULL);
	add_rule(f, f->user, &last);
	assert_says(f, "nft inet fw out handle 1 (map element 8080)");
	f->hdr[23]++;
	assert_says(f, "nft inet fw out handle 1 -> chain web handle 11");
	f->hdr[23]++;
	assert_null(decide(f));
}

/* A load of what is cut off does not match: no expression drops for that. */
static void test_cut_off(void **state)
{
	struct fixture *f = *state;
	struct attrs port = {0};

	dport(&port, NFT_CMP_NEQ, 53);
	verdict(&port, NF_ACCEPT, NULL);
	add_rule(f, f->base, &port);
	f->base->policy = NF_ACT_DROP;
	f->p.len = f->p.hdr_len = 22;
	assert_says(f, "nft inet fw out policy");
}

/* A match of iptables-nft does. */
static void test_match_drops(void **state)
{
	struct fixture *f = *state;
	struct attrs udp = {0};
	struct expr e = expr_begin(&udp, "match");

	put_str(&udp, NFTA_MATCH_NAME, "udp");
	put(&udp, NFTA_MATCH_INFO, (uint8_t[16]){0}, 16);
	expr_end(&udp, e);
	verdict(&udp, NF_ACCEPT, NULL);
	add_rule(f, f->base, &udp);
	f->base->policy = NF_ACT_DROP;
	f->p.len = f->p.hdr_len = 27;
	assert_says(f, "nft inet fw out handle 1 (while testing match udp)");
	f->p.len = f->p.hdr_len = 28;
	assert_says(f, "nft inet fw out policy");
}

/* A chain that calls itself cannot be loaded; a deep or large ruleset must end nevertheless. */
static void test_bounded(void **state)
{
	struct fixture *f = *state;
	struct attrs self = {0};

	verdict(&self, NFT_JUMP, "out");
	for (int i = 0; i < 3; i++)
		add_rule(f, f->base, &self);
	assert_null(decide(f));
	assert_true(f->d.overflow);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rule),
		TEST(test_policy),
		TEST(test_no_device),
		TEST(test_bridge),
		TEST(test_writes),
		TEST(test_written_bits),
		TEST(test_jump),
		TEST(test_goto),
		TEST(test_uncertain),
		TEST(test_unknown_expression),
		TEST(test_interfaces),
		TEST(test_mark),
		TEST(test_priorities),
		TEST(test_intervals),
		TEST(test_map),
		TEST(test_cut_off),
		TEST(test_bounded),
		TEST(test_two_ways),
		TEST(test_fragment),
		TEST(test_nat),
		TEST(test_before_nat),
		TEST(test_ttl_changed),
		TEST(test_mark_of_two_ways),
		TEST(test_connlimit),
		TEST(test_match_drops),
		TEST(test_followed_mark),
		TEST(test_way_of_mark),
		TEST(test_followed_ttl),
		TEST(test_lost_bytes),
		TEST(test_queued),
		TEST(test_same_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
