// SPDX-License-Identifier: GPL-2.0-only
/* A compiled object through all stages but the kernel: what comes out computes the same. */
#include "tests/unit/object_common.h"

#include "btf/build.h"
#include "btf/core/core.h"

OBJ_EMBED(object_stages);

static struct obj *open_stages(void)
{
	struct err err = ERR_INIT;
	struct obj *obj;

	assert_ok(
		obj_open(&obj, object_stages_start, object_stages_end - object_stages_start, &err),
		&err);
	return obj;
}

static struct prog clone(const struct obj *obj, const char *section)
{
	struct err err = ERR_INIT;
	struct prog prog;

	assert_ok(prog_clone(&prog, obj, section, &err), &err);
	return prog;
}

struct setting {
	const char *name;
	uint64_t value;
};

static void set(struct prog *prog, const struct setting *s, size_t nr)
{
	struct err err = ERR_INIT;

	for (size_t n = 0; n < nr; n++)
		assert_ok(prog_set_const(prog, s[n].name, s[n].value, &err), &err);
}

static void fold(struct prog *prog)
{
	struct err err = ERR_INIT;

	assert_ok(prog_fold(prog, &err), &err);
}

static uint64_t run(const struct prog *prog, uint64_t bias)
{
	uint64_t ctx[4] = {0x1122334455667788, 0xaabbccdd00000007, 42, 43}, r0 = 0;
	struct interp vm = {.helper_arg = &bias};

	if (!obj_test_run(&prog->code, ctx, sizeof(ctx), &vm, &r0))
		fail_msg("'%s': %s", prog->section, vm.error);
	return r0;
}

/* Set, run, fold, run again. Returns the folded program. */
static struct prog same(const struct obj *obj, const char *section, const struct setting *s,
			size_t nr)
{
	struct prog prog = clone(obj, section);
	uint64_t before;
	size_t nr_before;

	set(&prog, s, nr);
	assert_int_equal(prog.nr_refs, 0);
	before = run(&prog, 3);
	nr_before = prog.code.nr;
	fold(&prog);
	assert_true(prog.code.nr <= nr_before);
	assert_true(run(&prog, 3) == before);
	return prog;
}

static const uint64_t values[] = {0, 1, 5, 7, 100, 0x80000000, UINT64_MAX, 0xdeadbeef00};

static void test_unknown_helpers_vanish(void **state)
{
	struct obj *obj = open_stages();

	for (size_t n = 0; n < 4 * NR(values); n++) {
		const struct setting s[] = {{"future", n & 1},
					    {"new_helpers", n >> 1 & 1},
					    {"add", values[n / 4]},
					    {"not_used", 1}};
		struct prog prog = same(obj, "kprobe/helpers", s, NR(s));

		assert_int_equal(COUNT_CALLS(&prog, 9999), n & 1);
		assert_int_equal(COUNT_CALLS(&prog, 113), (n & 3) == 2);
		assert_int_equal(COUNT_CALLS(&prog, 4), (n & 3) == 0);
		prog_use_old_probe_read(&prog);
		assert_int_equal(COUNT_CALLS(&prog, 113), 0);
		assert_int_equal(COUNT_CALLS(&prog, 4), !(n & 1));
		prog_release(&prog);
	}
	obj_free(obj);
}

static void test_comparisons(void **state)
{
	struct obj *obj = open_stages();

	for (size_t n = 0; n < NR(values) * NR(values); n++) {
		const struct setting s[] = {{"a", values[n / NR(values)]},
					    {"b", values[n % NR(values)]}};
		struct prog prog = same(obj, "kprobe/compare", s, NR(s));

		for (size_t k = 0; k + 1 < prog.code.nr; k++) {
			unsigned class = BPF_CLASS(prog.code.insns[k].code);

			assert_true(class != BPF_JMP ||
				    prog.code.insns[k].code == (BPF_JMP | BPF_CALL));
		}
		prog_release(&prog);
	}
	obj_free(obj);
}

static void test_spilled_options(void **state)
{
	struct obj *obj = open_stages();

	for (unsigned n = 0; n < 64; n++) {
		const struct setting s[] = {{"a", n & 1},      {"b", n >> 1 & 1},
					    {"c", n >> 2 & 1}, {"d", n >> 3 & 1},
					    {"e", n >> 4 & 1}, {"f", n >> 5 & 1}};
		struct prog prog = same(obj, "kprobe/spill", s, NR(s));

		assert_int_equal(COUNT_CALLS(&prog, OPAQUE), __builtin_popcount(n));
		prog_release(&prog);
	}
	obj_free(obj);
}

