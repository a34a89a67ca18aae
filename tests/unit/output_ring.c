// SPDX-License-Identifier: GPL-2.0-only
/* The consumers over memory that plays the kernel; and, where allowed, over the kernel's own rings.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include <cmocka.h>

#include "base/insn.h"
#include "kern/bpf.h"
#include "kern/cpus.h"
#include "kern/features.h"
#include "output/ring/private.h"

struct sample {
	uint64_t id, ts;
};

struct seen {
	struct sample at[1000];
	size_t sz[1000];
	uint64_t lost_before[1000];
	size_t nr;
	uint64_t lost;
};

static void see(void *arg, const void *data, size_t sz, uint64_t lost)
{
	struct seen *s = arg;

	s->lost += lost;
	if (!data)
		return;
	assert_true(s->nr < 1000);
	memset(&s->at[s->nr], 0, sizeof(s->at[0]));
	memcpy(&s->at[s->nr], data, sz < sizeof(s->at[0]) ? sz : sizeof(s->at[0]));
	s->lost_before[s->nr] = lost;
	s->sz[s->nr++] = sz;
}

/* ---- a BPF ring buffer of 4096 bytes ---- */

struct fake_ringbuf {
	uint64_t consumer, producer;
	uint64_t data[1024]; /* twice the ring */
	size_t nr_moves;
	struct ringbuf buf;
};

static struct fake_ringbuf *fake_ringbuf(uint64_t start)
{
	struct fake_ringbuf *f = calloc(1, sizeof(*f));

	f->consumer = f->producer = start;
	f->buf = (struct ringbuf){
		.consumer_pos = &f->consumer,
		.producer_pos = &f->producer,
		.sz = sizeof(f->data) / 2,
		.view = (uint8_t *)f->data,
		.view_sz = sizeof(f->data),
	};
	return f;
}

static void put_bytes(uint8_t *ring, uint64_t pos, const void *p, size_t sz)
{
	for (size_t i = 0; i < sz; i++)
		ring[(pos + i) % 4096] = ((const uint8_t *)p)[i];
}

/* Returns where the record's header is. */
static uint64_t ringbuf_put(struct fake_ringbuf *f, uint32_t flags, const void *p, size_t sz)
{
	uint64_t pos = f->producer;
	uint32_t hdr[2] = {sz | flags, 0};

	for (uint8_t *copy = (uint8_t *)f->data; copy < (uint8_t *)(f->data + 1024); copy += 4096) {
		put_bytes(copy, pos, hdr, 8);
		put_bytes(copy, pos + 8, p, sz);
	}
	f->producer += (sz + 8 + 7) / 8 * 8;
	assert_true(f->producer - f->consumer <= 4096);
	return pos;
}

static void test_ringbuf_wraps(void **state)
{
	struct fake_ringbuf *f = fake_ringbuf(4096 - 16);
	struct seen *s = calloc(1, sizeof(*s));
	uint64_t id = 0;

	/* Sizes that meet the end of the ring in every way. */
	for (int round = 0; round < 300; round++) {
		struct sample m = {.id = id++, .ts = ~id};
		size_t sz = 1 + round % 16;

		ringbuf_put(f, 0, &m, sz);
		ringbuf_put(f, 0, &m, sizeof(m));
		assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), 2);
		assert_int_equal(f->consumer, f->producer);
		assert_int_equal(s->sz[0], sz);
		assert_memory_equal(&s->at[0], &m, sz);
		assert_memory_equal(&s->at[1], &m, sizeof(m));
		s->nr = 0;
	}
	assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), 0);
	free(f);
	free(s);
}

/* Shows not a byte more than is asked for. */
static int move_view(struct ringbuf *b, size_t off, size_t sz)
{
	struct fake_ringbuf *f =
		(struct fake_ringbuf *)((char *)b - offsetof(struct fake_ringbuf, buf));

	b->view = (uint8_t *)f->data + off;
	b->view_off = off;
	b->view_sz = sz;
	f->nr_moves++;
	return 0;
}

