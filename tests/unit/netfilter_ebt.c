// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of ebtables, built as the kernel gives them: random rules and packets, decided here and,
 * from what the rules were made of, by an interpreter of its own.
 */
#include "netfilter/ebt_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_bridge/ebt_among.h>
#include <linux/netfilter_bridge/ebt_arp.h>
#include <linux/netfilter_bridge/ebt_arpreply.h>
#include <linux/netfilter_bridge/ebt_ip.h>
#include <linux/netfilter_bridge/ebt_mark_m.h>
#include <linux/netfilter_bridge/ebt_mark_t.h>
#include <linux/netfilter_bridge/ebt_nat.h>

#include "base/textbuf.h"
#include "netfilter/candidate.h"
#include "netfilter/rule_text.h"

#define NR_CHAINS 6 /* of the first ones each is a base chain */
#define NR_BASES  3
#define NR_RULES  5 /* of a chain at most */
#define ROUNDS	  20000

/* ---- what rules and packets are made of ---- */

enum what { ANY, IS, IS_NOT };
enum kind { NO_MATCH, MATCH_IP, MATCH_ARP, MATCH_MARK, MATCH_AMONG, NR_KINDS };
enum end { TO_ACCEPT, TO_DROP, TO_CONTINUE, TO_RETURN, TO_CHAIN, TO_MARK, TO_DNAT, NR_ENDS };

struct spec {
	uint8_t proto, in, out, bridge, src, dst; /* enum what */
	uint16_t type;				  /* 0: a length */
	const char *in_name, *out_name;		  /* "+" at the end: any that begins so */
	uint8_t src_end, dst_end;		  /* the last byte of the address */
	bool dst_multicast;			  /* instead: its first bit */
	uint8_t kind;				  /* enum kind */
	bool invert;
	uint32_t value, value2;
	uint8_t end; /* enum end */
	int verdict; /* of TO_MARK and TO_DNAT */
	size_t chain;
};

struct frame {
	uint8_t mac[NF_MAC_SZ], hdr[40];
	uint32_t mark;
	const char *in, *out; /* NULL: none */
};

struct chain {
	struct spec rules[NR_RULES];
	size_t nr;
	int policy;
};

struct verdict_at {
	bool dropped;
	size_t chain, rule; /* from 1; 0: the policy */
};

static uint64_t rnd_state = 88172645463325252ULL;

static uint32_t rnd(uint32_t nr)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (uint32_t)((rnd_state >> 32) % nr);
}

static uint8_t rnd_what(void)
{
	return rnd(4) ? ANY : rnd(3) ? IS : IS_NOT;
}

static void make_rule(struct spec *s, size_t chain, bool is_nat)
{
	static const uint16_t types[] = {0x0800, 0x0806, 0};
	static const char *const names[] = {"p0", "p1", "p+", "+", "p"};
	static const int verdicts[] = {EBT_ACCEPT, EBT_DROP, EBT_CONTINUE, EBT_CONTINUE};

	*s = (struct spec){
		.proto = rnd_what(),
		.in = rnd_what(),
		.out = rnd_what(),
		.bridge = rnd(8) ? ANY : 1 + rnd(2),
		.src = rnd_what(),
		.dst = rnd_what(),
		.type = types[rnd(3)],
		.in_name = names[rnd(5)],
		.out_name = names[rnd(5)],
		.src_end = (uint8_t)rnd(3),
		.dst_end = (uint8_t)rnd(3),
		.dst_multicast = !rnd(3),
		.kind = (uint8_t)rnd(NR_KINDS),
		.invert = !rnd(4),
		.value = rnd(4),
		.value2 = rnd(4),
		.end = (uint8_t)rnd(NR_ENDS),
		.verdict = verdicts[rnd(4)],
		.chain = NR_BASES + rnd(NR_CHAINS - NR_BASES),
	};
	if (s->end == TO_CHAIN && s->chain <= chain)
		s->end = TO_DROP;
	if (s->end == TO_DNAT && !is_nat)
		s->end = TO_MARK;
	if (s->end == TO_RETURN && chain < NR_BASES)
		s->end = TO_CONTINUE;
}

