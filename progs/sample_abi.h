/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_abi.h - what the programs that copy raw kernel memory and the measuring in user space
 * (types/measure) must agree about.
 *
 * The array map "samples": element 0 begins with a struct sample_head; the program that sees a
 * packet that is wanted sets it so that no other is. The others hold a chunk of memory each.
 *
 * Constants, all u64: `arg` as in trail_abi.h; comm_lo, comm_hi: the name of the task whose packets
 * are wanted, as it lies in memory.
 *
 * splice_sample(frame, skb) stands for instructions that copy chunks (types/measure/sample.h). At
 * the call r1 is the frame, all of it initialised, and r2 the address of the skb. They may use
 * r0-r5, and reach the frame only through r10.
 */
#ifndef PROGS_SAMPLE_ABI_H
#define PROGS_SAMPLE_ABI_H

#include <linux/types.h>

#define SAMPLE_CHUNK_SZ 256
#define SAMPLE_HEAD	0 /* key of the head; those of chunks follow */

struct sample_head {
	__u64 wanted; /* not 0 */
	__u64 skb;    /* where the one was that is copied */
};

struct sample_frame {
	__u8 chunk[SAMPLE_CHUNK_SZ];
	__u64 skb;
	__u64 addr; /* what was read of a pointer */
	__u32 key;
	__u32 pad;
};

#endif