static void test_ringbuf_moves_its_view(void **state)
{
	struct fake_ringbuf *f = fake_ringbuf(4096 - 16);
	struct seen *s = calloc(1, sizeof(*s));

	f->buf.move = move_view;
	f->buf.view = NULL;
	f->buf.view_sz = 0;
	for (uint64_t id = 0; id < 400; id++) {
		struct sample m = {.id = id, .ts = ~id};

		ringbuf_put(f, 0, &m, sizeof(m));
		assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), 1);
		assert_memory_equal(&s->at[0], &m, sizeof(m));
		s->nr = 0;
	}
	assert_true(f->nr_moves > 400);
	free(f);
	free(s);
}

static void test_ringbuf_busy_discard_and_max(void **state)
{
	struct fake_ringbuf *f = fake_ringbuf(0);
	struct seen *s = calloc(1, sizeof(*s));
	struct sample m = {.id = 1};
	uint64_t busy;

	ringbuf_put(f, 0, &m, sizeof(m));
	ringbuf_put(f, BPF_RINGBUF_DISCARD_BIT, &m, sizeof(m));
	m.id = 2;
	busy = ringbuf_put(f, BPF_RINGBUF_BUSY_BIT, &m, sizeof(m));
	m.id = 3;
	ringbuf_put(f, 0, &m, sizeof(m));
	assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), 1);
	assert_int_equal(f->consumer, busy); /* else the kernel would not wake us for it */
	assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), 0);
	((uint32_t *)f->data)[busy / 4] &= ~BPF_RINGBUF_BUSY_BIT;
	assert_int_equal(ringbuf_read(&f->buf, 1, see, s), 1);
	assert_int_equal(ringbuf_read(&f->buf, 1, see, s), 1);
	assert_int_equal(s->nr, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(s->at[i].id, i + 1);
	free(f);
	free(s);
}

static void test_ringbuf_bad_length(void **state)
{
	struct fake_ringbuf *f = fake_ringbuf(0);
	struct seen *s = calloc(1, sizeof(*s));
	struct sample m = {.id = 1};

	ringbuf_put(f, 0, &m, sizeof(m));
	memcpy(f->data, &(uint32_t){17}, 4); /* beyond what was produced */
	assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), -EBADMSG);
	f->producer = 1 << 20;
	memcpy(f->data, &(uint32_t){4096}, 4); /* more than the ring holds */
	assert_int_equal(ringbuf_read(&f->buf, 1000, see, s), -EBADMSG);
	assert_int_equal(s->nr, 0);
	free(f);
	free(s);
}

/* ---- perf rings of 4096 bytes ---- */

struct fake_perf {
	struct perf_event_mmap_page page;
	uint8_t data[4096];
};

static void fake_perf_init(struct fake_perf *f, struct perf_buf *b, uint64_t start)
{
	memset(f, 0, sizeof(*f));
	f->page.data_head = f->page.data_tail = start;
	*b = (struct perf_buf){.page = &f->page, .data = f->data, .sz = sizeof(f->data)};
}

static void perf_put(struct fake_perf *f, uint32_t type, const void *body, size_t sz)
{
	struct perf_event_header h = {.type = type, .size = (sizeof(h) + sz + 7) / 8 * 8};

	put_bytes(f->data, f->page.data_head, &h, sizeof(h));
	put_bytes(f->data, f->page.data_head + sizeof(h), body, sz);
	f->page.data_head += h.size;
	assert_true(f->page.data_head - f->page.data_tail <= sizeof(f->data));
}

/* As the kernel does it: the raw size includes the padding, so that size and data are a multiple
 * of 8. */
static void perf_put_sample(struct fake_perf *f, uint64_t id, uint64_t ts)
{
	struct {
		uint32_t raw_sz;
		struct sample m;
		uint32_t pad;
	} __attribute__((packed)) body = {20, {id, ts}, 0};

	perf_put(f, PERF_RECORD_SAMPLE, &body, sizeof(body));
}

static void perf_put_lost(struct fake_perf *f, uint64_t lost)
{
	uint64_t body[2] = {1, lost};

	perf_put(f, PERF_RECORD_LOST, body, sizeof(body));
}