static void make_chains(struct chain *cs, bool is_nat)
{
	static const int policies[] = {EBT_ACCEPT, EBT_DROP, EBT_RETURN, EBT_RETURN};

	for (size_t c = 0; c < NR_CHAINS; c++) {
		cs[c].nr = rnd(NR_RULES + 1);
		cs[c].policy = policies[rnd(c < NR_BASES ? 2 : 4)];
		for (size_t r = 0; r < cs[c].nr; r++)
			make_rule(&cs[c].rules[r], c, is_nat);
	}
}

static void make_frame(struct frame *f, bool is_forward)
{
	static const char *const names[] = {"p0", "p1", "p10", "q"};
	uint32_t type = rnd(3);

	memset(f, 0, sizeof(*f));
	f->mac[0] = rnd(2) ? 2 : 3;
	f->mac[5] = (uint8_t)rnd(3);
	f->mac[6] = 2;
	f->mac[11] = (uint8_t)rnd(3);
	f->mac[12] = type < 2 ? 8 : 0;
	f->mac[13] = type == 1 ? 6 : type == 2 ? 38 : 0;
	f->mark = rnd(4);
	f->in = is_forward ? names[rnd(4)] : NULL;
	f->out = names[rnd(4)];
	if (type == 0) {
		f->hdr[0] = 0x45;
		f->hdr[9] = rnd(2) ? 17 : 6;
		f->hdr[15] = (uint8_t)rnd(4);
		f->hdr[23] = (uint8_t)rnd(4);
	} else if (type == 1) {
		memcpy(f->hdr, (const uint8_t[]){0, 1, 8, 0, 6, 4, 0}, 7);
		f->hdr[7] = (uint8_t)rnd(4);
		f->hdr[17] = (uint8_t)rnd(4);
	}
}

/* ---- the interpreter ---- */

static bool holds(uint8_t what, bool is)
{
	return what == ANY || is == (what == IS);
}

static bool dev_is(const char *want, const char *dev)
{
	size_t len = strlen(want);

	if (!dev)
		return false;
	return want[len - 1] == '+' ? !strncmp(want, dev, len - 1) : !strcmp(want, dev);
}

static bool kind_holds(const struct spec *s, const struct frame *f)
{
	uint32_t type = (uint32_t)f->mac[12] << 8 | f->mac[13];
	uint32_t ip = 0;

	switch (s->kind) {
	case MATCH_IP: /* UDP to a port; whatever the bytes are */
		if (f->hdr[9] != 17 || f->hdr[6] & 0x1f || f->hdr[7])
			return false;
		return (f->hdr[23] == s->value && !f->hdr[22] && (f->hdr[0] & 0xf) == 5) !=
		       s->invert;
	case MATCH_ARP:
		return (f->hdr[7] == s->value && !f->hdr[6]) != s->invert;
	case MATCH_MARK:
		return ((f->mark & s->value) == s->value2) != s->invert;
	case MATCH_AMONG: /* source address 02:..:value, with IPv4 address value2 or any */
		if (type == 0x0800)
			ip = f->hdr[15];
		else if (type == 0x0806)
			ip = f->hdr[17];
		return (f->mac[11] == s->value && (!s->value2 || s->value2 == ip)) != s->invert;
	}
	return true;
}

static bool rule_holds(const struct spec *s, const struct frame *f)
{
	uint32_t type = (uint32_t)f->mac[12] << 8 | f->mac[13];

	return holds(s->proto, s->type ? type == s->type : type < 0x600) &&
	       holds(s->in, dev_is(s->in_name, f->in)) &&
	       holds(s->out, dev_is(s->out_name, f->out)) &&
	       (!f->in || f->in[0] != 'p' || holds(s->bridge, true)) &&
	       holds(s->src, f->mac[11] == s->src_end) &&
	       holds(s->dst, s->dst_multicast ? f->mac[0] & 1 : f->mac[5] == s->dst_end) &&
	       kind_holds(s, f);
}

