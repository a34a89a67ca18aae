// SPDX-License-Identifier: GPL-2.0-only
/* Reading ELF: malformed objects are refused with a reason, and never crash. */
#include "tests/unit/object_common.h"

#include <elf.h>

OBJ_EMBED(object_stages);
OBJ_EMBED(object_extern);
OBJ_EMBED(object_call);

#define STAGES_SZ ((size_t)(object_stages_end - object_stages_start))

static void test_programs_and_symbols(void **state)
{
	static const struct {
		const char *section;
		size_t nr_refs;
	} t[] = {{"kprobe/helpers", 3}, {"kprobe/compare", 2}, {"kprobe/spill", 6},
		 {"kprobe/map", 2},	{"kprobe/splice", 3},  {"kprobe/core", 1}};
	struct err err = ERR_INIT;
	struct obj *obj;

	assert_ok(obj_open(&obj, object_stages_start, STAGES_SZ, &err), &err);
	for (size_t n = 0; n < NR(t); n++) {
		struct prog prog;

		assert_ok(prog_clone(&prog, obj, t[n].section, &err), &err);
		assert_string_equal(prog.section, t[n].section);
		assert_int_equal(prog.nr_refs, t[n].nr_refs);
		for (size_t k = 0; k < prog.nr_refs; k++) {
			const struct bpf_insn *i = &prog.code.insns[prog.refs[k].idx];

			if (prog.refs[k].kind == PROG_REF_SPLICE)
				assert_int_equal(i->code, BPF_JMP | BPF_CALL);
			else
				assert_true(insn_is_ld_imm64(i));
		}
		prog_release(&prog);
	}
	assert_int_equal(btf_find(obj_btf(obj), BTF_KIND_STRUCT, "thing", 0) != 0, 1);
	obj_free(obj);
}

static void refuse(const void *data, size_t sz, const char *words)
{
	struct err err = ERR_INIT;
	struct obj *obj;
	int ret = obj_open(&obj, data, sz, &err);

	assert_null(obj);
	assert_error(ret, -EINVAL, &err, words);
}

static void test_unknown_symbol(void **state)
{
	refuse(object_extern_start, object_extern_end - object_extern_start,
	       "'somewhere_else' at instruction 1 cannot be resolved");
	refuse(object_call_start, object_call_end - object_call_start,
	       "call to a function that was not inlined");
}

/* A copy of exactly this size, so that a sanitizer sees what is read beyond it. */
static uint8_t *copy_of(size_t sz)
{
	uint8_t *p = malloc(sz ? sz : 1);

	assert_non_null(p);
	memcpy(p, object_stages_start, sz);
	return p;
}

static void test_header(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *words;
	} t[] = {
		{EI_MAG0, 'E', "not an ELF object"},
		{EI_CLASS, ELFCLASS32, "ELF class 1"},
		{EI_DATA, 3, "byte order 3"},
		{offsetof(Elf64_Ehdr, e_machine), EM_386, "machine 3"},
		{offsetof(Elf64_Ehdr, e_type), ET_EXEC, "type 2"},
		{offsetof(Elf64_Ehdr, e_shoff) + 7, 0x40, ""},
		{offsetof(Elf64_Ehdr, e_shstrndx), 200, ""},
	};

	for (size_t n = 0; n < NR(t); n++) {
		uint8_t *p = copy_of(STAGES_SZ);

		p[t[n].at] = t[n].value;
		refuse(p, STAGES_SZ, t[n].words);
		free(p);
	}
}

/* Header of section `of`, or of the relocations for it. */
static Elf64_Shdr *section(uint8_t *p, const char *of)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)p;
	Elf64_Shdr *sh = (Elf64_Shdr *)(p + h->e_shoff);
	const char *names = (const char *)p + sh[h->e_shstrndx].sh_offset;

	for (size_t n = 0; n < h->e_shnum; n++) {
		if (!strcmp(names + sh[n].sh_name, of))
			return &sh[n];
	}
	fail_msg("no section '%s'", of);
	return NULL;
}

enum damage {
	RELO_TYPE,
	RELO_UNALIGNED,
	RELO_OUTSIDE,
	RELO_SYMBOL,
	RELO_TWICE,
	RELO_ADDEND,
	RELO_CUT,
	RELO_SYMTAB,
	CODE_SZ,
	CODE_OUTSIDE,
	CODE_NAME,
	CODE_JUMP,
	BTF_HEAD,
};

