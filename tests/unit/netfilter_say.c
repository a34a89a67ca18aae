// SPDX-License-Identifier: GPL-2.0-only
/* What is said of verdicts, from rules of iptables that exist in this file only. */
#include "netfilter/say.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter_ipv4/ip_tables.h>

static struct nf_ruleset rs;
static struct nf_chain *nat_pre, *nat_post, *filter_pre, *raw_pre;
static struct nf_decision d;
static struct nf_times now;
static char buf[512];
static struct verdicts vs;
static struct textbuf t;
static const struct nf_answer a = {&t, &vs};

static struct nf_chain *add_base(const char *table, const char *name, uint8_t hook, int priority)
{
	struct nf_table *tab = nf_table_find(&rs, NF_IPTABLES, NFPROTO_IPV4, table);
	struct nf_chain *c;

	if (!tab)
		tab = nf_table_add(&rs, NF_IPTABLES, NFPROTO_IPV4, table);
	c = nf_chain_add(&rs, tab, name);
	c->is_base = true;
	c->is_nat = !strcmp(table, "nat");
	c->hook = hook;
	c->priority = priority;
	c->policy = NF_ACT_ACCEPT;
	return c;
}

/* A rule for packets to 10.0.0.N. */
static struct nf_rule *add_rule(struct nf_chain *c, uint8_t n, uint8_t action)
{
	static struct ipt_entry entries[16];
	static size_t nr;
	struct ipt_entry *e = &entries[nr++ % 16];
	struct nf_rule *r = nf_rule_add(&rs, c);

	*e = (struct ipt_entry){.target_offset = sizeof(*e)};
	e->ip.dst.s_addr = htonl(0x0a000000u | n);
	e->ip.dmsk.s_addr = 0xffffffff;
	r->data = e;
	r->data_sz = sizeof(*e);
	r->action = action;
	return r;
}

