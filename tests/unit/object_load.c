// SPDX-License-Identifier: GPL-2.0-only
/* Loading into the running kernel, as root; skipped where bpf(2) is not to be had. */
#include "tests/unit/object_common.h"

#include <sys/wait.h>
#include <unistd.h>

#include "kern/bpf.h"

static struct prog_load_opts opts = {.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .name = "test_load"};

static void need_bpf(void)
{
	const struct bpf_insn insns[] = {INSN_MOV_IMM(0, 0), INSN_EXIT()};
	struct prog prog;
	struct err err = ERR_INIT;
	int fd;

	if (geteuid()) {
		print_message("skipped: needs root\n");
		skip();
	}
	prog = obj_test_prog(insns, NR(insns));
	fd = prog_load(&prog, &opts, &err);
	prog_release(&prog);
	if (fd == -EPERM || fd == -ENOSYS) {
		print_message("skipped: %s\n", err.msg);
		skip();
	}
	assert_ok(fd, &err);
	close(fd);
}

static int load(const struct bpf_insn *insns, size_t nr, struct err *err)
{
	struct prog prog = obj_test_prog(insns, nr);
	int fd = prog_load(&prog, &opts, err);

	prog_release(&prog);
	return fd;
}

static void test_rejected(void **state)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_IMM(0, 0),
		INSN_MOV_REG(6, 1),
		INSN_LDX(BPF_B, 0, 7, 0),
		INSN_EXIT(),
	};
	struct err err = ERR_INIT;
	int ret;

	need_bpf();
	ret = load(insns, NR(insns), &err);
	assert_string_not_equal(err.hint, "");
	assert_non_null(strstr(err.msg, "omitted)"));
	assert_error(ret, -EACCES, &err, "cannot load program 'test_load': R7 !read_ok (");
}

/* What folding is for: a helper that this kernel does not know, where it is never called. */
static void test_unknown_helper(void **state)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_IMM(2, 1), INSN_MOV_IMM(0, 0), INSN_JMP_IMM(BPF_JEQ, 2, 1, 1),
		INSN_CALL(999999),  INSN_EXIT(),
	};
	struct prog prog = obj_test_prog(insns, NR(insns));
	struct err err = ERR_INIT;
	int fd;

	need_bpf();
	assert_ok(prog_fold(&prog, &err), &err);
	assert_int_equal(COUNT_CALLS(&prog, 999999), 0);
	fd = prog_load(&prog, &opts, &err);
	assert_ok(fd, &err);
	close(fd);
	prog_release(&prog);
}

static void test_unfilled(void **state)
{
	const struct bpf_insn insns[] = {
		INSN_MOV_IMM(0, 0), {.code = BPF_LD | BPF_DW | BPF_IMM}, {0}, INSN_EXIT()};
	const struct prog_ref ref = {PROG_REF_MAP, "events", 1};
	struct prog prog = obj_test_prog(insns, NR(insns));
	struct err err = ERR_INIT;

	obj_test_refs(&prog, &ref, 1);
	assert_error(prog_load(&prog, &opts, &err), -EINVAL, &err,
		     "program 'test': map 'events' at instruction 1 was not filled in");
	prog_release(&prog);
}

static size_t read_file(const char *path, char *buf, size_t sz)
{
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, sz - 1, f);
	fclose(f);
	buf[n] = '\0';
	return n;
}

/* The log of 3,000 instructions does not fit the first buffer. */
static void test_log_file(void **state)
{
	static struct bpf_insn insns[3002];
	static char log[4 << 20];
	char path[] = "/tmp/skbtrail-test-XXXXXX";
	struct err err = ERR_INIT;
	int fd, ret;

	need_bpf();
	for (size_t n = 0; n < 3000; n++)
		insns[n] = INSN_MOV_IMM(n % 6, (int32_t)n);
	insns[3000] = INSN_LDX(BPF_B, 0, 3, 0);
	insns[3001] = INSN_EXIT();
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	opts.verifier_log = path;
	ret = load(insns, NR(insns), &err);
	opts.verifier_log = NULL;
	assert_non_null(strstr(err.hint, path));
	assert_error(ret, -EACCES, &err, "R3 invalid mem access");
	assert_true(read_file(path, log, sizeof(log)) > 64 << 10);
	assert_non_null(strstr(log, "0: (b7) r0 = 0"));
	assert_non_null(strstr(log, "R3 invalid mem access"));
	unlink(path);

	opts.verifier_log = "/nonexistent/dir/log";
	ret = load(insns, NR(insns), &err);
	opts.verifier_log = NULL;
	assert_non_null(strstr(err.hint,
			       "cannot write the verifier log to '/nonexistent/dir/log': No such"));
	assert_error(ret, -EACCES, &err, "R3 invalid mem access");
	opts.verifier_log = "/dev/full";
	ret = load(insns, NR(insns), &err);
	opts.verifier_log = NULL;
	assert_non_null(strstr(err.hint, "No space left"));
	assert_error(ret, -EACCES, &err, "R3 invalid mem access");
}

/* Line of the first thing that is wrong, 0 if nothing is. */
static int load_without_rights(void)
{
	const struct bpf_insn insns[] = {INSN_MOV_IMM(0, 0), INSN_EXIT()};
	struct prog prog = obj_test_prog(insns, NR(insns));
	struct err err = ERR_INIT;

	if (setuid(65534))
		return __LINE__;
	if (prog_load(&prog, &opts, &err) != -EPERM)
		return __LINE__;
	if (!strstr(err.msg, "cannot load program 'test_load': Operation not permitted"))
		return __LINE__;
	if (!err.hint[0])
		return __LINE__;
	prog_release(&prog);
	return 0;
}

static void test_without_rights(void **state)
{
	int status;
	pid_t pid;

	need_bpf();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int line = load_without_rights();

		if (line)
			fprintf(stderr, "line %d\n", line);
		_exit(line != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_bad_type(void **state)
{
	const struct bpf_insn insns[] = {INSN_MOV_IMM(0, 0), INSN_EXIT()};
	uint32_t type = opts.type;
	struct err err = ERR_INIT;
	int ret;

	need_bpf();
	opts.type = 999;
	ret = load(insns, NR(insns), &err);
	opts.type = type;
	assert_non_null(strstr(err.hint, "program type"));
	assert_error(ret, -EINVAL, &err, "cannot load program 'test_load': Invalid argument");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rejected),       cmocka_unit_test(test_unknown_helper),
		cmocka_unit_test(test_unfilled),       cmocka_unit_test(test_log_file),
		cmocka_unit_test(test_without_rights), cmocka_unit_test(test_bad_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
