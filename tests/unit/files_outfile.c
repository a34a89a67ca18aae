// SPDX-License-Identifier: GPL-2.0-only
/* A file that is taken early, and the sink in front of it: rotation, and disks that fail. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/files/filesink.h"
#include "output/outbuf.h"
#include "tests/unit/lib_events.h"
#include "tests/unit/lib_files.h"

#define TEXT_MAX (8 << 20)

static char *dir;

static int setup(void **state)
{
	dir = files_begin();
	return 0;
}

static int teardown(void **state)
{
	umount(dir); /* of test_full_disk() */
	files_end(dir);
	return 0;
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = malloc(TEXT_MAX);
	size_t sz;

	assert_true(f && text);
	sz = fread(text, 1, TEXT_MAX - 1, f);
	fclose(f);
	text[sz] = '\0';
	return text;
}

static void check_content(const char *path, const char *want)
{
	char *text = read_file(path);

	assert_string_equal(text, want);
	free(text);
}

static size_t nr_files(void)
{
	DIR *d = opendir(dir);
	size_t nr = 0;

	while (readdir(d))
		nr++;
	closedir(d);
	return nr - 2;
}

/* ---- the file alone ---- */

static void test_nothing_came(void **state)
{
	const struct rotation want = {.max_sz = 1}, *const wants[] = {NULL, &want};
	struct err err = ERR_INIT;

	for (int i = 0; i < 2; i++) {
		const char *old = files_write(dir, "old", "content", 7);
		struct outfile of;

		assert_int_equal(outfile_open(&of, old, wants[i], &err), 0);
		outfile_release(&of);
		check_content(old, "content");
		assert_int_equal(outfile_open(&of, files_path(dir, "new"), wants[i], &err), 0);
		assert_int_equal(nr_files(), 2);
		outfile_release(&of);
		assert_int_equal(nr_files(), 1);
	}
}

static void test_begin(void **state)
{
	const struct rotation want = {.max_sz = 1};
	const char *path = files_write(dir, "old", "content", 7);
	struct err err = ERR_INIT;
	struct outfile of;

	assert_int_equal(outfile_open(&of, path, &want, &err), 0);
	assert_int_equal(outfile_begin(&of, &err), 0);
	outfile_release(&of);
	check_content(path, "");
	assert_int_equal(nr_files(), 2); /* the old one has become a backup */

	/* Nothing in it, nothing to keep. */
	assert_int_equal(outfile_open(&of, path, &want, &err), 0);
	assert_int_equal(outfile_begin(&of, &err), 0);
	outfile_release(&of);
	assert_int_equal(nr_files(), 2);

	path = files_write(dir, "old", "content", 7);
	assert_int_equal(outfile_open(&of, path, NULL, &err), 0);
	assert_int_equal(outfile_begin(&of, &err), 0);
	outfile_release(&of);
	check_content(path, "");
	assert_int_equal(nr_files(), 2);
}

static void test_refused(void **state)
{
	const struct rotation want = {.max_sz = 1};
	struct outfile of;
	struct err err = ERR_INIT;

	assert_int_equal(outfile_open(&of, "/no/such/file", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "'/no/such/file'"));
	outfile_release(&of);
	err_clear(&err);
	assert_int_equal(outfile_open(&of, "/dev/stdout", &want, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "'/dev/stdout'"));
	outfile_release(&of);
}

/* ---- a sink whose items say themselves whether they are whole ---- */

/* Item n: "n K\n", K lines "\tn k\n" and "n end\n"; the header is "header\n". */
struct item_sink {
	struct sink sink;
	struct outbuf out;
	bool no_header;
	bool is_late; /* an event writes nothing; its item comes with the next tick, or at the end
		       */
	struct trace_event late[5000];
	size_t nr_late;
};

static int item_header(struct sink *sink)
{
	struct item_sink *s = (struct item_sink *)sink;

	out_str(&s->out, s->no_header ? "" : "header\n");
	return s->out.err;
}

