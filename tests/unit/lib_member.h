/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_member.h - where a member is, looked up without the code under test. */
#ifndef TESTS_UNIT_LIB_MEMBER_H
#define TESTS_UNIT_LIB_MEMBER_H

#include "btf/btf.h"

/*
 * Bit offset of a member of a struct, in anonymous structs and unions too; "a.b" is b in the member
 * a. -1: it has none.
 */
int64_t member_bit_off(const struct btf *btf, const char *type, const char *member);

#endif
