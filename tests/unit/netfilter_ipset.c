// SPDX-License-Identifier: GPL-2.0-only
/* Sets of ipset as the kernel lists them, and packets that are in them. */
#include "netfilter/ipset.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_set.h>

#include "kern/netlink.h"
#include "netfilter/private.h"

#define MS	       UINT64_C(1000000)
#define BITMASK_6_3    12 /* IPSET_ATTR_BITMASK */
#define SRC	       IPSET_DIM_ONE_SRC
#define INDEX	       7
#define INTERVALS_NEXT 300 /* ms */

static struct nf_ipsets sets;
static struct nf_packet packet;
static uint8_t hdr[60];

/* A message under construction, and where its nested attributes begin. */
static uint8_t buf[4096];
static size_t len, nested[4], depth;

/* ---- messages ---- */

static void put(uint16_t type, const void *data, size_t sz)
{
	len = nl_put(buf, len, type, data, sz);
}

static void put_u8(uint16_t type, uint8_t v)
{
	put(type, &v, sizeof(v));
}

static void put_u16(uint16_t type, uint16_t v)
{
	v = htons(v);
	put(type, &v, sizeof(v));
}

static void put_u32(uint16_t type, uint32_t v)
{
	v = htonl(v);
	put(type, &v, sizeof(v));
}

static void nest(uint16_t type)
{
	nested[depth++] = len;
	put(type | NLA_F_NESTED, NULL, 0);
}

static void end(void)
{
	size_t at = nested[--depth];

	((struct nlattr *)(void *)(buf + at))->nla_len = (uint16_t)(len - at);
}

static void put_addr(uint16_t type, const char *text)
{
	bool v6 = strchr(text, ':');
	uint8_t addr[16];

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, addr), 1);
	nest(type);
	put(v6 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4, addr, v6 ? 16 : 4);
	end();
}

/* Up to the header's attributes. */
static void begin(const char *name, const char *type, uint8_t family)
{
	memset(buf, 0, sizeof(buf));
	depth = 0;
	len = NLMSG_LENGTH(sizeof(struct nfgenmsg));
	put_u8(IPSET_ATTR_PROTOCOL, 6);
	put(IPSET_ATTR_SETNAME, name, strlen(name) + 1);
	put(IPSET_ATTR_TYPENAME, type, strlen(type) + 1);
	put_u8(IPSET_ATTR_FAMILY, family);
	put_u8(IPSET_ATTR_REVISION, 0);
	nest(IPSET_ATTR_DATA);
	put_u32(IPSET_ATTR_MAXELEM, 65536);
}

/* From the header to the elements. */
static void elems(uint32_t references)
{
	put_u32(IPSET_ATTR_REFERENCES, references);
	end();
	nest(IPSET_ATTR_ADT);
}

static void add_net(const char *addr, uint8_t cidr, uint32_t flags)
{
	nest(IPSET_ATTR_DATA);
	put_addr(IPSET_ATTR_IP, addr);
	if (cidr)
		put_u8(IPSET_ATTR_CIDR, cidr);
	if (flags)
		put_u32(IPSET_ATTR_CADT_FLAGS, flags);
	end();
}

static void add_port(const char *addr, uint8_t proto, uint16_t port)
{
	nest(IPSET_ATTR_DATA);
	put_addr(IPSET_ATTR_IP, addr);
	put_u16(IPSET_ATTR_PORT, port);
	put_u8(IPSET_ATTR_PROTO, proto);
	end();
}

static struct nlmsghdr *finish(void)
{
	struct nlmsghdr *msg = (void *)buf;

	while (depth)
		end();
	msg->nlmsg_len = (uint32_t)len;
	return msg;
}

/* A look at ms found it. */
static void found_at(const char *name, uint64_t ms)
{
	struct nf_ipset *set = nf_ipset_add(&sets, name);

	assert_non_null(set);
	nf_ipset_found(set, finish(), ms * MS, ms * MS + 1);
}

