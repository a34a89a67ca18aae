// SPDX-License-Identifier: GPL-2.0-only
#include "output/files/filesink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "base/log.h"
#include "output/outbuf.h"

#define NR_ENDS 1024

struct file_sink {
	struct sink sink;
	struct sink *inner; /* owned */
	struct outdev dev;
	struct outfile *of; /* not owned; with `failed`, standard output replaces it */
	uint64_t sz;	    /* of the file */
	uint64_t header_sz; /* of the header, written or not */
	size_t nr_ends;
	uint64_t ends[NR_ENDS]; /* ends of the buffered items, in bytes since the sink's start */
	uint64_t nr_events[NR_ENDS]; /* that each of them tells */
	uint64_t end;		     /* of the last item, buffered or written */
	uint64_t nr_untold;	     /* events since then, which the inner sink keeps back */
	bool full;		     /* the next item needs a new file */
	int err;		     /* write error: the next item goes to standard output */
};

/* ---- device of the inner sink's buffer ---- */

/* Offset in the buffer of the end of the first nr items. */
static size_t item_end(const struct file_sink *s, size_t nr)
{
	return nr ? s->ends[nr - 1] - s->inner->out->nr_gone : 0;
}

static size_t nr_fitting(const struct file_sink *s)
{
	uint64_t max = s->of->failed ? 0 : s->of->rotate.want.max_sz;
	size_t nr = 0;

	if (!max)
		return s->nr_ends;
	while (nr < s->nr_ends &&
	       (s->sz + item_end(s, nr) <= s->header_sz || s->sz + item_end(s, nr + 1) <= max))
		nr++;
	return nr;
}

/* Write sz bytes. *done is the number of bytes written, also on error. */
static int write_fd(int fd, const char *data, size_t sz, size_t *done)
{
	for (*done = 0; *done < sz;) {
		ssize_t n = write(fd, data + *done, sz - *done);

		if (n < 0)
			return -errno;
		*done += n;
	}
	return 0;
}

/* How many of the buffered items end within the first `done` bytes. */
static size_t nr_whole(const struct file_sink *s, size_t done)
{
	size_t nr = s->nr_ends;

	while (item_end(s, nr) > done)
		nr--;
	return nr;
}

/* Truncate the file to whole items after a partial write of `done` bytes. Returns their number. */
static size_t truncate_to_items(struct file_sink *s, size_t done)
{
	size_t nr = nr_whole(s, done);

	/* Fails harmlessly for devices. */
	(void)!ftruncate(s->of->fd, s->sz + item_end(s, nr));
	return nr;
}

/* Remove the first nr items, which are written, and count their events. */
static void drop_items(struct file_sink *s, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		s->inner->out->nr_events += s->nr_events[i];
	s->sz += item_end(s, nr);
	s->nr_ends -= nr;
	memmove(s->ends, s->ends + nr, s->nr_ends * sizeof(s->ends[0]));
	memmove(s->nr_events, s->nr_events + nr, s->nr_ends * sizeof(s->nr_events[0]));
}

static ssize_t write_items(struct outdev *dev, const char *data, size_t sz)
{
	struct file_sink *s = (struct file_sink *)((char *)dev - offsetof(struct file_sink, dev));
	size_t nr = s->full || s->err ? 0 : nr_fitting(s);
	size_t end = item_end(s, nr), done;
	int ret;

	ret = write_fd(s->of->failed ? STDOUT_FILENO : s->of->fd, data, end, &done);
	if (ret && (s->of->failed || ret == -EPIPE || ret == -EINTR)) {
		drop_items(s, nr_whole(s, done));
		return ret;
	}
	if (ret) {
		s->err = ret;
		nr = truncate_to_items(s, done);
		end = item_end(s, nr);
	}
	drop_items(s, nr);
	s->full = s->nr_ends > 0;
	return end;
}

/* ---- switching to the next file or to standard output ---- */

static void fall_back_to_stdout(struct file_sink *s, const char *what, int ret)
{
	struct err err = ERR_INIT;

	err_sys(&err, ret, "cannot %s '%s'", what, s->of->path);
	err_hint(&err,
		 "the file keeps the events written so far; the rest goes to standard output");
	log_err(&err);
	s->of->failed = ret;
}

