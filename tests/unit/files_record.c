// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unistd.h>

#include <cmocka.h>

#include "output/files/pcapng.h"
#include "output/files/record_format.h"
#include "tests/unit/lib_events.h"
#include "tests/unit/lib_json.h"
#include "tests/unit/lib_pcapng.h"

#define NR_EVENTS_MAX 32

struct record {
	uint8_t *data;
	size_t sz, nr_events;
	size_t nr_plain; /* of these, without parts: first */
};

static int setup(void **state)
{
	const struct record_meta meta = {
		.hostname = "box",
		.release = "6.1.0-18-amd64",
		.machine = "x86_64",
		.version = "0.1.0",
		.started = 1732395845,
		.realtime_off = -5,
		.shown = test_shown_all,
	};
	static struct test_sample samples[TEST_SAMPLES_MAX];
	static struct record r;
	struct trail_event events[NR_EVENTS_MAX];
	struct trace_event te;
	struct sink *s;

	r.nr_plain = test_events(events, NR_EVENTS_MAX);
	if (sink_record_open(&s, open_memstream((char **)&r.data, &r.sz), &meta, &test_names))
		return -1;
	for (size_t i = 0; i < r.nr_plain; i++) {
		trace_event_decode(&te, &events[i], sizeof(events[i]), &test_names);
		s->ops->event(s, &te, 0);
		if (i == 3)
			s->ops->lost(s, 17);
	}
	r.nr_events = r.nr_plain;
	for (size_t i = 0, nr = test_samples(samples); i < nr; i++)
		r.nr_events += samples[i].event.type != TRAIL_EVENT_PART;
	test_print_samples(s, samples, test_samples(samples));
	*state = &r;
	return s->ops->close(s);
}

static int teardown(void **state)
{
	free(((struct record *)*state)->data);
	return 0;
}

/* Whatever a record held can be printed, and is JSON and pcapng. */
struct nowhere {
	struct sink *text, *json, *pcapng;
	char *lines, *packets;
	size_t lines_sz, packets_sz;
};

static void nowhere_open(struct nowhere *n, const struct output_fields *shown)
{
	const struct pcapng_opts packets = {.meta.shown = *shown};
	const struct sink_opts opts = {.shown = *shown};

	assert_int_equal(
		sink_pcapng_open(&n->pcapng, open_memstream(&n->packets, &n->packets_sz), &packets),
		0);
	assert_int_equal(n->pcapng->ops->header(n->pcapng), 0);

	assert_int_equal(sink_text_open(&n->text, fopen("/dev/null", "w"), &opts), 0);
	assert_int_equal(sink_json_open(&n->json, open_memstream(&n->lines, &n->lines_sz), &opts),
			 0);
	assert_int_equal(n->text->ops->header(n->text), 0);
}

static void nowhere_print(struct nowhere *n, const struct trace_event *te)
{
	assert_int_equal(n->text->ops->event(n->text, te, 0), 0);
	assert_int_equal(n->json->ops->event(n->json, te, 0), 0);
	assert_in_range(n->pcapng->ops->event(n->pcapng, te, 0), 0, 1);
}

static void nowhere_close(struct nowhere *n)
{
	struct pcapng_file file;

	assert_int_equal(n->text->ops->close(n->text), 0);
	assert_int_equal(n->json->ops->close(n->json), 0);
	for (char *line = n->lines, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!json_is_object(line, end - line))
			fail_msg("no JSON: %.*s", (int)(end - line), line);
	}
	free(n->lines);
	assert_int_equal(n->pcapng->ops->close(n->pcapng), 0);
	pcapng_read(&file, n->packets, n->packets_sz);
	pcapng_release(&file);
	free(n->packets);
}

/* Read all of it. Returns what replay_open() or the last replay_next() did, and how many events. */
static int read_file(FILE *f, size_t *nr, struct err *err)
{
	struct record_meta meta;
	struct nowhere nowhere;
	struct trace_event te;
	struct replay *r;
	uint64_t lost;
	int ret;

	*nr = 0;
	assert_non_null(f);
	ret = replay_open(&r, f, &meta, err);
	if (ret)
		return ret;
	nowhere_open(&nowhere, &meta.shown);
	while ((ret = replay_next(r, &te, &lost, err)) > 0) {
		*nr += !lost;
		if (!lost)
			nowhere_print(&nowhere, &te);
	}
	nowhere_close(&nowhere);
	replay_close(r);
	return ret;
}

