/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled BPF objects. */
#include "base/embedded.h"

	embed trail_bpf, "trail.bpf.o.gz"
