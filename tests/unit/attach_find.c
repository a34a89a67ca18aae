// SPDX-License-Identifier: GPL-2.0-only
/* Targets from hand-made BTF and a symbol table made by hand. */
#include "loader/attach/find.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "btf/build.h"

/* Addresses that no kernel has, so that the running one's blacklist is of no effect. */
static const char symbols[] = "0000000000001000 T plain\n"
			      "0000000000001000 T plain_alias\n"
			      "0000000000001100 t only_isra.isra.0\n"
			      "0000000000001200 t first_cp.constprop.0\n"
			      "0000000000001300 t second_cp.constprop.0\n"
			      "0000000000001400 t split\n"
			      "0000000000001480 t split.part.0\n"
			      "00000000000014c0 t split.constprop.0\n"
			      "0000000000001500 t only_part.part.2\n"
			      "0000000000001540 t br_handle_frame.part.0\n"
			      "0000000000001580 t prepare_reply\n"
			      "00000000000015c0 t never_judged\n"
			      "0000000000001600 t twins\n"
			      "0000000000001700 t twins\n"
			      "0000000000001800 t unlike\n"
			      "0000000000001900 t unlike\n"
			      "0000000000001a00 t places\n"
			      "0000000000001b00 t shared_one\n"
			      "0000000000001b00 t shared_two\n"
			      "0000000000001c00 t in_module\n"
			      "0000000000001d00 t my_kfree_skb\n"
			      "0000000000001e00 t both\n"
			      "0000000000001e40 t both.isra.0.constprop.0\n"
			      "0000000000002f00 t plain\t[mod_one]\n"
			      "0000000000003000 t in_module\t[mod_one]\n"
			      "0000000000004000 t in_module\t[mod_two]\n"
			      "0000000000004100 t only_two\t[mod_two]\n"
			      "0000000000004200 t ipt_do_table\t[mod_two]\n";

struct fixture {
	struct btf_build build, split_build;
	struct btf *btfs[2];
	uint32_t num, skb, skb_pp, reason;
	struct ksyms *ks;
	struct targets ts;
	struct left_outs lo;
};

static const char *const modules[] = {NULL, "mod_one"};

/* A function of up to three parameters; 0 ends them. */
static void func(struct btf_build *b, const char *name, uint32_t p0, uint32_t p1, uint32_t p2)
{
	const uint32_t params[] = {p0, p1, p2};
	uint32_t proto = bb_func_proto(b, 0);

	for (size_t i = 0; i < 3 && params[i]; i++)
		bb_param(b, "arg", params[i]);
	bb_func(b, name, proto, BTF_FUNC_STATIC);
}

static void build_types(struct fixture *x)
{
	struct btf_build *b = &x->build;

	x->num = bb_int(b, "int", 4, BTF_INT_SIGNED);
	x->skb = bb_ptr(b, bb_struct(b, "sk_buff", 8));
	x->skb_pp = bb_ptr(b, x->skb);
	x->reason = bb_enum(b, "skb_drop_reason", 4, false);
	bb_enum_val(b, "SKB_NOT_DROPPED_YET", 0);
	func(b, "plain", x->num, x->skb, x->reason);
	func(b, "plain_alias", x->num, x->skb, x->reason);
	func(b, "only_isra", x->skb, 0, 0);
	func(b, "first_cp", x->skb, x->reason, 0);
	func(b, "second_cp", x->num, x->skb, 0);
	func(b, "split", x->skb, 0, 0);
	func(b, "only_part", x->skb, 0, 0);
	func(b, "br_handle_frame", x->skb_pp, 0, 0);
	func(b, "prepare_reply", x->skb_pp, x->num, 0);
	func(b, "never_judged", x->skb_pp, 0, 0);
	func(b, "twins", x->skb, x->num, 0);
	func(b, "twins", x->skb, x->skb_pp, 0);
	func(b, "unlike", x->skb, 0, 0);
	func(b, "unlike", x->num, 0, 0);
	func(b, "places", x->skb, 0, 0);
	func(b, "places", x->num, x->skb, 0);
	func(b, "shared_one", x->skb, 0, 0);
	func(b, "shared_two", x->num, x->skb, 0);
	func(b, "inlined", x->skb, 0, 0);
	func(b, "my_kfree_skb", x->skb, 0, 0);
	func(b, "both", x->skb, 0, 0);
	bb_init_split(&x->split_build, b);
	func(&x->split_build, "in_module", x->skb, 0, 0);
}

