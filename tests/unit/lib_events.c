// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_events.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/parts.h"

#define ARRAY_NR(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name, *module;
} funcs[FN_NR] = {
	[FN_IP_RCV] = {"ip_rcv", NULL},
	[FN_IP_LOCAL_OUT] = {"ip_local_out", NULL},
	[FN_NF_HOOK_SLOW] = {"nf_hook_slow", NULL},
	[FN_KFREE_SKB_REASON] = {"kfree_skb_reason", NULL},
	[FN_CONSUME_SKB] = {"consume_skb", NULL},
	[FN_KFREE_SKBMEM] = {"kfree_skbmem", NULL},
	[FN_NFT_DO_CHAIN] = {"nft_do_chain", "nf_tables"},
	[FN_UDP_SEND_SKB] = {"udp_send_skb.isra.0", NULL},
	[FN_HOSTILE] = {"a\"b\\c\033[31m\xff", "m\n"},
};

const char *const test_hostile_names[TEST_NR_HOSTILE] = {
	"</script><script>alert(1)</script>",
	"<!--<script>",
	"\"],x:[\"'`${alert(1)}\\",
	"]]>&lt;&quot;<img src=x onerror=alert(1)>",
	"a\nb\r\t\033[31m\x01",
	"\xff\xfe\xc3(\xe2\x82",
	"__proto__",
};

static struct name_at test_symbol(void *arg, uint64_t addr)
{
	uint64_t n = (addr - FN_ADDR(0)) / 0x1000;

	if (addr < FN_ADDR(0) || n >= FN_NR)
		return (struct name_at){0};
	return (struct name_at){funcs[n].name, funcs[n].module, addr % 0x1000};
}

static struct name_at test_source(void *arg, uint32_t source)
{
	static const struct name_at at[] = {{NULL},
					    {"kfree_skb"},
					    {"consume_skb"},
					    {"netif_receive_skb"},
					    {"from_netdev", "tc"},
					    {"firewall", "xdp"}};

	return source < ARRAY_NR(at) ? at[source] : at[0];
}

static const char *test_reason(void *arg, uint32_t reason)
{
	switch (reason) {
	case 0:
		return "SKB_NOT_DROPPED_YET";
	case 1:
		return "SKB_CONSUMED";
	case 6:
		return "SKB_DROP_REASON_NETFILTER_DROP";
	default:
		return NULL;
	}
}

static const char *test_netns(void *arg, uint32_t inode)
{
	switch (inode) {
	case 4026531840:
		return "blue-namespace";
	case 4026531841:
		return "a\033[31m\n\xff";
	default:
		return NULL;
	}
}

static size_t test_text(void *arg, enum names_text what, unsigned int nr, const void *data,
			size_t sz, char *buf, size_t buf_sz)
{
	uint64_t v = 0;

	memcpy(&v, data, sz < sizeof(v) ? sz : sizeof(v));
	if (what == TEXT_SKB_META)
		return snprintf(buf, buf_sz, "0x%llx", (unsigned long long)v);
	if (what == TEXT_XDP_META)
		return snprintf(buf, buf_sz, "(u32)%llu", (unsigned long long)v);
	if ((v & 0xff) == TEST_TEXT_NONE)
		return 0;
	if ((v & 0xff) == TEST_TEXT_HUGE) {
		memset(buf, 'x', buf_sz - 1);
		buf[buf_sz - 1] = '\0';
		return 1000000;
	}
	return snprintf(
		buf, buf_sz, "(struct %s){\n  .first = 0x%llx,\n  .size = %zu,\n    \t\033\xff\n}",
		what == TEXT_SKB ? "sk_buff" : "skb_shared_info", (unsigned long long)v, sz);
}

static int test_stack(void *arg, int64_t id, uint64_t *addrs, size_t max)
{
	static const uint64_t stack[] = {FN_ADDR(FN_NFT_DO_CHAIN) + 0x40,
					 FN_ADDR(FN_NF_HOOK_SLOW) + 0x8a,
					 FN_ADDR(FN_IP_RCV) + 0x123};

	assert(id >= 0); /* an error is no number of a stack */
	if (id != 7 || max < ARRAY_NR(stack))
		return -ENOENT;
	memcpy(addrs, stack, sizeof(stack));
	return ARRAY_NR(stack);
}

