// SPDX-License-Identifier: GPL-2.0-only
#include "btf/discover/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "btf/discover/discover.h"

EMBEDDED(known_functions); /* btf/discover/known_functions.S */

#define MOST_REGS 8
#define MOST_ARGS 12 /* of a tracepoint that BPF can be attached to (MAX_BPF_FUNC_ARGS) */

/* ---- the text ---- */

/* The next word of the line, NUL-terminated in place; NULL at the end. */
static char *next_word(char **line)
{
	char *p = *line + strspn(*line, " "), *end = p + strcspn(p, " ");

	*line = *end ? end + 1 : end;
	*end = '\0';
	return p == end ? NULL : p;
}

/* Parse a whole word as a number below `most`. */
static bool read_number(const char *s, unsigned most, uint8_t *v)
{
	unsigned n = 0;

	if (!*s || strlen(s) > 2 || s[strspn(s, "0123456789")])
		return false;
	for (; *s; s++)
		n = 10 * n + (*s - '0');
	*v = n;
	return n < most;
}

/* "2", "0*" or "-". */
static bool read_skb(struct known_entry *e, char *word)
{
	size_t len = strlen(word);

	if (!strcmp(word, "-")) {
		e->skb = DISCOVER_NO_ARG;
		return true;
	}
	e->deref = e->kind == KNOWN_FUNC && word[len - 1] == '*';
	if (e->deref)
		word[len - 1] = '\0';
	return read_number(word, e->kind == KNOWN_FUNC ? MOST_REGS : MOST_ARGS, &e->skb);
}

/* Parse the words after the name. Those after a slash are for 8 registers and override the others.
 */
static bool read_places(struct known_entry *e, char *line, unsigned nr_regs)
{
	bool want_skb = true;
	char *word;

	while ((word = next_word(&line))) {
		bool is_func = e->kind == KNOWN_FUNC, ok;

		if (want_skb) {
			*e = (struct known_entry){.name = e->name,
						  .kind = e->kind,
						  .reason = DISCOVER_NO_ARG,
						  .location = DISCOVER_NO_ARG};
			ok = read_skb(e, word);
			want_skb = false;
		} else if (*word == '/') {
			if (nr_regs == 6)
				return true;
			ok = want_skb = is_func && !word[1];
		} else if (*word == 'r') {
			ok = is_func && read_number(word + 1, MOST_REGS, &e->reason);
		} else if (*word == 'l') {
			ok = !is_func && read_number(word + 1, MOST_ARGS, &e->location);
		} else {
			ok = !is_func && *word == 'n' &&
			     read_number(word + 1, MOST_ARGS + 1, &e->nr_args);
		}
		if (!ok)
			return false;
	}
	return !want_skb;
}

static bool read_line(struct known_entry *e, char *line, unsigned nr_regs)
{
	*e = (struct known_entry){.kind = *line == '!'	 ? KNOWN_DIFFERS
					  : *line == '@' ? KNOWN_TRACEPOINT
							 : KNOWN_FUNC};
	if (e->kind != KNOWN_FUNC)
		line++;
	e->name = next_word(&line);
	if (!e->name)
		return false;
	if (e->kind == KNOWN_DIFFERS)
		return !*line;
	return read_places(e, line, nr_regs) &&
	       (e->kind == KNOWN_FUNC || (e->skb < e->nr_args && (e->location == DISCOVER_NO_ARG ||
								  e->location < e->nr_args)));
}