static struct ksyms *symbols_of(const char *text)
{
	char path[] = "/tmp/skbtrail-test-XXXXXX";
	int fd = mkstemp(path);
	struct err err = ERR_INIT;
	struct ksyms *ks = NULL;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	if (ksyms_load(&ks, path, &err))
		fail_msg("%s", err.msg);
	unlink(path);
	return ks;
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct btf_build *builds[] = {&x->build, &x->split_build};
	struct err err = ERR_INIT;

	bb_init(&x->build);
	build_types(x);
	for (size_t i = 0; i < 2; i++) {
		size_t sz;
		void *blob = bb_finish(builds[i], &sz);

		if (btf_parse(&x->btfs[i], blob, sz, i ? x->btfs[0] : NULL, &err))
			fail_msg("%s", err.msg);
	}
	x->ks = symbols_of(symbols);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	targets_release(&x->ts);
	left_outs_release(&x->lo);
	ksyms_free(x->ks);
	btf_free(x->btfs[1]);
	btf_free(x->btfs[0]);
	bb_release(&x->split_build);
	bb_release(&x->build);
	free(x);
	return 0;
}

static bool is_drop(const char *name)
{
	return !strcmp(name, "my_kfree_skb") || !strcmp(name, "first_cp");
}

static void find(struct fixture *x, const char *regex)
{
	struct find_opts o = {.tells_caller = is_drop};
	struct err err = ERR_INIT;
	regex_t re;

	if (regex)
		assert_int_equal(regcomp(&re, regex, REG_EXTENDED), 0);
	o.name_re = regex ? &re : NULL;
	targets_release(&x->ts);
	left_outs_release(&x->lo);
	if (targets_find_funcs(&x->ts, (const struct btf *const *)x->btfs, modules, 2, x->ks, &o,
			       &x->lo, &err))
		fail_msg("%s", err.msg);
	if (regex)
		regfree(&re);
}

static void test_targets(void **state)
{
	static const struct {
		const char *name, *module;
		uint64_t addr;
		uint8_t skb_reg;
		bool deref;
		uint8_t reason_reg;
		bool want_caller;
	} want[] = {
		{"plain", NULL, 0x1000, 1, false, 2, false},
		{"first_cp.constprop.0", NULL, 0x1200, 0, false, TARGET_NO_ARG, true},
		{"split", NULL, 0x1400, 0, false, TARGET_NO_ARG, false},
		{"split.constprop.0", NULL, 0x14c0, 0, false, TARGET_NO_ARG, false},
		{"only_part.part.2", NULL, 0x1500, 0, false, TARGET_NO_ARG, false},
		{"br_handle_frame.part.0", NULL, 0x1540, 0, true, TARGET_NO_ARG, false},
		{"twins", NULL, 0x1600, 0, false, TARGET_NO_ARG, false},
		{"twins", NULL, 0x1700, 0, false, TARGET_NO_ARG, false},
		{"my_kfree_skb", NULL, 0x1d00, 0, false, TARGET_NO_ARG, true},
		{"both", NULL, 0x1e00, 0, false, TARGET_NO_ARG, false},
		{"in_module", "mod_one", 0x3000, 0, false, TARGET_NO_ARG, false},
	};
	struct fixture *x = *state;

	find(x, NULL);
	assert_int_equal(x->ts.nr, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < x->ts.nr; i++) {
		const struct target *t = &x->ts.t[i];

		assert_string_equal(t->name, want[i].name);
		assert_int_equal(t->addr, want[i].addr);
		assert_int_equal(t->skb_reg, want[i].skb_reg);
		assert_int_equal(t->deref, want[i].deref);
		assert_int_equal(t->reason_reg, want[i].reason_reg);
		assert_int_equal(t->want_caller, want[i].want_caller);
		assert_int_equal(t->location_arg, TARGET_NO_ARG);
		assert_int_equal(t->fd, -1);
		assert_int_equal(t->ends_module, !strcmp(t->name, "in_module"));
		if (want[i].module)
			assert_string_equal(t->module, want[i].module);
		else
			assert_null(t->module);
	}
}

