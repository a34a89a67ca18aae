// SPDX-License-Identifier: GPL-2.0-only
/* Layouts turned into BTF, and printed. */
#include "types/measure/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "btf/discover/discover.h"
#include "tests/unit/lib_member.h"

/* A layout with all members, 16 bytes apart. */
static struct layout full_layout(void)
{
	struct layout l = {0};

	for (int m = 0; m < LAYOUT_NR; m++)
		l.at[m] = (struct layout_place){.status = LAYOUT_MEASURED,
						.bit_off = 128 * m,
						.bits = 16,
						.nr_packets = 10};
	l.at[SKB_VLAN_PRESENT].bit_off += 3;
	l.at[TCP_CB_SEQ].bit_off = 0;
	l.at[TCP_CB_FLAGS].bit_off = 96;
	return l;
}

static struct btf *open_btf(const struct layout *l)
{
	struct err err = ERR_INIT;
	struct btf *btf;

	if (layout_btf(l, &btf, &err))
		fail_msg("%s", err.msg);
	return btf;
}

static void test_types(void **state)
{
	struct layout l = full_layout();
	struct btf *btf = open_btf(&l);

	for (int m = 0; m < LAYOUT_NR; m++) {
		const struct layout_name *n = &layout_names[m];

		if (member_bit_off(btf, n->type, n->member) != l.at[m].bit_off)
			fail_msg("%s.%s", n->type, n->member);
	}
	btf_free(btf);
	/* Unknown members are left out; the others stay where they are. */
	for (int m = 0; m < LAYOUT_NR; m++) {
		static const enum layout_status unknown[] = {LAYOUT_UNKNOWN, LAYOUT_AMBIGUOUS,
							     LAYOUT_CONTRADICTED};
		int other = (m + 1) % LAYOUT_NR;

		l = full_layout();
		l.at[m].status = unknown[m % 3];
		btf = open_btf(&l);
		assert_int_equal(member_bit_off(btf, layout_names[m].type, layout_names[m].member),
				 -1);
		assert_int_equal(
			member_bit_off(btf, layout_names[other].type, layout_names[other].member),
			l.at[other].bit_off);
		btf_free(btf);
	}
}

/* sk_protocol gets its measured width. */
static void test_width(void **state)
{
	struct layout l = full_layout();
	int64_t sz[2];

	for (int i = 0; i < 2; i++) {
		struct btf *btf;
		const struct btf_type *t;

		l.at[SK_PROTOCOL].bits = i ? 16 : 8;
		btf = open_btf(&l);
		t = btf_type(btf, btf_find(btf, BTF_KIND_STRUCT, "sock", 0));
		sz[i] = btf_sizeof(btf, btf_members(t)[btf_vlen(t) - 1].type);
		btf_free(btf);
	}
	assert_int_equal(sz[0], 1);
	assert_int_equal(sz[1], 2);
}

/* The BTF includes the known functions and tracepoints. */
static void test_functions(void **state)
{
	struct layout l = full_layout();
	struct btf *btf = open_btf(&l);
	struct err err = ERR_INIT;
	struct skb_func *funcs;
	struct skb_tp *tps;
	bool found = false;
	size_t nr;

	assert_int_equal(discover_funcs(btf, DISCOVER_NR_REGS, &funcs, &nr, &err), 0);
	assert_true(nr > 4000);
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(funcs[i].name, "ip_output"))
			found = funcs[i].skb_reg == 2;
	assert_true(found);
	free(funcs);
	assert_int_equal(discover_tracepoints(btf, &tps, &nr, &err), 0);
	assert_true(nr >= 20);
	free(tps);
	btf_free(btf);
}

