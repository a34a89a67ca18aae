/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - turns raw events into lines of text, JSON or a record file.
 *
 * The room output may include kern/, btf/ and the rooms below them; output/ring (transports) and
 * output/files (files and records) include it.
 *
 *   transport -> reorder -> trace_event_decode -> parts -> tracker -> sink (text, JSON, record)
 *                                 ^ names (live: ksyms, BTF; replay: the record)
 */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/conntrack.h"
#include "base/err.h"
#include "base/route.h"
#include "base/verdict.h"
#include "progs/trail_abi.h"

/* ---- names of addresses and numbers ---- */

struct name_at {
	const char *name;   /* owned by the provider, valid as long as it; NULL: unknown */
	const char *module; /* NULL: vmlinux */
	uint64_t off;	    /* from the symbol */
};

struct trace_event;

/* What names.text() prints. */
enum names_text { TEXT_SKB, TEXT_SHARED_INFO, TEXT_SKB_META, TEXT_XDP_META };

/*
 * A provider of names. Lookups do not block; unknown names are NULL. The callbacks netns, text,
 * stack, conntrack and explain are optional.
 */
struct names {
	/* The probed function containing ip (targets first, then all symbols). */
	struct name_at (*func)(void *arg, uint64_t ip);
	/* Any kernel address, such as a caller. */
	struct name_at (*symbol)(void *arg, uint64_t addr);
	/* A number of trail_event.source: a tracepoint, or a BPF program with "tc" or "xdp" as
	 * module. */
	struct name_at (*source)(void *arg, uint32_t source);
	/* "SKB_DROP_REASON_NETFILTER_DROP", or a subsystem's; NULL: unknown. */
	const char *(*reason)(void *arg, uint32_t reason);
	/* A network namespace's name by its inode number; NULL: unknown. */
	const char *(*netns)(void *arg, uint32_t inode);
	/*
	 * Format raw bytes from the kernel by its types: a struct in lines, starting with one that
	 * names it; or the value (u64) of expression nr in one line. Returns the length of the
	 * full text, like snprintf(); 0: no text.
	 */
	size_t (*text)(void *arg, enum names_text what, unsigned int nr, const void *data,
		       size_t sz, char *buf, size_t buf_sz);
	/* Get at most max return addresses of a TRAIL_PART_STACK_ID. Returns their number or
	 * -errno. */
	int (*stack)(void *arg, int64_t id, uint64_t *addrs, size_t max);
	/* Decode a TRAIL_PART_CT: nr bytes of the entry of te's packet. */
	void (*conntrack)(void *arg, struct conntrack *ct, const struct trail_ct *head,
			  const uint8_t *bytes, size_t nr, const struct trace_event *te);
	/* Set te->why, te->end, te->verdicts and te->route; called for every event, in order. What
	 * they point to is valid until the next call. */
	void (*explain)(void *arg, struct trace_event *te);
	void *arg;
};

/* ---- decoding ---- */

struct tuple {
	uint8_t family; /* AF_INET, AF_INET6; 0: none decoded */
	uint8_t proto;	/* IPPROTO_*; for IPv6 the last header reached */
	bool is_arp;	/* family AF_INET, no ports */
	bool has_ports;
	bool is_fragment; /* not the first fragment: no ports */
	bool has_tcp_flags;
	bool has_icmp;
	uint8_t tcp_flags;
	uint8_t icmp_type, icmp_code;
	uint16_t sport, dport; /* host byte order */
	uint16_t arp_op;
	uint8_t saddr[16], daddr[16];
};

struct trace_frame {
	uint64_t addr;
	struct name_at at;
};

/* The parts of an event (enum trail_part_kind), ready to print. */
struct trace_parts {
	uint32_t has;	       /* PART_BIT() of each kind present; a STACK_ID is a STACK */
	uint32_t cut;	       /* those of `has` that are truncated */
	unsigned int nr_parts; /* samples; 0: from a record */
	size_t nr_frames;
	struct trace_frame stack[TRAIL_MAX_STACK]; /* the innermost first */
	const char *skb, *shared_info;		   /* struct texts, see names.text */
	size_t nr_meta;
	const char *meta[TRAIL_MAX_META]; /* values, in the order of the expressions */
	uint8_t cb[48];
	struct trail_tunnel tunnel; /* hdr_len 0: not a tunnel packet */
	struct tuple inner;	    /* tuple of the packet in the tunnel */
	struct trail_map map;
	const struct trail_packet *packet; /* its nr_bytes follow */
	struct conntrack ct;
};

