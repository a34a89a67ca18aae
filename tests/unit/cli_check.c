// SPDX-License-Identifier: GPL-2.0-only
/* The doctor's text for kernels that are made up, on top of the running one's types. */
#include "cli/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct features features_all(void)
{
	struct features f = {0};

	for (int i = 0; i < FEAT_NR; i++)
		f.f[i].has = true;
	return f;
}

static void take(struct features *f, enum feature which, int why)
{
	f->f[which].has = false;
	f->f[which].why = why;
}

/* The whole text, to be freed; *can_trace as told. */
static char *text_of(const struct features *f, bool *can_trace)
{
	char *text = NULL;
	size_t sz;
	FILE *out = open_memstream(&text, &sz);

	assert_non_null(out);
	assert_int_equal(check_print(out, &(struct types_opts){.features = f}, can_trace), 0);
	fclose(out);
	return text;
}

/* The line of a row, its newline cut off, to be freed. */
static char *row_of(const char *text, const char *what)
{
	char want[64];
	const char *at;

	for (int i = 0; i < 3; i++) {
		snprintf(want, sizeof(want), "\n  %.2s  %s ", &"ok--!!"[2 * i], what);
		at = strstr(text, want);
		if (at)
			return strndup(at + 1, strcspn(at + 1, "\n"));
	}
	fail_msg("no row '%s' in:\n%s", what, text);
	return NULL;
}

static void assert_row(const char *text, const char *what, const char *mark, const char *has)
{
	char *line = row_of(text, what);

	if (line[2] != mark[0] || line[3] != mark[1] || !strstr(line, has))
		fail_msg("'%s' is not marked '%s' with '%s'", line, mark, has);
	free(line);
}

static void need_types(void)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) == 0)
		return;
	print_message("skipped: no /sys/kernel/btf/vmlinux\n");
	skip();
}

static void test_everything_there(void **state)
{
	struct features f = features_all();
	bool can_trace = false;
	char *text;

	need_types();
	text = text_of(&f, &can_trace);
	assert_true(can_trace);
	assert_row(text, "btf", "ok", "carry an skb");
	assert_row(text, "kprobe-multi", "ok", "");
	assert_row(text, "kprobe", "ok", "");
	assert_row(text, "tracepoint", "ok", "");
	assert_row(text, "tracing", "ok",
		   "backend kprobe-multi, events through the BPF ring buffer");
	free(text);
}

static void test_choice_follows_what_is_missing(void **state)
{
	struct features f = features_all();
	bool can_trace = false;
	char *text;

	need_types();
	take(&f, FEAT_KPROBE_MULTI, -EOPNOTSUPP);
	text = text_of(&f, &can_trace);
	assert_true(can_trace);
	assert_row(text, "kprobe-multi", "--", "");
	assert_non_null(strstr(text, "-> Linux 5.18 or later with CONFIG_FPROBE=y"));
	assert_row(text, "tracing", "ok", "backend kprobe,");
	free(text);

	take(&f, FEAT_KPROBE_PMU, -ENOENT);
	take(&f, FEAT_JUMP_OPTIMIZATION, -ENOENT);
	take(&f, FEAT_RINGBUF, -EINVAL);
	text = text_of(&f, &can_trace);
	assert_true(can_trace);
	assert_row(text, "tracing", "ok", "backend kprobe-events, events through a perf ring");
	assert_row(text, "ring-buffer", "--", "5.8");
	assert_row(text, "jump-optimization", "--", "");
	free(text);

	take(&f, FEAT_KPROBE_EVENTS, -ENOENT);
	text = text_of(&f, &can_trace);
	assert_row(text, "tracing", "ok", "backend tracepoint,");
	assert_row(text, "tracepoint-events", "ok", "");
	assert_null(strstr(text, "jump-optimization"));
	free(text);

	take(&f, FEAT_RAW_TRACEPOINT, -EINVAL);
	text = text_of(&f, &can_trace);
	assert_true(can_trace);
	assert_row(text, "tracing", "ok", "backend tracepoint-events,");
	free(text);

	/* Tracefs carries two backends. */
	f.f[FEAT_KPROBE_EVENTS].has = true;
	take(&f, FEAT_TRACEFS, -ENODEV);
	text = text_of(&f, &can_trace);
	assert_false(can_trace);
	assert_row(text, "kprobe-events", "--", "tracefs is not available");
	assert_row(text, "tracepoint-events", "--", "tracefs is not available");
	assert_row(text, "tracing", "!!", "no backend works");
	free(text);
}

