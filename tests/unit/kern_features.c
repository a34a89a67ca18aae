// SPDX-License-Identifier: GPL-2.0-only
/* Features, release code, privileges and clocks on the running kernel, whoever runs the test. */
#include "kern/features.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/insn.h"
#include "base/number.h"
#include "kern/bpf.h"
#include "kern/clock.h"
#include "kern/perf.h"
#include "kern/tracefs.h"

static size_t nr_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t nr = 0;

	assert_non_null(d);
	while (readdir(d))
		nr++;
	closedir(d);
	return nr;
}

static void test_table_is_complete(void **state)
{
	for (int i = 0; i < FEAT_NR; i++) {
		assert_non_null(feature_infos[i].name);
		assert_non_null(feature_infos[i].since);
		assert_non_null(feature_infos[i].what);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(feature_infos[i].name, feature_infos[j].name);
	}
}

static void test_leaves_no_descriptor(void **state)
{
	size_t before = nr_fds();
	struct features f;

	features_probe(&f);
	assert_int_equal(nr_fds(), before);
}

static void assert_consistent(const struct features *f)
{
	for (int i = 0; i < FEAT_NR; i++) {
		if (f->f[i].has ? f->f[i].why != 0 : f->f[i].why >= 0)
			fail_msg("%s: has %d, why %d", feature_infos[i].name, f->f[i].has,
				 f->f[i].why);
	}
	if (!features_has(f, FEAT_BPF)) {
		assert_false(features_has(f, FEAT_KPROBE_MULTI));
		assert_false(features_has(f, FEAT_RAW_TRACEPOINT));
		assert_false(features_has(f, FEAT_PROBE_READ_KERNEL));
		assert_false(features_has(f, FEAT_KPROBE_EVENTS));
		assert_false(features_has(f, FEAT_TRACEPOINT_EVENTS));
	}
	if (!features_has(f, FEAT_TRACEFS)) {
		assert_false(features_has(f, FEAT_KPROBE_EVENTS));
		assert_false(features_has(f, FEAT_TRACEPOINT_EVENTS));
	}
	assert_int_equal(features_has(f, FEAT_BTF), access("/sys/kernel/btf/vmlinux", R_OK) == 0);
	if (perf_kprobe_pmu() < 0)
		assert_false(features_has(f, FEAT_KPROBE_PMU));
}

static void test_consistent(void **state)
{
	struct features f;

	features_probe(&f);
	assert_consistent(&f);
}

/* The same questions asked here with other programs and maps. */
static void test_agrees_with_direct_tries(void **state)
{
	const struct bpf_map_spec ring = {.type = 27, .nr_max = 4 * sysconf(_SC_PAGESIZE)};
	const struct bpf_insn insns[] = {INSN_MOV_IMM(BPF_REG_0, 0), INSN_EXIT()};
	const struct bpf_prog_spec spec = {
		.type = 17, /* raw tracepoint */
		.insns = insns,
		.nr_insns = 2,
		.kern_version = kern_release_code(),
	};
	struct features f;
	int fd, tp_fd;

	features_probe(&f);
	fd = bpf_map_create(&ring);
	assert_int_equal(fd >= 0, features_has(&f, FEAT_RINGBUF));
	if (fd >= 0)
		close(fd);
	fd = bpf_prog_load(&spec, NULL, 0, 0);
	if (fd >= 0) {
		assert_true(features_has(&f, FEAT_BPF));
		tp_fd = bpf_raw_tracepoint_open("kfree_skb", fd);
		if (tp_fd >= 0) {
			assert_true(features_has(&f, FEAT_RAW_TRACEPOINT));
			close(tp_fd);
		}
		assert_int_equal(bpf_raw_tracepoint_open("no_such_tracepoint", fd), -ENOENT);
		close(fd);
	} else {
		assert_false(features_has(&f, FEAT_RAW_TRACEPOINT));
	}
}

/* Whatever was left untried: an event of tracefs can be opened, with a program. */
static void test_tracepoint_event(void **state)
{
	const struct bpf_insn insns[] = {INSN_MOV_IMM(BPF_REG_0, 0), INSN_EXIT()};
	const struct bpf_prog_spec spec = {
		.type = BPF_PROG_TYPE_TRACEPOINT, .insns = insns, .nr_insns = 2};
	int tracefs_fd = tracefs_dir(), prog_fd = bpf_prog_load(&spec, NULL, 0, 0), fd = -ENOENT;
	struct features f;

	features_probe(&f);
	assert_int_equal(tracefs_fd >= 0, features_has(&f, FEAT_TRACEFS));
	if (tracefs_fd >= 0 && prog_fd >= 0)
		fd = perf_with_bpf(perf_tracepoint_open(number_in_file_at(
					   tracefs_fd, "events/net/netif_receive_skb/id")),
				   prog_fd);
	assert_int_equal(fd >= 0, features_has(&f, FEAT_TRACEPOINT_EVENTS));
	if (fd >= 0)
		close(fd);
	if (prog_fd >= 0)
		close(prog_fd);
	if (tracefs_fd >= 0)
		close(tracefs_fd);
}

