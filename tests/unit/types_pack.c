// SPDX-License-Identifier: GPL-2.0-only
/* Packed types: what is packed is what comes back, and what is damaged is refused. */
#include "types/pack.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "btf/discover/discover.h"
#include "loader/programs.h"
#include "tests/unit/lib_files.h"
#include "tests/unit/lib_reduce.h"
#include "types/types.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"
#define NR(a)	(sizeof(a) / sizeof((a)[0]))

static int setup(void **state)
{
	*state = files_begin();
	log_level = LOG_QUIET;
	return 0;
}

static int teardown(void **state)
{
	files_end(*state);
	return 0;
}

/* An skb whose mark is at that byte, and a function with one. */
static const char *put_btf(const char *dir, const char *name, uint32_t mark_at)
{
	struct btf_build b;
	uint32_t u32, skb, proto;
	const char *path;
	void *blob;
	size_t sz;

	bb_init(&b);
	u32 = bb_int(&b, "unsigned int", 4, 0);
	skb = bb_struct(&b, "sk_buff", 200);
	bb_member(&b, "mark", u32, 8 * mark_at);
	skb = bb_ptr(&b, skb);
	proto = bb_func_proto(&b, 0);
	bb_param(&b, "skb", skb);
	bb_func(&b, "ip_rcv", proto, BTF_FUNC_STATIC);
	blob = bb_finish(&b, &sz);
	path = files_write(dir, name, blob, sz);
	bb_release(&b);
	return path;
}

static void must_write(const char *out, const char *const *files, size_t nr)
{
	struct err err = ERR_INIT;

	if (pack_write(out, files, nr, &err))
		fail_msg("%s", err.msg);
}

static uint32_t mark_of(const struct btf *btf)
{
	const struct btf_type *t = btf_type(btf, btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0));

	assert_non_null(t);
	assert_int_equal(btf_vlen(t), 1);
	return btf_member_bit_off(t, 0) / 8;
}

