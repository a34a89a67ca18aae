// SPDX-License-Identifier: GPL-2.0-only
#include "kern/features.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)

#define USER_END_4_LEVELS (1ULL << 47)

/*
 * With five levels of page tables a mapping may be above 47 bits, if that is asked for. The processor
 * does not tell: the kernel may run on four levels where it could have five.
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
	return has_5_levels() ? 0xff00000000000000 : 0xffff800000000000;
}

#elif defined(__aarch64__)

/* 52 bits of addresses; the four above may be tags (KASAN). */
uint64_t kernel_start(void)
{
	return 0xf000000000000000;
}

#else

/* riscv64: Sv57. */
uint64_t kernel_start(void)
{
	return 0xff00000000000000;
}

#endif
