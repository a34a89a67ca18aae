// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF ring buffer (5.8). A large ring absorbs bursts, but mapped pages count as resident memory. So
 * only a window of it is mapped, and moved about every 3,000 events.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "output/ring/private.h"

#define RELEASE_EVERY 32 /* samples between updates of the consumer position */
#define WINDOW_SZ     ((size_t)512 * 1024)

struct ring_bpf {
	struct ring ring;
	struct ringbuf buf;
	int map_fd; /* not owned */
	size_t page_sz;
	void *consumer; /* mapped page, or MAP_FAILED */
	void *producer; /* likewise */
	void *window;	/* buf.view_sz mapped bytes, or MAP_FAILED */
};

static void ringbuf_release(struct ringbuf *b, uint64_t pos)
{
	__atomic_store_n(b->consumer_pos, pos, __ATOMIC_RELEASE);
}

/* Make sz bytes at pos accessible, and point *p to them. */
static int ringbuf_at(struct ringbuf *b, uint64_t pos, size_t sz, const uint8_t **p)
{
	size_t off = pos & (b->sz - 1);
	int ret;

	if (off < b->view_off || off + sz > b->view_off + b->view_sz) {
		ret = b->move ? b->move(b, off, sz) : -EBADMSG;
		if (ret)
			return ret;
	}
	*p = b->view + (off - b->view_off);
	return 0;
}

int ringbuf_read(struct ringbuf *b, size_t max, ring_sample_fn fn, void *arg)
{
	uint64_t pos = *b->consumer_pos; /* only written here */
	uint64_t end = __atomic_load_n(b->producer_pos, __ATOMIC_ACQUIRE);
	size_t nr = 0;
	int ret = 0;

	while (pos < end && nr < max) {
		const uint8_t *record;
		uint64_t next;
		uint32_t len, sz;

		ret = ringbuf_at(b, pos, BPF_RINGBUF_HDR_SZ, &record);
		if (ret)
			break;
		len = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		sz = len & ~BPF_RINGBUF_DISCARD_BIT;
		next = pos + ((uint64_t)sz + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		if (next - pos > b->sz || next > end) {
			ret = -EBADMSG;
			break;
		}
		if (!(len & BPF_RINGBUF_DISCARD_BIT) && sz <= RING_SAMPLE_MAX) {
			ret = ringbuf_at(b, pos, BPF_RINGBUF_HDR_SZ + sz, &record);
			if (ret)
				break;
			fn(arg, record + BPF_RINGBUF_HDR_SZ, sz, 0);
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

static bool ring_bpf_is_filling(const struct ring *r)
{
	const struct ringbuf *b = &((const struct ring_bpf *)r)->buf;

	return __atomic_load_n(b->producer_pos, __ATOMIC_RELAXED) - *b->consumer_pos > b->sz / 8;
}

static void unmap_window(struct ring_bpf *rb)
{
	if (rb->window != MAP_FAILED)
		munmap(rb->window, rb->buf.view_sz);
	rb->window = MAP_FAILED;
	rb->buf.view_sz = 0;
}

/*
 * Layout of a mapped ring buffer map: the consumer page, writable; the producer page; the data,
 * twice in a row.
 */
static int move_window(struct ringbuf *b, size_t off, size_t sz)
{
	struct ring_bpf *rb = (struct ring_bpf *)((char *)b - offsetof(struct ring_bpf, buf));
	size_t start = off & ~(rb->page_sz - 1), left = 2 * b->sz - start;

	if (off + sz - start > WINDOW_SZ)
		return -EBADMSG;
	unmap_window(rb);
	b->view_off = start;
	b->view_sz = left < WINDOW_SZ ? left : WINDOW_SZ;
	rb->window =
		mmap(NULL, b->view_sz, PROT_READ, MAP_SHARED, rb->map_fd, 2 * rb->page_sz + start);
	if (rb->window == MAP_FAILED) {
		b->view_sz = 0;
		return -errno;
	}
	b->view = rb->window;
	return 0;
}

static void ring_bpf_close(struct ring *r)
{
	struct ring_bpf *rb = (struct ring_bpf *)r;

	if (rb->consumer != MAP_FAILED)
		munmap(rb->consumer, rb->page_sz);
	if (rb->producer != MAP_FAILED)
		munmap(rb->producer, rb->page_sz);
	unmap_window(rb);
	free(rb);
}

static const struct ring_ops ring_bpf_ops = {
	.fd = ring_bpf_fd,
	.read = ring_bpf_read,
	.is_filling = ring_bpf_is_filling,
	.close = ring_bpf_close,
	.wait_ms = -1,
};

static int ring_bpf_map(struct ring_bpf *rb)
{
	rb->consumer = mmap(NULL, rb->page_sz, PROT_READ | PROT_WRITE, MAP_SHARED, rb->map_fd, 0);
	if (rb->consumer == MAP_FAILED)
		return -errno;
	rb->producer = mmap(NULL, rb->page_sz, PROT_READ, MAP_SHARED, rb->map_fd, rb->page_sz);
	if (rb->producer == MAP_FAILED)
		return -errno;
	rb->buf.consumer_pos = rb->consumer;
	rb->buf.producer_pos = rb->producer;
	return move_window(&rb->buf, 0, 0);
}

int ring_open_bpf(struct ring **out, int map_fd, size_t sz, struct err *err)
{
	struct ring_bpf *rb;
	int ret;

	if (!sz || sz & (sz - 1))
		return err_set(err, -EINVAL, "ring buffer size %zu is not a power of two", sz);
	rb = calloc(1, sizeof(*rb));
	if (!rb)
		return err_set(err, -ENOMEM, "out of memory for the ring buffer");
	rb->ring.ops = &ring_bpf_ops;
	rb->map_fd = map_fd;
	rb->page_sz = sysconf(_SC_PAGESIZE);
	rb->buf.sz = sz;
	rb->buf.move = move_window;
	rb->consumer = rb->producer = rb->window = MAP_FAILED;
	ret = ring_bpf_map(rb);
	if (ret) {
		ring_bpf_close(&rb->ring);
		return err_sys(err, ret, "cannot map a ring buffer of %zu KiB", sz >> 10);
	}
	*out = &rb->ring;
	return 0;
}
