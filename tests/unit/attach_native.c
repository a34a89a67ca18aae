// SPDX-License-Identifier: GPL-2.0-only
/* Each backend on the running kernel, where it has it and this process may use it. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/insn.h"
#include "kern/bpf.h"
#include "loader/attach/find.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

static struct features features;

/* A program that counts its runs in a map. */
struct counter {
	const struct backend *backend;
	int map_fd, prog_fd;
	size_t nr_asked;
};

static int counter_open(struct counter *c, const struct backend *backend)
{
	const struct bpf_map_spec map = {
		.type = BPF_MAP_TYPE_ARRAY, .key_sz = 4, .value_sz = 8, .nr_max = 1};
	struct bpf_insn insns[] = {
		INSN_ST(BPF_W, 10, -4, 0),
		insn(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, 0),
		insn(0, 0, 0, 0, 0),
		INSN_MOV_REG(2, 10),
		INSN_ALU64_IMM(BPF_ADD, 2, -4),
		INSN_CALL(BPF_FUNC_map_lookup_elem),
		INSN_JMP_IMM(BPF_JEQ, 0, 0, 2),
		INSN_MOV_IMM(1, 1),
		insn(BPF_STX | BPF_XADD | BPF_DW, 0, 1, 0, 0),
		INSN_MOV_IMM(0, 0),
		INSN_EXIT(),
	};
	struct bpf_prog_spec spec = {
		.type = backend->prog_type,
		.attach_type = backend->attach_type,
		.insns = insns,
		.nr_insns = sizeof(insns) / sizeof(insns[0]),
		.kern_version = kern_release_code(),
	};

	*c = (struct counter){.backend = backend};
	c->map_fd = bpf_map_create(&map);
	insns[1].imm = c->map_fd;
	c->prog_fd = bpf_prog_load(&spec, NULL, 0, 0);
	return c->prog_fd;
}

static uint64_t count(const struct counter *c)
{
	uint32_t key = 0;
	uint64_t v = 0;

	assert_int_equal(bpf_map_lookup(c->map_fd, &key, &v), 0);
	return v;
}

static void counter_release(struct counter *c)
{
	close(c->prog_fd);
	close(c->map_fd);
}

static int prog_for(void *arg, const struct target *t, struct err *err)
{
	struct counter *c = arg;

	c->nr_asked++;
	return c->prog_fd;
}

