// SPDX-License-Identifier: GPL-2.0-only
/*
 * Perf event array: one ring for each CPU. Events of a CPU are in order. Reading merges the rings
 * by timestamp, so reorder only has to fix the order of events that arrive while reading.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "base/log.h"
#include "kern/bpf.h"
#include "kern/cpus.h"
#include "kern/perf.h"
#include "output/ring/private.h"

#define PERF_WAIT_MS  50
#define FOLLOW_CPUS_S 1

struct ring_perf {
	struct ring ring;
	struct perf_buf *bufs; /* nr used of cap */
	int *fds;	       /* likewise */
	uint32_t *cpus;	       /* likewise: CPU of each ring */
	size_t nr, cap;
	size_t page_sz;
	size_t sz;  /* of one ring */
	int map_fd; /* not owned */
	int epoll_fd;
	int timer_fd; /* fires when to check for CPU hotplug; -1: disabled */
	uint8_t *scratch;
};

static const void *perf_buf_bytes(const struct perf_buf *b, uint64_t pos, size_t sz, void *scratch)
{
	return ring_bytes(b->data, b->sz, pos, sz, scratch);
}

/* Parse PERF_RECORD_SAMPLE with just PERF_SAMPLE_RAW: header, u32 size, sample, padding. */
static int perf_buf_sample(struct perf_buf *b, const struct perf_event_header *h)
{
	uint64_t raw_pos = b->tail + sizeof(*h) + sizeof(uint32_t), ts = 0;
	uint8_t scratch[sizeof(uint64_t)];
	uint32_t raw_sz;

	if (h->size < sizeof(*h) + sizeof(raw_sz))
		return -EBADMSG;
	memcpy(&raw_sz, perf_buf_bytes(b, b->tail + sizeof(*h), sizeof(raw_sz), scratch),
	       sizeof(raw_sz));
	if (raw_sz > h->size - sizeof(*h) - sizeof(raw_sz))
		return -EBADMSG;
	if (raw_sz >= offsetof(struct trail_event, ts) + sizeof(ts))
		memcpy(&ts,
		       perf_buf_bytes(b, raw_pos + offsetof(struct trail_event, ts), sizeof(ts),
				      scratch),
		       sizeof(ts));
	b->has = true;
	b->ts = ts;
	b->raw_pos = raw_pos;
	b->raw_sz = raw_sz;
	b->record_sz = h->size;
	return 0;
}

/* Advance to the next sample, counting the losses before it. */
static int perf_buf_seek(struct perf_buf *b)
{
	b->has = false;
	while (b->tail < b->head) {
		uint8_t scratch[sizeof(uint64_t)];
		struct perf_event_header h;
		uint64_t lost;

		memcpy(&h, perf_buf_bytes(b, b->tail, sizeof(h), scratch), sizeof(h));
		if (h.size < sizeof(h) || h.size % 8 || h.size > b->head - b->tail)
			return -EBADMSG;
		if (h.type == PERF_RECORD_SAMPLE)
			return perf_buf_sample(b, &h);
		if (h.type == PERF_RECORD_LOST && h.size >= sizeof(h) + 16) {
			memcpy(&lost,
			       perf_buf_bytes(b, b->tail + sizeof(h) + 8, sizeof(lost), scratch),
			       sizeof(lost));
			b->lost += lost;
		}
		b->tail += h.size;
	}
	return 0;
}

static void perf_buf_release(struct perf_buf *b)
{
	__atomic_store_n(&b->page->data_tail, b->tail, __ATOMIC_RELEASE);
}

static int perf_buf_start(struct perf_buf *b)
{
	b->head = __atomic_load_n(&b->page->data_head, __ATOMIC_ACQUIRE);
	b->tail = b->page->data_tail;
	if (b->head - b->tail > b->sz)
		return -EBADMSG;
	return perf_buf_seek(b);
}

static int perf_buf_deliver(struct perf_buf *b, uint8_t *scratch, ring_sample_fn fn, void *arg)
{
	int ret;

	fn(arg, perf_buf_bytes(b, b->raw_pos, b->raw_sz, scratch), b->raw_sz, b->lost);
	b->lost = 0;
	b->tail += b->record_sz;
	ret = perf_buf_seek(b);
	perf_buf_release(b);
	return ret;
}

/* Discard the contents of a corrupt ring; the other rings are still read. */
static void perf_buf_reset(struct perf_buf *b)
{
	b->tail = b->head;
	b->has = false;
	perf_buf_release(b);
}