static void test_functions_need_addresses(void **state)
{
	struct features f = features_all();
	bool can_trace = false;
	char *text;

	need_types();
	take(&f, FEAT_KALLSYMS, -EPERM);
	text = text_of(&f, &can_trace);
	assert_true(can_trace);
	assert_row(text, "kallsyms", "!!", "not permitted");
	assert_row(text, "kprobe", "--", "kallsyms");
	assert_row(text, "tracing", "ok", "backend tracepoint");
	free(text);
}

static void test_without_types(void **state)
{
	struct features f = features_all();
	bool can_trace = true;
	char *text;

	take(&f, FEAT_BTF, -ENOENT);
	f.f[FEAT_BTF].left_out = true; /* so that none on this machine's disk is found */
	text = text_of(&f, &can_trace);
	assert_false(can_trace);
	assert_row(text, "btf", "!!", "disabled by --without");
	assert_row(text, "from-kernel", "--", "--without btf");
	assert_row(text, "from-file", "--", "no --kernel-btf");
	assert_row(text, "from-disk", "--", "--without btf");
	assert_row(text, "from-pack", "--", "--without btf");
	assert_row(text, "tracing", "!!", "only with --kernel-btf FILE: then backend kprobe-multi");
	free(text);
}

/* What the user names is used or nothing. */
static void test_bad_file(void **state)
{
	struct features f = features_all();
	struct types_opts o = {.kernel_btf = "/no/such/file", .features = &f};
	bool can_trace = true;
	char *text = NULL;
	size_t sz;
	FILE *out = open_memstream(&text, &sz);

	assert_int_equal(check_print(out, &o, &can_trace), 0);
	fclose(out);
	assert_false(can_trace);
	assert_row(text, "from-file", "!!", "'/no/such/file'");
	assert_row(text, "btf", "!!", "none");
	free(text);
}

static void test_nothing_there(void **state)
{
	struct features f = {0};
	bool can_trace = true;
	char *text;

	for (int i = 0; i < FEAT_NR; i++)
		take(&f, i, -EINVAL);
	text = text_of(&f, &can_trace);
	assert_false(can_trace);
	assert_row(text, "bpf", "!!", "not supported by this kernel");
	assert_row(text, "tracing", "!!", "impossible");
	free(text);
}

/* Every row starts with a mark at the same place, every way out with an arrow under the details. */
static void test_is_aligned(void **state)
{
	struct features f = {0};
	char *text, *line, *save;
	bool can_trace;

	for (int i = 0; i < FEAT_NR; i++)
		take(&f, i, i % 2 ? -EPERM : -ENOENT);
	f.f[FEAT_BPF].has = true;
	text = text_of(&f, &can_trace);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (line[0] != ' ')
			continue;
		if (strlen(line) < 26 || line[24] != ' ' || line[25] == ' ')
			fail_msg("not aligned: '%s'", line);
		if (line[2] == ' ')
			assert_memory_equal(line + 25, "-> ", 3);
		else
			assert_true(!strncmp(line + 2, "ok ", 3) || !strncmp(line + 2, "-- ", 3) ||
				    !strncmp(line + 2, "!! ", 3));
		if (strlen(line) > 120)
			fail_msg("too long: '%s'", line);
	}
	free(text);
}

static void test_full_disk(void **state)
{
	struct features f = features_all();
	FILE *out = fopen("/dev/full", "w");
	bool can_trace;

	assert_non_null(out);
	assert_true(check_print(out, &(struct types_opts){.features = &f}, &can_trace) < 0);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_there),
		cmocka_unit_test(test_choice_follows_what_is_missing),
		cmocka_unit_test(test_functions_need_addresses),
		cmocka_unit_test(test_without_types),
		cmocka_unit_test(test_bad_file),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_is_aligned),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("loader_check", tests, NULL, NULL);
}
