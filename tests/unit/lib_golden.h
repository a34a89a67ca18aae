/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_golden.h - golden files: tests/golden/. UPDATE_GOLDEN=1 in the environment writes them anew;
 * look at the difference before you commit it.
 */
#ifndef TESTS_UNIT_LIB_GOLDEN_H
#define TESTS_UNIT_LIB_GOLDEN_H

#include <stddef.h>

/* Fails the test, with the new text, unless the file at path holds exactly this. */
void check_golden(const char *path, const char *text, size_t sz);

#endif
