// SPDX-License-Identifier: GPL-2.0-only
/* Parser of the --record file format (record_format.h). The input is untrusted. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "output/conntrack.h"
#include "output/files/joined.h"
#include "output/files/nametab.h"
#include "output/files/record_format.h"
#include "output/output.h"
#include "output/parts.h"

#define INPUT_SZ (2 * RECORD_SZ_MAX)
#define WAIT_MS	 1000

struct replay {
	FILE *f; /* owned */
	int fd;	 /* of f; -1: none, as of a FILE in memory */
	struct nametab tab;
	struct names names;
	struct record_meta about;
	uint64_t nr_events, nr_bytes;
	uint64_t nr_unknown; /* records and parts of kinds that this skbtrail does not know */
	bool has_head;	     /* a record in it holds the beginning of another file */
	bool ended;
	char *titles[2 * TRAIL_MAX_META]; /* owned; those of skb first */
	struct trace_parts parts;	  /* of the next event */
	struct {
		struct trail_packet head;
		uint8_t bytes[TRAIL_SNAPLEN_MAX];
	} packet;
	bool parts_used;		  /* that event was delivered */
	bool has_why, has_end, has_route; /* these and the next four: of the next event */
	char why[WHY_TEXT_SZ];
	char end[WHY_TEXT_SZ];
	struct route route;
	struct verdicts verdicts;
	bool verdicts_used;	      /* that event was delivered */
	char texts[2][RECORD_SZ_MAX]; /* structs in parts, as text */
	char meta[TRAIL_MAX_META][RECORD_NAME_SZ_MAX + 1];
	size_t from, to; /* what of the input is still to be parsed */
	uint8_t input[INPUT_SZ];
};

static struct name_at find_name(void *arg, enum record_tag kind, uint64_t number)
{
	const struct replay *r = arg;
	const struct nametab_entry *e = nametab_find(&r->tab, kind, number);

	return e ? e->at : (struct name_at){0};
}

static struct name_at replay_func(void *arg, uint64_t ip)
{
	return find_name(arg, RECORD_FUNC, ip);
}

static struct name_at replay_symbol(void *arg, uint64_t addr)
{
	return find_name(arg, RECORD_SYMBOL, addr);
}

static struct name_at replay_source(void *arg, uint32_t source)
{
	return find_name(arg, RECORD_SOURCE, source);
}

static const char *replay_reason(void *arg, uint32_t reason)
{
	return find_name(arg, RECORD_REASON, reason).name;
}

static const char *replay_netns(void *arg, uint32_t inode)
{
	return find_name(arg, RECORD_NETNS, inode).name;
}

/* A file that was cut, and another one behind it. */
static int joined(const struct replay *r, struct err *err)
{
	err_set(err, -EBADMSG, "truncated after %llu complete event%s: another record begins there",
		(unsigned long long)r->nr_events, plural(r->nr_events));
	err_hint(err, "a replay tells one record: give each by itself");
	return -EBADMSG;
}

/* Not by fread(), which would wait until the buffer is full. Returns whether there was more. */
static bool read_more(struct replay *r)
{
	size_t room = sizeof(r->input) - r->to;
	ssize_t n;

	errno = 0;
	if (r->fd >= 0)
		n = read(r->fd, r->input + r->to, room);
	else
		n = (ssize_t)fread(r->input + r->to, 1, room, r->f);
	if (n <= 0)
		return false;
	r->to += (size_t)n;
	return true;
}

/* Room for more, behind what is still to be parsed. */
static void make_room(struct replay *r)
{
	r->to -= r->from;
	memmove(r->input, r->input + r->from, r->to);
	r->from = 0;
}

/* The next sz bytes, at most RECORD_SZ_MAX, in place until the next call; NULL: there are less. */
static const uint8_t *take(struct replay *r, size_t sz)
{
	if (r->to - r->from < sz && r->from)
		make_room(r);
	while (r->to - r->from < sz)
		if (!read_more(r))
			return NULL;
	r->from += sz;
	return r->input + r->from - sz;
}

