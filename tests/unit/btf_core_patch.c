// SPDX-License-Identifier: GPL-2.0-only
/* Patching each class of instruction, and reading .BTF.ext. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "btf/build.h"
#include "btf/core/core.h"

#define BPF_MEMSX_MODE 0x80 /* sign-extending load, 6.6 */

static const struct core_value found = {
	.exists = true, .value = 24, .local = 8, .check_local = true};
static const struct core_value missing = {.local = 8, .check_local = true};

static struct bpf_insn patched(struct bpf_insn i, const struct core_value *v)
{
	struct err err = ERR_INIT;

	if (core_patch(&i, 1, 0, 5, v, &err))
		fail_msg("opcode 0x%02x: %s", i.code, err.msg);
	return i;
}

static void refused(struct bpf_insn i, const struct core_value *v, int code, const char *msg)
{
	struct bpf_insn before = i;
	struct err err = ERR_INIT;

	assert_int_equal(core_patch(&i, 1, 0, 5, v, &err), code);
	assert_int_equal(err.code, code);
	if (!strstr(err.msg, msg))
		fail_msg("opcode 0x%02x: %s", i.code, err.msg);
	assert_memory_equal(&i, &before, sizeof(i));
}

static void same(struct bpf_insn got, struct bpf_insn want)
{
	assert_int_equal(got.code, want.code);
	assert_int_equal(got.dst_reg, want.dst_reg);
	assert_int_equal(got.src_reg, want.src_reg);
	assert_int_equal(got.off, want.off);
	assert_int_equal(got.imm, want.imm);
}

static void test_alu(void **state)
{
	const struct core_value big = {.exists = true, .value = 0xfffffff0};
	const struct core_value neg = {.exists = true, .value = (uint64_t)-7};

	same(patched(INSN_MOV_IMM(3, 8), &found), INSN_MOV_IMM(3, 24));
	same(patched(INSN_ALU64_IMM(BPF_ADD, 1, 8), &found), INSN_ALU64_IMM(BPF_ADD, 1, 24));
	same(patched(INSN_ALU64_IMM(BPF_LSH, 1, 8), &found), INSN_ALU64_IMM(BPF_LSH, 1, 24));
	same(patched(INSN_ALU32_IMM(BPF_MOV, 1, 8), &found), INSN_ALU32_IMM(BPF_MOV, 1, 24));
	same(patched(INSN_ALU32_IMM(BPF_MOV, 1, 0), &big), INSN_ALU32_IMM(BPF_MOV, 1, -16));
	same(patched(INSN_MOV_IMM(1, 0), &neg), INSN_MOV_IMM(1, -7));
	same(patched(INSN_MOV_IMM(3, 8), &missing), INSN_CALL(CORE_POISON + 5));
	refused(INSN_MOV_IMM(1, 0), &big, -ERANGE,
		"CO-RE value does not fit instruction 0: 4294967280");
	refused(INSN_ALU32_IMM(BPF_MOV, 1, 0), &neg, -ERANGE, "does not fit");
	refused(INSN_MOV_IMM(3, 9), &found, -EINVAL,
		"instruction 0 has value 9, expected 8 by its CO-RE relocation");
	refused(INSN_MOV_REG(3, 4), &found, -EINVAL,
		"instruction 0 (opcode 0xbf) cannot have a CO-RE relocation");
}