static uint8_t scratch[RING_SAMPLE_MAX];

static void test_perf_merges_by_time(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct fake_perf f[3];
	struct perf_buf b[3];

	for (int i = 0; i < 3; i++)
		fake_perf_init(&f[i], &b[i], 4096 - 24 - 8 * i);
	for (int round = 0; round < 300; round++) {
		perf_put_sample(&f[0], 0, 10);
		perf_put_sample(&f[0], 1, 40);
		perf_put_sample(&f[2], 2, 20);
		perf_put_sample(&f[2], 3, 30);
		assert_int_equal(perf_bufs_read(b, 3, scratch, 3, see, s), 3);
		assert_int_equal(perf_bufs_read(b, 3, scratch, 3, see, s), 1);
		assert_int_equal(perf_bufs_read(b, 3, scratch, 3, see, s), 0);
		assert_int_equal(s->nr, 4);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(s->at[i].ts, 10 * (i + 1));
			assert_int_equal(s->sz[i], 20);
		}
		assert_int_equal(s->at[3].id, 1);
		for (int i = 0; i < 3; i++)
			assert_int_equal(f[i].page.data_tail, f[i].page.data_head);
		s->nr = 0;
	}
	free(s);
}

static void test_perf_losses(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct fake_perf f[2];
	struct perf_buf b[2];

	fake_perf_init(&f[0], &b[0], 0);
	fake_perf_init(&f[1], &b[1], 0);
	perf_put_sample(&f[0], 0, 10);
	perf_put_lost(&f[0], 3);
	perf_put_lost(&f[0], 4);
	perf_put(&f[0], PERF_RECORD_THROTTLE, "other", 5);
	perf_put_sample(&f[0], 1, 30);
	perf_put_sample(&f[1], 2, 20);
	perf_put_lost(&f[1], 5); /* nothing after it */
	assert_int_equal(perf_bufs_read(b, 2, scratch, 100, see, s), 3);
	assert_int_equal(s->lost_before[0], 0);
	assert_int_equal(s->at[1].id, 2);
	assert_int_equal(s->lost_before[1], 0);
	assert_int_equal(s->lost_before[2], 7);
	assert_int_equal(s->lost, 12);
	assert_int_equal(perf_bufs_read(b, 2, scratch, 100, see, s), 0);
	assert_int_equal(s->lost, 12);
	free(s);
}

/* A ring of nonsense is skipped and reported; the other one is read. */
static void test_perf_malformed(void **state)
{
	static const struct {
		uint16_t size;
		uint32_t raw_sz;
	} bad[] = {{0, 0}, {7, 0}, {12, 4}, {4096, 4}, {8, 0}, {32, 21}, {32, UINT32_MAX}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct seen *s = calloc(1, sizeof(*s));
		struct perf_event_header h = {.type = PERF_RECORD_SAMPLE, .size = bad[i].size};
		struct fake_perf f[2];
		struct perf_buf b[2];

		fake_perf_init(&f[0], &b[0], 0);
		fake_perf_init(&f[1], &b[1], 0);
		perf_put_sample(&f[0], 1, 5);
		perf_put_sample(&f[0], 2, 10);
		memcpy(f[0].data + 32, &h, sizeof(h));
		memcpy(f[0].data + 40, &bad[i].raw_sz, 4);
		perf_put_sample(&f[1], 3, 20);
		assert_int_equal(perf_bufs_read(b, 2, scratch, 100, see, s), -EBADMSG);
		assert_int_equal(s->nr, 2);
		assert_int_equal(s->at[0].id, 1);
		assert_int_equal(s->at[1].id, 3);
		assert_int_equal(perf_bufs_read(b, 2, scratch, 100, see, s), 0);
		free(s);
	}
}

static void test_perf_impossible_head(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct fake_perf f;
	struct perf_buf b;

	fake_perf_init(&f, &b, 0);
	f.page.data_head = 1 << 20;
	assert_int_equal(perf_bufs_read(&b, 1, scratch, 100, see, s), -EBADMSG);
	assert_int_equal(s->nr, 0);
	free(s);
}

