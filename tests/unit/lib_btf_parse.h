/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_btf_parse.h - hand-made BTF, parsed. */
#ifndef TESTS_UNIT_LIB_BTF_PARSE_H
#define TESTS_UNIT_LIB_BTF_PARSE_H

#include "btf/btf.h"
#include "btf/build.h"

/* What was built so far; the test fails where it is refused. The caller frees it. */
struct btf *bb_parse(struct btf_build *b, const struct btf *base);

#endif
