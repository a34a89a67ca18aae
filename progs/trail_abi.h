/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trail_abi.h - the contract between the BPF programs and user space: events, maps, constants.
 * Included by both sides; nothing else is shared.
 *
 * Fixed-width types, no implicit padding, native byte order. Append only: a reader checks `version`
 * and `size`, and never reads past `size`.
 */
#ifndef PROGS_TRAIL_ABI_H
#define PROGS_TRAIL_ABI_H

#include <linux/types.h>

#define TRAIL_ABI_VERSION 1

enum trail_event_type {
	TRAIL_EVENT_SKB = 1,  /* an skb at a probe */
	TRAIL_EVENT_XDP = 2,  /* a struct xdp_buff at an XDP program: `skb` is its address */
	TRAIL_EVENT_PART = 3, /* a struct trail_part */
};

enum trail_event_flag {
	TRAIL_F_TRACEPOINT = 1 << 0,  /* `source` is a tracepoint, `ip` is 0 */
	TRAIL_F_REASON = 1 << 1,      /* `reason` was an argument of the probed function */
	TRAIL_F_HDR_FROM_SK = 1 << 2, /* `hdr` was built from the socket: no headers written yet */
	TRAIL_F_VLAN = 1 << 3,	      /* `vlan_tci` holds a hardware-accelerated tag */
	TRAIL_F_PROG = 1 << 4,	      /* `source` is a BPF program (tc or XDP), `ip` is 0 */
	TRAIL_F_VERDICT = 1 << 5,     /* `reason` is the program's return value, an int */
	TRAIL_F_BY_STACK = 1 << 6,    /* the skb was found by the stack, not by an argument */
	TRAIL_F_SKB_GONE = 1 << 7,    /* only `skb` is valid: freed, or not filled in yet */
	TRAIL_F_PARTS_LOST = 1 << 8,  /* a part of the event was lost */
	TRAIL_F_HOOK = 1 << 9,	      /* nf_hook_slow(): `hook` has the hook, `reason` the index
					 of the output device or 0 */
};

#define TRAIL_HDR_SZ  80 /* IPv6 header, 20 bytes of extensions, TCP header */
#define TRAIL_NAME_SZ 16 /* TASK_COMM_LEN and IFNAMSIZ */
#define TRAIL_NO_ARG  0xff
#define TRAIL_ANY_ARG 0xfe

/* What a function does to the lifetime of its skb. */
enum trail_life {
	TRAIL_LIFE_NONE,
	TRAIL_LIFE_FREES,   /* may be called while the skb is being freed */
	TRAIL_LIFE_DYING,   /* frees the skb, which is still read on the way */
	TRAIL_LIFE_PARTIAL, /* starts to free it, without TRAIL_LIFE_END if argument 1 is not 0 */
	TRAIL_LIFE_LAST,    /* starts to free it, always without TRAIL_LIFE_END */
	TRAIL_LIFE_END,	    /* the last step of freeing */
	TRAIL_LIFE_DEFERS,  /* queues it to be freed later, maybe on another CPU */
};

/* What a program is attached to. */
enum trail_context {
	TRAIL_AT_FUNCTION,   /* the context is a struct pt_regs */
	TRAIL_AT_TRACEPOINT, /* this and the next: the context is an array of u64 arguments */
	TRAIL_AT_PROG,	     /* a BPF program of tc or XDP */
};

/* How a program finds the packet that its events belong to. */
enum trail_subject {
	TRAIL_BY_ARG,	/* an argument */
	TRAIL_BY_STACK, /* the packet that is being handled on this stack */
	TRAIL_SILENT,	/* an argument; sends no events, only maintains the maps */
};

/* One skb at one probe. Host byte order, except `hdr`, which is as on the wire. */
struct trail_event {
	__u16 version; /* TRAIL_ABI_VERSION */
	__u16 type;    /* enum trail_event_type */
	__u16 size;    /* bytes, including this header */
	__u16 flags;   /* enum trail_event_flag */
	__u64 ts;      /* ns, CLOCK_MONOTONIC, taken at the probe */
	__u64 skb;     /* kernel address of the struct sk_buff */
	__u64 ip;      /* address in the probed function, at or shortly after its entry */
	__u64 caller;  /* return address or tracepoint location; 0: unknown */
	__u64 lost;    /* events lost before this one on all CPUs, counted by the program */
	__u32 source;  /* number of the tracepoint or BPF program (TRAIL_F_TRACEPOINT, _PROG); with
			  TRAIL_F_HOOK the index of the input device; or 0 */
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
	__u16 hook;    /* TRAIL_HOOK_*: netfilter */
	char comm[TRAIL_NAME_SZ];
	char ifname[TRAIL_NAME_SZ];
	__u8 hdr[TRAIL_HDR_SZ]; /* from the network header on: IPv4, IPv6 or ARP */
};

