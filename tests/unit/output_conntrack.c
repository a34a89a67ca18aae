// SPDX-License-Identifier: GPL-2.0-only
/* Entries as several kernels lay them out, as bytes; what must not become a claim; texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>

#include <linux/netfilter/nf_conntrack_common.h>

#include "output/conntrack.h"
#include "output/conntrack_past.h"
#include "output/outbuf.h"

#define ENTRY	  0xffff888012345600
#define NET	  0xffff888000001000
#define HZ	  250
#define JIFFIES	  1000000U
#define UNTRACKED 7

struct bench {
	uint8_t bytes[TRAIL_CT_SZ];
	struct trail_ct head;
	struct conntrack_layout layout;
	struct trace_event te;
	struct conntrack ct;
	size_t tuples;
	char text[1024];
};

static void put(struct bench *b, size_t off, const void *v, size_t sz)
{
	assert_true(off + sz <= sizeof(b->bytes));
	memcpy(b->bytes + off, v, sz);
}

static void put_u32(struct bench *b, size_t off, uint32_t v)
{
	put(b, off, &v, sizeof(v));
}

static void put_u64(struct bench *b, size_t off, uint64_t v)
{
	put(b, off, &v, sizeof(v));
}

/* struct nf_conntrack_tuple of IPv4. */
static void put_tuple(struct bench *b, bool reply, const char *saddr, uint16_t sport,
		      const char *daddr, uint16_t dport, uint8_t proto)
{
	uint8_t t[40] = {[18] = AF_INET, [38] = proto, [39] = reply};

	sport = htons(sport);
	dport = htons(dport);
	inet_pton(AF_INET, saddr, t);
	memcpy(t + 16, &sport, 2);
	inet_pton(AF_INET, daddr, t + 20);
	memcpy(t + 36, &dport, 2);
	put(b, b->tuples + 16 + (reply ? 56 : 0), t, sizeof(t));
	put_u64(b, b->tuples + (reply ? 56 : 0), 0xffff888099999901); /* the hash's links */
}

static void set_status(struct bench *b, uint32_t status)
{
	put_u64(b, b->tuples + 112, status);
}

static void packet(struct bench *b, const char *saddr, uint16_t sport, const char *daddr,
		   uint16_t dport, uint8_t proto)
{
	struct tuple *t = &b->te.tuple;

	*t = (struct tuple){.family = AF_INET,
			    .proto = proto,
			    .has_ports = true,
			    .sport = sport,
			    .dport = dport};
	inet_pton(AF_INET, saddr, t->saddr);
	inet_pton(AF_INET, daddr, t->daddr);
}

/* A connection with destination NAT, and a packet of it, not translated yet. */
static void init(struct bench *b, size_t tuples, uint8_t proto)
{
	*b = (struct bench){.tuples = tuples, .layout.hz = HZ};
	b->head = (struct trail_ct){.nfct = ENTRY | IP_CT_NEW,
				    .net = NET,
				    .jiffies = JIFFIES,
				    .flags = TRAIL_CT_KNOWN | TRAIL_CT_JIFFIES};
	put_u32(b, 0, 2);
	put_tuple(b, false, "10.0.0.1", 4000, "10.0.0.2", 80, proto);
	put_tuple(b, true, "10.0.0.9", 8080, "10.0.0.1", 4000, proto);
	set_status(b, IPS_CONFIRMED | IPS_DST_NAT);
	packet(b, "10.0.0.1", 4000, "10.0.0.2", 80, proto);
}

/* As Linux 5.17 to 7 lay it out. */
static void init_typed(struct bench *b, uint8_t proto)
{
	init(b, 16, proto);
	b->layout = (struct conntrack_layout){.has_types = true,
					      .tuples = 16,
					      .status = 128,
					      .timeout = 8,
					      .zone = 12,
					      .mark = 168,
					      .tcp_state = 224,
					      .sctp_state = 184,
					      .dccp_state = 186,
					      .hz = HZ};
	put_u32(b, 8, JIFFIES + 30 * HZ);
	put(b, 12, "\7\0\0\3", 4);
	put_u32(b, 168, 0x2a);
}