static void test_map(void **state)
{
	const struct setting off = {"use_map", 0}, on = {"use_map", 1};
	struct obj *obj = open_stages();
	struct err err = ERR_INIT;
	struct prog prog = clone(obj, "kprobe/map");
	const struct bpf_insn *ld;

	assert_int_equal(prog.nr_refs, 2);
	set(&prog, &off, 1);
	assert_int_equal(prog.nr_refs, 1);
	fold(&prog); /* with its use, the map is gone */
	assert_int_equal(prog.nr_refs, 0);
	assert_int_equal(COUNT_CALLS(&prog, BPF_FUNC_map_lookup_elem), 0);
	assert_int_equal(run(&prog, 0), 1);
	prog_release(&prog);

	prog = clone(obj, "kprobe/map");
	set(&prog, &on, 1);
	fold(&prog);
	assert_int_equal(prog.nr_refs, 1);
	assert_int_equal(prog.refs[0].kind, PROG_REF_MAP);
	assert_string_equal(prog.refs[0].name, "stats");
	ld = &prog.code.insns[prog.refs[0].idx];
	assert_error(prog_set_map(&prog, "stats", -1, &err), -EINVAL, &err, "'stats'");
	assert_ok(prog_set_map(&prog, "other", 8, &err), &err);
	assert_ok(prog_set_map(&prog, "stats", 7, &err), &err);
	assert_int_equal(prog.nr_refs, 0);
	fold(&prog); /* a filled map is no small constant */
	assert_int_equal(obj_test_count(&prog.code, BPF_LD | BPF_DW | BPF_IMM, 7), 1);
	for (ld = prog.code.insns; !insn_is_ld_imm64(ld); ld++)
		;
	assert_int_equal(ld->src_reg, BPF_PSEUDO_MAP_FD);
	prog_release(&prog);
	obj_free(obj);
}

/* ---- splice ---- */

struct splice {
	uint64_t match;
	size_t nr;
	int off[4];
};

/* r0 = r2 != match, by a jump over the end of the code; the second argument goes to the frame. */
static int emit(void *arg, int frame_off, struct insn_buf *out, struct err *err)
{
	struct splice *sp = arg;

	assert_true(sp->nr < NR(sp->off));
	sp->off[sp->nr++] = frame_off;
	insn_push(out, INSN_STX(BPF_DW, 10, (int16_t)frame_off, 2));
	insn_push(out, INSN_MOV_IMM(0, 0));
	insn_push(out, INSN_LDX(BPF_DW, 1, 10, (int16_t)frame_off));
	insn_push(out, INSN_JMP_IMM(BPF_JEQ, 1, (int32_t)sp->match, 1));
	insn_push(out, INSN_MOV_IMM(0, 1));
	return 0;
}

static uint64_t splice_expected(uint64_t n, uint64_t filter, uint64_t match)
{
	if (filter && n == match)
		return 100;
	if (n > 1 && filter > 1 && n == match)
		return 200;
	return 300 + n;
}

static void test_splice(void **state)
{
	struct obj *obj = open_stages();

	for (unsigned k = 0; k < 3 * 5 * 5; k++) {
		uint64_t filter = k % 3, n = k / 3 % 5, match = k / 15;
		const struct setting s = {"filter", filter};
		struct splice sp = {.match = match};
		struct prog prog = clone(obj, "kprobe/splice");
		struct err err = ERR_INIT;

		set(&prog, &s, 1);
		fold(&prog);
		assert_int_equal(prog.nr_refs, filter);
		assert_ok(prog_splice(&prog, "none", emit, &sp, &err), &err);
		assert_int_equal(sp.nr, 0);
		assert_ok(prog_splice(&prog, "filter", emit, &sp, &err), &err);
		assert_int_equal(sp.nr, filter);
		assert_int_equal(prog.nr_refs, 0);
		for (size_t i = 0; i < sp.nr; i++)
			assert_true(sp.off[i] < 0 && sp.off[i] >= -64 && sp.off[i] % 8 == 0);
		assert_true(run(&prog, n - 1) == splice_expected(n, filter, match));
		fold(&prog);
		assert_true(run(&prog, n - 1) == splice_expected(n, filter, match));
		prog_release(&prog);
	}
	obj_free(obj);
}

static int emit_error(void *arg, int frame_off, struct insn_buf *out, struct err *err)
{
	return err_set(err, -E2BIG, "no room for this");
}

static int emit_wild(void *arg, int frame_off, struct insn_buf *out, struct err *err)
{
	insn_push(out, INSN_JA(100));
	return 0;
}