const struct names test_names = {
	.func = test_symbol,
	.symbol = test_symbol,
	.source = test_source,
	.reason = test_reason,
	.netns = test_netns,
	.text = test_text,
	.stack = test_stack,
};

size_t test_unhex(const char *hex, uint8_t *dst, size_t max)
{
	static const char digits[] = "0123456789abcdef";
	size_t nr = 0;

	for (; *hex; hex++) {
		const char *d = strchr(digits, *hex);

		if (!d)
			continue;
		if (nr / 2 >= max)
			break;
		dst[nr / 2] = (nr % 2 ? dst[nr / 2] : 0) << 4 | (d - digits);
		nr++;
	}
	return nr / 2;
}

static void set_packet(struct trail_event *e, uint16_t protocol, const char *hex)
{
	memset(e->hdr, 0, sizeof(e->hdr));
	e->protocol = protocol;
	e->hdr_len = test_unhex(hex, e->hdr, sizeof(e->hdr));
}

struct trail_event test_event(enum test_func fn, uint64_t skb, uint64_t ts)
{
	struct trail_event e = {
		.version = TRAIL_ABI_VERSION,
		.type = TRAIL_EVENT_SKB,
		.size = sizeof(e),
		.ts = ts,
		.skb = skb,
		.ip = FN_ADDR(fn) + 4,
		.cpu = 1,
		.tgid = 8102,
		.tid = 8103,
		.netns = 4026531840,
		.ifindex = 2,
		.mtu = 1500,
		.len = 60,
		.comm = "curl",
		.ifname = "eth0",
	};

	set_packet(&e, 0x0800,
		   "4500003c 00004000 40060000 0a000001 0a000002"
		   "1092 0050 00000001 00000000 a002 faf0 0000 0000");
	return e;
}

static void drop_events(struct trail_event *e, uint64_t skb)
{
	e[0] = test_event(FN_KFREE_SKB_REASON, skb, 1000015500);
	e[0].flags = TRAIL_F_REASON;
	e[0].reason = 6;
	e[0].caller = FN_ADDR(FN_NF_HOOK_SLOW) + 0x8a;
	e[1] = e[0]; /* a reason that has no name here, and a caller that has none */
	e[1].ts = 1000016000;
	e[1].reason = 77;
	e[1].caller = 0xffffffffc0001234;
	e[2] = e[0]; /* not a drop */
	e[2].ts = 1000017000;
	e[2].reason = 1;
	e[3] = e[0]; /* the tracepoint, its location in a module */
	e[3].ts = 1000018000;
	e[3].flags |= TRAIL_F_TRACEPOINT;
	e[3].ip = 0;
	e[3].source = 1;
	e[3].caller = FN_ADDR(FN_NFT_DO_CHAIN) + 0x40;
	e[4] = e[3];
	e[4].ts = 1000019000;
	e[4].flags = TRAIL_F_TRACEPOINT;
	e[4].source = 99;
	e[4].caller = 0;
}

static void packet_events(struct trail_event *e, uint64_t skb)
{
	for (int i = 0; i < 7; i++)
		e[i] = test_event(FN_IP_RCV, skb, 1000020000 + 1000 * i);
	set_packet(
		&e[0], 0x86dd,
		"60000000 0014 06 40 20010db8000000000000000000000001"
		"20010db8000000000000000000000002 1092 01bb 00000001 00000001 5012 0000 0000 0000");
	set_packet(&e[1], 0x0800,
		   "45000054 00004000 40010000 0a000001 0a000002 0800 0000 1234 0001");
	set_packet(&e[2], 0x0806,
		   "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002");
	set_packet(&e[3], 0x0800, "45000054 00000010 40110000 0a000001 0a000002 00000000 00000000");
	set_packet(&e[4], 0x88cc, "0207");
	e[4].ifname[0] = '\0';
	e[5].ifname[0] = '\0';
	e[5].ifindex = 0;
	e[5].flags = TRAIL_F_VLAN;
	e[5].vlan_tci = 0xa064;
	e[5].mark = 0xdeadbeef;
	set_packet(&e[6], 0, "");
	e[6].tgid = e[6].tid = 0;
	memcpy(e[6].comm, "swapper/0", 10);
}

