// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/parts.h"
#include "tests/unit/lib_events.h"

#define HEAD_SZ	 offsetof(struct trail_part, data)
#define HAS(...) has_bits((const int[]){__VA_ARGS__, 0})

static uint32_t has_bits(const int *kinds)
{
	uint32_t bits = 0;

	for (; *kinds; kinds++)
		bits |= PART_BIT(*kinds);
	return bits;
}

static int setup(void **state)
{
	struct parts_pool *pool;

	if (parts_pool_open(&pool))
		return -1;
	*state = pool;
	return 0;
}

static int teardown(void **state)
{
	parts_pool_free(*state);
	return 0;
}

static void add(struct parts_pool *pool, const struct trail_event *e, enum trail_part_kind kind,
		uint16_t off, const void *data, size_t sz)
{
	struct trail_part part = test_part(e, kind, off, data, sz);

	assert_true(parts_is_part(&part, part.size));
	assert_int_equal(parts_add(pool, &part, part.size), 0);
}

static const struct trace_parts *join(struct parts_pool *pool, const struct trail_event *e)
{
	static struct trace_event te;

	assert_int_equal(trace_event_decode(&te, e, sizeof(*e), &test_names), 0);
	parts_join(pool, &te, &test_names);
	return te.parts;
}

static uint32_t lost(const struct trace_parts *p, uint16_t flags, const struct output_fields *shown)
{
	struct trace_event te = {.raw.type = TRAIL_EVENT_SKB, .raw.flags = flags, .parts = p};

	return parts_lost(&te, shown);
}

/* A META part tells whose it is. */
static void add_mark(struct parts_pool *pool, const struct trail_event *e, uint64_t mark)
{
	add(pool, e, TRAIL_PART_META, 0, &mark, sizeof(mark));
}

static void assert_mark(const struct trace_parts *p, const char *mark)
{
	assert_non_null(p);
	assert_int_equal(p->has, HAS(TRAIL_PART_META));
	assert_int_equal(p->nr_meta, 1);
	assert_string_equal(p->meta[0], mark);
}

static void test_every_kind(void **state)
{
	static struct test_sample samples[TEST_SAMPLES_MAX];
	const struct trace_parts *p = NULL;
	size_t i = 0;

	test_samples(samples);
	for (; parts_is_part(&samples[i], sizeof(samples[i])); i++)
		assert_int_equal(parts_add(*state, &samples[i], samples[i].part.size), 0);
	p = join(*state, &samples[i].event);
	assert_non_null(p);
	assert_int_equal(p->has, HAS(TRAIL_PART_STACK, TRAIL_PART_SKB, TRAIL_PART_SHARED_INFO,
				     TRAIL_PART_CB, TRAIL_PART_META, TRAIL_PART_TUNNEL));
	assert_int_equal(p->cut, 0);
	assert_int_equal(p->nr_parts, i);
	/* Where the caller is still in a register, it is added. */
	assert_int_equal(p->nr_frames, 5);
	assert_string_equal(p->stack[1].at.name, "nf_hook_slow");
	assert_int_equal(p->stack[1].at.off, 0x8a);
	assert_string_equal(p->stack[2].at.name, "ip_local_out");
	assert_int_equal(p->stack[2].at.off, 0x11);
	assert_null(p->stack[3].at.name);
	assert_non_null(strstr(p->skb, ".size = 232"));
	assert_non_null(strstr(p->shared_info, ".size = 320"));
	assert_int_equal(p->cb[47], 0xa0 + 47);
	assert_string_equal(p->meta[1], "0x5dc");
	assert_int_equal(p->tunnel.vni, 42);
	assert_int_equal(p->inner.dport, 443);
	assert_int_equal(lost(p, 0, &test_shown_all), 0);
	/* Once joined it is over. */
	assert_null(join(*state, &samples[i].event));
}

static void test_none(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	const struct output_fields stack = {.stack = true};

	assert_null(join(*state, &e));
	assert_int_equal(lost(NULL, 0, &stack), HAS(TRAIL_PART_STACK));
	assert_int_equal(lost(NULL, 0, &(struct output_fields){.meta = true}), 0);
}

