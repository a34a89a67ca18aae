/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trail_abi.h - everything that the programs in the kernel and the program in user space
 * must agree about. Included by both sides; nothing else is shared.
 *
 * Fixed-width types, no implicit padding, little-endian or big-endian as the machine is.
 * Append only: a reader looks at `version` and `size` and never past `size`.
 */
#ifndef PROGS_TRAIL_ABI_H
#define PROGS_TRAIL_ABI_H

#include <linux/types.h>

#define TRAIL_ABI_VERSION 1

enum trail_event_type {
	TRAIL_EVENT_SKB = 1,  /* an skb was seen at a probe */
	TRAIL_EVENT_XDP = 2,  /* a struct xdp_buff at an XDP program: `skb` is its address */
	TRAIL_EVENT_PART = 3, /* a struct trail_part */
};

enum trail_event_flag {
	TRAIL_F_TRACEPOINT = 1 << 0,  /* `source` is a tracepoint, `ip` is 0 */
	TRAIL_F_REASON = 1 << 1,      /* `reason` was an argument of the probed function */
	TRAIL_F_HDR_FROM_SK = 1 << 2, /* `hdr` was built from the socket: no header written yet */
	TRAIL_F_VLAN = 1 << 3,	      /* `vlan_tci` holds a hardware-accelerated tag */
	TRAIL_F_PROG = 1 << 4,	      /* `source` is a BPF program (tc or XDP), `ip` is 0 */
	TRAIL_F_VERDICT = 1 << 5,     /* `reason` is what the program returned, as an int */
	TRAIL_F_BY_STACK = 1 << 6,    /* known by what its caller handles, not by its arguments */
	TRAIL_F_SKB_GONE = 1 << 7,    /* only `skb` is known: it was freed, or is not filled in */
	TRAIL_F_PARTS_LOST = 1 << 8,  /* there was no room for a part of it */
};

#define TRAIL_HDR_SZ  80 /* IPv6 header, 20 bytes of extensions, TCP header */
#define TRAIL_NAME_SZ 16 /* TASK_COMM_LEN and IFNAMSIZ */
#define TRAIL_NO_ARG  0xff
#define TRAIL_ANY_ARG 0xfe

/* What a function means for the life of the skb that it is called with. */
enum trail_life {
	TRAIL_LIFE_NONE,
	TRAIL_LIFE_FREES,   /* may be called while the skb is freed */
	TRAIL_LIFE_DYING,   /* frees it, and what it is is still read */
	TRAIL_LIFE_PARTIAL, /* begins to; if its second argument is not 0, without the last step */
	TRAIL_LIFE_LAST,    /* begins to, always without it */
	TRAIL_LIFE_END,	    /* the last step */
	TRAIL_LIFE_DEFERS,  /* queues it: another function frees it later, maybe on another CPU */
};

/* What a program is attached to. */
enum trail_context {
	TRAIL_AT_FUNCTION,   /* the context is a struct pt_regs */
	TRAIL_AT_TRACEPOINT, /* this and the next: the arguments, a u64 each */
	TRAIL_AT_PROG,	     /* a BPF program of tc or XDP */
};

/* Where the packet is that an event of the program belongs to. */
enum trail_subject {
	TRAIL_BY_ARG,	/* an argument */
	TRAIL_BY_STACK, /* no argument: what is handled on this stack */
	TRAIL_SILENT,	/* an argument; no events, only the maps are kept */
};

/* One skb at one probe. All fields host byte order but `hdr`, which is as on the wire. */
struct trail_event {
	__u16 version; /* TRAIL_ABI_VERSION */
	__u16 type;    /* enum trail_event_type */
	__u16 size;    /* bytes, this header included */
	__u16 flags;   /* enum trail_event_flag */
	__u64 ts;      /* ns, CLOCK_MONOTONIC, taken at the probe */
	__u64 skb;     /* kernel address of the struct sk_buff */
	__u64 ip;      /* address in the probed function, at or shortly after its entry */
	__u64 caller;  /* return address or tracepoint location; 0: unknown */
	__u64 lost;    /* events lost before this one on all CPUs, counted by the program */
	__u32 source; /* number of the tracepoint or BPF program (TRAIL_F_TRACEPOINT, _PROG), else 0
		       */
	__u32 cpu;
	__u32 tgid; /* process and thread id in the initial pid namespace */
	__u32 tid;
	__u32 netns; /* inode number of the network namespace; 0: unknown */
	__u32 mark;
	__u32 ifindex; /* 0: skb has no device */
	__u32 mtu;
	__u32 len;	/* skb->len */
	__u32 reason;	/* enum skb_drop_reason or verdict: TRAIL_F_REASON, TRAIL_F_VERDICT */
	__u16 protocol; /* EtherType, skb->protocol */
	__u16 vlan_tci;
	__u16 hdr_len; /* valid bytes in hdr, at most TRAIL_HDR_SZ */
	__u16 pad;
	char comm[TRAIL_NAME_SZ];
	char ifname[TRAIL_NAME_SZ];
	__u8 hdr[TRAIL_HDR_SZ]; /* from the network header on: IPv4, IPv6 or ARP */
};