_Static_assert(sizeof(struct trail_event) == 208, "event has no padding");

/*
 * trail_event.hook. The conntrack state is that of skb->_nfct: its lowest three bits (enum
 * ip_conntrack_info; 7: untracked), or TRAIL_CT_NONE where it has no entry.
 */
#define TRAIL_HOOK_CT_KNOWN (1 << 15)
#define TRAIL_HOOK_CT(h)    ((h)&0xf)
#define TRAIL_CT_NONE	    8
#define TRAIL_HOOK_NR(h)    ((h) >> 4 & 0xf)  /* with TRAIL_F_HOOK: NF_INET_*, ... */
#define TRAIL_HOOK_PF(h)    ((h) >> 8 & 0x1f) /* and: NFPROTO_* */

/* IPv4 without options needs only half of hdr: such events are sent without the other half. */
#define TRAIL_HDR_SHORT_SZ   40
#define TRAIL_EVENT_SHORT_SZ (sizeof(struct trail_event) - TRAIL_HDR_SZ + TRAIL_HDR_SHORT_SZ)

/*
 * Additional data that an option asks for are sent in parts, as separate samples before their
 * event, which has the same cpu, ts and skb. They are separate because old kernels accept samples
 * only from the program's stack, which has 512 bytes.
 */
enum trail_part_kind {
	TRAIL_PART_STACK = 1,	/* u64 return addresses, innermost first, then zeroes */
	TRAIL_PART_STACK_ID,	/* s64: key in the map "stack_traces", or -errno */
	TRAIL_PART_SKB,		/* the bytes of struct sk_buff */
	TRAIL_PART_SHARED_INFO, /* the bytes of struct skb_shared_info */
	TRAIL_PART_CB,		/* skb->cb */
	TRAIL_PART_META,	/* u64 values of the expressions of --output-{skb,xdp}-metadata */
	TRAIL_PART_TUNNEL,	/* struct trail_tunnel: headers of the inner packet */
	TRAIL_PART_MAP,		/* struct trail_map: the map that a helper was called with */
	TRAIL_PART_PACKET,	/* struct trail_packet, then bytes of the packet */
	TRAIL_PART_FRAGS,	/* the bytes that follow them, from page fragments */
	TRAIL_PART_CT,		/* struct trail_ct, then bytes of the conntrack entry */
};

#define TRAIL_PART_SZ	208
#define TRAIL_MAX_META	8  /* expressions */
#define TRAIL_MAX_STACK 52 /* return addresses: two parts */

struct trail_part {
	__u16 version; /* this and the next three as in struct trail_event */
	__u16 type;    /* TRAIL_EVENT_PART */
	__u16 size;    /* length of the data is size - offsetof(data) */
	__u16 flags;   /* 0 */
	__u64 ts;
	__u64 skb;
	__u32 cpu;
	__u16 kind;		  /* enum trail_part_kind */
	__u16 off;		  /* of data[0] in the whole object */
	__u8 data[TRAIL_PART_SZ]; /* aligned to 8 */
};

_Static_assert(sizeof(struct trail_part) == 240, "part has no padding");

struct trail_tunnel {
	__u16 protocol; /* EtherType of what is in hdr, host byte order */
	__u16 hdr_len;
	__u32 vni; /* VXLAN, Geneve; else 0 */
	__u8 hdr[TRAIL_HDR_SZ];
};

/*
 * Bytes of the packet's linear part follow: from its Ethernet header on or, if it has none, its
 * network header. Those beyond nr_bytes, which fill up a part, are not the packet's.
 */
struct trail_packet {
	__u32 len;	  /* of the packet, from there on; may be less than nr_bytes: unknown */
	__u32 nr_bytes;	  /* at most `snaplen` */
	__u16 l3;	  /* offset of the network header in the bytes; 0: no Ethernet header */
	__u16 vlan_proto; /* of trail_event.vlan_tci */
};

