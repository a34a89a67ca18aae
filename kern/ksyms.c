// SPDX-License-Identifier: GPL-2.0-only
#include "kern/ksyms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/strings.h"

#define NAME_MAX_LEN   512 /* KSYM_NAME_LEN since 6.1 */
#define NR_MODULES_MAX 16384
#define MAX_FUNC_SZ    65536

struct sym {
	uint64_t addr;
	uint32_t name_off;
	uint16_t module; /* index + 1; 0: none */
};

struct ksyms {
	struct sym *syms; /* owned */
	uint32_t nr, cap;
	struct str_pool pool;
	uint32_t *modules; /* owned; offsets of the names */
	uint32_t nr_modules;
	struct str_index by_name;
	size_t nr_zero; /* skipped: address 0 */
	bool unsorted;
};

/* One parsed line; strings point into it. */
struct ksym_line {
	uint64_t addr;
	char type;
	const char *name, *module; /* module NULL: none */
	size_t name_len, module_len;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Bytes of the word at s. */
static size_t word_len(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && (uint8_t)*p > ' ')
		p++;
	return p - s;
}

/*
 * Assembler artifacts: mapping symbols of arm64 ("$x"), and labels of riscv64, which may contain
 * characters that names do not (".L0 ", ".L1\0021").
 */
static bool is_label(const struct ksym_line *k)
{
	return k->name[0] == '$' || (k->name[0] == '.' && k->name[1] == 'L');
}

static size_t label_len(const char *s, const char *end)
{
	const char *tab = memchr(s, '\t', end - s);

	return (tab ? tab : end) - s;
}

/* "ffffffff81000000 T name" or "ffffffffc0201000 t name\t[module]" */
static bool line_parse(struct ksym_line *k, const char *s, size_t len)
{
	const char *end = s + len;
	int digits = 0, d;

	*k = (struct ksym_line){0};
	for (; s < end && (d = hex_digit(*s)) >= 0; s++, digits++)
		k->addr = k->addr << 4 | (unsigned)d;
	if (digits < 1 || digits > 16 || end - s < 4 || s[0] != ' ' || s[2] != ' ')
		return false;
	k->type = s[1];
	k->name = s + 3;
	k->name_len = is_label(k) ? label_len(k->name, end) : word_len(k->name, end);
	if (!k->name_len || k->name_len > NAME_MAX_LEN)
		return false;
	s = k->name + k->name_len;
	if (s == end)
		return true;
	if (end - s < 4 || s[0] != '\t' || s[1] != '[' || end[-1] != ']')
		return false;
	k->module = s + 2;
	k->module_len = end - 1 - k->module;
	return k->module_len <= NAME_MAX_LEN && word_len(k->module, end - 1) == k->module_len;
}

/*
 * Functions only. The __pfx_ symbols on x86 (since 6.2) mark the padding before each function,
 * which is never executed; they would double the table.
 */
static bool wanted(const struct ksym_line *k)
{
	if (k->type != 't' && k->type != 'T' && k->type != 'w' && k->type != 'W')
		return false;
	if (is_label(k))
		return false;
	return k->name_len < 6 || memcmp(k->name, "__pfx_", 6);
}

static bool module_is(const struct ksyms *ks, uint32_t i, const char *name, size_t len)
{
	const char *have = ks->pool.data + ks->modules[i];

	return !strncmp(have, name, len) && !have[len];
}

/* Number of a module's name, from 1. A module's symbols are consecutive: search from the end. */
static int64_t module_intern(struct ksyms *ks, const char *name, size_t len)
{
	uint32_t *modules;
	int64_t off;

	for (uint32_t i = ks->nr_modules; i-- > 0;)
		if (module_is(ks, i, name, len))
			return i + 1;
	if (ks->nr_modules == NR_MODULES_MAX)
		return -E2BIG;
	modules = realloc(ks->modules, (ks->nr_modules + 1) * sizeof(*modules));
	if (!modules)
		return -ENOMEM;
	ks->modules = modules;
	off = str_pool_add(&ks->pool, name, len);
	if (off < 0)
		return off;
	modules[ks->nr_modules++] = off;
	return ks->nr_modules;
}

