/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf.h - what every BPF program here needs: helpers, constants, maps, registers.
 *
 * progs/ is the code that runs in the kernel. It includes no other room and no kernel or libc
 * header.
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

/* Helpers, by number: enum bpf_func_id in include/uapi/linux/bpf.h. */
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
 * CFG(name) is a constant set from the options, MAP(name) a map. Each is an ld_imm64 of an
 * undefined symbol, filled in by the loader (loader/object/object.h). In assembly so that the
 * compiler neither assumes anything about the value nor emits its own kind of relocation.
 */
#define CFG(name)                                                                                  \
	({                                                                                         \
		u64 __v;                                                                           \
		asm("%0 = cfg_" #name " ll" : "=r"(__v));                                          \
		__v;                                                                               \
	})
/*
 * The same, but loaded here. A value that the compiler has spilled to the stack since an earlier
 * use is no longer a constant to the loader, nor to verifiers before 5.3.
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

/* The value of an array map with one element, without a lookup (5.2); where CFG(map_value). */
#define MAP_VALUE(name)                                                                            \
	({                                                                                         \
		void *__m;                                                                         \
		asm("%0 = value_" #name " ll" : "=r"(__m));                                        \
		__m;                                                                               \
	})

/*
 * Keep the compiler from merging the tails of two branches. Merged stores to two stack slots become
 * one store to a computed address, which verifiers before 4.14 cannot track.
 */
#define KEEP_APART() asm volatile("" ::: "memory")

/*
 * A point where verifiers before 4.14 can prune, for use before long code that many paths reach.
 * They compare states only at targets of conditional jumps, and states with different constants
 * left in registers never match. The helper call clobbers r0-r5; r6-r9 get an unknown value. It
 * is tested so that the loader does not remove the assignments as dead (prog_fold()). Kernels that
 * have values of maps need none of it.
 */
#define WAYS_MEET()                                                                                \
	do {                                                                                       \
		if (!CFG_HERE(map_value)) {                                                        \
			u64 __cpu = bpf_get_smp_processor_id();                                    \
			asm volatile("r6 = %0\n"                                                   \
				     "r7 = %0\n"                                                   \
				     "r8 = %0\n"                                                   \
				     "r9 = %0\n"                                                   \
				     "%0 |= r6\n"                                                  \
				     "%0 |= r7\n"                                                  \
				     "%0 |= r8\n"                                                  \
				     "%0 |= r9\n"                                                  \
				     "if %0 != -1 goto +2\n"                                       \
				     "r0 = 0\n"                                                    \
				     "exit\n"                                                      \
				     : "+r"(__cpu)::"r6", "r7", "r8", "r9");                       \
		}                                                                                  \
	} while (0)

/* Force *p to be reloaded from memory: to verifiers before 4.14 the values loaded are unknown. */
#define FORGET(p) asm volatile("" ::"r"(p) : "memory")

/* bpf_rdonly_cast(), where CFG(direct_loads). */
extern u64 splice_cast(u64 addr);

/* Whether the running kernel's struct has the member; a constant at load time. */
#define HAS(ptr, member) __builtin_preserve_field_info((ptr)->member, 2 /* FIELD_EXISTENCE */)

/* FIELD_BYTE_OFFSET: of the member in the running kernel, which must have it. */
#define OFFSET(ptr, member) __builtin_preserve_field_info((ptr)->member, 0)

/*
 * Reads of kernel memory. READ() reads a member of a kernel struct at its offset in the running
 * kernel; READ_INTO() reads sz bytes of it into a buffer. A read that fails yields zeroes. A member
 * that the kernel's types lack is not read: READ() yields 0 and READ_INTO() leaves the buffer
 * unchanged. (The read is dead code then; the loader removes it without relocating it.)
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
		if (!HAS(ptr, member)) {                                                           \
		} else if (CFG_HERE(direct_loads)) {                                               \
			__val = ((__typeof__(ptr))splice_cast((u64)(ptr)))->member;                \
		} else {                                                                           \
			__typeof__(__val) __read = 0;                                              \
			bpf_probe_read_kernel(&__read, sizeof(__read),                             \
					      __builtin_preserve_access_index(&(ptr)->member));    \
			__val = __read;                                                            \
		}                                                                                  \
		__val;                                                                             \
	})

#if defined(__TARGET_x86_64)
#define ADD_VSYSCALL "%1 += 0xa00000\n" /* INSN_VSYSCALL in base/insn.h */
#else
#define ADD_VSYSCALL
#endif

/*
 * Sanitise a pointer before it is dereferenced. A register or a word of memory may hold anything,
 * and the kernel warns when it reads a non-canonical address. Addresses below the kernel's half of
 * the address space become NULL, and so does the page of vsyscalls. Branch-free, to spare the
 * verifier more paths. Do not use it on a value that has a pointer type in the verifier.
 */
__inline u64 kernel_addr(u64 addr)
{
	u64 half = addr, is_kernel;

	asm volatile("%0 = cfg_below_kernel ll\n" ADD_VSYSCALL "%1 >>= 1\n"
		     "%0 -= %1\n"
		     "%0 s>>= 63\n"
		     "%2 &= %0\n"
		     : "=&r"(is_kernel), "+r"(half), "+r"(addr));
	return addr;
}

/* READ() of a pointer that will be dereferenced. */
#define READ_PTR(ptr, member) ((__typeof__((ptr)->member))kernel_addr((u64)READ(ptr, member)))

/* Read a member that is a bit-field in some kernels, as an unsigned value of up to 64 bits. */
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
 * Index in the target's struct pt_regs, in u64, of argument registers, stack pointer, instruction
 * pointer and (if any) link register. Source: arch/ * /include/uapi/asm/ptrace.h.
 */
#if defined(__TARGET_x86_64)
#define REG_NR_ARGS 6
/* di, si, dx, cx, r8, r9 */
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