/* Behind the end, where a pipe's writer may not go: wait for it for a second at most. */
static void take_rest(struct replay *r)
{
	struct pollfd poll_fd = {.fd = r->fd, .events = POLLIN};

	make_room(r);
	while (r->to < JOINED_SZ && (r->fd < 0 || poll(&poll_fd, 1, WAIT_MS) > 0) && read_more(r))
		;
}

static int truncated(const struct replay *r, struct err *err)
{
	if (errno)
		return err_sys(err, -errno, "read error");
	if (r->has_head)
		return joined(r, err);
	return err_set(err, -EBADMSG, "truncated after %llu complete event%s",
		       (unsigned long long)r->nr_events, plural(r->nr_events));
}

static int malformed(const struct replay *r, const char *what, struct err *err)
{
	if (r->has_head)
		return joined(r, err);
	return err_set(err, -EBADMSG, "malformed %s after event %llu", what,
		       (unsigned long long)r->nr_events);
}

/* Read the next record. Returns its tag, or -errno. */
static int read_record(struct replay *r, struct bytes *b, struct err *err)
{
	struct {
		uint16_t tag, zero;
		uint32_t sz;
	} head;
	const void *p = take(r, sizeof(head));

	if (!p)
		return truncated(r, err);
	if (joined_is_head(p, sizeof(head)))
		return joined(r, err);
	memcpy(&head, p, sizeof(head));
	if (head.sz > RECORD_SZ_MAX && r->has_head)
		return joined(r, err);
	if (head.sz > RECORD_SZ_MAX)
		return err_set(err, -EBADMSG,
			       "record of %u bytes after event %llu, expected at most %d", head.sz,
			       (unsigned long long)r->nr_events, RECORD_SZ_MAX);
	p = take(r, head.sz);
	if (!p) {
		r->has_head |= joined_has_head(r->input + r->from, r->to - r->from);
		return truncated(r, err);
	}
	r->has_head |= joined_has_head(p, head.sz);
	r->nr_bytes += sizeof(head) + head.sz;
	*b = bytes_of(p, head.sz);
	return head.tag;
}

/* Read a text into dst, truncated to dst_sz. */
static void read_text(struct bytes *b, char *dst, size_t dst_sz)
{
	uint16_t len = bytes_u16(b);
	const char *p = bytes_take(b, len);
	size_t n = len < dst_sz ? len : dst_sz - 1;

	if (!p)
		n = 0;
	memcpy(dst, p ? p : "", n);
	dst[n] = '\0';
}

static int read_name(struct replay *r, enum record_tag tag, struct bytes *b, struct err *err)
{
	char name[RECORD_NAME_SZ_MAX + 1], module[RECORD_NAME_SZ_MAX + 1] = "";
	struct name_at at = {.name = name};
	uint64_t number;
	int ret;

	if (tag == RECORD_FUNC || tag == RECORD_SYMBOL) {
		number = bytes_u64(b);
		at.off = bytes_u64(b);
		read_text(b, name, sizeof(name));
		read_text(b, module, sizeof(module));
		at.module = module[0] ? module : NULL;
	} else {
		number = bytes_u32(b);
		read_text(b, name, sizeof(name));
		if (tag == RECORD_SOURCE && bytes_left(b))
			read_text(b, module, sizeof(module));
		at.module = module[0] ? module : NULL;
	}
	if (b->bad || !name[0])
		return malformed(r, "name", err);
	ret = nametab_add(&r->tab, tag, number, &at);
	if (ret == -E2BIG)
		return err_set(err, -EBADMSG, "more than %d names or %d MiB of names",
			       RECORD_NR_NAMES, RECORD_NAMES_SZ >> 20);
	if (ret < 0)
		return err_set(err, ret, "out of memory for the names in the record");
	return 0;
}

