// SPDX-License-Identifier: GPL-2.0-only
/* Texts of rules that no tool made: cut, contradicting themselves, with names that are hostile. */
#include "netfilter/rule_text.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter/xt_statistic.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter/xt_u32.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "netfilter/candidate.h"
#include "netfilter/ipset.h"

#define HOSTILE "a\x1b[2J\"\\'\xff\xc2\x9b"

static struct nf_table table;
static struct nf_chain chain;
static struct nf_rule rule;
static struct {
	struct ip6t_entry e; /* the larger one; IPv4's has the same offsets before its own */
	uint8_t rest[8192];
} blob;
static size_t used;
static char buf[512];

static int setup(void **state)
{
	(void)state;
	table = (struct nf_table){.name = "filter", .family = NFPROTO_IPV4};
	chain = (struct nf_chain){.name = "INPUT", .table = &table};
	memset(&blob, 0, sizeof(blob));
	used = sizeof(struct ipt_entry);
	return 0;
}

static struct ipt_entry *ipv4(void)
{
	return (void *)&blob;
}

static void use_ipv6(void)
{
	table.family = NFPROTO_IPV6;
	used = sizeof(struct ip6t_entry);
}

/* An extension's structure of sz bytes, which are zero. */
static void *extension(const char *name, uint8_t revision, size_t sz)
{
	struct xt_entry_match *m = (void *)((uint8_t *)&blob + used);

	m->u.match_size = (uint16_t)XT_ALIGN(sizeof(*m) + sz);
	strncpy(m->u.user.name, name, sizeof(m->u.user.name) - 1);
	m->u.user.revision = revision;
	used += m->u.match_size;
	return m->data;
}

/* The rule's end: its verdict, or a target. */
static void *finish(uint8_t action, const char *target, uint8_t revision, size_t sz)
{
	uint16_t at = (uint16_t)used;
	void *info = extension(target, revision, sz);

	if (table.family == NFPROTO_IPV4) {
		ipv4()->target_offset = at;
		ipv4()->next_offset = (uint16_t)used;
	} else {
		blob.e.target_offset = at;
		blob.e.next_offset = (uint16_t)used;
	}
	rule = (struct nf_rule){.data = &blob, .data_sz = (uint32_t)used, .action = action};
	return info;
}

/* Without the verdict, DROP. */
static void assert_drop(bool known, const char *words)
{
	char expected[512];

	finish(NF_ACT_DROP, "", 0, sizeof(int));
	snprintf(expected, sizeof(expected), "-A INPUT%s -j DROP", words);
	assert_int_equal(nf_rule_text(&chain, &rule, buf, sizeof(buf)), known);
	assert_string_equal(buf, expected);
}

static void assert_target(bool known, const char *words)
{
	assert_int_equal(nf_rule_text(&chain, &rule, buf, sizeof(buf)), known);
	assert_string_equal(buf, words);
}

/* ---- tests ---- */

static void test_sets(void **state)
{
	struct xt_set_info_match_v4 *i;
	struct nf_ipset set = {.name = "hosts", .has_index = true, .index = 7};
	struct nf_ipsets sets = {.list = &set, .nr = 1};

	(void)state;
	table.ipsets = &sets;
	i = extension("set", 4, sizeof(*i));
	i->match_set = (struct xt_set_info){.index = 7, .dim = 2, .flags = IPSET_DIM_TWO_SRC | 1};
	i->flags = IPSET_FLAG_SKIP_COUNTER_UPDATE;
	i->bytes.op = IPSET_COUNTER_NE;
	i->bytes.value = 5;
	assert_drop(true, " -m set ! --match-set hosts dst,src ! --update-counters ! --bytes-eq 5");
	setup(state);
	table.ipsets = &sets;
	i = extension("set", 4, sizeof(*i));
	i->match_set.index = 8; /* not looked at */
	assert_drop(false, " -m set [unknown match, 48 bytes]");
	setup(state);
	i = extension("set", 1, sizeof(struct xt_set_info_match_v1)); /* no set is known */
	assert_drop(false, " -m set [unknown match, 8 bytes]");
	setup(state);
	table.ipsets = &sets;
	i = extension("set", 2, sizeof(struct xt_set_info_match_v1));
	i->match_set = (struct xt_set_info){7, 1, IPSET_DIM_ONE_SRC | IPSET_RETURN_NOMATCH};
	assert_drop(true, " -m set --match-set hosts src --return-nomatch");
	setup(state);
	table.ipsets = &sets;
	i = extension("set", 2, sizeof(struct xt_set_info_match_v1));
	i->match_set = (struct xt_set_info){7, IPSET_DIM_MAX + 1, 0};
	assert_drop(false, " -m set [unknown match, 8 bytes]");
}

