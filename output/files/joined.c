// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/joined.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "output/files/record_format.h"

/* Two traces of a boot may differ by what the clock was set meanwhile. */
#define SAME_BOOT_NS 60000000000

bool joined_is_head(const void *data, size_t sz)
{
	return sz >= RECORD_MAGIC_SZ && !memcmp(data, RECORD_MAGIC, RECORD_MAGIC_SZ);
}

/*
 * Each record is searched, so only every eighth byte is looked at: the magic has one of them, and
 * as its letters differ, that tells where it would start.
 */
bool joined_has_head(const void *data, size_t sz)
{
	static const uint8_t head[RECORD_HEAD_SZ] = RECORD_MAGIC "\1";
	static const uint8_t numbers[256] = {['S'] = 1, ['K'] = 2, ['B'] = 3, ['T'] = 4,
					     ['R'] = 5, ['A'] = 6, ['I'] = 7, ['L'] = 8};
	const uint8_t *p = data;

	for (size_t last = RECORD_MAGIC_SZ - 1; last < sz; last += RECORD_MAGIC_SZ) {
		size_t nr = numbers[p[last]], start;

		if (!nr)
			continue;
		start = last + 1 - nr;
		if (sz - start >= sizeof(head) && !memcmp(p + start, head, sizeof(head)))
			return true;
	}
	return false;
}

static void read_name(struct bytes *b, char *dst, size_t dst_sz)
{
	uint16_t len = bytes_u16(b);
	const char *p = bytes_take(b, len);

	if (p)
		text_escape(dst, dst_sz, p, len);
}

struct next {
	int64_t realtime_off;
	char hostname[4 * 65], release[4 * 65];
};

/* Host and boot of the record that begins here; false: it does not tell them. */
static bool read_next(const void *data, size_t sz, struct next *n)
{
	struct bytes b = bytes_of(data, sz);

	*n = (struct next){0};
	if (!joined_is_head(data, sz))
		return false;
	bytes_take(&b, RECORD_HEAD_SZ + 8);
	bytes_u64(&b);
	n->realtime_off = (int64_t)bytes_u64(&b);
	read_name(&b, n->hostname, sizeof(n->hostname));
	read_name(&b, n->release, sizeof(n->release));
	return !b.bad;
}

static bool is_same_boot(const struct next *n, const struct record_meta *meta)
{
	int64_t diff = n->realtime_off - meta->realtime_off;
	char host[sizeof(n->hostname)];

	text_escape(host, sizeof(host), meta->hostname, sizeof(meta->hostname));
	return !strcmp(n->hostname, host) && diff < SAME_BOOT_NS && diff > -SAME_BOOT_NS;
}

/* Of a file its length is known. */
static void warn_of_bytes(FILE *f, uint64_t at)
{
	off_t end;
	unsigned long long nr;

	if (fseeko(f, 0, SEEK_END) || (end = ftello(f)) < 0) {
		log_warn("what follows the end of the record is not read: it is no record");
		return;
	}
	nr = (uint64_t)end - at;
	log_warn("%llu byte%s behind the end of the record %s not read: a file holds one record",
		 nr, plural(nr), nr == 1 ? "is" : "are");
}

void joined_warn(const void *data, size_t sz, FILE *f, uint64_t at, const struct record_meta *meta)
{
	struct next next;

	if (!sz)
		return;
	if (!read_next(data, sz, &next)) {
		warn_of_bytes(f, at);
		return;
	}
	log_warn("another record follows at byte %" PRIu64 ", of '%s', Linux %s, of %s boot: it is "
		 "not read, as a replay tells one record; give it by itself: tail -c +%" PRIu64
		 " FILE | skbtrail -r -",
		 at, next.hostname, next.release,
		 is_same_boot(&next, meta) ? "the same" : "another", at + 1);
}