/* -1: dropped, 1: accepted, 0: back to the caller. */
static int run(const struct chain *cs, size_t chain, struct frame *f, struct verdict_at *at)
{
	for (size_t i = 0; i < cs[chain].nr; i++) {
		const struct spec *s = &cs[chain].rules[i];
		int verdict = EBT_CONTINUE, ret;

		if (!rule_holds(s, f))
			continue;
		if (s->end == TO_CHAIN) {
			ret = run(cs, s->chain, f, at);
			if (ret)
				return ret;
			continue;
		}
		if (s->end <= TO_RETURN)
			verdict = -1 - (int)s->end;
		else
			verdict = s->verdict;
		if (s->end == TO_MARK)
			f->mark = s->invert ? f->mark ^ s->value : s->value;
		if (s->end == TO_DNAT)
			memcpy(f->mac, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)s->value}, 6);
		if (verdict == EBT_DROP)
			*at = (struct verdict_at){true, chain, i + 1};
		if (verdict == EBT_DROP || verdict == EBT_ACCEPT)
			return verdict == EBT_DROP ? -1 : 1;
		if (verdict == EBT_RETURN)
			return 0;
	}
	if (cs[chain].policy == EBT_DROP)
		*at = (struct verdict_at){true, chain, 0};
	return cs[chain].policy == EBT_DROP ? -1 : cs[chain].policy == EBT_ACCEPT ? 1 : 0;
}

/* ---- the kernel's bytes ---- */

static _Alignas(8) uint8_t bytes[65536];
static size_t sz;
static size_t heads[NR_CHAINS];

static void *put_part(const char *name, size_t info_sz)
{
	struct ebt_entry_match *m = (void *)(bytes + sz);
	size_t whole = (info_sz + 7) & ~(size_t)7;

	memset(m, 0, sizeof(*m) + whole);
	strcpy(m->u.name, name);
	m->match_size = (unsigned int)whole;
	sz += sizeof(*m) + whole;
	return m->data;
}

static void put_match(const struct spec *s)
{
	struct ebt_mac_wormhash *set;
	struct ebt_among_info *among;
	struct ebt_mark_m_info *mark;
	struct ebt_arp_info *arp;
	struct ebt_ip_info *ip;

	switch (s->kind) {
	case MATCH_IP:
		ip = put_part(EBT_IP_MATCH, sizeof(*ip));
		ip->bitmask = EBT_IP_PROTO | EBT_IP_DPORT;
		ip->invflags = s->invert ? EBT_IP_DPORT : 0;
		ip->protocol = 17;
		ip->dport[0] = ip->dport[1] = (uint16_t)s->value;
		break;
	case MATCH_ARP:
		arp = put_part(EBT_ARP_MATCH, sizeof(*arp));
		arp->bitmask = EBT_ARP_OPCODE;
		arp->invflags = s->invert ? EBT_ARP_OPCODE : 0;
		arp->opcode = htons((uint16_t)s->value);
		break;
	case MATCH_MARK:
		mark = put_part(EBT_MARK_MATCH, sizeof(*mark));
		mark->mask = s->value;
		mark->mark = s->value2;
		mark->invert = s->invert;
		mark->bitmask = EBT_MARK_AND;
		break;
	case MATCH_AMONG:
		among = put_part(EBT_AMONG_MATCH,
				 sizeof(*among) + 4 + sizeof(*set) + sizeof(set->pool[0]));
		among->wh_src_ofs = (int)sizeof(*among) + 4;
		among->bitmask = s->invert ? EBT_AMONG_SRC_NEG : 0;
		set = (void *)((uint8_t *)among + among->wh_src_ofs);
		set->poolsize = 1;
		for (size_t i = s->value + 1; i < 257; i++)
			set->table[i] = 1;
		memcpy((uint8_t *)set->pool[0].cmp + 2,
		       (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)s->value}, 6);
		set->pool[0].ip = htonl(s->value2);
		break;
	}
}

