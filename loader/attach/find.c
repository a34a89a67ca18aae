// SPDX-License-Identifier: GPL-2.0-only
#include "loader/attach/find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "btf/discover/discover.h"
#include "btf/discover/indirect.h"
#include "btf/discover/known.h"

_Static_assert(TARGET_NO_ARG == DISCOVER_NO_ARG, "both mean: no such argument");

struct find {
	struct targets *ts;
	struct left_outs *lo; /* may be NULL */
	const struct ksyms *ks;
	const struct find_opts *o;
	struct name_set *ftrace;	    /* NULL: not requested or not readable */
	struct kprobe_blacklist *blacklist; /* NULL: not readable */
	const struct btf *btf;
	const char *module;
	const char *const *modules; /* modules with BTF; [0] is NULL: vmlinux */
	size_t nr_modules;
	bool any_module; /* the types do not tell which module a function is in */
	bool untyped;	 /* search only modules without BTF */
	struct err *err;
};

/* All functions of one name in one BTF: more than one if their argument registers differ. */
struct name_run {
	const struct skb_func *f;
	size_t nr;
	size_t nr_exact; /* symbols of exactly this name, without a suffix */
	bool scattered;	 /* in several modules, and which one is meant is unknown */
};

void left_outs_release(struct left_outs *lo)
{
	for (size_t i = 0; i < lo->nr; i++)
		free(lo->e[i].name);
	free(lo->e);
	*lo = (struct left_outs){0};
}

bool name_matches(const regex_t *re, const char *name)
{
	regmatch_t m;

	/* POSIX: the longest of the leftmost matches, so regexec() finds a whole match if any. */
	return !re ||
	       (!regexec(re, name, 1, &m, 0) && m.rm_so == 0 && (size_t)m.rm_eo == strlen(name));
}

/* ---- growing arrays ---- */

/* Make room for one more element of elem_sz bytes. NULL with err set if out of memory. */
static void *grow(void *array, size_t nr, size_t *cap, size_t elem_sz, struct err *err)
{
	size_t new_cap = *cap ? 2 * *cap : 64;
	void *p;

	if (nr < *cap)
		return array;
	p = reallocarray(array, new_cap, elem_sz);
	if (p)
		*cap = new_cap;
	else
		err_sys(err, -ENOMEM, "cannot list %zu functions", new_cap);
	return p;
}

int targets_add(struct targets *ts, struct target t, struct err *err)
{
	struct target *p = grow(ts->t, ts->nr, &ts->cap, sizeof(*p), err);

	if (!p)
		return -ENOMEM;
	ts->t = p;
	t.name = strdup(t.name);
	if (!t.name)
		return err_sys(err, -ENOMEM, "cannot list %zu functions", ts->nr);
	t.fd = -1;
	ts->t[ts->nr++] = t;
	return 0;
}

static int leave_out(struct find *s, const char *name, const char *module, const char *why)
{
	struct left_outs *lo = s->lo;
	struct left_out *p;

	if (!lo)
		return 0;
	p = grow(lo->e, lo->nr, &lo->cap, sizeof(*p), s->err);
	if (!p)
		return -ENOMEM;
	lo->e = p;
	lo->e[lo->nr] = (struct left_out){.name = strdup(name), .module = module, .why = why};
	if (!lo->e[lo->nr].name)
		return err_sys(s->err, -ENOMEM, "cannot list %zu functions", lo->nr);
	lo->nr++;
	return 0;
}

/* ---- one name ---- */