static void test_plain(void **state)
{
	struct ipt_ip *ip = &ipv4()->ip;

	(void)state;
	ip->src.s_addr = htonl(0x0a000001);
	ip->smsk.s_addr = htonl(0xff0000ff);
	ip->dst.s_addr = htonl(0x0a000000);
	ip->dmsk.s_addr = htonl(0xff000000);
	strcpy(ip->iniface, "eth");
	memset(ip->iniface_mask, 0xff, 3);
	strcpy(ip->outiface, "abcdefghijklmno");
	memset(ip->outiface_mask, 0xff, 16);
	ip->proto = 6;
	ip->flags = IPT_F_FRAG;
	ip->invflags = IPT_INV_DSTIP | IPT_INV_PROTO | IPT_INV_FRAG | IPT_INV_VIA_IN;
	assert_drop(true, " -s 10.0.0.1/255.0.0.255 ! -d 10.0.0.0/8 ! -i eth+ -o abcdefghijklmno ! "
			  "-p tcp ! -f");
}

static void test_plain_ipv6(void **state)
{
	(void)state;
	use_ipv6();
	inet_pton(AF_INET6, "fd01::1", &blob.e.ipv6.src);
	memset(&blob.e.ipv6.smsk, 0xff, 16);
	blob.e.ipv6.proto = 17; /* without its flag it is not looked at */
	assert_drop(true, " -s fd01::1/128");
}

static void test_unknown_flags(void **state)
{
	(void)state;
	ipv4()->ip.invflags = 0x80;
	assert_drop(false, " [unknown flags]");
	setup(state);
	ipv4()->ip.invflags = IPT_INV_PROTO; /* of no protocol */
	assert_drop(false, " [unknown flags]");
	setup(state);
	ipv4()->ip.iniface_mask[2] = 0xff;
	ipv4()->ip.iniface_mask[0] = 0xff;
	strcpy(ipv4()->ip.iniface, "abc");
	finish(NF_ACT_DROP, "", 0, sizeof(int));
	assert_false(nf_rule_text(&chain, &rule, buf, sizeof(buf)));
	assert_non_null(strstr(buf, "[unknown flags]"));
}

/* Names, revisions, sizes and bits that are not known are told as such. */
static void test_unknown_extensions(void **state)
{
	struct xt_tcp *tcp;

	(void)state;
	extension("foo", 0, 24);
	extension("tcp", 1, sizeof(struct xt_tcp));
	extension("tcp", 0, 40);
	extension("tcp", 0, 4);
	tcp = extension("tcp", 0, sizeof(*tcp));
	tcp->invflags = 0x80;
	tcp = extension("tcp", 0, sizeof(*tcp));
	tcp->flg_mask = 0x40;
	assert_drop(false, " -m foo [unknown match, 24 bytes] -m tcp [unknown match, 16 bytes]"
			   " -m tcp [unknown match, 40 bytes] -m tcp [unknown match, 8 bytes]"
			   " -m tcp [unknown match, 16 bytes] -m tcp [unknown match, 16 bytes]");
}

