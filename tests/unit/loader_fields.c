// SPDX-License-Identifier: GPL-2.0-only
/* Members that the kernel's types lack: found, refused where an option needs them, never read. */
#include "loader/fields.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "loader/object/private.h"
#include "loader/programs.h"
#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_kernel_types.h"

static size_t nr_missing(const struct btf *btf)
{
	size_t nr = 0;

	for (size_t i = fields_missing(0, &btf, 1); i < nr_fields;
	     i = fields_missing(i + 1, &btf, 1))
		nr++;
	return nr;
}

static void test_none_is_missing(void **state)
{
	for (enum kernel_types k = 0; k < KERNEL_TYPES_NR; k++) {
		struct btf *btf = kernel_types(k, NULL);

		assert_int_equal(nr_missing(btf), 0);
		btf_free(btf);
	}
}

static void test_each_is_missed(void **state)
{
	for (size_t i = 0; i < nr_fields; i++) {
		struct btf *btf = kernel_types(KERNEL_TYPES_4_19, &fields[i]);
		const struct btf *btfs[] = {btf};

		assert_int_equal(fields_missing(0, btfs, 1), i);
		assert_int_equal(nr_missing(btf), 1);
		btf_free(btf);
	}
}

/* A struct twice, of which only the second has the member; a second BTF that has it. */
static void test_looks_everywhere(void **state)
{
	static const struct field f = {"thing", "a.b", "", 0, 0};
	struct btf_build b;
	const struct btf *btfs[2];
	uint32_t u32, inner;

	bb_init(&b);
	u32 = bb_int(&b, "unsigned int", 4, 0);
	bb_struct(&b, "thing", 4);
	bb_member(&b, "a", u32, 0);
	btfs[0] = bb_parse(&b, NULL);
	assert_false(field_exists(&f, btfs, 1));
	inner = bb_union(&b, NULL, 4);
	bb_member(&b, "b", u32, 0);
	bb_struct(&b, "thing", 4);
	bb_member(&b, "a", inner, 0);
	btfs[1] = bb_parse(&b, NULL);
	assert_true(field_exists(&f, &btfs[1], 1));
	assert_true(field_exists(&f, btfs, 2));
	assert_false(field_exists(&f, btfs, 0));
	btf_free((struct btf *)btfs[0]);
	btf_free((struct btf *)btfs[1]);
	bb_release(&b);
}

static void assert_refused(unsigned int wanted, const char *type, const char *member,
			   const char *words)
{
	const struct field without = {type, member, "", 0, 0};
	struct btf *btf = kernel_types(KERNEL_TYPES_4_19, &without);
	const struct btf *btfs[] = {btf};
	struct err err = ERR_INIT;

	assert_int_equal(fields_require(wanted, btfs, 1, &err), -ENOTSUP);
	if (!strstr(err.msg, words) || !strstr(err.msg, member) || !err.hint[0])
		fail_msg("'%s' (%s)", err.msg, err.hint);
	err_clear(&err);
	if (!(wanted & FIELD_TRACE)) /* nobody else minds */
		assert_int_equal(fields_require(FIELD_TRACE, btfs, 1, &err), 0);
	btf_free(btf);
}

static void test_options_are_refused(void **state)
{
	assert_refused(FIELD_TRACE, "sk_buff", "head", "skbtrail needs");
	assert_refused(FIELD_TRACE, "sk_buff", "tail", "skbtrail needs");
	assert_refused(FIELD_EXPR, "sk_buff", "mac_header", "a packet expression needs");
	assert_refused(FIELD_EXPR | FIELD_LEN, "sk_buff", "data", "`len`");
	assert_refused(FIELD_EXPR | FIELD_VLAN, "sk_buff", "vlan_tci", "`vlan`");
	assert_refused(FIELD_MARK, "sk_buff", "mark", "--filter-mark needs");
	assert_refused(FIELD_NETNS, "net", "ns.inum", "--filter-netns needs");
	assert_refused(FIELD_NETNS, "net_device", "nd_net.net", "--filter-netns needs");
	assert_refused(FIELD_IFNAME, "net_device", "ifindex", "--filter-ifname needs");
}

static unsigned int not_shown_without(const char *type, const char *member, unsigned int views)
{
	const struct field without = {type, member, "", 0, 0};
	struct btf *btf = kernel_types(KERNEL_TYPES_4_19, &without);
	unsigned int ret = fields_not_shown(views, (const struct btf *[]){btf}, 1);

	btf_free(btf);
	return ret;
}