static int item_write(struct item_sink *s, const struct trace_event *te)
{
	struct outbuf *o = &s->out;
	uint64_t n = te->raw.ts, nr_lines = te->raw.len;

	for (uint64_t k = 0; k <= nr_lines; k++) {
		out_str(o, k ? "\t" : "");
		out_dec(o, n, 0);
		out_char(o, ' ');
		out_dec(o, k ? k : nr_lines, 0);
		out_char(o, '\n');
	}
	out_dec(o, n, 0);
	out_str(o, " end\n");
	return o->err;
}

static int item_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct item_sink *s = (struct item_sink *)sink;

	if (!s->is_late)
		return item_write(s, te);
	s->late[s->nr_late++] = *te;
	return s->out.err;
}

static int item_tick(struct sink *sink, uint64_t now)
{
	struct item_sink *s = (struct item_sink *)sink;
	int ret = 0;

	for (size_t i = 0; i < s->nr_late; i++)
		ret |= item_write(s, &s->late[i]);
	s->nr_late = 0;
	return ret;
}

static int item_finish(struct sink *sink)
{
	return item_tick(sink, 0);
}

static int item_lost(struct sink *sink, uint64_t nr)
{
	struct outbuf *o = &((struct item_sink *)sink)->out;

	out_str(o, "lost ");
	out_dec(o, nr, 0);
	out_char(o, '\n');
	return o->err;
}

static int item_flush(struct sink *sink)
{
	return outbuf_flush(&((struct item_sink *)sink)->out);
}

static int item_close(struct sink *sink)
{
	int ret = outbuf_release(&((struct item_sink *)sink)->out);

	free(sink);
	return ret;
}

static const struct sink_ops item_ops = {
	.header = item_header,
	.event = item_event,
	.lost = item_lost,
	.flush = item_flush,
	.tick = item_tick,
	.finish = item_finish,
	.close = item_close,
};

static struct sink *item_sink_open(struct outfile *of, bool no_header)
{
	struct item_sink *s = calloc(1, sizeof(*s));
	struct sink *sink = &s->sink;

	assert_non_null(s);
	assert_int_equal(outbuf_init(&s->out, NULL, ESCAPE_TEXT), 0);
	s->sink = (struct sink){&item_ops, &s->out};
	s->no_header = no_header;
	assert_int_equal(sink_file_open(&sink, of), 0);
	return sink;
}

static int put_item(struct sink *sink, uint64_t n, uint32_t nr_lines)
{
	struct trace_event te = {.raw = {.ts = n, .len = nr_lines}};

	return sink->ops->event(sink, &te, 0);
}

/* Check whole items from *n on, to the end of the text. */
static void check_items(const char *text, uint64_t *n, bool header)
{
	static char want[TEXT_MAX];

	if (header) {
		assert_memory_equal(text, "header\n", 7);
		text += 7;
	}
	while (*text) {
		unsigned long long item, nr_lines;
		size_t len;
		char *end;

		if (!strncmp(text, "lost ", 5)) {
			text = strchr(text, '\n') + 1;
			continue;
		}
		item = strtoull(text, &end, 10);
		nr_lines = strtoull(end, NULL, 10);
		if (*end != ' ' || item != *n)
			fail_msg("'%.40s' is not the start of item %llu", text,
				 (unsigned long long)*n);
		len = sprintf(want, "%llu %llu\n", item, nr_lines);
		for (unsigned long long k = 1; k <= nr_lines; k++)
			len += sprintf(want + len, "\t%llu %llu\n", item, k);
		len += sprintf(want + len, "%llu end\n", item);
		assert_int_equal(strncmp(text, want, len), 0);
		text += len;
		++*n;
	}
}