static int sym_add(struct ksyms *ks, const struct ksym_line *k)
{
	int64_t module = 0, name_off;

	if (ks->nr == ks->cap) {
		uint32_t cap = ks->cap ? 2 * ks->cap : 16384;
		struct sym *syms = realloc(ks->syms, cap * sizeof(*syms));

		if (!syms)
			return -ENOMEM;
		ks->syms = syms;
		ks->cap = cap;
	}
	if (k->module)
		module = module_intern(ks, k->module, k->module_len);
	if (module < 0)
		return module;
	name_off = str_pool_add(&ks->pool, k->name, k->name_len);
	if (name_off < 0)
		return name_off;
	if (ks->nr && k->addr < ks->syms[ks->nr - 1].addr)
		ks->unsorted = true;
	ks->syms[ks->nr++] = (struct sym){.addr = k->addr, .name_off = name_off, .module = module};
	return 0;
}

static int syms_read(struct ksyms *ks, struct lines *l, const char *path, struct err *err)
{
	struct ksym_line k;
	char *line;
	size_t len;
	int ret;

	while ((ret = lines_next(l, &line, &len)) > 0) {
		if (!line_parse(&k, line, len))
			return err_set(err, -EINVAL,
				       "%s: line %zu is malformed, expected 'ADDRESS TYPE NAME'",
				       path, l->nr);
		if (!wanted(&k))
			continue;
		if (!k.addr) {
			ks->nr_zero++;
			continue;
		}
		ret = sym_add(ks, &k);
		if (ret)
			return err_sys(err, ret, "cannot store the symbols of %s", path);
	}
	if (ret < 0)
		return err_sys(err, ret, "cannot read %s, line %zu", path, l->nr + 1);
	return 0;
}

/* By address; aliases stay in file order, which is the order of their names in the pool. */
static int sym_cmp(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name_off < y->name_off ? -1 : x->name_off > y->name_off;
}

/* Symbols are hashed by the part of their name before the first dot. */
static size_t base_len(const char *name)
{
	return name[0] ? 1 + strcspn(name + 1, ".") : 0;
}

static uint32_t base_hash(const char *name)
{
	return str_hash(name, base_len(name));
}

static const char *sym_name(const struct ksyms *ks, uint32_t i)
{
	return ks->pool.data + ks->syms[i].name_off;
}

static uint32_t sym_hash(const void *ks, uint32_t i)
{
	return base_hash(sym_name(ks, i));
}

static int syms_finish(struct ksyms *ks, const char *path, struct err *err)
{
	struct sym *syms;
	int ret;

	if (!ks->nr && ks->nr_zero) {
		err_set(err, -EPERM, "%s shows no addresses", path);
		err_hint(err, "run as root or with CAP_SYSLOG; kernel.kptr_restrict=2 hides them "
			      "from root, too: sysctl kernel.kptr_restrict=1");
		return -EPERM;
	}
	if (!ks->nr)
		return err_set(err, -EINVAL, "%s has no functions", path);
	if (ks->unsorted)
		qsort(ks->syms, ks->nr, sizeof(*ks->syms), sym_cmp);
	syms = realloc(ks->syms, ks->nr * sizeof(*syms));
	if (syms)
		ks->syms = syms;
	str_pool_trim(&ks->pool);
	ret = str_index_build(&ks->by_name, ks->nr, sym_hash, ks);
	return ret ? err_sys(err, ret, "cannot index the symbols of %s", path) : 0;
}

int ksyms_load(struct ksyms **out, const char *path, struct err *err)
{
	struct lines l;
	struct ksyms *ks;
	int ret;

	*out = NULL;
	if (!path)
		path = "/proc/kallsyms";
	ret = lines_open(&l, path);
	if (ret) {
		err_sys(err, ret, "cannot read %s", path);
		if (ret == -ENOENT)
			err_hint(err,
				 "the kernel needs CONFIG_KALLSYMS=y, and /proc must be mounted");
		return ret;
	}
	ks = calloc(1, sizeof(*ks));
	ret = ks ? syms_read(ks, &l, path, err) : err_sys(err, -ENOMEM, "cannot read %s", path);
	if (!ret)
		ret = syms_finish(ks, path, err);
	lines_close(&l);
	if (ret)
		ksyms_free(ks);
	else
		*out = ks;
	return ret;
}