static void test_not_shown(void **state)
{
	assert_int_equal(not_shown_without("sk_buff", "mark", ~0U), VIEW_MARK);
	assert_int_equal(not_shown_without("sk_buff", "mark", ~0U & ~VIEW_MARK), 0);
	assert_int_equal(not_shown_without("net", "ns.inum", ~0U), VIEW_NETNS);
	assert_int_equal(not_shown_without("sk_buff", "dev", ~0U),
			 VIEW_IFACE | VIEW_MTU | VIEW_NETNS);
	assert_int_equal(not_shown_without("tcp_skb_cb", "tcp_flags", VIEW_TUPLE), 0);
	/* Only an option shows these, and is refused. */
	assert_int_equal(not_shown_without("sk_buff", "vlan_tci", ~0U), 0);
	assert_int_equal(not_shown_without("bpf_map", "id", ~0U), 0);
}

static void assert_words(unsigned int views, const char *want)
{
	char buf[512];

	assert_string_equal(fields_view_words(views, buf, sizeof(buf)), want);
}

static void test_words(void **state)
{
	char small[8];

	assert_words(0, "");
	assert_words(VIEW_MARK | VIEW_NETNS, "NETNS, MARK");
	/* All of it, so early too. */
	assert_words(VIEW_NETNS | VIEW_EARLY_NETNS, "NETNS");
	assert_words(VIEW_EARLY_NETNS, "NETNS of packets without a device");
	assert_words(VIEW_EARLY_TUPLE | VIEW_EARLY_TUPLE6 | VIEW_EARLY_FLAGS,
		     "TUPLE of packets without headers");
	assert_string_equal(fields_view_words(VIEW_MARK | VIEW_NETNS, small, sizeof(small)),
			    "NETNS, ");
	/* No view is without words, and all fit. */
	for (unsigned int view = 1; view <= VIEW_EARLY_INNER; view <<= 1) {
		char buf[512];

		assert_true(fields_view_words(view, buf, sizeof(buf))[0]);
	}
}

static void test_full_types_refuse_nothing(void **state)
{
	struct btf *btf = kernel_types(KERNEL_TYPES_4_4, NULL);
	const struct btf *btfs[] = {btf};
	struct err err = ERR_INIT;

	assert_int_equal(fields_require(~0U, btfs, 1, &err), 0);
	btf_free(btf);
}

static void test_match_needs(void **state)
{
	struct filter plain = {0}, vlan = {.wants_vlan = true};

	assert_int_equal(prog_config_fields(&(struct prog_config){0}), FIELD_TRACE);
	assert_int_equal(prog_config_fields(&(struct prog_config){.filter = &plain}),
			 FIELD_TRACE | FIELD_EXPR);
	assert_int_equal(prog_config_fields(&(struct prog_config){.filter = &vlan}),
			 FIELD_TRACE | FIELD_EXPR | FIELD_VLAN);
	assert_int_equal(prog_config_fields(&(struct prog_config){.mark_mask = 1}),
			 FIELD_TRACE | FIELD_MARK);
	assert_int_equal(prog_config_fields(&(struct prog_config){.netns = 1}),
			 FIELD_TRACE | FIELD_NETNS);
	assert_int_equal(prog_config_fields(&(struct prog_config){.netns = 1, .ifindex = 1}),
			 FIELD_TRACE | FIELD_NETNS | FIELD_IFNAME);
	assert_int_equal(prog_config_fields(&(struct prog_config){.ifindex = 1}),
			 FIELD_TRACE | FIELD_IFNAME);
}

/* An interface can be matched where namespaces cannot be told apart. */
static void test_ifname_without_netns(void **state)
{
	const struct field without = {"net_device", "nd_net.net", "", 0, 0};
	struct btf *btf = kernel_types(KERNEL_TYPES_4_19, &without);
	const struct btf *btfs[] = {btf};

	assert_int_equal(fields_require(FIELD_TRACE | FIELD_IFNAME, btfs, 1, NULL), 0);
	assert_int_equal(fields_require(FIELD_NETNS, btfs, 1, NULL), -ENOTSUP);
	btf_free(btf);
}