static int not_dot(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The files of the directory as they came: backups, then the file, whose name sorts last ('.' after
 * '-'). */
static int files_in_order(struct dirent ***list)
{
	int nr = scandir(dir, list, not_dot, alphasort);

	assert_true(nr > 0);
	return nr;
}

static void open_of(struct outfile *of, const char *path, uint64_t max_sz)
{
	const struct rotation want = {.max_sz = max_sz};
	struct err err = ERR_INIT;

	if (outfile_open(of, path, max_sz ? &want : NULL, &err) || outfile_begin(of, &err))
		fail_msg("%s", err.msg);
}

/* Many sizes of items, of files and of batches: no file too large, no item divided or lost. */
static void rotate_items(uint64_t max_sz, uint32_t nr_lines, int batch, bool no_header)
{
	const char *path = files_path(dir, "x.t");
	uint64_t n = 0, nr_items = 1000 / (nr_lines + 1) + 5;
	struct dirent **list;
	struct outfile of;
	struct sink *sink;
	int nr;

	open_of(&of, path, max_sz);
	sink = item_sink_open(&of, no_header);
	assert_int_equal(sink->ops->header(sink), 0);
	for (uint64_t i = 0; i < nr_items; i++) {
		assert_int_equal(put_item(sink, i, i % 3 ? nr_lines : 0), 0);
		if (i % 50 == 10)
			assert_int_equal(sink->ops->lost(sink, i), 0);
		if (i % batch == 0)
			assert_int_equal(sink->ops->flush(sink), 0);
	}
	assert_int_equal(sink->ops->close(sink), 0);
	assert_int_equal(of.failed, 0);
	outfile_release(&of);
	nr = files_in_order(&list);
	for (int i = 0; i < nr; i++) {
		const char *file = files_path(dir, list[i]->d_name);
		char *text = read_file(file);
		uint64_t first = n;

		check_items(text, &n, !no_header);
		assert_true(n > first || strstr(text, "lost "));
		if (strlen(text) > max_sz && n > first + 1)
			fail_msg("%zu bytes in a file of at most %llu", strlen(text),
				 (unsigned long long)max_sz);
		free(text);
		unlink(file);
		free(list[i]);
	}
	free(list);
	assert_int_equal(n, nr_items);
	assert_true(nr > 1);
}

static void test_rotates(void **state)
{
	for (int header = 0; header < 2; header++) {
		rotate_items(1000, 0, 1, !header);
		rotate_items(1000, 0, 7, !header);
		rotate_items(1000, 0, 1000000, !header);
		rotate_items(1000, 40, 1000000, !header);
		rotate_items(1000, 40, 3, !header);
		rotate_items(20, 2, 5, !header); /* hardly anything fits */
		rotate_items(1, 0, 100, !header);
		rotate_items(20000, 10000, 4, !header); /* items larger than the buffer */
		rotate_items(200000, 10000, 1000, !header);
	}
}

/* As full as can be: a file of exactly max_sz is not too large. */
static void test_exact_size(void **state)
{
	const char *path = files_path(dir, "x.t");
	struct outfile of;
	struct sink *sink;
	struct stat st;

	/* "header\n", then "0 0\n0 end\n" three times */
	open_of(&of, path, 7 + 3 * 10);
	sink = item_sink_open(&of, false);
	assert_int_equal(sink->ops->header(sink), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(put_item(sink, i, 0), 0);
	assert_int_equal(sink->ops->flush(sink), 0);
	assert_int_equal(nr_files(), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 37);
	assert_int_equal(put_item(sink, 3, 0), 0);
	assert_int_equal(sink->ops->flush(sink), 0);
	assert_int_equal(nr_files(), 2);
	check_content(path, "header\n3 0\n3 end\n");
	assert_int_equal(sink->ops->close(sink), 0);
	outfile_release(&of);
}

static struct sink *late_sink_open(struct outfile *of, bool no_header)
{
	struct item_sink *inner = calloc(1, sizeof(*inner));
	struct sink *sink = &inner->sink;

	assert_non_null(inner);
	assert_int_equal(outbuf_init(&inner->out, NULL, ESCAPE_TEXT), 0);
	inner->sink = (struct sink){&item_ops, &inner->out};
	inner->no_header = no_header;
	inner->is_late = true;
	assert_int_equal(sink_file_open(&sink, of), 0);
	return sink;
}

/* What a sink writes later is in whole items, too, and all of it is written. */
static void test_late(void **state)
{
	struct dirent **list;
	struct outfile of;
	struct sink *sink;
	uint64_t n = 0;
	int nr;

	open_of(&of, files_path(dir, "x.t"), 60);
	sink = late_sink_open(&of, false);
	assert_int_equal(sink->ops->header(sink), 0);
	for (int i = 0; i < 25; i++) {
		assert_int_equal(put_item(sink, i, 1), 0);
		if (i % 2)
			assert_int_equal(sink->ops->tick(sink, i), 0);
		assert_int_equal(sink->ops->flush(sink), 0);
	}
	assert_int_equal(sink->ops->finish(sink), 0);
	assert_int_equal(sink->ops->close(sink), 0);
	outfile_release(&of);
	nr = files_in_order(&list);
	assert_true(nr > 5);
	for (int i = 0; i < nr; i++) {
		char *text = read_file(files_path(dir, list[i]->d_name));

		check_items(text, &n, true);
		free(text);
		free(list[i]);
	}
	free(list);
	assert_int_equal(n, 25);
}

/* A sink may write nothing for any number of events, and all at the end, or nothing at all. */
static void test_very_late(void **state)
{
	for (int is_told = 0; is_told < 2; is_told++) {
		const char *path = files_path(dir, "x.t");
		struct outfile of;
		struct sink *sink;
		uint64_t n = 0;
		char *text;

		open_of(&of, path, 0);
		sink = late_sink_open(&of, true);
		assert_int_equal(sink->ops->header(sink), 0);
		for (int i = 0; i < 5000; i++)
			assert_int_equal(put_item(sink, i, 3), 0);
		assert_int_equal(sink->ops->flush(sink), 0);
		assert_int_equal(sink->out->nr_events, 0);
		if (is_told)
			assert_int_equal(sink->ops->finish(sink), 0);
		assert_int_equal(sink->ops->flush(sink), 0);
		assert_int_equal(sink->out->nr_events, is_told ? 5000 : 0);
		assert_int_equal(sink->ops->close(sink), 0);
		assert_int_equal(of.failed, 0);
		outfile_release(&of);
		text = read_file(path);
		check_items(text, &n, false);
		free(text);
		assert_int_equal(n, is_told ? 5000 : 0);
	}
}

/* Text widens its columns: headers of later files are as wide as the lines below them. */
static void test_text(void **state)
{
	struct trail_event e = test_event(FN_IP_RCV, 1, 1);
	const char *path = files_path(dir, "x.t");
	struct sink_opts opts = {.shown = {.meta = true, .tuple = true}};
	struct trace_event te;
	struct dirent **list;
	struct outfile of;
	struct sink *sink;
	int nr;

	open_of(&of, path, 1024);
	assert_int_equal(sink_text_open(&sink, NULL, &opts), 0);
	assert_int_equal(sink_file_open(&sink, &of), 0);
	assert_int_equal(sink->ops->header(sink), 0);
	e.tgid = 4194304;
	memset(e.comm, 'c', 15);
	assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sink->ops->event(sink, &te, 0), 0);
	assert_int_equal(sink->ops->close(sink), 0);
	outfile_release(&of);
	nr = files_in_order(&list);
	assert_true(nr > 3);
	for (int i = 0; i < nr; i++) {
		char *text = read_file(files_path(dir, list[i]->d_name));
		char *head = strstr(text, " FUNC\n"), *line = strchr(text, '\n') + 1;

		assert_non_null(head);
		assert_memory_equal(text, "SKB ", 4);
		if (i > 0)
			assert_int_equal(strstr(line, " ip_rcv") - line, head - text);
		free(text);
		free(list[i]);
	}
	free(list);
}

/* ---- a file that fails ---- */

/* Standard output and error become pipes; what they got. */
struct caught {
	int saved[2], pipes[2];
	char *text[2];
};

static void catch_output(struct caught *c)
{
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
		c->saved[i] = dup(i + 1);
		c->pipes[i] = fds[0];
		dup2(fds[1], i + 1);
		close(fds[1]);
	}
}

