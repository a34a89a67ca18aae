// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of nftables as "nft -s list ruleset" shows them. What an expression loads into a register
 * is remembered by the name that nft has for it, until another expression uses it.
 */
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/nft_text.h"

#define ELEMS_MAX  16 /* of an anonymous set */
#define FIELDS_MAX 8  /* of a concatenation */

/* ---- conditions ---- */

static const char *const ops[] = {"", "!= ", "< ", "<= ", "> ", ">= "}; /* enum nft_cmp_ops */

/* A protocol that later fields belong to. */
static void note_protocol(struct nft_text *r, const struct nft_value *v, const uint8_t *d,
			  size_t start)
{
	uint64_t n = nft_text_number(v, d);
	uint8_t family = r->table->family;
	struct nft_dependency here = {start, r->t->len};

	if (v->type == NFT_TEXT_PROTO) {
		r->l4 = (uint8_t)n;
		r->dep4 = (struct nft_dependency){0};
		if (!strcmp(v->name, "meta l4proto"))
			r->dep4 = here;
	} else if (v->type == NFT_TEXT_NFPROTO && family == NFPROTO_INET) {
		r->l3 = (uint8_t)n;
		r->dep3 = here;
	} else if (v->type == NFT_TEXT_ETHER &&
		   (family == NFPROTO_BRIDGE || family == NFPROTO_NETDEV ||
		    family == NFPROTO_INET)) {
		r->l3 = n == 0x0800 ? NFPROTO_IPV4 : n == 0x86dd ? NFPROTO_IPV6 : 0;
		r->dep3 = (struct nft_dependency){0};
		if (family != NFPROTO_INET && !strcmp(v->name, "meta protocol"))
			r->dep3 = here;
	}
}

/* With a mask. */
static bool add_masked(struct nft_text *r, const struct nft_value *v, const uint8_t *d, uint32_t op)
{
	static const uint8_t zero[16];
	bool is_bits = v->type == NFT_TEXT_STATE || v->type == NFT_TEXT_STATUS ||
		       v->type == NFT_TEXT_FLAGS;
	uint8_t last[16];
	int len;

	if (v->has_xor || v->sz > 16)
		return false;
	for (size_t i = 0; i < v->sz; i++)
		last[i] = (uint8_t)~v->mask[i];
	if (is_bits && op <= NFT_CMP_NEQ && !memcmp(d, zero, v->sz)) {
		textbuf_str(r->t, op == NFT_CMP_EQ ? "! " : "");
		return nft_text_bits(r->t, v->type, nft_text_number(v, v->mask), ",");
	}
	len = v->type == NFT_TEXT_ADDR ? nft_text_prefix(zero, last, v->sz) : -1;
	if (len >= 0 && op <= NFT_CMP_NEQ) {
		textbuf_str(r->t, ops[op]);
		nft_text_value(r->t, v, d);
		textbuf_printf(r->t, "/%d", len);
		return true;
	}
	textbuf_str(r->t, v->type == NFT_TEXT_FLAGS ? "& (" : "& ");
	nft_text_value(r->t, v, v->mask);
	textbuf_printf(r->t, v->type == NFT_TEXT_FLAGS ? ") %s" : " %s",
		       op == NFT_CMP_EQ ? "== " : ops[op]);
	nft_text_value(r->t, v, d);
	return v->type != NFT_TEXT_STATE && v->type != NFT_TEXT_STATUS;
}

/* What is told without a protocol does not tell it. */
static void add_name(struct nft_text *r, const struct nft_value *v)
{
	textbuf_printf(r->t, " %s ", v->name);
	if (!strncmp(v->name, "@nh", 3))
		r->dep3 = (struct nft_dependency){0};
	if (!strncmp(v->name, "@th", 3))
		r->dep4 = (struct nft_dependency){0};
}

static void add_range_of(struct nft_text *r, const struct nft_value *v, const uint8_t *lo,
			 const uint8_t *hi, bool invert)
{
	add_name(r, v);
	textbuf_str(r->t, invert ? "!= " : "");
	nft_text_range(r->t, v, lo, hi);
}

