/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_abi.h - contract between the programs that copy raw kernel memory and user space
 * (types/measure).
 *
 * Element 0 of the array map "samples" begins with a struct sample_head. The first program that
 * sees a packet of the task clears `wanted`, so that only this packet is copied. Each other element
 * is a struct sample_chunk_copy. The program leaves an element alone if it cannot read the chunk; its
 * round then differs from what `wanted` was.
 *
 * Constants, all u64: `arg` as in trail_abi.h; comm_lo and comm_hi: the 16 bytes of the name of the
 * task whose packet is copied.
 *
 * splice_sample(frame, skb) is replaced by instructions that copy chunks (types/measure/sample.h).
 * At the call r1 is the frame, fully initialised, and r2 the address of the skb. The instructions
 * may use r0-r5, and access the frame only through r10.
 */
#ifndef PROGS_SAMPLE_ABI_H
#define PROGS_SAMPLE_ABI_H

#include <linux/types.h>

#define SAMPLE_CHUNK_SZ 256
#define SAMPLE_HEAD	0 /* key of the head; the chunks have the keys after it */

struct sample_head {
	__u64 wanted; /* the number of this round; 0: copy nothing */
	__u64 skb;    /* address of the copied skb */
};

struct sample_chunk_copy {
	__u8 bytes[SAMPLE_CHUNK_SZ];
	__u64 round;
};

struct sample_frame {
	struct sample_chunk_copy copy;
	__u64 skb;
	__u64 addr; /* a pointer read from kernel memory */
	__u32 key;
	__u32 pad;
};

#endif