static void release_output(struct caught *c)
{
	for (int i = 0; i < 2; i++) {
		size_t sz = 0;
		ssize_t n;

		dup2(c->saved[i], i + 1);
		close(c->saved[i]);
		c->text[i] = malloc(TEXT_MAX);
		while ((n = read(c->pipes[i], c->text[i] + sz, TEXT_MAX - 1 - sz)) > 0)
			sz += n;
		c->text[i][sz] = '\0';
		close(c->pipes[i]);
	}
}

static void check_told(const char *text, const char *why, const char *path)
{
	const char *end = strchr(text, '\n');

	assert_int_equal(strncmp(text, "skbtrail: cannot ", 17), 0);
	assert_non_null(end);
	assert_non_null(strstr(text, why));
	assert_non_null(strstr(text, path));
	assert_int_equal(strncmp(end + 1, "hint: ", 6), 0);
	assert_ptr_equal(strchr(end + 1, '\n')[1], '\0');
}

/* No limit while the test itself may have something to say. */
static void limit_size(rlim_t sz)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = sz < limit.rlim_max ? sz : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static rlim_t size_limit = RLIM_INFINITY;

/* Items until some time after the file has failed: told once, and each of them is somewhere. */
static void fail_items(const char *path, uint64_t max_sz, int batch, uint32_t nr_lines,
		       const char *why, void (*spoil)(void))
{
	uint64_t n = 0, nr_items = 20000 / (nr_lines + 1);
	uint64_t nr_written;
	struct caught caught;
	struct outfile of;
	struct sink *sink;
	int ret = 0;

	open_of(&of, path, max_sz);
	sink = item_sink_open(&of, false);
	catch_output(&caught);
	limit_size(size_limit);
	ret |= sink->ops->header(sink);
	for (uint64_t i = 0; i < nr_items; i++) {
		ret |= put_item(sink, i, nr_lines);
		if (i % batch == 0)
			ret |= sink->ops->flush(sink);
		if (spoil && i == nr_items / 2)
			spoil();
	}
	ret |= sink->ops->flush(sink);
	nr_written = sink->out->nr_events;
	ret |= sink->ops->close(sink);
	limit_size(RLIM_INFINITY);
	release_output(&caught);
	assert_int_equal(ret, 0);
	assert_int_equal(nr_written, nr_items);
	if (!of.failed || strcmp(strerror(-of.failed), why))
		fail_msg("%s instead of %s", strerror(-of.failed), why);
	check_told(caught.text[1], why, path);
	outfile_release(&of);
	if (!spoil) {
		char *text = read_file(path);

		check_items(text, &n, *text);
		free(text);
	} else {
		n = strtoul(caught.text[0] + 7, NULL, 10);
		assert_true(n > 0);
	}
	check_items(caught.text[0], &n, true);
	assert_int_equal(n, nr_items);
	free(caught.text[0]);
	free(caught.text[1]);
}