static void test_left_out(void **state)
{
	static const struct {
		const char *name, *why;
		size_t times;
	} want[] = {
		{"only_isra.isra.0", "(.isra)", 1},
		{"both.isra.0.constprop.0", "(.isra)", 1},
		{"second_cp.constprop.0", "(.constprop)", 1},
		{"split.part.0", "traced itself", 1},
		{"unlike", "take different arguments", 2},
		{"places", "in different arguments", 1},
		{"inlined", "no symbol", 1},
		{"prepare_reply", "for an skb it allocates", 1},
		{"never_judged", "need not lead to a packet", 1},
		{"shared_one", "shares its code", 1},
		{"shared_two", "shares its code", 1},
	};
	struct fixture *x = *state;
	size_t total = 0;

	find(x, NULL);
	for (size_t w = 0; w < sizeof(want) / sizeof(want[0]); w++) {
		size_t nr = 0;

		for (size_t i = 0; i < x->lo.nr; i++) {
			if (strcmp(x->lo.e[i].name, want[w].name))
				continue;
			assert_non_null(strstr(x->lo.e[i].why, want[w].why));
			nr++;
		}
		if (nr != want[w].times)
			fail_msg("'%s' left out %zu times", want[w].name, nr);
		total += nr;
	}
	assert_int_equal(x->lo.nr, total);
}

/* Without modules in the types: what one module has is taken, what several have is not. */
static void test_any_module(void **state)
{
	struct find_opts o = {.any_module = true};
	const char *const no_module[] = {NULL};
	struct targets ts = {0};
	struct left_outs lo = {0};
	struct fixture *x = *state;
	struct err err = ERR_INIT;
	struct btf_build b;
	struct btf *btf;
	uint32_t skb;
	size_t sz;
	void *blob;

	bb_init(&b);
	skb = bb_ptr(&b, bb_struct(&b, "sk_buff", 8));
	func(&b, "in_module", skb, 0, 0);
	func(&b, "only_two", skb, 0, 0);
	func(&b, "twins", skb, 0, 0);
	func(&b, "absent", skb, 0, 0);
	func(&b, "only_part", skb, 0, 0);
	blob = bb_finish(&b, &sz);
	if (btf_parse(&btf, blob, sz, NULL, &err) ||
	    targets_find_funcs(&ts, (const struct btf *const *)&btf, no_module, 1, x->ks, &o, &lo,
			       &err))
		fail_msg("%s", err.msg);
	assert_int_equal(ts.nr, 4);
	assert_string_equal(ts.t[0].name, "twins");
	assert_int_equal(ts.t[0].skb_reg, 0);
	assert_string_equal(ts.t[1].name, "twins");
	assert_string_equal(ts.t[2].name, "only_two");
	assert_string_equal(ts.t[2].module, "mod_two");
	assert_string_equal(ts.t[3].name, "ipt_do_table");
	assert_int_equal(ts.t[3].skb_reg, TARGET_ANY_ARG); /* it moved in 5.16 */
	assert_int_equal(lo.nr, 4);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(lo.e[i].name, "in_module");
		assert_string_equal(lo.e[i].why, "several modules have a function of this name");
	}
	assert_string_equal(lo.e[3].name, "only_part.part.2");
	targets_release(&ts);
	left_outs_release(&lo);
	btf_free(btf);
	bb_release(&b);
}