/* An interrupt, another CPU, another skb at the same moment: all their parts mixed. */
static void test_interleaved(void **state)
{
	struct trail_event e[4];

	for (int i = 0; i < 4; i++)
		e[i] = test_event(FN_IP_RCV, 0x100, 10);
	e[1].ts = 11;
	e[2].cpu = 7;
	e[3].skb = 0x200;
	for (int i = 0; i < 4; i++)
		add(*state, &e[i], TRAIL_PART_SKB, 0, "abcdefg", 8);
	for (int i = 3; i >= 0; i--)
		add_mark(*state, &e[i], i + 1);
	/* The interrupt's event first, then that of what it interrupted. */
	for (int i = 3; i >= 0; i--) {
		const struct trace_parts *p = join(*state, &e[i]);
		char mark[] = {'0', 'x', '1' + i, 0};

		assert_non_null(p);
		assert_int_equal(p->nr_parts, 2);
		assert_string_equal(p->meta[0], mark);
		assert_int_equal(p->has, HAS(TRAIL_PART_META, TRAIL_PART_SKB));
	}
}

/* Parts whose event was lost take no place for ever, and are nobody else's. */
static void test_lost_events(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 0x100, 1), waiting = e;

	waiting.cpu = 3;
	for (int i = 0; i < 10000; i++) {
		e.ts++;
		add_mark(*state, &e, i);
		if (i == 9990)
			add_mark(*state, &waiting, 0x77);
	}
	assert_mark(join(*state, &waiting), "0x77");
	assert_mark(join(*state, &e), "0x270f");
	e.ts++;
	assert_null(join(*state, &e));
	e.ts = 3;
	assert_null(join(*state, &e)); /* long gone */
}

/* A clock that stands still: the second event must not get what the first left. */
static void test_same_key_again(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	uint8_t bytes[TRAIL_PART_SZ] = {1}, more[TRAIL_PART_SZ] = {2};
	const struct trace_parts *p;

	add(*state, &e, TRAIL_PART_SKB, 0, bytes, sizeof(bytes));
	add(*state, &e, TRAIL_PART_SKB, sizeof(bytes), bytes, 24);
	add(*state, &e, TRAIL_PART_SKB, 0, more, 16);
	p = join(*state, &e);
	assert_non_null(strstr(p->skb, ".first = 0x2,"));
	assert_non_null(strstr(p->skb, ".size = 16,"));
}

static void test_lost_parts(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	const struct output_fields shown = {.skb = true, .stack = true};
	const uint8_t bytes[TRAIL_PART_SZ] = {1};
	const struct trace_parts *p;
	uint64_t addrs[26];

	/* The first of three: nothing is certain about the others' place. */
	add(*state, &e, TRAIL_PART_SKB, 208, bytes, 208);
	add(*state, &e, TRAIL_PART_SKB, 416, bytes, 24);
	p = join(*state, &e);
	assert_int_equal(p->has, 0);
	assert_int_equal(lost(p, 0, &shown), HAS(TRAIL_PART_SKB, TRAIL_PART_STACK));

	/* The second: what is before it stays. */
	add(*state, &e, TRAIL_PART_SKB, 0, bytes, 208);
	add(*state, &e, TRAIL_PART_SKB, 416, bytes, 24);
	p = join(*state, &e);
	assert_int_equal(p->cut, HAS(TRAIL_PART_SKB));
	assert_non_null(strstr(p->skb, ".size = 208,"));
	assert_int_equal(lost(p, 0, &shown), HAS(TRAIL_PART_SKB, TRAIL_PART_STACK));

	/* The last, which only the program can tell. */
	struct trail_event told = e;

	told.flags = TRAIL_F_PARTS_LOST;
	add(*state, &e, TRAIL_PART_SKB, 0, bytes, 208);
	p = join(*state, &told);
	assert_int_equal(p->cut, HAS(TRAIL_PART_SKB));
	add(*state, &e, TRAIL_PART_SKB, 0, bytes, 207);
	assert_int_equal(join(*state, &told)->cut, 0);

	/* Of a stack the end is a 0, or the last there is room for. */
	for (int i = 0; i < 26; i++)
		addrs[i] = FN_ADDR(0) + i;
	add(*state, &e, TRAIL_PART_STACK, 0, addrs, sizeof(addrs));
	p = join(*state, &e);
	assert_int_equal(p->nr_frames, 26);
	assert_int_equal(p->cut, HAS(TRAIL_PART_STACK));
	add(*state, &e, TRAIL_PART_STACK, 0, addrs, sizeof(addrs));
	add(*state, &e, TRAIL_PART_STACK, 208, addrs, sizeof(addrs));
	p = join(*state, &e);
	assert_int_equal(p->nr_frames, TRAIL_MAX_STACK);
	assert_int_equal(p->cut, 0);
	addrs[3] = 0;
	add(*state, &e, TRAIL_PART_STACK, 0, addrs, sizeof(addrs));
	add(*state, &e, TRAIL_PART_STACK, 208, addrs, sizeof(addrs));
	p = join(*state, &e);
	assert_int_equal(p->nr_frames, 3);
	assert_int_equal(p->cut, 0);
}

