// SPDX-License-Identifier: GPL-2.0-only
/* Functions and raw tracepoints that carry an skb: in hand-made BTF, and in the running kernel's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "btf/discover/discover.h"
#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_reduce.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"
#define NONE	DISCOVER_NO_ARG
#define NR(a)	(sizeof(a) / sizeof((a)[0]))

/* Types by short words, so that a signature is a string: "int skb* reason". */
static struct {
	const char *word;
	uint32_t id;
} words[40];
static size_t nr_words;

static uint32_t word(const char *w, uint32_t id)
{
	assert_true(nr_words < NR(words));
	words[nr_words].word = w;
	words[nr_words++].id = id;
	return id;
}

static uint32_t find_word(const char *w, size_t sz)
{
	size_t i;

	for (i = 0; i < nr_words; i++) {
		if (strlen(words[i].word) == sz && !memcmp(words[i].word, w, sz))
			return words[i].id;
	}
	fail_msg("no word '%.*s'", (int)sz, w);
	return 0;
}

static void begin(struct btf_build *b)
{
	uint32_t skb, cskb, pskb, reason, t;

	bb_init(b);
	nr_words = 0;
	word("...", 0);
	word("int", bb_int(b, "int", 4, BTF_INT_SIGNED));
	word("long", bb_int(b, "long", 8, BTF_INT_SIGNED));
	word("int128", bb_int(b, "__int128", 16, BTF_INT_SIGNED));
	word("double", bb_float(b, "double", 8));
	word("s0", bb_struct(b, "s0", 0));
	word("s4", bb_struct(b, "s4", 4));
	word("s12", bb_struct(b, "s12", 12));
	word("s16", t = bb_struct(b, "s16", 16));
	word("t16", bb_typedef(b, "t16", bb_const(b, t)));
	word("s24", bb_struct(b, "s24", 24));
	word("u16", bb_union(b, "u16", 16));
	word("array", bb_array(b, t, t, 1000));
	word("void*", t = bb_ptr(b, 0));
	word("cvoid*", bb_ptr(b, bb_const(b, 0)));

	skb = bb_struct(b, "sk_buff", 8);
	bb_member(b, "head", t, 0);
	cskb = bb_const(b, skb);
	word("skb", skb);
	word("skb*", pskb = bb_ptr(b, skb));
	word("cskb*", bb_ptr(b, cskb));
	word("vskb*", bb_ptr(b, bb_volatile(b, skb)));
	word("vcskb*", bb_ptr(b, bb_volatile(b, cskb)));
	word("tag_skb*", bb_ptr(b, bb_type_tag(b, "rcu", skb)));
	word("skb_t*", bb_ptr(b, t = bb_typedef(b, "skb_t", skb)));
	word("cskb_t*", bb_ptr(b, bb_const(b, t)));
	word("skb_p", bb_typedef(b, "skb_p", pskb));
	word("skb*const", t = bb_const(b, bb_restrict(b, pskb)));
	word("skb**", bb_ptr(b, pskb));
	word("skb*const*", bb_ptr(b, t));
	word("cskb**", bb_ptr(b, find_word("cskb*", 5)));
	word("skb***", bb_ptr(b, find_word("skb**", 5)));
	word("fwd_skb*", bb_ptr(b, bb_fwd(b, "sk_buff", false)));
	word("head*", bb_ptr(b, bb_fwd(b, "sk_buff_head", false)));
	word("union_skb*", bb_ptr(b, bb_union(b, "sk_buff", 8)));

	word("reason", reason = bb_enum(b, "skb_drop_reason", 4, false));
	bb_enum_val(b, "SKB_NOT_DROPPED_YET", 0);
	word("reason_t", bb_const(b, bb_typedef(b, "reason_t", reason)));
	word("reason*", bb_ptr(b, reason));
	word("reason64", bb_enum64(b, "skb_drop_reason", 8, false));
}

/* A prototype from words; names, where given, has one name for each. */
static uint32_t add_proto(struct btf_build *b, const char *signature, const char *const *names)
{
	uint32_t id = bb_func_proto(b, 0);

	while (*signature) {
		size_t sz = strcspn(signature, " ");

		bb_param(b, names ? *names++ : NULL, find_word(signature, sz));
		signature += sz + strspn(signature + sz, " ");
	}
	return id;
}

static uint32_t add_func(struct btf_build *b, const char *name, const char *signature)
{
	return bb_func(b, name, add_proto(b, signature, NULL), BTF_FUNC_STATIC);
}

