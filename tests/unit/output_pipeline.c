// SPDX-License-Identifier: GPL-2.0-only
/* The pipeline between a ring and a sink of the test. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/clock.h"
#include "output/outbuf.h"
#include "output/pipeline.h"
#include "output/ring/private.h"
#include "tests/unit/lib_events.h"

#define NR_MAX	20000
#define RING_SZ (1 << 20)

struct fake {
	struct ring ring;
	int fd; /* readable while events are queued */
	struct {
		struct test_sample sample;
		uint64_t lost;
	} queue[NR_MAX];
	size_t nr, next;
	int read_err;

	struct sink sink;
	char printed[NR_MAX]; /* one letter each: the event's mark, or L for lost */
	size_t nr_printed;
	unsigned int nr_parts[NR_MAX]; /* of each */
	uint64_t lost;
	int nr_flushes, nr_finishes, sink_err, flush_err;
};

static int fake_ring_fd(const struct ring *r)
{
	return ((const struct fake *)r)->fd;
}

static int fake_ring_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg)
{
	struct fake *f = (struct fake *)r;
	size_t n = 0;
	uint64_t v;

	for (; n < max && f->next < f->nr; n++, f->next++) {
		const struct trail_event *e = &f->queue[f->next].sample.event;

		fn(arg, e, e->size, f->queue[f->next].lost);
	}
	if (f->next == f->nr && read(f->fd, &v, sizeof(v)) < 0)
		assert_int_equal(errno, EAGAIN);
	return f->read_err ? f->read_err : (int)n;
}

static struct fake *fake_of(struct sink *s)
{
	return (struct fake *)((char *)s - offsetof(struct fake, sink));
}

static int fake_event(struct sink *s, const struct trace_event *te, uint64_t age)
{
	struct fake *f = fake_of(s);

	if (te->raw.mark == '-')
		return 1;
	f->nr_parts[f->nr_printed] = te->parts ? te->parts->nr_parts : 0;
	f->printed[f->nr_printed++] = te->raw.mark;
	return f->sink_err;
}

static int fake_lost(struct sink *s, uint64_t nr)
{
	struct fake *f = fake_of(s);

	f->lost += nr;
	f->printed[f->nr_printed++] = 'L';
	return 0;
}

static int fake_flush(struct sink *s)
{
	fake_of(s)->nr_flushes++;
	return fake_of(s)->flush_err;
}

static int fake_finish(struct sink *s)
{
	fake_of(s)->nr_finishes++;
	return 0;
}

static bool fake_ring_is_filling(const struct ring *r)
{
	return false;
}

static const struct ring_ops fake_ring_ops = {
	.fd = fake_ring_fd,
	.read = fake_ring_read,
	.is_filling = fake_ring_is_filling,
	.wait_ms = -1,
};
static const struct sink_ops fake_sink_ops = {
	.event = fake_event,
	.lost = fake_lost,
	.flush = fake_flush,
	.finish = fake_finish,
};

static struct fake *fake_open(void)
{
	struct fake *f = calloc(1, sizeof(*f));

	f->ring.ops = &fake_ring_ops;
	f->sink.ops = &fake_sink_ops;
	f->fd = eventfd(0, EFD_NONBLOCK);
	return f;
}

static struct pipeline_opts fake_opts(struct fake *f, uint64_t limit)
{
	return (struct pipeline_opts){
		.ring = &f->ring,
		.ring_sz = RING_SZ,
		.names = &test_names,
		.sink = &f->sink,
		.limit = limit,
		.aux_fd = -1,
		.out_fd = -1,
	};
}

static struct pipeline *pipeline_with(const struct pipeline_opts *opts)
{
	struct err err = ERR_INIT;
	struct pipeline *p;

	assert_int_equal(pipeline_open(&p, opts, &err), 0);
	return p;
}

static struct pipeline *pipeline_with_parts(struct fake *f, uint64_t limit, unsigned int nr_parts)
{
	struct pipeline_opts opts = fake_opts(f, limit);

	opts.nr_parts = nr_parts;
	return pipeline_with(&opts);
}

static struct pipeline *pipeline_on(struct fake *f, uint64_t limit)
{
	return pipeline_with_parts(f, limit, 0);
}

static void fake_close(struct fake *f, struct pipeline *p)
{
	pipeline_close(p);
	close(f->fd);
	free(f);
}

