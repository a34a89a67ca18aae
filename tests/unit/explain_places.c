// SPDX-License-Identifier: GPL-2.0-only
/* Every function that kernels without drop reasons drop packets in has a cause, or is excused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/causes.h"

#define LIST	    "tests/known/drop_places"
#define PLACES_MIN  550
#define PLACES_MAX  2000
#define PLACE_SZ    64
#define EXCUSED_MAX 150

struct place {
	char name[PLACE_SZ];
	bool is_excused;
	bool is_decided; /* for check_reached() */
};

static struct place places[PLACES_MAX];
static size_t nr_places;

static bool is_kernel(const char *label)
{
	static const char *const known[] = {"el7",  "4.4", "4.9",  "4.14",
					    "4.19", "5.4", "5.10", "other"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], label))
			return true;
	return false;
}

/* "el7 4.4" */
static bool are_kernels(char *text)
{
	char *save = NULL, *label = strtok_r(text, " ", &save);

	if (!label)
		return false;
	for (; label; label = strtok_r(NULL, " ", &save))
		if (!is_kernel(label))
			return false;
	return true;
}

static bool add_place(char *line)
{
	char *save = NULL, *name = strtok_r(line, "\t", &save);
	char *kernels = strtok_r(NULL, "\t", &save), *why = strtok_r(NULL, "\t", &save);
	struct place *p = &places[nr_places];

	if (nr_places == PLACES_MAX || !name || strlen(name) >= PLACE_SZ || !kernels ||
	    !are_kernels(kernels) || (why && (strncmp(why, "- ", 2) != 0 || !why[2])))
		return false;
	strcpy(p->name, name);
	p->is_excused = why;
	nr_places++;
	return true;
}

static int setup(void **state)
{
	FILE *f = fopen(LIST, "r");
	char line[512];

	(void)state;
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		char copy[sizeof(line)];

		line[strcspn(line, "\n")] = '\0';
		strcpy(copy, line);
		if (line[0] && line[0] != '#' && !add_place(line)) {
			print_error(LIST ": wrong line: %s\n", copy);
			fclose(f);
			return -1;
		}
	}
	fclose(f);
	return 0;
}

static struct place *find_place(const char *name)
{
	for (size_t i = 0; i < nr_places; i++)
		if (!strcmp(places[i].name, name))
			return &places[i];
	return NULL;
}

static void explained(void **state)
{
	size_t nr = 0, nr_excused = 0;

	(void)state;
	for (size_t i = 0; i < nr_places; i++) {
		const struct place *p = &places[i];
		bool is_explained = cause_has_place(p->name);

		nr_excused += p->is_excused;
		if (is_explained != p->is_excused)
			continue;
		print_error("%s: %s\n", p->name,
			    is_explained ? "excused, but it has a cause" : "no cause");
		nr++;
	}
	assert_int_equal(nr, 0);
	assert_in_range(nr_places, PLACES_MIN, PLACES_MAX);
	assert_in_range(nr_excused, 1, EXCUSED_MAX);
}

/* ---- the table itself ---- */

/* Calls check for each name in each list of the table. Returns how many it refused. */
static size_t each_name(bool (*check)(const char *name, size_t entry, bool needs_evidence))
{
	bool needs_evidence;
	const char *list;
	size_t nr = 0;

	for (size_t i = 0; (list = cause_places(i, &needs_evidence)); i++) {
		for (size_t n; *list; list += n + (list[n] == '|')) {
			char name[PLACE_SZ];

			n = strcspn(list, "|");
			assert_in_range(n, 1, PLACE_SZ - 1);
			memcpy(name, list, n);
			name[n] = '\0';
			nr += !check(name, i, needs_evidence);
		}
	}
	return nr;
}

static bool check_exists(const char *name, size_t entry, bool needs_evidence)
{
	struct place *p = find_place(name);

	(void)needs_evidence;
	if (!p)
		print_error("%s (entry %zu): no kernel drops there\n", name, entry);
	return p;
}

/* A typo in the table would never be met. */
static void exist(void **state)
{
	(void)state;
	assert_int_equal(each_name(check_exists), 0);
}

static bool check_reached(const char *name, size_t entry, bool needs_evidence)
{
	struct place *p = find_place(name);

	if (p && p->is_decided) {
		print_error("%s (entry %zu): an entry before it always holds\n", name, entry);
		return false;
	}
	if (p)
		p->is_decided = !needs_evidence;
	return true;
}

static void reached(void **state)
{
	(void)state;
	assert_int_equal(each_name(check_reached), 0);
}

/* Also where nothing is known of the packet. */
static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_places; i++) {
		struct causes causes = {0};
		struct trace_event te = {
			.raw.type = TRAIL_EVENT_SKB,
			.caller.name = places[i].name,
			.is_drop = true,
		};
		char why[WHY_TEXT_SZ] = "";
		size_t len = cause_explain(&causes, &te, NULL, NULL, why, sizeof(why));

		assert_in_range(len, places[i].is_excused ? 0 : 1, sizeof(why) - 1);
		assert_null(strchr(why, '%'));
	}
}

/* Rows that were found for other names are not taken, wherever they are kept. */
static void kept_rows(void **state)
{
	static const char *const reasons[] = {
		NULL,
		"SKB_DROP_REASON_NOT_SPECIFIED",
		"SKB_DROP_REASON_NO_SOCKET",
		"SKB_DROP_REASON_IP_INHDR",
		"SKB_DROP_REASON_IP_INADDRERRORS",
		"SKB_DROP_REASON_PKT_TOO_BIG",
		"SKB_DROP_REASON_QDISC_DROP",
		"SKB_DROP_REASON_NO_SUCH_REASON",
	};
	size_t nr_reasons = sizeof(reasons) / sizeof(reasons[0]);
	struct causes kept = {0};

	(void)state;
	for (size_t i = 0; i < 3 * nr_places * nr_reasons; i++) {
		const char *reason = reasons[i % nr_reasons];
		struct causes none = {0};
		struct trace_event te = {
			.raw = {.type = TRAIL_EVENT_SKB, .flags = reason ? TRAIL_F_REASON : 0},
			.caller.name = places[i / 3 / nr_reasons].name,
			.reason = reason,
			.is_drop = true,
		};
		char why[WHY_TEXT_SZ] = "", want[WHY_TEXT_SZ] = "";

		cause_explain(&none, &te, NULL, NULL, want, sizeof(want));
		cause_explain(&kept, &te, NULL, NULL, why, sizeof(why));
		assert_string_equal(why, want);
	}
}

static void listed_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_places; i++)
		for (size_t j = i + 1; j < nr_places; j++)
			assert_string_not_equal(places[i].name, places[j].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explained), cmocka_unit_test(exist),
		cmocka_unit_test(reached),   cmocka_unit_test(texts),
		cmocka_unit_test(kept_rows), cmocka_unit_test(listed_once),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
