// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_btf_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct btf *bb_parse(struct btf_build *b, const struct btf *base)
{
	struct err err = ERR_INIT;
	struct btf *btf = NULL;
	size_t sz;
	void *blob = bb_finish(b, &sz);

	if (btf_parse(&btf, blob, sz, base, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(err.code, 0);
	return btf;
}