static struct trail_event *put(struct fake *f, char mark, uint64_t ts)
{
	uint64_t one = 1;

	f->queue[f->nr].sample.event = test_event(FN_IP_RCV, 0xffff888000000100, ts);
	f->queue[f->nr].sample.event.mark = mark;
	assert_int_equal(write(f->fd, &one, sizeof(one)), sizeof(one));
	return &f->queue[f->nr++].sample.event;
}

/* A part of the event that put(f, _, ts) makes. */
static struct trail_part *put_part(struct fake *f, enum trail_part_kind kind, uint64_t ts)
{
	struct trail_event *e = put(f, 0, ts), event = *e;
	struct trail_part *part = (struct trail_part *)e;

	*part = test_part(&event, kind, 0, "part", 4);
	return part;
}

static void test_order_and_counts(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	struct pipeline_stats st;

	put(f, 'b', 20);
	put(f, 'a', 10);
	put(f, 'x', 15)->type = 99;
	put(f, 'c', 30)->skb++;
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "abc");
	assert_int_equal(f->nr_flushes, 1);
	assert_int_equal(pipeline_finish(p, 4), 0);
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 3);
	assert_int_equal(st.packets, 2);
	assert_int_equal(st.bad, 1);
	assert_int_equal(st.lost, 0);
	fake_close(f, p);
}

/* What is left out is counted, and not as printed or lost. */
static void test_repeats(void **state)
{
	struct fake *f = fake_open();
	struct pipeline_opts opts = fake_opts(f, 3);
	struct pipeline_stats st;
	struct pipeline *p;

	opts.hide_repeats = true;
	p = pipeline_with(&opts);
	put(f, 'a', 10);
	put(f, 'b', 20)->ip = FN_ADDR(FN_CONSUME_SKB);
	put(f, 'x', 30)->ip = FN_ADDR(FN_KFREE_SKBMEM);
	put(f, 'c', 40)->ip = FN_ADDR(FN_KFREE_SKBMEM);
	assert_int_equal(pipeline_poll(p, -1, -1), 0);
	assert_int_equal(pipeline_finish(p, 4), 0);
	assert_string_equal(f->printed, "abc");
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 3);
	assert_int_equal(st.left_out, 1);
	assert_int_equal(st.lost, 0);
	fake_close(f, p);
}

/* An event of a process, without packet data. */
static struct trail_event *put_bare(struct fake *f, char mark, uint64_t ts, uint32_t tgid)
{
	struct trail_event *e = put(f, mark, ts);

	e->tgid = tgid;
	e->ifindex = e->hdr_len = 0;
	e->protocol = 0;
	return e;
}

static void test_own_messages(void **state)
{
	struct fake *f = fake_open();
	struct pipeline_opts opts = fake_opts(f, 2);
	struct pipeline_stats st;
	struct pipeline *p;

	opts.own_tgid = 77;
	p = pipeline_with(&opts);
	put_bare(f, 'x', 10, 77);
	put_bare(f, 'a', 20, 78);
	put_bare(f, 'b', 30, 77)->ifindex = 3;
	assert_int_equal(pipeline_poll(p, -1, -1), 0);
	assert_int_equal(pipeline_finish(p, 3), 0);
	assert_string_equal(f->printed, "ab");
	pipeline_stats(p, &st);
	assert_int_equal(st.own, 1);
	assert_int_equal(st.left_out, 1);
	assert_int_equal(st.lost, 0);
	fake_close(f, p);
}

/* What the sink leaves out is not printed either, and does not count for the limit. */
static void test_left_out_by_sink(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 2);
	struct pipeline_stats st;

	put(f, '-', 10);
	put(f, 'a', 20);
	put(f, '-', 30);
	put(f, 'b', 40);
	assert_int_equal(pipeline_poll(p, -1, -1), 0);
	assert_int_equal(pipeline_finish(p, 4), 0);
	assert_string_equal(f->printed, "ab");
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 2);
	assert_int_equal(st.left_out, 2);
	assert_int_equal(st.by_sink, 2);
	assert_int_equal(st.lost, 0);
	fake_close(f, p);
}

static uint64_t elapsed_ms(uint64_t since)
{
	return (clock_now() - since) / 1000000;
}