_Static_assert(sizeof(struct trail_event) == 208, "event has no padding");

/* IPv4 without options needs half of hdr: such events are sent without the rest of it. */
#define TRAIL_HDR_SHORT_SZ   40
#define TRAIL_EVENT_SHORT_SZ (sizeof(struct trail_event) - TRAIL_HDR_SZ + TRAIL_HDR_SHORT_SZ)

/*
 * What an option shows beside the event comes in parts, each a sample of its own, sent before the
 * event that they belong to: that has the same cpu, ts and skb. Old kernels take samples from the
 * program's stack only, which has 512 bytes.
 */
enum trail_part_kind {
	TRAIL_PART_STACK = 1,	/* u64 return addresses, the innermost first; after the last 0 */
	TRAIL_PART_STACK_ID,	/* s64: key in the map "stacks", or -errno of bpf_get_stackid() */
	TRAIL_PART_SKB,		/* the bytes of struct sk_buff */
	TRAIL_PART_SHARED_INFO, /* the bytes of struct skb_shared_info */
	TRAIL_PART_CB,		/* skb->cb */
	TRAIL_PART_META,	/* u64 values of the expressions of --output-{skb,xdp}-metadata */
	TRAIL_PART_TUNNEL,	/* struct trail_tunnel: headers of the packet inside */
	TRAIL_PART_MAP,		/* struct trail_map: the map that a helper was called for */
};

#define TRAIL_PART_SZ	208
#define TRAIL_MAX_META	8  /* expressions */
#define TRAIL_MAX_STACK 52 /* return addresses: two parts */

struct trail_part {
	__u16 version; /* this and the next three as in struct trail_event */
	__u16 type;    /* TRAIL_EVENT_PART */
	__u16 size;    /* the data's true length: size - offsetof(data) */
	__u16 flags;   /* 0 */
	__u64 ts;
	__u64 skb;
	__u32 cpu;
	__u16 kind;		  /* enum trail_part_kind */
	__u16 off;		  /* of data[0] in the whole thing */
	__u8 data[TRAIL_PART_SZ]; /* aligned to 8 */
};

_Static_assert(sizeof(struct trail_part) == 240, "part has no padding");

struct trail_tunnel {
	__u16 protocol; /* EtherType of what is in hdr, host byte order */
	__u16 hdr_len;
	__u32 vni; /* VXLAN, Geneve; else 0 */
	__u8 hdr[TRAIL_HDR_SZ];
};

#define TRAIL_MAP_KEY_SZ   80
#define TRAIL_MAP_VALUE_SZ 96

struct trail_map {
	__u32 id;
	__u32 key_size; /* this and the next: as the map has; of each at most the first bytes are
			   here */
	__u32 value_size;
	__u32 has_value;
	char name[TRAIL_NAME_SZ];
	__u8 key[TRAIL_MAP_KEY_SZ];
	__u8 value[TRAIL_MAP_VALUE_SZ];
};

_Static_assert(sizeof(struct trail_map) == TRAIL_PART_SZ, "a map fits into a part");

/* What the programs count, one element of the array map "stats". Zeroed at the start. */
struct trail_stats {
	__u64 sent;	 /* events that passed all filters, lost ones included; without parts */
	__u64 lost;	 /* of these, events that a BPF ring buffer had no room for */
	__u64 untracked; /* times that a packet to be followed found no room in the map "tracked" */
};

/*
 * The one element of the array map "control", a u32: not 0 tells the programs to do nothing. Probes
 * may take a minute to be removed, and must cost nothing from the moment the user says stop.
 */
enum trail_control { TRAIL_RUN, TRAIL_STOP };

/*
 * A packet that matched, in the hash map "tracked" by the address of its skb. An entry of an skb
 * that is being freed stays until the last function of that, so that all are seen; should it stay
 * longer, it is known by the stack: that address is then of another packet.
 */
struct trail_tracked {
	__u64 dying_sp; /* 0: alive; else the stack pointer where freeing began */
	__u64 last;	/* not 0: freeing ends with the next function that is TRAIL_LIFE_DYING */
	__u64 built_of; /* the skb was built around these data, which XDP took from another; or 0 */
};

