/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * measure.h - find out where the members of kernel structs are, on a kernel that does not say it.
 *
 * A child process sends packets of which everything is known in a network namespace of its own,
 * programs copy the raw memory of those packets and of what they point to, and the places are
 * deduced. The namespace, the probes and the child are gone when this returns.
 */
#ifndef TYPES_MEASURE_MEASURE_H
#define TYPES_MEASURE_MEASURE_H

#include "kern/features.h"
#include "kern/ksyms.h"
#include "types/measure/layout.h"

/*
 * ksyms: the running kernel's, or NULL to load them, which takes as long as all the rest. Takes
 * some tenths of a second. What cannot be found out is unknown in the layout; that is no error.
 * Errors, with a hint: -ENOTSUP where no program can be attached, those of making a namespace and
 * of attaching, -ENODATA where not even the packets' buffers were found.
 */
int measure_layout(struct layout *l, const struct features *features, const struct ksyms *ksyms,
		   struct err *err);

#endif