static void test_fresh_events_are_held_back(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	uint64_t now = clock_now();

	/* 'b' carries a time after the nap: an older one may still come, and does. */
	put(f, 'b', now + 200000000);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "");
	put(f, 'a', now);
	/* Without a timeout of its own a poll still returns while something is held. */
	for (int i = 0; i < 1000 && f->nr_printed < 2; i++)
		assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "ab");
	assert_true(elapsed_ms(now) >= 200);
	fake_close(f, p);
}

static void test_waits_without_events(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	uint64_t now = clock_now();

	assert_int_equal(pipeline_poll(p, -1, 30), 1);
	assert_true(elapsed_ms(now) >= 29);
	fake_close(f, p);
}

static void on_alarm(int sig)
{
}

static void test_interrupted(void **state)
{
	const struct itimerval in_20_ms = {.it_value.tv_usec = 20000};
	struct sigaction act = {.sa_handler = on_alarm};
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &in_20_ms, NULL);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	fake_close(f, p);
}

static void test_stop(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	int stop = eventfd(1, 0);

	put(f, 'a', clock_now());
	assert_int_equal(pipeline_poll(p, stop, -1), 0);
	/* What had arrived is printed, however fresh. */
	assert_int_equal(pipeline_finish(p, 0), 0);
	assert_string_equal(f->printed, "a");
	close(stop);
	fake_close(f, p);
}

static void test_limit(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 2);
	struct pipeline_stats st;

	for (char c = 'a'; c < 'f'; c++)
		put(f, c, c);
	assert_int_equal(pipeline_poll(p, -1, -1), 0);
	assert_int_equal(pipeline_finish(p, 100), 0);
	assert_string_equal(f->printed, "ab");
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 2);
	assert_int_equal(st.lost, 0); /* not printed is not lost */
	fake_close(f, p);
}

static void test_more_than_one_read(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	struct pipeline_stats st;
	uint64_t now = clock_now();

	for (int i = 0; i < 15000; i++)
		put(f, 'a' + i / 1000, now / 2 + (i ^ 3));
	while (f->next < f->nr)
		assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_true(elapsed_ms(now) < 5000);
	assert_int_equal(pipeline_finish(p, 15000), 0);
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 15000);
	assert_int_equal(st.lost, 0);
	for (size_t i = 1; i < f->nr_printed; i++)
		assert_true(f->printed[i - 1] <= f->printed[i]);
	fake_close(f, p);
}

/* The count in the events (BPF ring buffer). */
static void test_lost_by_events(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	struct pipeline_stats st;

	put(f, 'a', 1);
	put(f, 'b', 2)->lost = 3;
	put(f, 'c', 3)->lost = 3;
	put(f, 'd', 4)->lost = 2; /* another CPU, read a little earlier */
	put(f, 'e', 5)->lost = 10;
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "aLbcdLe");
	assert_int_equal(f->lost, 10);
	/* Two more were lost after the last that came through. */
	assert_int_equal(pipeline_finish(p, 5 + 12), 0);
	assert_string_equal(f->printed, "aLbcdLeL");
	pipeline_stats(p, &st);
	assert_int_equal(st.lost, 12);
	assert_int_equal(f->lost, 12);
	fake_close(f, p);
}

/* Told by the transport (perf); where the events tell it too, it is not counted twice. */
static void test_lost_by_ring(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	struct pipeline_stats st;

	put(f, 'a', 1);
	put(f, 'b', 2)->lost = 3;
	f->queue[1].lost = 3;
	put(f, 'c', 3)->lost = 3;
	f->queue[2].lost = 1;
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "aLbLc");
	assert_int_equal(pipeline_finish(p, 3 + 4), 0);
	pipeline_stats(p, &st);
	assert_int_equal(st.lost, 4);
	assert_int_equal(f->lost, 4);
	fake_close(f, p);
}

/* An interrupt with its parts in the middle of another event's, its own sent before. */
static void test_parts(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_with_parts(f, 0, 2);
	struct pipeline_stats st;

	put_part(f, TRAIL_PART_SKB, 10);
	put_part(f, TRAIL_PART_CB, 20); /* the interrupt's */
	put(f, 'b', 20);
	put_part(f, TRAIL_PART_CB, 10);
	put(f, 'a', 10);
	put(f, 'c', 30);
	put_part(f, TRAIL_PART_CB, 40); /* its event was lost */
	put_part(f, TRAIL_PART_CB, 50)->kind = 99;
	put(f, 'd', 50);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "abcd");
	assert_int_equal(f->nr_parts[0], 2);
	assert_int_equal(f->nr_parts[1], 1);
	assert_int_equal(f->nr_parts[2], 0);
	assert_int_equal(f->nr_parts[3], 0);
	assert_int_equal(pipeline_finish(p, 5), 0);
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 4);
	assert_int_equal(st.lost, 1);
	assert_int_equal(st.bad, 1);
	fake_close(f, p);
}

