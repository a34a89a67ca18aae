/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - internals of the event transports: the ring interface and the parsers of both ring
 * formats, which work on plain memory.
 *
 * The room output/ring receives samples from the kernel through a BPF ring buffer or perf rings,
 * and sorts them. It includes output/'s headers, but not output/files.
 */
#ifndef OUTPUT_RING_PRIVATE_H
#define OUTPUT_RING_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

struct ring_ops {
	int (*fd)(const struct ring *r);
	int (*read)(struct ring *r, size_t max, ring_sample_fn fn, void *arg);
	bool (*is_filling)(const struct ring *r);
	void (*close)(struct ring *r);
	int wait_ms;
};

struct ring {
	const struct ring_ops *ops;
};

#define RING_SAMPLE_MAX (64 * 1024) /* the size of a perf record has 16 bits */

/*
 * Get sz bytes at pos of a ring of data_sz bytes (a power of two): in place, or copied to scratch
 * (sz bytes) if they wrap around.
 */
const void *ring_bytes(const uint8_t *data, size_t data_sz, uint64_t pos, size_t sz, void *scratch);

/*
 * A BPF ring buffer (kernel/bpf/ringbuf.c). Positions only grow. Each record has an 8-byte header:
 * the length with flags BUSY (not yet committed) and DISCARD, and a page offset for the kernel's
 * use.
 */
struct ringbuf {
	uint64_t *consumer_pos;	      /* written by us */
	const uint64_t *producer_pos; /* written by the kernel */
	size_t sz;
	/*
	 * The accessible part of the ring: view_sz bytes from view_off. It may extend into the
	 * second copy that the kernel maps behind the first, so records are contiguous.
	 */
	const uint8_t *view;
	size_t view_off, view_sz;
	/* Move the view to cover sz bytes at off (< b->sz); 0 or -errno. NULL: view is complete. */
	int (*move)(struct ringbuf *b, size_t off, size_t sz);
};

/* Deliver at most max samples. Returns their number, -EBADMSG if the ring is corrupt, or -errno. */
int ringbuf_read(struct ringbuf *b, size_t max, ring_sample_fn fn, void *arg);

/* One CPU's perf ring (kernel/events/ring_buffer.c). The kernel moves data_head, we data_tail. */
struct perf_event_mmap_page;

struct perf_buf {
	struct perf_event_mmap_page *page;
	const uint8_t *data;
	size_t sz;
	uint64_t head, tail; /* during a read */
	uint64_t lost;	     /* reported by the kernel, not yet passed on */
	/* The sample at tail, if has. */
	bool has;
	uint64_t ts;
	uint64_t raw_pos;
	uint32_t raw_sz;
	uint16_t record_sz;
};

/*
 * Deliver at most max samples of nr rings, the earliest first. scratch has RING_SAMPLE_MAX bytes.
 * Returns their number, or -EBADMSG if a ring is corrupt.
 */
int perf_bufs_read(struct perf_buf *bufs, size_t nr, uint8_t *scratch, size_t max,
		   ring_sample_fn fn, void *arg);

#endif