static void test_stack_id(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	const int64_t ids[] = {7, 8, -EEXIST, INT64_MIN, INT64_MAX};
	const struct trace_parts *p;

	for (size_t i = 0; i < 5; i++) {
		add(*state, &e, TRAIL_PART_STACK_ID, 0, &ids[i], sizeof(ids[i]));
		p = join(*state, &e);
		assert_int_equal(p->has, i ? 0 : HAS(TRAIL_PART_STACK));
		assert_int_equal(lost(p, 0, &(struct output_fields){.stack = true}),
				 i ? HAS(TRAIL_PART_STACK) : 0);
		if (!i)
			assert_string_equal(p->stack[0].at.module, "nf_tables");
	}
	add(*state, &e, TRAIL_PART_STACK_ID, 0, &ids[0], 4); /* half of it */
	assert_int_equal(join(*state, &e)->has, 0);
}

static const char *const way[] = {
	"bpf_prog_6009d26da0833ba0_skbtrail",
	"bpf_trace_run1",
	"__traceiter_net_dev_queue",
	"__dev_queue_xmit",
	"bpf_trace_run2",
	"bpf_trampoline_42",
	"ip_output",
};

static struct name_at way_symbol(void *arg, uint64_t addr)
{
	return (struct name_at){.name = addr <= 7 ? way[addr - 1] : NULL};
}

/* The first frame of an event with these flags and frames, numbers of way[] from 1 on. */
static const char *first_frame(struct parts_pool *pool, uint16_t flags, const uint64_t *frames,
			       size_t nr)
{
	const struct names names = {way_symbol, way_symbol, test_names.source, test_names.reason};
	struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	struct trace_event te;

	e.flags = flags;
	e.ip = 1;
	add(pool, &e, TRAIL_PART_STACK, 0, frames, nr * sizeof(frames[0]));
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &names), 0);
	parts_join(pool, &te, &names);
	return te.parts->nr_frames ? te.parts->stack[0].at.name : "none";
}

/* Our own program is no caller of what it was attached to. */
static void test_way_to_us(void **state)
{
	const uint64_t raw_tp[] = {1, 2, 3, 4, 7, 0}, no_names[] = {99, 2, 3, 4, 0};
	const uint64_t entry[] = {1, 6, 7, 0}, late[] = {4, 7, 7, 7, 7, 6, 7, 0}, all[] = {2, 3, 0};

	assert_string_equal(first_frame(*state, TRAIL_F_TRACEPOINT, raw_tp, 6), "__dev_queue_xmit");
	assert_string_equal(first_frame(*state, TRAIL_F_TRACEPOINT, no_names, 5), way[3]);
	assert_string_equal(first_frame(*state, TRAIL_F_PROG, entry, 4), "ip_output");
	assert_string_equal(first_frame(*state, TRAIL_F_PROG, late, 8), way[3]);
	assert_string_equal(first_frame(*state, TRAIL_F_PROG, all, 3), "none");
	assert_string_equal(first_frame(*state, 0, raw_tp, 6), way[0]);
}