/* Read nr texts into r->titles, from index `first` on. */
static int read_titles(struct replay *r, struct bytes *b, size_t nr, size_t first, struct err *err)
{
	char title[RECORD_NAME_SZ_MAX + 1];

	if (nr > TRAIL_MAX_META)
		return malformed(r, "META", err);
	for (size_t i = 0; i < nr; i++) {
		read_text(b, title, sizeof(title));
		r->titles[first + i] = strdup(title);
		if (!r->titles[first + i])
			return err_set(err, -ENOMEM, "out of memory for the record");
	}
	return 0;
}

static void bits_to_fields(struct output_fields *s, uint32_t bits)
{
	for (int i = 0; i < RECORD_NR_FIELDS; i++)
		*(bool *)((char *)s + record_field_offs[i]) = bits >> i & 1;
}

static int read_fields(struct replay *r, struct bytes *b, struct output_fields *s, struct err *err)
{
	int ret;

	*s = (struct output_fields){.meta = true, .tuple = true};
	if (!bytes_left(b))
		return 0;
	bits_to_fields(s, bytes_u32(b));
	s->netns_names_max = bytes_u32(b);
	s->nr_skb_meta = bytes_u16(b);
	s->nr_xdp_meta = bytes_u16(b);
	s->skb_meta = (const char *const *)r->titles;
	s->xdp_meta = (const char *const *)r->titles + TRAIL_MAX_META;
	ret = read_titles(r, b, s->nr_skb_meta, 0, err);
	return ret ? ret : read_titles(r, b, s->nr_xdp_meta, TRAIL_MAX_META, err);
}

static int read_meta(struct replay *r, struct record_meta *meta, struct err *err)
{
	int ret;
	struct bytes b;
	int tag = read_record(r, &b, err);

	if (tag < 0)
		return tag;
	if (tag != RECORD_META)
		return err_set(err, -EBADMSG, "starts with record type %d, expected META (%d)", tag,
			       RECORD_META);
	meta->started = bytes_u64(&b);
	meta->realtime_off = bytes_u64(&b);
	read_text(&b, meta->hostname, sizeof(meta->hostname));
	read_text(&b, meta->release, sizeof(meta->release));
	read_text(&b, meta->machine, sizeof(meta->machine));
	read_text(&b, meta->version, sizeof(meta->version));
	if (b.bad)
		return malformed(r, "META", err);
	ret = read_fields(r, &b, &meta->shown, err);
	return ret ? ret : b.bad ? malformed(r, "META", err) : 0;
}

/* head: NULL if the file is shorter. */
static int no_record(const uint8_t *head, struct err *err)
{
	static const uint8_t pcapng[] = {0x0a, 0x0d, 0x0d, 0x0a};

	err_set(err, -EBADMSG, "not a skbtrail record file");
	if (head && !memcmp(head, pcapng, sizeof(pcapng)))
		err_hint(err, "it is pcapng: wireshark and tcpdump -r read it");
	return -EBADMSG;
}

static int read_head(struct replay *r, struct record_meta *meta, struct err *err)
{
	const uint8_t *head = take(r, RECORD_HEAD_SZ);
	struct bytes b = bytes_of(head, RECORD_HEAD_SZ);
	uint16_t format;
	int ret;

	if (!head || memcmp(bytes_take(&b, RECORD_MAGIC_SZ), RECORD_MAGIC, RECORD_MAGIC_SZ))
		return no_record(head, err);
	format = bytes_u16(&b);
	if (!format)
		return err_set(err, -EBADMSG, "format 0 is no record's");
	if (format > RECORD_FORMAT) {
		err_set(err, -EBADMSG,
			"a newer skbtrail wrote it: format %u is not supported, expected at most "
			"%d",
			format, RECORD_FORMAT);
		err_hint(err, "replay it with a newer skbtrail; this is %s", SKBTRAIL_VERSION);
		return -EBADMSG;
	}
	r->nr_bytes = RECORD_HEAD_SZ;
	ret = read_meta(r, meta, err);
	r->about = *meta;
	return ret;
}