/* Everything that is asked here is asked of reduced types too. */
static void check_reduced(const struct btf *btf)
{
	struct btf_build b;
	struct btf *wanted;

	if (btf_base(btf))
		return;
	bb_init(&b);
	bb_struct(&b, "sk_buff", 0);
	wanted = bb_parse(&b, NULL);
	check_reduced_lists(btf, wanted);
	btf_free(wanted);
	bb_release(&b);
}

static struct skb_func *discover(const struct btf *btf, unsigned nr_regs, size_t *nr)
{
	struct err err = ERR_INIT;
	struct skb_func *funcs;

	if (discover_funcs(btf, nr_regs, &funcs, nr, &err))
		fail_msg("%s", err.msg);
	check_reduced(btf);
	return funcs;
}

/* What one signature gives; reg NONE: the function is not listed. */
struct expected {
	const char *signature;
	uint8_t reg, arg;
	bool deref, is_const;
	uint8_t reason;
};

static void check_signature(const struct expected *e, unsigned nr_regs)
{
	struct btf_build b;
	struct skb_func *f;
	struct btf *btf;
	uint32_t id;
	size_t nr;

	begin(&b);
	id = add_func(&b, "f", e->signature);
	btf = bb_parse(&b, NULL);
	f = discover(btf, nr_regs, &nr);
	if (nr != (e->reg != NONE))
		fail_msg("(%s) gives %zu functions", e->signature, nr);
	if (nr && (f->skb_reg != e->reg || f->skb_arg != e->arg || f->deref != e->deref ||
		   f->is_const != e->is_const || f->reason_reg != e->reason))
		fail_msg("(%s) gives register %u, argument %u, deref %u, const %u, reason %u",
			 e->signature, f->skb_reg, f->skb_arg, f->deref, f->is_const,
			 f->reason_reg);
	if (nr) {
		assert_string_equal(f->name, "f");
		assert_int_equal(f->func_id, id);
	}
	free(f);
	btf_free(btf);
	bb_release(&b);
}

static void test_types(void **state)
{
	static const struct expected t[] = {
		{"skb*", 0, 0, false, false, NONE},
		{"int skb*", 1, 1, false, false, NONE},
		{"cskb*", 0, 0, false, true, NONE},
		{"vskb*", 0, 0, false, false, NONE},
		{"vcskb*", 0, 0, false, true, NONE},
		{"tag_skb*", 0, 0, false, false, NONE},
		{"skb_t*", 0, 0, false, false, NONE},
		{"cskb_t*", 0, 0, false, true, NONE},
		{"skb_p", 0, 0, false, false, NONE},
		{"skb*const", 0, 0, false, false, NONE},
		{"fwd_skb*", 0, 0, false, false, NONE},
		{"skb**", 0, 0, true, false, NONE},
		{"skb*const*", 0, 0, true, false, NONE},
		{"cskb**", 0, 0, true, true, NONE},
		{"skb***", NONE},
		{"head* union_skb* void* int", NONE},
		{"skb", NONE},
		{"", NONE},
		{"...", NONE},
		/* the first of the best kind */
		{"skb* skb*", 0, 0, false, false, NONE},
		{"cskb* skb*", 1, 1, false, false, NONE},
		{"skb** cskb* cskb*", 1, 1, false, true, NONE},
		{"skb** skb** int", 0, 0, true, false, NONE},
		{"skb** cskb* skb* skb*", 2, 2, false, false, NONE},
	};

	for (size_t i = 0; i < NR(t); i++)
		check_signature(&t[i], 6);
}

static void test_reasons(void **state)
{
	static const struct expected t[] = {
		{"skb* reason", 0, 0, false, false, 1},
		{"int skb* reason_t", 1, 1, false, false, 2},
		{"reason skb*", 1, 1, false, false, 0},
		{"skb* reason64", 0, 0, false, false, 1},
		{"skb* reason*", 0, 0, false, false, NONE},
		{"skb* int reason reason", 0, 0, false, false, 2},
		{"skb* s16 reason", 0, 0, false, false, 3},
		{"skb* int int int int int reason", 0, 0, false, false, NONE},
		{"reason", NONE},
	};

	for (size_t i = 0; i < NR(t); i++)
		check_signature(&t[i], 6);
}

