// SPDX-License-Identifier: GPL-2.0-only
/* The structs of trail_abi.h have the same layout here and in the compiled BPF object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embedded.h"
#include "loader/object/object.h"
#include "progs/trail_abi.h"

EMBEDDED(trail_bpf);

struct field {
	const char *name;
	size_t off, sz;
};

#define F(type, member)                                                                            \
	{                                                                                          \
#member, offsetof(struct type, member), sizeof(((struct type *)0)->member)         \
	}

static const struct field event_fields[] = {
	F(trail_event, version), F(trail_event, type),	   F(trail_event, size),
	F(trail_event, flags),	 F(trail_event, ts),	   F(trail_event, skb),
	F(trail_event, ip),	 F(trail_event, caller),   F(trail_event, lost),
	F(trail_event, source),	 F(trail_event, cpu),	   F(trail_event, tgid),
	F(trail_event, tid),	 F(trail_event, netns),	   F(trail_event, mark),
	F(trail_event, ifindex), F(trail_event, mtu),	   F(trail_event, len),
	F(trail_event, reason),	 F(trail_event, protocol), F(trail_event, vlan_tci),
	F(trail_event, hdr_len), F(trail_event, hook),	   F(trail_event, comm),
	F(trail_event, ifname),	 F(trail_event, hdr),
};

static const struct field frame_fields[] = {
	F(filter_frame, window), F(filter_frame, mem),	 F(filter_frame, save),
	F(filter_frame, len),	 F(filter_frame, shift), F(filter_frame, tmp),
};

static const struct field stats_fields[] = {F(trail_stats, sent), F(trail_stats, lost),
					    F(trail_stats, untracked)};

static struct obj *obj;

static int open_obj(void **state)
{
	struct err err = ERR_INIT;
	void *data = NULL;
	size_t sz;
	int ret = embedded_open(&trail_bpf, &data, &sz, &err);

	if (!ret)
		ret = obj_open(&obj, data, sz, &err);
	free(data);
	if (ret)
		print_error("%s\n", err.msg);
	return ret;
}

static int close_obj(void **state)
{
	obj_free(obj);
	return 0;
}

static void check_struct(const char *name, size_t sz, const struct field *fields, size_t nr)
{
	const struct btf *btf = obj_btf(obj);
	const struct btf_type *t = btf_type(btf, btf_find(btf, BTF_KIND_STRUCT, name, 0));

	assert_non_null(t);
	assert_int_equal(t->size, sz);
	assert_int_equal(btf_vlen(t), nr);
	for (size_t i = 0; i < nr; i++) {
		const struct btf_member *m = &btf_members(t)[i];

		assert_string_equal(btf_str(btf, m->name_off), fields[i].name);
		assert_int_equal(btf_member_bit_off(t, i), 8 * fields[i].off);
		assert_int_equal(btf_sizeof(btf, m->type), fields[i].sz);
	}
}

#define NR(a) (sizeof(a) / sizeof((a)[0]))

static void test_event(void **state)
{
	check_struct("trail_event", sizeof(struct trail_event), event_fields, NR(event_fields));
}

static void test_frame(void **state)
{
	check_struct("filter_frame", sizeof(struct filter_frame), frame_fields, NR(frame_fields));
}

static void test_stats(void **state)
{
	check_struct("trail_stats", sizeof(struct trail_stats), stats_fields, NR(stats_fields));
}

/* Everything the object leaves undefined is known here: the list of constants is whole. */
static void test_constants(void **state)
{
	static const char *const known[] = {
#define NAME(c) #c,
		TRAIL_CONSTS(NAME)};
	static const char *const sections[] = {"trail/skb", "trail/xdp"};

	for (size_t s = 0; s < NR(sections); s++) {
		struct err err = ERR_INIT;
		struct prog prog;

		assert_int_equal(prog_clone(&prog, obj, sections[s], &err), 0);
		assert_true(prog.nr_refs > 20);
		for (size_t i = 0; i < prog.nr_refs; i++) {
			bool found = prog.refs[i].kind != PROG_REF_CONST;

			for (size_t k = 0; k < NR(known) && !found; k++)
				found = !strcmp(known[k], prog.refs[i].name);
			if (!found)
				fail_msg("constant '%s' is not in TRAIL_CONSTS", prog.refs[i].name);
		}
		prog_release(&prog);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_constants),
	};

	return cmocka_run_group_tests(tests, open_obj, close_obj);
}
