// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of functions: what its lines may say, that it gives BTF which discovery reads back, and
 * that it says what the BTF of every kernel here says: this machine's, and those of the virtual
 * machines that tests/vm/btf.sh took the BTF of.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "btf/discover/discover.h"
#include "btf/discover/indirect.h"
#include "btf/discover/known.h"
#include "tests/unit/lib_btf_parse.h"

#define NONE  DISCOVER_NO_ARG
#define NR(a) (sizeof(a) / sizeof((a)[0]))

static void parse(struct known *k, const char *text, unsigned nr_regs)
{
	struct err err = ERR_INIT;

	if (known_parse(k, strdup(text), nr_regs, &err))
		fail_msg("%s: %s", text, err.msg);
}

static void lines(void **state)
{
	static const char text[] = "# words\n"
				   "a 0\n"
				   "b 2* r1\n"
				   "c - / 6\n"
				   "d 1 r2 / 3* r4\n"
				   "e 5 / -\n"
				   "@t 1 l2 n3\n"
				   "@u 0 n1\n"
				   "\n"
				   "!x\n"
				   "f 3";
	static const struct known_entry on_six[] = {
		{"a", KNOWN_FUNC, 0, NONE, NONE, 0, false},
		{"b", KNOWN_FUNC, 2, 1, NONE, 0, true},
		{"d", KNOWN_FUNC, 1, 2, NONE, 0, false},
		{"e", KNOWN_FUNC, 5, NONE, NONE, 0, false},
		{"t", KNOWN_TRACEPOINT, 1, NONE, 2, 3, false},
		{"u", KNOWN_TRACEPOINT, 0, NONE, NONE, 1, false},
		{"x", KNOWN_DIFFERS},
		{"f", KNOWN_FUNC, 3, NONE, NONE, 0, false},
	};
	struct known k;

	parse(&k, text, 6);
	assert_int_equal(k.nr, NR(on_six));
	for (size_t i = 0; i < k.nr; i++) {
		assert_string_equal(k.e[i].name, on_six[i].name);
		assert_int_equal(k.e[i].kind, on_six[i].kind);
		assert_int_equal(k.e[i].skb, on_six[i].skb);
		assert_int_equal(k.e[i].reason, on_six[i].reason);
		assert_int_equal(k.e[i].location, on_six[i].location);
		assert_int_equal(k.e[i].nr_args, on_six[i].nr_args);
		assert_int_equal(k.e[i].deref, on_six[i].deref);
	}
	known_release(&k);

	parse(&k, text, 8);
	assert_int_equal(k.nr, NR(on_six)); /* c instead of e */
	assert_string_equal(k.e[2].name, "c");
	assert_int_equal(k.e[2].skb, 6);
	assert_int_equal(k.e[3].skb, 3);
	assert_int_equal(k.e[3].reason, 4);
	assert_true(k.e[3].deref);
	known_release(&k);

	parse(&k, "", 6);
	assert_int_equal(k.nr, 0);
	known_release(&k);
}

static void wrong_lines(void **state)
{
	static const char *const wrong[] = {
		"a",	 "a ",	    "a x",	  "a 8",     "a 1 r8",	       "a 1 r",
		"a 1 2", "a 1* *",  "a *",	  "a -1",    "a 1 l2",	       "a 1 n2",
		"a 1 /", "a 1 / ",  "a 1 /2",	  "a 1 / x", "a 1 //",	       "a 111111",
		"@t 0",	 "@t 1 n1", "@t 0* n1",	  "@t 0 r1", "@ 0 n1",	       "@t 0 n13",
		"!",	 "!a 1",    "@t 0 l1 n1", " ",	     "@t 0 n1 / 0 n1",
	};

	for (size_t i = 0; i < NR(wrong); i++) {
		struct err err = ERR_INIT;
		struct known k;
		char text[64];

		snprintf(text, sizeof(text), "# first\n%s\n", wrong[i]);
		if (known_parse(&k, strdup(text), 8, &err) != -EINVAL)
			fail_msg("'%s' was taken", wrong[i]);
		assert_string_equal(err.msg, "malformed line 2 in the table of functions");
	}
}

/* ---- the table in the program ---- */

static struct known table;

