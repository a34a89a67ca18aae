// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/direction.h"
#include "output/files/pcapng.h"
#include "tests/unit/lib_events.h"
#include "tests/unit/lib_files.h"
#include "tests/unit/lib_pcapng.h"

static const struct record_meta meta = {
	.hostname = "box",
	.release = "6.1.0-18-amd64",
	.machine = "x86_64",
	.version = "0.1.0",
	.realtime_off = INT64_C(1732395845000000000),
};

/* A sink that writes to memory. */
struct written {
	struct sink *sink;
	char *data;
	size_t sz;
	struct pcapng_file file;
};

static const char *stage(void *arg, const struct trace_event *te)
{
	return te->func.name && !strcmp(te->func.name, "ip_rcv") ? "IP input" : NULL;
}

static void begin_with(struct written *w, const struct record_meta *m, bool once)
{
	const struct pcapng_opts opts = {.meta = *m, .once = once, .stage = stage};

	*w = (struct written){0};
	assert_int_equal(sink_pcapng_open(&w->sink, open_memstream(&w->data, &w->sz), &opts), 0);
	assert_int_equal(w->sink->ops->header(w->sink), 0);
}

static void begin(struct written *w, bool once)
{
	begin_with(w, &meta, once);
}

static struct trace_event decoded(const struct trail_event *e)
{
	struct trace_event te;

	assert_int_equal(trace_event_decode(&te, e, sizeof(*e), &test_names), 0);
	return te;
}

static int put(struct written *w, const struct trail_event *e, uint64_t age)
{
	const struct trace_event te = decoded(e);

	return w->sink->ops->event(w->sink, &te, age);
}

static void end(struct written *w)
{
	assert_int_equal(w->sink->ops->close(w->sink), 0);
	pcapng_read(&w->file, w->data, w->sz);
}

static void release(struct written *w)
{
	pcapng_release(&w->file);
	free(w->data);
}

static void test_section(void **state)
{
	struct written w;

	begin(&w, false);
	end(&w);
	assert_string_equal(w.file.program, "skbtrail 0.1.0");
	assert_string_equal(w.file.os, "Linux 6.1.0-18-amd64");
	assert_string_equal(w.file.hardware, "x86_64");
	assert_string_equal(w.file.comment, "traced on box");
	assert_int_equal(w.file.nr_packets, 0);
	assert_int_equal(w.file.nr_ifaces, 1); /* libpcap wants one */
	release(&w);
}

static void test_packet(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 0xffff9f1d40b8ab00, 1000015500);
	struct pcapng_packet *p;
	struct written w;

	begin(&w, false);
	assert_int_equal(put(&w, &e, 0), 0);
	end(&w);
	assert_int_equal(w.file.nr_packets, 1);
	p = w.file.packets;
	assert_int_equal(p->ts, UINT64_C(1732395845000000000) + 1000015500);
	assert_int_equal(p->captured, 16 + 40);
	assert_int_equal(p->len, 16 + 60); /* as IP says */
	assert_int_equal(p->flags, 1);
	assert_int_equal(p->verdict_of, 0);
	assert_memory_equal(p->data, "\0\0\xff\xff\0\0\0\0\0\0\0\0\0\0\x08\0", 16);
	assert_memory_equal(p->data + 16, e.hdr, 40);
	assert_string_equal(
		p->comment,
		"func ip_rcv; stage IP input; skb 0xffff9f1d40b8ab00; process curl:8102; cpu 1");
	assert_string_equal(w.file.ifaces[0].name, "blue-namespace/eth0");
	assert_string_equal(w.file.ifaces[0].description, "network namespace 4026531840, index 2");
	release(&w);
}