/* Put the header in front of the buffered items, unless it is still buffered itself. */
static int ensure_header(struct file_sink *s)
{
	struct outbuf *out = s->inner->out;
	uint64_t before = out_pos(out);
	bool has_header = !s->sz;

	s->sz = 0;
	if (has_header)
		return 0;
	s->inner->ops->header(s->inner);
	s->header_sz = out_pos(out) - before;
	outbuf_to_front(out, s->header_sz);
	for (size_t i = 0; i < s->nr_ends; i++)
		s->ends[i] += s->header_sz;
	s->end += s->header_sz;
	return out->err;
}

/* Flush the buffered items to new files or standard output. Each round writes an item or fails. */
static int switch_output(struct file_sink *s)
{
	struct outbuf *out = s->inner->out;

	while ((s->full || s->err) && !out->err) {
		int ret = s->err ? 0 : rotate_next(&s->of->rotate, &s->of->fd);

		if (s->err)
			fall_back_to_stdout(s, "write to", s->err);
		else if (ret)
			fall_back_to_stdout(s, "rotate", ret);
		ret = ensure_header(s);
		s->full = false;
		s->err = 0;
		if (!ret)
			outbuf_flush(out);
	}
	return out->err;
}

/* ---- the sink ---- */

/*
 * An item ends here, unless nothing was written: of events that the inner sink keeps back, it may
 * write something later, or nothing at all.
 */
static int end_item(struct file_sink *s, bool is_event, int ret)
{
	struct outbuf *out = s->inner->out;

	if (ret || out->err)
		return ret ? ret : out->err;
	s->nr_untold += is_event;
	if (out_pos(out) == s->end)
		return 0;
	s->end = out_pos(out);
	s->nr_events[s->nr_ends] = s->nr_untold;
	s->nr_untold = 0;
	s->ends[s->nr_ends++] = s->end;
	if (s->nr_ends == NR_ENDS)
		outbuf_flush(out);
	return switch_output(s);
}

static int file_header(struct sink *sink)
{
	struct file_sink *s = (struct file_sink *)sink;
	int ret = s->inner->ops->header(s->inner);

	s->header_sz = out_pos(s->inner->out);
	return end_item(s, false, ret);
}

static int file_event(struct sink *sink, const struct trace_event *te, uint64_t age)
{
	struct file_sink *s = (struct file_sink *)sink;

	return end_item(s, true, s->inner->ops->event(s->inner, te, age));
}

static int file_lost(struct sink *sink, uint64_t nr)
{
	struct file_sink *s = (struct file_sink *)sink;

	return end_item(s, false, s->inner->ops->lost(s->inner, nr));
}

static int file_flush(struct sink *sink)
{
	struct file_sink *s = (struct file_sink *)sink;
	int ret = s->inner->ops->flush(s->inner);

	rotate_poll(&s->of->rotate);
	return ret ? ret : switch_output(s);
}

static int file_close(struct sink *sink)
{
	struct file_sink *s = (struct file_sink *)sink;
	struct outfile *of = s->of;
	int ret = file_flush(sink), closed = s->inner->ops->close(s->inner);

	if (close(of->fd) && !closed)
		closed = -errno;
	of->fd = -1;
	free(s);
	return ret ? ret : closed;
}

static int file_tick(struct sink *sink, uint64_t now)
{
	struct file_sink *s = (struct file_sink *)sink;

	return s->inner->ops->tick ? end_item(s, false, s->inner->ops->tick(s->inner, now)) : 0;
}

static int file_finish(struct sink *sink)
{
	struct file_sink *s = (struct file_sink *)sink;

	return s->inner->ops->finish ? end_item(s, false, s->inner->ops->finish(s->inner)) : 0;
}

static const struct sink_ops file_ops = {
	.header = file_header,
	.event = file_event,
	.lost = file_lost,
	.flush = file_flush,
	.tick = file_tick,
	.finish = file_finish,
	.close = file_close,
};

int sink_file_open(struct sink **sink, struct outfile *of)
{
	struct file_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->sink = (struct sink){&file_ops, (*sink)->out};
	s->dev.take = write_items;
	s->inner = *sink;
	s->inner->out->dev = &s->dev;
	s->of = of;
	*sink = &s->sink;
	return 0;
}
