// SPDX-License-Identifier: GPL-2.0-only
/* What is measured on the running kernel, against its own types; and what the programs need of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

#include <cmocka.h>

#include "kern/net.h"
#include "loader/fields.h"
#include "loader/programs.h"
#include "types/types.h"

/* Every member that a trace needs can be measured, under the same name. */
static void test_names(void **state)
{
	for (size_t i = 0; i < nr_fields; i++) {
		int m = 0;

		if (fields[i].needed_by & FIELDS_NOT_MEASURED ||
		    fields[i].shows & VIEWS_NOT_MEASURED)
			continue;
		while (m < LAYOUT_NR && (strcmp(layout_names[m].type, fields[i].type) ||
					 strcmp(layout_names[m].member, fields[i].member)))
			m++;
		if (m == LAYOUT_NR)
			fail_msg("%s.%s cannot be measured", fields[i].type, fields[i].member);
	}
}

static void measure(const char *without, unsigned int least)
{
	struct types kernel, measured;
	struct features features;
	struct types_opts o = {.features = &features, .measure = true};
	struct err err = ERR_INIT;
	struct timespec from, to;
	uint32_t netns = netns_self();

	features_probe(&features);
	if (types_try(&kernel, TYPES_KERNEL, &o, &err))
		skip();
	if (without)
		assert_int_equal(features_leave_out(&features, without, &err), 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (types_try(&measured, TYPES_MEASURED, &o, &err))
		fail_msg("%s", err.msg);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_true(to.tv_sec - from.tv_sec < 2);
	if (types_compare(kernel.btfs[0], measured.btfs[0], true, &err))
		fail_msg("%s", err.msg);
	assert_true(layout_nr(measured.layout) >= least);
	assert_int_equal(
		fields_require(FIELD_TRACE | FIELD_EXPR | FIELD_LEN | FIELD_MARK | FIELD_NETNS,
			       measured.btfs, measured.nr, &err),
		0);
	/* Neither a child nor another namespace is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(netns_self(), netns);
	types_release(&measured);
	types_release(&kernel);
}

/* A kernel without kprobes does not show what TCP notes: 4 members of 34. */
static void test_running_kernel(void **state)
{
	if (geteuid())
		skip();
	measure(NULL, LAYOUT_NR - 4);
}

/* As before 4.13. Then it is only by chance that the index of loopback, 1, is in one place. */
static void test_nothing_told(void **state)
{
	if (geteuid())
		skip();
	measure("prog-translated", LAYOUT_NR - 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_nothing_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