/* As a full disk: the write that goes too far is cut, the next one fails. */
static void test_size_limit(void **state)
{
	static const rlim_t limits[] = {0, 3, 7, 8, 1000, 1001, 1002, 1003, 1004, 1005, 70000};
	const char *path = files_path(dir, "x.t"), *why = strerror(EFBIG);

	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_limit = limits[i];
		fail_items(path, 0, 1, 0, why, NULL);
		fail_items(path, 0, 10, 3, why, NULL);
		fail_items(path, 0, 100000, 20, why, NULL);
		fail_items(path, UINT64_C(1) << 20, 10, 3, why, NULL);
		fail_items(path, 0, 2, 4900, why, NULL);
	}
	size_limit = RLIM_INFINITY;
}

static void test_full_disk(void **state)
{
	if (mount("small", dir, "tmpfs", 0, "size=64k"))
		skip();
	fail_items(files_path(dir, "x.t"), 0, 1, 0, strerror(ENOSPC), NULL);
	fail_items(files_path(dir, "x.t"), 0, 100000, 3, strerror(ENOSPC), NULL);
}

static void test_full_device(void **state)
{
	struct caught caught;
	struct outfile of;
	struct sink *sink;
	int ret;

	open_of(&of, "/dev/full", 0);
	sink = item_sink_open(&of, false);
	catch_output(&caught);
	ret = sink->ops->header(sink) | put_item(sink, 0, 1) | sink->ops->flush(sink) |
	      put_item(sink, 1, 0) | sink->ops->close(sink);
	release_output(&caught);
	assert_int_equal(ret, 0);
	assert_int_equal(of.failed, -ENOSPC);
	assert_string_equal(caught.text[0], "header\n0 1\n\t0 1\n0 end\n1 0\n1 end\n");
	check_told(caught.text[1], strerror(ENOSPC), "'/dev/full'");
	free(caught.text[0]);
	free(caught.text[1]);
	outfile_release(&of);
}