/* Looks before and behind the packet found it; rules call it INDEX. */
static void is_there(const char *name)
{
	struct nf_ipset *set = nf_ipset_add(&sets, name);

	found_at(name, 1000);
	found_at(name, 3000);
	set->has_index = true;
	set->index = INDEX;
}

/* ---- packets ---- */

static int setup(void **state)
{
	(void)state;
	sets = (struct nf_ipsets){0};
	memset(hdr, 0, sizeof(hdr));
	hdr[0] = 0x45;
	hdr[9] = IPPROTO_UDP;
	memcpy(hdr + 12, "\x0a\x01\x02\x03\x0a\x09\x09\x09", 8); /* 10.1.2.3 -> 10.9.9.9 */
	memcpy(hdr + 20, "\x00\x07\x00\x50", 4);		 /* 7 -> 80 */
	packet = (struct nf_packet){.family = NFPROTO_IPV4,
				    .protocol = 0x0800,
				    .has_mark = true,
				    .mark = 5,
				    .has_size = true,
				    .len = 60,
				    .hdr = hdr,
				    .hdr_len = sizeof(hdr),
				    .ts = 2000 * MS};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nf_ipsets_release(&sets);
	return 0;
}

static enum nf_truth has_with(uint8_t dim, uint8_t src, bool return_nomatch)
{
	nf_packet_parse(&packet);
	return nf_ipset_has(
		&sets,
		&(struct nf_ipset_test){
			.index = INDEX, .dim = dim, .src = src, .return_nomatch = return_nomatch},
		&packet);
}

static enum nf_truth has(uint8_t dim, uint8_t src)
{
	return has_with(dim, src, false);
}

/* ---- when ---- */

static void hosts(const char *addr, uint32_t references)
{
	begin("hosts", "hash:ip", NFPROTO_IPV4);
	elems(references);
	add_net(addr, 0, 0);
}

static void test_its_time(void **state)
{
	(void)state;
	hosts("10.1.2.3", 1);
	is_there("hosts");
	assert_int_equal(has(1, SRC), NF_YES);
	assert_int_equal(has(1, 0), NF_NO);
	packet.ts = 999 * MS;
	assert_int_equal(has(1, SRC), NF_MAYBE);
	packet.ts = 3001 * MS;
	assert_int_equal(has(1, SRC), NF_MAYBE);
}

/* Before a change nothing is known, nor for a while behind it: it may have had others. */
static void test_change(void **state)
{
	(void)state;
	hosts("10.1.2.3", 1);
	is_there("hosts");
	hosts("10.1.2.4", 1);
	found_at("hosts", 3500);
	for (uint64_t ms = 3600; ms < 6000; ms += INTERVALS_NEXT)
		found_at("hosts", ms);
	assert_int_equal(has(1, SRC), NF_MAYBE);
	packet.ts = 3700 * MS;
	assert_int_equal(has(1, SRC), NF_MAYBE);
	packet.ts = 4200 * MS;
	assert_int_equal(has(1, SRC), NF_NO);
	hosts("10.1.2.4", 2); /* named by one rule more */
	found_at("hosts", 6000);
	packet.ts = 5900 * MS;
	assert_int_equal(has(1, SRC), NF_NO);
}

/* An element with what is kept of it. */
static void counted(uint32_t timeout, uint64_t packets)
{
	begin("hosts", "hash:ip", NFPROTO_IPV4);
	put_u32(IPSET_ATTR_TIMEOUT, 600);
	elems(1);
	nest(IPSET_ATTR_DATA);
	put_addr(IPSET_ATTR_IP, "10.1.2.3");
	put_u32(IPSET_ATTR_TIMEOUT, timeout);
	packets = htobe64(packets);
	put(IPSET_ATTR_PACKETS, &packets, sizeof(packets));
	end();
}