/* Some datagrams over the loopback device, or to nowhere where it is down. */
static void traffic(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < 20; i++)
		(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void find(struct targets *ts, const struct backend *backend)
{
	struct btf *btf;
	struct ksyms *ks;
	struct find_opts o = {.only_ftrace = backend == &backend_kprobe_multi};
	struct err err = ERR_INIT;
	regex_t re;
	int ret;

	if (btf_open(&btf, VMLINUX, NULL, &err) || ksyms_load(&ks, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(regcomp(&re, "(__)?(udp|ip|dev|netif)_.*|netif.*|kfree_skb|consume_skb",
				 REG_EXTENDED),
			 0);
	o.name_re = &re;
	if (backend == &backend_tracepoint_events)
		ret = targets_find_tracepoint_events(ts, &re, &err);
	else if (backend->tracepoints)
		ret = targets_find_tracepoints(ts, btf, &re, &err);
	else
		ret = targets_find_funcs(ts, (const struct btf *const[]){btf},
					 (const char *const[]){NULL}, 1, ks, &o, NULL, &err);
	if (ret)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < ts->nr; i++)
		ts->t[i].module = NULL; /* ks goes now */
	regfree(&re);
	ksyms_free(ks);
	btf_free(btf);
}

static void add_bad(struct targets *ts, uint64_t addr)
{
	ts->t = realloc(ts->t, (ts->nr + 1) * sizeof(*ts->t));
	ts->t[ts->nr] = ts->t[0];
	ts->t[ts->nr].addr = addr;
	ts->t[ts->nr].event_id = INT_MAX;
	ts->t[ts->nr++].name = strdup("skbtrail_has_no_such_name");
	ts->cap = ts->nr;
}

static void progress(void *arg, size_t done, size_t total)
{
	size_t *last = arg;

	assert_true(done >= *last && done <= total);
	*last = done;
}

/* Waits for the child that closes the probes, if there is one. */
static void close_wait(struct attachment *a)
{
	attachment_close(a);
	while (wait(NULL) > 0)
		;
}

static void check_backend(const struct backend *backend)
{
	struct targets ts = {0};
	struct counter c;
	struct attachment a;
	struct err err = ERR_INIT;
	volatile sig_atomic_t stop = 0;
	size_t last = 0;
	uint64_t silent;
	struct attach_ctx ctx = {
		.targets = &ts,
		.progs = {prog_for, &c},
		.features = &features,
		.stop = &stop,
		.progress = progress,
		.progress_arg = &last,
	};

	assert_true(counter_open(&c, backend) >= 0);
	find(&ts, backend);
	assert_true(ts.nr > 2);
	add_bad(&ts, backend->tracepoints ? 0 : ts.t[0].addr + 1);
	if (backend->attach(&ctx, &a, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(a.nr_attached + a.nr_failed, ts.nr);
	assert_true(a.nr_attached > 2);
	assert_true(a.nr_failed >= 1);
	assert_int_equal(last, ts.nr);
	assert_true(ts.t[ts.nr - 1].status < 0);
	assert_non_null(ts.t[ts.nr - 1].why);
	assert_null(a.rcu_expedited);
	traffic();
	assert_true(count(&c) >= 20);
	close_wait(&a);
	silent = count(&c);
	traffic();
	assert_int_equal(count(&c), silent);

	stop = 1;
	last = 0;
	assert_int_equal(backend->attach(&ctx, &a, &err), -EINTR);
	assert_null(a.fds);
	stop = 0;
	last = 0;
	err_clear(&err);
	/* Only the one that does not exist. */
	free(ts.t[0].name);
	ts.t[0] = ts.t[--ts.nr];
	while (ts.nr > 1)
		free(ts.t[--ts.nr].name);
	assert_true(backend->attach(&ctx, &a, &err) < 0);
	assert_non_null(strstr(err.msg, "'skbtrail_has_no_such_name'"));
	assert_null(a.fds);
	targets_release(&ts);
	counter_release(&c);
}

static void run(const struct backend *backend)
{
	const char *why = "";
	int ret = backend_usable(backend, &features, &why);

	if (ret < 0) {
		assert_true(why[0]);
		print_message("skipped: %s: %s\n", backend->name, why);
		skip();
	}
	if (access(VMLINUX, R_OK) || !features_has(&features, FEAT_KALLSYMS)) {
		print_message("skipped: %s: no BTF or no symbols\n", backend->name);
		skip();
	}
	check_backend(backend);
}

static void test_kprobe_multi(void **state)
{
	run(&backend_kprobe_multi);
}

static void test_kprobe(void **state)
{
	run(&backend_kprobe);
}

static void test_kprobe_events(void **state)
{
	run(&backend_kprobe_events);
}

static void test_tracepoint(void **state)
{
	run(&backend_tracepoint);
}

static void test_tracepoint_events(void **state)
{
	run(&backend_tracepoint_events);
}

static void test_usable(void **state)
{
	struct features none = {0};
	size_t nr = 0;

	for (; backends[nr]; nr++) {
		const char *why = NULL;

		assert_true(backend_usable(backends[nr], &none, &why) < 0);
		assert_non_null(why);
		none.f[backends[nr]->feature].why = none.f[FEAT_TRACEFS].why = -EPERM;
		assert_int_equal(backend_usable(backends[nr], &none, &why), -EPERM);
		assert_non_null(strstr(why, "not permitted"));
		memset(&none, 0, sizeof(none));
	}
	assert_int_equal(nr, 5);
	assert_ptr_equal(backends[0], &backend_kprobe_multi);
	assert_ptr_equal(backends[1], &backend_kprobe);
	assert_ptr_equal(backends[2], &backend_kprobe_events);
	assert_ptr_equal(backends[3], &backend_tracepoint);
	assert_ptr_equal(backends[4], &backend_tracepoint_events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usable),	   cmocka_unit_test(test_kprobe_multi),
		cmocka_unit_test(test_kprobe),	   cmocka_unit_test(test_kprobe_events),
		cmocka_unit_test(test_tracepoint), cmocka_unit_test(test_tracepoint_events),
	};

	limits_raise();
	features_probe(&features);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
