// SPDX-License-Identifier: GPL-2.0-only
#include "story/values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static const uint8_t sizes[VALUE_NR] = {
	[VALUE_ADDR4] = 4, [VALUE_ADDR6] = 16, [VALUE_PORT] = 2, [VALUE_PID] = 4, [VALUE_FLOW] = 4,
};

size_t value_sz(enum value_kind kind)
{
	return sizes[kind];
}

bool values_add(struct values *v, enum value_kind kind, const void *bytes)
{
	if (v->nr == VALUES_MAX)
		return false;
	memcpy(v->bytes + v->sz, bytes, sizes[kind]);
	v->sz += sizes[kind];
	v->kinds[v->nr++] = kind;
	return true;
}

/* ---- texts ---- */

/* Where the text is read, and what is made of it. */
struct scan {
	const char *start, *at;
	struct textbuf *frame;
	struct values *v;
	bool is_addr; /* the last thing before `at` is an address */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == ':' || c == '-';
}

static char before(const struct scan *s)
{
	return s->at > s->start ? s->at[-1] : ' ';
}

/* A number of at most `max`, written as %u does; returns its length, 0: it is none. */
static size_t number_len(const char *s, uint64_t max, uint32_t *nr)
{
	size_t len = strspn(s, "0123456789");
	uint64_t n = 0;

	if (!len || len > 10 || (len > 1 && s[0] == '0'))
		return 0;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (s[i] - '0');
	*nr = n;
	return n <= max ? len : 0;
}

static bool take(struct scan *s, enum value_kind kind, const void *bytes, size_t len)
{
	char mark = (char)kind;

	if (!values_add(s->v, kind, bytes))
		return false;
	textbuf_mem(s->frame, &mark, 1);
	s->at += len;
	return true;
}

/* "10.0.0.2", "fd99::1", but not "10.0.0.0/8", nor a part of a longer word. */
static bool take_addr(struct scan *s)
{
	size_t len = strspn(s->at, "0123456789abcdef:."), len4 = strspn(s->at, "0123456789.");
	char text[INET6_ADDRSTRLEN];
	uint8_t addr[16];
	int family = AF_INET6;

	if (len4 && s->at[len4] == ':')
		len = len4; /* its port follows */
	if (!len || len >= sizeof(text) || is_word(before(s)))
		return false;
	/* the end of a sentence, or what comes behind it */
	while (len && (s->at[len - 1] == '.' ||
		       (s->at[len - 1] == ':' && len > 2 && s->at[len - 2] != ':')))
		len--;
	if (s->at[len] == '/' || isalnum((unsigned char)s->at[len]) || s->at[len] == '_')
		return false;
	memcpy(text, s->at, len);
	text[len] = '\0';
	if (inet_pton(AF_INET, text, addr) == 1)
		family = AF_INET;
	else if (inet_pton(AF_INET6, text, addr) != 1)
		return false;
	return take(s, family == AF_INET ? VALUE_ADDR4 : VALUE_ADDR6, addr, len);
}

static bool take_number(struct scan *s, enum value_kind kind, uint64_t max, char behind)
{
	uint32_t nr = 0;
	size_t len = number_len(s->at, max, &nr);
	const uint8_t bytes[] = {nr >> 24, nr >> 16, nr >> 8, nr};

	if (!len || (behind ? s->at[len] != behind : is_word(s->at[len]) && s->at[len] != ':'))
		return false;
	return take(s, kind, bytes + sizeof(bytes) - sizes[kind], len);
}

/* Whether what was read ends with this word. */
static bool ends_with(const struct scan *s, const char *word)
{
	size_t len = strlen(word), had = s->at - s->start;

	return had >= len && !memcmp(s->at - len, word, len) &&
	       (had == len || !is_word(s->at[-len - 1]));
}

/* "10.0.0.2:53", "[fd99::1]:53", "port 53", "nc[7]" */
static bool take_value(struct scan *s)
{
	char c = before(s);

	if (isdigit((unsigned char)*s->at)) {
		if ((c == ':' && s->is_addr) || ends_with(s, "port "))
			return take_number(s, VALUE_PORT, 65535, '\0');
		if (c == '[' && s->at - s->start > 1 && is_word(s->at[-2]))
			return take_number(s, VALUE_PID, UINT32_MAX, ']');
	}
	return isxdigit((unsigned char)*s->at) || *s->at == ':' ? take_addr(s) : false;
}

static bool has_marks(const char *text)
{
	for (; *text; text++)
		if (*text > 0 && *text < VALUE_NR)
			return true;
	return false;
}

void values_take(const char *text, struct textbuf *frame, struct values *v)
{
	struct scan s = {.start = text, .at = text, .frame = frame, .v = v};

	*v = (struct values){0};
	if (has_marks(text)) {
		textbuf_str(frame, text);
		return;
	}
	while (*s.at) {
		size_t nr = v->nr;

		if (take_value(&s)) {
			s.is_addr = v->kinds[nr] <= VALUE_ADDR6;
			continue;
		}
		/* "]:" or ":" of a port */
		s.is_addr = s.is_addr && (*s.at == ']' || *s.at == ':');
		textbuf_mem(frame, s.at++, 1);
	}
}

/* ---- as text ---- */

uint64_t value_number(enum value_kind kind, const uint8_t *bytes)
{
	return sizes[kind] == 2 ? be16_at(bytes) : be32_at(bytes);
}

void value_text(enum value_kind kind, const uint8_t *bytes, char buf[VALUE_TEXT_SZ])
{
	struct textbuf t = {buf, VALUE_TEXT_SZ, 0};

	if (kind <= VALUE_ADDR6)
		textbuf_addr(&t, kind == VALUE_ADDR4 ? AF_INET : AF_INET6, bytes);
	else if (kind == VALUE_FLOW)
		textbuf_printf(&t, "%u->%u", be16_at(bytes), be16_at(bytes + 2));
	else
		textbuf_dec(&t, value_number(kind, bytes));
}
