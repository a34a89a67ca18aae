// SPDX-License-Identifier: GPL-2.0-only
#include "kern/features.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)

#define USER_END_4_LEVELS (1ULL << 47)

/*
 * With 5-level page tables, mmap() can return addresses above 47 bits if given such a hint. CPUID
 * is not enough: a kernel may use 4 levels on a CPU that supports 5.
 */
static bool has_5_levels(void)
{
	size_t sz = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap((void *)(USER_END_4_LEVELS << 3), sz, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, sz);
	return (uintptr_t)p >= USER_END_4_LEVELS;
}

uint64_t kernel_start(void)
{
	static uint64_t start;

	if (!start)
		start = has_5_levels() ? 0xff00000000000000 : 0xffff800000000000;
	return start;
}

#elif defined(__aarch64__)

/* 52-bit addresses; the four bits above may hold tags (KASAN). */
uint64_t kernel_start(void)
{
	return 0xf000000000000000;
}

#else

/* riscv64: Sv57 at most. */
uint64_t kernel_start(void)
{
	return 0xff00000000000000;
}

#endif
