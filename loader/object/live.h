/* SPDX-License-Identifier: GPL-2.0-only */
/* live.h - which registers are read later. */
#ifndef LOADER_OBJECT_LIVE_H
#define LOADER_OBJECT_LIVE_H

#include <stdbool.h>

#include "loader/object/object.h"

/*
 * Sets *live to the registers, one bit each, that are live at each instruction: what dead
 * instructions read does not count. In the program's scratch: valid until the next call. Errors:
 * -ENOMEM.
 */
int live_find(const struct prog *prog, uint16_t **live, struct err *err);

/* Registers whose value is read on some path after the instruction at idx. */
uint16_t live_after(const struct insn_buf *code, const uint16_t *live, size_t idx);

/* The instruction at idx only writes a register that nothing reads. */
bool live_is_dead(const struct insn_buf *code, const uint16_t *live, size_t idx);

#endif
