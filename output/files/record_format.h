/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record_format.h - the file that --record writes and --replay reads.
 *
 * Everything is little-endian, nothing is aligned.
 *
 *	file   = "SKBTRAIL" u16 format, u16 0, u32 0; record*
 *	record = u16 tag, u16 0, u32 size; size bytes
 *	text   = u16 length; bytes, not terminated
 *
 *	META    u64 started, i64 realtime_off; text hostname, release, machine, version;
 *		then, unless it was written before there was more to show than meta and tuple:
 *		u32 what was shown, bits from 0 on: meta, tuple, tcp_flags, caller, stack, tunnel,
 *		skb, shared_info, cb, bpfmap, netns_names;
 *		u32 netns_names_max, u16 nr_skb_meta, u16 nr_xdp_meta; text expression, of skb first
 *	FUNC    u64 addr, u64 off; text name, module	what names.func says; module "": none
 *	SYMBOL  u64 addr, u64 off; text name, module	what names.symbol says
 *	SOURCE  u32 number; text name, module		a tracepoint or BPF program; module may
 *							be missing
 *	REASON  u32 number; text name
 *	EVENT   struct trail_event			of an skb or an xdp_buff
 *	LOST    u64 events missing here
 *	END     u64 events, u64 lost			the last; a file without it is cut off
 *	NETNS   u32 inode; text name
 *	PART    u16 kind (enum trail_part_kind), u16 cut: its end was lost; then by kind:
 *		STACK            u64 addresses, each with its SYMBOL; at most TRAIL_MAX_STACK
 *		SKB, SHARED_INFO the struct in words, up to the record's end
 *		CB               48 bytes
 *		META             u16 number of values; text value, of the event's kind
 *		TUNNEL           struct trail_tunnel
 *		MAP              struct trail_map
 *
 * META comes first. A name comes before the first event that needs it; one that is unknown never
 * comes. Parts come before the event that they belong to. Readers skip tags and kinds they do not
 * know; a change that they must not miss raises `format`.
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
};

/* Where in struct output_fields the bool of each bit is. */
#define RECORD_NR_SHOWN 11
extern const uint8_t record_shown[RECORD_NR_SHOWN];

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "on a big-endian machine records need swapping");

#endif