static void test_outcome(void **state)
{
	const struct record_meta hiding = {.shown = {.hide_why = true}};
	struct trail_event e = test_event(FN_KFREE_SKB_REASON, 1, 1);
	struct trace_event te;
	struct written w;

	e.flags = TRAIL_F_REASON;
	e.reason = 6;
	e.caller = FN_ADDR(FN_NFT_DO_CHAIN) + 0x40;
	te = decoded(&e);
	te.why = "DROP by nft inet filter input rule 1; handle 4";
	for (int hide = 0; hide < 2; hide++) {
		begin_with(&w, hide ? &hiding : &meta, false);
		assert_int_equal(w.sink->ops->event(w.sink, &te, 0), 0);
		end(&w);
		assert_string_equal(
			w.file.packets[0].comment,
			hide ? "func kfree_skb_reason; caller nft_do_chain+0x40 [nf_tables]; "
			       "reason SKB_DROP_REASON_NETFILTER_DROP; drop; "
			       "skb 0x0000000000000001; process curl:8102; cpu 1"
			     : "func kfree_skb_reason; caller nft_do_chain+0x40 [nf_tables]; "
			       "reason SKB_DROP_REASON_NETFILTER_DROP; drop; "
			       "why DROP by nft inet filter input rule 1; handle 4; "
			       "skb 0x0000000000000001; process curl:8102; cpu 1");
		release(&w);
	}
	te.why = "comment \"\xc3\xbc\xff\"";
	begin(&w, false);
	assert_int_equal(w.sink->ops->event(w.sink, &te, 0), 0);
	end(&w);
	assert_non_null(strstr(w.file.packets[0].comment, "; why comment \"\xc3\xbc\\xff\"; skb "));
	release(&w);
	te.why = NULL;
	te.is_drop = false;
	te.end = "delivered to curl";
	begin(&w, false);
	assert_int_equal(w.sink->ops->event(w.sink, &te, 0), 0);
	end(&w);
	assert_non_null(strstr(w.file.packets[0].comment, "; end delivered to curl; skb "));
	release(&w);
}

static void test_programs(void **state)
{
	struct trail_event e = test_event(0, 1, 1);
	struct written w;

	e.flags = TRAIL_F_PROG | TRAIL_F_VERDICT;
	e.source = 4;
	e.reason = -1;
	begin(&w, false);
	assert_int_equal(put(&w, &e, 0), 0);
	e.type = TRAIL_EVENT_XDP;
	e.source = 5;
	e.reason = 1;
	assert_int_equal(put(&w, &e, 0), 0);
	end(&w);
	assert_int_equal(w.file.packets[0].verdict_of, 1);
	assert_int_equal(w.file.packets[0].verdict, -1);
	assert_int_equal(w.file.packets[0].flags, 0);
	assert_non_null(strstr(w.file.packets[0].comment, "[tc]; verdict TC_ACT_UNSPEC; skb "));
	assert_int_equal(w.file.packets[1].verdict_of, 2);
	assert_int_equal(w.file.packets[1].verdict, 1);
	assert_int_equal(w.file.packets[1].flags, 1);
	assert_non_null(
		strstr(w.file.packets[1].comment, "[xdp]; verdict XDP_DROP; drop; xdp_buff 0x"));
	release(&w);
}

/* Protocols and lengths, where the event and the headers say different things. */
static void test_headers(void **state)
{
	static const struct {
		uint16_t protocol; /* of the event */
		uint32_t event_len;
		uint16_t written; /* in network byte order */
		uint32_t len;
		const char *hex;
	} t[] = {
		{0, 20, 0x0800, 60, "4500003c 00004000 40060000 0a000001 0a000002"},
		/* the payload is longer than IP can tell */
		{0x0800, 70000, 0x0800, 70000, "45000000 00004000 40060000 0a000001 0a000002"},
		{0x86dd, 20, 0x86dd, 60,
		 "60000000 0014 06 40 20010db8000000000000000000000001"
		 "20010db8000000000000000000000002"},
		{0x86dd, 70040, 0x86dd, 70040,
		 "60000000 0000 06 40 20010db8000000000000000000000001"
		 "20010db8000000000000000000000002"},
		{0x0806, 46, 0x0806, 28,
		 "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002"},
		{0x88cc, 100, 0x88cc, 100, "0207"},
		{0x88cc, 1, 0x88cc, 2, "0207"},
	};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct written w;

	begin(&w, false);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		e.protocol = t[i].protocol;
		e.len = t[i].event_len;
		e.hdr_len = test_unhex(t[i].hex, e.hdr, sizeof(e.hdr));
		assert_int_equal(put(&w, &e, 0), 0);
	}
	end(&w);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct pcapng_packet *p = &w.file.packets[i];

		assert_int_equal(p->data[14] << 8 | p->data[15], t[i].written);
		assert_int_equal(p->len, 16 + t[i].len);
	}
	release(&w);
}

/* ---- packets with more than their headers ---- */

struct bytes_of_packet {
	struct trail_packet head;
	uint8_t bytes[64];
};