#define TRAIL_HEAD_WORDS 6 /* IPv4 and TCP headers, or IPv6 header, ports and sequence number */

/*
 * The data of a followed packet that an XDP program sees, in the hash map "heads" by the address of
 * the data (skb->head), or by the address of the xdp_buff if the kernel makes one of an skb.
 *
 * As long as the data belong to an skb, the entry is valid while that skb is followed and still has
 * these data. On veth, XDP_TX and XDP_REDIRECT free the skb and keep the data ("take" them). Then
 * the entry is valid for TRAIL_HEAD_MAX_NS, and only if the packet's headers have not changed.
 */
struct trail_head {
	__u64 skb;     /* 0: the data were taken, and only then the other members are used */
	__u64 ts;      /* when */
	__u64 at;      /* address of `bytes`: the network header */
	__u64 running; /* CPU + 1 while a traced XDP program runs on the data, else 0 */
	__u64 bytes[TRAIL_HEAD_WORDS];
};

/*
 * Which packet is handled on a kernel stack, in the hash map "stacks" by the stack's lowest
 * address: as long as the function that was called with it has not returned. What is called by it
 * lies deeper.
 */
struct trail_stack {
	__u64 skb;
	__u64 sp;  /* at the entry of the outermost function that was called with it */
	__u64 ret; /* where that returns to */
};

#define TRAIL_STACK_SZ	  16384		/* of a kernel stack, which is aligned to its size */
#define TRAIL_HEAD_MAX_NS 1000000000ULL /* from taking data to building an skb around them */
#define TRAIL_RAW_SZ	  416		/* two parts */

/*
 * Constants. A program asks for one with CFG(name); the object then holds an undefined
 * symbol cfg_NAME, and the loader writes the value into the instruction. All are u64.
 *
 *   arg		register number of the skb argument, from 0; TRAIL_ANY_ARG: the first that
 *			leads to something that looks like an skb
 *   arg_deref		the argument is a struct sk_buff **
 *   arg_reason		register number of the drop reason, or TRAIL_NO_ARG
 *   arg_location	argument number of a tracepoint's location, or TRAIL_NO_ARG
 *   source		number of the tracepoint for trail_event.source
 *   has_func_ip	bpf_get_func_ip() works in this program
 *   has_ringbuf	map "events" is a BPF ring buffer, else a perf event array
 *   want_caller	fill trail_event.caller from the return address
 *   filter		a packet expression was given: splice_filter_l2/l3 are there
 *   filter_vlan	the expression looks at VLAN tags: show it the accelerated ones
 *   filter_window	bytes of packet to copy before a filter runs, 1..TRAIL_WINDOW_SZ
 *   filter_len		the expression asks for the packet's length
 *   netns		inode number that the namespace must have, 0: any
 *   mark, mark_mask	(skb->mark & mark_mask) must be mark; mask 0: any
 *   raw_stack		helpers fill memory that was not written before
 *   check_skb		look whether the argument leads to an skb before anything else
 *   ifindex		index that the device must have, 0: any
 *   skb_expr, xdp_expr	an expression was given: splice_skb_expr, splice_xdp_expr are there
 *   tunnel_l2, _l3	an expression for the packet inside: splice_tunnel_l2, _l3 are there
 *   tunnel_window	bytes of it to copy before such a filter runs, 1..TRAIL_WINDOW_SZ
 *   context		enum trail_context
 *   subject		enum trail_subject
 *   has_verdict	and to its end: its verdict is the second argument
 *   table		packets that matched are kept in "tracked"
 *   track		and followed
 *   life		enum trail_life
 *   copy_to		register of an skb that becomes a copy of this one, or TRAIL_NO_ARG
 *   built_of		register of the data that the skb is built around, or TRAIL_NO_ARG
 *   builds		XDP may have taken these data from another skb; without built_of: its own
 *			data, where "caller" calls it
 *   born		the skb in copy_to is newly allocated
 *   notes_head		an XDP program may see its data, or those of the copy
 *   xdp			register of the xdp_buff that the program will see, or TRAIL_NO_ARG
 *   takes		called by "caller" it frees an skb whose data XDP keeps
 *   caller, caller_sz	address and size of the calling function that matters; 0, 0: none
 *   by_stack		follow what is called while a packet is handled: "stacks"
 *   has_get_stack	bpf_get_stack() works
 *   want_stack		0; 1: bpf_get_stack(), 2: bpf_get_stackid()
 *   sz_skb, sz_shared	bytes of struct sk_buff and of struct skb_shared_info to send, or 0;
 *			at most TRAIL_RAW_SZ
 *   want_cb, want_tunnel
 *   nr_meta		expressions: splice_skb_meta or splice_xdp_meta is there
 *   map_arg		the target is a helper whose first argument is a struct bpf_map: 1 with a
 *			key, 2 with a key and a value behind it; else 0
 *   below_kernel	half of the lowest address of the kernel, less 1: kernel_addr()
 *   id_tracked, id_stacks, id_heads	the kernel's numbers of these maps
 */
