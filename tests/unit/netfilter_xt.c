// SPDX-License-Identifier: GPL-2.0-only
/* Rules of xtables, built as the kernel keeps them: what drops without a rule that says so. */
#include "netfilter/candidate.h"
#include "netfilter/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>

#include "base/textbuf.h"
#include "netfilter/private.h"

struct fixture {
	struct nf_ruleset rs;
	struct nf_table *table;
	struct nf_chain *base;
	struct nf_packet p;
	uint8_t hdr[60];
	struct nf_decision d;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	f.table = nf_table_add(&f.rs, NF_IPTABLES, NFPROTO_IPV4, "filter");
	f.base = nf_chain_add(&f.rs, f.table, "INPUT");
	f.base->is_base = true;
	f.base->hook = NF_INET_LOCAL_IN;
	f.hdr[0] = 0x45;
	f.hdr[9] = IPPROTO_TCP;
	f.hdr[23] = 80;
	f.hdr[32] = 5 << 4;
	f.p = (struct nf_packet){
		.family = NFPROTO_IPV4,
		.hook = NF_INET_LOCAL_IN,
		.protocol = 0x0800,
		.has_mark = true,
		.has_len = true,
		.len = 40,
		.hdr = f.hdr,
		.hdr_len = sizeof(f.hdr),
	};
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	nf_ruleset_release(&f->rs);
	return 0;
}

/* ---- rules ---- */

struct rule {
	struct ipt_entry e;
	uint8_t rest[512];
};

static void begin(struct rule *r, uint8_t proto)
{
	*r = (struct rule){.e = {.target_offset = sizeof(r->e), .next_offset = sizeof(r->e)}};
	r->e.ip.proto = proto;
}

static void *append(struct rule *r, const char *name, uint8_t revision, size_t sz)
{
	struct xt_entry_match *m = (void *)((uint8_t *)r + r->e.next_offset);

	m->u.match_size = (uint16_t)XT_ALIGN(sizeof(*m) + sz);
	strcpy(m->u.user.name, name);
	m->u.user.revision = revision;
	r->e.next_offset = (uint16_t)(r->e.next_offset + m->u.match_size);
	return m->data;
}

static void *match(struct rule *r, const char *name, uint8_t revision, size_t sz)
{
	void *info = append(r, name, revision, sz);

	r->e.target_offset = r->e.next_offset;
	return info;
}

static struct nf_rule *add(struct fixture *f, struct rule *r, uint8_t action)
{
	struct nf_rule *rule = nf_rule_add(&f->rs, f->base);

	if (action != NF_ACT_UNKNOWN)
		append(r, "", 0, sizeof(int));
	rule->data = arena_copy(&f->rs.arena, r, r->e.next_offset);
	rule->data_sz = r->e.next_offset;
	rule->action = action;
	return rule;
}

/* A rule of one match. */
static void add_match(struct fixture *f, const char *name, size_t sz, uint8_t action)
{
	struct rule r;

	begin(&r, IPPROTO_TCP);
	match(&r, name, 0, sz);
	add(f, &r, action);
}

static void add_target(struct fixture *f, const char *name, size_t sz)
{
	struct rule r;

	begin(&r, 0);
	append(&r, name, 0, sz);
	add(f, &r, NF_ACT_UNKNOWN);
}