static void put_target(const struct spec *s)
{
	struct ebt_mark_t_info *mark;
	struct ebt_nat_info *nat;
	int *verdict;

	if (s->end == TO_MARK) {
		mark = put_part(EBT_MARK_TARGET, sizeof(*mark));
		mark->mark = s->value;
		mark->target =
			(s->verdict & 0xf) | (int)(s->invert ? MARK_XOR_VALUE : MARK_SET_VALUE);
	} else if (s->end == TO_DNAT) {
		nat = put_part(EBT_DNAT_TARGET, sizeof(*nat));
		memcpy(nat->mac, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)s->value}, 6);
		nat->target = s->verdict;
	} else {
		verdict = put_part(EBT_STANDARD_TARGET, sizeof(*verdict));
		*verdict = s->end == TO_CHAIN ? (int)s->chain : -1 - (int)s->end;
	}
}

static void set_name(char *to, const char *name)
{
	size_t len = strlen(name);

	strcpy(to, name);
	if (name[len - 1] == '+')
		to[len - 1] = 1;
}

static void put_plain(struct ebt_entry *e, const struct spec *s)
{
	e->bitmask = EBT_ENTRY_OR_ENTRIES | (s->proto == ANY ? EBT_NOPROTO : 0) |
		     (s->proto != ANY && !s->type ? EBT_802_3 : 0) |
		     (s->src != ANY ? EBT_SOURCEMAC : 0) | (s->dst != ANY ? EBT_DESTMAC : 0);
	e->invflags = (s->proto == IS_NOT ? EBT_IPROTO : 0) | (s->in == IS_NOT ? EBT_IIN : 0) |
		      (s->out == IS_NOT ? EBT_IOUT : 0) |
		      (s->bridge == IS_NOT ? EBT_ILOGICALIN : 0) |
		      (s->src == IS_NOT ? EBT_ISOURCE : 0) | (s->dst == IS_NOT ? EBT_IDEST : 0);
	e->ethproto = htons(s->type);
	if (s->in != ANY)
		set_name(e->in, s->in_name);
	if (s->out != ANY)
		set_name(e->out, s->out_name);
	if (s->bridge != ANY)
		set_name(e->logical_in, "br+");
	e->sourcemsk[5] = 0xff;
	e->sourcemac[5] = s->src_end;
	e->destmsk[s->dst_multicast ? 0 : 5] = s->dst_multicast ? 1 : 0xff;
	e->destmac[s->dst_multicast ? 0 : 5] = s->dst_multicast ? 1 : s->dst_end;
}

static void put_rule(const struct spec *s)
{
	size_t at = sz;
	struct ebt_entry e = {0};

	put_plain(&e, s);
	sz += sizeof(e);
	put_match(s);
	e.watchers_offset = e.target_offset = (unsigned int)(sz - at);
	put_target(s);
	e.next_offset = (unsigned int)(sz - at);
	memcpy(bytes + at, &e, sizeof(e));
}

/* Jumps go to the heads of chains: known once all are put. */
static void mend_jumps(void)
{
	for (size_t off = 0; off < sz;) {
		struct ebt_entry *e = (void *)(bytes + off);
		struct ebt_entry_target *t;
		int *verdict;

		if (!e->bitmask) {
			off += sizeof(struct ebt_entries);
			continue;
		}
		t = ebt_get_target(e);
		verdict = (int *)t->data;
		if (!strcmp(t->u.name, EBT_STANDARD_TARGET) && *verdict >= 0)
			*verdict = (int)heads[*verdict];
		off += e->next_offset;
	}
}

static const char *const filter_names[] = {"INPUT", "FORWARD", "OUTPUT", "A", "B", "C"};
static const char *const nat_names[] = {"PREROUTING", "OUTPUT", "POSTROUTING", "A", "B", "C"};

static struct ebt_blob *put_table(struct nf_ruleset *rs, const struct chain *cs, bool is_nat)
{
	static struct ebt_counter counters[NR_CHAINS * NR_RULES];
	static struct ebt_blob b;
	uint32_t nr = 0;