static void remove_directory(void)
{
	struct dirent **list;
	int nr = files_in_order(&list);

	for (int i = 0; i < nr; i++) {
		unlink(files_path(dir, list[i]->d_name));
		free(list[i]);
	}
	free(list);
	rmdir(dir);
}

/* No new file can be made: the directory is gone. */
static void test_cannot_rotate(void **state)
{
	fail_items(files_path(dir, "x.t"), 2000, 10, 0, strerror(ENOENT), remove_directory);
	mkdir(dir, 0700); /* teardown() removes it */
}

static void test_closed_pipe(void **state)
{
	const char *path = files_path(dir, "fifo");
	struct outfile of;
	struct sink *sink;
	int reader;

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	open_of(&of, path, 0);
	sink = item_sink_open(&of, false);
	assert_int_equal(sink->ops->header(sink), 0);
	assert_int_equal(sink->ops->flush(sink), 0);
	close(reader);
	assert_int_equal(put_item(sink, 0, 0), 0);
	assert_int_equal(sink->ops->flush(sink), -EPIPE);
	assert_int_equal(put_item(sink, 1, 0), -EPIPE);
	assert_int_equal(sink->ops->close(sink), -EPIPE);
	assert_int_equal(of.failed, 0);
	outfile_release(&of);
}

/* Nothing is left to write to. */
static void test_full_everywhere(void **state)
{
	struct caught caught;
	struct outfile of;
	struct sink *sink;
	int full = open("/dev/full", O_WRONLY), ret;
	uint64_t nr_events;

	open_of(&of, "/dev/full", 0);
	sink = item_sink_open(&of, false);
	catch_output(&caught);
	dup2(full, STDOUT_FILENO);
	ret = sink->ops->header(sink);
	for (int i = 0; i < 3 && !ret; i++)
		ret = put_item(sink, i, 1);
	if (!ret)
		ret = sink->ops->flush(sink);
	nr_events = sink->out->nr_events;
	assert_int_equal(sink->ops->close(sink), -ENOSPC);
	release_output(&caught);
	assert_int_equal(ret, -ENOSPC);
	assert_int_equal(nr_events, 0);
	assert_int_equal(of.failed, -ENOSPC);
	free(caught.text[0]);
	free(caught.text[1]);
	close(full);
	outfile_release(&of);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_came), TEST(test_begin),	     TEST(test_refused),
		TEST(test_rotates),	 TEST(test_exact_size),	     TEST(test_text),
		TEST(test_late),	 TEST(test_very_late),	     TEST(test_size_limit),
		TEST(test_full_disk),	 TEST(test_full_device),     TEST(test_cannot_rotate),
		TEST(test_closed_pipe),	 TEST(test_full_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
