// SPDX-License-Identifier: GPL-2.0-only
/* Parser of the --record file format (record_format.h). The input is untrusted. */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "output/files/nametab.h"
#include "output/files/record_format.h"
#include "output/output.h"

#define INPUT_SZ (64 * 1024)

struct replay {
	FILE *f; /* owned */
	struct nametab tab;
	struct names names;
	uint64_t nr_events;
	bool ended;
	char *titles[2 * TRAIL_MAX_META]; /* owned; those of skb first */
	struct trace_parts parts;	  /* of the next event */
	bool parts_used;		  /* that event was delivered */
	bool has_why;			  /* this and the next two: of the next event */
	char why[WHY_TEXT_SZ];
	struct verdicts verdicts;
	bool verdicts_used;	      /* that event was delivered */
	char texts[2][RECORD_SZ_MAX]; /* structs in parts, as text */
	char meta[TRAIL_MAX_META][RECORD_NAME_SZ_MAX + 1];
	uint8_t buf[RECORD_SZ_MAX];
	char input[INPUT_SZ]; /* of f: musl's own buffer, 1 KiB, is four events */
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

static int truncated(const struct replay *r, struct err *err)
{
	if (ferror(r->f))
		return err_sys(err, errno ? -errno : -EIO, "read error");
	return err_set(err, -EBADMSG,
		       "truncated after %llu events; all complete events were printed",
		       (unsigned long long)r->nr_events);
}

static int malformed(const struct replay *r, const char *what, struct err *err)
{
	return err_set(err, -EBADMSG, "malformed %s after event %llu", what,
		       (unsigned long long)r->nr_events);
}

/* Read the next record into r->buf. Returns its tag, or -errno. */
static int read_record(struct replay *r, struct bytes *b, struct err *err)
{
	uint8_t head[8];
	struct bytes h = bytes_of(head, sizeof(head));
	uint16_t tag;
	uint32_t sz;

	errno = 0;
	if (fread(head, 1, sizeof(head), r->f) != sizeof(head))
		return truncated(r, err);
	tag = bytes_u16(&h);
	bytes_u16(&h);
	sz = bytes_u32(&h);
	if (sz > RECORD_SZ_MAX)
		return err_set(err, -EBADMSG,
			       "record of %u bytes after event %llu, expected at most %d", sz,
			       (unsigned long long)r->nr_events, RECORD_SZ_MAX);
	if (fread(r->buf, 1, sz, r->f) != sz)
		return truncated(r, err);
	*b = bytes_of(r->buf, sz);
	return tag;
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

static int read_head(struct replay *r, struct record_meta *meta, struct err *err)
{
	uint8_t head[RECORD_HEAD_SZ];
	struct bytes b = bytes_of(head, sizeof(head));
	uint16_t format;

	if (fread(head, 1, sizeof(head), r->f) != sizeof(head) ||
	    memcmp(bytes_take(&b, RECORD_MAGIC_SZ), RECORD_MAGIC, RECORD_MAGIC_SZ))
		return err_set(err, -EBADMSG, "not a skbtrail record file");
	format = bytes_u16(&b);
	if (!format || format > RECORD_FORMAT)
		return err_set(err, -EBADMSG, "format %u is not supported, expected at most %d",
			       format, RECORD_FORMAT);
	return read_meta(r, meta, err);
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
	setvbuf(f, r->input, _IOFBF, sizeof(r->input));
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
	default:
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
	return b->bad ? malformed(r, "a verdict", err) : 0;
}

static int read_event(struct replay *r, struct bytes *b, struct trace_event *te, struct err *err)
{
	if (trace_event_decode(te, b->data, b->sz, &r->names))
		return malformed(r, "event", err);
	te->parts = r->parts.has ? &r->parts : NULL;
	te->why = r->has_why ? r->why : NULL;
	te->verdicts = r->verdicts.nr && !r->verdicts_used ? &r->verdicts : NULL;
	r->verdicts_used = true;
	r->has_why = false;
	r->parts_used = true;
	r->nr_events++;
	return 1;
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
	case RECORD_VERDICT:
		return read_verdict(r, b, err);
	case RECORD_EVENT:
		return read_event(r, b, te, err);
	case RECORD_LOST:
		*lost = bytes_u64(b);
		te->raw.size = 0;
		return b->bad ? malformed(r, "loss marker", err) : *lost > 0;
	case RECORD_END:
		r->ended = true;
		return 0;
	default:
		return 0;
	}
}

int replay_next(struct replay *r, struct trace_event *te, uint64_t *lost, struct err *err)
{
	int ret = 0;

	*lost = 0;
	if (r->parts_used)
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