static void test_huge_counts(void **state)
{
	struct xt_multiport_v1 *ports = extension("multiport", 1, sizeof(*ports));
	struct xt_u32 *u32 = extension("u32", 0, sizeof(*u32));

	(void)state;
	ports->count = 255;
	u32->ntests = 255;
	u32 = extension("u32", 0, sizeof(*u32));
	u32->ntests = 1;
	u32->tests[0].nnums = 255;
	ports = extension("multiport", 1, sizeof(*ports));
	ports->count = XT_MULTI_PORTS;
	memset(ports->pflags, 1, sizeof(ports->pflags));
	ports = extension("multiport", 1, sizeof(*ports));
	ports->flags = 200;
	finish(NF_ACT_DROP, "", 0, sizeof(int));
	assert_false(nf_rule_text(&chain, &rule, buf, sizeof(buf)));
	assert_string_equal(buf,
			    "-A INPUT -m multiport [unknown match, 48 bytes]"
			    " -m u32 [unknown match, 1984 bytes] -m u32 [unknown match, 1984 bytes]"
			    " -m multiport [unknown match, 48 bytes]"
			    " -m multiport [unknown match, 48 bytes] -j DROP");
}

/* A match that says it is longer than the rule, or shorter than its own header. */
static void test_cut_matches(void **state)
{
	struct xt_entry_match *m = (void *)((uint8_t *)&blob + used);

	(void)state;
	extension("tcp", 0, sizeof(struct xt_tcp));
	m->u.match_size = 4000;
	assert_drop(false, " [unknown matches]");
	m->u.match_size = 1;
	assert_false(nf_rule_text(&chain, &rule, buf, sizeof(buf)));
	assert_string_equal(buf, "-A INPUT [unknown matches] -j DROP");
	m->u.match_size = (uint16_t)XT_ALIGN(sizeof(*m) + sizeof(struct xt_tcp));
	memset(m->u.user.name, 'x', sizeof(m->u.user.name));
	assert_false(nf_rule_text(&chain, &rule, buf, sizeof(buf)));
	assert_string_equal(buf, "-A INPUT [unknown matches] -j DROP");
}

static void test_ipv6_addresses(void **state)
{
	struct xt_iprange_mtinfo *range;
	struct nf_nat_range *nat;

	(void)state;
	use_ipv6();
	range = extension("iprange", 1, sizeof(*range));
	range->flags = IPRANGE_SRC;
	inet_pton(AF_INET6, "fd01::1", &range->src_min);
	inet_pton(AF_INET6, "fd01::9", &range->src_max);
	nat = finish(NF_ACT_UNKNOWN, "DNAT", 1, sizeof(*nat));
	nat->flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
	inet_pton(AF_INET6, "fd02::1", &nat->min_addr);
	nat->max_addr = nat->min_addr;
	nat->min_proto.all = nat->max_proto.all = htons(80);
	assert_target(true, "-A INPUT -m iprange --src-range fd01::1-fd01::9 -j DNAT "
			    "--to-destination [fd02::1]:80");
}

static void test_targets(void **state)
{
	struct xt_statistic_info *s = extension("statistic", 0, sizeof(*s));
	struct nf_nat_ipv4_multi_range_compat *nat;
	struct nf_chain user = {.name = "BLOCK", .table = &table};
	int *with;

	(void)state;
	s->u.random.probability = 0x40000000;
	with = finish(NF_ACT_UNKNOWN, "REJECT", 0, sizeof(int));
	*with = 3;
	assert_target(true, "-A INPUT -m statistic --mode random --probability 0.50000000000 "
			    "-j REJECT --reject-with icmp-port-unreachable");
	*with = -1;
	assert_target(false, "-A INPUT -m statistic --mode random --probability 0.50000000000 "
			     "-j REJECT [unknown target, 8 bytes]");
	setup(state);
	nat = finish(NF_ACT_UNKNOWN, "SNAT", 0, sizeof(*nat));
	nat->rangesize = 2;
	assert_target(false, "-A INPUT -j SNAT [unknown target, 24 bytes]");
	setup(state);
	finish(NF_ACT_UNKNOWN, "FOO", 0, 20);
	assert_target(false, "-A INPUT -j FOO [unknown target, 24 bytes]");
	setup(state);
	finish(NF_ACT_GOTO, "", 0, sizeof(int));
	rule.chain = &user;
	assert_target(true, "-A INPUT -g BLOCK");
	rule.chain = NULL;
	assert_target(false, "-A INPUT -g [unknown chain]");
	rule.action = NF_ACT_UNKNOWN;
	assert_target(false, "-A INPUT -j [unknown verdict]");
}

