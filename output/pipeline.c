// SPDX-License-Identifier: GPL-2.0-only
#include "output/pipeline.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "kern/clock.h"
#include "output/conntrack_past.h"
#include "output/names_cache.h"
#include "output/outbuf.h"
#include "output/parts.h"

#define REORDER_NR 4096
#define READ_NR	   4096 /* samples per round; the sink is flushed and stop_fd polled in between */
#define NAP_MS	   10

/*
 * A BPF program takes the timestamp first and sends the event last; interrupts with their own
 * events may come in between. Events older than this when a read starts have arrived.
 */
#define HOLD_NS 5000000
#define HOLD_MS 5

#define SAMPLE_HEAD_SZ 8 /* in perf and BPF ring buffers */

struct pipeline {
	struct pipeline_opts opts;
	struct names_cache names;
	struct reorder *reorder;
	struct parts_pool *parts;
	struct tracker *tracker;
	struct conntrack_past *past; /* NULL: no entries are decoded */
	struct trace_event te;
	struct pipeline_stats stats;
	uint64_t nr_received;  /* events, without parts */
	uint64_t lost_samples; /* reported by the transport since the last event */
	uint64_t lost_ring;    /* events lost before that, estimated from lost samples */
	uint64_t lost_event;   /* reported in events: the largest count seen */
	bool busy;	       /* the last read filled a large batch: do not wait, do not nap */
	int err;	       /* first error of the sink */
};

static bool limit_reached(const struct pipeline *p)
{
	return p->opts.limit && p->stats.printed >= p->opts.limit;
}

static void keep_err(struct pipeline *p, int ret)
{
	if (ret < 0 && !p->err)
		p->err = ret;
}

/*
 * The transport (perf) and the events (BPF ring buffer) both count the same losses from the start,
 * so the larger count is right.
 */
static void print_lost(struct pipeline *p)
{
	uint64_t total = p->lost_ring > p->lost_event ? p->lost_ring : p->lost_event;

	if (total <= p->stats.lost || p->err || limit_reached(p))
		return;
	keep_err(p, p->opts.sink->ops->lost(p->opts.sink, total - p->stats.lost));
	p->stats.lost = total;
}

/*
 * A netlink message with which this process asks for a cause. It sends no packets; those that an
 * interrupt handles in its name have addresses, a protocol or a device.
 */
static bool is_own(const struct pipeline *p, const struct trace_event *te)
{
	return p->opts.own_tgid && te->raw.tgid == p->opts.own_tgid && !te->raw.protocol &&
	       !te->raw.ifindex && !te->tuple.family;
}

static void leave_out_own(struct pipeline *p)
{
	if (p->err || limit_reached(p))
		return;
	p->stats.own++;
	p->stats.left_out++;
}

static void print_event(struct pipeline *p, struct trace_event *te)
{
	struct conntrack *ct = parts_conntrack(p->parts, te);
	struct sink *sink = p->opts.sink;
	bool repeats;
	int ret;

	if (p->err || limit_reached(p))
		return;
	repeats = tracker_note(p->tracker, te);
	if (ct)
		conntrack_past_note(p->past, te, ct);
	if (repeats && p->opts.hide_repeats && !te->why && !te->end && !te->is_drop) {
		p->stats.left_out++;
		return;
	}
	ret = sink->ops->event(sink, te, tracker_age(p->tracker, te));
	keep_err(p, ret);
	p->stats.printed += !ret;
	p->stats.left_out += ret > 0;
	p->stats.by_sink += ret > 0;
}

/*
 * Estimate the number of events among the samples lost in a gap. Each lost event lost all its
 * parts, except the first one, some of whose parts may have arrived before the gap: so round up.
 * Parts missing from the event after the gap (nr_lacking) were lost in the gap, too, and are not
 * counted.
 */
static void count_gap(struct pipeline *p, unsigned int nr_lacking)
{
	uint64_t nr = p->lost_samples > nr_lacking ? p->lost_samples - nr_lacking : 0;

	p->lost_ring += (nr + p->opts.nr_parts) / (p->opts.nr_parts + 1);
	p->lost_samples = 0;
}