static void test_mem(void **state)
{
	struct core_value far = found, any = found;

	same(patched(INSN_LDX(BPF_W, 1, 2, 8), &found), INSN_LDX(BPF_W, 1, 2, 24));
	same(patched(INSN_STX(BPF_DW, 1, 8, 2), &found), INSN_STX(BPF_DW, 1, 24, 2));
	same(patched(INSN_ST(BPF_B, 1, 8, 77), &found), INSN_ST(BPF_B, 1, 24, 77));
	same(patched(insn(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 8, BPF_ADD), &found),
	     insn(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 24, BPF_ADD));
	same(patched(INSN_LDX(BPF_W, 1, 2, 8), &missing), INSN_CALL(CORE_POISON + 5));
	same(patched(INSN_ST(BPF_W, 1, 8, 0), &missing), INSN_CALL(CORE_POISON + 5));
	far.value = INT16_MAX;
	same(patched(INSN_LDX(BPF_W, 1, 2, 8), &far), INSN_LDX(BPF_W, 1, 2, INT16_MAX));
	far.value++;
	refused(INSN_LDX(BPF_W, 1, 2, 8), &far, -ERANGE,
		"field offset does not fit instruction 0: 32768");
	refused(INSN_LDX(BPF_W, 1, 2, 12), &found, -EINVAL, "has value 12");
	any.check_local = false;
	same(patched(INSN_LDX(BPF_W, 1, 2, 12), &any), INSN_LDX(BPF_W, 1, 2, 24));
	refused(insn(BPF_LDX | BPF_MEMSX_MODE | BPF_W, 1, 2, 8, 0), &found, -EINVAL,
		"cannot have a CO-RE relocation");
	refused(insn(BPF_LDX | BPF_ATOMIC | BPF_W, 1, 2, 8, 0), &found, -EINVAL,
		"cannot have a CO-RE relocation");
}

static void test_mem_size(void **state)
{
	static const struct {
		uint32_t sz, code;
	} sizes[] = {{1, BPF_B}, {2, BPF_H}, {4, BPF_W}, {8, BPF_DW}};
	struct core_value v = found;

	for (unsigned i = 0; i < 4; i++) {
		for (unsigned j = 0; j < 4; j++) {
			v.local_mem_sz = sizes[i].sz;
			v.mem_sz = sizes[j].sz;
			same(patched(INSN_LDX(sizes[i].code, 1, 2, 8), &v),
			     INSN_LDX(sizes[j].code, 1, 2, 24));
			same(patched(INSN_STX(sizes[i].code, 1, 8, 2), &v),
			     INSN_STX(sizes[j].code, 1, 24, 2));
		}
	}
	v.local_mem_sz = 4;
	v.mem_sz = 0;
	same(patched(INSN_LDX(BPF_W, 1, 2, 8), &v), INSN_LDX(BPF_W, 1, 2, 24));
	v.mem_sz = 8;
	refused(INSN_LDX(BPF_H, 1, 2, 8), &v, -EINVAL,
		"not a load or store of 4 bytes, the size of its field, which has 8");
	refused(insn(BPF_STX | BPF_ATOMIC | BPF_W, 1, 2, 8, BPF_ADD), &v, -EINVAL,
		"not a load or store of 4 bytes");
	same(patched(INSN_ALU64_IMM(BPF_ADD, 1, 8), &v), INSN_ALU64_IMM(BPF_ADD, 1, 24));
	v.mem_sz = 16;
	refused(INSN_LDX(BPF_W, 1, 2, 8), &v, -EINVAL, "cannot load or store a field of 16 bytes");
	v.mem_unsafe = true;
	same(patched(INSN_LDX(BPF_W, 1, 2, 8), &v), INSN_CALL(CORE_POISON + 5));
	same(patched(INSN_ALU64_IMM(BPF_ADD, 1, 8), &v), INSN_ALU64_IMM(BPF_ADD, 1, 24));
}

