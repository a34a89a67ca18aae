// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel offers the data pages twice in a row, so that no record is ever cut in two. Both
 * copies count as resident memory; so they are mapped once here, and the rare record at the end is
 * copied.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "output/ring_ops.h"

#define RELEASE_EVERY 32 /* samples between updates of the consumer's position */

struct ring_bpf {
	struct ring ring;
	struct ringbuf buf;
	int map_fd; /* not owned */
	size_t page_sz;
	void *consumer; /* mappings, or MAP_FAILED */
	void *producer;
};

static void ringbuf_release(struct ringbuf *b, uint64_t pos)
{
	__atomic_store_n(b->consumer_pos, pos, __ATOMIC_RELEASE);
}

int ringbuf_read(struct ringbuf *b, size_t max, ring_sample_fn fn, void *arg)
{
	uint64_t pos = *b->consumer_pos; /* nobody else writes it */
	uint64_t end = __atomic_load_n(b->producer_pos, __ATOMIC_ACQUIRE);
	size_t nr = 0;
	int ret = 0;

	while (pos < end && nr < max) {
		/* Headers are aligned to 8: never cut in two. */
		const uint32_t *hdr = (const void *)(b->data + (pos & (b->sz - 1)));
		uint32_t len = __atomic_load_n(hdr, __ATOMIC_ACQUIRE);
		uint32_t sz = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		uint64_t next = pos + ((uint64_t)sz + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (next - pos > b->sz || next > end) {
			ret = -EBADMSG;
			break;
		}
		if (!(len & BPF_RINGBUF_DISCARD_BIT) && sz <= RING_SAMPLE_MAX) {
			fn(arg,
			   ring_bytes(b->data, b->sz, pos + BPF_RINGBUF_HDR_SZ, sz, b->scratch), sz,
			   0);
			if (++nr % RELEASE_EVERY == 0)
				ringbuf_release(b, next);
		}
		pos = next;
	}
	ringbuf_release(b, pos);
	return ret ? ret : (int)nr;
}

static int ring_bpf_fd(const struct ring *r)
{
	return ((const struct ring_bpf *)r)->map_fd;
}

static int ring_bpf_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg)
{
	return ringbuf_read(&((struct ring_bpf *)r)->buf, max, fn, arg);
}

static void ring_bpf_close(struct ring *r)
{
	struct ring_bpf *rb = (struct ring_bpf *)r;

	if (rb->consumer != MAP_FAILED)
		munmap(rb->consumer, rb->page_sz);
	if (rb->producer != MAP_FAILED)
		munmap(rb->producer, rb->page_sz + rb->buf.sz);
	free(rb->buf.scratch);
	free(rb);
}

static const struct ring_ops ring_bpf_ops = {
	.fd = ring_bpf_fd,
	.read = ring_bpf_read,
	.close = ring_bpf_close,
	.wait_ms = -1,
};

/* Page 0 is the consumer's and may be written; then the producer's page and the data, twice. */
static int ring_bpf_map(struct ring_bpf *rb)
{
	rb->consumer = mmap(NULL, rb->page_sz, PROT_READ | PROT_WRITE, MAP_SHARED, rb->map_fd, 0);
	if (rb->consumer == MAP_FAILED)
		return -errno;
	rb->producer = mmap(NULL, rb->page_sz + rb->buf.sz, PROT_READ, MAP_SHARED, rb->map_fd,
			    rb->page_sz);
	if (rb->producer == MAP_FAILED)
		return -errno;
	rb->buf.consumer_pos = rb->consumer;
	rb->buf.producer_pos = rb->producer;
	rb->buf.data = (uint8_t *)rb->producer + rb->page_sz;
	return 0;
}

int ring_open_bpf(struct ring **out, int map_fd, size_t sz, struct err *err)
{
	struct ring_bpf *rb;
	int ret;

	if (!sz || sz & (sz - 1))
		return err_set(err, -EINVAL, "size of the ring buffer is %zu, not a power of two",
			       sz);
	rb = calloc(1, sizeof(*rb));
	if (!rb)
		return err_set(err, -ENOMEM, "out of memory for the ring buffer");
	rb->ring.ops = &ring_bpf_ops;
	rb->map_fd = map_fd;
	rb->page_sz = sysconf(_SC_PAGESIZE);
	rb->buf.sz = sz;
	rb->buf.scratch = malloc(RING_SAMPLE_MAX);
	rb->consumer = rb->producer = MAP_FAILED;
	ret = rb->buf.scratch ? ring_bpf_map(rb) : -ENOMEM;
	if (ret) {
		ring_bpf_close(&rb->ring);
		return err_sys(err, ret, "cannot map the ring buffer of %zu KiB", sz >> 10);
	}
	*out = &rb->ring;
	return 0;
}