int replay_open(struct replay **out, FILE *f, struct record_meta *meta, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	int ret;

	memset(meta, 0, sizeof(*meta));
	if (!r) {
		fclose(f);
		return err_set(err, -ENOMEM, "out of memory for the record");
	}
	r->f = f;
	r->fd = fileno(f);
	r->names = (struct names){
		.func = replay_func,
		.symbol = replay_symbol,
		.source = replay_source,
		.reason = replay_reason,
		.netns = replay_netns,
		.arg = r,
	};
	ret = read_head(r, meta, err);
	if (ret) {
		replay_close(r);
		return ret;
	}
	*out = r;
	return 0;
}

const struct names *replay_names(struct replay *r)
{
	return &r->names;
}

/* ---- parts ---- */

/* Copy the rest of the record to dst as a string. */
static const char *read_struct(struct bytes *b, char *dst)
{
	size_t sz = bytes_left(b);

	memcpy(dst, bytes_take(b, sz), sz);
	dst[sz] = '\0';
	return dst;
}

static void read_stack(struct replay *r, struct bytes *b)
{
	struct trace_parts *p = &r->parts;

	p->nr_frames = bytes_left(b) / sizeof(p->stack[0].addr);
	if (p->nr_frames > TRAIL_MAX_STACK)
		b->bad = true;
	for (size_t i = 0; !b->bad && i < p->nr_frames; i++) {
		p->stack[i].addr = bytes_u64(b);
		p->stack[i].at = replay_symbol(r, p->stack[i].addr);
	}
}

static void read_values(struct replay *r, struct bytes *b)
{
	struct trace_parts *p = &r->parts;

	p->nr_meta = bytes_u16(b);
	if (p->nr_meta > TRAIL_MAX_META)
		b->bad = true;
	for (size_t i = 0; !b->bad && i < p->nr_meta; i++) {
		read_text(b, r->meta[i], sizeof(r->meta[i]));
		p->meta[i] = r->meta[i];
	}
}

static void read_tunnel(struct trace_parts *p, struct bytes *b)
{
	struct trail_tunnel *t = &p->tunnel;

	bytes_read(b, t, sizeof(*t));
	if (t->hdr_len > sizeof(t->hdr))
		t->hdr_len = sizeof(t->hdr);
	tuple_decode(&p->inner, t->protocol, t->hdr, t->hdr_len);
}

/* Of a later skbtrail there may be more than fits. */
static void read_packet(struct replay *r, struct bytes *b)
{
	size_t sz = bytes_left(b);
	bool cut;

	if (sz > sizeof(r->packet))
		sz = sizeof(r->packet);
	bytes_read(b, &r->packet, sz);
	if (!parts_packet_check(&r->packet.head, sz, &cut))
		b->bad = true;
	r->parts.packet = &r->packet.head;
}

static int read_part(struct replay *r, struct bytes *b, struct err *err)
{
	struct trace_parts *p = &r->parts;
	uint16_t kind = bytes_u16(b), cut = bytes_u16(b);

	switch (b->bad ? 0 : kind) {
	case 0:
		return malformed(r, "part", err);
	case TRAIL_PART_STACK:
		read_stack(r, b);
		break;
	case TRAIL_PART_SKB:
		p->skb = read_struct(b, r->texts[0]);
		break;
	case TRAIL_PART_SHARED_INFO:
		p->shared_info = read_struct(b, r->texts[1]);
		break;
	case TRAIL_PART_CB:
		bytes_read(b, p->cb, sizeof(p->cb));
		break;
	case TRAIL_PART_META:
		read_values(r, b);
		break;
	case TRAIL_PART_TUNNEL:
		read_tunnel(p, b);
		break;
	case TRAIL_PART_MAP:
		bytes_read(b, &p->map, sizeof(p->map));
		p->map.name[sizeof(p->map.name) - 1] = '\0';
		break;
	case TRAIL_PART_PACKET:
		read_packet(r, b);
		break;
	case TRAIL_PART_CT:
		bytes_read(b, &p->ct, sizeof(p->ct));
		conntrack_check(&p->ct);
		break;
	default:
		r->nr_unknown++;
		return 0;
	}
	if (b->bad)
		return malformed(r, "part", err);
	p->has |= PART_BIT(kind);
	if (cut)
		p->cut |= PART_BIT(kind);
	return 0;
}