static void test_imm64(void **state)
{
	const struct bpf_insn lo = insn(BPF_LD | BPF_DW | BPF_IMM, 7, 0, 0, (int32_t)0x89abcdef);
	const struct bpf_insn hi = insn(0, 0, 0, 0, 0x01234567);
	struct core_value v = {.exists = true,
			       .value = 0xfedcba9876543210,
			       .local = 0x0123456789abcdef,
			       .check_local = true};
	struct bpf_insn pair[2] = {lo, hi};
	struct err err = ERR_INIT;

	assert_int_equal(core_patch(pair, 2, 0, 3, &v, &err), 0);
	same(pair[0], insn(BPF_LD | BPF_DW | BPF_IMM, 7, 0, 0, 0x76543210));
	same(pair[1], insn(0, 0, 0, 0, (int32_t)0xfedcba98));
	assert_int_equal(core_patch(pair, 2, 0, 3, &v, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "expected 81985529216486895"));
	v.exists = false;
	assert_int_equal(core_patch(pair, 2, 0, 3, &v, NULL), 0);
	same(pair[0], INSN_CALL(CORE_POISON + 3));
	same(pair[1], INSN_CALL(CORE_POISON + 3));

	refused(lo, &v, -EINVAL, "cannot have a CO-RE relocation"); /* no second half */
	pair[0] = lo;
	pair[1] = INSN_EXIT();
	assert_int_equal(core_patch(pair, 2, 0, 3, &v, NULL), -EINVAL);
	pair[0].src_reg = BPF_PSEUDO_MAP_FD;
	pair[1] = hi;
	assert_int_equal(core_patch(pair, 2, 0, 3, &v, NULL), -EINVAL);
	refused(insn(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 8), &v, -EINVAL,
		"cannot have a CO-RE relocation");
}

static void test_no_place(void **state)
{
	struct bpf_insn i = INSN_MOV_IMM(1, 8);

	refused(INSN_EXIT(), &found, -EINVAL, "cannot have a CO-RE relocation");
	refused(INSN_CALL(4), &missing, -EINVAL, "cannot have a CO-RE relocation");
	refused(INSN_JMP_IMM(BPF_JEQ, 1, 8, 2), &found, -EINVAL, "cannot have a CO-RE relocation");
	assert_int_equal(core_patch(&i, 1, 1, 0, &found, NULL), -EINVAL);
	assert_int_equal(core_patch(&i, 0, 0, 0, &found, NULL), -EINVAL);
}

/* .BTF.ext as words: 6 or 8 of header, then one section of two records. */
struct ext_fixture {
	struct btf_build b;
	struct btf *btf;
	uint32_t id, access, section;
	uint32_t w[32];
	size_t nr;
};

static void ext_init(struct ext_fixture *f)
{
	struct err err = ERR_INIT;
	size_t sz;
	void *blob;

	memset(f, 0, sizeof(*f));
	bb_init(&f->b);
	f->id = bb_struct(&f->b, "s", 0);
	f->access = bb_str(&f->b, "0:1");
	f->section = bb_str(&f->b, "kprobe/x");
	blob = bb_finish(&f->b, &sz);
	if (btf_parse(&f->btf, blob, sz, NULL, &err))
		fail_msg("%s", err.msg);
	f->w[0] = BTF_VERSION << 16 | BTF_MAGIC;
	f->w[1] = 32;
	f->w[7] = 4 + 8 + 2 * 16;
	f->w[8] = 16;
	f->w[9] = f->section;
	f->w[10] = 2;
	for (unsigned i = 0; i < 2; i++) {
		f->w[11 + 4 * i] = 8 * (i + 1);
		f->w[12 + 4 * i] = f->id;
		f->w[13 + 4 * i] = f->access;
		f->w[14 + 4 * i] = BPF_CORE_TYPE_SIZE;
	}
	f->nr = 19;
}

static void ext_release(struct ext_fixture *f)
{
	btf_free(f->btf);
	bb_release(&f->b);
}

/* Parse an exact-size copy, so that a sanitizer sees a read beyond it. */
static int ext_parse(struct ext_fixture *f, size_t sz, struct core_relo **r, size_t *nr,
		     struct err *err)
{
	void *copy = malloc(sz ? sz : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, f->w, sz);
	rc = core_relos_parse(f->btf, copy, sz, r, nr, err);
	free(copy);
	return rc;
}