int perf_bufs_read(struct perf_buf *bufs, size_t nr, uint8_t *scratch, size_t max,
		   ring_sample_fn fn, void *arg)
{
	size_t nr_read = 0;
	int ret = 0;

	for (size_t i = 0; i < nr; i++) {
		if (perf_buf_start(&bufs[i])) {
			perf_buf_reset(&bufs[i]);
			ret = -EBADMSG;
		}
	}
	while (nr_read < max) {
		struct perf_buf *first = NULL;

		for (size_t i = 0; i < nr; i++) {
			if (bufs[i].has && (!first || bufs[i].ts < first->ts))
				first = &bufs[i];
		}
		if (!first)
			break;
		nr_read++;
		if (perf_buf_deliver(first, scratch, fn, arg)) {
			perf_buf_reset(first);
			ret = -EBADMSG;
		}
	}
	for (size_t i = 0; i < nr; i++) {
		perf_buf_release(&bufs[i]);
		if (bufs[i].lost && !bufs[i].has) {
			fn(arg, NULL, 0, bufs[i].lost);
			bufs[i].lost = 0;
		}
	}
	return ret ? ret : (int)nr_read;
}

static int ring_perf_fd(const struct ring *r)
{
	return ((const struct ring_perf *)r)->epoll_fd;
}

static void ring_perf_close(struct ring *r)
{
	struct ring_perf *rp = (struct ring_perf *)r;

	for (size_t i = 0; i < rp->nr; i++) {
		munmap(rp->bufs[i].page, rp->page_sz + rp->bufs[i].sz);
		close(rp->fds[i]);
	}
	if (rp->timer_fd >= 0)
		close(rp->timer_fd);
	if (rp->epoll_fd >= 0)
		close(rp->epoll_fd);
	free(rp->bufs);
	free(rp->fds);
	free(rp->cpus);
	free(rp->scratch);
	free(rp);
}

