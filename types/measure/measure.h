/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * measure.h - measure member offsets of kernel structs, on a kernel without type information.
 *
 * A child process sends packets with known contents in a new network namespace, BPF programs copy
 * the raw memory of these packets and of what they point to, and deduce.h derives the offsets.
 * Namespace, probes and child are gone when measure_layout() returns.
 *
 * Used by types/; may include what types/ may (tests/layers.sh), but not types/ itself.
 */
#ifndef TYPES_MEASURE_MEASURE_H
#define TYPES_MEASURE_MEASURE_H

#include "kern/features.h"
#include "kern/ksyms.h"
#include "types/measure/layout.h"

/*
 * Takes a few tenths of a second. ksyms: the running kernel's, or NULL to load them, which doubles
 * that. Offsets that cannot be determined stay unknown in the layout; that is not an error.
 * Errors, with a hint: -ENOTSUP if no program can be attached, -ENODATA if not even the packet
 * buffers were found, those of creating the namespace and of attaching.
 */
int measure_layout(struct layout *l, const struct features *features, const struct ksyms *ksyms,
		   struct err *err);

#endif
