// SPDX-License-Identifier: GPL-2.0-only
/* Text output; reading numbers from data and formatting them. */
#include "btf/print/private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 64

/* ---- text ---- */

void printer_put_n(struct printer *p, const char *s, size_t n)
{
	if (p->len < p->buf_sz)
		memcpy(p->buf + p->len, s, n < p->buf_sz - p->len ? n : p->buf_sz - p->len);
	p->len += n;
}

void printer_put(struct printer *p, const char *s)
{
	printer_put_n(p, s, strlen(s));
}

void printer_putf(struct printer *p, const char *fmt, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printer_put(p, text);
}

void printer_put_name(struct printer *p, const char *name)
{
	for (size_t i = 0; name[i] && i < NAME_WIDTH; i++)
		printer_put_n(p, name[i] > ' ' && name[i] <= '~' ? &name[i] : "?", 1);
}

size_t printer_end(struct printer *p)
{
	if (p->buf_sz)
		p->buf[p->len < p->buf_sz ? p->len : p->buf_sz - 1] = '\0';
	return p->len;
}

/* ---- values ---- */

uint64_t printer_bits(const struct printer *p, uint64_t bit_off, uint32_t bits)
{
	const uint8_t *at = p->data + bit_off / 8;
	uint32_t shift = bit_off % 8, nr = (shift + bits + 7) / 8;
	unsigned __int128 v = 0;

	for (uint32_t i = 0; i < nr; i++)
		v |= (unsigned __int128)at[i] << 8 * i;
	v >>= shift;
	return bits < 64 ? (uint64_t)v & ((UINT64_C(1) << bits) - 1) : (uint64_t)v;
}

static void skip_mods(const struct btf *btf, uint32_t id, struct value *at)
{
	at->id = btf_skip_mods(btf, id);
	at->t = btf_type(btf, at->id);
	for (; id != at->id; id = btf_type(btf, id)->type) {
		const char *name = btf_name(btf, id);

		if (btf_kind(btf_type(btf, id)) != BTF_KIND_TYPEDEF)
			continue;
		if (!strncmp(name, "__be", 4) || !strcmp(name, "__sum16"))
			at->is_hex = at->is_wire = true;
		else if (!strcmp(name, "__wsum"))
			at->is_hex = true;
	}
}

bool printer_locate(const struct printer *p, uint32_t id, uint64_t bit_off, uint32_t bits,
		    struct value *at)
{
	int64_t sz = btf_sizeof(p->btf, id);

	*at = (struct value){.bit_off = bit_off};
	if (sz <= 0)
		return false;
	skip_mods(p->btf, id, at);
	at->sz = sz;
	if (is_composite(at->t))
		return true;
	at->bits = bits && bits <= 8 * sz ? bits : 8 * sz;
	/* Old compilers give bit-fields an integer type of their own width. */
	if (btf_kind(at->t) == BTF_KIND_INT && at->bits == 8 * sz) {
		at->bits = BTF_INT_BITS(int_data(at->t));
		at->bit_off += BTF_INT_OFFSET(int_data(at->t));
	}
	at->sz = (at->bit_off % 8 + at->bits + 7) / 8;
	return at->bits > 0;
}

enum presence printer_presence(const struct printer *p, const struct value *at)
{
	uint64_t off = at->bit_off / 8;

	if (off >= p->sz)
		return ABSENT;
	if (at->sz <= p->sz - off)
		return PRESENT;
	return is_composite(at->t) ? PARTIAL : ABSENT;
}

bool printer_is_zero(struct printer *p, const struct value *at)
{
	const uint8_t *bytes = p->data + at->bit_off / 8;

	if (at->bits && at->bits <= 64)
		return !printer_bits(p, at->bit_off, at->bits);
	p->steps += at->sz / 64;
	return !bytes[0] && !memcmp(bytes, bytes + 1, at->sz - 1);
}

/* ---- numbers ---- */

static int64_t sign_extend(uint64_t v, uint32_t bits)
{
	return bits < 64 ? (int64_t)(v << (64 - bits)) >> (64 - bits) : (int64_t)v;
}

/* Print an enumerator's name, if the value has one. */
static bool put_enumerator(struct printer *p, const struct value *at, uint64_t v)
{
	const char *name;

	if (btf_kflag(at->t))
		v = sign_extend(v, at->bits);
	name = btf_enum_name(p->btf, at->id, v);
	p->steps += btf_vlen(at->t) / 16;
	if (name)
		printer_put_name(p, name);
	return name;
}

/*
 * Addresses, all ones (a marker or an unset offset) and long bit patterns are not counts: print
 * them in hex.
 */
static bool is_pattern(uint64_t v, uint32_t bits)
{
	return bits >= 8 && (bits == 64 ? v >> 63 : v == (UINT64_C(1) << bits) - 1);
}

static void put_integer(struct printer *p, const struct value *at, bool is_signed, uint64_t v)
{
	if (is_signed) {
		printer_putf(p, "%" PRId64, sign_extend(v, at->bits));
	} else if (at->is_hex || is_pattern(v, at->bits)) {
		printer_putf(p, "0x%0*" PRIx64, (int)(at->bits + 3) / 4, v);
	} else {
		printer_putf(p, "%" PRIu64, v);
		if (v > UINT16_MAX)
			p->hex = v;
	}
}

/* Print v, in host byte order; at->bits must not be 0. */
static void put_number(struct printer *p, const struct value *at, uint64_t v)
{
	uint32_t encoding = 0;

	switch (at->t ? btf_kind(at->t) : BTF_KIND_UNKN) {
	case BTF_KIND_PTR:
	case BTF_KIND_FLOAT:
		printer_putf(p, "0x%0*" PRIx64, (int)(at->bits + 3) / 4, v);
		return;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (!put_enumerator(p, at, v))
			put_integer(p, at, btf_kflag(at->t), v);
		return;
	case BTF_KIND_INT:
		encoding = BTF_INT_ENCODING(int_data(at->t));
		break;
	}
	if ((encoding & BTF_INT_BOOL) && v <= 1)
		printer_put(p, v ? "true" : "false");
	else
		put_integer(p, at, encoding & BTF_INT_SIGNED, v);
}

void printer_put_scalar(struct printer *p, const struct value *at)
{
	uint64_t v;

	if (at->bits > 64) {
		printer_putf(p, "0x%0*" PRIx64 "%016" PRIx64, (int)(at->bits - 64 + 3) / 4,
			     printer_bits(p, at->bit_off + 64, at->bits - 64),
			     printer_bits(p, at->bit_off, 64));
		return;
	}
	v = printer_bits(p, at->bit_off, at->bits);
	if (at->is_wire && at->bits % 8 == 0)
		v = __builtin_bswap64(v) >> (64 - at->bits);
	put_number(p, at, v);
}

size_t btf_print_scalar(const struct btf *btf, uint32_t id, uint64_t value, char *buf,
			size_t buf_sz)
{
	struct printer p = {.btf = btf, .buf = buf, .buf_sz = buf_sz};
	struct value at;

	if (!printer_locate(&p, id, 0, 0, &at) || is_composite(at.t) || at.bits > 64)
		at = (struct value){.bits = 64};
	if (at.bits < 64)
		value &= (UINT64_C(1) << at.bits) - 1;
	put_number(&p, &at, value);
	return printer_end(&p);
}