/* One that was deleted and added again between two looks has its full timeout. */
static void test_added_again(void **state)
{
	static const struct {
		uint32_t timeout;
		uint64_t packets;
		enum nf_truth truth;
	} then[] = {
		{99, 5, NF_YES},   {100, 9, NF_YES}, {101, 5, NF_MAYBE},
		{99, 4, NF_MAYBE}, {0, 5, NF_MAYBE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(then) / sizeof(then[0]); i++) {
		counted(100, 5);
		is_there("hosts");
		packet.ts = 3500 * MS;
		counted(then[i].timeout, then[i].packets);
		found_at("hosts", 4000);
		assert_int_equal(has(1, SRC), then[i].truth);
		nf_ipsets_release(&sets);
	}
}

static void test_packets_change(void **state)
{
	const struct xt_set_info_match_v1 match = {.match_set = {.index = 3}};
	const struct xt_set_info_target_v2 target = {.add_set = {.index = INDEX},
						     .del_set = {.index = IPSET_INVALID_ID}};
	struct nf_ipset_uses u = {0};

	(void)state;
	nf_ipset_of_match(&u, "mark", &match, sizeof(match));
	nf_ipset_of_match(&u, "set", &match, sizeof(match));
	nf_ipset_of_match(&u, "set", &match, sizeof(match));
	assert_int_equal(u.nr, 1);
	nf_ipset_of_target(&u, "SET", 2, &target, sizeof(target));
	assert_int_equal(u.nr, 2);
	assert_false(u.use[0].packets_change);
	assert_true(u.use[1].packets_change);
	nf_ipset_of_target(&u, "SET", 4, &target, sizeof(target));
	assert_true(u.packets_change_all);
	u = (struct nf_ipset_uses){0};
	for (uint16_t i = 0; i <= NF_IPSETS_MAX; i++) {
		struct xt_set_info_target_v1 t = {{.index = i}, {.index = IPSET_INVALID_ID}};

		assert_false(u.packets_change_all);
		nf_ipset_of_target(&u, "SET", 1, &t, sizeof(t));
	}
	assert_true(u.packets_change_all);
	hosts("10.1.2.3", 1);
	is_there("hosts");
	sets.list[0].packets_change = true;
	assert_int_equal(has(1, SRC), NF_MAYBE);
}

/* ---- what ---- */

static void test_not_this_set(void **state)
{
	(void)state;
	hosts("10.1.2.3", 1);
	is_there("hosts");
	assert_int_equal(has(0, SRC), NF_NO); /* the rule gives too few dimensions */
	packet.family = NFPROTO_IPV6;
	assert_int_equal(has(1, SRC), NF_NO);
	packet.family = NFPROTO_IPV4;
	packet.hdr_len = 15;
	assert_int_equal(has(1, SRC), NF_MAYBE);
	packet.hdr_len = sizeof(hdr);
	sets.list[0].index = INDEX + 1;
	assert_int_equal(has(1, SRC), NF_MAYBE);
	assert_null(nf_ipset_name(&sets, INDEX));
	assert_string_equal(nf_ipset_name(&sets, INDEX + 1), "hosts");
	assert_null(nf_ipset_name(NULL, INDEX));
}

static void nets(uint8_t cidr, uint8_t nomatch_cidr, uint32_t more_flags)
{
	begin("nets", "hash:net", NFPROTO_IPV4);
	elems(1);
	if (cidr)
		add_net("10.1.2.0", cidr, more_flags);
	if (nomatch_cidr)
		add_net("10.1.0.0", nomatch_cidr, IPSET_FLAG_NOMATCH);
	add_net("192.168.0.0", 16, 0);
	is_there("nets");
}

static void test_networks(void **state)
{
	static const struct {
		uint8_t cidr, nomatch_cidr;
		uint32_t more_flags;
		enum nf_truth truth, with_nomatch;
	} tests[] = {
		{0, 0, 0, NF_NO, NF_NO},	  {24, 0, 0, NF_YES, NF_NO},
		{30, 0, 0, NF_YES, NF_NO},	  {31, 0, 0, NF_NO, NF_NO},
		{24, 16, 0, NF_YES, NF_NO},	  {15, 16, 0, NF_NO, NF_YES},
		{0, 16, 0, NF_NO, NF_YES},	  {24, 16, 1 << 9, NF_MAYBE, NF_MAYBE},
		{24, 0, 1 << 9, NF_MAYBE, NF_NO}, {33, 0, 0, NF_MAYBE, NF_NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		nets(tests[i].cidr, tests[i].nomatch_cidr, tests[i].more_flags);
		assert_int_equal(has(1, SRC), tests[i].truth);
		assert_int_equal(has_with(1, SRC, true), tests[i].with_nomatch);
		nf_ipsets_release(&sets);
	}
}

/* Of two networks in an element, the kernel's order of asking is not followed. */
static void test_two_networks(void **state)
{
	(void)state;
	for (uint32_t flags = 0; flags <= IPSET_FLAG_NOMATCH; flags += IPSET_FLAG_NOMATCH) {
		begin("pairs", "hash:net,net", NFPROTO_IPV4);
		elems(1);
		for (int i = 0; i < 2; i++) {
			nest(IPSET_ATTR_DATA);
			put_addr(IPSET_ATTR_IP, "10.1.2.0");
			put_addr(IPSET_ATTR_IP2, "10.9.0.0");
			put_u8(IPSET_ATTR_CIDR, i ? 16 : 24);
			put_u8(IPSET_ATTR_CIDR2, i ? 24 : 16);
			put_u32(IPSET_ATTR_CADT_FLAGS, i ? flags : 0);
			end();
		}
		is_there("pairs");
		assert_int_equal(has(2, IPSET_DIM_ONE_SRC), NF_YES);
		assert_int_equal(has(2, IPSET_DIM_TWO_SRC), NF_NO);
		hdr[18] = 0;
		assert_int_equal(has(2, IPSET_DIM_ONE_SRC), flags ? NF_MAYBE : NF_YES);
		hdr[18] = 9;
		nf_ipsets_release(&sets);
	}
}

static void services(void)
{
	begin("services", "hash:ip,port", NFPROTO_IPV4);
	elems(1);
	add_port("10.9.9.9", IPPROTO_UDP, 80);
	add_port("10.9.9.9", IPPROTO_ICMP, 8 << 8 | 3);
	add_port("10.9.9.9", IPPROTO_GRE, 0);
	is_there("services");
}

static void test_ports(void **state)
{
	(void)state;
	services();
	assert_int_equal(has(2, 0), NF_YES);
	assert_int_equal(has(2, IPSET_DIM_TWO_SRC), NF_NO);
	assert_int_equal(has(1, 0), NF_NO);
	hdr[9] = IPPROTO_TCP;
	assert_int_equal(has(2, 0), NF_NO);
	hdr[9] = IPPROTO_ICMP;
	assert_int_equal(has(2, 0), NF_NO);
	memcpy(hdr + 20, "\x08\x03", 2);
	assert_int_equal(has(2, IPSET_DIM_TWO_SRC), NF_YES);
	hdr[9] = IPPROTO_GRE;
	assert_int_equal(has(2, 0), NF_YES);
}

/* A fragment has no ports, and nothing is in the set whose header is cut off. */
static void test_no_ports(void **state)
{
	(void)state;
	services();
	hdr[7] = 1;
	assert_int_equal(has(2, 0), NF_NO);
	hdr[9] = IPPROTO_GRE;
	assert_int_equal(has(2, 0), NF_MAYBE);
	hdr[9] = IPPROTO_UDP;
	hdr[7] = 0;
	packet.len = 27;
	assert_int_equal(has(2, 0), NF_NO);
	packet.len = 60;
	packet.hdr_len = 23;
	assert_int_equal(has(2, 0), NF_MAYBE);
	memcpy(hdr + 16, "\x0a\x09\x09\x08", 4); /* no element has this address */
	assert_int_equal(has(2, 0), NF_NO);
}

static void test_bitmap_of_ports(void **state)
{
	(void)state;
	begin("ports", "bitmap:port", NFPROTO_UNSPEC);
	put_u16(IPSET_ATTR_PORT, 0);
	put_u16(IPSET_ATTR_PORT_TO, 1023);
	elems(1);
	nest(IPSET_ATTR_DATA);
	put_u16(IPSET_ATTR_PORT, 80);
	end();
	is_there("ports");
	assert_int_equal(has(1, 0), NF_YES);
	assert_int_equal(has(1, SRC), NF_NO);
	hdr[9] = IPPROTO_UDPLITE;
	assert_int_equal(has(1, 0), NF_NO);
}

static void test_netmask(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		begin("hosts", "hash:ip", NFPROTO_IPV4);
		if (i)
			put_addr(BITMASK_6_3, "255.255.255.0");
		else
			put_u8(IPSET_ATTR_NETMASK, 24);
		elems(1);
		add_net("10.1.2.0", 0, 0);
		is_there("hosts");
		assert_int_equal(has(1, SRC), i ? NF_MAYBE : NF_YES);
		assert_int_equal(has(1, 0), i ? NF_MAYBE : NF_NO);
		nf_ipsets_release(&sets);
	}
}

static void marks(uint32_t mask)
{
	begin("marks", "hash:ip,mark", NFPROTO_IPV4);
	put(IPSET_ATTR_MARKMASK, &mask, sizeof(mask));
	elems(1);
	nest(IPSET_ATTR_DATA);
	put_addr(IPSET_ATTR_IP, "10.1.2.3");
	put_u32(IPSET_ATTR_MARK, 5);
	end();
	is_there("marks");
}

static void test_mark(void **state)
{
	(void)state;
	marks(0xffffffff);
	assert_int_equal(has(2, SRC), NF_YES);
	packet.mark = 6;
	assert_int_equal(has(2, SRC), NF_NO);
	packet.has_mark = false;
	assert_int_equal(has(2, SRC), NF_MAYBE);
	assert_int_equal(has(2, 0), NF_NO);
	nf_ipsets_release(&sets);
	marks(0xff);
	assert_int_equal(has(2, SRC), NF_MAYBE);
}

static void test_ipv6(void **state)
{
	(void)state;
	begin("six", "hash:net", NFPROTO_IPV6);
	elems(1);
	add_net("2001:db8::", 33, 0);
	is_there("six");
	memset(hdr, 0, sizeof(hdr));
	hdr[0] = 0x60;
	hdr[6] = IPPROTO_UDP;
	memcpy(hdr + 8, "\x20\x01\x0d\xb8\x7f", 5);
	memcpy(hdr + 24, "\x20\x01\x0d\xb8\x80", 5);
	packet.family = NFPROTO_IPV6;
	packet.protocol = 0x86dd;
	assert_int_equal(has(1, SRC), NF_YES);
	assert_int_equal(has(1, 0), NF_NO);
}

static void test_list(void **state)
{
	(void)state;
	begin("all", "list:set", NFPROTO_UNSPEC);
	put_u32(IPSET_ATTR_SIZE, 8);
	elems(1);
	for (int i = 0; i < 2; i++) {
		nest(IPSET_ATTR_DATA);
		put(IPSET_ATTR_NAME, i ? "nets" : "hosts", i ? 5 : 6);
		end();
	}
	is_there("all");
	assert_int_equal(has(1, SRC), NF_MAYBE); /* its members are not known */
	hosts("10.1.2.4", 1);
	found_at("hosts", 1000);
	found_at("hosts", 3000);
	assert_int_equal(has(1, SRC), NF_MAYBE);
	begin("nets", "hash:net", NFPROTO_IPV4);
	elems(1);
	add_net("10.1.2.0", 24, 0);
	found_at("nets", 1000);
	found_at("nets", 3000);
	assert_int_equal(has(1, SRC), NF_YES);
	assert_int_equal(has(1, 0), NF_NO);
	hosts("10.9.9.9", 1);
	found_at("hosts", 3100);
	assert_int_equal(has(1, SRC), NF_YES);
	assert_int_equal(has(1, 0), NF_MAYBE);
}

static void test_unknown_types(void **state)
{
	static const char *const types[] = {"hash:net,iface", "hash:mac", "bitmap:ip,mac",
					    "hash:ip,mac",    "hash:new", "list:new"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		begin("set", types[i], NFPROTO_IPV4);
		elems(1);
		add_net("10.1.2.3", 0, 0);
		is_there("set");
		assert_int_equal(has(3, SRC), NF_MAYBE);
		nf_ipsets_release(&sets);
	}
}

/* ---- the match ---- */

static enum nf_truth match(unsigned int revision, const void *info, size_t sz)
{
	nf_packet_parse(&packet);
	return xt_match_eval("set", revision, info, sz, &packet, &sets);
}

static void test_match(void **state)
{
	struct xt_set_info_match_v4 v4 = {
		.match_set = {.index = INDEX, .dim = 1, .flags = IPSET_DIM_ONE_SRC}};
	struct xt_set_info_match_v3 v3 = {.match_set = v4.match_set};

	(void)state;
	nets(24, 0, 0);
	assert_int_equal(match(0, &v4, sizeof(v4)), NF_MAYBE);
	assert_int_equal(match(1, &v4, sizeof(struct xt_set_info_match_v1)), NF_YES);
	assert_int_equal(match(3, &v3, sizeof(v3)), NF_YES);
	assert_int_equal(match(3, &v3, sizeof(v3) - 1), NF_MAYBE);
	assert_int_equal(match(4, &v4, sizeof(v4)), NF_YES);
	assert_int_equal(match(5, &v4, sizeof(v4)), NF_MAYBE);
	v4.match_set.flags |= IPSET_INV_MATCH;
	assert_int_equal(match(4, &v4, sizeof(v4)), NF_NO);
	v4.flags = IPSET_FLAG_SKIP_COUNTER_UPDATE;
	assert_int_equal(match(4, &v4, sizeof(v4)), NF_NO);
	v4.flags |= IPSET_FLAG_RETURN_NOMATCH;
	assert_int_equal(match(4, &v4, sizeof(v4)), NF_YES);
	v4.flags |= 1 << 11;
	assert_int_equal(match(4, &v4, sizeof(v4)), NF_MAYBE);
	v3.packets.op = IPSET_COUNTER_GT;
	assert_int_equal(match(3, &v3, sizeof(v3)), NF_MAYBE);
	v4 = (struct xt_set_info_match_v4){.match_set = v3.match_set,
					   .bytes = {.op = IPSET_COUNTER_LT}};
	assert_int_equal(match(4, &v4, sizeof(v4)), NF_MAYBE);
	v4.match_set.flags |= IPSET_RETURN_NOMATCH; /* of revision 2 */
	assert_int_equal(match(2, &v4, sizeof(struct xt_set_info_match_v1)), NF_NO);
}

/* Messages that end anywhere. */
static void test_cut(void **state)
{
	(void)state;
	services();
	for (uint32_t sz = NLMSG_HDRLEN; sz < len; sz++) {
		struct nlmsghdr *cut = malloc(sz);

		assert_non_null(cut);
		nf_ipsets_release(&sets);
		finish()->nlmsg_len = sz;
		memcpy(cut, buf, sz);
		for (uint64_t ms = 1000; ms <= 3000; ms += 2000)
			nf_ipset_found(nf_ipset_add(&sets, "services"), cut, ms * MS, ms * MS);
		free(cut);
		sets.list[0].has_index = true;
		sets.list[0].index = INDEX;
		assert_int_equal(has(2, 0), NF_MAYBE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_added_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_packets_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_this_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_networks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_networks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bitmap_of_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_netmask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mark, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipv6, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_types, setup, teardown),
		cmocka_unit_test_setup_teardown(test_match, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