static struct pcapng_packet *put_bytes(struct written *w, const struct bytes_of_packet *b,
				       uint16_t flags)
{
	const struct trace_parts parts = {.has = PART_BIT(TRAIL_PART_PACKET), .packet = &b->head};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;

	e.flags = flags;
	e.vlan_tci = 0x2064;
	te = decoded(&e);
	te.parts = &parts;
	begin(w, false);
	assert_int_equal(w->sink->ops->event(w->sink, &te, 0), 0);
	end(w);
	assert_int_equal(w->file.nr_packets, 1);
	return w->file.packets;
}

/* The Ethernet header becomes the cooked one. */
static void test_ethernet(void **state)
{
	struct bytes_of_packet b = {{.len = 114, .nr_bytes = 60, .l3 = 14}, {0}};
	struct pcapng_packet *p;
	struct written w;

	for (size_t i = 0; i < sizeof(b.bytes); i++)
		b.bytes[i] = i + 1;
	memcpy(b.bytes + 12, "\x86\xdd", 2);
	p = put_bytes(&w, &b, 0);
	assert_int_equal(p->captured, 16 + 46);
	assert_int_equal(p->len, 16 + 100);
	assert_memory_equal(p->data, "\0\0\0\1\0\6\7\10\11\12\13\14\0\0\x86\xdd", 16);
	assert_memory_equal(p->data + 16, b.bytes + 14, 46);
	assert_non_null(strstr(p->comment, "; ethernet 07:08:09:0a:0b:0c > 01:02:03:04:05:06"));
	assert_null(strstr(p->comment, "vlan"));
	release(&w);

	/* a tag beside the packet is put back */
	b.head.vlan_proto = 0x88a8;
	p = put_bytes(&w, &b, TRAIL_F_VLAN);
	assert_int_equal(p->captured, 16 + 4 + 46);
	assert_int_equal(p->len, 16 + 4 + 100);
	assert_memory_equal(p->data + 14, "\x88\xa8\x20\x64\x86\xdd", 6);
	assert_memory_equal(p->data + 20, b.bytes + 14, 46);
	assert_non_null(strstr(p->comment, "; vlan 100"));
	release(&w);

	/* LLC, and IPX without */
	memcpy(b.bytes + 12, "\0\x26", 2);
	p = put_bytes(&w, &b, 0);
	assert_memory_equal(p->data + 14, "\0\4", 2);
	release(&w);
	memset(b.bytes + 14, 0xff, 2);
	p = put_bytes(&w, &b, 0);
	assert_memory_equal(p->data + 14, "\0\1", 2);
	release(&w);
}

static void test_without_ethernet(void **state)
{
	struct bytes_of_packet b = {{.len = 100, .nr_bytes = 60}, {0x45}};
	struct pcapng_packet *p;
	struct written w;

	p = put_bytes(&w, &b, TRAIL_F_VLAN); /* it is not known of what protocol */
	assert_int_equal(p->captured, 16 + 60);
	assert_int_equal(p->len, 16 + 100);
	assert_memory_equal(p->data, "\0\0\xff\xff\0\0\0\0\0\0\0\0\0\0\x08\0", 16);
	assert_memory_equal(p->data + 16, b.bytes, 60);
	assert_null(strstr(p->comment, "ethernet"));
	assert_non_null(strstr(p->comment, "; vlan 100"));
	release(&w);

	/* the length is unknown: IP says 60 bytes, or what there is */
	b.head.len = 0;
	p = put_bytes(&w, &b, 0);
	assert_int_equal(p->len, 16 + 60);
	release(&w);
	b.head.nr_bytes = 64;
	p = put_bytes(&w, &b, 0);
	assert_int_equal(p->len, 16 + 64);
	release(&w);

	/* less than an Ethernet header: the headers of the event are more */
	b.head = (struct trail_packet){.len = 100, .nr_bytes = 13, .l3 = 14};
	p = put_bytes(&w, &b, 0);
	assert_int_equal(p->captured, 16 + 40);
	release(&w);
}

static void test_bytes_lost(void **state)
{
	const struct bytes_of_packet b = {{.len = 100, .nr_bytes = 60}, {0x45}};
	const struct trace_parts parts = {.has = PART_BIT(TRAIL_PART_PACKET),
					  .cut = PART_BIT(TRAIL_PART_PACKET),
					  .packet = &b.head};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te = decoded(&e);
	struct written w;

	te.parts = &parts;
	begin(&w, false);
	assert_int_equal(w.sink->ops->event(w.sink, &te, 0), 0);
	end(&w);
	assert_non_null(strstr(w.file.packets[0].comment, "; packet bytes lost"));
	release(&w);
}

