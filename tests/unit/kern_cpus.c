// SPDX-License-Identifier: GPL-2.0-only
/* Lists of CPUs, and that affinity does not change how many there are. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kern/cpus.h"

static void test_cpu_list(void **state)
{
	static const char *const bad[] = {"x", "1-", "3-1", "-1", "1;2", "0-65536", "1 2"};
	uint32_t *cpus;

	assert_int_equal(cpu_list_parse("0-2,5,7-8\n", &cpus), 6);
	assert_int_equal(cpus[2], 2);
	assert_int_equal(cpus[3], 5);
	assert_int_equal(cpus[5], 8);
	free(cpus);
	assert_int_equal(cpu_list_parse("0\n", &cpus), 1);
	free(cpus);
	assert_int_equal(cpu_list_parse("\n", &cpus), 0);
	free(cpus);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(cpu_list_parse(bad[i], &cpus), -EINVAL);
}

static void test_affinity(void **state)
{
	size_t online = cpus_nr_online(), possible = cpus_nr_possible();
	cpu_set_t all, one;
	int cpu = 0;

	assert_true(online >= 1 && possible >= online);
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(cpus_nr_online(), online);
	assert_int_equal(cpus_nr_possible(), possible);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_list),
		cmocka_unit_test(test_affinity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
