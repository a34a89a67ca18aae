// SPDX-License-Identifier: GPL-2.0-only
#include "loader/attach/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "kern/tracefs.h"

#define FORMAT_SZ   16384 /* the largest in Linux 6.18 has 9,000 bytes */
#define MAX_ARG_OFF 40	  /* the program reads 64-bit words 0 to 5 of its context */

/* ---- text ---- */

/* Split off the next line, without its newline. NULL at the end. */
static char *next_line(char **text)
{
	return *text && **text ? strsep(text, "\n") : NULL;
}

static bool number_after(const char *line, const char *word, uint64_t *v)
{
	const char *at = strstr(line, word);

	if (!at)
		return false;
	at += strlen(word);
	return number_take(&at, 10, v);
}

/*
 * Index of the 64-bit word with the pointer `name`, or TARGET_NO_ARG. Example: for "skbaddr"
 * "\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;" gives 1.
 */
static uint8_t field_arg(const char *line, const char *name)
{
	const char *end = strchr(line, ';');
	size_t len = strlen(name);
	uint64_t off, sz;

	if (!end || (size_t)(end - line) <= len || memcmp(end - len, name, len) ||
	    end[-(ptrdiff_t)len - 1] != ' ' || !memchr(line, '*', end - line))
		return TARGET_NO_ARG;
	if (!number_after(end, "offset:", &off) || !number_after(end, "size:", &sz) ||
	    sz != sizeof(uint64_t) || off % sizeof(uint64_t) || off > MAX_ARG_OFF || !off)
		return TARGET_NO_ARG;
	return off / sizeof(uint64_t);
}

bool event_format_parse(struct event_format *f, char *text)
{
	uint64_t id = 0;
	char *line;

	*f = (struct event_format){.skb_arg = TARGET_NO_ARG, .location_arg = TARGET_NO_ARG};
	while ((line = next_line(&text))) {
		if (!strncmp(line, "ID: ", 4))
			number_after(line, "ID: ", &id);
		if (strncmp(line, "\tfield:", 7))
			continue;
		if (f->skb_arg == TARGET_NO_ARG)
			f->skb_arg = field_arg(line, "skbaddr");
		if (f->location_arg == TARGET_NO_ARG)
			f->location_arg = field_arg(line, "location");
	}
	f->id = id <= INT_MAX ? id : 0;
	return f->id > 0 && f->skb_arg != TARGET_NO_ARG;
}

/* ---- files ---- */

/* Read a format file. False if it is not readable, or does not fit into sz bytes. */
static bool read_format(int dir_fd, const char *event, char *text, size_t sz)
{
	char path[NAME_MAX + 16];
	size_t len = 0;
	ssize_t n = 0;
	int fd;

	if (snprintf(path, sizeof(path), "%s/format", event) >= (int)sizeof(path))
		return false;
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (len < sz && (n = read(fd, text + len, sz - len)) > 0)
		len += n;
	close(fd);
	if (n < 0 || len == sz)
		return false;
	text[len] = '\0';
	return true;
}

/* A directory walk: each() is called for every entry until it returns an error. */
struct walk {
	struct targets *ts;
	const regex_t *re;
	char *text; /* FORMAT_SZ bytes */
	struct err *err;
	int (*each)(struct walk *w, int dir_fd, const char *name);
};

/* Closes dir_fd. */
static int walk_dir(struct walk *w, int dir_fd)
{
	DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	struct dirent *de;
	int ret = 0;

	if (!dir) {
		if (dir_fd >= 0)
			close(dir_fd);
		return 0;
	}
	while (ret == 0 && (de = readdir(dir)))
		if (de->d_name[0] != '.')
			ret = w->each(w, dirfd(dir), de->d_name);
	closedir(dir);
	return ret;
}

static int take_event(struct walk *w, int dir_fd, const char *name)
{
	struct event_format f;

	if (!name_matches(w->re, name) || !read_format(dir_fd, name, w->text, FORMAT_SZ) ||
	    !event_format_parse(&f, w->text))
		return 0;
	return targets_add(w->ts,
			   (struct target){
				   .name = (char *)name,
				   .event_id = f.id,
				   .source = w->ts->nr + 1,
				   .skb_reg = f.skb_arg,
				   .reason_reg = TARGET_NO_ARG,
				   .location_arg = f.location_arg,
			   },
			   w->err);
}

/* Take a group of events. "syscalls" is skipped: it is the largest and has no skbs. */
static int take_group(struct walk *w, int dir_fd, const char *name)
{
	struct walk inner = *w;

	if (!strcmp(name, "syscalls"))
		return 0;
	inner.each = take_event;
	return walk_dir(&inner, openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int targets_find_tracepoint_events(struct targets *ts, const regex_t *re, struct err *err)
{
	struct walk w = {.ts = ts, .re = re, .err = err, .each = take_group};
	int fd = tracefs_dir(), ret;

	if (fd < 0)
		return err_sys(err, fd, "tracefs is not available");
	w.text = malloc(FORMAT_SZ);
	if (w.text)
		ret = walk_dir(&w, openat(fd, "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	else
		ret = err_sys(err, -ENOMEM, "cannot read tracepoint formats");
	free(w.text);
	close(fd);
	return ret;
}
