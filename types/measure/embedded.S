/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled progs/sample.bpf.c. */
#include "base/embedded.h"

	embed sample_bpf, "sample.bpf.o.gz"
