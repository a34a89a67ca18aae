/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_json.h - is this JSON? (RFC 8259) */
#ifndef TESTS_UNIT_LIB_JSON_H
#define TESTS_UNIT_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True if the whole text is one object or array, in ASCII, without white space but for line feeds
 * around the items of arrays.
 */
bool json_is_object(const char *text, size_t sz);
bool json_is_array(const char *text, size_t sz);

#endif