static const char *decode(struct bench *b)
{
	FILE *f = fmemopen(b->text, sizeof(b->text), "w");
	struct outbuf o;

	conntrack_decode(&b->ct, &b->layout, &b->head, b->bytes, sizeof(b->bytes), &b->te);
	assert_int_equal(outbuf_init(&o, f, ESCAPE_TEXT), 0);
	conntrack_print(&o, &b->ct);
	assert_int_equal(outbuf_release(&o), 0);
	return b->text;
}

#define TUPLES(proto)                                                                              \
	"10.0.0.1:4000->10.0.0.2:80(" proto "), replies 10.0.0.9:8080->10.0.0.1:4000(" proto ")"

static void test_typed(void **state)
{
	struct bench b;

	(void)state;
	init_typed(&b, IPPROTO_UDP);
	assert_string_equal(decode(&b),
			    "NEW, original: " TUPLES("udp") "; zone 7; mark 0x2a; "
							    "CONFIRMED|DNAT; 30.0 s left");
	assert_true(b.ct.addr == ENTRY);
	/* The timeout of an entry that is not confirmed starts to run later. */
	set_status(&b, 0);
	put_u32(&b, 8, 120 * HZ);
	put_u32(&b, 168, 0);
	put(&b, 12, "\0", 1);
	assert_string_equal(decode(&b),
			    "NEW, original: " TUPLES("udp") "; not confirmed; 2 min left");
	put_u32(&b, 8, 432000 * HZ);
	assert_string_equal(decode(&b),
			    "NEW, original: " TUPLES("udp") "; not confirmed; 5 days left");
	put_u32(&b, 8, 7200 * HZ);
	assert_string_equal(decode(&b),
			    "NEW, original: " TUPLES("udp") "; not confirmed; 2 h left");
	set_status(&b, IPS_CONFIRMED | IPS_DYING);
	put_u32(&b, 8, JIFFIES - 1);
	assert_string_equal(decode(&b),
			    "NEW, original: " TUPLES("udp") "; CONFIRMED|DYING; 0.0 s left");
}

static void test_protocols(void **state)
{
	struct bench b;

	(void)state;
	init_typed(&b, IPPROTO_TCP);
	b.layout.timeout = b.layout.zone = b.layout.mark = 0;
	b.head.nfct = ENTRY | IP_CT_ESTABLISHED_REPLY;
	put(&b, 224, "\2", 1);
	packet(&b, "10.0.0.9", 8080, "10.0.0.1", 4000, IPPROTO_TCP);
	assert_string_equal(decode(&b),
			    "ESTABLISHED, reply, TCP SYN_RECV: " TUPLES("tcp") "; CONFIRMED|DNAT");
	put(&b, 224, "\x63", 1); /* no state */
	assert_string_equal(decode(&b), "ESTABLISHED, reply: " TUPLES("tcp") "; CONFIRMED|DNAT");
	init_typed(&b, IPPROTO_SCTP);
	b.layout.timeout = b.layout.zone = b.layout.mark = 0;
	put_u32(&b, 184, 4);
	assert_string_equal(decode(&b),
			    "NEW, original, SCTP ESTABLISHED: " TUPLES("sctp") "; CONFIRMED|DNAT");
}