	(void)rs;
	sz = 0;
	for (size_t c = 0; c < NR_CHAINS; c++) {
		struct ebt_entries h = {.counter_offset = nr,
					.policy = cs[c].policy,
					.nentries = (unsigned)cs[c].nr};

		strcpy(h.name, (is_nat ? nat_names : filter_names)[c]);
		heads[c] = sz;
		memcpy(bytes + sz, &h, sizeof(h));
		sz += sizeof(h);
		for (size_t r = 0; r < cs[c].nr; r++, nr++)
			put_rule(&cs[c].rules[r]);
	}
	mend_jumps();
	b = (struct ebt_blob){
		.valid_hooks =
			is_nat ? 1 << NF_BR_PRE_ROUTING | 1 << NF_BR_LOCAL_OUT |
					 1 << NF_BR_POST_ROUTING
			       : 1 << NF_BR_LOCAL_IN | 1 << NF_BR_FORWARD | 1 << NF_BR_LOCAL_OUT,
		.nr_rules = nr,
		.sz = sz,
		.entries = bytes,
		.counters = counters,
	};
	return &b;
}

/* ---- comparing ---- */

static struct nf_dev dev_of(const char *name)
{
	struct nf_dev d = {.known = true, .ifindex = name != NULL};

	if (name)
		strcpy(d.name, name);
	return d;
}

static struct nf_mac mac_of(const struct frame *f)
{
	struct nf_mac m = {.known = NF_MAC_DST | NF_MAC_SRC | NF_MAC_TYPE};

	memcpy(m.bytes, f->mac, sizeof(m.bytes));
	return m;
}

/* The frame as it was dropped; before: as it came to the hook. */
static struct nf_packet packet_of(const struct frame *before, const struct frame *f, uint8_t hook)
{
	uint16_t type = (uint16_t)(f->mac[12] << 8 | f->mac[13]);
	bool is_port = f->in && f->in[0] == 'p';

	return (struct nf_packet){
		.family = NFPROTO_BRIDGE,
		.hook = hook,
		.protocol = type < 0x600 ? 4 : type,
		.has_mark = true,
		.mark = f->mark,
		.has_len = true,
		.len = sizeof(f->hdr),
		.has_vlan = true,
		.in = dev_of(f->in),
		.out = dev_of(f->out),
		.in_bridge = dev_of(is_port ? "br0" : NULL),
		.mac = mac_of(f),
		.hdr = f->hdr,
		.hdr_len = sizeof(f->hdr),
		.entry = {.hdr = before->hdr,
			  .hdr_len = sizeof(before->hdr),
			  .mark = before->mark,
			  .mac = mac_of(before)},
	};
}

static void tell_less(struct nf_packet *p)
{
	p->mac.known &= (uint8_t)rnd(8);
	p->entry.mac.known &= (uint8_t)rnd(8);
	p->has_mark &= rnd(2);
	p->in.known &= rnd(2);
	p->in_bridge.known &= rnd(2);
	if (rnd(2))
		p->entry.hdr = NULL;
	if (rnd(2))
		p->hdr_len = rnd(sizeof(((struct frame *)0)->hdr));
	if (!rnd(3))
		p->hook = NF_HOOK_UNKNOWN;
}

static bool is_right(const struct nf_candidate *c, const char *const *names,
		     const struct verdict_at *at)
{
	return !strcmp(c->chain->name, names[at->chain]) &&
	       (c->rule ? c->rule->number : 0) == at->rule;
}