#define PART_BIT(kind) (UINT32_C(1) << (kind))

/* Everything about one event, ready to print. */
struct trace_event {
	struct trail_event raw; /* validated: size, version, NUL-terminated strings */
	struct tuple tuple;
	struct name_at func;	/* name also for tracepoints and BPF programs */
	struct name_at caller;	/* name NULL: none */
	const char *reason;	/* or verdict, depending on raw.flags; NULL: none or unknown */
	const char *netns_name; /* NULL: unknown */
	uint32_t hook_in;	/* TRAIL_F_HOOK: index of the input device; 0: none, or unknown */
	bool is_drop;		/* a drop function, tracepoint or verdict; not just "consumed" */
	const struct trace_parts *parts; /* NULL: none; valid until the next event */
	const char *why;		 /* NULL: nothing is known; valid until the next event */
	const struct verdicts *verdicts; /* the same */
	const char *end;		 /* the same: how it ended well; then is_drop is false */
	const struct route *route;	 /* the same */
	uint64_t packet; /* its number in the trace, from 1, as the tracker counts; 0: none */
	bool is_over;	 /* the packet is being freed, or was */
};

#define WHY_TEXT_SZ 1024

/* What te->why begins with where the kernel calls a drop what is none, or may be none. */
#define WHY_NO_LOSS	  "not a loss: "
#define WHY_MAYBE_NO_LOSS "possibly not a loss: "

/*
 * Validate and decode an event, without parts. data is a sample from the transport or a record
 * file. Bytes after the event's size (padding) are ignored, a shorter `hdr` is filled with zeroes,
 * and hdr_len is limited to the bytes present. Returns 0, or -EINVAL (truncated before `hdr`, size
 * larger than the sample, wrong version or type).
 */
int trace_event_decode(struct trace_event *te, const void *data, size_t sz,
		       const struct names *names);

/*
 * True for functions that free a dropped skb: kfree_skb, kfree_skb_reason, ..., with or without
 * compiler suffix (.part.0). Their caller is of interest. For trace_event.is_drop the reason must
 * also be other than SKB_CONSUMED and SKB_NOT_DROPPED_YET.
 */
bool func_is_drop(const char *name);

/* Whether a reason is this one, with or without a prefix as SKB_DROP_REASON_; not if it is NULL. */
bool reason_is(const char *reason, const char *name);

/*
 * True for functions that free an skb, whatever happened to it, and whose caller tells that:
 * consume_skb, __kfree_skb, ... Drop functions are among them.
 */
bool func_is_end(const char *name);

/*
 * Decode hdr_len bytes of IPv4, IPv6 (extension headers are walked, bounded) or ARP. Never reads
 * beyond them.
 */
void tuple_decode(struct tuple *t, uint16_t protocol, const uint8_t *hdr, size_t hdr_len);

/*
 * "10.0.0.1:80->10.0.0.2:4242(tcp)", "[::1]:1->[::2]:2(udp)", "10.0.0.1->10.0.0.2(icmp)",
 * "10.0.0.1->10.0.0.2(udp,frag)" for a fragment without ports, "10.0.0.1->10.0.0.2(arp)", "(arp)"
 * for ARP of other protocols than IPv4, "-" if unknown. With tcp_flags "(tcp:SYN|ACK)".
 * TUPLE_TEXT_SZ bytes always suffice.
 */
#define TUPLE_TEXT_SZ 160
void tuple_format(const struct tuple *t, bool tcp_flags, char *buf, size_t sz);
/* One end of it: "10.0.0.2:80", "[fd99::1]:80", "10.0.0.2". The family must be known. */
#define TUPLE_END_SZ 56
void tuple_end_format(const struct tuple *t, bool is_source, char buf[TUPLE_END_SZ]);
/* Whether addresses, ports and protocol are the same. */
bool tuple_same_flow(const struct tuple *a, const struct tuple *b);
/* Whether the addresses are, as those of a packet's fragments. */
bool tuple_same_hosts(const struct tuple *a, const struct tuple *b);
/* "SYN|ACK"; "" if none is set. */
#define TCP_FLAGS_TEXT_SZ 32
void tcp_flags_format(uint8_t flags, char buf[TCP_FLAGS_TEXT_SZ]);

