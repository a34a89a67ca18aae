// SPDX-License-Identifier: GPL-2.0-only
/*
 * CO-RE on damaged input: bytes of an object's .BTF and .BTF.ext, of the kernel's BTF and of
 * access strings are changed at random (the same way each time). Nothing may crash, hang or
 * read beyond its input, which is what the sanitizers watch.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gelf.h>
#include <libelf.h>

#include "btf/core/core.h"

#define ROUNDS 3000

struct blob {
	uint8_t *data; /* owned, of exact size */
	size_t sz;
};

static struct blob prog_btf, prog_ext, targ_btf;

static uint32_t rnd(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x >> 16;
}

static struct blob copy_of(const void *data, size_t sz)
{
	struct blob b = {.data = malloc(sz ? sz : 1), .sz = sz};

	assert_non_null(b.data);
	memcpy(b.data, data, sz);
	return b;
}

static struct blob section(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct blob b = {0};
	Elf_Scn *scn = NULL;
	size_t shstrndx;
	GElf_Shdr sh;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_non_null(elf);
	assert_int_equal(elf_getshdrstrndx(elf, &shstrndx), 0);
	while (!b.data && (scn = elf_nextscn(elf, scn))) {
		assert_non_null(gelf_getshdr(scn, &sh));
		if (!strcmp(name, elf_strptr(elf, shstrndx, sh.sh_name)))
			b = copy_of(elf_getdata(scn, NULL)->d_buf, sh.sh_size);
	}
	assert_non_null(b.data);
	elf_end(elf);
	close(fd);
	return b;
}

static void damage(struct blob *b, unsigned nr)
{
	static const uint32_t edges[] = {0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff};

	for (unsigned i = 0; i < nr; i++) {
		size_t at = rnd() % b->sz;
		uint32_t v = rnd() % 2 ? edges[rnd() % 7] : rnd() % 64;

		switch (rnd() % 3) {
		case 0:
			b->data[at] ^= 1 << rnd() % 8;
			break;
		case 1:
			b->data[at] = v;
			break;
		default:
			at &= ~(size_t)3;
			memcpy(b->data + at, &v, b->sz - at < 4 ? b->sz - at : 4);
		}
	}
}

/* Everything one can do with the records of an object; counts those that get an answer. */
static size_t use(const struct btf *local, const struct blob *ext, const struct btf *targ)
{
	const struct btf *targets[] = {targ};
	struct core_relo *r;
	size_t nr, nr_answers = 0;
	char words[64];

	if (core_relos_parse(local, ext->data, ext->sz, &r, &nr, NULL))
		return 0;
	for (size_t i = 0; i < nr; i++) {
		struct bpf_insn insns[2] = {INSN_MOV_IMM(1, 0), INSN_LDX(BPF_W, 1, 2, 0)};
		struct err err = ERR_INIT;
		struct core_value v;

		core_describe(local, &r[i], words, sizeof(words));
		assert_true(strlen(words) > 0);
		if (core_calc(local, &r[i], targets, 1, &v, &err)) {
			assert_true(err.msg[0]);
			continue;
		}
		v.check_local = false;
		core_patch(insns, 2, rnd() % 3, i, &v, NULL);
		nr_answers++;
	}
	free(r);
	return nr_answers;
}

static size_t round_with(const struct blob *btf, const struct blob *ext, const struct blob *targ,
			 unsigned nr_btf, unsigned nr_ext, unsigned nr_targ)
{
	struct blob b = copy_of(btf->data, btf->sz), e = copy_of(ext->data, ext->sz),
		    t = copy_of(targ->data, targ->sz);
	struct btf *local = NULL, *kernel = NULL;
	size_t nr = 0;

	damage(&b, nr_btf);
	damage(&e, nr_ext);
	damage(&t, nr_targ);
	if (!btf_parse(&local, b.data, b.sz, NULL, NULL) &&
	    !btf_parse(&kernel, t.data, t.sz, NULL, NULL))
		nr = use(local, &e, kernel);
	btf_free(kernel);
	btf_free(local);
	free(b.data);
	free(e.data);
	free(t.data);
	return nr;
}

static void test_ext(void **state)
{
	size_t whole = round_with(&prog_btf, &prog_ext, &targ_btf, 0, 0, 0), nr = 0;

	assert_true(whole > 100);
	for (unsigned i = 0; i < ROUNDS; i++)
		nr += round_with(&prog_btf, &prog_ext, &targ_btf, 0, 1 + i % 4, 0);
	assert_in_range(nr, 1, whole * ROUNDS - 1);
}

static void test_types(void **state)
{
	size_t nr = 0;

	for (unsigned i = 0; i < ROUNDS; i++)
		nr += round_with(&prog_btf, &prog_ext, &targ_btf, i % 3, 0, (i + 1) % 3);
	assert_true(nr > 0);
}

static void test_access(void **state)
{
	static const char chars[] = "0123456789::::::-x ";
	struct btf *local, *kernel;
	size_t nr_good = 0;

	assert_int_equal(btf_parse(&local, prog_btf.data, prog_btf.sz, NULL, NULL), 0);
	assert_int_equal(btf_parse(&kernel, targ_btf.data, targ_btf.sz, NULL, NULL), 0);
	for (unsigned i = 0; i < 20 * ROUNDS; i++) {
		const struct btf *targets[] = {kernel};
		size_t len = rnd() % (i % 100 ? 8 : 300);
		char *access = malloc(len + 1), words[64];
		struct core_relo r = {.type_id = rnd() % (btf_nr_types(local) + 2),
				      .access = access,
				      .kind = rnd() % 14,
				      .section = ""};
		struct err err = ERR_INIT;
		struct core_value v;

		assert_non_null(access);
		for (size_t j = 0; j < len; j++)
			access[j] = chars[j % 2 && rnd() % 8 ? 10 : rnd() % (rnd() % 8 ? 3 : 19)];
		access[len] = '\0';
		if (core_calc(local, &r, targets, 1, &v, &err) == 0)
			nr_good++;
		else
			assert_true(err.msg[0]);
		core_describe(local, &r, words, sizeof(words));
		free(access);
	}
	assert_in_range(nr_good, 1000, 19 * ROUNDS);
	btf_free(kernel);
	btf_free(local);
}

static int setup(void **state)
{
	prog_btf = section(CORE_BPF_DIR "/core_prog.bpf.o", ".BTF");
	prog_ext = section(CORE_BPF_DIR "/core_prog.bpf.o", ".BTF.ext");
	targ_btf = section(CORE_BPF_DIR "/core_target.bpf.o", ".BTF");
	return 0;
}

static int teardown(void **state)
{
	free(prog_btf.data);
	free(prog_ext.data);
	free(targ_btf.data);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ext),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_access),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
