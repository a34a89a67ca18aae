// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_pcapng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

/* The next option of b, with its padding. Returns its code; 0 at the end, which must be there. */
static uint16_t next_option(struct bytes *b, struct bytes *value)
{
	uint16_t code = bytes_u16(b), len = bytes_u16(b);
	const uint8_t *p = bytes_take(b, len);

	assert_false(b->bad);
	*value = bytes_of(p, len);
	while (b->off % 4)
		assert_int_equal(bytes_u8(b), 0);
	assert_false(b->bad);
	if (!code) {
		assert_int_equal(len, 0);
		assert_int_equal(bytes_left(b), 0);
	}
	return code;
}

static void text_of(const struct bytes *value, char *dst, size_t dst_sz)
{
	assert_true(value->sz < dst_sz);
	assert_int_equal(dst[0], 0); /* once */
	for (size_t i = 0; i < value->sz; i++)
		assert_true(value->data[i] >= 0x20 && value->data[i] != 0x7f);
	memcpy(dst, value->data, value->sz);
	dst[value->sz] = '\0';
}

static void read_section(struct pcapng_file *f, struct bytes *b)
{
	struct bytes value;
	uint16_t code;

	assert_int_equal(bytes_u32(b), 0x1a2b3c4d);
	assert_int_equal(bytes_u16(b), 1);
	assert_int_equal(bytes_u16(b), 0);
	assert_int_equal(bytes_u64(b), UINT64_MAX);
	while ((code = next_option(b, &value))) {
		assert_in_range(code, 1, 4);
		if (code == 1)
			text_of(&value, f->comment, sizeof(f->comment));
		else if (code == 2)
			text_of(&value, f->hardware, sizeof(f->hardware));
		else if (code == 3)
			text_of(&value, f->os, sizeof(f->os));
		else
			text_of(&value, f->program, sizeof(f->program));
	}
}

static void read_iface(struct pcapng_file *f, struct bytes *b)
{
	struct pcapng_iface *i;
	bool has_resolution = false;
	struct bytes value;
	uint16_t code;

	f->ifaces = realloc(f->ifaces, (f->nr_ifaces + 1) * sizeof(*i));
	i = &f->ifaces[f->nr_ifaces++];
	memset(i, 0, sizeof(*i));
	assert_int_equal(bytes_u16(b), 113);
	assert_int_equal(bytes_u16(b), 0);
	assert_int_equal(bytes_u32(b), 0);
	while ((code = next_option(b, &value))) {
		assert_true(code == 2 || code == 3 || code == 9);
		if (code == 2) {
			text_of(&value, i->name, sizeof(i->name));
		} else if (code == 3) {
			text_of(&value, i->description, sizeof(i->description));
		} else {
			assert_int_equal(value.sz, 1);
			assert_int_equal(value.data[0], 9);
			has_resolution = true;
		}
	}
	assert_true(has_resolution && i->name[0]);
}

static void read_verdict(struct pcapng_packet *p, struct bytes *value)
{
	assert_int_equal(value->sz, 9);
	p->verdict_of = bytes_u8(value);
	p->verdict = (int64_t)bytes_u64(value);
}

static void read_packet(struct pcapng_file *f, struct bytes *b)
{
	struct pcapng_packet *p;
	struct bytes value;
	uint16_t code;

	f->packets = realloc(f->packets, (f->nr_packets + 1) * sizeof(*p));
	p = &f->packets[f->nr_packets++];
	memset(p, 0, sizeof(*p));
	p->iface = bytes_u32(b);
	p->ts = (uint64_t)bytes_u32(b) << 32;
	p->ts |= bytes_u32(b);
	p->captured = bytes_u32(b);
	p->len = bytes_u32(b);
	p->data = bytes_take(b, p->captured);
	assert_non_null(p->data);
	assert_true(p->iface < f->nr_ifaces);
	assert_true(p->captured >= 16 && p->captured <= p->len);
	f->ifaces[p->iface].nr_packets++;
	while (b->off % 4)
		assert_int_equal(bytes_u8(b), 0);
	while ((code = next_option(b, &value))) {
		assert_true(code == 1 || code == 2 || code == 7);
		if (code == 1) {
			assert_null(p->comment);
			p->comment = calloc(1, value.sz + 1);
			text_of(&value, p->comment, value.sz + 1);
		} else if (code == 2) {
			assert_int_equal(value.sz, 4);
			p->flags = bytes_u32(&value);
		} else {
			read_verdict(p, &value);
		}
	}
	assert_non_null(p->comment);
}

static void read_statistics(struct pcapng_file *f, struct bytes *b)
{
	struct bytes value;

	assert_true(bytes_u32(b) < f->nr_ifaces);
	bytes_u64(b);
	f->statistics[0] = '\0';
	assert_int_equal(next_option(b, &value), 1);
	text_of(&value, f->statistics, sizeof(f->statistics));
	assert_int_equal(next_option(b, &value), 0);
}

void pcapng_read(struct pcapng_file *f, const void *data, size_t sz)
{
	struct bytes file = bytes_of(data, sz);

	*f = (struct pcapng_file){0};
	while (bytes_left(&file)) {
		size_t at = file.off;
		uint32_t type = bytes_u32(&file), len = bytes_u32(&file);
		struct bytes body;

		assert_int_equal(len % 4, 0);
		assert_true(len >= 12);
		body = bytes_of(bytes_take(&file, len - 12), len - 12);
		assert_int_equal(bytes_u32(&file), len);
		assert_false(file.bad);
		assert_int_equal(!at, type == 0x0a0d0d0a);
		if (type == 0x0a0d0d0a)
			read_section(f, &body);
		else if (type == 1)
			read_iface(f, &body);
		else if (type == 6)
			read_packet(f, &body);
		else if (type == 5)
			read_statistics(f, &body);
		else
			fail_msg("block type %u", type);
		assert_int_equal(bytes_left(&body), 0);
	}
}

void pcapng_release(struct pcapng_file *f)
{
	for (size_t i = 0; i < f->nr_packets; i++)
		free(f->packets[i].comment);
	free(f->ifaces);
	free(f->packets);
	*f = (struct pcapng_file){0};
}