/* A kernel from before Linux 4.4 has the skb earlier than the table says: it is searched for. */
static void test_before_net_arguments(void **state)
{
	struct find_opts o = {.any_module = true};
	const char *const no_module[] = {NULL};
	struct targets ts = {0};
	struct err err = ERR_INIT;
	struct fixture *x = *state;

	ksyms_free(x->ks);
	x->ks = symbols_of("0000000000001000 T plain\n"
			   "0000000000001100 T split\n"
			   "0000000000001200 T ip_local_out_sk\n");
	if (targets_find_funcs(&ts, (const struct btf *const *)x->btfs, no_module, 1, x->ks, &o,
			       NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(ts.nr, 2);
	assert_string_equal(ts.t[0].name, "plain");
	assert_int_equal(ts.t[0].skb_reg, TARGET_ANY_ARG);
	assert_int_equal(ts.t[0].reason_reg, TARGET_NO_ARG);
	assert_string_equal(ts.t[1].name, "split");
	assert_int_equal(ts.t[1].skb_reg, 0);
	targets_release(&ts);
}

static void test_regex(void **state)
{
	struct fixture *x = *state;

	find(x, "plain");
	assert_int_equal(x->ts.nr, 1);
	assert_string_equal(x->ts.t[0].name, "plain");
	find(x, "pla|plain|plain_");
	assert_int_equal(x->ts.nr, 1);
	find(x, "lain|pl");
	assert_int_equal(x->ts.nr, 0);
	assert_int_equal(x->lo.nr, 0);
	/* Without the suffix all of them, with it only one. */
	find(x, "split");
	assert_int_equal(x->ts.nr, 2);
	assert_int_equal(x->lo.nr, 1);
	find(x, "split\\.constprop\\.0");
	assert_int_equal(x->ts.nr, 1);
	assert_int_equal(x->ts.t[0].addr, 0x14c0);
	assert_int_equal(x->lo.nr, 0);
	find(x, "in_.*");
	assert_int_equal(x->ts.nr, 1);
	assert_int_equal(x->lo.nr, 0);
}

static void test_tracepoints(void **state)
{
	struct btf_build b;
	struct btf *btf;
	struct targets ts = {0};
	struct err err = ERR_INIT;
	uint32_t skb, ptr, proto;
	size_t sz;
	void *blob;
	regex_t re;

	bb_init(&b);
	ptr = bb_ptr(&b, 0);
	skb = bb_ptr(&b, bb_struct(&b, "sk_buff", 8));
	for (const char *const *name =
		     (const char *const[]){"btf_trace_two", "btf_trace_one", NULL};
	     *name; name++) {
		proto = bb_func_proto(&b, 0);
		bb_param(&b, NULL, ptr);
		bb_param(&b, "skb", skb);
		bb_param(&b, "location", ptr);
		bb_typedef(&b, *name, bb_ptr(&b, proto));
	}
	blob = bb_finish(&b, &sz);
	if (btf_parse(&btf, blob, sz, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(targets_find_tracepoints(&ts, btf, NULL, &err), 0);
	assert_int_equal(ts.nr, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ts.t[i].source, i + 1);
		assert_int_equal(ts.t[i].skb_reg, 0);
		assert_int_equal(ts.t[i].addr, 0);
		assert_int_equal(ts.t[i].reason_reg, TARGET_NO_ARG);
	}
	targets_release(&ts);
	assert_int_equal(regcomp(&re, "t.o", REG_EXTENDED), 0);
	assert_int_equal(targets_find_tracepoints(&ts, btf, &re, &err), 0);
	assert_int_equal(ts.nr, 1);
	assert_string_equal(ts.t[0].name, "two");
	regfree(&re);
	targets_release(&ts);
	btf_free(btf);
	bb_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_targets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_module, setup, teardown),
		cmocka_unit_test_setup_teardown(test_before_net_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_regex, setup, teardown),
		cmocka_unit_test(test_tracepoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