static bool same_module(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Why the compiler's suffix rules out the symbol, or NULL. */
static const char *suffix_objection(const struct name_run *r, const char *suffix)
{
	bool constprop = strstr(suffix, ".constprop."), part = strstr(suffix, ".part.");

	if (strstr(suffix, ".isra."))
		return "the compiler changed its arguments (.isra)";
	if (part && r->nr_exact)
		return "a part of a function that is traced itself";
	if (constprop && r->f->skb_reg > 0)
		return "the compiler may have moved its arguments (.constprop)";
	if (part && r->f->skb_reg > 0)
		return "the compiler may have moved its arguments (.part)";
	return NULL;
}

static const char *objection(const struct find *s, const struct name_run *r, const struct ksym *sym)
{
	const char *suffix = sym->name + strlen(r->f->name);
	const char *why = suffix_objection(r, suffix);

	if (!why && r->f->deref)
		why = indirect_objection(r->f->name);
	if (why)
		return why;
	/* pahole leaves such functions out of the kernel's own BTF; other types may have them. */
	if (s->any_module && strstr(suffix, ".part."))
		return "the compiler may have moved its arguments (.part)";
	if (r->scattered)
		return "several modules have a function of this name";
	if (r->nr > 1)
		return "functions of this name take the skb in different arguments";
	if (!s->untyped && r->nr_exact > 1 && !discover_instances_agree(s->btf, r->f))
		return "functions of this name take different arguments";
	if (s->blacklist && kprobe_blacklist_has(s->blacklist, sym->addr))
		return "on the kprobe blacklist";
	if (s->ftrace && !name_set_has(s->ftrace, sym->name, sym->module))
		return "not traceable by ftrace";
	return NULL;
}

/* nf_hook_slow() tells the hook: since 4.1 the skb is its first argument, before its third. */
static uint8_t hook_shape(const struct skb_func *f)
{
	if (strcmp(f->name, "nf_hook_slow"))
		return 0;
	return f->skb_reg == 0 ? 1 : f->skb_reg == 2 ? 2 : 0;
}

static int take_symbol(struct find *s, const struct name_run *r, const struct ksym *sym)
{
	const struct skb_func *f = r->f;
	const char *suffix = sym->name + strlen(f->name);
	bool cloned = strstr(suffix, ".constprop.") || strstr(suffix, ".part.");
	const struct hook *hook = s->o->hook_of ? s->o->hook_of(f->name) : NULL;
	bool named = name_matches(s->o->name_re, f->name) || name_matches(s->o->name_re, sym->name);
	const char *why;

	if (!named && !hook)
		return 0;
	why = objection(s, r, sym);
	if (why)
		return leave_out(s, sym->name, sym->module, why);
	return targets_add(
		s->ts,
		(struct target){
			.name = (char *)sym->name,
			.module = sym->module,
			.addr = sym->addr,
			.skb_reg = hook && hook->copies ? 1 : f->skb_reg,
			.deref = f->deref,
			.reason_reg = cloned ? TARGET_NO_ARG : f->reason_reg,
			.location_arg = TARGET_NO_ARG,
			.ends_module = ksyms_ends_module(s->ks, sym->addr),
			.hook_shape = hook_shape(f),
			.want_caller = s->o->callers || hook_shape(f) ||
				       (s->o->tells_caller && s->o->tells_caller(f->name)),
			.unsure = s->untyped,
			.silent = !named,
			.hook = hook,
		},
		s->err);
}

static bool module_wanted(const struct find_opts *o, const char *module)
{
	if (!module || !o->only_modules)
		return true;
	for (size_t i = 0; i < o->nr_only_modules; i++)
		if (!strcmp(o->only_modules[i], module))
			return true;
	return false;
}

static bool has_types(const struct find *s, const char *module)
{
	for (size_t i = 0; i < s->nr_modules; i++)
		if (same_module(s->modules[i], module))
			return true;
	return false;
}

/* Whether the symbol may be the function that the types describe. */
static bool may_be(const struct find *s, const struct ksym *sym)
{
	if (s->untyped && has_types(s, sym->module))
		return false;
	if (s->any_module)
		return module_wanted(s->o, sym->module);
	return same_module(sym->module, s->module);
}

static int take_name(struct find *s, struct name_run r)
{
	struct ksym sym, first;
	size_t nr = 0;
	int ret = 0;

	for (size_t i = 0; ksyms_by_name(s->ks, r.f->name, false, i, &sym); i++) {
		if (i == 0)
			first = sym;
		r.scattered |= s->any_module && !same_module(sym.module, first.module);
		r.nr_exact += may_be(s, &sym) && !strcmp(sym.name, r.f->name);
	}
	for (size_t i = 0; ret == 0 && ksyms_by_name(s->ks, r.f->name, false, i, &sym); i++) {
		if (!may_be(s, &sym))
			continue;
		nr++;
		ret = take_symbol(s, &r, &sym);
	}
	if (!nr && !s->any_module && name_matches(s->o->name_re, r.f->name))
		ret = leave_out(s, r.f->name, s->module, "no symbol (inlined everywhere)");
	return ret;
}

/*
 * From the table of known functions, take those whose arguments differ between kernels (the program
 * searches their arguments for the skb), and in modules without BTF all others as well.
 */
static int take_known(struct find *s)
{
	struct known known;
	int ret = known_open(&known, s->err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < known.nr && ret == 0; i++) {
		const struct known_entry *e = &known.e[i];
		bool differs = e->kind == KNOWN_DIFFERS;
		const struct skb_func f = {
			.name = e->name,
			.skb_reg = differs ? TARGET_ANY_ARG : e->skb,
			.deref = e->deref,
			.reason_reg = differs ? TARGET_NO_ARG : e->reason,
		};

		if (differs || (s->untyped && e->kind == KNOWN_FUNC))
			ret = take_name(s, (struct name_run){.f = &f, .nr = 1});
	}
	known_release(&known);
	return ret;
}

static bool some_untyped(const struct find *s)
{
	const char *module;

	for (size_t i = 0; (module = ksyms_module(s->ks, i)); i++)
		if (!has_types(s, module))
			return true;
	return false;
}

/*
 * Linux 4.4 added (net, sk) before the skb in the output path, and the table describes these later
 * kernels. Earlier ones are recognised by ip_local_out_sk() (since 3.16). There the program
 * searches the arguments of every function whose first argument is not the skb.
 */
static bool before_net_arguments(const struct find *s)
{
	struct ksym sym;

	return s->any_module && ksyms_by_name(s->ks, "ip_local_out_sk", true, 0, &sym);
}

static void search_arguments(struct skb_func *funcs, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (!funcs[i].skb_reg || funcs[i].deref)
			continue;
		funcs[i].skb_reg = TARGET_ANY_ARG;
		funcs[i].reason_reg = TARGET_NO_ARG;
	}
}

