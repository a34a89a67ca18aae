/* SPDX-License-Identifier: GPL-2.0-only */
/* tee.h - a sink that hands everything to two others. */
#ifndef OUTPUT_TEE_H
#define OUTPUT_TEE_H

#include "output/output.h"

/*
 * *sink becomes one that hands everything to *sink and to second, and owns both. What fails in the
 * second one ends only that one: *second_err gets its first error; it must outlive the sink.
 * Returns 0 or -ENOMEM; then nothing has changed.
 */
int sink_tee_open(struct sink **sink, struct sink *second, int *second_err);

#endif