/* ---- interfaces, losses ---- */

/* Each namespace and device, also after a device was renamed; the comment tells what is odd. */
static void test_interfaces(void **state)
{
	struct trail_event e[6];
	struct written w;

	for (int i = 0; i < 6; i++)
		e[i] = test_event(FN_IP_RCV, 1, 1);
	e[1].netns = 4026539999;
	memcpy(e[2].ifname, "lan", 4);
	e[3].ifindex = 0;
	memset(e[3].ifname, 0, sizeof(e[3].ifname));
	e[3].netns = 0;
	e[4].netns = 4026531841;
	e[4].ifname[0] = '\0';
	e[4].flags = TRAIL_F_VLAN | TRAIL_F_HDR_FROM_SK | TRAIL_F_BY_STACK;
	e[4].vlan_tci = 0xa064;
	begin(&w, false);
	for (int i = 0; i < 6; i++)
		assert_int_equal(put(&w, &e[i], 0), 0);
	end(&w);
	assert_int_equal(w.file.nr_ifaces, 5);
	assert_string_equal(w.file.ifaces[0].name, "blue-namespace/eth0");
	assert_string_equal(w.file.ifaces[1].name, "4026539999/eth0");
	assert_string_equal(w.file.ifaces[2].name, "blue-namespace/lan");
	assert_string_equal(w.file.ifaces[3].name, "none");
	assert_string_equal(w.file.ifaces[4].name, "a\\x1b[31m\\x0a\\xff/2");
	for (int i = 0; i < 5; i++)
		assert_int_equal(w.file.packets[i].iface, i);
	assert_int_equal(w.file.packets[5].iface, 0);
	assert_non_null(strstr(w.file.packets[4].comment,
			       "; vlan 100; headers are the socket's; found by the stack"));
	assert_int_equal(w.file.packets[4].flags, 0);
	release(&w);
}

static void test_many_interfaces(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct written w;

	begin(&w, false);
	for (e.ifindex = 1; e.ifindex <= 4100; e.ifindex++)
		assert_int_equal(put(&w, &e, 0), 0);
	end(&w);
	assert_int_equal(w.file.nr_ifaces, 4096);
	assert_string_equal(w.file.ifaces[4095].name, "others");
	assert_int_equal(w.file.ifaces[4095].nr_packets, 5);
	release(&w);
}

static void test_losses(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct written w;

	begin(&w, false);
	assert_int_equal(w.sink->ops->lost(w.sink, 17), 0);
	assert_int_equal(put(&w, &e, 0), 0);
	assert_int_equal(put(&w, &e, 0), 0);
	assert_int_equal(w.sink->ops->lost(w.sink, 3), 0);
	assert_int_equal(w.sink->ops->lost(w.sink, 4), 0);
	end(&w);
	assert_non_null(strstr(w.file.packets[0].comment, "; events lost before 17"));
	assert_null(strstr(w.file.packets[1].comment, "lost"));
	assert_string_equal(w.file.statistics, "events lost at the end 7");
	release(&w);
}

/* Every kind of event and text, and the longest texts there may be. */
static void test_everything(void **state)
{
	static struct test_sample samples[TEST_SAMPLES_MAX];
	static char longest[1024];
	struct trail_event events[32];
	struct trace_event te;
	size_t nr = test_events(events, 32), nr_bare = 0;
	struct written w;

	begin(&w, false);
	for (size_t i = 0; i < nr; i++) {
		int ret = put(&w, &events[i], 0);

		assert_int_equal(ret, events[i].hdr_len ? 0 : 1);
		nr_bare += ret;
	}
	assert_int_equal(nr_bare, 1);
	test_print_samples(w.sink, samples, test_samples(samples));
	memset(longest, 0xff, sizeof(longest) - 1);
	te = decoded(&events[0]);
	te.func = te.caller = (struct name_at){longest, longest, 0};
	te.raw.caller = 1;
	te.raw.flags = TRAIL_F_REASON;
	te.reason = te.why = te.netns_name = longest;
	assert_int_equal(w.sink->ops->event(w.sink, &te, 0), 0);
	end(&w);
	assert_true(w.file.nr_packets > nr);
	assert_string_equal(w.file.packets[4].comment,
			    "func a\"b\\c\\x1b[31m\\xff [m\\x0a]; skb 0xffff9f1d40b8ab00; "
			    "process a b\"\\\\x0a\\x80\\xff\\x1b[0m:8102; cpu 1");
	release(&w);
}