static int setup(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(&now, 0, sizeof(now));
	verdicts_clear(&vs);
	buf[0] = '\0';
	t = (struct textbuf){.buf = buf, .sz = sizeof(buf)};
	rs = (struct nf_ruleset){.arena = {.limit = NF_RULESET_MAX}};
	raw_pre = add_base("raw", "PREROUTING", NF_INET_PRE_ROUTING, -300);
	nat_pre = add_base("nat", "PREROUTING", NF_INET_PRE_ROUTING, -100);
	nat_post = add_base("nat", "POSTROUTING", NF_INET_POST_ROUTING, 100);
	filter_pre = add_base("late", "PREROUTING", NF_INET_PRE_ROUTING, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nf_ruleset_release(&rs);
	return 0;
}

static const char *said(void)
{
	static char copy[sizeof(buf)];

	memcpy(copy, buf, sizeof(copy));
	t.len = 0;
	buf[0] = '\0';
	return copy;
}

static struct nf_candidate candidate(struct nf_chain *c, struct nf_rule *r, uint8_t action)
{
	return (struct nf_candidate){.action = action,
				     .hook = c->hook,
				     .table = c->table,
				     .chain = c,
				     .base = c,
				     .rule = r};
}

static const char *nat(uint8_t ct, bool may_write)
{
	const struct nf_nat n = {.from = "A", .to = "B"};
	struct nf_packet p = {.family = NFPROTO_IPV4,
			      .hook = NF_INET_PRE_ROUTING,
			      .has_ct = ct != 0xff,
			      .ct_info = ct,
			      .has_l4 = true,
			      .l4_proto = IPPROTO_UDP};

	verdicts_clear(&vs);
	nf_say_nat(&a, &now, &d, &n, &p, may_write);
	assert_int_equal(vs.nr, 1);
	assert_string_equal(vs.v[0].verdict, "NAT");
	assert_string_equal(vs.v[0].from, "A");
	assert_string_equal(vs.v[0].hook, "prerouting");
	return said();
}

static void test_nat(void **state)
{
	(void)state;
	d.c[d.nr++] = candidate(nat_pre, add_rule(nat_pre, 2, NF_ACT_NAT), NF_ACT_NAT);
	assert_string_equal(nat(IP_CT_NEW, false), "NAT A -> B by iptables nat PREROUTING rule 1");
	assert_int_equal(vs.v[0].at.rule, 1);
	assert_int_equal(vs.v[0].priority, -100);
	assert_string_equal(nat(IP_CT_ESTABLISHED, false),
			    "NAT A -> B by conntrack (an existing connection)");
	assert_string_equal(vs.v[0].detail, "conntrack");
	assert_null(vs.v[0].at.chain);
	assert_string_equal(
		nat(0xff, false),
		"NAT A -> B, rule unknown; possible: conntrack (an existing connection) "
		"or iptables nat PREROUTING rule 1");
	/* the entry may be gone again */
	assert_string_equal(nat(NF_CT_INVALID, false), nat(0xff, false));
	assert_string_equal(nat(IP_CT_RELATED, false),
			    "NAT A -> B, rule unknown; possible: a conntrack helper "
			    "or iptables nat PREROUTING rule 1");
	assert_string_equal(nat(IP_CT_NEW, true),
			    "NAT A -> B, rule unknown; possible: iptables nat PREROUTING rule 1 "
			    "or a rule that writes headers");
	now.later_ms = 3;
	assert_string_equal(
		nat(IP_CT_NEW, false),
		"NAT A -> B by iptables nat PREROUTING rule 1, by the rules 3 ms later");
	now.changed = true;
	assert_string_equal(nat(IP_CT_NEW, false),
			    "NAT A -> B, rule unknown: the ruleset was changed about then");
}

static void test_nat_unknown(void **state)
{
	(void)state;
	assert_string_equal(nat(IP_CT_NEW, false),
			    "NAT A -> B, rule unknown: no rule fits; possible: conntrack, because "
			    "the port is in use");
	d.c[d.nr++] = candidate(nat_pre, add_rule(nat_pre, 2, NF_ACT_NAT), NF_ACT_NAT);
	d.c[d.nr++] = candidate(nat_pre, add_rule(nat_pre, 2, NF_ACT_UNKNOWN), NF_ACT_UNKNOWN);
	assert_string_equal(nat(IP_CT_NEW, false),
			    "NAT A -> B, rule unknown; possible: iptables nat PREROUTING rule 1 or "
			    "iptables nat PREROUTING rule 2");
}

static void test_queue(void **state)
{
	(void)state;
	d.c[0] = candidate(filter_pre, add_rule(filter_pre, 2, NF_ACT_QUEUE), NF_ACT_QUEUE);
	strcpy(d.c[0].detail, "5");
	d.nr = 1;
	nf_say_queue(&a, &now, &d);
	assert_string_equal(said(), "QUEUE 5 to user space by iptables late PREROUTING rule 1");
	assert_string_equal(vs.v[0].detail, "5");
	assert_string_equal(vs.v[0].target, "QUEUE");
	nf_say_drop(&a, &now, &d, NF_FREED_BY_QUEUE);
	assert_string_equal(said(), "DROP by queue 5: no program reads it, or it is full "
				    "(/proc/net/netfilter/nfnetlink_queue); QUEUE by iptables late "
				    "PREROUTING rule 1");
	nf_say_drop(&a, &now, &d, NF_FREED_BY_READER);
	assert_string_equal(said(),
			    "DROP by the program that reads queue 5; QUEUE by iptables late "
			    "PREROUTING rule 1");
	d.c[d.nr++] = candidate(filter_pre, NULL, NF_ACT_DROP);
	nf_say_drop(&a, &now, &d, NF_FREED_BY_QUEUE);
	assert_non_null(strstr(said(), "DROP by queue 5"));
	nf_say_drop(&a, &now, &d, NF_FREED_BY_READER);
	assert_string_equal(said(), "DROP by netfilter, rule unknown; possible: iptables late "
				    "PREROUTING rule 1 or iptables late PREROUTING policy");
	d.nr = 0;
	nf_say_queue(&a, &now, &d);
	assert_string_equal(said(), "QUEUE to user space, rule unknown");
}

static const char *drop(struct nf_times w)
{
	nf_say_drop(&a, &w, &d, NF_FREED_BY_HOOK);
	return said();
}

/* A rule fits, but others may have been there, or at its place. */
static void test_others(void **state)
{
	(void)state;
	d.c[d.nr++] = candidate(filter_pre, add_rule(filter_pre, 2, NF_ACT_DROP), NF_ACT_DROP);
	assert_string_equal(drop((struct nf_times){0}), "DROP by iptables late PREROUTING rule 1");
	assert_string_equal(
		drop((struct nf_times){.bpf = true, .ebtables = true}),
		"DROP by netfilter, rule unknown; possible: iptables late PREROUTING rule 1 "
		"or a BPF program (bpftool net show) or ebtables (ebtables-legacy -L)");
	assert_string_equal(
		drop((struct nf_times){.conntrack = true}),
		"DROP by netfilter, rule unknown; possible: iptables late PREROUTING rule 1 "
		"or conntrack, whose table may be full (net.netfilter.nf_conntrack_count and "
		"_max)");
	assert_string_equal(
		drop((struct nf_times){.conntrack = true, .uncounted = true}),
		"DROP by netfilter, rule unknown: the rule that fits has not counted "
		"it; possible: a change of the ruleset about then or "
		"conntrack, whose table may be full (net.netfilter.nf_conntrack_count and _max)");
	assert_string_equal(drop((struct nf_times){.uncounted = true}),
			    "DROP by netfilter, rule unknown: the rule that fits has not counted "
			    "it; possible: a change of the ruleset about then");
	assert_string_equal(drop((struct nf_times){.changed = true, .bpf = true}),
			    "DROP by netfilter, rule unknown: the ruleset was changed about then");
	/* by two ways to the same rule, and another */
	d.c[d.nr++] = d.c[0];
	d.c[d.nr++] = candidate(raw_pre, NULL, NF_ACT_DROP);
	assert_string_equal(drop((struct nf_times){0}),
			    "DROP by netfilter, rule unknown; possible: iptables late PREROUTING "
			    "rule 1 or iptables raw PREROUTING policy");
	nf_decision_keep(&d, NF_NFTABLES);
	assert_string_equal(drop((struct nf_times){0}),
			    "DROP by netfilter, rule unknown: no rule fits; possible: conntrack, "
			    "whose table may be full (net.netfilter.nf_conntrack_count and _max)");
	assert_string_equal(
		drop((struct nf_times){.bpf = true}),
		"DROP by netfilter, rule unknown: no rule fits; possible: a BPF program "
		"(bpftool net show)");
	assert_string_equal(
		drop((struct nf_times){.reroute = true}),
		"DROP by netfilter, rule unknown: no rule fits; possible: no route for the mark or "
		"address that a rule gave it (ip rule) or conntrack, whose table may be full "
		"(net.netfilter.nf_conntrack_count and _max)");
	nf_say_unread(&a, "DROP", -ESRCH);
	assert_string_equal(said(),
			    "DROP by netfilter, rule unknown: its network namespace is gone");
}

/* Which rules see a packet's addresses before NAT, and which behind. */
static void test_before(void **state)
{
	static const uint8_t old[40] = {0x45, [9] = 17, [16] = 10, [19] = 2};
	static const uint8_t new[40] = {0x45, [9] = 17, [16] = 10, [19] = 9};
	struct nf_packet p = {.family = NFPROTO_IPV4,
			      .hook = NF_INET_PRE_ROUTING,
			      .protocol = 0x0800,
			      .hdr = new,
			      .hdr_len = 40,
			      .before = old,
			      .before_len = 40};
	struct {
		struct nf_chain *chain;
		uint8_t action, seen;
	} chains[] = {{raw_pre, NF_ACT_ACCEPT, 2},
		      {nat_pre, NF_ACT_NAT, 2},
		      {filter_pre, NF_ACT_ACCEPT, 9}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		add_rule(chains[i].chain, 9, chains[i].action);
		add_rule(chains[i].chain, 2, chains[i].action);
	}
	nf_packet_parse(&p);
	for (size_t i = 0; i < 3; i++) {
		d.nr = 0;
		nf_decide_chain(&rs, &p, chains[i].chain, &d);
		assert_int_equal(d.nr, 1);
		assert_int_equal(d.c[0].rule->number, chains[i].seen == 9 ? 1 : 2);
	}
}

/* Up to where a packet is queued its bytes are those that rules saw; behind it they need not be. */
static void test_queued(void **state)
{
	static const uint8_t hdr[40] = {0x45, [9] = 17, [16] = 10, [19] = 2};
	struct nf_packet p = {.family = NFPROTO_IPV4,
			      .hook = NF_INET_PRE_ROUTING,
			      .protocol = 0x0800,
			      .hdr = hdr,
			      .hdr_len = 40,
			      .not_queued = true};

	(void)state;
	filter_pre->table->changes.kinds = NF_CHANGES_QUEUE;
	add_rule(filter_pre, 9, NF_ACT_QUEUE);
	add_rule(filter_pre, 2, NF_ACT_QUEUE);
	nf_packet_parse(&p);
	nf_decide_chain(&rs, &p, filter_pre, &d);
	assert_int_equal(d.nr, 1);
	assert_int_equal(d.c[0].rule->number, 2);
	d.nr = 0;
	p.not_queued = false;
	nf_decide_chain(&rs, &p, filter_pre, &d);
	assert_int_equal(d.nr, 3);
}

static void test_accept(void **state)
{
	(void)state;
	d.c[d.nr++] = candidate(raw_pre, NULL, NF_ACT_ACCEPT);
	nf_say_accept(&a, &now, &d, raw_pre, 0);
	d.nr = 0;
	d.c[d.nr++] = candidate(filter_pre, add_rule(filter_pre, 2, NF_ACT_ACCEPT), NF_ACT_ACCEPT);
	nf_say_accept(&a, &now, &d, filter_pre, 1);
	assert_string_equal(said(), " by iptables raw PREROUTING policy [-300], iptables late "
				    "PREROUTING rule 1 [0]");
	assert_int_equal(vs.nr, 2);
	assert_true(vs.v[0].is_policy);
	/* a second one that fits, none, changed rules, too many */
	d.c[d.nr++] = candidate(filter_pre, NULL, NF_ACT_ACCEPT);
	nf_say_accept(&a, &now, &d, filter_pre, 0);
	assert_string_equal(said(), " by iptables late PREROUTING (rule unknown) [0]");
	assert_false(vs.v[2].is_policy);
	assert_int_equal(vs.v[2].at.rule, 0);
	d.nr = 1;
	d.accepts_cut = true;
	nf_say_accept(&a, &now, &d, filter_pre, 0);
	assert_string_equal(said(), " by iptables late PREROUTING (rule unknown) [0]");
	d.accepts_cut = false;
	now.changed = true;
	nf_say_accept(&a, &now, &d, filter_pre, 0);
	assert_string_equal(said(), " by iptables late PREROUTING (rule unknown) [0]");
	/* one that drops has not accepted */
	now.changed = false;
	d.c[0].action = NF_ACT_DROP;
	nf_say_accept(&a, &now, &d, filter_pre, 0);
	assert_string_equal(said(), " by iptables late PREROUTING (rule unknown) [0]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nat_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_queued, setup, teardown),
		cmocka_unit_test_setup_teardown(test_accept, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