static int read_why(struct replay *r, struct bytes *b, struct err *err)
{
	read_text(b, r->why, sizeof(r->why));
	r->has_why = !b->bad;
	return b->bad ? malformed(r, "an explanation", err) : 0;
}

static int read_ending(struct replay *r, struct bytes *b, struct err *err)
{
	read_text(b, r->end, sizeof(r->end));
	r->has_end = !b->bad;
	return b->bad ? malformed(r, "an ending", err) : 0;
}

static const char *read_kept(struct replay *r, struct bytes *b)
{
	char text[VERDICT_TEXT_MAX + 1];

	read_text(b, text, sizeof(text));
	return verdicts_keep(&r->verdicts, text);
}

static void read_place(struct replay *r, struct bytes *b, struct verdict_rule *place)
{
	place->rule = bytes_u32(b);
	place->handle = bytes_u64(b);
	place->chain = read_kept(r, b);
}

static int read_verdict(struct replay *r, struct bytes *b, struct err *err)
{
	struct verdict ignored, *v;
	uint16_t flags = bytes_u16(b);

	if (r->verdicts_used)
		verdicts_clear(&r->verdicts);
	r->verdicts_used = false;
	v = verdicts_add(&r->verdicts);
	if (!v)
		v = &ignored;
	v->is_policy = flags & RECORD_IS_POLICY;
	v->has_priority = flags & RECORD_HAS_PRIORITY;
	v->priority = (int32_t)bytes_u32(b);
	for (size_t i = 0; i < VERDICT_NR_TEXTS; i++)
		*verdict_text(v, i) = read_kept(r, b);
	v->nr_path = bytes_u16(b);
	if (v->nr_path > VERDICT_PATH_MAX)
		b->bad = true;
	read_place(r, b, &v->at);
	for (size_t i = 0; !b->bad && i < v->nr_path; i++)
		read_place(r, b, &v->path[i]);
	v->rule_text = !b->bad && bytes_left(b) ? read_kept(r, b) : NULL;
	return b->bad ? malformed(r, "a verdict", err) : 0;
}

static int read_route(struct replay *r, struct bytes *b, struct err *err)
{
	struct route *route = &r->route;
	uint16_t flags = bytes_u16(b);

	route->has_rule = flags & RECORD_HAS_RULE;
	route->is_cached = flags & RECORD_IS_CACHED;
	route->nr_hops = bytes_u16(b);
	route->rule = bytes_u32(b);
	route->table = bytes_u32(b);
	route->metric = bytes_u32(b);
	for (unsigned int i = 0; i < ROUTE_NR_TEXTS; i++)
		read_text(b, route_text(route, i), ROUTE_TEXT_SZ);
	r->has_route = !b->bad;
	return b->bad ? malformed(r, "a route", err) : 0;
}

static int bad_event(const struct replay *r, struct bytes *b, struct err *err)
{
	uint16_t version = bytes_u16(b);

	if (b->bad || version <= TRAIL_ABI_VERSION)
		return malformed(r, "event", err);
	err_set(err, -EBADMSG,
		"a newer skbtrail wrote it: version %u of events is not supported, expected %d",
		version, TRAIL_ABI_VERSION);
	err_hint(err, "replay it with a newer skbtrail; this is %s", SKBTRAIL_VERSION);
	return -EBADMSG;
}

