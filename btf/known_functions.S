/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of functions (btf/known.h). */
#include "base/embedded.h"

	embed known_functions, "known_functions.txt.gz"