static struct programs open_programs(const struct btf *btf, const struct features *features,
				     const struct backend *backend, const struct prog_config *match)
{
	struct err err = ERR_INIT;
	struct programs p;

	if (programs_init(&p, backend, &btf, 1, features, match, &err))
		fail_msg("%s", err.msg);
	for (int i = 0; i < NR_PROG_MAPS; i++)
		p.maps.fd[i] = 3 + i;
	return p;
}

static void close_programs(struct programs *p)
{
	prog_maps_init(&p->maps);
	programs_release(p);
}

/* No instruction that reads it is left, neither where it is read plainly nor in a filter. */
static void assert_not_read(const struct field *without, const struct backend *backend)
{
	struct target t = {.skb_reg = 0, .reason_reg = 1, .location_arg = TARGET_NO_ARG};
	struct btf *btf = kernel_types(KERNEL_TYPES_4_19, without);
	struct features features = {0};
	struct prog_config match = {.mark_mask = 1, .netns = 1, .ifindex = 1, .check_skb = true};
	struct err err = ERR_INIT;
	struct filter filter;

	assert_int_equal(filter_compile(&filter, "vlan 5 and udp and len > 9", &err), 0);
	match.filter = &filter;
	for (int with_filters = 0; with_filters < 2; with_filters++) {
		struct programs p = open_programs(btf, &features, backend,
						  with_filters ? &match : &(struct prog_config){0});
		struct prog prog;

		if (programs_build(&p, &t, &prog, &err))
			fail_msg("%s", err.msg);
		for (size_t i = 0; i < prog.code.nr; i++)
			if (prog.code.insns[i].code == (BPF_JMP | BPF_CALL) &&
			    (uint32_t)prog.code.insns[i].imm >= CORE_POISON)
				fail_msg("'%s.%s' is read", without->type, without->member);
		prog_release(&prog);
		close_programs(&p);
	}
	filter_release(&filter);
	btf_free(btf);
}

static void test_what_is_missing_is_not_read(void **state)
{
	static const struct field end = {"sk_buff", "end", "", 0, 0};

	for (size_t i = 0; i < nr_fields; i++) {
		assert_not_read(&fields[i], &backend_kprobe);
		assert_not_read(&fields[i], &backend_tracepoint);
	}
	assert_not_read(&end, &backend_kprobe);
}

/* Is the record's field in the table? "struct sk_buff.mark (byte offset)" */
static bool is_known(const char *words, size_t *which)
{
	char want[128];

	for (size_t i = 0; i < nr_fields; i++) {
		snprintf(want, sizeof(want), "struct %s.%s ", fields[i].type, fields[i].member);
		if (!strncmp(words, want, strlen(want))) {
			*which = i;
			return true;
		}
	}
	return false;
}

/* The bytes of fragments are in the parts, and no view: what is missing is a shorter packet. */
static bool is_of_fragments(const char *words)
{
	return !strncmp(words, "struct skb_shared_info.", 23) || !strncmp(words, "struct bio_vec", 14);
}

/* What the programs read is what the table has; sk_buff.end is only for a check. */
static void test_table_is_complete(void **state)
{
	static bool seen[64];
	struct btf *btf = kernel_types(KERNEL_TYPES_4_19, NULL);
	struct features features = {0};
	struct programs p =
		open_programs(btf, &features, &backend_kprobe, &(struct prog_config){0});
	const struct obj *obj = p.obj;

	assert_true(nr_fields <= sizeof(seen));
	for (size_t n = 0; n < obj->nr_relos; n++) {
		char words[160];
		size_t which;

		core_describe(obj->btf, &obj->relos[n], words, sizeof(words));
		if (is_known(words, &which))
			seen[which] = true;
		else if (!strstr(words, "___") && !is_of_fragments(words) &&
			 strncmp(words, "struct sk_buff.end ", 19))
			fail_msg("'%s' is not in the table", words);
	}
	for (size_t i = 0; i < nr_fields; i++)
		if (!seen[i])
			fail_msg("'%s.%s' is not read", fields[i].type, fields[i].member);
	close_programs(&p);
	btf_free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_is_missing),
		cmocka_unit_test(test_each_is_missed),
		cmocka_unit_test(test_looks_everywhere),
		cmocka_unit_test(test_options_are_refused),
		cmocka_unit_test(test_not_shown),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_full_types_refuse_nothing),
		cmocka_unit_test(test_match_needs),
		cmocka_unit_test(test_ifname_without_netns),
		cmocka_unit_test(test_what_is_missing_is_not_read),
		cmocka_unit_test(test_table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