static bool add_cmp(struct nft_text *r, const struct nft_value *v, const uint8_t *d, size_t sz,
		    uint32_t op)
{
	uint8_t addr[16] = {0};
	struct nft_value full = *v;
	size_t start = r->t->len;

	add_name(r, v);
	if (v->type == NFT_TEXT_NAME) {
		if (sz > 16 || op > NFT_CMP_NEQ)
			return false;
		textbuf_printf(r->t, sz < 16 ? "%s\"%.*s*\"" : "%s\"%.*s\"", ops[op],
			       (int)strnlen((const char *)d, sz), (const char *)d);
		return sz == 16 || strnlen((const char *)d, sz) == sz;
	}
	if (sz != v->sz)
		return false;
	if (v->mask)
		return add_masked(r, v, d, op);
	/* "5-9" comes as two conditions on one register */
	if (op == NFT_CMP_LTE && r->from && v == r->from_value && r->from_end == start) {
		text_back_to(r->t, r->from_start);
		add_range_of(r, v, r->from, d, false);
		return true;
	}
	if (v->type == NFT_TEXT_ADDR && v->full > sz) {
		if (op > NFT_CMP_NEQ)
			return false;
		memcpy(addr, d, sz);
		full.sz = v->full;
		textbuf_str(r->t, ops[op]);
		nft_text_value(r->t, &full, addr);
		textbuf_printf(r->t, "/%zu", sz * 8);
		return true;
	}
	if (op == NFT_CMP_EQ &&
	    (v->type == NFT_TEXT_STATE || v->type == NFT_TEXT_STATUS || v->type == NFT_TEXT_FLAGS))
		textbuf_str(r->t, "== ");
	else
		textbuf_str(r->t, ops[op]);
	nft_text_value(r->t, v, d);
	if (op == NFT_CMP_GTE) {
		r->from = d;
		r->from_value = v;
		r->from_start = start;
		r->from_end = r->t->len;
	}
	return true;
}

static bool cmp(struct nft_text *r, struct nl_attrs attrs)
{
	const struct nft_value *v = nft_text_at(r, attrs, NFTA_CMP_SREG);
	uint32_t op = nl_find_be32(attrs, NFTA_CMP_OP, 99);
	size_t sz, start = r->t->len;
	const uint8_t *d = nft_text_data(attrs, NFTA_CMP_DATA, &sz);

	if (!v || v->data || !d || op > NFT_CMP_GTE ||
	    !(r->xt ? nft_xt_cmp : add_cmp)(r, v, d, sz, op))
		return false;
	if (op == NFT_CMP_EQ && !v->mask)
		note_protocol(r, v, d, start);
	return true;
}

static bool range(struct nft_text *r, struct nl_attrs attrs)
{
	const struct nft_value *v = nft_text_at(r, attrs, NFTA_RANGE_SREG);
	uint32_t op = nl_find_be32(attrs, NFTA_RANGE_OP, 99);
	size_t lo_sz = 0, hi_sz = 0;
	const uint8_t *lo = nft_text_data(attrs, NFTA_RANGE_FROM_DATA, &lo_sz);
	const uint8_t *hi = nft_text_data(attrs, NFTA_RANGE_TO_DATA, &hi_sz);

	if (!v || v->data || v->mask || op > NFT_RANGE_NEQ || lo_sz != v->sz || hi_sz != v->sz ||
	    (v->full && v->full != v->sz) || v->is_host)
		return false;
	if (r->xt)
		return nft_xt_range(r, v, lo, hi, op == NFT_RANGE_NEQ);
	add_range_of(r, v, lo, hi, op == NFT_RANGE_NEQ);
	return true;
}

/* ---- verdicts ---- */

static bool add_verdict(struct textbuf *t, struct nl_attrs data)
{
	struct nl_attr verdict;
	const char *chain;
	int32_t code;

	if (!nl_find(data, NFTA_DATA_VERDICT, &verdict))
		return false;
	code = (int32_t)nl_find_be32(nl_nested(&verdict), NFTA_VERDICT_CODE, 0x7fffffff);
	chain = nl_find_str(nl_nested(&verdict), NFTA_VERDICT_CHAIN);
	switch (code) {
	case NF_ACCEPT:
		textbuf_str(t, "accept");
		return true;
	case NF_DROP:
		textbuf_str(t, "drop");
		return true;
	case NFT_CONTINUE:
		textbuf_str(t, "continue");
		return true;
	case NFT_RETURN:
		textbuf_str(t, "return");
		return true;
	case NFT_JUMP:
	case NFT_GOTO:
		textbuf_printf(t, code == NFT_JUMP ? "jump %s" : "goto %s", chain ? chain : "");
		return chain != NULL;
	}
	return false;
}

static bool immediate(struct nft_text *r, struct nl_attrs attrs)
{
	struct nl_attr data, value;
	struct nft_value v = {0};

	if (!nl_find(attrs, NFTA_IMMEDIATE_DATA, &data))
		return false;
	if (nl_find_be32(attrs, NFTA_IMMEDIATE_DREG, NFT_REG_1) == NFT_REG_VERDICT) {
		if (r->xt)
			return nft_xt_statement(r, "immediate", nl_nested(&data));
		textbuf_str(r->t, " ");
		return add_verdict(r->t, nl_nested(&data));
	}
	if (!nl_find(nl_nested(&data), NFTA_DATA_VALUE, &value) || value.sz > 64)
		return false;
	v.data = value.data;
	v.sz = (uint8_t)value.sz;
	return nft_text_store(r, attrs, NFTA_IMMEDIATE_DREG, &v);
}