size_t test_events(struct trail_event *events, size_t max)
{
	const uint64_t skb = 0xffff9f1d40b8ab00;
	struct trail_event *e = events;

	if (max < 20)
		return 0;
	*e++ = test_event(FN_IP_LOCAL_OUT, skb, 1000000000);
	*e = test_event(FN_IP_LOCAL_OUT, skb, 1000001250);
	e++->ip += 0x40; /* in the middle of it */
	*e++ = test_event(FN_NFT_DO_CHAIN, skb, 1000002250);
	*e = test_event(FN_IP_RCV, skb, 1000003000);
	e++->ip = 0xffffffffc0005678; /* nobody knows it */
	*e = test_event(FN_HOSTILE, skb, 1000004000);
	memcpy(e->comm, "a b\"\\\n\x80\xff\033[0m\0..", 15);
	memcpy(e++->ifname, "veth\t0123456789", 16);
	drop_events(e, skb);
	e += 5;
	packet_events(e, skb + 0x100);
	e += 7;
	return e - events;
}

/* ---- parts ---- */

struct trail_part test_part(const struct trail_event *e, enum trail_part_kind kind, uint16_t off,
			    const void *data, size_t sz)
{
	struct trail_part part = {
		.version = TRAIL_ABI_VERSION,
		.type = TRAIL_EVENT_PART,
		.size = offsetof(struct trail_part, data) + sz,
		.ts = e->ts,
		.skb = e->skb,
		.cpu = e->cpu,
		.kind = kind,
		.off = off,
	};

	assert(sz <= sizeof(part.data));
	memcpy(part.data, data, sz);
	return part;
}

struct list {
	struct test_sample *at;
	size_t nr;
};

static void add_event(struct list *l, const struct trail_event *e)
{
	assert(l->nr < TEST_SAMPLES_MAX);
	l->at[l->nr++].event = *e;
}

/* As many parts as it takes. */
static void add_part(struct list *l, const struct trail_event *e, enum trail_part_kind kind,
		     const void *data, size_t sz)
{
	for (size_t off = 0, n; off < sz; off += n) {
		n = sz - off < TRAIL_PART_SZ ? sz - off : TRAIL_PART_SZ;
		assert(l->nr < TEST_SAMPLES_MAX);
		l->at[l->nr++].part = test_part(e, kind, off, (const uint8_t *)data + off, n);
	}
}

static void add_stack(struct list *l, const struct trail_event *e, size_t nr)
{
	uint64_t addrs[TRAIL_MAX_STACK] = {0};

	for (size_t i = 0; i < nr; i++)
		addrs[i] = FN_ADDR(i % FN_NR) + 0x10 * i + 1;
	if (nr > 2)
		addrs[2] = 0xffffffffc0009999; /* nobody knows it */
	add_part(l, e, TRAIL_PART_STACK, addrs, (nr + 1) * sizeof(addrs[0]));
}

static void add_structs(struct list *l, const struct trail_event *e, uint8_t first)
{
	uint8_t bytes[320], cb[48];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = first + i;
	for (size_t i = 0; i < sizeof(cb); i++)
		cb[i] = i < 8 ? 0 : 0xa0 + i;
	add_part(l, e, TRAIL_PART_CB, cb, sizeof(cb));
	add_part(l, e, TRAIL_PART_SKB, bytes, 232);
	add_part(l, e, TRAIL_PART_SHARED_INFO, bytes, sizeof(bytes));
}

static void add_tunnel(struct list *l, const struct trail_event *e, uint16_t protocol,
		       const char *hex, uint32_t vni)
{
	struct trail_tunnel t = {.protocol = protocol, .vni = vni};

	t.hdr_len = test_unhex(hex, t.hdr, sizeof(t.hdr));
	add_part(l, e, TRAIL_PART_TUNNEL, &t, sizeof(t));
}

static void add_meta(struct list *l, const struct trail_event *e, size_t nr)
{
	const uint64_t values[] = {0x1234, 1500};

	add_part(l, e, TRAIL_PART_META, values, nr * sizeof(values[0]));
}