static int handle_event(struct pipeline *p, const void *data, size_t sz)
{
	unsigned int nr_parts;
	int ret = trace_event_decode(&p->te, data, sz, &p->names.names);

	p->nr_received++;
	if (ret) {
		p->stats.bad++;
		count_gap(p, 0);
		return ret;
	}
	parts_join(p->parts, &p->te, &p->names.names);
	nr_parts = p->te.parts ? p->te.parts->nr_parts : 0;
	count_gap(p, p->opts.nr_parts > nr_parts ? p->opts.nr_parts - nr_parts : 0);
	if (p->te.raw.lost > p->lost_event)
		p->lost_event = p->te.raw.lost;
	return 0;
}

static void explain(struct pipeline *p)
{
	const struct names *n = &p->names.inner;

	if (n->explain)
		n->explain(n->arg, &p->te);
}

/* Callback of reorder, in timestamp order. */
static void handle_sample(void *arg, const void *data, size_t sz, uint64_t lost)
{
	struct pipeline *p = arg;
	int ret = -ENODATA;

	p->lost_samples += lost;
	if (data && parts_is_part(data, sz)) {
		if (parts_add(p->parts, data, sz))
			p->stats.bad++;
		return;
	}
	if (data)
		ret = handle_event(p, data, sz);
	else
		count_gap(p, 0);
	print_lost(p);
	if (ret)
		return;
	if (is_own(p, &p->te)) {
		leave_out_own(p);
		return;
	}
	explain(p);
	print_event(p, &p->te);
}

int pipeline_open(struct pipeline **out, const struct pipeline_opts *opts, struct err *err)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, -ENOMEM, "out of memory for the output");
	p->opts = *opts;
	names_cache_init(&p->names, opts->names);
	if (reorder_open(&p->reorder, REORDER_NR, handle_sample, p) || parts_pool_open(&p->parts) ||
	    tracker_open(&p->tracker, opts->nr_packets ? opts->nr_packets : TRACKER_NR) ||
	    (opts->names->conntrack && conntrack_past_open(&p->past))) {
		pipeline_close(p);
		return err_set(err, -ENOMEM, "out of memory for the output");
	}
	*out = p;
	return 0;
}

/* Minimum of two timeouts; -1: infinite. */
static int min_wait(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Returns 1 if there may be events, 0 to stop, or -errno. */
static int wait_for_events(struct pipeline *p, int stop_fd, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = stop_fd, .events = POLLIN},
		{.fd = ring_fd(p->opts.ring), .events = POLLIN},
		{.fd = p->opts.out_fd}, /* POLLERR (always reported): the reader is gone */
		{.fd = p->opts.aux_fd, .events = POLLIN},
	};
	int wait_ms = min_wait(timeout_ms, ring_wait_ms(p->opts.ring));
	int ret;

	if (reorder_nr(p->reorder))
		wait_ms = min_wait(wait_ms, HOLD_MS);
	ret = poll(fds, 4, p->busy ? 0 : wait_ms);
	if (ret < 0)
		return errno == EINTR ? 1 : -errno;
	if (fds[2].revents & POLLERR)
		return -EPIPE;
	if (fds[3].revents)
		p->opts.aux_fn(p->opts.aux_arg);
	/* Events come in bursts: a nap, interruptible by stop_fd, saves a wakeup for each event. */
	if (!p->busy && fds[1].revents && !fds[0].revents && poll(fds, 1, NAP_MS) < 0 &&
	    errno != EINTR)
		return -errno;
	return !fds[0].revents;
}

/* Number of samples that fill a quarter of the ring. */
static size_t busy_samples(const struct pipeline *p)
{
	size_t nr_parts = p->opts.nr_parts;
	size_t sz = sizeof(struct trail_event) + nr_parts * sizeof(struct trail_part);

	return p->opts.ring_sz / (sz / (nr_parts + 1) + SAMPLE_HEAD_SZ) / 4;
}