/* Where the types packed for this release say that mark is. */
static uint32_t packed_mark(const char *path, const char *release, size_t nr)
{
	struct identity id = {{0}};
	const struct pack_entry *e;
	struct err err = ERR_INIT;
	struct skb_func *f;
	struct btf *btf;
	uint32_t mark;
	struct pack p;
	size_t nr_funcs;

	strcpy(id.release, release);
	strcpy(id.machine, identity_machine());
	if (pack_open(&p, path, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(p.nr, nr);
	e = pack_find(&p, &id);
	assert_non_null(e);
	if (pack_types(&btf, &p, e, &err))
		fail_msg("%s", err.msg);
	mark = mark_of(btf);
	assert_int_equal(discover_funcs(btf, DISCOVER_NR_REGS, &f, &nr_funcs, &err), 0);
	assert_int_equal(nr_funcs, 1);
	free(f);
	btf_free(btf);
	strcpy(id.release, "9.9.9");
	assert_null(pack_find(&p, &id));
	pack_release(&p);
	return mark;
}

static void test_round_trip(void **state)
{
	const char *dir = *state, *files[2], *out;
	struct stat st;

	out = files_path(dir, "packed");
	files[0] = put_btf(dir, "5.10.0-8.btf", 100);
	files[1] = put_btf(dir, "6.1.0-9.btf", 104);
	must_write(out, files, 2);
	assert_int_equal(packed_mark(out, "5.10.0-8", 2), 100);
	assert_int_equal(packed_mark(out, "6.1.0-9", 2), 104);
	assert_int_equal(stat(out, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	/* Of two for one kernel the later stays, and the file is replaced as a whole. */
	files[1] = put_btf(dir, "other/5.10.0-8.btf", 108);
	must_write(out, files, 2);
	assert_int_equal(packed_mark(out, "5.10.0-8", 1), 108);
	assert_int_equal(access(files_path(dir, "packed.tmp"), F_OK), -1);
}

/* The copy runs, and what it packs is added to what it carries. */
static void test_adding(void **state)
{
	const char *dir = *state, *out, *added, *file;
	char command[1500];

	out = files_path(dir, "packed");
	added = files_path(dir, "added");
	file = put_btf(dir, "5.10.0-8.btf", 100);
	must_write(out, &file, 1);
	file = put_btf(dir, "6.1.0-9.btf", 104);
	snprintf(command, sizeof(command), "%s pack %s %s", out, added, file);
	assert_int_equal(system(command), 0);
	assert_int_equal(packed_mark(added, "5.10.0-8", 2), 100);
	assert_int_equal(packed_mark(added, "6.1.0-9", 2), 104);
}

static void test_find(void **state)
{
	struct pack_entry e[] = {
		{.id = {"5.10", "", {1}, 20}},
		{.id = {"5.10", "", {2}, 20}},
		{.id = {.release = "5.10"}},
		{.id = {.release = "6.1"}},
	};
	struct pack p = {.fd = -1, .e = e, .nr = NR(e)};
	struct identity id = {"5.10", "", {2}, 20};

	assert_ptr_equal(pack_find(&p, &id), &e[1]);
	id.build_id[0] = 3; /* another build of that release: only the one that does not say */
	assert_ptr_equal(pack_find(&p, &id), &e[2]);
	id.build_id_sz = 0;
	assert_ptr_equal(pack_find(&p, &id), &e[0]);
	strcpy(id.release, "6.1");
	assert_ptr_equal(pack_find(&p, &id), &e[3]);
	strcpy(id.release, "6.10");
	assert_null(pack_find(&p, &id));
}

static void refused(const char *out, const char *file, int code, const char *words)
{
	struct err err = ERR_INIT;

	assert_int_equal(pack_write(out, &file, 1, &err), code);
	if (!strstr(err.msg, words))
		fail_msg("'%s' lacks '%s'", err.msg, words);
}

static void test_refusals(void **state)
{
	const char *dir = *state, *out = files_path(dir, "packed"), *good;
	static const char text[] = "no BTF at all";

	good = put_btf(dir, "5.10.0-8.btf", 100);
	refused(out, put_btf(dir, "types.btf", 100), -EINVAL, "does not say which kernel");
	refused(out, files_path(dir, "missing"), -ENOENT, "missing'");
	refused(out, files_write(dir, "5.11.btf", text, sizeof(text)), -EINVAL, "5.11.btf'");
	refused("/proc/self/exe", good, -EINVAL, "is this program");
	refused(dir, good, -EINVAL, "is not a regular file");
	refused("/dev/full", good, -EINVAL, "is not a regular file");
	refused(files_path(dir, "no/such/dir"), good, -ENOENT, "cannot write");
	assert_int_equal(access(out, F_OK), -1);
}

/* A small program with a small pack, in memory. */
static uint8_t *make_packed(const char *dir, size_t *sz, size_t *prog_sz)
{
	const char *path = files_path(dir, "packed"), *file = put_btf(dir, "5.10.0-8.btf", 100);
	struct err err = ERR_INIT;
	struct pack_trailer t;
	struct pack_row row;
	struct pack p;
	uint8_t *elf, *all, *data;

	must_write(path, &file, 1);
	assert_int_equal(pack_open(&p, path, &err), 0);
	data = pack_bytes(&p, p.e, &err);
	assert_non_null(data);
	elf = elf_make(62, NULL, 0, prog_sz);
	*sz = *prog_sz + p.e->sz + sizeof(row) + sizeof(t);
	all = malloc(*sz);
	assert_non_null(all);
	memcpy(all, elf, *prog_sz);
	memcpy(all + *prog_sz, data, p.e->sz);
	row = (struct pack_row){.off = *prog_sz,
				.sz = p.e->sz,
				.raw_sz = p.e->raw_sz,
				.sum = p.e->sum,
				.release = "5.10.0-8"};
	strcpy(row.machine, identity_machine());
	memcpy(all + *prog_sz + p.e->sz, &row, sizeof(row));
	t = (struct pack_trailer){.start = *prog_sz,
				  .nr = 1,
				  .sum = pack_sum(&row, sizeof(row)),
				  .magic = PACK_MAGIC};
	memcpy(all + *sz - sizeof(t), &t, sizeof(t));
	pack_release(&p);
	free(data);
	free(elf);
	return all;
}

/* 1: whole; 0: nothing packed; else the error. With a refit table's checksum, if asked for. */
static int try(const char *dir, uint8_t *all, size_t sz, bool refit)
{
	struct err err = ERR_INIT;
	struct pack_trailer t;
	struct btf *btf = NULL;
	struct pack p;
	int ret;

	if (refit) {
		uint8_t *at = all + sz - sizeof(t);

		memcpy(&t, at, sizeof(t));
		t.sum = pack_sum(at - sizeof(struct pack_row), sizeof(struct pack_row));
		memcpy(at, &t, sizeof(t));
	}
	ret = pack_open(&p, files_write(dir, "try", all, sz), &err);
	for (size_t i = 0; i < p.nr && !ret; i++)
		ret = pack_types(&btf, &p, &p.e[i], &err);
	if (!ret)
		ret = p.nr;
	else
		assert_true(err.msg[0]);
	btf_free(btf);
	pack_release(&p);
	return ret;
}

static void test_damaged(void **state)
{
	size_t sz, prog_sz;
	const char *dir = *state;
	uint8_t *all = make_packed(dir, &sz, &prog_sz);

	assert_int_equal(try(dir, all, sz, false), 1);
	for (size_t cut = prog_sz + 1; cut < sz; cut++)
		assert_int_equal(try(dir, all, cut, false), -EINVAL);
	assert_int_equal(try(dir, all, prog_sz, false), 0);
	for (size_t cut = 0; cut < prog_sz; cut++)
		assert_int_equal(try(dir, all, cut, false), -EINVAL);
	for (size_t bit = 8 * prog_sz; bit < 8 * sz; bit++) {
		all[bit / 8] ^= 1 << bit % 8;
		assert_int_equal(try(dir, all, sz, false), -EINVAL);
		all[bit / 8] ^= 1 << bit % 8;
	}
	assert_int_equal(try(dir, all, sz, false), 1);
	free(all);
}

/* Rows that lie, with a checksum that fits. */
static void test_hostile(void **state)
{
	size_t sz, prog_sz, row_off, nr_whole = 0;
	const char *dir = *state;
	uint8_t *all = make_packed(dir, &sz, &prog_sz), old;
	static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};

	row_off = sz - sizeof(struct pack_trailer) - sizeof(struct pack_row);
	for (size_t i = 0; i < sizeof(struct pack_row); i++) {
		old = all[row_off + i];
		for (size_t v = 0; v < NR(values); v++) {
			int ret;

			all[row_off + i] = values[v];
			ret = try(dir, all, sz, true);
			assert_true(ret == -EINVAL || ret == 1);
			nr_whole += ret == 1;
		}
		all[row_off + i] = old;
	}
	assert_in_range(nr_whole, 1, 300); /* another name, another build id */
	assert_int_equal(try(dir, all, sz, true), 1);
	free(all);
}

/* Types that lie, with checksums that fit. */
static void test_hostile_types(void **state)
{
	size_t sz, prog_sz, row_off, data_sz;
	const char *dir = *state;
	uint8_t *all = make_packed(dir, &sz, &prog_sz), old;
	struct pack_row row;

	row_off = sz - sizeof(struct pack_trailer) - sizeof(row);
	memcpy(&row, all + row_off, sizeof(row));
	data_sz = row.sz;
	for (size_t i = 0; i < data_sz; i++) {
		old = all[prog_sz + i];
		for (unsigned bit = 0; bit < 8; bit++) {
			int ret;

			all[prog_sz + i] = old ^ 1 << bit;
			row.sum = pack_sum(all + prog_sz, data_sz);
			memcpy(all + row_off, &row, sizeof(row));
			ret = try(dir, all, sz, true);
			assert_true(ret == -EINVAL || ret == 1);
		}
		all[prog_sz + i] = old;
	}
	free(all);
}

/* All programs of the object, relocated. */
static struct obj *relocated(const struct btf *btf)
{
	struct err err = ERR_INIT;
	struct obj *obj;

	assert_int_equal(programs_object(&obj, &err), 0);
	if (obj_core(obj, &btf, 1, &err))
		fail_msg("%s", err.msg);
	return obj;
}

/* The running kernel's types, packed, answer as they did before. */
static void test_vmlinux(void **state)
{
	static const char *const sections[] = {"trail/skb", "trail/xdp"};
	const char *out = files_path(*state, "packed"), *file = VMLINUX;
	struct err err = ERR_INIT;
	struct identity id;
	struct obj *a, *b;
	struct btf *full, *red;
	struct pack p;

	if (access(VMLINUX, R_OK))
		skip();
	must_write(out, &file, 1);
	identity_running(&id);
	assert_int_equal(pack_open(&p, out, &err), 0);
	assert_non_null(pack_find(&p, &id));
	assert_in_range(p.e->sz, 5000, 60000);
	assert_int_equal(pack_types(&red, &p, pack_find(&p, &id), &err), 0);
	assert_int_equal(btf_open(&full, VMLINUX, NULL, &err), 0);
	a = relocated(full);
	b = relocated(red);
	assert_int_equal(obj_compare(a, full, red, false, &err), 0);
	for (size_t i = 0; i < NR(sections); i++) {
		struct prog pa, pb;

		assert_int_equal(prog_clone(&pa, a, sections[i], &err), 0);
		assert_int_equal(prog_clone(&pb, b, sections[i], &err), 0);
		assert_int_equal(pa.code.nr, pb.code.nr);
		assert_memory_equal(pa.code.insns, pb.code.insns,
				    pa.code.nr * sizeof(struct bpf_insn));
		prog_release(&pa);
		prog_release(&pb);
	}
	check_reduced_lists(full, obj_btf(a));
	obj_free(a);
	obj_free(b);
	btf_free(full);
	btf_free(red);
	pack_release(&p);
}

/* "pack OUT FILE": what test_adding() runs a copy for. */
static int pack_one(char **argv)
{
	const char *file = argv[3];
	struct err err = ERR_INIT;

	log_level = LOG_QUIET;
	return pack_write(argv[2], &file, 1, &err) != 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),	  TEST(test_adding),  TEST(test_find),
		TEST(test_refusals),	  TEST(test_damaged), TEST(test_hostile),
		TEST(test_hostile_types), TEST(test_vmlinux),
	};

	if (argc == 4 && !strcmp(argv[1], "pack"))
		return pack_one(argv);
	return cmocka_run_group_tests_name("loader_pack", tests, NULL, NULL);
}
