/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record_format.h - format of the file that --record writes and --replay reads.
 *
 * All numbers are little-endian and unaligned.
 *
 *	file   = "SKBTRAIL" u16 format, u16 0, u32 0; record*
 *	record = u16 tag, u16 0, u32 size; size bytes
 *	text   = u16 length; bytes, not NUL-terminated
 *
 *	META    u64 started, i64 realtime_off; text hostname, release, machine, version;
 *		then, optional (early versions wrote only meta and tuple, and end here):
 *		u32 enabled fields, from bit 0: meta, tuple, tcp_flags, caller, stack, tunnel,
 *		skb, shared_info, cb, bpfmap, netns_names, conntrack;
 *		u32 netns_names_max, u16 nr_skb_meta, u16 nr_xdp_meta; text expression, skb's first
 *	FUNC    u64 addr, u64 off; text name, module	result of names.func; module "": none
 *	SYMBOL  u64 addr, u64 off; text name, module	result of names.symbol
 *	SOURCE  u32 number; text name, module		a tracepoint or BPF program; module is
 *							optional
 *	REASON  u32 number; text name
 *	EVENT   struct trail_event			of an skb or an xdp_buff
 *	LOST    u64 events lost at this point
 *	END     u64 events, u64 lost			last; a file without it is truncated
 *	NETNS   u32 inode; text name
 *	WHY     text					why the packet of the next event ended
 *	VERDICT u16 flags (1: policy; 2: there is a priority); u32 priority; text verdict, family,
 *		hook, backend, table, target, comment, detail, from, to; u16 length of the path;
 *		then the place and those of the path: u32 rule, u64 handle; text chain. A text is ""
 *		where there is none; last, optional: text rule. Of the next event, in order: those
 *		before its WHY
 *	ENDING  text					how the packet of the next event ended well
 *	ROUTE   u16 flags (1: there is a rule; 2: the route was kept in a socket), u16 next hops;
 *		u32 rule, table, metric; text type, prefix, via, dev, src. Of the next event
 *	PART    u16 kind (enum trail_part_kind), u16 cut (1: truncated); then by kind:
 *		STACK            u64 addresses, each with its SYMBOL; at most TRAIL_MAX_STACK
 *		SKB, SHARED_INFO the struct as text, up to the record's end
 *		CB               48 bytes
 *		META             u16 number of values; text value, for skb or xdp as the event
 *		TUNNEL           struct trail_tunnel
 *		MAP              struct trail_map
 *		PACKET           struct trail_packet; its nr_bytes
 *		CT               struct conntrack
 *
 * META comes first. A name precedes the first event that needs it; unknown names are omitted. Parts
 * precede the event they belong to. Readers skip unknown tags and part kinds; an incompatible
 * change increments `format`.
 */
#ifndef OUTPUT_FILES_RECORD_FORMAT_H
#define OUTPUT_FILES_RECORD_FORMAT_H

#include <stdint.h>

#define RECORD_MAGIC	   "SKBTRAIL"
#define RECORD_MAGIC_SZ	   8
#define RECORD_HEAD_SZ	   16
#define RECORD_FORMAT	   1
#define RECORD_SZ_MAX	   (64 * 1024)
#define RECORD_NR_NAMES	   (1000 * 1000)
#define RECORD_NAMES_SZ	   (64 * 1024 * 1024) /* all names together */
#define RECORD_NAME_SZ_MAX 1023

enum { RECORD_IS_POLICY = 1, RECORD_HAS_PRIORITY = 2 }; /* flags of a VERDICT */

enum { RECORD_HAS_RULE = 1, RECORD_IS_CACHED = 2 }; /* of a ROUTE */

enum record_tag {
	RECORD_META = 1,
	RECORD_FUNC,
	RECORD_SYMBOL,
	RECORD_SOURCE,
	RECORD_REASON,
	RECORD_EVENT,
	RECORD_LOST,
	RECORD_END,
	RECORD_NETNS,
	RECORD_PART,
	RECORD_WHY,
	RECORD_VERDICT,
	RECORD_ENDING,
	RECORD_ROUTE,
};

/* Offset in struct output_fields of the bool for each bit of META's enabled fields. */
#define RECORD_NR_FIELDS 12
extern const uint8_t record_field_offs[RECORD_NR_FIELDS];

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "record files need byte swapping on big-endian machines");

#endif