/* NAT translates source and destination at different hooks: both halves agree. */
static void test_nat(void **state)
{
	struct bench b;

	(void)state;
	init_typed(&b, IPPROTO_UDP);
	put_tuple(&b, true, "10.0.0.9", 8080, "10.0.0.5", 6000, IPPROTO_UDP);
	packet(&b, "10.0.0.1", 4000, "10.0.0.9", 8080, IPPROTO_UDP);
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_ENTRY);
	packet(&b, "10.0.0.5", 6000, "10.0.0.9", 8080, IPPROTO_UDP);
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_ENTRY);
	/* In this direction these are not its headers. */
	packet(&b, "10.0.0.9", 8080, "10.0.0.5", 6000, IPPROTO_UDP);
	assert_string_equal(decode(&b), "unknown: its entry is freed, or of other headers");
	packet(&b, "10.0.0.5", 6001, "10.0.0.9", 8080, IPPROTO_UDP);
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_STALE);
	/* A fragment has no ports, an ICMP error belongs to what it quotes. */
	packet(&b, "10.0.0.1", 0, "10.0.0.2", 0, IPPROTO_UDP);
	b.te.tuple.has_ports = false;
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_ENTRY);
	packet(&b, "10.0.0.77", 0, "10.0.0.1", 0, IPPROTO_ICMP);
	b.te.tuple.has_ports = false;
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_STALE);
	b.head.nfct = ENTRY | IP_CT_RELATED_REPLY;
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_ENTRY);
	assert_string_equal(conntrack_state(&b.ct), "RELATED");
}

/* What is freed, or was never an entry. */
static void test_garbage(void **state)
{
	struct bench b;

	(void)state;
	init_typed(&b, IPPROTO_UDP);
	put_u32(&b, 0, 0); /* nobody uses it */
	decode(&b);
	assert_int_equal(b.ct.kind, CONNTRACK_STALE);
	assert_int_equal(b.ct.status | b.ct.has, 0);
	init_typed(&b, IPPROTO_UDP);
	put_u64(&b, 128, UINT64_C(1) << 40);
	assert_string_equal(decode(&b), "unknown");
	init_typed(&b, IPPROTO_UDP);
	put(&b, 16 + 16 + 39, "\1", 1); /* both tuples of the same direction */
	assert_string_equal(decode(&b), "unknown");
	for (unsigned int seed = 1; seed < 2000; seed++) {
		init(&b, 16, IPPROTO_UDP);
		b.head.flags = TRAIL_CT_NEAR;
		srand(seed);
		for (size_t i = 0; i < sizeof(b.bytes); i++)
			b.bytes[i] = rand() >> 8;
		decode(&b);
		assert_true(b.ct.kind == CONNTRACK_UNKNOWN);
	}
}

static void test_no_entry(void **state)
{
	struct bench b;

	(void)state;
	init_typed(&b, IPPROTO_UDP);
	b.head.nfct = 0;
	assert_string_equal(decode(&b), "no entry");
	b.head.nfct = UNTRACKED;
	assert_string_equal(decode(&b), "UNTRACKED");
	b.head.flags = TRAIL_CT_JIFFIES;
	assert_string_equal(decode(&b), "unknown");
	/* A template, and up to 4.11 what all untracked packets share: with types and without. */
	for (int typed = 0; typed < 2; typed++) {
		init_typed(&b, IPPROTO_UDP);
		b.layout.has_types = typed;
		memset(b.bytes + 16, 0, 112);
		set_status(&b, IPS_TEMPLATE | IPS_CONFIRMED);
		assert_string_equal(decode(&b), "no entry yet, only a template");
		set_status(&b, IPS_UNTRACKED | IPS_CONFIRMED);
		assert_string_equal(decode(&b), "UNTRACKED");
		set_status(&b, IPS_CONFIRMED);
		assert_string_equal(decode(&b), "unknown");
	}
}

/* ---- without types ---- */

static void test_el7(void **state)
{
	struct bench b;

	(void)state;
	init(&b, 8, IPPROTO_TCP);
	b.head.flags = TRAIL_CT_NEAR | TRAIL_CT_JIFFIES;
	assert_string_equal(decode(&b), "NEW, original: " TUPLES("tcp") "; CONFIRMED|DNAT");
	assert_int_equal(b.ct.has, CONNTRACK_HAS_STATE);
	/* Lowest bits of zero are no state before 4.11. */
	b.head.nfct = ENTRY;
	assert_string_equal(decode(&b), "state unknown: " TUPLES("tcp") "; CONFIRMED|DNAT");
	set_status(&b, IPS_SEEN_REPLY | IPS_CONFIRMED);
	assert_string_equal(decode(&b),
			    "ESTABLISHED, original: " TUPLES("tcp") "; SEEN_REPLY|CONFIRMED");
}