static int emit_exit(void *arg, int frame_off, struct insn_buf *out, struct err *err)
{
	insn_push(out, INSN_MOV_IMM(0, frame_off));
	insn_push(out, INSN_EXIT());
	return 0;
}

static void test_splice_rejects(void **state)
{
	const struct bpf_insn call = insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1);
	const struct bpf_insn insns[] = {INSN_MOV_REG(1, 10), INSN_ALU64_IMM(BPF_ADD, 1, -8), call,
					 INSN_EXIT()};
	const struct bpf_insn no_frame[] = {call, INSN_EXIT()};
	const struct bpf_insn not_reached[] = {INSN_MOV_IMM(0, 1), INSN_EXIT(), call, INSN_EXIT()};
	const struct prog_ref ref = {PROG_REF_SPLICE, "f", 2}, first = {PROG_REF_SPLICE, "f", 0};
	struct err err = ERR_INIT;
	struct prog prog = obj_test_prog(insns, NR(insns));

	obj_test_refs(&prog, &ref, 1);
	assert_error(prog_splice(&prog, "f", emit_error, NULL, &err), -E2BIG, &err, "no room");
	assert_int_equal(prog.nr_refs, 1);
	assert_ok(prog_splice(&prog, "f", emit_exit, NULL, &err), &err);
	assert_int_equal(run(&prog, 0), (uint64_t)-8);
	prog_release(&prog);

	prog = obj_test_prog(insns, NR(insns));
	obj_test_refs(&prog, &ref, 1);
	assert_error(prog_splice(&prog, "f", emit_wild, NULL, &err), -EINVAL, &err,
		     "jump out of the program");
	prog_release(&prog);

	prog = obj_test_prog(no_frame, NR(no_frame));
	obj_test_refs(&prog, &first, 1);
	assert_error(prog_splice(&prog, "f", emit_exit, NULL, &err), -EINVAL, &err,
		     "splice_f at instruction 0 is not a fixed stack address");
	prog_release(&prog);

	prog = obj_test_prog(not_reached, NR(not_reached));
	obj_test_refs(&prog, &ref, 1);
	assert_ok(prog_splice(&prog, "f", emit_error, NULL, &err), &err);
	assert_int_equal(run(&prog, 0), 1);
	prog_release(&prog);
}

/* Refs stay with their instructions while others shrink, grow and go. */
static void test_refs_move(void **state)
{
	const struct bpf_insn ld = {.code = BPF_LD | BPF_DW | BPF_IMM}, zero = {0};
	const struct bpf_insn insns[] = {
		INSN_MOV_REG(6, 1),
		ld,
		zero,
		INSN_JMP_IMM(BPF_JNE, 0, 0, 4),
		INSN_CALL(9999),
		ld,
		zero,
		INSN_CALL(9999),
		ld,
		zero,
		INSN_CALL(OPAQUE),
		INSN_EXIT(),
	};
	const struct prog_ref refs[] = {
		{PROG_REF_CONST, "a", 1}, {PROG_REF_CONST, "b", 5}, {PROG_REF_MAP, "m", 8}};
	struct prog prog = obj_test_prog(insns, NR(insns));
	struct err err = ERR_INIT;

	prog.code.insns[8].dst_reg = 1;
	obj_test_refs(&prog, refs, NR(refs));
	assert_ok(prog_set_const(&prog, "b", 3, &err), &err);
	assert_int_equal(prog.nr_refs, 2);
	assert_int_equal(prog.refs[1].idx, 7);
	assert_ok(prog_set_const(&prog, "a", 1, &err), &err);
	assert_int_equal(prog.nr_refs, 1);
	assert_int_equal(prog.refs[0].idx, 6);
	assert_int_equal(prog.code.insns[2].off, 3); /* over the shrunk load */
	fold(&prog);
	assert_int_equal(prog.nr_refs, 1);
	assert_int_equal(prog.refs[0].idx, 0);
	assert_int_equal(prog.code.nr, 4);
	prog_release(&prog);
}

/* Jumps across an insertion get longer, and that has an end. */
static int emit_long(void *arg, int frame_off, struct insn_buf *out, struct err *err)
{
	for (size_t n = 0; n < *(size_t *)arg; n++)
		insn_push(out, INSN_MOV_IMM(0, 0));
	return 0;
}