static void read_all_until(struct pipeline *p, uint64_t until)
{
	const struct sink_ops *ops = p->opts.sink->ops;

	reorder_flush(p->reorder, until);
	if (ops->tick && !p->err)
		keep_err(p, ops->tick(p->opts.sink, until));
}

static int read_once(struct pipeline *p)
{
	uint64_t now = clock_now();
	int nr = ring_read(p->opts.ring, READ_NR, reorder_push, p->reorder);

	if (nr < 0)
		return nr;
	p->busy = nr == READ_NR || (size_t)nr > busy_samples(p);
	/* After a full read older samples may follow: the queue then only evicts when full. */
	if (nr < READ_NR)
		read_all_until(p, now > HOLD_NS ? now - HOLD_NS : 0);
	return nr;
}

static int flush(struct pipeline *p)
{
	keep_err(p, p->opts.sink->ops->flush(p->opts.sink));
	return p->err;
}

/* After an error, too: of a tee only one sink may have failed. */
static void finish(struct pipeline *p)
{
	const struct sink_ops *ops = p->opts.sink->ops;

	if (ops->finish)
		keep_err(p, ops->finish(p->opts.sink));
	flush(p);
}

int pipeline_poll(struct pipeline *p, int stop_fd, int timeout_ms)
{
	int ret = wait_for_events(p, stop_fd, timeout_ms);

	if (ret <= 0)
		return ret;
	ret = read_once(p);
	if (ret < 0)
		return ret;
	ret = flush(p);
	if (ret < 0)
		return ret;
	return !limit_reached(p);
}

/* Sent minus received is the exact number of lost events; gaps yield only an estimate. */
static void count_all_lost(struct pipeline *p, uint64_t nr_sent)
{
	uint64_t nr_lost = nr_sent > p->nr_received ? nr_sent - p->nr_received : 0;

	count_gap(p, 0);
	if (!nr_sent || limit_reached(p))
		return;
	if (nr_lost > p->lost_event)
		p->lost_event = nr_lost;
	if (!p->opts.nr_parts)
		return;
	p->lost_ring = p->lost_event = nr_lost;
	if (p->stats.lost > nr_lost)
		p->stats.lost = nr_lost;
}

int pipeline_finish(struct pipeline *p, uint64_t nr_sent)
{
	int nr;

	do {
		nr = ring_read(p->opts.ring, READ_NR, reorder_push, p->reorder);
	} while (nr == READ_NR && !p->err && !limit_reached(p));
	reorder_flush(p->reorder, UINT64_MAX);
	count_all_lost(p, nr_sent);
	print_lost(p);
	finish(p);
	return p->err ? p->err : nr < 0 ? nr : 0;
}

int pipeline_replay(struct pipeline *p, struct replay *replay, struct err *err)
{
	uint64_t lost;
	int ret = 1;

	while (ret > 0 && !p->err && !limit_reached(p)) {
		ret = replay_next(replay, &p->te, &lost, err);
		if (ret <= 0)
			break;
		if (!lost) {
			print_event(p, &p->te);
			continue;
		}
		p->lost_ring += lost;
		print_lost(p);
	}
	finish(p);
	return p->err ? p->err : ret < 0 ? ret : 0;
}

bool pipeline_in_hurry(const struct pipeline *p)
{
	return ring_is_filling(p->opts.ring);
}

void pipeline_stats(const struct pipeline *p, struct pipeline_stats *stats)
{
	*stats = p->stats;
	/* After an error, some of the events passed to the sink were not written. */
	if (p->err && p->opts.sink->out)
		stats->printed = p->opts.sink->out->nr_events;
	stats->packets = tracker_nr_packets(p->tracker);
}

void pipeline_close(struct pipeline *p)
{
	if (!p)
		return;
	reorder_free(p->reorder);
	parts_pool_free(p->parts);
	tracker_free(p->tracker);
	conntrack_past_free(p->past);
	free(p);
}