#define TRAIL_CONSTS(X)                                                                            \
	X(arg)                                                                                     \
	X(arg_deref)                                                                               \
	X(arg_reason)                                                                              \
	X(arg_location)                                                                            \
	X(source)                                                                                  \
	X(has_func_ip)                                                                             \
	X(has_ringbuf)                                                                             \
	X(want_caller)                                                                             \
	X(filter)                                                                                  \
	X(filter_vlan)                                                                             \
	X(filter_window)                                                                           \
	X(filter_len)                                                                              \
	X(netns)                                                                                   \
	X(mark)                                                                                    \
	X(mark_mask)                                                                               \
	X(raw_stack)                                                                               \
	X(check_skb)                                                                               \
	X(ifindex)                                                                                 \
	X(skb_expr)                                                                                \
	X(xdp_expr)                                                                                \
	X(tunnel_l2)                                                                               \
	X(tunnel_l3)                                                                               \
	X(tunnel_window)                                                                           \
	X(subject)                                                                                 \
	X(context)                                                                                 \
	X(has_verdict)                                                                             \
	X(table)                                                                                   \
	X(track)                                                                                   \
	X(life)                                                                                    \
	X(copy_to)                                                                                 \
	X(built_of)                                                                                \
	X(builds)                                                                                  \
	X(born)                                                                                    \
	X(notes_head)                                                                              \
	X(xdp)                                                                                     \
	X(takes)                                                                                   \
	X(caller)                                                                                  \
	X(caller_sz)                                                                               \
	X(by_stack)                                                                                \
	X(has_get_stack)                                                                           \
	X(want_stack)                                                                              \
	X(sz_skb)                                                                                  \
	X(sz_shared)                                                                               \
	X(want_cb)                                                                                 \
	X(want_tunnel)                                                                             \
	X(nr_meta)                                                                                 \
	X(map_arg)                                                                                 \
	X(below_kernel)                                                                            \
	X(id_tracked)                                                                              \
	X(id_stacks)                                                                               \
	X(id_heads)

/*
 * Packet filters. A program calls splice_filter_l2 (the packet starts with its Ethernet
 * header) or splice_filter_l3 (with its IP header); the loader puts the converted pcap
 * expression in place of the call. At the call:
 *
 *   r1 = struct filter_frame on the program's stack, window filled with the first
 *        filter_window bytes (bytes past r3 are undefined)
 *   r2 = kernel address that window byte 0 was read from; 0: nowhere (built header)
 *   r3 = bytes of packet that may be looked at: a load that ends past it means "no match"
 *   r4 = packet length on the wire, for the keyword `len`
 *   r5 = 1 if four bytes at offset 12 of the window are a VLAN tag that is not in memory:
 *        window byte n, n >= 16, is then at address r2 + n - 4. Else 0. Always 0 for L3.
 *
 * splice_tunnel_l2 and _l3 are called the same way for the packet inside a tunnel's.
 *
 * Returns r0 = 0 (no match) or not 0. May use r0-r5 and the rest of the frame, does not touch r6-r9
 * (saving a register that the program never wrote is refused), and reaches the frame only through
 * r10 at the offset that the loader names.
 */
#define TRAIL_WINDOW_SZ 128

struct filter_frame {
	__u8 window[TRAIL_WINDOW_SZ];
	__u32 mem[16]; /* the scratch memory of classic BPF */
	__u64 save[4]; /* what the filter keeps over calls: r1-r5 are lost there */
	__u64 len;     /* r4 */
	__u64 shift;   /* r5 times 4 */
	__u64 tmp;     /* where far loads go */
};

_Static_assert(sizeof(struct filter_frame) == 248, "frame has no padding");

/*
 * C expressions (filter/expr/expr.h). splice_skb_expr and splice_xdp_expr: r1 = struct expr_frame
 * on the program's stack, r2 = the struct sk_buff or xdp_buff; r0 = 0: no match. splice_skb_meta
 * and splice_xdp_meta: r1 = struct trail_part on the stack, r2 the same; they fill the first
 * nr_meta u64 of its data, may write the others too, and return nothing.
 */
#define TRAIL_EXPR_SLOTS 16

struct expr_frame {
	__u64 slot[TRAIL_EXPR_SLOTS];
};

#endif