static void test_sizes_are_checked(void **state)
{
	struct err err = ERR_INIT;
	struct ring *r;

	assert_int_equal(ring_open_bpf(&r, -1, 5000, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "5000"));
	err_clear(&err);
	assert_int_equal(ring_open_bpf(&r, -1, 4096, &err), -EBADF);
	err_clear(&err);
	assert_int_equal(ring_open_perf(&r, -1, 100, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "100"));
	ring_close(NULL);
}

/* ---- the kernel's ---- */

/* The kernel's smallest ring is one page; the numbers below are for this one. */
#define PAGE_SZ 4096

#define HELPER_KTIME	      5
#define HELPER_PERF_OUTPUT    25
#define HELPER_RINGBUF_OUTPUT 130

static void push_map(struct insn_buf *b, uint8_t reg, int fd)
{
	insn_push(b, insn(BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_MAP_FD, 0, fd));
	insn_push(b, insn(0, 0, 0, 0, 0));
}

/* A socket filter that sends {7, time} for each packet, and keeps the packet. */
static int load_sender(int map_fd, bool perf)
{
	struct bpf_prog_spec spec = {.type = BPF_PROG_TYPE_SOCKET_FILTER};
	struct insn_buf b = {0};
	int ret;

	insn_push(&b, INSN_MOV_REG(BPF_REG_6, BPF_REG_1));
	insn_push(&b, INSN_CALL(HELPER_KTIME));
	insn_push(&b, INSN_STX(BPF_DW, BPF_REG_10, -8, BPF_REG_0));
	insn_push(&b, INSN_ST(BPF_DW, BPF_REG_10, -16, 7));
	if (perf) {
		insn_push(&b, INSN_MOV_REG(BPF_REG_1, BPF_REG_6));
		push_map(&b, BPF_REG_2, map_fd);
		insn_push(&b, INSN_ALU32_IMM(BPF_MOV, BPF_REG_3, -1)); /* BPF_F_CURRENT_CPU */
		insn_push(&b, INSN_MOV_REG(BPF_REG_4, BPF_REG_10));
		insn_push(&b, INSN_ALU64_IMM(BPF_ADD, BPF_REG_4, -16));
		insn_push(&b, INSN_MOV_IMM(BPF_REG_5, 16));
		insn_push(&b, INSN_CALL(HELPER_PERF_OUTPUT));
	} else {
		push_map(&b, BPF_REG_1, map_fd);
		insn_push(&b, INSN_MOV_REG(BPF_REG_2, BPF_REG_10));
		insn_push(&b, INSN_ALU64_IMM(BPF_ADD, BPF_REG_2, -16));
		insn_push(&b, INSN_MOV_IMM(BPF_REG_3, 16));
		insn_push(&b, INSN_MOV_IMM(BPF_REG_4, 0));
		insn_push(&b, INSN_CALL(HELPER_RINGBUF_OUTPUT));
	}
	insn_push(&b, INSN_MOV_IMM(BPF_REG_0, 64));
	insn_push(&b, INSN_EXIT());
	spec.insns = b.insns;
	spec.nr_insns = b.nr;
	ret = bpf_prog_load(&spec, NULL, 0, 0);
	insn_buf_release(&b);
	return ret;
}

struct native {
	struct ring *ring;
	int map_fd, socks[2];
};

static void native_send(struct native *n, int nr)
{
	char byte;

	for (int i = 0; i < nr; i++) {
		assert_int_equal(send(n->socks[0], "x", 1, 0), 1);
		assert_int_equal(recv(n->socks[1], &byte, 1, 0), 1);
	}
}

