/* SPDX-License-Identifier: GPL-2.0-only */
/* check.h - the doctor: what this kernel offers, line by line, for people. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "types/types.h"

/*
 * Print where types come from, what features_probe() found, what else matters to tracing (rights,
 * limits, settings), how to get what is missing, and last what skbtrail would use. Marks: "ok"
 * there, "--" missing but not needed, "!!" missing and needed. *can_trace: tracing works without
 * further options. Returns 0 or the -errno of writing.
 */
int check_print(FILE *out, const struct types_opts *o, bool *can_trace);

#endif
