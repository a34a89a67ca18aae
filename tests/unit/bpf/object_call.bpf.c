// SPDX-License-Identifier: GPL-2.0-only
/* Calls a function in its own section: kernels before 4.16 have no such calls. */
__attribute__((section("kprobe/call"), noinline)) static int twice(int v)
{
	asm volatile("" : "+r"(v));
	return 2 * v;
}

__attribute__((section("kprobe/call"), used)) int prog_call(int *ctx)
{
	return twice(3) + twice(4);
}