_Static_assert(sizeof(struct trail_packet) == 12, "packet has no padding");

/*
 * What conntrack knows of the packet. If it has an entry, TRAIL_CT_SZ bytes from the start of its
 * struct nf_conn follow, zeroes if they cannot be read; else nothing does.
 */
struct trail_ct {
	__u64 nfct;    /* skb->_nfct: the entry's address, and enum ip_conntrack_info in the lowest
			* three bits */
	__u64 net;     /* address of the packet's struct net; 0: unknown */
	__u32 jiffies; /* the lowest 32 bits of the kernel's; with TRAIL_CT_JIFFIES */
	__u32 flags;
};

#define TRAIL_CT_KNOWN	 (1 << 0) /* the kernel's types tell where skb->_nfct is, or nfct */
#define TRAIL_CT_NEAR	 (1 << 1) /* it was found by its neighbours, and may be something else */
#define TRAIL_CT_JIFFIES (1 << 2)
#define TRAIL_CT_SZ	 (2 * TRAIL_PART_SZ - 24)

_Static_assert(sizeof(struct trail_ct) == 24, "what precedes the entry has no padding");

/*
 * A jumbo frame. Each part takes 24 instructions, and there are no loops: Linux before 5.2 takes no
 * more than 4095 instructions altogether.
 */
#define TRAIL_PACKET_PARTS 44
#define TRAIL_SNAPLEN_MAX  (TRAIL_PACKET_PARTS * TRAIL_PART_SZ - 12)

#define TRAIL_NR_FRAGS	 4 /* of an skb that are sent; the bytes of each fill at most */
#define TRAIL_FRAG_PARTS 8 /* so many parts */
#define TRAIL_FRAGS_SZ	 (TRAIL_NR_FRAGS * TRAIL_FRAG_PARTS * TRAIL_PART_SZ)

#define TRAIL_MAP_KEY_SZ   80
#define TRAIL_MAP_VALUE_SZ 96

struct trail_map {
	__u32 id;
	__u32 key_size; /* this and the next: the map's; `key` and `value` may be truncated */
	__u32 value_size;
	__u32 has_value;
	char name[TRAIL_NAME_SZ];
	__u8 key[TRAIL_MAP_KEY_SZ];
	__u8 value[TRAIL_MAP_VALUE_SZ];
};

_Static_assert(sizeof(struct trail_map) == TRAIL_PART_SZ, "a map fits into a part");

/* Counters: the one element of the array map "stats", initially zero. */
struct trail_stats {
	__u64 sent; /* events that passed all filters, including lost ones; parts not counted */
	__u64 lost; /* events dropped because the BPF ring buffer was full */
	__u64 untracked; /* packets not followed because the map "tracked" was full */
};

/*
 * The one element of the array map "control", a u32. With TRAIL_STOP the programs return at once:
 * removing the probes may take a minute, and they must not cost anything after the user stopped.
 */
enum trail_control { TRAIL_RUN, TRAIL_STOP };

/*
 * A packet that matched, in the hash map "tracked" by the address of its skb. While the skb is
 * being freed the entry stays until the last step, so that all functions on the way are shown. If
 * the last step is missed, an skb seen outside the stack below dying_sp is another packet.
 */
struct trail_tracked {
	__u64 dying_sp; /* 0: alive; else the stack pointer where freeing began */
	__u64 last;	/* not 0: freeing ends with the next function that is TRAIL_LIFE_DYING */
	__u64 built_of; /* data that XDP took from another skb and this one was built around; or 0
			 */
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
	__u64 skb;     /* 0: the data were taken; the other members are used only then */
	__u64 ts;      /* when they were taken */
	__u64 at;      /* address of `bytes`: the network header */
	__u64 running; /* CPU + 1 while a traced XDP program runs on the data, else 0 */
	__u64 bytes[TRAIL_HEAD_WORDS];
};

/*
 * The packet that is being handled on a kernel stack, in the hash map "stacks" by the stack's
 * lowest address. Valid until the function that was called with the packet returns; the functions
 * that it calls are deeper in the stack.
 */