static void test_registers_x86_64(void **state)
{
	static const struct expected t[] = {
		{"int int int int int skb*", 5, 5, false, false, NONE},
		{"int int int int int int skb*", NONE},
		{"int int int int int cskb* skb*", 5, 5, false, true, NONE},
		{"s4 skb*", 1, 1, false, false, NONE},
		{"s12 skb*", 2, 1, false, false, NONE},
		{"s16 skb*", 2, 1, false, false, NONE},
		{"t16 skb*", 2, 1, false, false, NONE},
		{"u16 skb*", 2, 1, false, false, NONE},
		{"int128 skb*", 2, 1, false, false, NONE},
		{"s24 skb*", 0, 1, false, false, NONE},
		{"s0 skb*", 0, 1, false, false, NONE},
		{"double skb*", 0, 1, false, false, NONE},
		{"array skb*", 1, 1, false, false, NONE},
		{"s16 s16 s16 skb*", NONE},
		/* a pair does not fit, what comes after it does */
		{"int int int int int s16 skb*", 5, 6, false, false, NONE},
		{"s16 s16 int s16 skb*", 5, 4, false, false, NONE},
	};

	for (size_t i = 0; i < NR(t); i++)
		check_signature(&t[i], 6);
}

static void test_registers_arm64(void **state)
{
	static const struct expected t[] = {
		{"int int int int int int int skb*", 7, 7, false, false, NONE},
		{"int int int int int int int int skb*", NONE},
		{"s16 skb*", 2, 1, false, false, NONE},
		{"s24 skb*", 1, 1, false, false, NONE}, /* by its address */
		{"s0 skb*", 0, 1, false, false, NONE},
		{"int int int int int int int s16 skb*", NONE},
	};

	for (size_t i = 0; i < NR(t); i++)
		check_signature(&t[i], 8);
}

static void test_list(void **state)
{
	static const char *const want[] = {"a", "b", "b", "b", "traceiter_x", "z"};
	struct btf_build b;
	struct skb_func *f;
	struct btf *btf;
	uint32_t z;
	size_t nr, i;

	begin(&b);
	z = add_func(&b, "z", "skb*");
	add_func(&b, "z", "skb*");
	add_func(&b, "z", "cskb*"); /* the same register */
	add_func(&b, "b", "int skb*");
	add_func(&b, "b", "skb*");
	add_func(&b, "b", "int skb*");
	add_func(&b, "b", "skb**");
	add_func(&b, "a", "skb*");
	add_func(&b, "__bpf_trace_x", "void* skb*");
	add_func(&b, "trace_event_raw_event_x", "void* skb*");
	add_func(&b, "perf_trace_x", "void* skb*");
	add_func(&b, "trace_raw_output_x", "void* skb*");
	add_func(&b, "__probestub_x", "void* skb*");
	add_func(&b, "__traceiter_x", "void* skb*");
	add_func(&b, "traceiter_x", "skb*");
	btf = bb_parse(&b, NULL);
	f = discover(btf, 6, &nr);
	assert_int_equal(nr, NR(want));
	for (i = 0; i < nr; i++)
		assert_string_equal(f[i].name, want[i]);
	assert_int_equal(f[1].skb_reg, 0);
	assert_false(f[1].deref);
	assert_true(f[2].deref);
	assert_int_equal(f[3].skb_reg, 1);
	assert_int_equal(f[5].func_id, z); /* of those that agree, the first */
	free(f);
	btf_free(btf);
	bb_release(&b);
}

static void test_no_skb(void **state)
{
	struct err err = ERR_INIT;
	struct skb_func *f;
	struct skb_tp *tp;
	struct btf_build b;
	struct btf *btf;
	size_t nr;

	bb_init(&b);
	bb_fwd(&b, "sk_buff", false);
	btf = bb_parse(&b, NULL);
	assert_int_equal(discover_funcs(btf, 6, &f, &nr, &err), -ENOENT);
	assert_string_equal(err.msg, "type information has no 'struct sk_buff'");
	err_clear(&err);
	assert_int_equal(discover_tracepoints(btf, &tp, &nr, &err), -ENOENT);
	btf_free(btf);
	bb_release(&b);
}

static struct skb_tp *discover_tps(const struct btf *btf, size_t *nr)
{
	struct err err = ERR_INIT;
	struct skb_tp *tps;

	if (discover_tracepoints(btf, &tps, nr, &err))
		fail_msg("%s", err.msg);
	check_reduced(btf);
	return tps;
}