static void test_long_jumps(void **state)
{
	const struct bpf_insn insns[] = {
		INSN_LDX(BPF_W, 2, 1, 0),
		INSN_JMP_IMM(BPF_JEQ, 2, 0, 3),
		INSN_MOV_REG(1, 10),
		INSN_ALU64_IMM(BPF_ADD, 1, -8),
		insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, -1),
		INSN_MOV_IMM(0, 0),
		INSN_EXIT(),
	};
	const struct prog_ref ref = {PROG_REF_SPLICE, "f", 4};

	for (size_t nr = 32765; nr <= 32766; nr++) {
		struct prog prog = obj_test_prog(insns, NR(insns));
		struct err err = ERR_INIT;
		int ret;

		obj_test_refs(&prog, &ref, 1);
		ret = prog_splice(&prog, "f", emit_long, &nr, &err);
		if (nr == 32765) {
			assert_ok(ret, &err);
			assert_int_equal(prog.code.insns[1].off, 32767);
		} else {
			assert_error(ret, -E2BIG, &err, "jump over 32768 instructions");
		}
		prog_release(&prog);
	}
}

/* ---- CO-RE ---- */

/* struct thing with `second` elsewhere and without `third`. */
static struct btf *other_kernel(void)
{
	struct err err = ERR_INIT;
	struct btf_build b;
	struct btf *btf;
	uint32_t u64, u32;
	size_t sz;
	void *raw;

	bb_init(&b);
	u64 = bb_int(&b, "unsigned long", 8, 0);
	u32 = bb_int(&b, "unsigned int", 4, 0);
	bb_struct(&b, "thing", 24);
	bb_member(&b, "first", u64, 0);
	bb_member(&b, "more", u64, 64);
	bb_member(&b, "second", u32, 128);
	raw = bb_finish(&b, &sz);
	assert_ok(btf_parse(&btf, raw, sz, NULL, &err), &err);
	bb_release(&b);
	return btf;
}

static uint64_t run_core(const struct obj *obj, uint64_t has_third)
{
	const struct setting s = {"has_third", has_third};
	struct prog prog = clone(obj, "kprobe/core");
	uint64_t r0;

	set(&prog, &s, 1);
	fold(&prog);
	r0 = run(&prog, 0);
	prog_release(&prog);
	return r0;
}

static void test_core(void **state)
{
	struct err err = ERR_INIT;
	struct obj *obj = open_stages();
	const struct btf *same_kernel = obj_btf(obj);

	assert_non_null(same_kernel);
	assert_ok(obj_core(obj, &same_kernel, 1, &err), &err);
	assert_int_equal(run_core(obj, 0), 7);
	assert_int_equal(run_core(obj, 1), 0xaabbccdd);
	assert_error(obj_core(obj, &same_kernel, 1, &err), -EINVAL, &err, "already applied");
	obj_free(obj);
}

static void test_core_missing_field(void **state)
{
	const struct setting s = {"has_third", 1};
	struct btf *btf = other_kernel();
	const struct btf *target = btf;
	struct err err = ERR_INIT;
	struct obj *obj = open_stages();
	char log[128], text[256];
	struct prog prog;
	int32_t poison = 0;

	assert_ok(obj_core(obj, &target, 1, &err), &err);
	assert_int_equal(run_core(obj, 0), 42);
	prog = clone(obj, "kprobe/core");
	set(&prog, &s, 1);
	fold(&prog);
	for (size_t n = 0; n < prog.code.nr; n++) {
		const struct bpf_insn *i = &prog.code.insns[n];

		if (i->code == (BPF_JMP | BPF_CALL) && (uint32_t)i->imm >= CORE_POISON)
			poison = i->imm;
	}
	assert_true(poison != 0);
	snprintf(log, sizeof(log), "0: (85) call unknown#%d\ninvalid func unknown#%d\n", poison,
		 poison);
	verifier_summary(obj, log, text, sizeof(text));
	assert_non_null(strstr(text, "third"));
	assert_non_null(strstr(text, "(1 line omitted)"));
	prog_release(&prog);
	obj_free(obj);
	btf_free(btf);
}

static void test_no_such_section(void **state)
{
	struct obj *obj = open_stages();
	struct err err = ERR_INIT;
	struct prog prog;

	assert_error(prog_clone(&prog, obj, "kprobe/none", &err), -ENOENT, &err, "'kprobe/none'");
	prog_release(&prog);
	obj_free(obj);
	obj_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_helpers_vanish),
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_spilled_options),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_splice_rejects),
		cmocka_unit_test(test_refs_move),
		cmocka_unit_test(test_long_jumps),
		cmocka_unit_test(test_core),
		cmocka_unit_test(test_core_missing_field),
		cmocka_unit_test(test_no_such_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