/* Bytes are as they are in the text; lines have none that a terminal obeys. */
static void test_hostile_names(void **state)
{
	struct textbuf line = {.buf = (char[256]){""}, .sz = 256};
	char *comment = extension("comment", 0, 256);

	(void)state;
	chain.name = "IN" HOSTILE;
	memset(comment, 'x', 256); /* without a NUL */
	memcpy(comment, HOSTILE, strlen(HOSTILE));
	finish(NF_ACT_DROP, "", 0, sizeof(int));
	assert_true(nf_rule_text(&chain, &rule, buf, sizeof(buf)));
	assert_non_null(
		strstr(buf, "-A IN" HOSTILE " -m comment --comment \"a\x1b[2J\\\"\\\\\\'\xff"));
	assert_non_null(strstr(buf, "xxx\" -j DROP"));
	buf[60] = '\0';
	nf_rule_text_format(buf, &line);
	assert_null(strchr(line.buf, '\x1b'));
}

static void test_long(void **state)
{
	char guarded[64 + 8];

	(void)state;
	memset(extension("comment", 0, 256), 'x', 256);
	finish(NF_ACT_DROP, "", 0, sizeof(int));
	for (size_t sz = 4; sz <= 64; sz++) {
		memset(guarded, '#', sizeof(guarded));
		nf_rule_text(&chain, &rule, guarded, sz);
		assert_int_equal(strlen(guarded), sz - 1);
		assert_string_equal(guarded + sz - 4, "...");
		assert_int_equal(guarded[sz], '#');
	}
}

/* Whatever the structures hold, nothing is read behind them, nor written behind the text. */
static void test_random_structures(void **state)
{
	static const struct {
		const char *name;
		uint8_t revision;
		uint16_t sz;
	} exts[] = {
		{"tcp", 0, 12},	       {"udp", 0, 10},	   {"icmp", 0, 4},     {"multiport", 1, 48},
		{"conntrack", 3, 164}, {"state", 0, 4},	   {"mark", 1, 12},    {"connmark", 1, 12},
		{"comment", 0, 256},   {"length", 0, 5},   {"limit", 0, 40},   {"ttl", 0, 2},
		{"iprange", 1, 68},    {"addrtype", 1, 8}, {"owner", 1, 18},   {"physdev", 0, 66},
		{"pkttype", 0, 8},     {"dscp", 0, 2},	   {"tos", 1, 3},      {"statistic", 0, 24},
		{"recent", 1, 232},    {"u32", 0, 1982},   {"quota", 0, 24},   {"helper", 0, 36},
		{"connlimit", 1, 32},  {"mac", 0, 12},	   {"rpfilter", 0, 1}, {"ecn", 0, 4},
	};
	char guarded[80 + 8];
	unsigned int x = 1;

	for (int i = 0; i < 20000; i++) {
		size_t e = (size_t)i % (sizeof(exts) / sizeof(exts[0])), room = 4 + (size_t)i % 77;
		uint8_t *info;

		setup(state);
		info = extension(exts[e].name, exts[e].revision, exts[e].sz);
		for (size_t n = 0; n < exts[e].sz; n++) {
			x = x * 1103515245 + 12345;
			info[n] = x >> 16 & 1 ? (uint8_t)(x >> 20) : i & 1 ? 0 : 1;
		}
		finish(NF_ACT_DROP, "", 0, sizeof(int));
		memset(guarded, '#', sizeof(guarded));
		nf_rule_text(&chain, &rule, guarded, room);
		assert_true(strlen(guarded) < room);
		assert_int_equal(guarded[room], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sets, setup),
		cmocka_unit_test_setup(test_plain, setup),
		cmocka_unit_test_setup(test_plain_ipv6, setup),
		cmocka_unit_test_setup(test_unknown_flags, setup),
		cmocka_unit_test_setup(test_unknown_extensions, setup),
		cmocka_unit_test_setup(test_huge_counts, setup),
		cmocka_unit_test_setup(test_cut_matches, setup),
		cmocka_unit_test_setup(test_ipv6_addresses, setup),
		cmocka_unit_test_setup(test_targets, setup),
		cmocka_unit_test_setup(test_hostile_names, setup),
		cmocka_unit_test_setup(test_long, setup),
		cmocka_unit_test_setup(test_random_structures, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