void ksyms_find_data(const char *path, const char *const *names, uint64_t *addrs, size_t nr)
{
	struct ksym_line k;
	struct lines l;
	size_t len;
	char *line;

	memset(addrs, 0, nr * sizeof(*addrs));
	if (lines_open(&l, path ? path : "/proc/kallsyms")) {
		lines_close(&l);
		return;
	}
	while (lines_next(&l, &line, &len) > 0) {
		if (!line_parse(&k, line, len) || k.module || !strchr("dDrRbB", k.type))
			continue;
		for (size_t i = 0; i < nr; i++)
			if (!strncmp(names[i], k.name, k.name_len) && !names[i][k.name_len])
				addrs[i] = k.addr;
	}
	lines_close(&l);
}

void ksyms_free(struct ksyms *ks)
{
	if (!ks)
		return;
	free(ks->syms);
	free(ks->modules);
	str_pool_release(&ks->pool);
	str_index_release(&ks->by_name);
	free(ks);
}

size_t ksyms_nr(const struct ksyms *ks)
{
	return ks->nr;
}

static void sym_get(const struct ksyms *ks, uint32_t i, struct ksym *sym)
{
	const struct sym *s = &ks->syms[i];

	sym->addr = s->addr;
	sym->name = ks->pool.data + s->name_off;
	sym->module = s->module ? ks->pool.data + ks->modules[s->module - 1] : NULL;
}

/* Index of the first symbol above addr. */
static uint32_t first_above(const struct ksyms *ks, uint64_t addr)
{
	uint32_t lo = 0, hi = ks->nr;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (ks->syms[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool ksyms_at(const struct ksyms *ks, uint64_t addr, struct ksym *sym)
{
	uint32_t lo = first_above(ks, addr);

	if (!lo)
		return false;
	/* The first of several aliases, as in kernel messages. */
	while (lo > 1 && ks->syms[lo - 2].addr == ks->syms[lo - 1].addr)
		lo--;
	sym_get(ks, lo - 1, sym);
	return true;
}

const char *ksyms_module(const struct ksyms *ks, size_t idx)
{
	return idx < ks->nr_modules ? ks->pool.data + ks->modules[idx] : NULL;
}

bool ksyms_has_module(const struct ksyms *ks, const char *name)
{
	const char *module;

	for (size_t i = 0; (module = ksyms_module(ks, i)); i++)
		if (!strcmp(module, name))
			return true;
	return false;
}

bool ksyms_ends_module(const struct ksyms *ks, uint64_t addr)
{
	uint32_t next = first_above(ks, addr);

	if (!next || !ks->syms[next - 1].module)
		return false;
	return next == ks->nr || ks->syms[next].module != ks->syms[next - 1].module;
}

uint64_t ksyms_size_at(const struct ksyms *ks, uint64_t addr)
{
	uint32_t next = first_above(ks, addr);
	uint64_t sz = next < ks->nr ? ks->syms[next].addr - addr : MAX_FUNC_SZ;

	return sz < MAX_FUNC_SZ ? sz : MAX_FUNC_SZ;
}

/* Any number of compiler suffixes of functions that are still called like the original. */
static bool is_suffix(const char *s)
{
	static const char *const words[] = {".isra.", ".constprop.", ".part.", ".llvm."};

	while (*s) {
		size_t w, digits;

		for (w = 0; w < 4 && strncmp(s, words[w], strlen(words[w])); w++)
			;
		if (w == 4)
			return false;
		s += strlen(words[w]);
		digits = strspn(s, "0123456789");
		if (!digits)
			return false;
		s += digits;
	}
	return true;
}

bool ksyms_by_name(const struct ksyms *ks, const char *name, bool exact, size_t idx,
		   struct ksym *sym)
{
	size_t len = strlen(name);
	const uint32_t *items;
	uint32_t nr;

	items = str_index_at(&ks->by_name, base_hash(name), &nr);
	for (uint32_t i = 0; i < nr; i++) {
		const char *have = sym_name(ks, items[i]);

		if (strncmp(have, name, len) || !(exact ? !have[len] : is_suffix(have + len)))
			continue;
		if (idx--)
			continue;
		sym_get(ks, items[i], sym);
		return true;
	}
	return false;
}

void ksyms_drop_names_index(struct ksyms *ks)
{
	str_index_release(&ks->by_name);
}