static void test_random(void **state)
{
	unsigned int nr_dropped = 0, nr_told = 0, nr_less = 0, nr_less_told = 0;
	static struct nf_decision d;

	(void)state;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		bool is_nat = rnd(2), less = rnd(2);
		size_t base = 1; /* FORWARD, or OUTPUT of nat */
		uint8_t hook = is_nat ? NF_BR_LOCAL_OUT : NF_BR_FORWARD;
		struct chain cs[NR_CHAINS] = {0};
		struct nf_ruleset rs = {.arena = {.limit = 1 << 20}};
		struct frame before, after;
		struct verdict_at at = {0};
		const struct nf_candidate *c;
		struct nf_packet p;

		make_chains(cs, is_nat);
		make_frame(&before, !is_nat);
		after = before;
		run(cs, base, &after, &at);
		if (!at.dropped)
			continue;
		assert_int_equal(
			ebt_parse(&rs, is_nat ? "nat" : "filter", put_table(&rs, cs, is_nat)), 0);
		p = packet_of(&before, &after, hook);
		if (less)
			tell_less(&p);
		nf_packet_parse(&p);
		d = (struct nf_decision){0};
		nf_decide(&rs, &p, &d);
		c = nf_decision_drop(&d);
		if (c && !is_right(c, is_nat ? nat_names : filter_names, &at))
			fail_msg("round %u: %s %zu instead of %s %u", i,
				 (is_nat ? nat_names : filter_names)[at.chain], at.rule,
				 c->chain->name, c->rule ? c->rule->number : 0);
		if (!less && !c)
			fail_msg("round %u: not told", i);
		nr_dropped += !less;
		nr_told += !less && c;
		nr_less += less;
		nr_less_told += less && c;
		nf_ruleset_release(&rs);
	}
	assert_int_equal(nr_told, nr_dropped);
	assert_true(nr_dropped > ROUNDS / 10);
	assert_true(nr_less_told > nr_less / 10 && nr_less_told < nr_less);
}

/* ---- single rules ---- */

static void test_text(void **state)
{
	struct chain cs[NR_CHAINS] = {0};
	struct nf_ruleset rs = {.arena = {.limit = 1 << 20}};
	char buf[256], text[256];
	struct nf_chain *c;

	(void)state;
	for (size_t i = 0; i < NR_CHAINS; i++)
		cs[i].policy = EBT_ACCEPT;
	cs[1].nr = 2;
	cs[1].rules[0] = (struct spec){.proto = IS,
				       .type = 0x0800,
				       .in = IS_NOT,
				       .in_name = "p+",
				       .kind = MATCH_IP,
				       .value = 53,
				       .end = TO_CHAIN,
				       .chain = 3};
	cs[1].rules[1] = (struct spec){.end = TO_MARK, .value = 5, .verdict = EBT_DROP};
	cs[3].policy = EBT_DROP;
	assert_int_equal(ebt_parse(&rs, "filter", put_table(&rs, cs, false)), 0);
	c = nf_chain_find(rs.tables, "FORWARD");
	assert_true(nf_rule_text(c, c->rules, buf, sizeof(buf)));
	assert_string_equal(buf, "-A FORWARD -p IPv4 -i ! p+ --ip-proto udp --ip-dport 53 -j A");
	assert_true(nf_rule_text(c, c->rules->next, buf, sizeof(buf)));
	assert_string_equal(buf, "-A FORWARD -j mark --mark-set 0x5 --mark-target DROP");

	nf_candidate_format(&(struct nf_candidate){.action = NF_ACT_DROP,
						   .table = rs.tables,
						   .chain = c->rules->chain,
						   .base = c,
						   .nr_path = 1,
						   .path = {{c, c->rules}}},
			    &(struct textbuf){.buf = text, .sz = sizeof(text)});
	assert_string_equal(text, "ebtables filter FORWARD rule 1 -> chain A policy");
	nf_ruleset_release(&rs);
}

static int parse_changed(const struct chain *cs, size_t off, uint32_t v)
{
	struct nf_ruleset rs = {.arena = {.limit = 1 << 20}};
	struct ebt_blob *b = put_table(&rs, cs, false);
	int ret;

	memcpy(bytes + off, &v, sizeof(v));
	ret = ebt_parse(&rs, "filter", b);
	nf_ruleset_release(&rs);
	return ret;
}

/* Numbers that point elsewhere: never read beyond. */
static void test_malformed(void **state)
{
	struct chain cs[NR_CHAINS];

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		struct nf_ruleset rs = {.arena = {.limit = 1 << 20}};

		make_chains(cs, false);
		put_table(&rs, cs, false);
		parse_changed(cs, rnd((uint32_t)sz / 4) * 4, rnd(3) ? rnd(600) : UINT32_MAX);
	}
	for (size_t i = 0; i < NR_CHAINS; i++)
		cs[i] = (struct chain){.policy = EBT_ACCEPT};
	assert_int_equal(parse_changed(cs, 4, 0x41414141), -71); /* INPUT has another name */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