/* Open, map and register the ring of a CPU. Releases everything on failure. */
static int ring_perf_add(struct ring_perf *rp, uint32_t cpu, struct err *err)
{
	size_t sz = rp->sz;
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = perf_bpf_output_open(cpu, sz / 4);
	void *page;
	int ret;

	if (fd < 0)
		return err_sys(err, fd, "cannot open the event ring of CPU %u", cpu);
	page = mmap(NULL, rp->page_sz + sz, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		ret = err_sys(err, -errno, "cannot map %zu KiB for the event ring of CPU %u",
			      sz >> 10, cpu);
		err_hint(err, "raise kernel.perf_event_mlock_kb or choose a smaller ring");
		close(fd);
		return ret;
	}
	ret = bpf_map_update(rp->map_fd, &cpu, &fd);
	if (!ret && epoll_ctl(rp->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		ret = -errno;
	if (ret) {
		err_sys(err, ret, "cannot use the event ring of CPU %u", cpu);
		munmap(page, rp->page_sz + sz);
		close(fd);
		return ret;
	}
	rp->bufs[rp->nr] =
		(struct perf_buf){.page = page, .data = (uint8_t *)page + rp->page_sz, .sz = sz};
	rp->cpus[rp->nr] = cpu;
	rp->fds[rp->nr++] = fd;
	return 0;
}

/* ---- CPU hotplug ---- */

static bool has_cpu(uint32_t cpu, const uint32_t *cpus, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

/* Drop the ring of an offline CPU, unless it still has unread samples. */
static void ring_perf_drop(struct ring_perf *rp, size_t i)
{
	struct perf_event_mmap_page *page = rp->bufs[i].page;

	if (__atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE) != page->data_tail)
		return;
	munmap(page, rp->page_sz + rp->bufs[i].sz);
	close(rp->fds[i]);
	rp->nr--;
	rp->bufs[i] = rp->bufs[rp->nr];
	rp->fds[i] = rp->fds[rp->nr];
	rp->cpus[i] = rp->cpus[rp->nr];
}

static void ring_perf_unwatch_cpus(struct ring_perf *rp)
{
	close(rp->timer_fd);
	rp->timer_fd = -1;
}

static void ring_perf_add_online(struct ring_perf *rp, uint32_t cpu)
{
	struct err err = ERR_INIT;

	if (rp->nr < rp->cap && !ring_perf_add(rp, cpu, &err))
		return;
	log_warn("CPU %u came online, but its events cannot be received%s%s", cpu,
		 err.code ? ": " : "", err.msg);
	ring_perf_unwatch_cpus(rp);
}

/* Runs once a second. A CPU that goes offline and comes back in between is not noticed. */
static void ring_perf_update_cpus(struct ring_perf *rp)
{
	uint32_t *cpus = NULL;
	uint64_t ticks;
	int nr;

	if (rp->timer_fd < 0 || read(rp->timer_fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	nr = cpus_online(&cpus);
	if (nr > 0)
		for (size_t i = rp->nr; i-- > 0;)
			if (!has_cpu(rp->cpus[i], cpus, nr))
				ring_perf_drop(rp, i);
	for (int i = 0; i < nr && rp->timer_fd >= 0; i++)
		if (!has_cpu(cpus[i], rp->cpus, rp->nr))
			ring_perf_add_online(rp, cpus[i]);
	free(cpus);
}

static int ring_perf_watch_cpus(struct ring_perf *rp)
{
	const struct itimerspec each = {{FOLLOW_CPUS_S, 0}, {FOLLOW_CPUS_S, 0}};
	struct epoll_event ev = {.events = EPOLLIN};

	rp->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (rp->timer_fd < 0 || timerfd_settime(rp->timer_fd, 0, &each, NULL) ||
	    epoll_ctl(rp->epoll_fd, EPOLL_CTL_ADD, rp->timer_fd, &ev))
		return -errno;
	return 0;
}

static int ring_perf_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg)
{
	struct ring_perf *rp = (struct ring_perf *)r;

	ring_perf_update_cpus(rp);
	return perf_bufs_read(rp->bufs, rp->nr, rp->scratch, max, fn, arg);
}

/* The kernel wakes us at a quarter. */
static bool ring_perf_is_filling(const struct ring *r)
{
	const struct ring_perf *rp = (const struct ring_perf *)r;

	for (size_t i = 0; i < rp->nr; i++) {
		const struct perf_buf *b = &rp->bufs[i];

		if (__atomic_load_n(&b->page->data_head, __ATOMIC_RELAXED) - b->tail > b->sz / 2)
			return true;
	}
	return false;
}

static const struct ring_ops ring_perf_ops = {
	.fd = ring_perf_fd,
	.read = ring_perf_read,
	.is_filling = ring_perf_is_filling,
	.close = ring_perf_close,
	.wait_ms = PERF_WAIT_MS,
};

static int ring_perf_fill(struct ring_perf *rp, struct err *err)
{
	uint32_t *cpus = NULL;
	int nr = cpus_online(&cpus), ret = 0;

	if (nr <= 0)
		return err_sys(err, nr ? nr : -ENODEV, "cannot list the online CPUs");
	rp->cap = cpus_nr_possible();
	rp->bufs = calloc(rp->cap, sizeof(*rp->bufs));
	rp->fds = calloc(rp->cap, sizeof(*rp->fds));
	rp->cpus = calloc(rp->cap, sizeof(*rp->cpus));
	rp->scratch = malloc(RING_SAMPLE_MAX);
	if (!rp->bufs || !rp->fds || !rp->cpus || !rp->scratch)
		ret = err_set(err, -ENOMEM, "out of memory for the event rings");
	rp->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!ret && rp->epoll_fd < 0)
		ret = err_sys(err, -errno, "cannot poll the event rings");
	for (int i = 0; !ret && i < nr; i++)
		ret = ring_perf_add(rp, cpus[i], err);
	free(cpus);
	if (!ret) {
		ret = ring_perf_watch_cpus(rp);
		if (ret)
			err_sys(err, ret, "cannot watch for CPUs coming online");
	}
	return ret;
}

int ring_open_perf(struct ring **out, int map_fd, size_t sz_per_cpu, struct err *err)
{
	size_t page_sz = sysconf(_SC_PAGESIZE);
	struct ring_perf *rp;
	int ret;

	if (sz_per_cpu < page_sz || sz_per_cpu & (sz_per_cpu - 1))
		return err_set(err, -EINVAL,
			       "event ring size %zu is not a power of two, at least %zu",
			       sz_per_cpu, page_sz);
	rp = calloc(1, sizeof(*rp));
	if (!rp)
		return err_set(err, -ENOMEM, "out of memory for the event rings");
	rp->ring.ops = &ring_perf_ops;
	rp->page_sz = page_sz;
	rp->sz = sz_per_cpu;
	rp->map_fd = map_fd;
	rp->epoll_fd = rp->timer_fd = -1;
	ret = ring_perf_fill(rp, err);
	if (ret) {
		ring_perf_close(&rp->ring);
		return ret;
	}
	*out = &rp->ring;
	return 0;
}
