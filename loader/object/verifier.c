// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "loader/object/private.h"

struct line {
	const char *s;
	size_t len;
};

static bool starts(struct line l, const char *prefix)
{
	size_t len = strlen(prefix);

	return l.len >= len && !memcmp(l.s, prefix, len);
}

/* Statistics and tracing that old and new verifiers print around the reason. */
static const char *const noise[] = {
	"processed ",
	"verification time ",
	"stack depth ",
	"mark_precise",
	"last_idx ",
	"first_idx ",
	"regs=",
	"parent didn't have ",
	"parent already had ",
	"propagating ",
	"from ",
	"func#",
	"Func#",
	"Validating ",
	"caller:",
	"callee:",
	"returning from",
	"to caller at",
	"frame0",
	"frame1",
	"frame2",
	"fp-",
	"Live regs",
	"live regs",
	"; ",
};

/* "12: (bf) r6 = r1", "12: R0=inv(id=0) ...", "12: safe". */
static bool is_listing(struct line l)
{
	size_t n = 0;

	while (n < l.len && isdigit((unsigned char)l.s[n]))
		n++;
	return n && n < l.len && l.s[n] == ':';
}

/* "R0=inv1 R1_w=ctx" as opposed to "R0 !read_ok"; the register name may have a suffix. */
static bool is_state(struct line l)
{
	size_t n = 1;

	if (l.len < 3 || l.s[0] != 'R' || !isdigit((unsigned char)l.s[1]))
		return false;
	while (n < l.len && (isalnum((unsigned char)l.s[n]) || l.s[n] == '_'))
		n++;
	return n < l.len && l.s[n] == '=';
}

static bool is_noise(struct line l)
{
	for (size_t n = 0; n < sizeof(noise) / sizeof(noise[0]); n++) {
		if (starts(l, noise[n]))
			return true;
	}
	return is_listing(l) || is_state(l);
}

/* The next line, without leading and trailing whitespace. False at the end. */
static bool next_line(const char **log, struct line *l)
{
	const char *end;

	if (!**log)
		return false;
	end = strchrnul(*log, '\n');
	*l = (struct line){*log, end - *log};
	*log = *end ? end + 1 : end;
	while (l->len && isspace((unsigned char)l->s[0])) {
		l->s++;
		l->len--;
	}
	while (l->len && isspace((unsigned char)l->s[l->len - 1]))
		l->len--;
	return true;
}

/*
 * The last line that is not noise or, if there is none, the last line of the instruction listing.
 * Returns the number of non-empty lines.
 */
static size_t find_line(const char *log, struct line *best)
{
	struct line l, listing = {0};
	size_t nr = 0;

	*best = (struct line){0};
	while (next_line(&log, &l)) {
		if (!l.len)
			continue;
		nr++;
		if (!is_noise(l))
			*best = l;
		else if (is_listing(l))
			listing = l;
	}
	if (!best->len)
		*best = listing;
	return nr;
}

/* "invalid func unknown#195936478" (since 4.10), "invalid func 195936478" (before). */
static bool poisoned(struct line l, size_t *relo_idx)
{
	static const char *const words[] = {"invalid func unknown#", "invalid func ",
					    "unknown func unknown#", "unknown func "};
	unsigned long id = 0;

	for (size_t n = 0; n < sizeof(words) / sizeof(words[0]) && !id; n++) {
		char num[24] = "";
		size_t len = strlen(words[n]);

		if (!starts(l, words[n]))
			continue;
		snprintf(num, sizeof(num), "%.*s", (int)(l.len - len), l.s + len);
		id = strtoul(num, NULL, 10);
	}
	if (id < CORE_POISON || id > INT32_MAX)
		return false;
	*relo_idx = id - CORE_POISON;
	return true;
}

/* The line may go to a terminal: copy only printable characters. */
static void copy_line(struct line l, char *buf, size_t sz)
{
	size_t n;

	for (n = 0; n < l.len && n + 1 < sz; n++)
		buf[n] = isprint((unsigned char)l.s[n]) ? l.s[n] : '?';
	buf[n] = '\0';
}

void verifier_summary(const struct obj *obj, const char *log, char *buf, size_t sz)
{
	char omitted[48] = "", words[320], relo[200];
	size_t nr, relo_idx;
	struct line best;

	nr = find_line(log, &best);
	copy_line(best, words, sizeof(words));
	if (!best.len)
		snprintf(words, sizeof(words), "the verifier gave no reason");
	if (obj && poisoned(best, &relo_idx) && relo_idx < obj->nr_relos) {
		core_describe(obj->btf, &obj->relos[relo_idx], relo, sizeof(relo));
		snprintf(words, sizeof(words), "this kernel has no %s, which the program needs",
			 relo);
	}
	if (nr > 1)
		snprintf(omitted, sizeof(omitted), " (%zu line%s omitted)", nr - 1,
			 nr == 2 ? "" : "s");
	snprintf(buf, sz, "%s%s", words, omitted);
}
