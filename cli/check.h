/* SPDX-License-Identifier: GPL-2.0-only */
/* check.h - --check: report what this kernel offers, and what skbtrail would use. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "types/types.h"

/*
 * Print the sources of types, the results of features_probe(), other facts relevant to tracing
 * (privileges, limits, settings), how to get what is missing, and finally what skbtrail would use.
 * Marks: "ok" present, "--" missing but not needed, "!!" missing and needed. *can_trace is set if
 * tracing works without further options. Returns 0 or -errno of writing to out.
 */
int check_print(FILE *out, const struct types_opts *o, bool *can_trace);

#endif