struct trail_stack {
	__u64 skb;
	__u64 sp;  /* at the entry of the outermost function called with the packet */
	__u64 ret; /* return address of that function */
};

#define TRAIL_STACK_SZ	  16384		/* size and alignment of a kernel stack */
#define TRAIL_HEAD_MAX_NS 1000000000ULL /* from taking data to building an skb around them */
#define TRAIL_RAW_SZ	  416		/* two parts */

/*
 * Constants. A program uses one as CFG(name), which makes an undefined symbol cfg_NAME in the
 * object; the loader writes the value into the instruction. All are u64.
 *
 *   arg		register number of the skb argument, from 0; TRAIL_ANY_ARG: the first that
 *			looks like a pointer to an skb
 *   arg_deref		the argument is a struct sk_buff **
 *   arg_reason		register number of the drop reason, or TRAIL_NO_ARG
 *   arg_location	argument number of a tracepoint's location, or TRAIL_NO_ARG
 *   source		number of the tracepoint for trail_event.source
 *   has_func_ip	bpf_get_func_ip() works in this program
 *   has_ringbuf	map "events" is a BPF ring buffer, else a perf event array
 *   want_ct		fill the conntrack state of trail_event.hook
 *   hook_shape		0; nf_hook_slow() with 1: a struct nf_hook_state as second argument; 2
 *			(before 4.1): the family, the hook, the skb and both devices as arguments
 *   want_caller	fill trail_event.caller from the return address
 *   filter		there is a packet expression: splice_filter_l2/l3 are used
 *   filter_vlan	the expression reads VLAN tags: insert the accelerated one
 *   filter_window	bytes of packet, at most TRAIL_WINDOW_SZ, to copy before splice_filter_l2;
 *   filter_from	those before this one are not needed
 *   filter_window_l3	the same before splice_filter_l3
 *   filter_len		the expression uses the packet's length
 *   netns		inode number of the namespace to match, 0: any
 *   mark, mark_mask	(skb->mark & mark_mask) must be mark; mask 0: any
 *   raw_stack		helpers may fill uninitialised stack memory
 *   check_skb		first check that the argument looks like a pointer to an skb
 *   ifindex		index of the device to match, 0: any
 *   skb_expr, xdp_expr	there is an expression: splice_skb_expr, splice_xdp_expr are used
 *   tunnel_l2, _l3	expression for the inner packet: splice_tunnel_l2, _l3 are used
 *   tunnel_window	bytes of it to copy before such a filter runs, 1..TRAIL_WINDOW_SZ
 *   context		enum trail_context
 *   subject		enum trail_subject
 *   has_verdict	attached to the exit of a BPF program: argument 1 is its verdict
 *   table		keep packets that matched in "tracked"
 *   track		and follow them
 *   life		enum trail_life
 *   copy_to		register of an skb that becomes a copy of this one, or TRAIL_NO_ARG
 *   built_of		register of the data that the skb is built around, or TRAIL_NO_ARG
 *   builds		XDP may have taken the data in built_of from another skb; without
 *			built_of, the skb's own data if "caller" is the caller
 *   born		the skb in copy_to is newly allocated
 *   notes_head		an XDP program may see the data of the skb, or of its copy
 *   xdp			register of the xdp_buff that the XDP program gets, or TRAIL_NO_ARG
 *   takes		if "caller" is the caller, frees an skb whose data XDP keeps
 *   caller, caller_sz	address and size of the caller that the above refer to; 0, 0: none
 *   by_stack		show functions called while a packet is handled: "stacks"
 *   has_get_stack	bpf_get_stack() works
 *   want_stack		0; 1: bpf_get_stack(), 2: bpf_get_stackid()
 *   short_stack		with want_stack 1: only the innermost frames, one part
 *   sz_skb, sz_shared	bytes of struct sk_buff and struct skb_shared_info to send, at most
 *			TRAIL_RAW_SZ; 0: none
 *   want_cb, want_tunnel	send TRAIL_PART_CB, TRAIL_PART_TUNNEL
 *   want_entry		send TRAIL_PART_CT
 *   jiffies_at		address of the kernel's jiffies, for TRAIL_PART_CT; 0: unknown
 *   snaplen		bytes of TRAIL_PART_PACKET, at most TRAIL_SNAPLEN_MAX; 0: none
 *   vmemmap_at, page_offset_at	x86_64: addresses of vmemmap_base and page_offset_base, to send
 *			TRAIL_PART_FRAGS; 0: do not
 *   nr_meta		number of expressions: splice_skb_meta or splice_xdp_meta is used
 *   map_arg		the target is a helper whose first argument is a struct bpf_map, followed by
 *			a key (1) or a key and a value (2); else 0
 *   map_value	the value of a map is loaded without a lookup
 *   direct_loads	reads become loads (prog_use_loads())
 *   below_kernel	half of the lowest kernel address, minus 1: kernel_addr()
 *   id_tracked, id_stacks, id_heads	ids of these maps
 */