static void test_map_and_log(void **state)
{
	const struct bpf_map_spec array = {
		.type = BPF_MAP_TYPE_ARRAY, .key_sz = 4, .value_sz = 8, .nr_max = 2};
	const struct bpf_insn bad[] = {INSN_MOV_REG(BPF_REG_0, BPF_REG_5), INSN_EXIT()};
	const struct bpf_prog_spec spec = {
		.type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = bad, .nr_insns = 2};
	uint32_t key = 1;
	uint64_t value = 0x1122334455667788, got = 0;
	char log[4096] = "";
	int fd = bpf_map_create(&array);

	if (fd < 0) {
		print_message("skipped: no map can be made: %s\n", strerror(-fd));
		skip();
	}
	assert_int_equal(bpf_map_update(fd, &key, &value), 0);
	assert_int_equal(bpf_map_lookup(fd, &key, &got), 0);
	assert_int_equal(got, value);
	key = 2;
	assert_int_equal(bpf_map_lookup(fd, &key, &got), -ENOENT);
	assert_int_equal(bpf_map_update(fd, &key, &value), -E2BIG);
	close(fd);
	assert_true(bpf_prog_load(&spec, NULL, 0, 0) < 0);
	assert_true(bpf_prog_load(&spec, log, sizeof(log), 1) < 0);
	assert_non_null(strstr(log, "R5 !read_ok"));
}

/* A process without rights gets answers too, and an explanation. */
static void test_without_privileges(void **state)
{
	int status;
	pid_t pid;

	if (geteuid()) {
		print_message("skipped: only root can give up its rights\n");
		skip();
	}
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct features f;
		char why[256];

		if (setgid(65534) || setuid(65534))
			_exit(1);
		features_probe(&f);
		privileges_explain(why, sizeof(why));
		if (features_has(&f, FEAT_BPF) || features_has(&f, FEAT_RAW_TRACEPOINT))
			_exit(2);
		if (f.f[FEAT_BPF].why != -EPERM)
			_exit(3);
		if (!strstr(why, "not root") || !strstr(why, "CAP_") || !strstr(why, "sudo"))
			_exit(4);
		if (capability_has(21))
			_exit(5);
		if (strstr(why, "CAP_BPF") && !strstr(why, "CAP_SYSLOG are missing"))
			_exit(7);
		_exit(limits_raise() > 0 ? 6 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_limits(void **state)
{
	struct rlimit before, after;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limits_raise();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_true(after.rlim_cur >= before.rlim_cur);
	assert_true(after.rlim_cur == after.rlim_max || after.rlim_cur >= 65536);
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &after), 0);
	assert_true(after.rlim_cur == after.rlim_max);
}

static void test_lockdown_mode(void **state)
{
	const char *mode = lockdown_mode();

	assert_true(!strcmp(mode, "none") || !strcmp(mode, "integrity") ||
		    !strcmp(mode, "confidentiality") || !strcmp(mode, "unknown"));
	if (access("/sys/kernel/security/lockdown", R_OK))
		assert_string_equal(mode, "unknown");
}

static void test_release_code_of(void **state)
{
	assert_int_equal(release_code_of("6.1.12-amd64"), 0x06010c);
	assert_int_equal(release_code_of("4.19.0"), 0x041300);
	assert_int_equal(release_code_of("7.0-rc3"), 0x070000);
	assert_int_equal(release_code_of("4.14.336"), 0x040eff);
	assert_int_equal(release_code_of("linux"), 0);
	assert_int_equal(release_code_of(""), 0);
}

/* The two first numbers are in every release text; the third is another one on Debian. */
static void test_release_code_is_this_kernels(void **state)
{
	uint32_t code = kern_release_code();
	struct utsname un;

	assert_int_equal(uname(&un), 0);
	assert_int_equal(code >> 8, release_code_of(un.release) >> 8);
	if (!strstr(un.version, "Debian"))
		assert_int_equal(code, release_code_of(un.release));
}

struct vdso {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	struct {
		Elf64_Nhdr head;
		char name[8];
		uint32_t value;
	} notes[2];
};

static struct vdso vdso_make(void)
{
	struct vdso v;

	memset(&v, 0, sizeof(v));
	memcpy(v.eh.e_ident, ELFMAG, SELFMAG);
	v.eh.e_ident[EI_CLASS] = ELFCLASS64;
	v.eh.e_phentsize = sizeof(Elf64_Phdr);
	v.eh.e_phnum = 2;
	v.eh.e_phoff = offsetof(struct vdso, ph);
	v.ph[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_filesz = sizeof(v)};
	v.ph[1] = (Elf64_Phdr){.p_type = PT_NOTE,
			       .p_offset = offsetof(struct vdso, notes),
			       .p_filesz = sizeof(v.notes)};
	v.notes[0].head = (Elf64_Nhdr){.n_namesz = 6, .n_descsz = 4, .n_type = 0x100};
	v.notes[1].head = (Elf64_Nhdr){.n_namesz = 6, .n_descsz = 4, .n_type = 0};
	for (int i = 0; i < 2; i++) {
		memcpy(v.notes[i].name, "Linux", 6);
		v.notes[i].value = 0x050401 + i;
	}
	return v;
}