static const struct nf_candidate *decide(struct fixture *f)
{
	f->d = (struct nf_decision){0};
	nf_packet_parse(&f->p);
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

static void add_tcp(struct fixture *f, uint16_t dport, uint8_t option)
{
	struct rule r;
	struct xt_tcp *tcp;

	begin(&r, IPPROTO_TCP);
	tcp = match(&r, "tcp", 0, sizeof(*tcp));
	tcp->spts[1] = 0xffff;
	tcp->dpts[0] = tcp->dpts[1] = dport;
	tcp->option = option;
	add(f, &r, NF_ACT_ACCEPT);
}

static void test_cut_header(void **state)
{
	struct fixture *f = *state;

	f->base->policy = NF_ACT_DROP;
	add_tcp(f, 81, 0);
	assert_says(f, "iptables filter INPUT policy");
	f->p.len = 39;
	assert_says(f, "iptables filter INPUT rule 1 (while testing match tcp)");
	f->hdr[9] = IPPROTO_UDP; /* not tested then */
	assert_says(f, "iptables filter INPUT policy");
	f->hdr[9] = IPPROTO_TCP;
	f->p.has_len = false;
	f->p.hdr_len = 39;
	assert_null(decide(f));
	assert_int_equal(f->d.nr, 2);
}

/* A fragment that would overwrite the flags. */
static void test_fragment(void **state)
{
	struct fixture *f = *state;

	f->base->policy = NF_ACT_DROP;
	add_tcp(f, 81, 0);
	f->hdr[7] = 1;
	assert_says(f, "iptables filter INPUT rule 1 (while testing match tcp)");
	f->hdr[7] = 2;
	assert_says(f, "iptables filter INPUT policy");
}

static void test_cut_options(void **state)
{
	struct fixture *f = *state;

	f->base->policy = NF_ACT_DROP;
	f->hdr[32] = 6 << 4;
	add_tcp(f, 80, 2);
	assert_null(decide(f));
	assert_int_equal(f->d.c[0].action, NF_ACT_TESTED);
	f->hdr[32] = 5 << 4;
	decide(f);
	assert_int_not_equal(f->d.c[0].action, NF_ACT_TESTED);
}

/* Matches that may drop what is not odd; and those that never do. */
static void test_matches(void **state)
{
	static const struct {
		const char *name;
		size_t sz;
		bool drops;
	} matches[] = {
		{"connlimit", 40, true}, {"hashlimit", 64, true}, {"newer", 8, true},
		{"sctp", 40, true},	 {"limit", 40, false},	  {"comment", 256, false},
		{"set", 40, false},	 {"udplite", 10, false},  {"addrtype", 8, false},
	};
	struct fixture *f = *state;
	char words[96];

	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		f->base->rules = f->base->last_rule = NULL;
		f->base->nr_rules = 0;
		add_match(f, matches[i].name, matches[i].sz, NF_ACT_ACCEPT);
		snprintf(words, sizeof(words),
			 "iptables filter INPUT rule 1 (while testing match %s)", matches[i].name);
		if (matches[i].drops)
			assert_says(f, words);
		else
			assert_null(decide(f));
	}
}

/* Only where it makes an entry, for which there may be no memory. */
static void test_recent(void **state)
{
	struct fixture *f = *state;
	struct rule r;
	uint8_t *info;

	begin(&r, 0);
	info = match(&r, "recent", 0, 212);
	info[8] = 1; /* --rcheck */
	add(f, &r, NF_ACT_ACCEPT);
	assert_null(decide(f));
	begin(&r, 0);
	info = match(&r, "recent", 0, 212);
	info[8] = 2; /* --set */
	add(f, &r, NF_ACT_ACCEPT);
	assert_says(f, "iptables filter INPUT rule 2 (while testing match recent)");
}

/* By its verdict, or before: it is the same rule. */
static void test_both(void **state)
{
	struct fixture *f = *state;

	add_match(f, "hashlimit", 64, NF_ACT_DROP);
	assert_says(f, "iptables filter INPUT rule 1");
}

