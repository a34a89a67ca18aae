// SPDX-License-Identifier: GPL-2.0-only
/*
 * One walk over type and data. The length is counted whether or not the buffer has room, and
 * nothing else depends on the buffer's size, so a small buffer gets a prefix of the whole text. A
 * struct or array is first walked without output to see whether it fits on the rest of the line.
 */
#include "btf/print/private.h"

#include <inttypes.h>
#include <string.h>

/*
 * Limits against hostile types: nested pairs of overlapping members can have more members to print
 * than fit in memory.
 */
#define TEXT_MAX   65536
#define STEPS_MAX  100000 /* members and elements visited; a struct sk_buff takes a few hundred */
#define DEPTH_MAX  20
#define LINE_WIDTH 80 /* excluding what follows a closing brace */
#define STRING_MAX 1024
#define RUN_MIN	   4 /* equal elements to print as "[0 ... 3] =" */

/* ---- items between braces ---- */

static bool is_full(const struct printer *p)
{
	return p->len >= p->len_max || p->steps >= STEPS_MAX;
}

static void put_notes(struct printer *p)
{
	if (!p->hex && !p->with)
		return;
	printer_put(p, " /* ");
	if (p->hex)
		printer_putf(p, "0x%" PRIx64 "%s", p->hex, p->with ? ", " : "");
	if (p->with) {
		printer_put(p, "union with .");
		printer_put_name(p, p->with);
	}
	printer_put(p, " */");
	p->hex = 0;
	p->with = NULL;
}

static void newline(struct printer *p)
{
	printer_put(p, "\n");
	p->line = p->len;
	for (unsigned int i = 0; i < p->level; i++)
		printer_put(p, "  ");
}

static void begin_item(struct printer *p)
{
	if (!p->one_line)
		newline(p);
	else if (p->nr_items)
		printer_put(p, ", ");
	p->nr_items++;
}

static void end_item(struct printer *p)
{
	if (!p->one_line)
		printer_put(p, ",");
	put_notes(p);
}

/* Numbers in an array: several per line. */
static void begin_number(struct printer *p)
{
	if (p->nr_items)
		printer_put(p, ",");
	if (!p->one_line && (!p->nr_items || p->len - p->line > LINE_WIDTH))
		newline(p);
	else if (p->nr_items)
		printer_put(p, " ");
	p->nr_items++;
}

/* ---- structs and unions ---- */

static void put_value(struct printer *p, const struct value *at);
static void put_members(struct printer *p, const struct btf_type *t, uint64_t bit_off,
			const char *with, const char **first);

/*
 * with: the first printed member of the union that this one is in, or NULL. *first: set to the
 * first member printed.
 */
static void put_member(struct printer *p, const struct btf_type *t, uint32_t idx, uint64_t bit_off,
		       const char *with, const char **first)
{
	const struct btf_member *m = &btf_members(t)[idx];
	const char *name = btf_str(p->btf, m->name_off);
	struct value at;
	enum presence presence;

	p->steps++;
	if (!printer_locate(p, m->type, bit_off + btf_member_bit_off(t, idx),
			    btf_member_bits(t, idx), &at))
		return;
	presence = printer_presence(p, &at);
	if (presence == PRESENT && printer_is_zero(p, &at))
		return;
	if (presence == ABSENT) {
		p->missing = true;
		return;
	}
	if (!*name && is_struct(at.t)) {
		put_members(p, at.t, at.bit_off, with, first);
		return;
	}
	begin_item(p);
	if (!*first)
		*first = name;
	printer_put(p, ".");
	printer_put_name(p, name);
	printer_put(p, " = ");
	p->with = with;
	put_value(p, &at);
	end_item(p);
}

/* struct_group() makes a union of two equal structs; the second one has a name. */
static bool is_struct_group_copy(const struct btf *btf, const struct btf_type *t, uint32_t idx)
{
	const struct btf_member *m = &btf_members(t)[idx];
	const struct btf_type *a, *b;

	if (!idx || m->offset != m[-1].offset || *btf_str(btf, m[-1].name_off))
		return false;
	a = btf_type(btf, btf_skip_mods(btf, m[-1].type));
	b = btf_type(btf, btf_skip_mods(btf, m->type));
	return a && b && btf_kind(a) == BTF_KIND_STRUCT && btf_kind(b) == BTF_KIND_STRUCT &&
	       a->info == b->info && a->size == b->size &&
	       !memcmp(btf_members(a), btf_members(b), btf_vlen(a) * sizeof(*m));
}