/* ---- sets ---- */

/* The values that make a key of sz bytes, from a register on. 0: not known. */
static size_t fields_at(struct nft_text *r, uint32_t reg, size_t sz, const struct nft_value **list)
{
	const struct nft_value *v = nft_text_reg(r, reg);
	size_t nr = 0, off = 0;

	while (v && off < sz && nr < FIELDS_MAX && v < r->regs + NFT_TEXT_WORDS) {
		size_t whole = ((size_t)v->sz + 3) & ~(size_t)3;

		if (!v->is_set || v->data || v->mask || (v->full && v->full != v->sz))
			return 0;
		list[nr++] = v;
		off += off + v->sz == sz && nr == 1 ? v->sz : whole;
		v += whole / 4;
	}
	return off == sz ? nr : 0;
}

static void add_fields(struct textbuf *t, const struct nft_value *const *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		textbuf_printf(t, i ? " . %s" : "%s", list[i]->name);
}

/* The end of an interval that begins at element i: one before the next value. */
static const uint8_t *last_of(const struct nf_set *s, size_t i, uint8_t *last)
{
	size_t n = i + 1;

	memset(last, 0xff, s->key_sz);
	while (n < s->nr_elems && !s->elems[n].is_catchall &&
	       !memcmp(s->elems[n].key, s->elems[i].key, s->key_sz))
		n++;
	if (n == s->nr_elems || s->elems[n].is_catchall)
		return last;
	memcpy(last, s->elems[n].key, s->key_sz);
	for (size_t b = s->key_sz; b-- && !last[b]--;)
		;
	return last;
}

static void add_elem(struct textbuf *t, const struct nf_set *s, size_t i,
		     const struct nft_value *const *list, size_t nr)
{
	const struct nf_set_elem *e = &s->elems[i];
	const uint8_t *end = e->key_end ? e->key_end : e->key;
	uint8_t last[NFT_KEY_MAX];
	size_t off = 0;

	if (e->is_catchall) {
		textbuf_str(t, "*");
		return;
	}
	if (s->flags & NFT_SET_INTERVAL && nr == 1)
		end = last_of(s, i, last);
	for (size_t n = 0; n < nr; n++) {
		textbuf_str(t, n ? " . " : "");
		nft_text_range(t, list[n], e->key + off, end + off);
		off += ((size_t)list[n]->sz + 3) & ~(size_t)3;
	}
}

static bool add_elems(struct textbuf *t, const struct nf_set *s,
		      const struct nft_value *const *list, size_t nr, bool is_map)
{
	bool known = true;
	size_t shown = 0;

	textbuf_str(t, "{ ");
	for (size_t i = 0; i < s->nr_elems; i++) {
		const struct nf_set_elem *e = &s->elems[i];

		if (e->is_end)
			continue;
		textbuf_str(t, shown ? ", " : "");
		if (shown++ == ELEMS_MAX) {
			textbuf_str(t, "...");
			known = false;
			break;
		}
		add_elem(t, s, i, list, nr);
		known &= !e->may_fail;
		if (!is_map)
			continue;
		textbuf_str(t, " : ");
		known &= e->data && add_verdict(t, nl_attrs_of(e->data, e->data_sz));
	}
	textbuf_str(t, " }");
	return known;
}

static bool lookup(struct nft_text *r, struct nl_attrs attrs)
{
	const char *name = nl_find_str(attrs, NFTA_LOOKUP_SET);
	const struct nf_set *s = name ? nft_set_find(r->table, name) : NULL;
	const struct nft_value *list[FIELDS_MAX];
	uint32_t flags = nl_find_be32(attrs, NFTA_LOOKUP_FLAGS, 0);
	struct nl_attr dreg;
	bool is_map = nl_find(attrs, NFTA_LOOKUP_DREG, &dreg);
	size_t nr = s ? fields_at(r, nl_find_be32(attrs, NFTA_LOOKUP_SREG, 0), s->key_sz, list) : 0;

	if (r->xt || !nr || flags & ~(uint32_t)NFT_LOOKUP_F_INV ||
	    (is_map && nl_be32(&dreg) != NFT_REG_VERDICT))
		return false;
	textbuf_str(r->t, " ");
	add_fields(r->t, list, nr);
	for (size_t i = 0; i < nr; i++)
		if (list[i]->type == NFT_TEXT_PROTO) /* one of several */
			r->l4 = 0;
	textbuf_str(r->t, is_map ? " vmap " : flags & NFT_LOOKUP_F_INV ? " != " : " ");
	if (!(s->flags & NFT_SET_ANONYMOUS)) {
		textbuf_printf(r->t, "@%s", name);
		return true;
	}
	/* names with a wildcard, and numbers that are not in network order, have no ranges */
	for (size_t i = 0; i < nr; i++)
		if (s->flags & NFT_SET_INTERVAL && list[i]->sz > 1 &&
		    (list[i]->is_host || list[i]->type == NFT_TEXT_NAME))
			return false;
	if (!s->is_read)
		return false;
	r->incomplete |= !add_elems(r->t, s, list, nr, is_map);
	return true;
}