static void test_targets(void **state)
{
	static const struct {
		const char *name, *detail;
	} targets[] = {
		{"TPROXY", "target TPROXY"},
		{"SYNPROXY", "target SYNPROXY"},
		{"CLUSTERIP", "target CLUSTERIP"},
		{"MASQUERADE", "by target MASQUERADE"},
		{"REDIRECT", "by target REDIRECT"},
		{"NFQUEUE", NULL},
		{"LOG", NULL},
		{"DNAT", NULL},
		{"TCPMSS", NULL},
	};
	struct fixture *f = *state;
	char words[96];

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		f->base->rules = f->base->last_rule = NULL;
		f->base->nr_rules = 0;
		add_target(f, targets[i].name, 24);
		snprintf(words, sizeof(words), "iptables filter INPUT rule 1 (%s)",
			 targets[i].detail);
		if (targets[i].detail)
			assert_says(f, words);
		else
			assert_null(decide(f));
	}
	f->base->rules = f->base->last_rule = NULL;
	f->base->nr_rules = 0;
	add_target(f, "TCPMSS", 4);
	f->hdr[32] = 7 << 4; /* more than there is */
	assert_says(f, "iptables filter INPUT rule 1 (by target TCPMSS)");
}

/* A mark that a rule sets is known to the next, but not where the rule may not have matched. */
static void test_mark(void **state)
{
	struct fixture *f = *state;
	struct rule r;
	struct xt_mark_tginfo2 *set;
	struct xt_mark_mtinfo1 *is;

	for (int i = 0; i < 2; i++) {
		f->base->rules = f->base->last_rule = NULL;
		f->base->nr_rules = 0;
		begin(&r, 0);
		if (i)
			match(&r, "limit", 0, 40);
		set = append(&r, "MARK", 2, sizeof(*set));
		*set = (struct xt_mark_tginfo2){.mark = 5, .mask = 0xffffffff};
		add(f, &r, NF_ACT_UNKNOWN);
		begin(&r, 0);
		is = match(&r, "mark", 1, sizeof(*is));
		*is = (struct xt_mark_mtinfo1){.mark = 5, .mask = 0xffffffff};
		add(f, &r, NF_ACT_DROP);
		f->base->policy = NF_ACT_DROP;
		f->base->table->changes.kinds = NF_CHANGES_MARK;
		f->p.mark = 5;
		if (i)
			assert_null(decide(f));
		else
			assert_says(f, "iptables filter INPUT rule 2");
	}
}

/* How a target changes a header that is known: hdr is at its end what rules behind it see. */
static void assert_sets(struct fixture *f, const char *target, uint8_t revision, const void *info,
			size_t off, uint8_t from, uint8_t to)
{
	struct nf_packet p = f->p;
	struct nf_outcome o = {0};
	uint8_t hdr[60];

	memcpy(hdr, f->hdr, sizeof(hdr));
	hdr[off] = from;
	p.hdr = p.top = hdr;
	nf_packet_parse(&p);
	xt_target_outcome(target, revision, info, 2, &p, true, &o);
	assert_int_equal(o.action, NF_ACT_CONTINUE);
	assert_int_equal(hdr[off], to);
	assert_int_equal(p.unsure[off], 0);
	assert_int_equal(p.hdr_len, sizeof(hdr));
	if (from == to)
		return;
	/* it may not have been reached; or with what is not known */
	hdr[off] = from;
	xt_target_outcome(target, revision, info, 2, &p, false, &o);
	assert_int_not_equal(p.unsure[off], 0);
	xt_target_outcome(target, revision + 7, info, 2, &p, true, &o);
	assert_int_not_equal(p.unsure[off], 0);
}