static void test_what_is_expected(void **state)
{
	const struct output_fields all = test_shown_all;
	struct trace_event te = {.raw.type = TRAIL_EVENT_SKB};

	assert_int_equal(parts_lost(&te, &all),
			 HAS(TRAIL_PART_STACK, TRAIL_PART_SKB, TRAIL_PART_SHARED_INFO,
			     TRAIL_PART_CB, TRAIL_PART_META, TRAIL_PART_TUNNEL));
	te.raw.type = TRAIL_EVENT_XDP;
	assert_int_equal(parts_lost(&te, &all), HAS(TRAIL_PART_STACK, TRAIL_PART_META));
	te.raw.type = TRAIL_EVENT_SKB;
	te.raw.flags = TRAIL_F_BY_STACK | TRAIL_F_SKB_GONE;
	assert_int_equal(parts_lost(&te, &all), HAS(TRAIL_PART_STACK));
	te.raw.flags = TRAIL_F_PARTS_LOST;
	assert_int_equal(parts_lost(&te, &(struct output_fields){.bpfmap = true, .tunnel = true}),
			 HAS(TRAIL_PART_TUNNEL));
	assert_int_equal(parts_lost(&te, &(struct output_fields){.bpfmap = true}),
			 HAS(TRAIL_PART_MAP));
	te.raw.flags = 0;
	assert_int_equal(parts_lost(&te, &(struct output_fields){.bpfmap = true}), 0);
}

/* The bytes that fill up the last part are not the packet's; those of a lost part are missing. */
static void test_packets(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	struct {
		struct trail_packet head;
		uint8_t bytes[3 * TRAIL_PART_SZ];
	} t = {{.len = 1000, .nr_bytes = 2 * TRAIL_PART_SZ}, {0}};
	const uint8_t *bytes = (const uint8_t *)&t;
	const struct trace_parts *p;

	for (size_t i = 0; i < sizeof(t.bytes); i++)
		t.bytes[i] = i * 3;
	for (int lost = 0; lost < 4; lost++) {
		size_t nr = lost == 1	? 0
			    : lost == 0 ? 2 * TRAIL_PART_SZ
					: (lost - 1) * TRAIL_PART_SZ - sizeof(t.head);

		for (int i = 0; i < 3; i++)
			if (i + 1 != lost)
				add(*state, &e, TRAIL_PART_PACKET, i * TRAIL_PART_SZ,
				    bytes + i * TRAIL_PART_SZ, TRAIL_PART_SZ);
		p = join(*state, &e);
		if (lost == 1) {
			assert_int_equal(p->has, 0);
			assert_null(p->packet);
			continue;
		}
		assert_int_equal(p->has, HAS(TRAIL_PART_PACKET));
		assert_int_equal(p->cut, lost ? HAS(TRAIL_PART_PACKET) : 0);
		assert_int_equal(p->packet->len, 1000);
		assert_int_equal(p->packet->nr_bytes, nr);
		assert_memory_equal(p->packet + 1, t.bytes, nr);
	}
	/* fragments follow, unless something before them is missing */
	t.head.nr_bytes = 20;
	add(*state, &e, TRAIL_PART_PACKET, 0, &t, TRAIL_PART_SZ);
	add(*state, &e, TRAIL_PART_FRAGS, 0, "first", 5);
	add(*state, &e, TRAIL_PART_FRAGS, 5, "second", 6);
	add(*state, &e, TRAIL_PART_FRAGS, 12, "third", 5); /* a part before it was lost */
	p = join(*state, &e);
	assert_int_equal(p->has, HAS(TRAIL_PART_PACKET));
	assert_int_equal(p->packet->nr_bytes, 20 + 11);
	assert_memory_equal(p->packet + 1, t.bytes, 20);
	assert_memory_equal((const uint8_t *)(p->packet + 1) + 20, "firstsecond", 11);
	t.head.nr_bytes = TRAIL_PART_SZ;
	add(*state, &e, TRAIL_PART_PACKET, 0, &t, TRAIL_PART_SZ);
	add(*state, &e, TRAIL_PART_FRAGS, 0, "first", 5);
	p = join(*state, &e);
	assert_int_equal(p->cut, HAS(TRAIL_PART_PACKET));
	assert_int_equal(p->packet->nr_bytes, TRAIL_PART_SZ - sizeof(t.head));

	add(*state, &e, TRAIL_PART_PACKET, 0, &t, sizeof(t.head) - 1);
	assert_int_equal(join(*state, &e)->has, 0);
	add(*state, &e, TRAIL_PART_PACKET, 0, &t, sizeof(t.head));
	assert_int_equal(join(*state, &e)->packet->nr_bytes, 0);
}

