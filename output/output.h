/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - from raw events to lines.
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

#include "base/err.h"
#include "progs/trail_abi.h"

/* ---- names: addresses and numbers in words ---- */

struct name_at {
	const char *name;   /* owned by the provider, valid until its end; NULL: unknown */
	const char *module; /* NULL: the kernel proper */
	uint64_t off;	    /* from the symbol */
};

/* What names.text() prints. */
enum names_text { TEXT_SKB, TEXT_SHARED_INFO, TEXT_SKB_META, TEXT_XDP_META };

/*
 * Where names come from. Each answers from memory; unknown ones yield NULL. netns, text and stack
 * may be NULL themselves: they know nothing.
 */
struct names {
	/* The probed function that ip lies in (targets first, then all symbols). */
	struct name_at (*func)(void *arg, uint64_t ip);
	/* Any kernel address: a caller. */
	struct name_at (*symbol)(void *arg, uint64_t addr);
	/* A number of trail_event.source: a tracepoint, or a BPF program with "tc" or "xdp" as
	 * module. */
	struct name_at (*source)(void *arg, uint32_t source);
	/* "SKB_DROP_REASON_NETFILTER_DROP", or a subsystem's; NULL: unknown. */
	const char *(*reason)(void *arg, uint32_t reason);
	/* A network namespace's name by its inode number; NULL: unknown. */
	const char *(*netns)(void *arg, uint32_t inode);
	/*
	 * Raw bytes from the kernel as text, from its types: of a struct, in lines, the first of
	 * which names it; or of a number (u64), in one: that of the expression nr. snprintf()'s
	 * way: returns the length that the text has, or would have had; 0: no text.
	 */
	size_t (*text)(void *arg, enum names_text what, unsigned int nr, const void *data,
		       size_t sz, char *buf, size_t buf_sz);
	/* The return addresses of a TRAIL_PART_STACK_ID, at most max: their number, or -errno. */
	int (*stack)(void *arg, int64_t id, uint64_t *addrs, size_t max);
	void *arg;
};

/* ---- decoding ---- */