static void test_header_targets(void **state)
{
	struct fixture *f = *state;

	assert_sets(f, "TTL", 0, &(struct ipt_TTL_info){IPT_TTL_SET, 9}, 8, 64, 9);
	assert_sets(f, "TTL", 0, &(struct ipt_TTL_info){IPT_TTL_INC, 9}, 8, 64, 73);
	assert_sets(f, "TTL", 0, &(struct ipt_TTL_info){IPT_TTL_INC, 9}, 8, 250, 255);
	assert_sets(f, "TTL", 0, &(struct ipt_TTL_info){IPT_TTL_DEC, 9}, 8, 64, 55);
	assert_sets(f, "TTL", 0, &(struct ipt_TTL_info){IPT_TTL_DEC, 9}, 8, 3, 0);
	assert_sets(f, "DSCP", 0, &(struct xt_DSCP_info[2]){{0x2e}}, 1, 0x03, 0xbb);
	assert_sets(f, "TOS", 1, &(struct xt_tos_target_info){0x10, 0x3f}, 1, 0xc3, 0xd0);
	assert_sets(f, "TOS", 1, &(struct xt_tos_target_info){0x10, 0x3f}, 1, 0xd0, 0xd0);
	f->p.protocol = 0x86dd;
	f->p.family = NFPROTO_IPV6;
	f->hdr[0] = 0x60;
	assert_sets(f, "HL", 0, &(struct ipt_TTL_info){IPT_TTL_DEC, 1}, 7, 64, 63);
	assert_sets(f, "TOS", 1, &(struct xt_tos_target_info){0x10, 0xff}, 0, 0x6f, 0x61);
	assert_sets(f, "TOS", 1, &(struct xt_tos_target_info){0x12, 0xff}, 1, 0xf7, 0x27);
}

/* What targets may write of a packet of which nothing is known. */
static void test_target_writes(void **state)
{
	static const struct {
		const char *name;
		uint8_t at, bits; /* of IPv4's header; 0: none */
		uint16_t l4;
		bool len, l4_checksum;
	} targets[] = {
		{"TTL", 8, 0xff, 0, false, false},    {"DSCP", 1, 0xfc, 0, false, false},
		{"TOS", 1, 0xff, 0, false, false},    {"ECN", 1, 0x03, 13, false, false},
		{"TCPMSS", 2, 0xff, 13, true, false}, {"TCPOPTSTRIP", 0, 0, 17, false, false},
		{"CHECKSUM", 0, 0, 0, false, true},   {"MARK", 0, 0, 0, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		uint8_t hdr[NF_TOP_SZ] = {0}, info[64] = {0};
		struct nf_writes w = {0};
		struct nf_packet p = {.family = NFPROTO_IPV4,
				      .protocol = 0x0800,
				      .hdr = hdr,
				      .top = hdr,
				      .writes = &w};
		struct nf_outcome o = {0};

		memset(p.unsure, 0xff, sizeof(p.unsure));
		xt_target_outcome(targets[i].name, 0, info, sizeof(info), &p, true, &o);
		assert_int_equal(w.top[targets[i].at], targets[i].bits);
		assert_int_equal(w.top[10], targets[i].bits ? 0xff : 0);
		assert_int_equal(w.l4, targets[i].l4);
		assert_int_equal(w.len, targets[i].len);
		assert_int_equal(w.l4_checksum, targets[i].l4_checksum);
		assert_false(w.any || w.rest);
		assert_int_equal(xt_target_changes(targets[i].name), strcmp(targets[i].name, "MARK")
									     ? NF_CHANGES_HEADER
									     : NF_CHANGES_MARK);
	}
}

/* Those of a connection are not the packet's. */
static void test_connmark(void **state)
{
	struct fixture *f = *state;
	struct xt_connmark_tginfo2 info = {.mode = XT_CONNMARK_SAVE};
	struct nf_outcome o = {0};

	xt_target_outcome("CONNMARK", 2, &info, sizeof(info), &f->p, true, &o);
	assert_true(f->p.has_mark);
	info.mode = XT_CONNMARK_RESTORE;
	xt_target_outcome("CONNMARK", 2, &info, sizeof(info), &f->p, true, &o);
	assert_false(f->p.has_mark);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_target_writes),  TEST(test_cut_header), TEST(test_fragment),
		TEST(test_cut_options),	   TEST(test_matches),	  TEST(test_recent),
		TEST(test_both),	   TEST(test_targets),	  TEST(test_mark),
		TEST(test_header_targets), TEST(test_connmark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