static void damage(uint8_t *p, enum damage what)
{
	Elf64_Shdr *rel_sh = section(p, ".relkprobe/helpers"), *code = section(p, "kprobe/helpers");
	Elf64_Rel *rel = (Elf64_Rel *)(p + rel_sh->sh_offset);
	struct bpf_insn *insns = (struct bpf_insn *)(p + code->sh_offset);

	switch (what) {
	case RELO_TYPE:
		rel->r_info = ELF64_R_INFO(ELF64_R_SYM(rel->r_info), R_BPF_64_32);
		break;
	case RELO_UNALIGNED:
		rel->r_offset++;
		break;
	case RELO_OUTSIDE:
		rel->r_offset = code->sh_size;
		break;
	case RELO_SYMBOL:
		rel->r_info = ELF64_R_INFO(100000, R_BPF_64_64);
		break;
	case RELO_TWICE:
		rel[1] = rel[0];
		break;
	case RELO_ADDEND:
		insns[rel->r_offset / 8].imm = 8;
		break;
	case RELO_CUT:
		rel_sh->sh_size--;
		break;
	case RELO_SYMTAB:
		rel_sh->sh_link--;
		break;
	case CODE_SZ:
		code->sh_size -= 4;
		break;
	case CODE_OUTSIDE:
		code->sh_offset = STAGES_SZ;
		break;
	case CODE_NAME:
		code->sh_name = section(p, "kprobe/spill")->sh_name;
		break;
	case CODE_JUMP:
		insns[5].off = 1000;
		break;
	case BTF_HEAD:
		p[section(p, ".BTF")->sh_offset]++;
		break;
	}
}

static void test_malformed(void **state)
{
	static const char *const words[] = {
		[RELO_TYPE] = "(type 10) does not fit instruction",
		[RELO_UNALIGNED] = "is not the start of an instruction",
		[RELO_OUTSIDE] = "is not the start of an instruction",
		[RELO_SYMBOL] = "no symbol 100000",
		[RELO_TWICE] = "out of order",
		[RELO_ADDEND] = "does not fit instruction",
		[RELO_CUT] = "relocation of 'kprobe/helpers'",
		[RELO_SYMTAB] = "symbols in section",
		[CODE_SZ] = "expected a multiple of 8",
		[CODE_OUTSIDE] = "section 'kprobe/helpers'",
		[CODE_NAME] = "two programs 'kprobe/spill'",
		[CODE_JUMP] = "jump out of the program at instruction 5",
		[BTF_HEAD] = "cannot read the BPF object",
	};

	for (enum damage n = 0; n < NR(words); n++) {
		uint8_t *p = copy_of(STAGES_SZ);

		damage(p, n);
		refuse(p, STAGES_SZ, words[n]);
		free(p);
	}
}

/* The section headers are at the end, so nothing shorter is whole. */
static void test_truncated(void **state)
{
	for (size_t sz = 0; sz < STAGES_SZ; sz++) {
		uint8_t *p = copy_of(sz);

		refuse(p, sz, "cannot read the BPF object");
		free(p);
	}
}

/* Whatever can still be read goes through all stages. */
static void use(struct obj *obj)
{
	static const char *const sections[] = {"kprobe/helpers", "kprobe/spill", "kprobe/splice",
					       "kprobe/core"};
	const struct btf *target = obj_btf(obj);
	struct err err = ERR_INIT;

	obj_core(obj, &target, target ? 1 : 0, &err);
	for (size_t n = 0; n < NR(sections); n++) {
		struct prog prog;

		err_clear(&err);
		if (prog_clone(&prog, obj, sections[n], &err))
			continue;
		prog_set_const(&prog, "filter", 1, &err);
		prog_set_const(&prog, "a", UINT64_MAX, &err);
		prog_set_map(&prog, "stats", 5, &err);
		prog_use_old_probe_read(&prog);
		prog_fold(&prog, &err);
		prog_release(&prog);
	}
}

static void test_flipped_bits(void **state)
{
	uint64_t seed = 88172645463325252ull;
	size_t nr_read = 0;

	for (int n = 0; n < 3000; n++) {
		uint8_t *p = copy_of(STAGES_SZ);
		struct err err = ERR_INIT;
		struct obj *obj;

		for (int k = 0; k <= n % 4; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			/* Mostly where section headers, symbols and code are. */
			p[n & 1 ? seed % STAGES_SZ : STAGES_SZ - 1 - seed % 4096] ^= 1 << (n % 8);
		}
		if (!obj_open(&obj, p, STAGES_SZ, &err)) {
			nr_read++;
			use(obj);
		} else {
			assert_true(err.code < 0 && err.msg[0]);
		}
		obj_free(obj);
		free(p);
	}
	print_message("%zu of 3000 damaged objects could be read\n", nr_read);
	assert_in_range(nr_read, 100, 2900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_and_symbols),
		cmocka_unit_test(test_unknown_symbol),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