/* 4.9 to 5.10: CPU, zone, tuples, status, timeout, namespace. */
static void test_4_19(void **state)
{
	struct bench b;

	(void)state;
	init(&b, 16, IPPROTO_UDP);
	put(&b, 8, "\1\0\5\0\0\3\0\0", 8);
	put_u32(&b, 136, JIFFIES + 15 * HZ);
	put_u64(&b, 144, NET);
	assert_string_equal(decode(&b), "NEW, original: " TUPLES("udp") "; zone 5; CONFIRMED|DNAT; "
									"15.0 s left");
	/* The timeout is not told where the namespace is not behind it. */
	put_u64(&b, 144, NET + 64);
	assert_int_equal((decode(&b), b.ct.has), CONNTRACK_HAS_STATE | CONNTRACK_HAS_ZONE);
	/* Nor is anything where both layouts fit. */
	put(&b, 8, "\1\0\5\0\0\3\0\3", 8);
	assert_int_equal((decode(&b), b.ct.has), CONNTRACK_HAS_STATE);
}

/* 5.17: timeout, zone, tuples, status, namespace. */
static void test_5_17(void **state)
{
	struct bench b;

	(void)state;
	init(&b, 16, IPPROTO_UDP);
	put_u32(&b, 8, JIFFIES + 90 * HZ);
	put(&b, 12, "\0\0\0\3", 4);
	put_u64(&b, 136, NET);
	assert_string_equal(decode(&b), "NEW, original: " TUPLES("udp") "; CONFIRMED|DNAT; "
									"90.0 s left");
	/* Jiffies reckoned from those at the start. */
	b.head.flags &= ~TRAIL_CT_JIFFIES;
	assert_false((decode(&b), b.ct.has) & CONNTRACK_HAS_LEFT);
	b.layout.jiffies = JIFFIES - 10 * HZ;
	b.layout.jiffies_ts = 5000000000;
	b.te.raw.ts = 20000000000;
	decode(&b);
	assert_int_equal(b.ct.left, 85000);
}

/* ---- from event to event ---- */

static void note(struct conntrack_past *p, struct bench *b, const char *func)
{
	decode(b);
	b->te.func.name = func;
	conntrack_past_note(p, &b->te, &b->ct);
}

static void test_changes(void **state)
{
	struct conntrack_past *p;
	struct bench b;

	(void)state;
	assert_int_equal(conntrack_past_open(&p), 0);
	init_typed(&b, IPPROTO_UDP);
	b.te.packet = 1;
	b.te.raw.netns = 5;
	b.head.nfct = 0;
	note(p, &b, "nf_conntrack_in");
	assert_int_equal(b.ct.kind, CONNTRACK_NONE);
	b.head.nfct = ENTRY | IP_CT_NEW;
	set_status(&b, 0);
	note(p, &b, "ip_output");
	assert_int_equal(b.ct.changes, CONNTRACK_CREATED);
	note(p, &b, "ip_output");
	assert_int_equal(b.ct.changes, 0);
	set_status(&b, IPS_CONFIRMED);
	note(p, &b, "ip_finish_output");
	assert_int_equal(b.ct.changes, CONNTRACK_CONFIRMED);
	set_status(&b, IPS_CONFIRMED | IPS_DYING);
	note(p, &b, "ip_finish_output2");
	assert_int_equal(b.ct.changes, CONNTRACK_DESTROYED);
	/* Another packet of the connection changes nothing. */
	b.te.packet = 2;
	note(p, &b, "ip_output");
	assert_int_equal(b.ct.changes, 0);
	conntrack_past_free(p);
}

