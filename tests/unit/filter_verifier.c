// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verifier of the running kernel on converted filters: the program around them has
 * initialised the window and r1-r6, and nothing else. Needs root.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/insn.h"
#include "filter/filter.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_filter.h"

#define LOG_STATS 4 /* log_level of Linux 5.2: only the last line */

static char verifier_log[1 << 20];
static unsigned int most; /* the most work for the verifier so far */

static int load(const struct insn_buf *code, uint32_t log_level)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)code->insns,
		.insn_cnt = (uint32_t)code->nr,
		.license = (uintptr_t) "GPL",
		.log_buf = log_level ? (uintptr_t)verifier_log : 0,
		.log_size = log_level ? sizeof(verifier_log) : 0,
		.log_level = log_level,
	};
	long fd;

	verifier_log[0] = '\0';
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	return fd < 0 ? -errno : (int)fd;
}

/* r6 = context; the window is read from its first word, the rest comes from the others. */
static void build_program(struct insn_buf *code, const struct cbpf_prog *prog, struct cbpf_window w)
{
	struct err err = ERR_INIT;

	insn_push(code, INSN_MOV_REG(6, 1));
	insn_push(code, INSN_MOV_REG(1, 10));
	insn_push(code, INSN_ALU64_IMM(BPF_ADD, 1, FILTER_FRAME_OFF));
	insn_push(code, INSN_MOV_IMM(2, (int32_t)w.to));
	insn_push(code, INSN_LDX(BPF_DW, 3, 6, 0));
	insn_push(code, INSN_CALL(BPF_FUNC_probe_read_kernel));
	insn_push(code, INSN_MOV_REG(1, 10));
	insn_push(code, INSN_ALU64_IMM(BPF_ADD, 1, FILTER_FRAME_OFF));
	for (uint8_t r = 2; r <= 5; r++)
		insn_push(code, INSN_LDX(BPF_DW, r, 6, (int16_t)(8 * (r - 2))));
	if (cbpf_to_ebpf(prog, FILTER_FRAME_OFF, code, &err))
		fail_msg("%s", err.msg);
	insn_push(code, INSN_LDX(BPF_DW, 1, 6, 0)); /* r6 is still the context */
	insn_push(code, INSN_EXIT());
}

/* Returns how many instructions the verifier looked at; 0 where the kernel does not say. */
static unsigned int verify(const char *expr, const struct cbpf_prog *prog, struct cbpf_window w,
			   size_t *nr)
{
	struct insn_buf code = {0};
	unsigned int processed = 0;
	const char *line;
	int fd;

	build_program(&code, prog, w);
	fd = load(&code, LOG_STATS);
	if (fd < 0) {
		fd = load(&code, 1);
		fail_msg("'%s': %s\n%s", expr, strerror(-fd), verifier_log);
	}
	close(fd);
	line = strstr(verifier_log, "processed ");
	if (line)
		sscanf(line, "processed %u", &processed);
	*nr = code.nr;
	insn_buf_release(&code);
	return processed;
}

static void verify_expr(const char *expr)
{
	struct err err = ERR_INIT;
	struct filter f;

	if (filter_compile(&f, expr, &err))
		fail_msg("%s", err.msg);
	for (int layer = FILTER_L2; layer <= FILTER_L3; layer++) {
		size_t nr;
		unsigned int n = verify(expr, &f.prog[layer], f.window[layer], &nr);

		if (n <= most)
			continue;
		most = n;
		printf("L%d %zu instructions, verifier looks at %u: '%.60s'\n", 2 + layer, nr, n,
		       expr);
	}
	filter_release(&f);
}

static void skip_unless_allowed(void)
{
	const struct bpf_insn ret[] = {INSN_MOV_IMM(0, 0), INSN_EXIT()};
	struct insn_buf code = {.insns = (void *)(uintptr_t)ret, .nr = 2};
	int fd = load(&code, 0);

	if (fd == -EPERM || fd == -ENOSYS) {
		printf("skipped: not allowed to load programs (%s)\n", strerror(-fd));
		skip();
	}
	assert_true(fd >= 0);
	close(fd);
}

static void test_expressions(void **state)
{
	skip_unless_allowed();
	for (size_t i = 0; filter_exprs[i]; i++)
		verify_expr(filter_exprs[i]);
}

/* Many hosts and many ports: paths that meet again and again. */
static void test_many_alternatives(void **state)
{
	char expr[4096] = "(";
	size_t n = 1;

	skip_unless_allowed();
	most = 0;
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(expr + n, sizeof(expr) - n, "%shost 192.168.%d.1",
				      i ? " or " : "", i);
	n += (size_t)snprintf(expr + n, sizeof(expr) - n, ") and (");
	for (int i = 0; i < 30; i++)
		n += (size_t)snprintf(expr + n, sizeof(expr) - n, "%sport %d", i ? " or " : "",
				      1000 + 3 * i);
	n += (size_t)snprintf(expr + n, sizeof(expr) - n, ")");
	assert_true(n < sizeof(expr));
	verify_expr(expr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_many_alternatives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