static void put_members(struct printer *p, const struct btf_type *t, uint64_t bit_off,
			const char *with, const char **first)
{
	bool is_union = btf_kind(t) == BTF_KIND_UNION;
	const char *own_first = NULL;
	uint32_t i;

	p->depth++;
	for (i = 0; i < btf_vlen(t) && !is_full(p) && p->depth <= DEPTH_MAX; i++) {
		if (is_union && is_struct_group_copy(p->btf, t, i))
			continue;
		put_member(p, t, i, bit_off, is_union && own_first ? own_first : with, &own_first);
	}
	p->missing |= i < btf_vlen(t);
	p->depth--;
	if (!*first)
		*first = own_first;
}

/* ---- arrays ---- */

static void elem_at(struct value *at, const struct value *first, uint64_t idx)
{
	*at = *first;
	at->bit_off += 8 * first->sz * idx;
}

/* Number of equal elements starting at idx. */
static uint64_t run_length(struct printer *p, const struct value *first, uint64_t idx, uint64_t nr)
{
	const uint8_t *elem = p->data + first->bit_off / 8 + idx * first->sz;
	uint64_t n = 1;

	while (idx + n < nr && !memcmp(elem, elem + n * first->sz, first->sz))
		n++;
	p->steps += 1 + n * first->sz / 64;
	return n;
}

/* Bytes in arrays are raw data, not counts. */
static bool is_byte(const struct value *at)
{
	return btf_kind(at->t) == BTF_KIND_INT && at->bits == 8 &&
	       !(BTF_INT_ENCODING(int_data(at->t)) & BTF_INT_BOOL);
}

static void put_elem(struct printer *p, const struct value *at, uint64_t idx, uint64_t run,
		     bool is_next)
{
	bool is_number = !is_composite(at->t);

	if (is_number)
		begin_number(p);
	else
		begin_item(p);
	if (run > 1)
		printer_putf(p, "[%" PRIu64 " ... %" PRIu64 "] = ", idx, idx + run - 1);
	else if (!is_number || !is_next)
		printer_putf(p, "[%" PRIu64 "] = ", idx);
	if (is_byte(at))
		printer_putf(p, "0x%02x", (unsigned int)printer_bits(p, at->bit_off, 8));
	else
		put_value(p, at);
	if (!is_number)
		end_item(p);
	p->hex = 0;
}

/* nr: elements within data. Zero elements are omitted; only an element after a gap needs its index.
 */
static void put_elems(struct printer *p, const struct value *first, uint64_t nr)
{
	uint64_t next = 0, idx = 0, run;
	bool is_number = !is_composite(first->t);

	while (idx < nr && !is_full(p)) {
		struct value at;
		bool zero;

		elem_at(&at, first, idx);
		run = run_length(p, first, idx, nr);
		zero = printer_is_zero(p, &at);
		if (run < RUN_MIN && is_number && !(zero && idx + run == nr))
			run = 1;
		if (!zero || (is_number && run == 1 && idx + run < nr)) {
			put_elem(p, &at, idx, run, idx == next);
			next = idx + run;
		}
		idx += run;
	}
	p->missing |= idx < nr;
}

static void put_array(struct printer *p, const struct value *at)
{
	uint64_t off = at->bit_off / 8, left = p->sz - off, nr = btf_array(at->t)->nelems;
	struct value first;

	/* No compiler emits arrays of an INT with a bit offset beyond its first byte. */
	if (p->depth >= DEPTH_MAX ||
	    !printer_locate(p, btf_array(at->t)->type, 8 * off, 0, &first) ||
	    first.bit_off / 8 != off) {
		p->missing = true;
		return;
	}
	/* The element stride, even if an INT has fewer bits than its bytes. */
	first.sz = at->sz / nr;
	if (left / first.sz < nr) {
		p->missing = true;
		nr = left / first.sz;
	}
	p->depth++;
	put_elems(p, &first, nr);
	p->depth--;
	if (p->missing && !is_composite(first.t)) {
		begin_number(p);
		printer_put(p, "...");
		p->missing = false;
	}
}