static void test_tags(void **state)
{
	struct places places[LAYOUT_NR] = {0};
	struct translated reported = {.has = {[TRANSLATED_VLAN_TCI] = true,
					      [TRANSLATED_VLAN_PROTO] = true,
					      [TRANSLATED_VLAN_PRESENT] = true}};
	struct translation *present = &reported.at[TRANSLATED_VLAN_PRESENT];
	struct layout l;

	reported.at[TRANSLATED_VLAN_PROTO] = (struct translation){.bit_off = 8 * 152, .bits = 16};
	reported.at[TRANSLATED_VLAN_TCI] = (struct translation){.bit_off = 8 * 154, .bits = 16};
	*present = (struct translation){.bit_off = 8 * 154 + 12, .bits = 1}; /* 4.x */
	layout_merge(&l, places, &reported);
	assert_false(layout_has(&l, SKB_VLAN_PRESENT) || layout_has(&l, SKB_VLAN_ALL));
	*present = (struct translation){.bit_off = 8 * 130 + 1, .bits = 1}; /* 5.x */
	layout_merge(&l, places, &reported);
	assert_true(layout_has(&l, SKB_VLAN_PRESENT) && !layout_has(&l, SKB_VLAN_ALL));
	assert_int_equal(l.at[SKB_VLAN_PRESENT].bit_off, 8 * 130 + 1);
	*present = (struct translation){.bit_off = 8 * 152, .bits = 32, .is_test = true}; /* 6.2 */
	layout_merge(&l, places, &reported);
	assert_true(!layout_has(&l, SKB_VLAN_PRESENT) && layout_has(&l, SKB_VLAN_ALL));
	/* Whether there is a tag is useless without the tag itself. */
	reported.has[TRANSLATED_VLAN_TCI] = false;
	layout_merge(&l, places, &reported);
	assert_false(layout_has(&l, SKB_VLAN_PRESENT) || layout_has(&l, SKB_VLAN_ALL));
}

static void expect_line(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

static void test_words(void **state)
{
	struct layout l = full_layout();
	size_t sz;
	char *text;
	FILE *f = open_memstream(&text, &sz);

	l.at[SKB_DATA].status = LAYOUT_REPORTED;
	l.at[SKB_TAIL].status = LAYOUT_CONFIRMED;
	l.at[SKB_END].status = LAYOUT_AMBIGUOUS;
	l.at[SKB_END].other = 8 * 77;
	l.at[SKB_LEN].status = l.at[SKB_MARK].status = LAYOUT_CONTRADICTED;
	l.at[SKB_LEN].other = 8 * 12;
	l.at[SKB_MARK].other = 8 * PLACES_MAX;
	l.at[DEV_NAME].status = l.at[DEV_MTU].status = LAYOUT_UNKNOWN;
	l.at[DEV_MTU].nr_packets = 0;
	l.at[SKB_VLAN_ALL].status = LAYOUT_UNKNOWN;
	assert_int_equal(layout_nr(&l), LAYOUT_NR - 6);
	layout_print(&l, f, "> ");
	fclose(f);
	expect_line(text, "> sk_buff.head                       0, the only offset that fits 10 "
			  "packets\n");
	expect_line(text, "> sk_buff.data                       16, reported by the kernel\n");
	expect_line(text,
		    "> sk_buff.tail                       32, reported by the kernel, fits 10 "
		    "packets\n");
	expect_line(text, "> sk_buff.end                        unknown: at least 48 and 77 fit 10 "
			  "packets\n");
	expect_line(text, "> sk_buff.len                        unknown: 96, reported by the "
			  "kernel, does not fit 10 packets, but 12 does\n");
	expect_line(text, "> sk_buff.mark                       unknown: 128, reported by the "
			  "kernel, does not fit 10 packets\n");
	expect_line(text,
		    "> net_device.name                    unknown: no offset fits 10 packets\n");
	expect_line(text, "> net_device.mtu                     unknown: not measured\n");
	expect_line(text, "> sk_buff.vlan_present               176.3, the only offset");
	assert_null(strstr(text, "vlan_all"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),	  cmocka_unit_test(test_width),
		cmocka_unit_test(test_functions), cmocka_unit_test(test_tags),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