int known_parse(struct known *k, char *text, unsigned nr_regs, struct err *err)
{
	size_t nr_lines = 0, nr_line = 1;
	char *line, *next;

	for (char *p = text; *p; p++)
		nr_lines += *p == '\n';
	*k = (struct known){.e = calloc(nr_lines + 1, sizeof(*k->e)), .text = text};
	if (!k->e) {
		known_release(k);
		return err_set(err, -ENOMEM, "out of memory for the table of functions");
	}
	for (line = text; *line; line = next, nr_line++) {
		struct known_entry *e = &k->e[k->nr];
		char *end = line + strcspn(line, "\n");

		next = *end ? end + 1 : end;
		*end = '\0';
		if (!*line || *line == '#')
			continue;
		if (!read_line(e, line, nr_regs)) {
			known_release(k);
			return err_set(err, -EINVAL, "malformed line %zu in the table of functions",
				       nr_line);
		}
		k->nr += e->kind != KNOWN_FUNC || e->skb < nr_regs;
	}
	return 0;
}

int known_open(struct known *k, struct err *err)
{
	void *text;
	size_t sz;
	int ret = embedded_open(&known_functions, &text, &sz, err);

	return ret ? ret : known_parse(k, text, DISCOVER_NR_REGS, err);
}

void known_release(struct known *k)
{
	free(k->e);
	free(k->text);
	*k = (struct known){0};
}

/* ---- the types ---- */

struct adder {
	struct btf_build *b;
	uint32_t u64, void_ptr, skb_ptr, skb_ptr_ptr, reason; /* type ids */
	/* Prototypes made so far, by skb register, deref and reason register (last: none). */
	uint32_t protos[MOST_REGS][2][MOST_REGS + 1];
};

/* Functions with the skb and the reason in the same registers share a prototype. */
static uint32_t proto_of(struct adder *a, const struct known_entry *e)
{
	unsigned reason = e->reason == DISCOVER_NO_ARG ? MOST_REGS : e->reason;
	uint32_t *id = &a->protos[e->skb][e->deref][reason];

	if (*id)
		return *id;
	*id = bb_func_proto(a->b, 0);
	for (unsigned i = 0; i <= e->skb || (i <= reason && reason < MOST_REGS); i++)
		bb_param(a->b, NULL,
			 i == e->skb   ? (e->deref ? a->skb_ptr_ptr : a->skb_ptr)
			 : i == reason ? a->reason
				       : a->u64);
	return *id;
}

/* typedef void (*btf_trace_NAME)(void *__data, ...); */
static void add_tracepoint(struct adder *a, const struct known_entry *e)
{
	uint32_t proto = bb_func_proto(a->b, 0);
	char name[256] = "btf_trace_";

	bb_param(a->b, NULL, a->void_ptr);
	for (unsigned i = 0; i < e->nr_args; i++)
		bb_param(a->b, NULL,
			 i == e->skb	    ? a->skb_ptr
			 : i == e->location ? a->void_ptr
					    : a->u64);
	strncat(name, e->name, sizeof(name) - strlen(name) - 1);
	bb_typedef(a->b, name, bb_ptr(a->b, proto));
}

int known_add_table(struct btf_build *b, uint32_t skb_id, const struct known *k, struct err *err)
{
	struct adder a = {.b = b};

	a.u64 = bb_int(b, "unsigned long long", 8, 0);
	a.void_ptr = bb_ptr(b, 0);
	a.skb_ptr = bb_ptr(b, skb_id);
	a.skb_ptr_ptr = bb_ptr(b, a.skb_ptr);
	a.reason = bb_enum(b, "skb_drop_reason", 4, false);
	for (size_t i = 0; i < k->nr; i++) {
		const struct known_entry *e = &k->e[i];

		if (e->kind == KNOWN_FUNC)
			bb_func(b, e->name, proto_of(&a, e), BTF_FUNC_STATIC);
		else if (e->kind == KNOWN_TRACEPOINT)
			add_tracepoint(&a, e);
	}
	if (b->no_memory)
		return err_set(err, -ENOMEM, "out of memory for the types of known functions");
	return 0;
}

int known_add(struct btf_build *b, uint32_t skb_id, struct err *err)
{
	struct known k;
	int ret = known_open(&k, err);

	if (ret)
		return ret;
	ret = known_add_table(b, skb_id, &k, err);
	known_release(&k);
	return ret;
}