static int read_event(struct replay *r, struct bytes *b, struct trace_event *te, struct err *err)
{
	if (trace_event_decode(te, b->data, b->sz, &r->names))
		return bad_event(r, b, err);
	te->parts = r->parts.has ? &r->parts : NULL;
	te->why = r->has_why ? r->why : NULL;
	te->verdicts = r->verdicts.nr && !r->verdicts_used ? &r->verdicts : NULL;
	te->end = r->has_end ? r->end : NULL;
	te->is_drop = te->is_drop && !te->end;
	te->route = r->has_route ? &r->route : NULL;
	r->verdicts_used = true;
	r->has_why = r->has_end = r->has_route = false;
	r->parts_used = true;
	r->nr_events++;
	return 1;
}

/* What a newer one wrote. */
static void warn_of_unknown(const struct replay *r)
{
	char version[4 * sizeof(r->about.version)];

	if (!r->nr_unknown)
		return;
	text_escape(version, sizeof(version), r->about.version, sizeof(r->about.version));
	log_warn("left out: %llu part%s of the record, of a kind that this skbtrail (%s) does not "
		 "know; %s wrote it",
		 (unsigned long long)r->nr_unknown, plural(r->nr_unknown), SKBTRAIL_VERSION,
		 version);
}

/* It tells how many events there are: others if it is that of another file. */
static int read_end(struct replay *r, struct bytes *b, struct err *err)
{
	uint64_t nr = bytes_u64(b);

	if (b->bad)
		return malformed(r, "end", err);
	if (nr != r->nr_events && r->has_head)
		return joined(r, err);
	if (nr != r->nr_events)
		return err_set(err, -EBADMSG,
			       "damaged or truncated: %llu events are there, its end tells of %llu",
			       (unsigned long long)r->nr_events, (unsigned long long)nr);
	r->ended = true;
	warn_of_unknown(r);
	take_rest(r);
	joined_warn(r->input, r->to, r->f, r->nr_bytes, &r->about);
	return 0;
}

/* Returns 1 for something to print, 0 to continue (or stop, if r->ended), -errno on error. */
static int handle_record(struct replay *r, int tag, struct bytes *b, struct trace_event *te,
			 uint64_t *lost, struct err *err)
{
	switch (tag) {
	case RECORD_FUNC:
	case RECORD_SYMBOL:
	case RECORD_SOURCE:
	case RECORD_REASON:
	case RECORD_NETNS:
		return read_name(r, tag, b, err);
	case RECORD_PART:
		return read_part(r, b, err);
	case RECORD_WHY:
		return read_why(r, b, err);
	case RECORD_ENDING:
		return read_ending(r, b, err);
	case RECORD_VERDICT:
		return read_verdict(r, b, err);
	case RECORD_ROUTE:
		return read_route(r, b, err);
	case RECORD_EVENT:
		return read_event(r, b, te, err);
	case RECORD_LOST:
		*lost = bytes_u64(b);
		te->raw.size = 0;
		return b->bad ? malformed(r, "loss marker", err) : *lost > 0;
	case RECORD_END:
		return read_end(r, b, err);
	default:
		r->nr_unknown++;
		return 0;
	}
}

int replay_next(struct replay *r, struct trace_event *te, uint64_t *lost, struct err *err)
{
	int ret = 0;

	*lost = 0;
	if (r->parts_used && r->parts.has)
		r->parts = (struct trace_parts){0};
	r->parts_used = false;
	while (!ret && !r->ended) {
		struct bytes b;
		int tag = read_record(r, &b, err);

		if (tag < 0)
			return tag;
		ret = handle_record(r, tag, &b, te, lost, err);
	}
	return ret;
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	nametab_release(&r->tab);
	for (size_t i = 0; i < sizeof(r->titles) / sizeof(r->titles[0]); i++)
		free(r->titles[i]);
	if (r->f)
		fclose(r->f);
	free(r);
}