static void test_gone(void **state)
{
	struct trail_event e = test_event(FN_KFREE_SKBMEM, 1, 1);
	struct written w;

	e.flags = TRAIL_F_SKB_GONE;
	begin(&w, false);
	assert_int_equal(put(&w, &e, 0), 1);
	end(&w);
	assert_int_equal(w.file.nr_packets, 0);
	release(&w);
}

/* ---- --pcapng-once ---- */

static int note(struct written *w, struct trail_event *e, enum test_func fn, uint64_t age)
{
	e->ip = FN_ADDR(fn) + 4;
	e->ts++;
	return put(w, e, age);
}

static void test_once(void **state)
{
	struct trail_event e = test_event(FN_IP_LOCAL_OUT, 1, 1);
	struct written w;

	begin(&w, true);
	assert_int_equal(note(&w, &e, FN_IP_LOCAL_OUT, 0), 0);
	assert_int_equal(note(&w, &e, FN_NF_HOOK_SLOW, 1), 1);
	e.hdr[8]--; /* TTL */
	assert_int_equal(note(&w, &e, FN_NFT_DO_CHAIN, 2), 0);
	assert_int_equal(note(&w, &e, FN_IP_RCV, 3), 1);
	e.ifindex++;
	assert_int_equal(note(&w, &e, FN_IP_RCV, 4), 0);
	assert_int_equal(note(&w, &e, FN_IP_RCV, 5), 1);
	assert_int_equal(note(&w, &e, FN_CONSUME_SKB, 6), 0);
	assert_int_equal(note(&w, &e, FN_CONSUME_SKB, 7), 1); /* a step of the same */
	assert_int_equal(note(&w, &e, FN_IP_RCV, 8), 1);      /* only a reference was dropped */
	assert_int_equal(note(&w, &e, FN_KFREE_SKB_REASON, 9), 0);
	assert_int_equal(note(&w, &e, FN_KFREE_SKBMEM, 10), 1);
	assert_int_equal(note(&w, &e, FN_IP_RCV, 0), 0); /* another one at this address */
	end(&w);
	assert_int_equal(w.file.nr_packets, 6);
	release(&w);
}

/* A packet at another address, even one that takes its place, does not count as a change. */
static void test_once_two_packets(void **state)
{
	struct trail_event a = test_event(FN_IP_RCV, 0xffff888000000000, 1);
	struct trail_event b = test_event(FN_IP_RCV, 0xffff888000000100, 1);
	struct written w;

	b.hdr[19] = 9;
	begin(&w, true);
	assert_int_equal(put(&w, &a, 0), 0);
	assert_int_equal(put(&w, &b, 0), 0);
	assert_int_equal(put(&w, &a, 1), 1);
	assert_int_equal(put(&w, &b, 1), 1);
	end(&w);
	release(&w);
}

static void test_once_tracepoints(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te;
	struct written w;

	e.flags = TRAIL_F_TRACEPOINT;
	e.source = 3;
	begin(&w, true);
	assert_int_equal(put(&w, &e, 0), 0);
	assert_int_equal(put(&w, &e, 1), 1);
	te = decoded(&e);
	te.func.name = "net_dev_start_xmit";
	assert_int_equal(w.sink->ops->event(w.sink, &te, 2), 0);
	e.source = 2; /* consume_skb */
	assert_int_equal(put(&w, &e, 3), 0);
	end(&w);
	release(&w);
}

/* ---- directions ---- */