static void test_invalid(void **state)
{
	struct conntrack_past *p;
	struct bench b;

	(void)state;
	assert_int_equal(conntrack_past_open(&p), 0);
	init_typed(&b, IPPROTO_UDP);
	b.te.packet = 1;
	b.te.raw.netns = 5;
	b.head.nfct = 0;
	note(p, &b, "ip_local_deliver");
	assert_int_equal(b.ct.kind, CONNTRACK_NONE); /* conntrack was not asked */
	note(p, &b, "nf_conntrack_in");
	note(p, &b, "nf_ct_get_tuple");
	assert_int_equal(b.ct.kind, CONNTRACK_NONE); /* nor has it answered */
	note(p, &b, "ip_rcv_finish");
	assert_int_equal(b.ct.kind, CONNTRACK_INVALID);
	assert_string_equal(conntrack_state(&b.ct), "INVALID");
	b.te.raw.netns = 6;
	note(p, &b, "ip_local_deliver");
	assert_int_equal(b.ct.kind, CONNTRACK_NONE);
	b.te.raw.netns = 5;
	note(p, &b, "ip_local_deliver");
	assert_int_equal(b.ct.kind, CONNTRACK_NONE);
	/* Other headers: a tunnel's. */
	note(p, &b, "nf_conntrack_in.part.0");
	packet(&b, "10.1.0.1", 4789, "10.1.0.2", 4789, IPPROTO_UDP);
	note(p, &b, "ipt_do_table");
	assert_int_equal(b.ct.kind, CONNTRACK_NONE);
	conntrack_past_free(p);
}

/* ---- JSON, records ---- */

static void test_json(void **state)
{
	char json[1024] = "";
	struct outbuf o;
	struct bench b;

	(void)state;
	init_typed(&b, IPPROTO_UDP);
	decode(&b);
	b.ct.changes = CONNTRACK_CREATED | CONNTRACK_CONFIRMED;
	assert_int_equal(outbuf_init(&o, fmemopen(json, sizeof(json), "w"), ESCAPE_JSON), 0);
	conntrack_json(&o, &b.ct);
	assert_int_equal(outbuf_release(&o), 0);
	assert_string_equal(
		json,
		",\"conntrack\":{\"state\":\"NEW\",\"entry\":\"0xffff888012345600\","
		"\"direction\":\"original\",\"original\":{\"saddr\":\"10.0.0.1\",\"daddr\":"
		"\"10.0.0.2\",\"sport\":4000,\"dport\":80,\"proto\":17},\"reply\":{\"saddr\":"
		"\"10.0.0.9\",\"daddr\":\"10.0.0.1\",\"sport\":8080,\"dport\":4000,\"proto\":17},"
		"\"zone\":7,\"mark\":42,\"status\":40,\"bits\":[\"CONFIRMED\",\"DNAT\"],"
		"\"left_ms\":30000,\"changes\":[\"created\",\"confirmed\"]}");
}

static void test_check(void **state)
{
	struct conntrack ct = {.kind = 99, .status = 8};

	(void)state;
	conntrack_check(&ct);
	assert_int_equal(ct.kind, CONNTRACK_UNKNOWN);
	assert_int_equal(ct.status, 0);
	ct = (struct conntrack){
		.kind = CONNTRACK_ENTRY, .family = AF_INET, .info = 5, .has = CONNTRACK_HAS_STATE};
	conntrack_check(&ct);
	assert_int_equal(ct.kind, CONNTRACK_UNKNOWN);
	ct = (struct conntrack){
		.kind = CONNTRACK_ENTRY, .family = AF_INET6, .info = 4, .has = CONNTRACK_HAS_STATE};
	conntrack_check(&ct);
	assert_int_equal(ct.kind, CONNTRACK_ENTRY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typed),	 cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_nat),	 cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_no_entry), cmocka_unit_test(test_el7),
		cmocka_unit_test(test_4_19),	 cmocka_unit_test(test_5_17),
		cmocka_unit_test(test_changes),	 cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_json),	 cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