static int take_btf(struct find *s)
{
	struct skb_func *funcs;
	size_t nr, to;
	int ret = discover_funcs(s->btf, DISCOVER_NR_REGS, &funcs, &nr, s->err);

	if (ret < 0)
		return ret;
	if (before_net_arguments(s))
		search_arguments(funcs, nr);
	for (size_t from = 0; from < nr && ret == 0; from = to) {
		for (to = from + 1; to < nr && !strcmp(funcs[to].name, funcs[from].name); to++)
			;
		ret = take_name(s, (struct name_run){.f = &funcs[from], .nr = to - from});
	}
	free(funcs);
	return ret;
}

/* ---- one address ---- */

static int cmp_addr(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return strcmp(x->name, y->name);
}

static bool same_args(const struct target *a, const struct target *b)
{
	return a->skb_reg == b->skb_reg && a->deref == b->deref && a->reason_reg == b->reason_reg &&
	       a->hook == b->hook;
}

/* Sort by address. Of several names of one address keep the first, or none if their arguments
 * differ. */
static int sort_unique(struct find *s)
{
	struct targets *ts = s->ts;
	size_t kept = 0, to;
	int ret = 0;

	if (ts->nr)
		qsort(ts->t, ts->nr, sizeof(*ts->t), cmp_addr);
	for (size_t from = 0; from < ts->nr; from = to) {
		bool agree = true;

		for (to = from + 1; to < ts->nr && ts->t[to].addr == ts->t[from].addr; to++)
			agree &= same_args(&ts->t[from], &ts->t[to]);
		for (size_t i = from; i < to; i++) {
			if (i == from && agree) {
				ts->t[kept++] = ts->t[i];
				continue;
			}
			if (!agree && ret == 0)
				ret = leave_out(s, ts->t[i].name, ts->t[i].module,
						"shares its code with a function that takes "
						"other arguments");
			free(ts->t[i].name);
		}
	}
	ts->nr = kept;
	return ret;
}

