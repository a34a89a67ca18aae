/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled BPF object that copies memory. */
#include "base/embedded.h"

	embed sample_bpf, "sample.bpf.o.gz"