static void add_tp(struct btf_build *b, const char *name, const char *signature)
{
	bb_typedef(b, name, bb_ptr(b, add_proto(b, signature, NULL)));
}

static void test_tracepoints(void **state)
{
	static const struct skb_tp want[] = {
		{"consume_skb", 2, 0, 1, NONE}, /* no names: known by its own */
		{"kfree_skb", 4, 0, 1, 2},	    {"named", 3, 1, 2, NONE},
		{"net_dev_xmit", 3, 0, NONE, NONE}, {"prefers_plain", 3, 2, NONE, 0},
		{"probestub", 2, 0, 1, NONE},	    {"start_xmit", 1, 0, NONE, NONE},
	};
	static const char *const names[] = {"__data", "what", "skb", "location"};
	static const char *const other[] = {"__data", "skb", "where"};
	static const char *const third[] = {"__data", "skb", "location"};
	struct btf_build b;
	struct skb_tp *tp;
	struct btf *btf;
	size_t nr, i;

	begin(&b);
	add_tp(&b, "btf_trace_start_xmit", "void* cskb*");
	add_tp(&b, "btf_trace_kfree_skb", "void* skb* void* reason cvoid*");
	add_tp(&b, "btf_trace_kfree_skb", "void* skb* void* reason cvoid*");
	add_tp(&b, "btf_trace_consume_skb", "void* skb* cvoid*");
	add_tp(&b, "btf_trace_named", "void* void* skb* void*");
	bb_func(&b, "__bpf_trace_named", add_proto(&b, "void* void* skb* void*", names), 0);
	add_tp(&b, "btf_trace_net_dev_xmit", "void* skb* void* int");
	bb_func(&b, "__traceiter_net_dev_xmit", add_proto(&b, "void* skb* void*", other), 0);
	add_tp(&b, "btf_trace_probestub", "void* skb* void*");
	bb_func(&b, "__probestub_probestub", add_proto(&b, "void* skb* void*", third), 0);
	add_tp(&b, "btf_trace_prefers_plain", "void* reason_t cskb* skb*");
	/* not taken */
	add_tp(&b, "btf_trace_no_skb", "void* int");
	add_tp(&b, "btf_trace_deref", "void* skb**");
	add_tp(&b, "btf_trace_empty", "");
	add_tp(&b, "btf_trace_no_data", "skb* int");
	add_tp(&b, "my_trace_x", "void* skb*");
	bb_typedef(&b, "btf_trace_int", find_word("int", 3));
	bb_typedef(&b, "btf_trace_ptr", find_word("skb*", 4));
	btf = bb_parse(&b, NULL);
	tp = discover_tps(btf, &nr);
	assert_int_equal(nr, NR(want));
	for (i = 0; i < nr; i++) {
		assert_string_equal(tp[i].name, want[i].name);
		if (tp[i].nr_args != want[i].nr_args || tp[i].skb_arg != want[i].skb_arg ||
		    tp[i].location_arg != want[i].location_arg ||
		    tp[i].reason_arg != want[i].reason_arg)
			fail_msg("%s: %u arguments, skb %u, location %u, reason %u", tp[i].name,
				 tp[i].nr_args, tp[i].skb_arg, tp[i].location_arg,
				 tp[i].reason_arg);
	}
	free(tp);
	btf_free(btf);
	bb_release(&b);
}

/* More arguments than a byte counts, none in a register; no compiler writes that. */
static void test_too_many(void **state)
{
	struct btf_build b;
	struct skb_func *f;
	struct skb_tp *tp;
	struct btf *btf;
	uint32_t func, trace, i;
	size_t nr;

	begin(&b);
	func = bb_func_proto(&b, 0);
	for (i = 0; i < 256; i++)
		bb_param(&b, NULL, find_word("s0", 2));
	bb_param(&b, NULL, find_word("skb*", 4));
	bb_func(&b, "f", func, BTF_FUNC_STATIC);
	trace = bb_func_proto(&b, 0);
	for (i = 0; i < 256; i++)
		bb_param(&b, NULL, find_word("void*", 5));
	bb_param(&b, NULL, find_word("skb*", 4));
	bb_typedef(&b, "btf_trace_x", bb_ptr(&b, trace));
	btf = bb_parse(&b, NULL);
	f = discover(btf, 6, &nr);
	assert_int_equal(nr, 0);
	tp = discover_tps(btf, &nr);
	assert_int_equal(nr, 0);
	free(f);
	free(tp);
	btf_free(btf);
	bb_release(&b);
}