/* What came too late for the order still finds its parts. */
static void test_parts_of_a_late_event(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_with_parts(f, 0, 1);

	put_part(f, TRAIL_PART_CB, 10);
	put_part(f, TRAIL_PART_CB, 20);
	put(f, 'b', 20);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	put(f, 'a', 10);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "ba");
	assert_int_equal(f->nr_parts[1], 1);
	fake_close(f, p);
}

/* A perf ring counts parts as lost too. */
static void test_lost_parts_of_a_ring(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_with_parts(f, 0, 2);
	struct pipeline_stats st;

	/* Six samples are two events. */
	put_part(f, TRAIL_PART_SKB, 10);
	f->queue[0].lost = 6;
	put_part(f, TRAIL_PART_CB, 10);
	put(f, 'a', 10);
	/* A part of 'b' is no event, nor are two. */
	put_part(f, TRAIL_PART_CB, 20);
	f->queue[3].lost = 1;
	put(f, 'b', 20);
	put(f, 'c', 30);
	f->queue[5].lost = 2;
	/* One part came before its event and the rest of its parts were lost, and one of 'd'. */
	put_part(f, TRAIL_PART_SKB, 40);
	put_part(f, TRAIL_PART_CB, 50);
	f->queue[7].lost = 3;
	put(f, 'd', 50);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_string_equal(f->printed, "LabcLd");
	assert_int_equal(f->lost, 3);
	assert_int_equal(pipeline_finish(p, 4 + 3 + 1), 0);
	assert_string_equal(f->printed, "LabcLdL");
	pipeline_stats(p, &st);
	assert_int_equal(st.printed + st.lost, 8);
	assert_int_equal(f->lost, 4);
	fake_close(f, p);
}

/* Events with more parts than usual: the estimate is too high, the end is right all the same. */
static void test_lost_estimate_too_high(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_with_parts(f, 0, 1);
	struct pipeline_stats st;

	put_part(f, TRAIL_PART_CB, 10);
	f->queue[0].lost = 10;
	put(f, 'a', 10);
	assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_int_equal(f->lost, 5);
	assert_int_equal(pipeline_finish(p, 1 + 2), 0);
	assert_string_equal(f->printed, "La");
	pipeline_stats(p, &st);
	assert_int_equal(st.printed + st.lost, 3);
	fake_close(f, p);
}

/* Runs of samples lost anywhere, as by a ring that is full for a while. */
static void test_lost_anywhere(void **state)
{
	enum { NR_EVENTS = 3000, NR_PARTS = 3 };
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_with_parts(f, 0, NR_PARTS);
	struct pipeline_stats st;
	uint64_t nr_lost = 0, nr_printed = 0, until = 0, pending = 0;

	srand(5);
	for (uint64_t n = 0; n < NR_EVENTS * (NR_PARTS + 1); n++) {
		bool is_event = n % (NR_PARTS + 1) == NR_PARTS;

		if (n >= until + 40 && rand() % 50 == 0)
			until = n + rand() % 30;
		if (n < until) {
			pending++;
			nr_lost += is_event;
			continue;
		}
		f->queue[f->nr].lost = pending;
		pending = 0;
		nr_printed += is_event;
		if (is_event)
			put(f, 'e', n / (NR_PARTS + 1) + 1);
		else
			put_part(f, n % (NR_PARTS + 1) + TRAIL_PART_SKB, n / (NR_PARTS + 1) + 1);
	}
	while (f->next < f->nr)
		assert_int_equal(pipeline_poll(p, -1, -1), 1);
	assert_true(nr_lost > 300);
	assert_int_equal(f->lost, nr_lost); /* at each gap, and nothing for the end */
	assert_int_equal(pipeline_finish(p, NR_EVENTS), 0);
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, nr_printed);
	assert_int_equal(st.printed + st.lost, NR_EVENTS);
	assert_int_equal(f->lost, nr_lost);
	fake_close(f, p);
}