static void native_open(struct native *n, bool perf)
{
	struct bpf_map_spec ringbuf = {BPF_MAP_TYPE_RINGBUF, 0, 0, PAGE_SZ, 0};
	struct bpf_map_spec events = {BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4,
				      cpus_nr_possible(), 0};
	struct err err = ERR_INIT;
	cpu_set_t one;
	int prog;

	if (sysconf(_SC_PAGESIZE) != PAGE_SZ) {
		print_message("skipped: pages are not %d bytes here\n", PAGE_SZ);
		skip();
	}
	limits_raise();
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one); /* perf: one ring, so that losses can be foretold */
	sched_setaffinity(0, sizeof(one), &one);
	n->map_fd = bpf_map_create(perf ? &events : &ringbuf);
	if (n->map_fd < 0) {
		print_message("skipped: no BPF map can be made here: %s\n", strerror(-n->map_fd));
		skip();
	}
	if ((perf ? ring_open_perf : ring_open_bpf)(&n->ring, n->map_fd, PAGE_SZ, &err))
		fail_msg("%s", err.msg);
	prog = load_sender(n->map_fd, perf);
	assert_true(prog >= 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, n->socks), 0);
	assert_int_equal(setsockopt(n->socks[1], SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)),
			 0);
	close(prog);
}

static void native_close(struct native *n)
{
	ring_close(n->ring);
	close(n->socks[0]);
	close(n->socks[1]);
	close(n->map_fd);
}

static bool readable(const struct ring *r)
{
	struct pollfd p = {.fd = ring_fd(r), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void check_samples(const struct seen *s, size_t nr)
{
	assert_int_equal(s->nr, nr);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(s->at[i].id, 7);
		assert_true(s->at[i].ts > (i ? s->at[i - 1].ts : 0));
	}
}

static void test_native_ringbuf(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct native n;
	int nr;

	native_open(&n, false);
	assert_int_equal(ring_wait_ms(n.ring), -1);
	/* Four times round the ring of 24-byte records. */
	for (int round = 0; round < 12; round++) {
		assert_false(readable(n.ring));
		native_send(&n, 61);
		assert_true(readable(n.ring));
		assert_int_equal(ring_read(n.ring, 60, see, s), 60);
		assert_true(readable(n.ring));
		assert_int_equal(ring_read(n.ring, 60, see, s), 1);
	}
	check_samples(s, 12 * 61);
	/* Full: what fitted is there. */
	s->nr = 0;
	native_send(&n, 300);
	nr = ring_read(n.ring, 1000, see, s);
	assert_in_range(nr, PAGE_SZ / 24 - 1, 299);
	check_samples(s, nr);
	native_close(&n);
	free(s);
}

static void test_native_perf(void **state)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct native n;
	int nr;

	native_open(&n, true);
	assert_true(ring_wait_ms(n.ring) > 0);
	for (int round = 0; round < 12; round++) {
		native_send(&n, 61);
		assert_true(readable(n.ring)); /* more than a quarter full */
		assert_int_equal(ring_read(n.ring, 60, see, s), 60);
		assert_int_equal(ring_read(n.ring, 60, see, s), 1);
	}
	check_samples(s, 12 * 61);
	assert_int_equal(s->lost, 0);
	/* The loss is told with the first event that fits again. */
	s->nr = 0;
	native_send(&n, 300);
	nr = ring_read(n.ring, 1000, see, s);
	assert_in_range(nr, 100, 299);
	native_send(&n, 1);
	assert_int_equal(ring_read(n.ring, 1000, see, s), 1);
	assert_int_equal(s->nr + s->lost, 301);
	assert_int_equal(s->lost_before[s->nr - 1], s->lost);
	native_close(&n);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ringbuf_wraps),
		cmocka_unit_test(test_ringbuf_moves_its_view),
		cmocka_unit_test(test_ringbuf_busy_discard_and_max),
		cmocka_unit_test(test_ringbuf_bad_length),
		cmocka_unit_test(test_perf_merges_by_time),
		cmocka_unit_test(test_perf_losses),
		cmocka_unit_test(test_perf_malformed),
		cmocka_unit_test(test_perf_impossible_head),
		cmocka_unit_test(test_sizes_are_checked),
		cmocka_unit_test(test_native_ringbuf),
		cmocka_unit_test(test_native_perf),
	};

	return cmocka_run_group_tests_name("output_ring", tests, NULL, NULL);
}