int targets_find_funcs(struct targets *ts, const struct btf *const *btfs,
		       const char *const *modules, size_t nr_btfs, const struct ksyms *ks,
		       const struct find_opts *o, struct left_outs *lo, struct err *err)
{
	struct find s = {.ts = ts,
			 .lo = lo,
			 .ks = ks,
			 .o = o,
			 .modules = modules,
			 .nr_modules = nr_btfs,
			 .any_module = o->any_module,
			 .err = err};
	int ret = 0, sorted;

	/* Both lists are optional: without them the kernel refuses the function on attach. */
	if (o->only_ftrace && ftrace_functions_load(&s.ftrace, NULL) < 0)
		s.ftrace = NULL;
	if (kprobe_blacklist_load(&s.blacklist, NULL) < 0)
		s.blacklist = NULL;
	for (size_t i = 0; i < nr_btfs && ret == 0; i++) {
		if (!module_wanted(o, modules[i]))
			continue;
		s.btf = btfs[i];
		s.module = modules[i];
		ret = take_btf(&s);
	}
	if (o->untyped_modules && some_untyped(&s))
		s.any_module = s.untyped = true;
	if (ret == 0 && s.any_module)
		ret = take_known(&s);
	sorted = sort_unique(&s);
	name_set_free(s.ftrace);
	kprobe_blacklist_free(s.blacklist);
	return ret < 0 ? ret : sorted;
}

static int take_by_name(struct targets *ts, const char *name, bool all, const struct ksyms *ks,
			const struct kprobe_blacklist *blacklist, struct err *err)
{
	const char *why = "no function of this name";
	struct ksym sym;
	size_t nr = 0;

	for (size_t i = 0; ksyms_by_name(ks, name, false, i, &sym); i++) {
		int ret;

		if (blacklist && kprobe_blacklist_has(blacklist, sym.addr)) {
			why = "on the kprobe blacklist";
			continue;
		}
		ret = targets_add(ts,
				  (struct target){
					  .name = (char *)sym.name,
					  .module = sym.module,
					  .addr = sym.addr,
					  .reason_reg = TARGET_NO_ARG,
					  .location_arg = TARGET_NO_ARG,
					  .ends_module = ksyms_ends_module(ks, sym.addr),
					  .by_stack = true,
				  },
				  err);
		if (ret)
			return ret;
		nr++;
	}
	return nr || !all ? 0 : err_set(err, -ENOENT, "'%s': %s", name, why);
}

/* Of two targets at one address keep the one that takes an skb. */
static void drop_duplicates(struct targets *ts)
{
	size_t kept = 0;

	qsort(ts->t, ts->nr, sizeof(*ts->t), cmp_addr);
	for (size_t i = 0; i < ts->nr; i++) {
		struct target *t = &ts->t[i], *last = kept ? &ts->t[kept - 1] : NULL;

		if (!last || last->addr != t->addr) {
			ts->t[kept++] = *t;
			continue;
		}
		if (last->by_stack) {
			free(last->name);
			*last = *t;
		} else {
			free(t->name);
		}
	}
	ts->nr = kept;
}

int targets_find_symbols(struct targets *ts, const char *const *names, size_t nr, bool all,
			 const struct ksyms *ks, struct err *err)
{
	struct kprobe_blacklist *blacklist;
	int ret = 0;

	if (kprobe_blacklist_load(&blacklist, NULL) < 0)
		blacklist = NULL;
	for (size_t i = 0; i < nr && ret == 0; i++)
		ret = take_by_name(ts, names[i], all, ks, blacklist, err);
	kprobe_blacklist_free(blacklist);
	if (!ret && ts->nr)
		drop_duplicates(ts);
	return ret;
}

int targets_find_tracepoints(struct targets *ts, const struct btf *vmlinux, const regex_t *re,
			     struct err *err)
{
	struct skb_tp *tps;
	size_t nr;
	int ret = discover_tracepoints(vmlinux, &tps, &nr, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < nr && ret == 0; i++) {
		if (!name_matches(re, tps[i].name))
			continue;
		ret = targets_add(ts,
				  (struct target){
					  .name = (char *)tps[i].name,
					  .source = ts->nr + 1,
					  .skb_reg = tps[i].skb_arg,
					  .reason_reg = tps[i].reason_arg,
					  .location_arg = tps[i].location_arg,
				  },
				  err);
	}
	free(tps);
	return ret;
}