#define TRAIL_CONSTS(X)                                                                            \
	X(arg)                                                                                     \
	X(arg_deref)                                                                               \
	X(arg_reason)                                                                              \
	X(arg_location)                                                                            \
	X(source)                                                                                  \
	X(has_func_ip)                                                                             \
	X(has_ringbuf)                                                                             \
	X(want_ct)                                                                                 \
	X(hook_shape)                                                                              \
	X(want_caller)                                                                             \
	X(filter)                                                                                  \
	X(filter_vlan)                                                                             \
	X(filter_window)                                                                           \
	X(filter_from)                                                                             \
	X(filter_window_l3)                                                                        \
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
	X(short_stack)                                                                             \
	X(sz_skb)                                                                                  \
	X(sz_shared)                                                                               \
	X(want_cb)                                                                                 \
	X(want_tunnel)                                                                             \
	X(want_entry)                                                                              \
	X(jiffies_at)                                                                              \
	X(snaplen)                                                                                 \
	X(vmemmap_at)                                                                              \
	X(page_offset_at)                                                                          \
	X(nr_meta)                                                                                 \
	X(map_arg)                                                                                 \
	X(map_value)                                                                               \
	X(direct_loads)                                                                            \
	X(below_kernel)                                                                            \
	X(id_tracked)                                                                              \
	X(id_stacks)                                                                               \
	X(id_heads)

/*
 * Packet filters. A program calls splice_filter_l2 (the packet starts with its Ethernet
 * header) or splice_filter_l3 (with its IP header); the loader replaces the call by the compiled
 * pcap expression. At the call:
 *
 *   r1 = struct filter_frame on the program's stack, window filled with the first
 *        filter_window bytes that are needed (bytes past r3 are undefined)
 *   r2 = kernel address that window byte 0 was read from; 0: none (built header)
 *   r3 = bytes of packet that may be read: a load that ends past it means "no match"
 *   r4 = packet length on the wire, for the keyword `len`
 *   r5 = 1 if four bytes at offset 12 of the window are a VLAN tag that is not in memory:
 *        window byte n, n >= 16, is then at address r2 + n - 4. Else 0. Always 0 for L3.
 *
 * splice_tunnel_l2 and _l3 are called the same way for the inner packet of a tunnel.
 *
 * Returns r0 = 0 (no match) or not 0. May use r0-r5 and the rest of the frame, does not touch r6-r9
 * (the verifier rejects saving a register that the program never wrote), and accesses the frame
 * only through r10, at the offset that the loader passes.
 */
#define TRAIL_WINDOW_SZ 128

struct filter_frame {
	__u8 window[TRAIL_WINDOW_SZ];
	__u32 mem[16]; /* scratch memory of classic BPF */
	__u64 save[4]; /* what the filter keeps across calls, which clobber r1-r5 */
	__u64 len;     /* r4 */
	__u64 shift;   /* r5 times 4 */
	__u64 tmp;     /* destination of loads from outside the window */
};

_Static_assert(sizeof(struct filter_frame) == 248, "frame has no padding");

/*
 * C expressions (filter/expr/expr.h). splice_skb_expr and splice_xdp_expr: r1 = struct expr_frame
 * on the program's stack, r2 = the struct sk_buff or xdp_buff; r0 = 0: no match. splice_skb_meta
 * and splice_xdp_meta: r1 = struct trail_part on the stack, r2 the same; they fill the first
 * nr_meta u64 of its data, may overwrite the others, and return nothing.
 */
#define TRAIL_EXPR_SLOTS 16

struct expr_frame {
	__u64 slot[TRAIL_EXPR_SLOTS];
};

#endif
