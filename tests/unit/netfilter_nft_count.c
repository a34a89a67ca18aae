// SPDX-License-Identifier: GPL-2.0-only
/* Counters of rules of nftables, in dumps as the kernel sends them. */
#include <arpa/inet.h>
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>

#include "netfilter/nft.h"
#include "netfilter/nft_private.h"

static struct nf_ruleset rs;
static struct nf_chain *in, *user;
static struct nft_recount rc;

static union {
	struct nlmsghdr msg;
	uint8_t bytes[512];
} buf;

static size_t put_str(size_t off, uint16_t type, const char *s)
{
	return nl_put(buf.bytes, off, type, s, strlen(s) + 1);
}

static void end(size_t at, size_t off)
{
	((struct nlattr *)(void *)(buf.bytes + at))->nla_len = (uint16_t)(off - at);
}

/* One expression, as an element of NFTA_RULE_EXPRESSIONS; UINT64_MAX: no counter. */
static size_t put_expr(size_t off, uint64_t packets)
{
	size_t elem = off, data;
	uint64_t v = htobe64(packets);

	off = nl_put(buf.bytes, off, NFTA_LIST_ELEM, "", 0);
	off = put_str(off, NFTA_EXPR_NAME, packets == UINT64_MAX ? "notrack" : "counter");
	data = off;
	off = nl_put(buf.bytes, off, NFTA_EXPR_DATA, "", 0);
	if (packets != UINT64_MAX)
		off = nl_put(buf.bytes, off, NFTA_COUNTER_PACKETS, &v, sizeof(v));
	end(data, off);
	end(elem, off);
	return off;
}

static struct nlmsghdr *message(const char *chain, uint64_t handle, uint64_t packets)
{
	struct nfgenmsg nfg = {.nfgen_family = NFPROTO_IPV4};
	size_t off = NLMSG_LENGTH(sizeof(nfg)), exprs;

	memset(&buf, 0, sizeof(buf));
	memcpy(NLMSG_DATA(&buf.msg), &nfg, sizeof(nfg));
	handle = htobe64(handle);
	off = put_str(off, NFTA_RULE_TABLE, "filter");
	off = put_str(off, NFTA_RULE_CHAIN, chain);
	off = nl_put(buf.bytes, off, NFTA_RULE_HANDLE, &handle, sizeof(handle));
	exprs = off;
	off = put_expr(nl_put(buf.bytes, off, NFTA_RULE_EXPRESSIONS, "", 0), packets);
	end(exprs, off);
	buf.msg.nlmsg_len = (uint32_t)off;
	return &buf.msg;
}

static struct nf_rule *add(struct nf_chain *c, uint64_t handle, uint64_t packets)
{
	struct nf_rule *r = nf_rule_add(&rs, c);
	size_t sz = put_expr(0, packets);

	r->handle = handle;
	r->data = arena_copy(&rs.arena, buf.bytes, sz);
	r->data_sz = (uint32_t)sz;
	return r;
}

static int setup(void **state)
{
	struct nf_table *t;

	(void)state;
	rs = (struct nf_ruleset){0};
	t = nf_table_add(&rs, NF_NFTABLES, NFPROTO_IPV4, "filter");
	in = nf_chain_add(&rs, t, "INPUT");
	user = nf_chain_add(&rs, t, "user");
	add(in, 2, 10);
	add(in, 3, UINT64_MAX);
	add(user, 4, 7);
	assert_int_equal(nft_add_counts(&rs), 0);
	rc = (struct nft_recount){.rs = &rs};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nf_ruleset_release(&rs);
	return 0;
}

static void take(const char *chain, uint64_t handle, uint64_t packets)
{
	nft_recount_rule(&rc, message(chain, handle, packets));
}

static void goes_on(void **state)
{
	(void)state;
	assert_null(in->rules->next->count);
	take("INPUT", 2, 13);
	take("INPUT", 3, UINT64_MAX);
	assert_true(nft_recount_differs(&rc)); /* a rule is missing */
	take("user", 4, 7);
	assert_false(nft_recount_differs(&rc));
	assert_int_equal(in->rules->count->fresh, 3);
	assert_int_equal(user->rules->count->fresh, 0);
	rc = (struct nft_recount){.rs = &rs};
	take("INPUT", 2, 14);
	assert_int_equal(in->rules->count->fresh, 1);
	assert_int_equal(in->rules->count->old, 3);
}

static void goes_back(void **state)
{
	(void)state;
	take("INPUT", 2, 9);
	take("INPUT", 3, UINT64_MAX);
	take("user", 4, 7);
	assert_true(nft_recount_differs(&rc));
	assert_int_equal(in->rules->count->fresh, 0);
}

static void are_others(void **state)
{
	static const struct {
		const char *chain;
		uint64_t handle, packets;
	} other[] = {
		{"INPUT", 5, 10},
		{"user", 2, 10},
		{"gone", 2, 10},
		{"INPUT", 2, UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		rc = (struct nft_recount){.rs = &rs};
		take(other[i].chain, other[i].handle, other[i].packets);
		take("INPUT", 3, UINT64_MAX);
		take("user", 4, 7);
		assert_true(nft_recount_differs(&rc));
	}
	rc = (struct nft_recount){.rs = &rs};
	take("INPUT", 2, 10);
	take("INPUT", 3, UINT64_MAX);
	take("INPUT", 6, 0); /* one more */
	take("user", 4, 7);
	assert_true(nft_recount_differs(&rc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(goes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(are_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