static void add_map(struct list *l, const struct trail_event *e, const char *name, uint32_t key_sz,
		    uint32_t value_sz)
{
	struct trail_map m = {
		.id = 12, .key_size = key_sz, .value_size = value_sz, .has_value = value_sz != 0};

	memcpy(m.name, name, strnlen(name, sizeof(m.name)));
	for (size_t i = 0; i < sizeof(m.key) && i < key_sz; i++)
		m.key[i] = i;
	for (size_t i = 0; i < sizeof(m.value) && i < value_sz; i++)
		m.value[i] = 0xf0 - i;
	add_part(l, e, TRAIL_PART_MAP, &m, sizeof(m));
}

#define INNER_TCP                                                                                  \
	"45000034 00000000 40060000 c0a80001 c0a80002 d431 01bb 00000001 00000001 5018 0000 "      \
	"0000 0000"
#define INNER_UDP6                                                                                 \
	"60000000 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 "   \
	"0035 1092 0008 0000"

/* Whole ones. */
static void skb_samples(struct list *l, uint64_t skb)
{
	struct trail_event e = test_event(FN_IP_RCV, skb, 2000000000);

	e.caller = FN_ADDR(FN_NF_HOOK_SLOW) + 0x8a;
	add_stack(l, &e, 4);
	add_structs(l, &e, 1);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0x0800, INNER_TCP, 42);
	add_event(l, &e);

	e = test_event(FN_KFREE_SKB_REASON, skb, 2000001000); /* its stack in a map */
	e.flags = TRAIL_F_REASON;
	e.reason = 6;
	e.caller = FN_ADDR(FN_NFT_DO_CHAIN) + 0x40;
	e.netns = 4026531841;
	add_part(l, &e, TRAIL_PART_STACK_ID, &(int64_t){7}, sizeof(int64_t));
	add_structs(l, &e, TEST_TEXT_NONE);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0x86dd, INNER_UDP6, 0);
	add_event(l, &e);

	e = test_event(FN_IP_LOCAL_OUT, skb, 2000002000); /* all the addresses there may be */
	e.netns = 4026539999;
	add_stack(l, &e, TRAIL_MAX_STACK - 1);
	add_structs(l, &e, 2);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0, "", 0); /* none */
	add_event(l, &e);
}

static void lost_samples(struct list *l, uint64_t skb)
{
	struct trail_event e = test_event(FN_IP_RCV, skb, 2000010000);
	uint64_t addrs[26];

	add_event(l, &e); /* nothing came */

	e.ts += 1000;
	e.flags = TRAIL_F_PARTS_LOST;
	for (size_t i = 0; i < ARRAY_NR(addrs); i++)
		addrs[i] = FN_ADDR(FN_IP_RCV) + i + 1;
	add_part(l, &e, TRAIL_PART_STACK, addrs, sizeof(addrs)); /* no 0: more was to come */
	add_structs(l, &e, 3);
	add_meta(l, &e, 1); /* one value of two */
	add_event(l, &e);

	e.ts += 1000; /* only what not every event has can be lost */
	add_stack(l, &e, 1);
	add_structs(l, &e, 3);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0, "", 0);
	add_event(l, &e);

	e.ts += 1000;
	e.flags = 0;
	add_part(l, &e, TRAIL_PART_STACK_ID, &(int64_t){-EEXIST}, sizeof(int64_t));
	add_structs(l, &e, 4);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0x8847, "00001140 4500", 7); /* MPLS */
	add_event(l, &e);
}

static void by_stack_samples(struct list *l, uint64_t skb)
{
	struct trail_event e = test_event(FN_NFT_DO_CHAIN, skb, 2000020000);

	e.flags = TRAIL_F_BY_STACK;
	add_stack(l, &e, 2);
	add_structs(l, &e, 5);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0, "", 0);
	add_map(l, &e, "routes", 8, 4);
	add_event(l, &e);

	e.ts += 1000;
	add_stack(l, &e, 1);
	add_structs(l, &e, 5);
	add_meta(l, &e, 2);
	add_tunnel(l, &e, 0, "", 0);
	add_map(l, &e, "a\"\033[31m\xff 0123456789", 200, 300);
	add_event(l, &e);

	e = test_event(FN_CONSUME_SKB, skb, 2000022000);
	e.flags = TRAIL_F_BY_STACK | TRAIL_F_SKB_GONE;
	e.netns = e.ifindex = e.mtu = e.len = e.protocol = e.hdr_len = 0;
	e.ifname[0] = '\0';
	memset(e.hdr, 0, sizeof(e.hdr));
	add_stack(l, &e, 2);
	add_map(l, &e, "queue", 0, 0);
	add_event(l, &e);
}

