// SPDX-License-Identifier: GPL-2.0-only
/* Refers to a symbol that the loader does not know. */
extern int somewhere_else(int);

__attribute__((section("kprobe/extern"), used)) int prog_extern(int *ctx)
{
	return somewhere_else(1);
}