struct tuple {
	uint8_t family; /* AF_INET, AF_INET6; 0: none decoded */
	uint8_t proto;	/* IPPROTO_*; for IPv6 the last header reached */
	bool is_arp;	/* family AF_INET, no ports */
	bool has_ports;
	bool is_fragment; /* not the first one: no ports */
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

/* What came with an event in parts (enum trail_part_kind), ready to print. */
struct trace_parts {
	uint32_t has;	       /* PART_BIT() of each kind that is there; a STACK_ID is a STACK */
	uint32_t cut;	       /* of these, those whose end is missing */
	unsigned int nr_parts; /* samples; 0: from a record */
	size_t nr_frames;
	struct trace_frame stack[TRAIL_MAX_STACK]; /* the innermost first */
	const char *skb, *shared_info;		   /* struct texts, see names.text */
	size_t nr_meta;
	const char *meta[TRAIL_MAX_META]; /* values, in the order of the expressions */
	uint8_t cb[48];
	struct trail_tunnel tunnel; /* hdr_len 0: the packet is in no tunnel */
	struct tuple inner;	    /* of tunnel */
	struct trail_map map;
};

#define PART_BIT(kind) (UINT32_C(1) << (kind))

/* Everything about one event, ready to print. */
struct trace_event {
	struct trail_event raw; /* checked: size and version right, texts terminated */
	struct tuple tuple;
	struct name_at func;	/* name also for tracepoints and BPF programs */
	struct name_at caller;	/* name NULL: none */
	const char *reason;	/* or verdict, as raw.flags says. NULL: none or unknown number */
	const char *netns_name; /* NULL: unknown */
	bool is_drop; /* a drop function or tracepoint and not a mere "consumed", or such a verdict
		       */
	const struct trace_parts *parts; /* NULL: none; valid until the next event */
};

/*
 * Check and decode, without parts. data is a sample from the transport or the record: what follows
 * the event's own size (padding) is ignored, a shorter `hdr` is filled with zeroes, and hdr_len
 * never says more than there is. Errors: -EINVAL (cut off before `hdr`, size larger than the
 * sample, wrong version or type).
 */
int trace_event_decode(struct trace_event *te, const void *data, size_t sz,
		       const struct names *names);

/*
 * Functions that free an skb because it was dropped: kfree_skb, kfree_skb_reason, ... A compiler's
 * suffix
 * (.part.0) does not matter. These are worth their caller. trace_event.is_drop also wants a
 * reason other than SKB_CONSUMED and SKB_NOT_DROPPED_YET.
 */
bool func_is_drop(const char *name);

/* From hdr_len bytes of IPv4, IPv6 (extension headers walked, bounded) or ARP. Never reads past
 * them. */
void tuple_decode(struct tuple *t, uint16_t protocol, const uint8_t *hdr, size_t hdr_len);

/*
 * "10.0.0.1:80->10.0.0.2:4242(tcp)", "[::1]:1->[::2]:2(udp)", "10.0.0.1->10.0.0.2(icmp)",
 * "10.0.0.1->10.0.0.2(udp,frag)" for a fragment without ports, "10.0.0.1->10.0.0.2(arp)", "(arp)"
 * of something else than IPv4; "-" where nothing is known. With tcp_flags "(tcp:SYN|ACK)".
 * TUPLE_TEXT_SZ bytes always suffice.
 */
#define TUPLE_TEXT_SZ 160
void tuple_format(const struct tuple *t, bool tcp_flags, char *buf, size_t sz);
/* "SYN|ACK"; "" where none is set. */
#define TCP_FLAGS_TEXT_SZ 32
void tcp_flags_format(uint8_t flags, char buf[TCP_FLAGS_TEXT_SZ]);

/*
 * Text from the kernel is hostile: control characters and non-ASCII bytes become \xNN. src ends
 * at its first NUL or after src_sz bytes; dst is terminated and cut between characters.
 */
void text_escape(char *dst, size_t dst_sz, const char *src, size_t src_sz);

/* ---- transport ---- */

struct ring; /* a BPF ring buffer, or one perf ring for each CPU */

/* Called for each sample; lost > 0: that many events are missing before it (data NULL: nothing but
 * the gap). */
typedef void (*ring_sample_fn)(void *arg, const void *data, size_t sz, uint64_t lost);

/* map_fd is a BPF_MAP_TYPE_RINGBUF of sz bytes. */
int ring_open_bpf(struct ring **out, int map_fd, size_t sz, struct err *err);
/*
 * map_fd is a perf event array, which must outlive the ring; opens one ring of sz_per_cpu bytes for
 * each online CPU and puts it into the map. Reading looks once a second for CPUs that came or went.
 */
int ring_open_perf(struct ring **out, int map_fd, size_t sz_per_cpu, struct err *err);
/* To wait for with poll(2). */
int ring_fd(const struct ring *r);
/*
 * How long to wait for ring_fd() at most, ms; -1: for ever. A perf ring wakes its reader only when
 * it is a quarter full, so that a wake-up is not paid for each event; the few before that are
 * fetched by looking.
 */
int ring_wait_ms(const struct ring *r);
/*
 * Deliver everything that is there now, at most max samples; those of several CPUs merged by their
 * time as far as they have arrived. Returns the number, or -errno (-EBADMSG: the ring makes no
 * sense).
 */
int ring_read(struct ring *r, size_t max, ring_sample_fn fn, void *arg);
void ring_close(struct ring *r);

/*
 * Puts samples of several CPUs in order of time: holds each back until no earlier one can come
 * (everything older than `until` has been read), or until cap samples are held.
 */
struct reorder;
#define REORDER_SAMPLE_MAX 4096 /* larger samples count as lost */
int reorder_open(struct reorder **out, size_t cap, ring_sample_fn fn, void *arg);
/* A ring_sample_fn with struct reorder * as arg. */
void reorder_push(void *reorder, const void *data, size_t sz, uint64_t lost);
/* Deliver what is older than until (ns, CLOCK_MONOTONIC); UINT64_MAX: all. */
void reorder_flush(struct reorder *r, uint64_t until);
/* Samples held back now. */
size_t reorder_nr(const struct reorder *r);
void reorder_free(struct reorder *r);

/* ---- counting packets ---- */

struct tracker; /* skb addresses that are alive; bounded memory (512 KiB) */
int tracker_open(struct tracker **out);
/*
 * Note an event; an address seen again after its skb was freed is a new packet. What kfree_skb()
 * does while it frees still belongs to the old one. A function that may only drop a reference
 * (consume_skb) counts as freeing until the trace has shown one that surely frees (kfree_skbmem,
 * the tracepoints).
 *
 * An xdp_buff is a packet from the entry of the first XDP program to that program's verdict; the
 * skb made of it is another. What is known by its caller (TRAIL_F_BY_STACK) begins no packet, and
 * BPF programs free none.
 */
void tracker_note(struct tracker *t, const struct trace_event *te);
uint64_t tracker_nr_packets(const struct tracker *t);
/* ns since the first event of this skb (0 for the first): --timestamp relative. */
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
 * Which parts of an event are shown. Without meta: neither NETNS nor what follows up to LEN; with
 * netns_names NETNS all the same. What is shown and did not come is said to be lost: stack at every
 * event; tunnel, skb, shared_info, cb and skb_meta at every skb that was not freed (a tunnel may be
 * none), xdp_meta at every xdp_buff. The texts must live as long as the sink.
 */
struct output_fields {
	bool meta, tuple, tcp_flags, caller, stack, tunnel, skb, shared_info, cb, bpfmap;
	bool netns_names;
	unsigned int netns_names_max; /* characters; 0: as long as they are */
	const char *const *skb_meta;  /* expressions of --output-skb-metadata, at most
					 TRAIL_MAX_META */
	size_t nr_skb_meta;
	const char *const *xdp_meta;
	size_t nr_xdp_meta;
};

struct sink_opts {
	enum timestamp_mode timestamp;
	bool colour;
	struct output_fields shown;
	/* CLOCK_REALTIME minus CLOCK_MONOTONIC, ns: absolute times are the event's. */
	int64_t realtime_off;
};

struct sink;
struct sink_ops {
	int (*header)(struct sink *s);
	/* age: see tracker_age(). */
	int (*event)(struct sink *s, const struct trace_event *te, uint64_t age);
	int (*lost)(struct sink *s, uint64_t nr);
	/* Flush to the file: after each batch. */
	int (*flush)(struct sink *s);
	/* Close the file too, unless it is stdout. Frees s. The first error since the start. */
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

/* Who recorded, and what: goes into the record's start. Texts are cut at their sizes. */
struct record_meta {
	char hostname[65]; /* this and the next: uname */
	char release[65];
	char machine[65];
	char version[32]; /* skbtrail's */
	uint64_t started; /* ns, CLOCK_REALTIME */
	int64_t realtime_off;
	/* To be shown again: a replay can hide of it, but has no more. Texts are the caller's, or
	 * the replay's. */
	struct output_fields shown;
};

/*
 * Writes events and, before their first use, every name they need, in a versioned format of
 * tagged little-endian records (output/files/record_format.h describes it). Asks `names` for the
 * names.
 */
int sink_record_open(struct sink **out, FILE *f, const struct record_meta *meta,
		     const struct names *names);

/*
 * Reads a record file: events in order, with names from the file. Truncated files deliver what is
 * whole, then return -EBADMSG with a message (put the file's name before it with err_prefix());
 * hostile ones are bounded: 64 KiB a record, a million names, 64 MiB of them. f becomes the
 * replay's.
 */
struct replay;
int replay_open(struct replay **out, FILE *f, struct record_meta *meta, struct err *err);
const struct names *replay_names(struct replay *r);
/* 1: one more (te, or *lost > 0 with te->raw.size 0), 0: end, -errno. */
int replay_next(struct replay *r, struct trace_event *te, uint64_t *lost, struct err *err);
void replay_close(struct replay *r);

#endif