static void test_module(void **state)
{
	struct btf_build b, m;
	struct btf *base, *mod;
	struct skb_func *f;
	struct skb_tp *tp;
	size_t nr;

	begin(&b);
	add_func(&b, "of_kernel", "skb*");
	add_tp(&b, "btf_trace_of_kernel", "void* skb*");
	base = bb_parse(&b, NULL);
	bb_init_split(&m, &b);
	add_func(&m, "of_module", "int skb*");
	add_tp(&m, "btf_trace_of_module", "void* skb*");
	mod = bb_parse(&m, base);
	f = discover(mod, 6, &nr);
	assert_int_equal(nr, 1);
	assert_string_equal(f->name, "of_module");
	assert_int_equal(f->skb_reg, 1);
	assert_int_equal(f->func_id, btf_first_own(mod) + 1);
	tp = discover_tps(mod, &nr);
	assert_int_equal(nr, 1);
	assert_string_equal(tp->name, "of_module");
	free(f);
	free(tp);

	/* A module with no such function has an empty list. */
	btf_free(mod);
	bb_release(&m);
	bb_init_split(&m, &b);
	bb_fwd(&m, "x", false);
	mod = bb_parse(&m, base);
	f = discover(mod, 6, &nr);
	assert_int_equal(nr, 0);
	free(f);
	btf_free(mod);
	btf_free(base);
	bb_release(&m);
	bb_release(&b);
}

/* ---- the running kernel ---- */

static const struct skb_func *named(const struct skb_func *f, size_t nr, const char *name)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(f[i].name, name))
			return &f[i];
	}
	return NULL;
}

static void check_kernel_funcs(const struct btf *btf)
{
	const struct skb_func *f;
	struct skb_func *funcs;
	size_t nr, i, nr_const = 0, nr_deref = 0;

	funcs = discover(btf, DISCOVER_NR_REGS, &nr);
	for (i = 0; i < nr; i++) {
		nr_const += !funcs[i].deref && funcs[i].is_const;
		nr_deref += funcs[i].deref;
		assert_in_range(funcs[i].skb_reg, 0, DISCOVER_NR_REGS - 1);
		assert_true(i == 0 || strcmp(funcs[i - 1].name, funcs[i].name) <= 0);
	}
	/* Mainline's defconfig has over a thousand; the smallest kernel with a network has
	 * hundreds. */
	assert_in_range(nr, 300, 20000);
	assert_in_range(nr_const, nr / 50, nr / 2);
	assert_in_range(nr_deref, 1, nr / 20);

	f = named(funcs, nr, "ip_rcv");
	assert_non_null(f);
	assert_int_equal(f->skb_reg, 0);
	assert_false(f->deref || f->is_const);
	f = named(funcs, nr, "ip_local_out"); /* (net, sk, skb) */
	assert_non_null(f);
	assert_int_equal(f->skb_reg, 2);
	f = named(funcs, nr, "__netif_receive_skb_core"); /* 5.8: struct sk_buff ** */
	assert_true(!f || f->deref);
	assert_null(named(funcs, nr, "__traceiter_kfree_skb"));
	free(funcs);
}

static void check_kernel_tps(const struct btf *btf)
{
	struct skb_tp *tps;
	bool seen = false;
	size_t nr, i;

	tps = discover_tps(btf, &nr);
	assert_in_range(nr, 8, 500);
	for (i = 0; i < nr; i++) {
		if (strcmp(tps[i].name, "kfree_skb"))
			continue;
		seen = true;
		assert_int_equal(tps[i].skb_arg, 0);
		assert_int_equal(tps[i].location_arg, 1);
		if (btf_find(btf, BTF_KIND_ENUM, "skb_drop_reason", 0)) /* 5.17 */
			assert_int_equal(tps[i].reason_arg, 2);
	}
	assert_true(seen);
	free(tps);
}

static void test_vmlinux(void **state)
{
	struct err err = ERR_INIT;
	struct btf *btf;

	if (access(VMLINUX, R_OK))
		skip();
	if (btf_open(&btf, VMLINUX, NULL, &err))
		fail_msg("%s", err.msg);
	check_kernel_funcs(btf);
	check_kernel_tps(btf);
	btf_free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_registers_x86_64),
		cmocka_unit_test(test_registers_arm64),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_no_skb),
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_vmlinux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
