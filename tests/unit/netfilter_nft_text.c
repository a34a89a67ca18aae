// SPDX-License-Identifier: GPL-2.0-only
/* Texts of rules of nftables that no tool made: cut, damaged, with registers that nobody filled. */
#include "netfilter/rule_text.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>

#include "netfilter/nft_private.h"

#define HOSTILE "a\x1b[2J\"\xff"

static struct nf_table table;
static struct nf_chain chain;
static struct nf_set set;
static uint8_t data[4096];
static size_t used;
static char buf[512];

static int setup(void **state)
{
	static const uint8_t keys[] = {10, 0, 0, 0, 10, 0, 1, 0, 10, 0, 2, 5};
	static struct nf_set_elem elems[] = {
		{.key = keys}, {.key = keys + 4, .is_end = true}, {.key = keys + 8}};

	(void)state;
	table = (struct nf_table){
		.name = "t", .family = NFPROTO_IPV4, .backend = NF_NFTABLES, .sets = &set};
	chain = (struct nf_chain){.name = "c", .table = &table};
	set = (struct nf_set){.name = "__set0",
			      .key_sz = 4,
			      .flags = NFT_SET_ANONYMOUS | NFT_SET_INTERVAL,
			      .is_read = true,
			      .elems = elems,
			      .nr_elems = 3};
	memset(data, 0, sizeof(data));
	used = 0;
	return 0;
}

/* ---- attributes ---- */

static void put(uint16_t type, const void *v, size_t sz)
{
	struct nlattr a = {.nla_len = (uint16_t)(sizeof(a) + sz), .nla_type = type};

	memcpy(data + used, &a, sizeof(a));
	if (sz)
		memcpy(data + used + sizeof(a), v, sz);
	used += NLA_ALIGN(a.nla_len);
}

static void put32(uint16_t type, uint32_t v)
{
	v = htonl(v);
	put(type, &v, sizeof(v));
}

static size_t begin(uint16_t type)
{
	size_t at = used;

	put(type, NULL, 0);
	return at;
}

static void end(size_t at)
{
	uint16_t len = (uint16_t)(used - at);

	memcpy(data + at, &len, sizeof(len));
}

static void put_value(uint16_t type, const void *v, size_t sz)
{
	size_t at = begin(type);

	put(NFTA_DATA_VALUE, v, sz);
	end(at);
}

static size_t outer, inner;

static void begin_expr(const char *name)
{
	outer = begin(NFTA_LIST_ELEM);
	put(NFTA_EXPR_NAME, name, strlen(name) + 1);
	inner = begin(NFTA_EXPR_DATA);
}

static void end_expr(void)
{
	end(inner);
	end(outer);
}

static void payload(uint32_t base, uint32_t off, uint32_t len, uint32_t reg)
{
	begin_expr("payload");
	put32(NFTA_PAYLOAD_DREG, reg);
	put32(NFTA_PAYLOAD_BASE, base);
	put32(NFTA_PAYLOAD_OFFSET, off);
	put32(NFTA_PAYLOAD_LEN, len);
	end_expr();
}

static void meta(uint32_t key)
{
	begin_expr("meta");
	put32(NFTA_META_DREG, NFT_REG_1);
	put32(NFTA_META_KEY, key);
	end_expr();
}

static void cmp(uint32_t op, const void *v, size_t sz)
{
	begin_expr("cmp");
	put32(NFTA_CMP_SREG, NFT_REG_1);
	put32(NFTA_CMP_OP, op);
	put_value(NFTA_CMP_DATA, v, sz);
	end_expr();
}

static void lookup(const char *name)
{
	begin_expr("lookup");
	put(NFTA_LOOKUP_SET, name, strlen(name) + 1);
	put32(NFTA_LOOKUP_SREG, NFT_REG_1);
	end_expr();
}

static void drop(void)
{
	size_t a, v;

	begin_expr("immediate");
	put32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	a = begin(NFTA_IMMEDIATE_DATA);
	v = begin(NFTA_DATA_VERDICT);
	put32(NFTA_VERDICT_CODE, NF_DROP);
	end(v);
	end(a);
	end_expr();
}

static void assert_text(bool known, const char *words)
{
	struct nf_rule r = {.data = data, .data_sz = (uint32_t)used, .handle = 1};

	assert_int_equal(nf_rule_text(&chain, &r, buf, sizeof(buf)), known);
	assert_string_equal(buf, words);
}

/* "ip saddr { ... } tcp dport 5-80 drop" */
static void put_usual(void)
{
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG_1);
	lookup("__set0");
	meta(NFT_META_L4PROTO);
	cmp(NFT_CMP_EQ, "\6", 1);
	payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG_1);
	cmp(NFT_CMP_GTE, "\0\5", 2);
	cmp(NFT_CMP_LTE, "\0P", 2);
	drop();
}

/* ---- tests ---- */

static void test_usual(void **state)
{
	(void)state;
	put_usual();
	assert_text(true, "ip saddr { 10.0.0.0/24, 10.0.2.5-255.255.255.255 } tcp dport 5-80 drop");
}

static void test_unknown(void **state)
{
	(void)state;
	begin_expr("foo");
	end_expr();
	meta(9999);
	cmp(NFT_CMP_EQ, "\6", 1);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 1 << 20, NFT_REG_1);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, 4711);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 16, NFT_REG32_15);
	cmp(77, "\6", 1);
	lookup("nowhere");
	drop();
	assert_text(false,
		    "[unknown expression foo] [unknown expression meta] [unknown expression cmp] "
		    "[unknown expression payload] [unknown expression payload] "
		    "[unknown expression payload] [unknown expression cmp] "
		    "[unknown expression lookup] drop");
}