/*
 * Escape untrusted text: control characters and non-ASCII bytes become \xNN. src ends at its first
 * NUL or after src_sz bytes. dst is NUL-terminated, and never truncated within an escape.
 */
void text_escape(char *dst, size_t dst_sz, const char *src, size_t src_sz);

/* ---- transport ---- */

struct ring; /* a BPF ring buffer, or one perf ring for each CPU */

/*
 * Called for each sample. lost > 0: that many samples were lost before it. data NULL: reports only
 * the loss.
 */
typedef void (*ring_sample_fn)(void *arg, const void *data, size_t sz, uint64_t lost);

/* map_fd is a BPF_MAP_TYPE_RINGBUF of sz bytes. */
int ring_open_bpf(struct ring **out, int map_fd, size_t sz, struct err *err);
/*
 * map_fd is a perf event array, which must outlive the ring. Opens a ring of sz_per_cpu bytes for
 * each online CPU and adds it to the map. Reads check for CPU hotplug once a second.
 */
int ring_open_perf(struct ring **out, int map_fd, size_t sz_per_cpu, struct err *err);
/* Descriptor to poll(2). */
int ring_fd(const struct ring *r);
/*
 * Timeout in ms to poll ring_fd() with; -1: infinite. A perf ring wakes its reader only when a
 * quarter full, to save a wakeup for each event; fewer events are fetched at the timeout.
 */
int ring_wait_ms(const struct ring *r);
/*
 * Deliver all available samples, at most max, merging those of several CPUs by timestamp as far as
 * they have arrived. Returns their number, or -errno (-EBADMSG: the ring is corrupt).
 */
int ring_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg);
/* Whether so much waits in a ring that there is no time for anything but reading it. */
bool ring_is_filling(const struct ring *r);
void ring_close(struct ring *r);

/*
 * Sorts samples of several CPUs by timestamp: holds each back until no earlier one can arrive (all
 * older than `until` have been read), or until cap samples are held.
 */
struct reorder;
#define REORDER_SAMPLE_MAX 4096 /* larger samples count as lost */
int reorder_open(struct reorder **out, size_t cap, ring_sample_fn fn, void *arg);
/* A ring_sample_fn; the first argument is a struct reorder *. */
void reorder_push(void *reorder, const void *data, size_t sz, uint64_t lost);
/* Deliver what is older than until (ns, CLOCK_MONOTONIC); UINT64_MAX: all. */
void reorder_flush(struct reorder *r, uint64_t until);
/* Number of samples currently held back. */
size_t reorder_nr(const struct reorder *r);
void reorder_free(struct reorder *r);

/* ---- counting packets ---- */

struct tracker; /* addresses of live skbs; bounded memory (64 bytes each) */
#define TRACKER_NR 16384
/* For at least nr_packets at once, if their addresses are spread evenly. */
int tracker_open(struct tracker **out, size_t nr_packets);
/*
 * Account for an event, and set its `packet` and `is_over`. An address seen again after its skb was
 * freed is a new packet; events during kfree_skb() still belong to the old one. A function that may
 * only drop a reference (consume_skb) counts as freeing until the trace has shown one that
 * definitely frees (kfree_skbmem, the tracepoints).
 *
 * An xdp_buff is a packet from the entry of the first XDP program to that program's verdict; the
 * skb built from it is another packet. Events identified by their caller (TRAIL_F_BY_STACK) start
 * no packet, and BPF programs free none.
 *
 * Returns whether it only repeats the event before it of the same packet, which frees the skb:
 * kfree_skbmem() after consume_skb().
 */
bool tracker_note(struct tracker *t, struct trace_event *te);
uint64_t tracker_nr_packets(const struct tracker *t);
/* For --timestamp relative: ns since the first event of this skb. */
uint64_t tracker_age(const struct tracker *t, const struct trace_event *te);
void tracker_free(struct tracker *t);

/* ---- sinks ---- */

/*
 * Text: current 21:04:05.678, the local time of printing; absolute 21:04:05.678901, the local time
 * of the event; relative +12.345us since the packet's first event. JSON (docs/json.md): RFC 3339,
 * and ns.
 */
enum timestamp_mode { TS_NONE, TS_CURRENT, TS_RELATIVE, TS_ABSOLUTE };