static void test_ext(void **state)
{
	struct ext_fixture f;
	struct core_relo *r;
	size_t nr;

	ext_init(&f);
	assert_int_equal(ext_parse(&f, 4 * f.nr, &r, &nr, NULL), 0);
	assert_int_equal(nr, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(r[i].insn_off, 8 * (i + 1));
		assert_int_equal(r[i].type_id, f.id);
		assert_int_equal(r[i].kind, BPF_CORE_TYPE_SIZE);
		assert_string_equal(r[i].access, "0:1");
		assert_string_equal(r[i].section, "kprobe/x");
	}
	free(r);
	/* longer records of a later compiler: the second is taken for a tail of the first */
	f.w[8] = 32;
	f.w[10] = 1;
	assert_int_equal(ext_parse(&f, 4 * f.nr, &r, &nr, NULL), 0);
	assert_int_equal(nr, 1);
	free(r);
	/* no records, and a header of before CO-RE */
	f.w[7] = 0;
	assert_int_equal(ext_parse(&f, 4 * f.nr, &r, &nr, NULL), 0);
	assert_int_equal(nr, 0);
	assert_null(r);
	f.w[1] = 24;
	assert_int_equal(ext_parse(&f, 24, &r, &nr, NULL), 0);
	assert_int_equal(nr, 0);
	ext_release(&f);
}

static void test_ext_malformed(void **state)
{
	static const struct {
		unsigned word;
		uint32_t value;
		const char *msg;
	} bad[] = {
		{0, BTF_VERSION << 16 | 0x9feb, "other byte order"},
		{0, BTF_VERSION << 16 | 0x1234, "magic 0x1234, expected 0xeb9f"},
		{0, 2 << 16 | BTF_MAGIC, "version 2, expected 1"},
		{1, 20, "header length out of range"},
		{1, 77, "header length out of range"},
		{1, 0xffffffff, "header length out of range"},
		{6, 1, "CO-RE part extends past the end"},
		{6, 0xffffffff, "CO-RE part extends past the end"},
		{7, 45, "CO-RE part extends past the end"},
		{7, 0xffffffff, "CO-RE part extends past the end"},
		{7, 2, "CO-RE record size 0"},
		{7, 8, "truncated CO-RE section header"},
		{7, 4 + 8 + 16, "truncated CO-RE record"},
		{8, 12, "CO-RE record size 12"},
		{8, 18, "CO-RE record size 18"},
		{8, 0xfffffffc, "truncated CO-RE record"},
		{9, 0, "CO-RE section has no name"},
		{9, 0xffffff, "CO-RE section has no name"},
		{10, 0, "CO-RE section has no records"},
		{10, 3, "truncated CO-RE record"},
		{10, 0xffffffff, "truncated CO-RE record"},
		{11, 7, "CO-RE record 0 at offset 7 of 'kprobe/x', inside an instruction"},
		{12, 0, "CO-RE record 0 refers to type 0 of 2"},
		{16, 2, "CO-RE record 1 refers to type 2 of 2"},
		{17, 0xffffff, "CO-RE record 1 has no access string"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err err = ERR_INIT;
		struct ext_fixture f;
		struct core_relo *r;
		size_t nr;

		ext_init(&f);
		f.w[bad[i].word] = bad[i].value;
		assert_int_equal(ext_parse(&f, 4 * f.nr, &r, &nr, &err), -EINVAL);
		if (!strstr(err.msg, "malformed .BTF.ext: ") || !strstr(err.msg, bad[i].msg))
			fail_msg("case %zu: %s", i, err.msg);
		assert_null(r);
		assert_int_equal(nr, 0);
		ext_release(&f);
	}
}

/* Cut off anywhere it is refused; only the header of before CO-RE stands by itself. */
static void test_ext_cut_off(void **state)
{
	struct ext_fixture f;

	ext_init(&f);
	for (size_t sz = 0; sz < 4 * f.nr; sz++) {
		struct core_relo *r;
		size_t nr;

		assert_int_equal(ext_parse(&f, sz, &r, &nr, NULL), -EINVAL);
	}
	ext_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alu),	      cmocka_unit_test(test_mem),
		cmocka_unit_test(test_mem_size),      cmocka_unit_test(test_imm64),
		cmocka_unit_test(test_no_place),      cmocka_unit_test(test_ext),
		cmocka_unit_test(test_ext_malformed), cmocka_unit_test(test_ext_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
