// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/bpf/core_target.h"

/* clang writes BTF for the types of definitions only. */
struct thing a_thing;
struct many a_many;
struct only_here an_only_here;
enum mood a_mood;
enum huge a_huge;