static uint32_t vdso_code(const struct vdso *v, size_t sz)
{
	/* Exactly as large as it claims, for the sanitizers. */
	void *copy = malloc(sz ? sz : 1);
	uint32_t code;

	memcpy(copy, v, sz);
	code = vdso_release_code(copy, sz, sz);
	free(copy);
	return code;
}

static void test_vdso_note(void **state)
{
	struct vdso v = vdso_make();

	assert_int_equal(vdso_code(&v, sizeof(v)), 0x050402);
	for (size_t sz = 0; sz < sizeof(v); sz++)
		assert_int_equal(vdso_code(&v, sz), 0);
	v.notes[0].head.n_descsz = UINT32_MAX;
	assert_int_equal(vdso_code(&v, sizeof(v)), 0);
	v = vdso_make();
	v.notes[0].head.n_namesz = UINT32_MAX - 1;
	assert_int_equal(vdso_code(&v, sizeof(v)), 0);
	v = vdso_make();
	v.notes[1].head.n_descsz = 8;
	assert_int_equal(vdso_code(&v, sizeof(v)), 0);
	v = vdso_make();
	v.eh.e_phnum = UINT16_MAX;
	assert_int_equal(vdso_code(&v, sizeof(v)), 0x050402);
	v.eh.e_phoff = UINT64_MAX - 4;
	assert_int_equal(vdso_code(&v, sizeof(v)), 0);
	v = vdso_make();
	v.ph[1].p_filesz = UINT64_MAX;
	assert_int_equal(vdso_code(&v, sizeof(v)), 0);
}

static void test_perf_output_ring(void **state)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = perf_bpf_output_open(0, 4096);
	void *ring;

	if (fd < 0) {
		print_message("skipped: perf_event_open: %s\n", strerror(-fd));
		skip();
	}
	ring = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(ring != MAP_FAILED);
	munmap(ring, 3 * page);
	close(fd);
	assert_true(perf_bpf_output_open(1 << 20, 0) < 0);
}

static void test_clocks(void **state)
{
	uint64_t a = clock_now(), b = clock_now();
	int64_t now = (int64_t)clock_now() + clock_realtime_off();
	int64_t diff = now / 1000000000 - time(NULL);

	assert_true(a > 0 && b >= a && b - a < 1000000000);
	assert_true(diff >= -1 && diff <= 1);
}

/* Nothing can be traced without; or it is a fact that changes nothing in a trace. */
static bool is_needed(size_t which)
{
	return which == FEAT_BPF || which == FEAT_KALLSYMS || which == FEAT_MEMCG_MEMLOCK;
}

static void test_leave_out(void **state)
{
	struct features f = {0};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < FEAT_NR; i++)
		f.f[i].has = true;
	assert_int_equal(features_leave_out(&f, "ring-buffer,kprobe-multi", &err), 0);
	assert_false(features_has(&f, FEAT_RINGBUF));
	assert_false(features_has(&f, FEAT_KPROBE_MULTI));
	assert_true(features_has(&f, FEAT_KPROBE_PMU));
	assert_int_equal(features_leave_out(&f, "kprobe-pmu,", &err), -EINVAL);
	err_clear(&err);
	assert_int_equal(features_leave_out(&f, "ring", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "'ring'"));
	for (size_t i = 0; i < FEAT_NR; i++)
		assert_int_equal(!strstr(err.hint, feature_infos[i].name), is_needed(i));
}

/* The hint names all that can be left out, one by one and at once. */
static void test_leave_out_each(void **state)
{
	struct features f = {0};
	struct err err = ERR_INIT;
	char all[512] = "";

	for (size_t i = 0; i < FEAT_NR; i++) {
		const char *name = feature_infos[i].name;

		f.f[i].has = true;
		assert_int_equal(features_leave_out(&f, name, &err), is_needed(i) ? -EINVAL : 0);
		assert_int_equal(features_has(&f, i), is_needed(i));
		assert_int_equal(f.f[i].left_out, !is_needed(i));
		err_clear(&err);
		f.f[i].has = true;
		if (!is_needed(i))
			strcat(strcat(all, *all ? "," : ""), name);
	}
	assert_int_equal(features_leave_out(&f, all, &err), 0);
	for (size_t i = 0; i < FEAT_NR; i++)
		assert_int_equal(features_has(&f, i), is_needed(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_complete),
		cmocka_unit_test(test_leaves_no_descriptor),
		cmocka_unit_test(test_consistent),
		cmocka_unit_test(test_agrees_with_direct_tries),
		cmocka_unit_test(test_tracepoint_event),
		cmocka_unit_test(test_map_and_log),
		cmocka_unit_test(test_without_privileges),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lockdown_mode),
		cmocka_unit_test(test_release_code_of),
		cmocka_unit_test(test_release_code_is_this_kernels),
		cmocka_unit_test(test_vdso_note),
		cmocka_unit_test(test_perf_output_ring),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_leave_out),
		cmocka_unit_test(test_leave_out_each),
	};

	return cmocka_run_group_tests_name("kern_features", tests, NULL, NULL);
}