static void test_directions(void **state)
{
	static const struct {
		const char *name;
		uint16_t flags;
		enum direction is;
	} t[] = {
		{"ip_rcv", 0, DIRECTION_IN},
		{"ip_rcv.isra.0", 0, DIRECTION_IN},
		{"ip_rcv", TRAIL_F_BY_STACK, DIRECTION_UNKNOWN},
		{"ip_rcv", TRAIL_F_TRACEPOINT, DIRECTION_UNKNOWN},
		{"ip_rcv", TRAIL_F_PROG, DIRECTION_UNKNOWN},
		{"ip", 0, DIRECTION_UNKNOWN},
		{"ip_output", 0, DIRECTION_UNKNOWN},
		{"ip_finish_output2", 0, DIRECTION_OUT},
		{"dev_hard_start_xmit", 0, DIRECTION_OUT},
		{"netif_rx", 0, DIRECTION_IN},
		{"netif_rx", TRAIL_F_TRACEPOINT, DIRECTION_IN},
		{"net_dev_queue", TRAIL_F_TRACEPOINT, DIRECTION_OUT},
		{"net_dev_xmit", TRAIL_F_TRACEPOINT, DIRECTION_UNKNOWN},
		{"net_dev_queue", 0, DIRECTION_UNKNOWN},
		{NULL, 0, DIRECTION_UNKNOWN},
	};
	static const struct {
		unsigned int pf, hook;
		enum direction is;
	} hooks[] = {
		{2, 0, DIRECTION_IN},	   {2, 1, DIRECTION_IN},      {2, 2, DIRECTION_UNKNOWN},
		{2, 3, DIRECTION_UNKNOWN}, {2, 4, DIRECTION_OUT},     {10, 4, DIRECTION_OUT},
		{7, 0, DIRECTION_IN},	   {7, 4, DIRECTION_OUT},     {3, 0, DIRECTION_IN},
		{3, 1, DIRECTION_OUT},	   {3, 2, DIRECTION_UNKNOWN}, {5, 0, DIRECTION_UNKNOWN},
	};
	struct trace_event te = {.raw.type = TRAIL_EVENT_SKB};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		te.func.name = t[i].name;
		te.raw.flags = t[i].flags;
		if (direction_of(&te) != t[i].is)
			fail_msg("%s: %d", t[i].name, direction_of(&te));
	}
	te.func.name = "nf_hook_slow";
	te.raw.flags = TRAIL_F_HOOK;
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		te.raw.hook = hooks[i].hook << 4 | hooks[i].pf << 8;
		assert_int_equal(direction_of(&te), hooks[i].is);
	}
}

/* ---- what cannot be written or read ---- */

/* The disk is full in the middle of a packet: the file ends with the last whole one. */
static void test_full_disk(void **state)
{
	const struct rlimit small = {40000, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	struct trace_event te = decoded(&e);
	const struct pcapng_opts opts = {.meta = meta};
	char *dir = files_begin();
	const char *path = files_path(dir, "full.pcapng");
	struct pcapng_file file;
	static char data[65536];
	struct sink *s;
	int ret = 0;
	FILE *f;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(sink_pcapng_open(&s, fopen(path, "w"), &opts), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(s->ops->header(s), 0);
	for (int i = 0; i < 1000 && !ret; i++)
		ret = s->ops->event(s, &te, 0);
	assert_int_equal(ret, -EFBIG);
	assert_int_equal(s->ops->close(s), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	f = fopen(path, "r");
	pcapng_read(&file, data, fread(data, 1, sizeof(data), f));
	fclose(f);
	assert_true(file.nr_packets > 100);
	pcapng_release(&file);
	files_end(dir);
}

/* A record that ends anywhere: the packets up to there. */
static void test_of_cut_record(void **state)
{
	struct trail_event events[32];
	size_t nr = test_events(events, 32), sz, last = 0;
	struct sink *record;
	char *data;

	assert_int_equal(sink_record_open(&record, open_memstream(&data, &sz), &meta, &test_names),
			 0);
	for (size_t i = 0; i < nr; i++) {
		struct trace_event te = decoded(&events[i]);

		assert_int_equal(record->ops->event(record, &te, 0), 0);
	}
	assert_int_equal(record->ops->close(record), 0);
	for (size_t cut = 500; cut < sz; cut += 97) {
		struct err err = ERR_INIT;
		struct record_meta read;
		struct trace_event te;
		struct written w;
		struct replay *r;
		uint64_t lost;
		int ret;

		assert_int_equal(replay_open(&r, fmemopen(data, cut, "r"), &read, &err), 0);
		begin_with(&w, &read, false);
		while ((ret = replay_next(r, &te, &lost, &err)) > 0)
			assert_true(w.sink->ops->event(w.sink, &te, 0) >= 0);
		assert_int_equal(ret, -EBADMSG);
		replay_close(r);
		end(&w);
		assert_true(w.file.nr_packets >= last);
		last = w.file.nr_packets;
		release(&w);
	}
	assert_true(last + 2 >= nr);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_ethernet),
		cmocka_unit_test(test_without_ethernet),
		cmocka_unit_test(test_bytes_lost),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_many_interfaces),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_once_two_packets),
		cmocka_unit_test(test_once_tracepoints),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_of_cut_record),
	};

	return cmocka_run_group_tests_name("files_pcapng", tests, NULL, NULL);
}
