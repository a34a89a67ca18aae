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
 *	META    u64 started, i64 realtime_off; text hostname, release, machine, version
 *	FUNC    u64 addr, u64 off; text name, module	what names.func says; module "": none
 *	SYMBOL  u64 addr, u64 off; text name, module	what names.symbol says
 *	SOURCE  u32 number; text name			a tracepoint
 *	REASON  u32 number; text name
 *	EVENT   struct trail_event
 *	LOST    u64 events missing here
 *	END     u64 events, u64 lost			the last; a file without it is cut off
 *
 * META comes first. A name comes before the first event that needs it; one that is unknown never
 * comes. Readers skip tags they do not know; a change that they must not miss raises `format`.
 */
#ifndef OUTPUT_RECORD_FORMAT_H
#define OUTPUT_RECORD_FORMAT_H

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
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "on a big-endian machine records need swapping");

#endif
