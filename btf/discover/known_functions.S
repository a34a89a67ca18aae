/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of functions (btf/discover/known.h). */
#include "base/embedded.h"

	embed known_functions, "known_functions.txt.gz"