/* What an unknown expression leaves in a register is not what was there before. */
static void test_stale(void **state)
{
	(void)state;
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG_1);
	begin_expr("foo");
	end_expr();
	cmp(NFT_CMP_EQ, "\n\0\0\1", 4);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG_1);
	cmp(NFT_CMP_GTE, "\n\0\0\1", 4);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4, NFT_REG_1);
	cmp(NFT_CMP_LTE, "\n\0\0\2", 4);
	/* the second one overwrites the end of the first */
	table.family = NFPROTO_IPV6;
	payload(NFT_PAYLOAD_NETWORK_HEADER, 8, 16, NFT_REG_1);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 4, 2, NFT_REG32_03);
	cmp(NFT_CMP_EQ, "0123456789012345", 16);
	table.family = NFPROTO_IPV4;
	assert_text(false, "[unknown expression foo] [unknown expression cmp] ip saddr >= 10.0.0.1 "
			   "ip daddr <= 10.0.0.2 [unknown expression cmp]");
}

/* A value of another size than what it is compared with. */
static void test_sizes(void **state)
{
	(void)state;
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG_1);
	cmp(NFT_CMP_EQ, "\n\0\0\1\0\0\0\1", 8);
	set.key_sz = 60;
	lookup("__set0");
	drop();
	assert_text(false, "[unknown expression cmp] [unknown expression lookup] drop");
}

static void test_many_elements(void **state)
{
	static struct nf_set_elem many[1000];
	struct nf_rule r = {.data = data};

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		many[i].key = (const uint8_t *)"\1\2\3\4";
	set.flags = NFT_SET_ANONYMOUS;
	set.elems = many;
	set.nr_elems = 1000;
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG_1);
	lookup("__set0");
	drop();
	r.data_sz = (uint32_t)used;
	assert_false(nf_rule_text(&chain, &r, buf, sizeof(buf)));
	assert_non_null(strstr(buf, "1.2.3.4, ... } drop"));
}

static void test_hostile_names(void **state)
{
	struct nf_rule r = {.data = data, .comment = HOSTILE};

	(void)state;
	set.name = HOSTILE;
	set.flags = 0;
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG_1);
	lookup(HOSTILE);
	drop();
	r.data_sz = (uint32_t)used;
	assert_true(nf_rule_text(&chain, &r, buf, sizeof(buf)));
	assert_string_equal(buf, "ip saddr @" HOSTILE " drop comment \"" HOSTILE "\"");
}

/* Of iptables-nft. */
static void test_iptables(void **state)
{
	struct nf_rule r = {.data = data, .comment = "no web"};

	(void)state;
	table.by_iptables = true;
	meta(NFT_META_L4PROTO);
	cmp(NFT_CMP_EQ, "\6", 1);
	payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 3, NFT_REG_1);
	cmp(NFT_CMP_NEQ, "\n\0\1", 3);
	payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, NFT_REG_1);
	cmp(NFT_CMP_EQ, "\0P", 2);
	drop();
	r.data_sz = (uint32_t)used;
	assert_true(nf_rule_text(&chain, &r, buf, sizeof(buf)));
	assert_string_equal(buf, "-A c ! -s 10.0.1.0/24 -p tcp -m tcp --dport 80 "
				 "-m comment --comment \"no web\" -j DROP");
	/* what it does not make is told as nft does */
	meta(NFT_META_NFTRACE);
	cmp(NFT_CMP_EQ, "\1", 1);
	r.data_sz = (uint32_t)used;
	assert_true(nf_rule_text(&chain, &r, buf, sizeof(buf)));
	assert_string_equal(buf, "ip saddr != 10.0.1.0/24 tcp dport 80 drop meta nftrace 1 "
				 "comment \"no web\"");
}

static uint32_t rnd(void)
{
	static uint64_t x = 1;

	x = x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(x >> 33);
}

/* Rules cut at each byte, and with bytes changed: nothing is read or written where it must not be.
 */
static void test_damaged(void **state)
{
	char guarded[80 + 8];
	uint8_t *copy;

	put_usual();
	for (int i = 0; i < 60000; i++) {
		size_t sz = i < 5000 ? (size_t)i % (used + 1) : used, room = 4 + rnd() % 77;
		struct nf_rule r = {.data_sz = (uint32_t)sz};

		copy = malloc(sz ? sz : 1);
		memcpy(copy, data, sz);
		for (uint32_t n = i < 5000 ? 0 : 1 + rnd() % 4; n && sz; n--)
			copy[rnd() % sz] = (uint8_t)rnd();
		r.data = copy;
		table.by_iptables = i & 1;
		memset(guarded, '#', sizeof(guarded));
		nf_rule_text(&chain, &r, guarded, room);
		assert_true(strlen(guarded) < room);
		assert_int_equal(guarded[room], '#');
		free(copy);
	}
	setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_usual, setup),
		cmocka_unit_test_setup(test_unknown, setup),
		cmocka_unit_test_setup(test_stale, setup),
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_many_elements, setup),
		cmocka_unit_test_setup(test_hostile_names, setup),
		cmocka_unit_test_setup(test_iptables, setup),
		cmocka_unit_test_setup(test_damaged, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