static void test_odd_sizes(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	struct trail_tunnel t = {.protocol = 0x0800, .hdr_len = 65535, .hdr = {0x45}};
	struct trail_map m = {.key_size = UINT32_MAX, .value_size = UINT32_MAX, .has_value = 1};
	const struct trace_parts *p;

	memset(m.name, 'n', sizeof(m.name));
	add(*state, &e, TRAIL_PART_CB, 0, "short", 5);
	add(*state, &e, TRAIL_PART_MAP, 0, &m, sizeof(m) - 1);
	add(*state, &e, TRAIL_PART_TUNNEL, 0, &t, 7);
	add(*state, &e, TRAIL_PART_META, 0, &t, 15); /* one and most of another */
	p = join(*state, &e);
	assert_int_equal(p->has, HAS(TRAIL_PART_META));
	assert_int_equal(p->nr_meta, 1);

	add(*state, &e, TRAIL_PART_MAP, 0, &m, sizeof(m));
	add(*state, &e, TRAIL_PART_TUNNEL, 0, &t, 8 + 40);
	p = join(*state, &e);
	assert_int_equal(p->has, HAS(TRAIL_PART_MAP, TRAIL_PART_TUNNEL));
	assert_int_equal(strlen(p->map.name), TRAIL_NAME_SZ - 1);
	assert_int_equal(p->tunnel.hdr_len, 40);

	add(*state, &e, TRAIL_PART_CB, 0, "", 0); /* nothing at all */
	assert_int_equal(join(*state, &e)->has, 0);
}

static void reject(struct parts_pool *pool, struct trail_part part)
{
	const struct trail_event e = test_event(FN_IP_RCV, part.skb, part.ts);

	assert_int_equal(parts_add(pool, &part, sizeof(part)), -EINVAL);
	assert_null(join(pool, &e));
}

static void test_rejects(void **state)
{
	const struct trail_event e = test_event(FN_IP_RCV, 0x100, 1);
	const uint8_t bytes[TRAIL_PART_SZ] = {0};
	const struct trail_part good = test_part(&e, TRAIL_PART_SKB, 0, bytes, sizeof(bytes));
	struct trail_part p = good;

	for (size_t sz = 0; sz < sizeof(good); sz++)
		assert_int_equal(parts_add(*state, &good, sz), -EINVAL);
	assert_false(parts_is_part(&good, 3));
	p.type = TRAIL_EVENT_XDP;
	assert_false(parts_is_part(&p, sizeof(p)));

	p = good;
	p.version++;
	reject(*state, p);
	p = good;
	p.size = HEAD_SZ - 1;
	reject(*state, p);
	p.size = sizeof(good) + 1;
	reject(*state, p);
	p.size = UINT16_MAX;
	reject(*state, p);
	p = good;
	p.kind = 0;
	reject(*state, p);
	p.kind = TRAIL_PART_CT + 1;
	reject(*state, p);
	p.kind = UINT16_MAX;
	reject(*state, p);
	p = good;
	p.off = PARTS_STRUCT_SZ - TRAIL_PART_SZ + 1;
	reject(*state, p);
	p.off = UINT16_MAX;
	reject(*state, p);
	p = good;
	p.kind = TRAIL_PART_CB; /* 208 bytes of 48 */
	reject(*state, p);
	p.kind = TRAIL_PART_STACK_ID;
	reject(*state, p);
	assert_int_equal(parts_add(*state, &good, sizeof(good)), 0);
}

static void note_entry(void *arg, struct conntrack *ct, const struct trail_ct *head,
		       const uint8_t *bytes, size_t nr, const struct trace_event *te)
{
	*ct = (struct conntrack){.addr = head->nfct,
				 .left = nr,
				 .status = nr ? bytes[nr - 1] : 0,
				 .mark = te->raw.mark};
}

