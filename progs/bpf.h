/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf.h - the few things every program here needs: helpers, constants, maps, registers.
 *
 * No kernel or libc header is included: programs are compiled without any.
 */
#ifndef PROGS_BPF_H
#define PROGS_BPF_H

#include <stdbool.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#define NULL	  ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define __inline static inline __attribute__((always_inline))
#define offsetof(t, m) __builtin_offsetof(t, m)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define be16(x) __builtin_bswap16(x)
#define be32(x) __builtin_bswap32(x)
#else
#define be16(x) (x)
#define be32(x) (x)
#endif

/* Numbers of helpers: enum bpf_func_id of include/uapi/linux/bpf.h. */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value,
					 u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static u64 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*const bpf_get_current_comm)(void *buf, u32 sz) = (void *)16;
static long (*const bpf_perf_event_output)(void *ctx, void *map, u64 flags, void *data,
					   u64 sz) = (void *)25;
static long (*const bpf_get_stackid)(void *ctx, void *map, u64 flags) = (void *)27;
static long (*const bpf_get_stack)(void *ctx, void *buf, u32 sz, u64 flags) = (void *)67;
static long (*const bpf_probe_read_kernel)(void *dst, u32 sz, const void *addr) = (void *)113;
static long (*const bpf_ringbuf_output)(void *map, void *data, u64 sz, u64 flags) = (void *)130;
static u64 (*const bpf_get_func_ip)(void *ctx) = (void *)173;

/*
 * A constant from the options, and a map: an ld_imm64 that refers to an undefined symbol,
 * which the loader fills in (loader/object/object.h). Assembly, so that the compiler neither
 * assumes anything about the value nor makes a relocation of its own.
 */