/* Is it an array of char with printable text, followed only by zeroes? */
static bool is_text(const struct printer *p, const struct value *at)
{
	const char *s = (const char *)p->data + at->bit_off / 8;
	struct value elem;
	size_t len;

	if (btf_kind(at->t) != BTF_KIND_ARRAY || at->sz > STRING_MAX ||
	    printer_presence(p, at) != PRESENT ||
	    !printer_locate(p, btf_array(at->t)->type, 0, 0, &elem) || elem.bits != 8 ||
	    strcmp(btf_name(p->btf, elem.id), "char") != 0)
		return false;
	len = strnlen(s, at->sz);
	for (size_t i = 0; i < at->sz; i++)
		if (i < len ? (s[i] < ' ' || s[i] > '~') && !strchr("\t\n\r", s[i]) : s[i])
			return false;
	return true;
}

static void put_text(struct printer *p, const struct value *at)
{
	const char *s = (const char *)p->data + at->bit_off / 8;

	printer_put(p, "\"");
	for (size_t i = 0; i < at->sz && s[i]; i++) {
		if (strchr("\t\n\r\"\\", s[i]))
			printer_put(p, "\\");
		printer_put_n(p,
			      s[i] == '\t'   ? "t"
			      : s[i] == '\n' ? "n"
			      : s[i] == '\r' ? "r"
					     : &s[i],
			      1);
	}
	printer_put(p, "\"");
}

/* ---- values ---- */

static void put_braces(struct printer *p, const struct value *at)
{
	bool missing = p->missing, is_array = btf_kind(at->t) == BTF_KIND_ARRAY;
	unsigned int nr_items = p->nr_items;
	const char *with = p->with, *first = NULL;

	p->missing = false;
	p->nr_items = 0;
	p->with = NULL;
	printer_put(p, "{");
	p->level++;
	if (!p->one_line) {
		p->with = with;
		with = NULL;
		put_notes(p);
	}
	if (is_array)
		put_array(p, at);
	else
		put_members(p, at->t, at->bit_off, NULL, &first);
	if (p->missing) {
		begin_item(p);
		printer_put(p, "...");
	}
	p->level--;
	if (p->nr_items && !p->one_line)
		newline(p);
	printer_put(p, "}");
	p->with = with;
	p->missing = missing;
	p->nr_items = nr_items;
}

static bool fits_on_line(struct printer *p, const struct value *at)
{
	struct printer dry = *p;

	dry.buf_sz = 0;
	dry.one_line = true;
	if (p->line + LINE_WIDTH < dry.len_max)
		dry.len_max = p->line + LINE_WIDTH;
	put_braces(&dry, at);
	p->steps = dry.steps;
	return dry.len <= p->line + LINE_WIDTH;
}

static void put_value(struct printer *p, const struct value *at)
{
	bool one_line = p->one_line;

	if (is_text(p, at)) {
		put_text(p, at);
	} else if (is_composite(at->t)) {
		p->one_line = one_line || fits_on_line(p, at);
		put_braces(p, at);
		p->one_line = one_line;
	} else {
		printer_put_scalar(p, at);
	}
}

static void put_type(struct printer *p, uint32_t id, const struct btf_type *t)
{
	const char *name = btf_name(p->btf, id);

	if (!*name || !is_struct(t))
		return;
	printer_put(p, "(");
	if (btf_type(p->btf, id) == t)
		printer_put(p, btf_kind(t) == BTF_KIND_UNION ? "union " : "struct ");
	printer_put_name(p, name);
	printer_put(p, ")");
}

size_t btf_print(const struct btf *btf, uint32_t id, const void *data, size_t sz, char *buf,
		 size_t buf_sz)
{
	struct printer p = {.btf = btf,
			    .data = data,
			    .sz = sz,
			    .buf = buf,
			    .buf_sz = buf_sz,
			    .len_max = TEXT_MAX};
	struct value at;

	if (!printer_locate(&p, id, 0, 0, &at)) {
		printer_put(&p, "{}");
	} else if (printer_presence(&p, &at) == ABSENT) {
		printer_put(&p, "...");
	} else {
		put_type(&p, id, at.t);
		put_value(&p, &at);
	}
	return printer_end(&p);
}
