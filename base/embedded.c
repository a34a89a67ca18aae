// SPDX-License-Identifier: GPL-2.0-only
#include "base/embedded.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/inflate.h"

#define MOST_SZ (16U << 20) /* no embedded file is this large: a larger size is corrupt */

/* RFC 1952: the header is 10 bytes: magic, method (8: deflate), flags, mtime, XFL, OS. */
static bool header_ok(struct bytes *b)
{
	static const uint8_t start[] = {0x1f, 0x8b, 8, 0}; /* no flags: no name, no comment */
	const void *p = bytes_take(b, 10);

	return p && !memcmp(p, start, sizeof(start));
}

int embedded_open(const struct embedded *e, void **data, size_t *sz, struct err *err)
{
	struct bytes b = bytes_of(e->start, e->end - e->start), trailer;
	uint32_t crc, len;
	uint8_t *p = NULL;

	/* The trailer holds the size to allocate. */
	trailer = b.sz < 8 ? bytes_of(NULL, 0) : bytes_sub(&b, b.sz - 8, 8);
	crc = bytes_u32(&trailer);
	len = bytes_u32(&trailer);
	if (!trailer.bad && header_ok(&b) && len < MOST_SZ) {
		p = malloc(len + 1);
		if (!p)
			return err_set(err, -ENOMEM, "no memory for an embedded file");
	}
	if (!p || !inflate_bytes(&b, p, len) || bytes_left(&b) != 8 || crc32(0, p, len) != crc) {
		free(p);
		return err_set(err, -EINVAL, "an embedded file is damaged");
	}
	p[len] = '\0';
	*data = p;
	*sz = len;
	return 0;
}