/* An entry is decoded if all of its bytes have arrived, or if there is none. */
static void test_conntrack(void **state)
{
	const struct output_fields shown = {.conntrack = true};
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	uint8_t bytes[2 * TRAIL_PART_SZ] = {[2 * TRAIL_PART_SZ - 1] = 7};
	struct names names = test_names;
	struct trail_ct none = {0};
	struct trace_event te;

	names.conntrack = note_entry;
	e.mark = 99;
	memcpy(bytes, &(struct trail_ct){.nfct = 0xffff888000000102}, sizeof(struct trail_ct));
	for (int i = 0; i < 3; i++) {
		if (i == 2)
			add(*state, &e, TRAIL_PART_CT, 0, &none, sizeof(none));
		else
			add(*state, &e, TRAIL_PART_CT, 0, bytes, TRAIL_PART_SZ);
		if (i == 0)
			add(*state, &e, TRAIL_PART_CT, TRAIL_PART_SZ, bytes + TRAIL_PART_SZ,
			    TRAIL_PART_SZ);
		assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &names), 0);
		parts_join(*state, &te, &names);
		assert_non_null(te.parts);
		if (i == 1) { /* the second part is lost */
			assert_null(parts_conntrack(*state, &te));
			assert_int_equal(parts_lost(&te, &shown), HAS(TRAIL_PART_CT));
			continue;
		}
		assert_int_equal(te.parts->has, HAS(TRAIL_PART_CT));
		assert_ptr_equal(parts_conntrack(*state, &te), &te.parts->ct);
		assert_int_equal(parts_lost(&te, &shown), 0);
		assert_int_equal(te.parts->ct.mark, 99);
		assert_int_equal(te.parts->ct.left, i == 0 ? TRAIL_CT_SZ : 0);
		assert_int_equal(te.parts->ct.status, i == 0 ? 7 : 0);
	}
}

/* Any bytes: no error but -EINVAL, nothing that the sinks could not print. */
static void test_random(void **state)
{
	const struct sink_opts opts = {.shown = test_shown_all};
	const struct record_meta meta = {.shown = test_shown_all};
	FILE *null[3];
	struct sink *s[3];

	for (int i = 0; i < 3; i++)
		null[i] = fopen("/dev/null", "w");
	assert_int_equal(sink_text_open(&s[0], null[0], &opts), 0);
	assert_int_equal(sink_json_open(&s[1], null[1], &opts), 0);
	assert_int_equal(sink_record_open(&s[2], null[2], &meta, &test_names), 0);
	srand(3);
	for (int round = 0; round < 20000; round++) {
		struct trail_event e = test_event(rand() % FN_NR, rand() % 3, rand() % 3);
		struct trace_event te;
		uint8_t bytes[TRAIL_PART_SZ];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = rand() % 3 ? rand() : rand() % 2 ? 0xff : 0;
		for (int n = rand() % 8; n > 0; n--) {
			struct trail_part p =
				test_part(&e, rand() % 10, rand() % 2 ? 0 : rand() % 1200, bytes,
					  rand() % (TRAIL_PART_SZ + 1));
			int ret;

			if (rand() % 50 == 0)
				((uint8_t *)&p)[rand() % HEAD_SZ] = rand();
			ret = parts_add(*state, &p, sizeof(p));
			assert_true(ret == 0 || ret == -EINVAL);
		}
		e.flags = rand();
		e.type = rand() % 2 ? TRAIL_EVENT_SKB : TRAIL_EVENT_XDP;
		assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
		parts_join(*state, &te, &test_names);
		for (int i = 0; i < 3; i++)
			assert_int_equal(s[i]->ops->event(s[i], &te, 0), 0);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(s[i]->ops->close(s[i]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_kind),	TEST(test_none),	   TEST(test_interleaved),
		TEST(test_lost_events), TEST(test_same_key_again), TEST(test_lost_parts),
		TEST(test_stack_id),	TEST(test_way_to_us),	   TEST(test_what_is_expected),
		TEST(test_packets),	TEST(test_odd_sizes),	   TEST(test_rejects),
		TEST(test_random),	TEST(test_conntrack),
	};

	return cmocka_run_group_tests_name("output_parts", tests, NULL, NULL);
}