/* Of 400 bytes 300, behind an Ethernet header. */
static void add_packet(struct list *l, const struct trail_event *e)
{
	struct {
		struct trail_packet head;
		uint8_t bytes[300];
	} packet = {{400, 300, 14, 0x88a8}, {0}};

	test_unhex("020000000001 020000000002 0800", packet.bytes, 14);
	memcpy(packet.bytes + 14, e->hdr, e->hdr_len);
	add_part(l, e, TRAIL_PART_PACKET, &packet, sizeof(packet));
}

static void prog_samples(struct list *l, uint64_t skb)
{
	static const struct {
		enum trail_event_type type;
		uint32_t source;
		int verdict; /* -2: entry */
	} progs[] = {
		{TRAIL_EVENT_SKB, 4, -2}, {TRAIL_EVENT_SKB, 4, 2},   {TRAIL_EVENT_SKB, 4, -1},
		{TRAIL_EVENT_XDP, 5, -2}, {TRAIL_EVENT_XDP, 5, 1},   {TRAIL_EVENT_XDP, 5, -2},
		{TRAIL_EVENT_XDP, 5, 2},  {TRAIL_EVENT_XDP, 99, -7},
	};

	for (size_t i = 0; i < ARRAY_NR(progs); i++) {
		bool is_xdp = progs[i].type == TRAIL_EVENT_XDP;
		struct trail_event e = test_event(0, skb, 2000030000 + 1000 * i);

		e.type = progs[i].type;
		e.skb += is_xdp ? 0x100000 : 0;
		e.flags = TRAIL_F_PROG | (progs[i].verdict != -2 ? TRAIL_F_VERDICT : 0);
		e.reason = progs[i].verdict != -2 ? progs[i].verdict : 0;
		e.source = progs[i].source;
		e.ip = 0;
		add_stack(l, &e, 1);
		if (!is_xdp) {
			add_structs(l, &e, 6);
			add_tunnel(l, &e, 0, "", 0);
		}
		add_meta(l, &e, is_xdp ? 1 : 2);
		if (i > 1)
			add_packet(l, &e);
		add_event(l, &e);
	}
}

size_t test_samples(struct test_sample *samples)
{
	const uint64_t skb = 0xffff9f1d40b8ad00;
	struct list l = {samples, 0};

	skb_samples(&l, skb);
	lost_samples(&l, skb + 0x100);
	by_stack_samples(&l, skb + 0x200);
	prog_samples(&l, skb + 0x300);
	return l.nr;
}

static const char *const skb_meta[] = {"skb->mark", "skb->dev->mtu"};
static const char *const xdp_meta[] = {"xdp->rxq->queue_index"};

const struct output_fields test_shown_all = {
	.meta = true,
	.tuple = true,
	.tcp_flags = true,
	.caller = true,
	.stack = true,
	.tunnel = true,
	.skb = true,
	.shared_info = true,
	.cb = true,
	.bpfmap = true,
	.netns_names = true,
	.skb_meta = skb_meta,
	.nr_skb_meta = ARRAY_NR(skb_meta),
	.xdp_meta = xdp_meta,
	.nr_xdp_meta = ARRAY_NR(xdp_meta),
};

void test_print_samples(struct sink *s, const struct test_sample *samples, size_t nr)
{
	struct parts_pool *pool;
	struct trace_event te;

	if (parts_pool_open(&pool))
		abort();
	for (size_t i = 0; i < nr; i++) {
		const struct test_sample *m = &samples[i];

		if (parts_is_part(m, m->event.size)) {
			if (parts_add(pool, m, m->event.size))
				abort();
			continue;
		}
		if (trace_event_decode(&te, m, m->event.size, &test_names))
			abort();
		parts_join(pool, &te, &test_names);
		s->ops->event(s, &te, 0);
	}
	parts_pool_free(pool);
}