static bool dynset(struct nft_text *r, struct nl_attrs attrs)
{
	const char *name = nl_find_str(attrs, NFTA_DYNSET_SET_NAME);
	const struct nf_set *s = name ? nft_set_find(r->table, name) : NULL;
	const struct nft_value *list[FIELDS_MAX];
	uint32_t op = nl_find_be32(attrs, NFTA_DYNSET_OP, 99);
	size_t nr =
		s ? fields_at(r, nl_find_be32(attrs, NFTA_DYNSET_SREG_KEY, 0), s->key_sz, list) : 0;
	struct nl_attr a;

	if (r->xt || !nr || op > 2 || nl_find(attrs, NFTA_DYNSET_SREG_DATA, &a) ||
	    nl_find(attrs, NFTA_DYNSET_EXPR, &a) || nl_find(attrs, 10 /* _EXPRESSIONS */, &a) ||
	    (nl_find(attrs, NFTA_DYNSET_TIMEOUT, &a) && nl_be64(&a)) ||
	    nl_find_be32(attrs, NFTA_DYNSET_FLAGS, 0))
		return false;
	nft_text_keep_dependencies(r);
	textbuf_str(r->t, " ");
	text_word(r->t, "add update delete", op);
	textbuf_printf(r->t, " @%s { ", name);
	add_fields(r->t, list, nr);
	textbuf_str(r->t, " }");
	return true;
}

static const struct nft_text_expr exprs[] = {
	{"cmp", cmp},	    {"range", range},	{"immediate", immediate},
	{"lookup", lookup}, {"dynset", dynset}, {""},
};

static const struct nft_text_expr *find_expr(const struct nft_text_expr *list, const char *name)
{
	while (list->name[0] && strcmp(list->name, name))
		list++;
	return list->name[0] ? list : NULL;
}

bool nft_text_statement(struct nft_text *r, const char *name, struct nl_attrs attrs)
{
	const struct nft_text_expr *e = find_expr(nft_text_statements, name);

	nft_text_keep_dependencies(r);
	return e && e->fn(r, attrs);
}

static bool add_known(struct nft_text *r, const char *name, struct nl_attrs attrs)
{
	const struct nft_text_expr *e = find_expr(nft_text_loads, name);

	if (!e)
		e = find_expr(exprs, name);
	if (e)
		return e->fn(r, attrs);
	return (r->xt ? nft_xt_statement : nft_text_statement)(r, name, attrs);
}

/* What is not known may have written to any register. */
static void add_expr(struct nft_text *r, const char *name, struct nl_attrs attrs)
{
	size_t len = r->t->len;

	if (add_known(r, name, attrs))
		return;
	if (r->t->len > len) /* else a dependency was taken out */
		text_back_to(r->t, len);
	textbuf_printf(r->t, " [unknown expression %s]", name);
	r->known = false;
	for (size_t i = 0; i < NFT_TEXT_WORDS; i++)
		r->regs[i].is_set = false;
}

bool nft_text_walk(struct nft_text *r, const struct nf_rule *rule)
{
	struct nl_attrs list = nl_attrs_of(rule->data, rule->data_sz);
	struct nl_attr expr, data;

	r->known = true;
	if (r->table->family == NFPROTO_IPV4 || r->table->family == NFPROTO_IPV6)
		r->l3 = r->table->family;
	while (nl_next(&list, &expr)) {
		const char *name = nl_find_str(nl_nested(&expr), NFTA_EXPR_NAME);

		if (!name)
			name = "?";
		if (nl_find(nl_nested(&expr), NFTA_EXPR_DATA, &data))
			add_expr(r, name, nl_nested(&data));
		else
			add_expr(r, name, nl_attrs_of(NULL, 0));
	}
	return r->known;
}

bool nft_rule_text(const struct nf_chain *chain, const struct nf_rule *rule, struct textbuf *t)
{
	struct nft_text r = {.t = t, .table = chain->table};
	bool known;

	known = nft_text_walk(&r, rule) && !r.incomplete;
	if (rule->comment)
		textbuf_printf(t, " comment \"%s\"", rule->comment);
	if (t->len && t->len < t->sz) { /* each begins with a space */
		memmove(t->buf, t->buf + 1, t->len);
		t->len--;
	}
	return known;
}