static int read_all(const void *data, size_t sz, size_t *nr, struct err *err)
{
	return read_file(sz ? fmemopen((void *)data, sz, "r") : fopen("/dev/null", "r"), nr, err);
}

static void test_meta_and_counts(void **state)
{
	const struct record *rec = *state;
	struct err err = ERR_INIT;
	struct record_meta meta;
	struct trace_event te;
	struct replay *r;
	uint64_t lost;
	size_t nr;

	assert_int_equal(read_all(rec->data, rec->sz, &nr, &err), 0);
	assert_int_equal(nr, rec->nr_events);

	assert_int_equal(replay_open(&r, fmemopen(rec->data, rec->sz, "r"), &meta, &err), 0);
	assert_string_equal(meta.release, "6.1.0-18-amd64");
	assert_string_equal(meta.machine, "x86_64");
	assert_string_equal(meta.version, "0.1.0");
	assert_int_equal(meta.started, 1732395845);
	assert_int_equal(meta.realtime_off, -5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(replay_next(r, &te, &lost, &err), 1);
	assert_int_equal(replay_next(r, &te, &lost, &err), 1);
	assert_int_equal(lost, 17);
	assert_int_equal(te.raw.size, 0);
	assert_string_equal(
		replay_names(r)->func(replay_names(r)->arg, FN_ADDR(FN_IP_LOCAL_OUT) + 4).name,
		"ip_local_out");
	assert_true(meta.shown.stack && meta.shown.bpfmap && meta.shown.netns_names);
	assert_int_equal(meta.shown.nr_skb_meta, 2);
	assert_string_equal(meta.shown.skb_meta[1], "skb->dev->mtu");
	assert_int_equal(meta.shown.nr_xdp_meta, 1);
	assert_string_equal(meta.shown.xdp_meta[0], "xdp->rxq->queue_index");
	replay_close(r);
}

/* A record of before there was more to show than meta and tuple; it has no names of its own. */
static void test_old_record(void **state)
{
	const struct record *rec = *state;
	static const uint8_t meta_rest[] = {3, 0, 'b', 'o', 'x', 0, 0, 0, 0, 0, 0};
	const struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	uint8_t buf[1024] = {0}, source[] = {4, 0, 0, 0, 2, 0, 't', 'p'};
	uint32_t meta_sz = 16 + sizeof(meta_rest), sz = sizeof(e);
	struct err err = ERR_INIT;
	struct record_meta meta;
	struct trace_event te;
	struct replay *r;
	uint64_t lost;
	size_t n = RECORD_HEAD_SZ;

	memcpy(buf, rec->data, n);
	buf[n] = RECORD_META;
	memcpy(buf + n + 4, &meta_sz, 4);
	memcpy(buf + n + 8 + 16, meta_rest, sizeof(meta_rest));
	n += 8 + meta_sz;
	buf[n] = RECORD_SOURCE;
	buf[n + 4] = sizeof(source);
	memcpy(buf + n + 8, source, sizeof(source));
	n += 8 + sizeof(source);
	buf[n] = RECORD_EVENT;
	memcpy(buf + n + 4, &sz, 4);
	memcpy(buf + n + 8, &e, sizeof(e));
	n += 8 + sizeof(e);
	assert_int_equal(replay_open(&r, fmemopen(buf, n, "r"), &meta, &err), 0);
	assert_string_equal(meta.hostname, "box");
	assert_true(meta.shown.meta && meta.shown.tuple);
	assert_false(meta.shown.caller || meta.shown.stack || meta.shown.nr_skb_meta);
	assert_int_equal(replay_next(r, &te, &lost, &err), 1);
	assert_null(te.parts);
	assert_string_equal(replay_names(r)->source(replay_names(r)->arg, 4).name, "tp");
	assert_null(replay_names(r)->source(replay_names(r)->arg, 4).module);
	replay_close(r);
}

/* A name is written once, however often it is used. */
static void test_names_are_written_once(void **state)
{
	const struct record *rec = *state;
	struct __attribute__((packed)) {
		uint64_t addr, off;
		uint16_t len;
		char name[12];
	} symbol = {FN_ADDR(FN_NF_HOOK_SLOW) + 0x8a, 0x8a, 12, "nf_hook_slow"};
	size_t nr = 0;

	for (size_t i = 0; i + sizeof(symbol) <= rec->sz; i++)
		nr += !memcmp(rec->data + i, &symbol, sizeof(symbol));
	assert_int_equal(nr, 1);
}

static void test_cut_off_everywhere(void **state)
{
	const struct record *rec = *state;
	size_t nr, most = 0;

	/* Each byte of the first parts and names, then the same again in steps up to the end. */
	for (size_t sz = 0; sz < rec->sz; sz += sz < 8192 || sz + 13 >= rec->sz ? 1 : 13) {
		struct err err = ERR_INIT;

		assert_int_equal(read_all(rec->data, sz, &nr, &err), -EBADMSG);
		assert_true(nr >= most); /* never fewer for having more */
		most = nr;
		if (sz < RECORD_HEAD_SZ)
			assert_string_equal(err.msg, "not a skbtrail record file");
		else
			assert_non_null(strstr(err.msg, "truncated after "));
	}
	assert_int_equal(most, rec->nr_events);
}

static void expect_error(const void *data, size_t sz, const char *msg)
{
	struct err err = ERR_INIT;
	size_t nr;

	assert_int_equal(read_all(data, sz, &nr, &err), -EBADMSG);
	if (!strstr(err.msg, msg))
		fail_msg("'%s' expected in: %s", msg, err.msg);
}

/* head and META of a good record, then a record of this tag and size. */
static size_t craft(const struct record *rec, uint8_t *buf, uint16_t tag, uint32_t sz,
		    const void *data, size_t data_sz)
{
	uint32_t meta_sz;
	size_t n;

	memcpy(&meta_sz, rec->data + RECORD_HEAD_SZ + 4, sizeof(meta_sz));
	n = RECORD_HEAD_SZ + 8 + meta_sz;
	memcpy(buf, rec->data, n);
	memcpy(buf + n, &tag, 2);
	memset(buf + n + 2, 0, 2);
	memcpy(buf + n + 4, &sz, 4);
	memcpy(buf + n + 8, data, data_sz);
	return n + 8 + data_sz;
}

static void test_malformed(void **state)
{
	const struct record *rec = *state;
	static const uint8_t zeroes[256], text[] = {1, 0, 0, 0, 9, 0, 'a'};
	uint8_t buf[1024];
	uint32_t shown_at;
	size_t n;

	memcpy(buf, rec->data, 512);
	buf[0] = 's';
	expect_error(buf, 512, "not a skbtrail record file");
	memcpy(buf, rec->data, 512);
	buf[8] = 9;
	expect_error(buf, 512,
		     "a newer skbtrail wrote it: format 9 is not supported, expected at most 1");
	buf[8] = 0;
	expect_error(buf, 512, "format 0");
	memcpy(buf, rec->data, 512);
	buf[RECORD_HEAD_SZ] = RECORD_EVENT;
	expect_error(buf, 512, "starts with record type 6, expected META (1)");
	memcpy(buf, rec->data, 512);
	buf[RECORD_HEAD_SZ + 8 + 16] = 200; /* the host name's length */
	expect_error(buf, 512, "malformed META after event 0");

	n = craft(rec, buf, RECORD_EVENT, RECORD_SZ_MAX + 1, zeroes, 16);
	expect_error(buf, n, "record of 65537 bytes after event 0, expected at most 65536");
	n = craft(rec, buf, RECORD_EVENT, 0, zeroes, 0);
	expect_error(buf, n, "malformed event after event 0");
	n = craft(rec, buf, RECORD_EVENT, sizeof(zeroes), zeroes, sizeof(zeroes));
	expect_error(buf, n, "malformed event after event 0");
	n = craft(rec, buf, RECORD_LOST, 4, zeroes, 4);
	expect_error(buf, n, "malformed loss marker after event 0");
	n = craft(rec, buf, RECORD_REASON, sizeof(text), text, sizeof(text));
	expect_error(buf, n, "malformed name after event 0");
	n = craft(rec, buf, RECORD_FUNC, 0, text, 0);
	expect_error(buf, n, "malformed name after event 0");

	memcpy(buf, rec->data, 512);
	shown_at = RECORD_HEAD_SZ + 8 + 16 + 4 * 2 + strlen("box6.1.0-18-amd64x86_640.1.0");
	buf[shown_at + 8] = TRAIL_MAX_META + 1;
	expect_error(buf, 512, "malformed META after event 0");
	buf[shown_at + 8] = 3; /* there are two of skb and one of xdp */
	expect_error(buf, 512, "malformed META after event 0");
}

static void test_malformed_parts(void **state)
{
	const struct record *rec = *state;
	static const uint8_t zeroes[4], meta_of_9[] = {TRAIL_PART_META, 0, 0, 0, 9, 0};
	uint8_t buf[1024], part[512] = {0};
	size_t n;

	n = craft(rec, buf, RECORD_PART, 3, zeroes, 3);
	expect_error(buf, n, "malformed part after event 0");
	n = craft(rec, buf, RECORD_PART, 4, zeroes, 4); /* kind 0 */
	expect_error(buf, n, "malformed part after event 0");
	n = craft(rec, buf, RECORD_PART, sizeof(meta_of_9), meta_of_9, sizeof(meta_of_9));
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_STACK;
	n = craft(rec, buf, RECORD_PART, 4 + 53 * 8, part, 4 + 53 * 8);
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_CB;
	n = craft(rec, buf, RECORD_PART, 4 + 47, part, 4 + 47);
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_TUNNEL;
	n = craft(rec, buf, RECORD_PART, 4 + 87, part, 4 + 87);
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_MAP;
	n = craft(rec, buf, RECORD_PART, 4 + 207, part, 4 + 207);
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_PACKET;
	n = craft(rec, buf, RECORD_PART, 4 + 11, part, 4 + 11);
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_CT;
	n = craft(rec, buf, RECORD_PART, 4 + 103, part, 4 + 103);
	expect_error(buf, n, "malformed part after event 0");
	part[0] = TRAIL_PART_STACK; /* of nothing */
	n = craft(rec, buf, RECORD_PART, 4, part, 4);
	expect_error(buf, n, "truncated after 0 complete events");
	part[0] = TRAIL_PART_CT + 1; /* of a later skbtrail */
	n = craft(rec, buf, RECORD_PART, 4, part, 4);
	expect_error(buf, n, "truncated after 0 complete events");
}

/* Read all of it, with what is logged in text. */
static void read_logged(FILE *f, size_t *nr, char *text, size_t text_sz)
{
	FILE *log = tmpfile();
	struct err err = ERR_INIT;
	int saved = dup(STDERR_FILENO);

	assert_true(log && saved >= 0);
	dup2(fileno(log), STDERR_FILENO);
	assert_int_equal(read_file(f, nr, &err), 0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(log);
	text[fread(text, 1, text_sz - 1, log)] = '\0';
	fclose(log);
}

static void test_unknown_tags_are_skipped(void **state)
{
	const struct record *rec = *state;
	struct err err = ERR_INIT;
	uint8_t buf[1024], end[24] = {RECORD_END, 0, 0, 0, 16};
	char text[256];
	size_t nr, n = craft(rec, buf, 999, 5, "hello", 5);

	memcpy(buf + n, end, sizeof(end));
	assert_int_equal(read_all(buf, n + sizeof(end), &nr, &err), 0);
	assert_int_equal(nr, 0);
	read_logged(fmemopen(buf, n + sizeof(end), "r"), &nr, text, sizeof(text));
	assert_non_null(strstr(text, "left out: 1 part of the record, of a kind that"));
}

/* An event of a later version. */
static void test_newer_event(void **state)
{
	const struct record *rec = *state;
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	uint8_t buf[1024];
	size_t n;

	e.version = TRAIL_ABI_VERSION + 1;
	n = craft(rec, buf, RECORD_EVENT, sizeof(e), &e, sizeof(e));
	expect_error(buf, n, "a newer skbtrail wrote it: version 2 of events is not supported");
}

/* Through a pipe: a process writes it, and keeps the pipe open for so many ms. */
static FILE *piped(const void *data, size_t sz, int keep_ms)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	if (!fork()) {
		const char *at = data;

		while (sz) {
			ssize_t n = write(fds[1], at, sz);

			if (n <= 0)
				_exit(1);
			at += n;
			sz -= n;
		}
		usleep(keep_ms * 1000);
		_exit(0);
	}
	close(fds[1]);
	return fdopen(fds[0], "r");
}

static FILE *in_memory(const void *data, size_t sz)
{
	return fmemopen((void *)data, sz, "r");
}

/* What follows the record is not read, and that is said: of a file and of a pipe. */
static void test_two_records(void **state)
{
	const struct record *rec = *state;
	const size_t host_at = RECORD_HEAD_SZ + 8 + 16 + 2;
	uint8_t *both = malloc(2 * rec->sz), *second = both + rec->sz;
	char text[512], want[512];
	size_t nr;

	assert_non_null(both);
	memcpy(both, rec->data, rec->sz);
	memcpy(second, rec->data, rec->sz);
	for (int pipe = 0; pipe < 2; pipe++) {
		FILE *one = pipe ? piped(both, rec->sz, 0) : in_memory(both, rec->sz);
		FILE *two = pipe ? piped(both, 2 * rec->sz, 0) : in_memory(both, 2 * rec->sz);

		read_logged(one, &nr, text, sizeof(text));
		assert_string_equal(text, "");
		read_logged(two, &nr, text, sizeof(text));
		assert_int_equal(nr, rec->nr_events);
		snprintf(want, sizeof(want),
			 "skbtrail: warning: another record follows at byte %zu, of 'box', Linux "
			 "6.1.0-18-amd64, of the same boot: it is not read, as a replay tells one "
			 "record; give it by itself: tail -c +%zu FILE | skbtrail -r -\n",
			 rec->sz, rec->sz + 1);
		assert_string_equal(text, want);
	}
	/* of a machine with another name */
	memcpy(second + host_at, "b\no", 3);
	read_logged(in_memory(both, 2 * rec->sz), &nr, text, sizeof(text));
	assert_non_null(strstr(text, "of 'b\\x0ao', Linux 6.1.0-18-amd64, of another boot: it is"));
	/* of the same that was booted again */
	memcpy(second, rec->data, rec->sz);
	second[RECORD_HEAD_SZ + 8 + 8 + 5] ^= 1;
	read_logged(in_memory(both, 2 * rec->sz), &nr, text, sizeof(text));
	assert_non_null(strstr(text, "of 'box', Linux 6.1.0-18-amd64, of another boot: it is"));
	/* no record */
	read_logged(in_memory(both, rec->sz + 1), &nr, text, sizeof(text));
	assert_int_equal(strncmp(text, "skbtrail: warning: 1 byte behind", 32), 0);
	read_logged(piped(both, rec->sz + 1, 0), &nr, text, sizeof(text));
	assert_string_equal(text, "skbtrail: warning: what follows the end of the record is not "
				  "read: it is no record\n");
	free(both);
}

/* A writer that does not close the pipe is not waited for. */
static void test_open_pipe(void **state)
{
	const struct record *rec = *state;
	time_t began = time(NULL);
	char text[256];
	size_t nr;

	read_logged(piped(rec->data, rec->sz, 30000), &nr, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(nr, rec->nr_events);
	assert_in_range(time(NULL) - began, 0, 15);
}

/* A file that was cut, wherever, and another one behind it: the first one's events, and that. */
static void test_cut_and_joined(void **state)
{
	const struct record *rec = *state;
	uint8_t *both = malloc(2 * rec->sz);
	size_t nr, nr_said = 0, nr_cuts = 0;

	assert_non_null(both);
	for (size_t cut = 2048; cut < rec->sz - 24; cut += 7, nr_cuts++) {
		struct err err = ERR_INIT;

		memcpy(both, rec->data, cut);
		memcpy(both + cut, rec->data, rec->sz);
		assert_int_equal(read_all(both, cut + rec->sz, &nr, &err), -EBADMSG);
		nr_said += strstr(err.msg, ": another record begins there") != NULL;
	}
	/* all are errors; where the beginning is divided, in other words */
	assert_in_range(nr_said, nr_cuts / 2, nr_cuts);
	/* between two of the file's records always */
	for (size_t cut = RECORD_HEAD_SZ; cut < rec->sz - 24;) {
		struct err err = ERR_INIT;
		uint32_t sz;

		memcpy(&sz, rec->data + cut + 4, sizeof(sz));
		cut += 8 + sz;
		memcpy(both, rec->data, cut);
		memcpy(both + cut, rec->data, rec->sz);
		assert_int_equal(read_all(both, cut + rec->sz, &nr, &err), -EBADMSG);
		assert_non_null(strstr(err.msg, ": another record begins there"));
	}
	free(both);
}

/* Whatever is in the file: an error or events, and the sanitizers are content. */
static void test_mutations(void **state)
{
	const struct record *rec = *state;
	uint8_t *copy = malloc(rec->sz);

	srand(7);
	for (int round = 0; round < 4000; round++) {
		struct err err = ERR_INIT;
		size_t nr;
		int ret;

		memcpy(copy, rec->data, rec->sz);
		for (int i = rand() % 8; i >= 0; i--) {
			size_t at = rand() % rec->sz;

			copy[at] = rand() % 3 ? rand() : rand() % 2 ? 0xff : 0;
		}
		ret = read_all(copy, rec->sz, &nr, &err);
		assert_true(ret == 0 || ret == -EBADMSG);
		assert_true(ret == 0 || err.msg[0]);
	}
	free(copy);
}

/* Every name the longest there may be: bounded by RECORD_NAMES_SZ, which comes first. */
static void test_too_many_names(void **state)
{
	const struct record *rec = *state;
	struct err err = ERR_INIT;
	uint32_t nr_names = RECORD_NAMES_SZ / RECORD_NAME_SZ_MAX + 10, i;
	uint8_t head[1024], name[8 + 4 + 2 + RECORD_NAME_SZ_MAX];
	char *data;
	size_t sz, nr, n = craft(rec, head, RECORD_REASON, 0, "", 0) - 8;
	FILE *f = open_memstream(&data, &sz);
	uint16_t tag[2] = {RECORD_REASON, 0}, len = RECORD_NAME_SZ_MAX;
	uint32_t name_sz = 6 + RECORD_NAME_SZ_MAX;

	fwrite(head, 1, n, f);
	for (i = 0; i < nr_names; i++) {
		memcpy(name, tag, 4);
		memcpy(name + 4, &name_sz, 4);
		memcpy(name + 8, &i, 4);
		memcpy(name + 12, &len, 2);
		memset(name + 14, 'n', len);
		fwrite(name, 1, sizeof(name), f);
	}
	fclose(f);
	assert_int_equal(read_all(data, sz, &nr, &err), -EBADMSG);
	assert_string_equal(err.msg, "more than 1000000 names or 64 MiB of names");
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meta_and_counts),
		cmocka_unit_test(test_old_record),
		cmocka_unit_test(test_names_are_written_once),
		cmocka_unit_test(test_cut_off_everywhere),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_malformed_parts),
		cmocka_unit_test(test_unknown_tags_are_skipped),
		cmocka_unit_test(test_two_records),
		cmocka_unit_test(test_open_pipe),
		cmocka_unit_test(test_cut_and_joined),
		cmocka_unit_test(test_newer_event),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_too_many_names),
	};

	return cmocka_run_group_tests_name("output_record", tests, setup, teardown);
}
