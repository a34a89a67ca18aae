// SPDX-License-Identifier: GPL-2.0-only
/* Programs that the unit tests of loader/object take through its stages. */
#include <stdint.h>

#define SEC(name) __attribute__((section(name), used))
#define CFG(name)                                                                                  \
	({                                                                                         \
		uint64_t cfg_value;                                                                \
		asm("%0 = cfg_" #name " ll" : "=r"(cfg_value));                                    \
		cfg_value;                                                                         \
	})
#define MAP(name)                                                                                  \
	({                                                                                         \
		void *map_value;                                                                   \
		asm("%0 = map_" #name " ll" : "=r"(map_value));                                    \
		map_value;                                                                         \
	})

static long (*probe_read)(void *dst, uint32_t sz, const void *src) = (void *)4;
static long (*probe_read_kernel)(void *dst, uint32_t sz, const void *src) = (void *)113;
static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static uint64_t (*from_the_future)(uint64_t v) = (void *)9999;
static uint64_t (*opaque)(uint64_t v) = (void *)6666;

extern int splice_filter(void *frame, uint64_t data, uint64_t len);

/* One helper of two, chosen by an option; one that no kernel has. */
SEC("kprobe/helpers") int prog_helpers(const void *ctx)
{
	uint64_t v = 0;

	if (CFG(future))
		return from_the_future(7);
	if (CFG(new_helpers))
		probe_read_kernel(&v, sizeof(v), ctx);
	else
		probe_read(&v, sizeof(v), ctx);
	return v + CFG(add);
}

/* All comparisons, signed and unsigned, that an option can decide. */
SEC("kprobe/compare") int prog_compare(const void *ctx)
{
	uint64_t a = CFG(a), b = CFG(b);
	uint64_t bits = 0;

	if (a < b)
		bits |= opaque(1);
	if (a >= b + 1)
		bits |= opaque(2);
	if ((int64_t)a < (int64_t)b)
		bits |= opaque(4);
	if ((int64_t)a > 100)
		bits |= opaque(8);
	if ((a & 0xff) == 5)
		bits |= opaque(16);
	if ((uint32_t)a << 3 == 40)
		bits |= opaque(32);
	if (b && a / 3 == b)
		bits |= opaque(64);
	if (__builtin_bswap16(a) == 0x500)
		bits |= opaque(128);
	switch (b) {
	case 0:
		bits |= opaque(256);
		break;
	case 1:
		bits |= opaque(512);
		break;
	case 7:
		bits |= opaque(1024);
	}
	return bits;
}

/* More values over calls than there are registers, so options go to the stack and back. */
SEC("kprobe/spill") int prog_spill(const void *ctx)
{
	uint64_t a = CFG(a), b = CFG(b), c = CFG(c), d = CFG(d), e = CFG(e), f = CFG(f);
	uint64_t v = 0;

	/* The compiler must not move the loads to their uses. */
	asm volatile("" : "+r"(a), "+r"(b));
	asm volatile("" : "+r"(c), "+r"(d));
	asm volatile("" : "+r"(e), "+r"(f));
	probe_read_kernel(&v, sizeof(v), ctx);
	if (a)
		v += opaque(v);
	if (b)
		v ^= opaque(v + 1);
	if (c)
		v += opaque(v + 2) * c;
	if (d)
		v ^= opaque(v + 3);
	if (e)
		v += opaque(v + 4);
	if (f)
		v ^= opaque(v + 5) + a + b + d + e;
	return v;
}

/* A map that only some options use. */
SEC("kprobe/map") int prog_map(const void *ctx)
{
	uint32_t key = 3;
	uint64_t *v;

	if (!CFG(use_map))
		return 1;
	v = map_lookup(MAP(stats), &key);
	return v ? *v : 2;
}

/* Two places for instructions from elsewhere, with jumps across them. */
SEC("kprobe/splice") int prog_splice(const uint64_t *ctx)
{
	uint64_t pad[2], frame[4] = {};
	uint64_t n = opaque(1);

	pad[0] = n;
	pad[1] = n + 1;
	if (CFG(filter) && !splice_filter(frame, n, 10))
		return 100;
	if (n > 1 && CFG(filter) > 1) {
		frame[1] = n;
		asm volatile("" : : "r"(pad) : "memory");
		if (splice_filter(pad, n, 20) == 0)
			return 200;
	}
	return 300 + n;
}

struct thing {
	uint64_t first;
	uint32_t second;
	uint32_t third;
} __attribute__((preserve_access_index));

/* Reads through CO-RE, one of them only where the option says that the field is there. */
SEC("kprobe/core") int prog_core(const struct thing *ctx)
{
	uint32_t v = 0;

	if (CFG(has_third))
		probe_read(&v, sizeof(v), &ctx->third);
	else
		probe_read(&v, sizeof(v), &ctx->second);
	return v;
}