/*
 * The fields of an event to show. Without meta, the columns from NETNS to LEN are omitted, except
 * NETNS with netns_names. Fields to be shown that are missing are printed as lost: stack for every
 * event; tunnel, skb, shared_info, cb, conntrack and skb_meta for every skb not freed yet (also if
 * it is not in a tunnel); xdp_meta for every xdp_buff. Strings must outlive the sink.
 */
struct output_fields {
	bool meta, tuple, tcp_flags, caller, stack, tunnel, skb, shared_info, cb, bpfmap, conntrack;
	bool netns_names;
	bool hide_why, hide_verdicts;
	unsigned int netns_names_max; /* characters; 0: unlimited */
	const char *const *skb_meta;  /* expressions of --output-skb-metadata, at most
					 TRAIL_MAX_META */
	size_t nr_skb_meta;
	const char *const *xdp_meta;
	size_t nr_xdp_meta;
};

/* Whether to show te->end. */
static inline bool end_is_shown(const struct trace_event *te, const struct output_fields *shown)
{
	return te->end && !shown->hide_why;
}

/* Whether to show te->why, which tells the verdicts, too. */
static inline bool why_is_shown(const struct trace_event *te, const struct output_fields *shown)
{
	return te->why && !shown->hide_why && !(shown->hide_verdicts && te->verdicts);
}

struct sink_opts {
	enum timestamp_mode timestamp;
	bool colour;
	bool utf8; /* texts may have UTF-8 as it is; JSON is always ASCII */
	struct output_fields shown;
	/* CLOCK_REALTIME minus CLOCK_MONOTONIC in ns, for absolute times of events. */
	int64_t realtime_off;
};

struct sink;
struct sink_ops {
	int (*header)(struct sink *s);
	/* age: see tracker_age(). Returns 1 if the sink leaves the event out
	 * (output/files/pcapng.h).
	 */
	int (*event)(struct sink *s, const struct trace_event *te, uint64_t age);
	int (*lost)(struct sink *s, uint64_t nr);
	/* Flush to the file: after each batch. */
	int (*flush)(struct sink *s);
	/* Optional: all events before `now` (ns, CLOCK_MONOTONIC) were handed over. */
	int (*tick)(struct sink *s, uint64_t now);
	/* Optional: there are no more events. Called after an error, too. */
	int (*finish)(struct sink *s);
	/* Close the file, unless it is stdout, and free s. Returns the first error since the start.
	 */
	int (*close)(struct sink *s);
};

struct outbuf;
struct sink {
	const struct sink_ops *ops;
	struct outbuf *out; /* its buffer, which counts the events written */
};

/*
 * All operations return 0 or -errno (-EPIPE, -ENOSPC); f becomes the sink's, unless -ENOMEM. For
 * text and JSON f may be NULL: outbuf.dev is to be set then.
 */
int sink_text_open(struct sink **out, FILE *f, const struct sink_opts *opts);
int sink_json_open(struct sink **out, FILE *f, const struct sink_opts *opts);

/* Origin and contents of a record file, written to its start. Strings are truncated to their sizes.
 */
struct record_meta {
	char hostname[65]; /* this and the next two: of uname(2) */
	char release[65];
	char machine[65];
	char version[32]; /* of skbtrail */
	uint64_t started; /* ns, CLOCK_REALTIME */
	int64_t realtime_off;
	/* The recorded fields; a replay can show a subset. Strings are owned by the caller, or by
	 * the replay. */
	struct output_fields shown;
};

/*
 * Writes events and, before its first use, each name they need (looked up in `names`), in a
 * versioned format of tagged little-endian records (output/files/record_format.h).
 */
int sink_record_open(struct sink **out, FILE *f, const struct record_meta *meta,
		     const struct names *names);

/*
 * Reads a record file: events in order, with names from the file. A truncated file yields its
 * complete events, then -EBADMSG with a message (prepend the file's name with err_prefix()), and so
 * does one that was cut and has another one behind it. What follows the end of the record in a file
 * or pipe is not read, but warned about. Limits for malicious files: 64 KiB
 * per record, a million names, 64 MiB of names. Takes ownership of f.
 */
struct replay;
int replay_open(struct replay **out, FILE *f, struct record_meta *meta, struct err *err);
const struct names *replay_names(struct replay *r);
/* Returns 1 for an event (te) or a loss (*lost > 0, te->raw.size 0), 0 at the end, or -errno. */
int replay_next(struct replay *r, struct trace_event *te, uint64_t *lost, struct err *err);
void replay_close(struct replay *r);

#endif
