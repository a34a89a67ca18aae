/* SPDX-License-Identifier: GPL-2.0-only */
/* private.h - inside of the transports: what a ring is, and their consumers over plain memory. */
#ifndef OUTPUT_RING_PRIVATE_H
#define OUTPUT_RING_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

struct ring_ops {
	int (*fd)(const struct ring *r);
	int (*read)(struct ring *r, size_t max, ring_sample_fn fn, void *arg);
	void (*close)(struct ring *r);
	int wait_ms;
};

struct ring {
	const struct ring_ops *ops;
};

#define RING_SAMPLE_MAX (64 * 1024) /* a perf record has a 16-bit size */

/*
 * sz bytes at pos of a ring of data_sz bytes (a power of two): in place, or put together in scratch
 * (sz bytes) where they go past the end.
 */
const void *ring_bytes(const uint8_t *data, size_t data_sz, uint64_t pos, size_t sz, void *scratch);

/*
 * A BPF ring buffer (kernel/bpf/ringbuf.c). Positions only grow; each record has an 8-byte header:
 * length with the flags BUSY (not yet committed) and DISCARD, and a page offset that is the
 * kernel's business.
 */
struct ringbuf {
	uint64_t *consumer_pos;	      /* written by us */
	const uint64_t *producer_pos; /* written by the kernel */
	size_t sz;
	/*
	 * What can be seen of the ring: view_sz bytes from view_off on, which may go past its end
	 * into the second copy that the kernel offers, so that no record is cut in two.
	 */
	const uint8_t *view;
	size_t view_off, view_sz;
	/* Show sz bytes at off (less than b->sz) too; 0 or -errno. NULL: everything is shown. */
	int (*move)(struct ringbuf *b, size_t off, size_t sz);
};

/* Deliver at most max samples. The number, -EBADMSG for a ring that makes no sense, or -errno. */
int ringbuf_read(struct ringbuf *b, size_t max, ring_sample_fn fn, void *arg);

/* One CPU's perf ring (kernel/events/ring_buffer.c): data_head is the kernel's, data_tail ours. */
struct perf_event_mmap_page;

struct perf_buf {
	struct perf_event_mmap_page *page;
	const uint8_t *data;
	size_t sz;
	uint64_t head, tail; /* what a read works on */
	uint64_t lost;	     /* reported and not yet passed on */
	/* The sample at tail, where has. */
	bool has;
	uint64_t ts;
	uint64_t raw_pos;
	uint32_t raw_sz;
	uint16_t record_sz;
};

/* Deliver at most max samples of nr rings, the earliest first. scratch: RING_SAMPLE_MAX bytes. */
int perf_bufs_read(struct perf_buf *bufs, size_t nr, uint8_t *scratch, size_t max,
		   ring_sample_fn fn, void *arg);

#endif