static void test_errors(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p = pipeline_on(f, 0);
	struct pipeline_stats st;

	f->sink_err = -ENOSPC;
	put(f, 'a', 1);
	put(f, 'b', 2);
	assert_int_equal(pipeline_poll(p, -1, -1), -ENOSPC);
	assert_int_equal(f->nr_printed, 1); /* no second try */
	assert_int_equal(f->nr_finishes, 0);
	assert_int_equal(pipeline_finish(p, 2), -ENOSPC);
	assert_int_equal(f->nr_finishes, 1); /* what a tee has besides may still work */
	assert_int_equal(f->nr_flushes, 2);
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 0);
	fake_close(f, p);

	/* Of what the sink took the buffer knows how many were written. */
	f = fake_open();
	p = pipeline_on(f, 0);
	f->sink.out = &(struct outbuf){.nr_events = 1};
	f->flush_err = -ENOSPC;
	put(f, 'a', 1);
	put(f, 'b', 2);
	assert_int_equal(pipeline_poll(p, -1, -1), -ENOSPC);
	pipeline_stats(p, &st);
	assert_int_equal(st.printed, 1);
	fake_close(f, p);

	f = fake_open();
	p = pipeline_on(f, 0);
	f->read_err = -EBADMSG;
	put(f, 'a', 1);
	assert_int_equal(pipeline_poll(p, -1, -1), -EBADMSG);
	assert_int_equal(pipeline_finish(p, 0), -EBADMSG);
	assert_string_equal(f->printed, "a");
	fake_close(f, p);
}

static void test_replay(void **state)
{
	struct fake *f = fake_open();
	struct pipeline *p;
	struct pipeline_stats st;
	struct record_meta meta = {0};
	struct trace_event te;
	struct err err = ERR_INIT;
	struct replay *r;
	struct sink *s;
	char *data;
	size_t sz;

	assert_int_equal(sink_record_open(&s, open_memstream(&data, &sz), &meta, &test_names), 0);
	for (char c = 'a'; c < 'd'; c++) {
		struct trail_event e = test_event(FN_IP_RCV, 0x100 + c, c);

		e.mark = c;
		e.lost = 1000; /* the record has marks for that */
		trace_event_decode(&te, &e, sizeof(e), &test_names);
		s->ops->event(s, &te, 0);
		if (c == 'b')
			s->ops->lost(s, 5);
	}
	assert_int_equal(s->ops->close(s), 0);

	p = pipeline_on(f, 0);
	assert_int_equal(replay_open(&r, fmemopen(data, sz, "r"), &meta, &err), 0);
	assert_int_equal(pipeline_replay(p, r, &err), 0);
	pipeline_stats(p, &st);
	assert_string_equal(f->printed, "abLc");
	assert_int_equal(st.lost, 5);
	assert_int_equal(st.packets, 3);
	replay_close(r);
	pipeline_close(p);

	memset(f->printed, 0, sizeof(f->printed));
	f->nr_printed = 0;
	p = pipeline_on(f, 2);
	assert_int_equal(replay_open(&r, fmemopen(data, sz - 30, "r"), &meta, &err), 0);
	assert_int_equal(pipeline_replay(p, r, &err), 0); /* the limit comes before the cut */
	assert_string_equal(f->printed, "ab");
	replay_close(r);
	pipeline_close(p);

	p = pipeline_on(f, 0);
	assert_int_equal(replay_open(&r, fmemopen(data, sz - 30, "r"), &meta, &err), 0);
	assert_int_equal(pipeline_replay(p, r, &err), -EBADMSG);
	assert_int_equal(err.code, -EBADMSG);
	replay_close(r);
	free(data);
	fake_close(f, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_counts),
		cmocka_unit_test(test_fresh_events_are_held_back),
		cmocka_unit_test(test_waits_without_events),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_own_messages),
		cmocka_unit_test(test_left_out_by_sink),
		cmocka_unit_test(test_more_than_one_read),
		cmocka_unit_test(test_lost_by_events),
		cmocka_unit_test(test_lost_by_ring),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_of_a_late_event),
		cmocka_unit_test(test_lost_parts_of_a_ring),
		cmocka_unit_test(test_lost_estimate_too_high),
		cmocka_unit_test(test_lost_anywhere),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_replay),
	};

	return cmocka_run_group_tests_name("output_pipeline", tests, NULL, NULL);
}