#define CFG(name)                                                                                  \
	({                                                                                         \
		u64 __v;                                                                           \
		asm("%0 = cfg_" #name " ll" : "=r"(__v));                                          \
		__v;                                                                               \
	})
/*
 * The same, read at this very place. A value that the compiler keeps on the stack from an earlier
 * use is no constant any more, to the loader and to verifiers before 5.3.
 */
#define CFG_HERE(name)                                                                             \
	({                                                                                         \
		u64 __v;                                                                           \
		asm volatile("%0 = cfg_" #name " ll" : "=r"(__v));                                 \
		__v;                                                                               \
	})
#define MAP(name)                                                                                  \
	({                                                                                         \
		void *__m;                                                                         \
		asm("%0 = map_" #name " ll" : "=r"(__m));                                          \
		__m;                                                                               \
	})

/*
 * At the end of two ways that meet: the compiler must not merge what they end with. "Store to one
 * of these two places on the stack" is an address that verifiers before 4.14 do not follow.
 */
#define KEEP_APART() asm volatile("" ::: "memory")

/*
 * Before long code that many ways lead to: here they become one for a verifier of before 4.14. That
 * one compares states at targets of conditional jumps only, and constants left in registers tell
 * them apart. r0-r5 do not outlive a call, any call; the others get a value that nobody knows,
 * which is looked at so that the loader does not take it away (prog_fold()).
 */
#define WAYS_MEET()                                                                                \
	({                                                                                         \
		u64 __cpu = bpf_get_smp_processor_id();                                            \
		asm volatile("r6 = %0\n"                                                           \
			     "r7 = %0\n"                                                           \
			     "r8 = %0\n"                                                           \
			     "r9 = %0\n"                                                           \
			     "%0 |= r6\n"                                                          \
			     "%0 |= r7\n"                                                          \
			     "%0 |= r8\n"                                                          \
			     "%0 |= r9\n"                                                          \
			     "if %0 != -1 goto +2\n"                                               \
			     "r0 = 0\n"                                                            \
			     "exit\n"                                                              \
			     : "+r"(__cpu)::"r6", "r7", "r8", "r9");                               \
	})

/* From here on what p points to is read from memory, where that verifier takes it for anything. */
#define FORGET(p) asm volatile("" ::"r"(p) : "memory")

/* Whether the running kernel's struct has the member: decided at load. */
#define HAS(ptr, member) __builtin_preserve_field_info((ptr)->member, 2 /* FIELD_EXISTENCE */)

/*
 * Kernel memory. READ() reads a member of a kernel struct, at the offset that it has in the
 * running kernel; READ_INTO() reads sz bytes of one into a buffer. A read that fails
 * yields zeroes. A member that the kernel's types lack is not read at all: READ() yields 0, and the
 * buffer stays as it is. (What is never reached need not be relocated: the loader removes it.)
 */
#define READ_INTO(buf, sz, ptr, member)                                                            \
	do {                                                                                       \
		if (HAS(ptr, member))                                                              \
			bpf_probe_read_kernel(buf, sz,                                             \
					      __builtin_preserve_access_index(&(ptr)->member));    \
	} while (0)

#define READ(ptr, member)                                                                          \
	({                                                                                         \
		__typeof__((ptr)->member) __val = 0;                                               \
		READ_INTO(&__val, sizeof(__val), ptr, member);                                     \
		__val;                                                                             \
	})

/*
 * A pointer that is to be followed, checked where it is obtained: a register or a word of memory may
 * hold anything, and a kernel that is made to read a non-canonical address warns. What is below the
 * kernel's half of the address space becomes NULL. There are no branches, so that a verifier has
 * nothing to follow. Not for what the verifier knows to be a pointer.
 */
__inline u64 kernel_addr(u64 addr)
{
	u64 half = addr, is_kernel;

	asm volatile("%0 = cfg_below_kernel ll\n"
		     "%1 >>= 1\n"
		     "%0 -= %1\n"
		     "%0 s>>= 63\n"
		     "%2 &= %0\n"
		     : "=&r"(is_kernel), "+r"(half), "+r"(addr));
	return addr;
}

/* READ() of a pointer that is to be followed. */
#define READ_PTR(ptr, member)                                                                      \
	((__typeof__((ptr)->member))kernel_addr((u64)READ(ptr, member)))

/* A member that is a bit-field in some kernels, as an unsigned value of up to 64 bits. */
#define READ_BITS(ptr, member)                                                                     \
	({                                                                                         \
		u64 __word = 0;                                                                    \
		if (HAS(ptr, member)) {                                                            \
			bpf_probe_read_kernel(                                                     \
				&__word, __builtin_preserve_field_info((ptr)->member, 1),          \
				(void *)(ptr) + __builtin_preserve_field_info((ptr)->member, 0));  \
			__word <<= __builtin_preserve_field_info((ptr)->member, 4);                \
			__word >>= __builtin_preserve_field_info((ptr)->member, 5);                \
		}                                                                                  \
		__word;                                                                            \
	})

/*
 * pt_regs of the target: argument registers in order, the stack pointer, the return
 * address. Source: arch/ * /include/uapi/asm/ptrace.h.
 */
#if defined(__TARGET_x86_64)
#define REG_NR_ARGS 6
/* di, si, dx, cx, r8, r9 of struct pt_regs, in u64 */
#define REG_ARG0 14
#define REG_ARG1 13
#define REG_ARG2 12
#define REG_ARG3 11
#define REG_ARG4 9
#define REG_ARG5 8
#define REG_IP	 16
#define REG_SP	 19
#elif defined(__TARGET_arm64)
#define REG_NR_ARGS 8
#define REG_ARG0    0
#define REG_ARG1    1
#define REG_ARG2    2
#define REG_ARG3    3
#define REG_ARG4    4
#define REG_ARG5    5
#define REG_ARG6    6
#define REG_ARG7    7
#define REG_LR	    30
#define REG_SP	    31
#define REG_IP	    32
#elif defined(__TARGET_riscv64)
#define REG_NR_ARGS 8
#define REG_ARG0    10
#define REG_ARG1    11
#define REG_ARG2    12
#define REG_ARG3    13
#define REG_ARG4    14
#define REG_ARG5    15
#define REG_ARG6    16
#define REG_ARG7    17
#define REG_LR	    1
#define REG_SP	    2
#define REG_IP	    0
#else
#error "no register table for this architecture"
#endif

#endif