static int open_table(void **state)
{
	struct err err = ERR_INIT;

	if (known_open(&table, &err)) {
		print_error("%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int close_table(void **state)
{
	known_release(&table);
	return 0;
}

static const struct known_entry *entry(const char *name, enum known_kind kind)
{
	for (size_t i = 0; i < table.nr; i++)
		if (table.e[i].kind == kind && !strcmp(table.e[i].name, name))
			return &table.e[i];
	return NULL;
}

static void main_paths(void **state)
{
	static const struct {
		const char *name;
		unsigned skb;
	} want[] = {
		{"ip_rcv", 0},
		{"ip_local_deliver", 0},
		{"ip_output", 2},
		{"ip_finish_output2", 2},
		{"__ip_local_out", 2},
		{"nf_hook_slow", 0},
		{"dev_hard_start_xmit", 0},
		{"__dev_queue_xmit", 0},
		{"tcp_v4_rcv", 0},
		{"tcp_v4_do_rcv", 1},
		{"udp_rcv", 0},
		{"kfree_skb", 0},
		{"icmp_rcv", 0},
		{"arp_rcv", 0},
		{"br_forward", 1},
		{"ipv6_rcv", 0},
		{"ip6_output", 2},
		{"netif_receive_skb", 0},
		{"br_handle_frame_finish", 2},
	};
	size_t nr_funcs = 0;

	for (size_t i = 0; i < NR(want); i++) {
		const struct known_entry *e = entry(want[i].name, KNOWN_FUNC);

		if (!e)
			fail_msg("'%s' is not in the table", want[i].name);
		assert_int_equal(e->skb, want[i].skb);
	}
	assert_non_null(entry("ipt_do_table", KNOWN_DIFFERS));
	assert_null(entry("ipt_do_table", KNOWN_FUNC));
	assert_int_equal(entry("kfree_skb", KNOWN_TRACEPOINT)->location, 1);
	for (size_t i = 0; i < table.nr; i++)
		nr_funcs += table.e[i].kind == KNOWN_FUNC;
	assert_true(nr_funcs > 3000);
}

static void as_btf(void **state)
{
	struct err err = ERR_INIT;
	struct skb_func *funcs;
	struct skb_tp *tps;
	size_t nr_funcs, nr_tps, f = 0, t = 0;
	struct btf_build b;
	struct btf *btf;

	bb_init(&b);
	assert_int_equal(known_add(&b, bb_struct(&b, "sk_buff", 8), &err), 0);
	btf = bb_parse(&b, NULL);
	assert_int_equal(discover_funcs(btf, DISCOVER_NR_REGS, &funcs, &nr_funcs, &err), 0);
	assert_int_equal(discover_tracepoints(btf, &tps, &nr_tps, &err), 0);
	for (size_t i = 0; i < table.nr; i++) {
		const struct known_entry *e = &table.e[i];

		if (e->kind == KNOWN_FUNC) {
			assert_true(f < nr_funcs);
			assert_string_equal(funcs[f].name, e->name);
			assert_int_equal(funcs[f].skb_reg, e->skb);
			assert_int_equal(funcs[f].deref, e->deref);
			assert_int_equal(funcs[f++].reason_reg, e->reason);
		} else if (e->kind == KNOWN_TRACEPOINT) {
			assert_true(t < nr_tps);
			assert_string_equal(tps[t].name, e->name);
			assert_int_equal(tps[t].skb_arg, e->skb);
			assert_int_equal(tps[t].nr_args, e->nr_args);
			assert_int_equal(tps[t].reason_arg, NONE);
			assert_int_equal(tps[t++].location_arg, e->location);
		}
	}
	assert_int_equal(f, nr_funcs);
	assert_int_equal(t, nr_tps);
	free(funcs);
	free(tps);
	btf_free(btf);
	bb_release(&b);
}

/* ---- kernels ---- */

static int cmp_name(const void *key, const void *f)
{
	return strcmp(key, ((const struct skb_func *)f)->name);
}

static const struct indirect *find_indirect(const char *name)
{
	for (size_t i = 0; i < nr_indirects; i++)
		if (!strcmp(indirects[i].name, name))
			return &indirects[i];
	return NULL;
}

static void check_indirect(const char *name)
{
	const struct indirect *e = find_indirect(name);

	if (!e)
		fail_msg("'%s' is not in the table of struct sk_buff **", name);
}

/* In order, once each, with a reason, which is what the user is told of outputs. */
static void indirect(void **state)
{
	for (size_t i = 0; i < nr_indirects; i++) {
		const struct indirect *e = &indirects[i];
		const char *why = indirect_objection(e->name);

		assert_true(i == 0 || strcmp(e[-1].name, e->name) < 0);
		assert_true(strlen(e->why) > 10);
		assert_int_equal(!strncmp(e->why, "its struct sk_buff ** is ", 25), !e->is_input);
		assert_ptr_equal(why, e->is_input ? NULL : e->why);
	}
	assert_null(indirect_objection("br_handle_frame"));
	assert_non_null(indirect_objection("__skb_try_recv_datagram"));
	assert_non_null(indirect_objection("sfq_drop"));
	assert_non_null(indirect_objection("never_judged"));
	assert_non_null(indirect_objection(""));
	for (size_t i = 0; i < table.nr; i++)
		if (table.e[i].deref)
			check_indirect(table.e[i].name);
}

struct coverage {
	size_t nr, nr_known, nr_wrong;
};

/*
 * Every instance of a function of the table has the skb where the table says; and of each that has
 * only a struct sk_buff ** it is known whether that may be followed.
 */
static void compare(const struct btf *btf, struct coverage *c)
{
	struct err err = ERR_INIT;
	struct skb_func *funcs;
	size_t nr;

	if (discover_funcs(btf, DISCOVER_NR_REGS, &funcs, &nr, &err))
		fail_msg("%s", err.msg);
	c->nr += nr;
	for (size_t i = 0; i < nr; i++)
		if (funcs[i].deref)
			check_indirect(funcs[i].name);
	for (size_t i = 0; i < table.nr; i++) {
		const struct known_entry *e = &table.e[i];
		const struct skb_func *f;

		if (e->kind != KNOWN_FUNC ||
		    !btf_find(btf, BTF_KIND_FUNC, e->name, btf_first_own(btf) - 1))
			continue;
		f = bsearch(e->name, funcs, nr, sizeof(*f), cmp_name);
		if (!f || f->skb_reg != e->skb || f->deref != e->deref ||
		    (e->reason != NONE && f->reason_reg != e->reason) ||
		    (f > funcs && !strcmp(f[-1].name, e->name)) ||
		    (f + 1 < funcs + nr && !strcmp(f[1].name, e->name))) {
			print_error("'%s' has its skb elsewhere\n", e->name);
			c->nr_wrong++;
		}
		c->nr_known++;
	}
	free(funcs);
}

static void compare_kernel(const char *vmlinux, const char *modules)
{
	struct coverage c = {0}, in_modules = {0};
	struct err err = ERR_INIT;
	DIR *dir = opendir(modules);
	struct btf *btf, *module;
	struct dirent *de;
	char path[4096];

	if (btf_open(&btf, vmlinux, NULL, &err))
		fail_msg("%s", err.msg);
	compare(btf, &c);
	while (dir && (de = readdir(dir))) {
		if (de->d_name[0] == '.' || !strcmp(de->d_name, "vmlinux"))
			continue;
		snprintf(path, sizeof(path), "%.3000s/%s", modules, de->d_name);
		if (btf_open(&module, path, btf, &err))
			fail_msg("%s", err.msg);
		compare(module, &in_modules);
		btf_free(module);
	}
	if (dir)
		closedir(dir);
	btf_free(btf);
	print_message("%s: %zu of %zu functions known (%zu %%), in modules %zu of %zu\n", vmlinux,
		      c.nr_known, c.nr, 100 * c.nr_known / c.nr, in_modules.nr_known,
		      in_modules.nr);
	assert_int_equal(c.nr_wrong + in_modules.nr_wrong, 0);
	assert_true(c.nr_known > c.nr / 2);
}

static void kernels(void **state)
{
	glob_t g = {0};
	size_t nr = 0;

	if (!access("/sys/kernel/btf/vmlinux", R_OK)) {
		compare_kernel("/sys/kernel/btf/vmlinux", "/sys/kernel/btf");
		nr++;
	}
	glob("build/vm/*/*.btf", 0, NULL, &g);
	for (size_t i = 0; i < g.gl_pathc; i++, nr++) {
		char modules[4096];

		snprintf(modules, sizeof(modules), "%s", g.gl_pathv[i]);
		strcpy(strrchr(modules, '/'), "/btf");
		compare_kernel(g.gl_pathv[i], modules);
	}
	globfree(&g);
	if (!nr) {
		print_message("no kernel with BTF here\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),      cmocka_unit_test(wrong_lines),
		cmocka_unit_test(main_paths), cmocka_unit_test(as_btf),
		cmocka_unit_test(indirect),   cmocka_unit_test(kernels),
	};

	return cmocka_run_group_tests(tests, open_table, close_table);
}
