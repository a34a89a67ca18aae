// SPDX-License-Identifier: GPL-2.0-only
/* Valid BTF of every kind, the queries on it, split BTF, and reading files. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "btf/btf.h"
#include "tests/unit/lib_btf_parse.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

static void test_every_kind(void **state)
{
	static const unsigned want[] = {
		BTF_KIND_INT,	   BTF_KIND_PTR,      BTF_KIND_ARRAY,	 BTF_KIND_STRUCT,
		BTF_KIND_UNION,	   BTF_KIND_ENUM,     BTF_KIND_FWD,	 BTF_KIND_TYPEDEF,
		BTF_KIND_VOLATILE, BTF_KIND_CONST,    BTF_KIND_RESTRICT, BTF_KIND_FUNC_PROTO,
		BTF_KIND_FUNC,	   BTF_KIND_VAR,      BTF_KIND_DATASEC,	 BTF_KIND_FLOAT,
		BTF_KIND_DECL_TAG, BTF_KIND_TYPE_TAG, BTF_KIND_ENUM64,
	};
	struct btf_build b;
	struct btf *btf;
	uint32_t id;

	bb_init(&b);
	bb_int(&b, "int", 4, BTF_INT_SIGNED); /* 1 */
	bb_ptr(&b, 1);			      /* 2 */
	bb_array(&b, 2, 1, 3);		      /* 3 */
	bb_struct(&b, "s", 32);		      /* 4 */
	bb_member(&b, "a", 1, 0);
	bb_member(&b, NULL, 5, 64);
	bb_union(&b, NULL, 24); /* 5 */
	bb_member(&b, "b", 3, 0);
	bb_member(&b, "c", 2, 0);
	bb_enum(&b, "e", 4, true); /* 6 */
	bb_enum_val(&b, "E_NEG", -1);
	bb_fwd(&b, "f", true);	/* 7 */
	bb_typedef(&b, "t", 4); /* 8 */
	bb_volatile(&b, 8);	/* 9 */
	bb_const(&b, 9);	/* 10 */
	bb_restrict(&b, 2);	/* 11 */
	bb_func_proto(&b, 0);	/* 12 */
	bb_param(&b, "x", 10);
	bb_param(&b, NULL, 0);
	bb_func(&b, "fn", 12, BTF_FUNC_GLOBAL);	   /* 13 */
	bb_var(&b, "v", 4, BTF_VAR_GLOBAL_EXTERN); /* 14 */
	bb_datasec(&b, ".data", 64);		   /* 15 */
	bb_secinfo(&b, 14, 8, 32);
	bb_float(&b, "double", 8);	/* 16 */
	bb_decl_tag(&b, "tag", 13, 0);	/* 17 */
	bb_type_tag(&b, "user", 4);	/* 18 */
	bb_enum64(&b, "e64", 8, false); /* 19 */
	bb_enum64_val(&b, "E_BIG", 1ULL << 40 | 7);
	btf = bb_parse(&b, NULL);

	assert_int_equal(btf_nr_types(btf), 20);
	assert_int_equal(btf_first_own(btf), 1);
	assert_null(btf_base(btf));
	for (id = 1; id < 20; id++)
		assert_int_equal(btf_kind(btf_type(btf, id)), want[id - 1]);
	assert_null(btf_type(btf, 0));
	assert_null(btf_type(btf, 20));
	assert_null(btf_type(btf, UINT32_MAX));
	assert_string_equal(btf_name(btf, 13), "fn");
	assert_string_equal(btf_name(btf, 2), "");
	assert_string_equal(btf_name(btf, 99), "");
	assert_string_equal(btf_str(btf, UINT32_MAX), "");
	assert_int_equal(btf_vlen(btf_type(btf, 4)), 2);
	assert_int_equal(btf_params(btf_type(btf, 12))[0].type, 10);
	assert_int_equal(btf_array(btf_type(btf, 3))->nelems, 3);

	assert_int_equal(btf_skip_mods(btf, 10), 4);
	assert_int_equal(btf_skip_mods(btf, 11), 2);
	assert_int_equal(btf_skip_mods(btf, 18), 4);
	assert_int_equal(btf_skip_mods(btf, 0), 0);

	assert_int_equal(btf_sizeof(btf, 3), 24);
	assert_int_equal(btf_sizeof(btf, 10), 32);
	assert_int_equal(btf_sizeof(btf, 5), 24);
	assert_int_equal(btf_sizeof(btf, 16), 8);
	assert_int_equal(btf_sizeof(btf, 19), 8);
	assert_int_equal(btf_sizeof(btf, 0), -EINVAL);
	assert_int_equal(btf_sizeof(btf, 7), -EINVAL);
	assert_int_equal(btf_sizeof(btf, 13), -EINVAL);

	btf_free(btf);
	bb_release(&b);
}

/* What real kernels have beside the plain cases. */
static void test_tolerated(void **state)
{
	struct btf_build b;
	struct btf *btf;
	uint32_t u8, i;

	bb_init(&b);
	u8 = bb_int(&b, "unsigned char", 1, 0);
	bb_int(&b, "__int128", 16, BTF_INT_SIGNED);
	for (i = 0; i < 2; i++) { /* detached BTF: a struct twice */
		bb_struct(&b, "sk_buff", 1);
		bb_member(&b, "len", u8, 0);
	}
	bb_struct(&b, "empty", 0);
	bb_struct(&b, "list", 16); /* through a pointer: no circle */
	bb_member(&b, "next", b.next_id, 0);
	bb_ptr(&b, b.next_id - 1);
	bb_enum(&b, "forward", 4, false);
	bb_type(&b, BTF_KIND_TYPE_TAG, true, "address_space(1)", u8); /* 6.15 */
	bb_type(&b, BTF_KIND_DECL_TAG, true, "bpf_fastcall", u8);
	bb_u32(&b, UINT32_MAX);
	bb_decl_tag(&b, "tag of a tag", b.next_id - 1, -1);
	bb_var(&b, "ksym", 0, BTF_VAR_GLOBAL_EXTERN);
	bb_func_proto(&b, 0);
	bb_func(&b, "kfunc", b.next_id - 1, BTF_FUNC_EXTERN);
	bb_datasec(&b, ".ksyms", 0); /* as the compiler leaves it */
	bb_secinfo(&b, b.next_id - 2, 0, 0);
	bb_struct(&b, "tail", 1); /* a flexible array at the end */
	bb_member(&b, "data", b.next_id, 8);
	bb_array(&b, u8, u8, 0);
	btf = bb_parse(&b, NULL);
	assert_int_equal(btf_sizeof(btf, btf_find(btf, BTF_KIND_STRUCT, "empty", 0)), 0);
	i = btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0);
	assert_int_equal(i, 3);
	assert_int_equal(btf_find(btf, BTF_KIND_STRUCT, "sk_buff", i), 4);
	assert_int_equal(btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 4), 0);
	btf_free(btf);
	bb_release(&b);
}

/* The header of a newer kernel is longer; sections may come in any order. */
static void test_long_header(void **state)
{
	struct btf_header hdr = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(hdr) + 8,
		.type_off = 8,
		.type_len = 16,
		.str_off = 0,
		.str_len = 5,
	};
	const uint32_t type[] = {1, BTF_KIND_INT << 24, 4, 32};
	uint8_t blob[sizeof(hdr) + 8 + 8 + 16];
	struct err err = ERR_INIT;
	struct btf *btf;

	memset(blob, 0xee, sizeof(blob));
	memcpy(blob, &hdr, sizeof(hdr));
	memcpy(blob + hdr.hdr_len, "\0int", 5);
	memcpy(blob + hdr.hdr_len + 8, type, sizeof(type));
	assert_int_equal(btf_parse(&btf, blob, sizeof(blob), NULL, &err), 0);
	assert_string_equal(btf_name(btf, 1), "int");
	btf_free(btf);
}

static void test_bitfields(void **state)
{
	struct btf_build b;
	struct btf *btf;
	const struct btf_type *t;

	bb_init(&b);
	bb_int(&b, "unsigned int", 4, 0);
	bb_struct(&b, "new", 8);
	bb_member(&b, "a", 1, 0);
	bb_bitfield(&b, "b", 1, 35, 3);
	bb_struct(&b, "plain", 8);
	bb_member(&b, "a", 1, 32);
	btf = bb_parse(&b, NULL);
	t = btf_type(btf, 2);
	assert_int_equal(btf_member_bit_off(t, 0), 0);
	assert_int_equal(btf_member_bits(t, 0), 0);
	assert_int_equal(btf_member_bit_off(t, 1), 35);
	assert_int_equal(btf_member_bits(t, 1), 3);
	t = btf_type(btf, 3);
	assert_int_equal(btf_member_bit_off(t, 0), 32);
	assert_int_equal(btf_member_bits(t, 0), 0);
	btf_free(btf);
	bb_release(&b);
}

static void test_enum_names(void **state)
{
	struct btf_build b;
	struct btf *btf;

	bb_init(&b);
	bb_enum(&b, "skb_drop_reason", 4, false);
	bb_enum_val(&b, "SKB_NOT_DROPPED_YET", 0);
	bb_enum_val(&b, "SKB_DROP_REASON_MASK", (int32_t)0xffff0000);
	bb_enum_val(&b, "LAST", -1);
	bb_typedef(&b, "reason_t", 1);
	bb_enum64(&b, "big", 8, true);
	bb_enum64_val(&b, "B_NEG", (uint64_t)-2);
	bb_enum64_val(&b, "B_BIG", 0x100000001);
	btf = bb_parse(&b, NULL);
	assert_string_equal(btf_enum_name(btf, 1, 0), "SKB_NOT_DROPPED_YET");
	assert_string_equal(btf_enum_name(btf, 2, 0xffff0000), "SKB_DROP_REASON_MASK");
	assert_string_equal(btf_enum_name(btf, 1, UINT32_MAX), "LAST");
	assert_string_equal(btf_enum_name(btf, 1, (uint64_t)-1), "LAST");
	assert_null(btf_enum_name(btf, 1, 1));
	assert_null(btf_enum_name(btf, 1, 1ULL << 32));
	assert_string_equal(btf_enum_name(btf, 3, (uint64_t)-2), "B_NEG");
	assert_string_equal(btf_enum_name(btf, 3, 0x100000001), "B_BIG");
	assert_null(btf_enum_name(btf, 3, 1));
	assert_null(btf_enum_name(btf, 0, 0));
	btf_free(btf);
	bb_release(&b);
}

static void test_sizeof_overflow(void **state)
{
	struct btf_build b;
	struct btf *btf;
	uint32_t i;

	bb_init(&b);
	bb_int(&b, "int", 4, 0);
	for (i = 1; i <= 3; i++)
		bb_array(&b, i, 1, 0x7fffffff);
	btf = bb_parse(&b, NULL);
	assert_int_equal(btf_sizeof(btf, 2), 4 * 0x7fffffffLL);
	assert_int_equal(btf_sizeof(btf, 3), -EINVAL);
	assert_int_equal(btf_sizeof(btf, 4), -EINVAL);
	btf_free(btf);
	bb_release(&b);
}

/* More names than hash buckets, and equal names of several kinds. */
static void test_find(void **state)
{
	struct btf_build b;
	struct btf *btf;
	char name[16];
	uint32_t i;

	bb_init(&b);
	for (i = 1; i <= 200; i++) {
		snprintf(name, sizeof(name), "t%u", i % 100);
		if (i <= 100)
			bb_fwd(&b, name, false);
		else
			bb_typedef(&b, name, i - 100);
	}
	btf = bb_parse(&b, NULL);
	for (i = 1; i <= 100; i++) {
		snprintf(name, sizeof(name), "t%u", i % 100);
		assert_int_equal(btf_find(btf, BTF_KIND_FWD, name, 0), i);
		assert_int_equal(btf_find(btf, BTF_KIND_FWD, name, i), 0);
		assert_int_equal(btf_find(btf, BTF_KIND_TYPEDEF, name, 0), i + 100);
	}
	assert_int_equal(btf_find(btf, BTF_KIND_FWD, "t100", 0), 0);
	assert_int_equal(btf_find(btf, BTF_KIND_FWD, "", 0), 0);
	btf_free(btf);
	bb_release(&b);
}

static void test_split(void **state)
{
	struct btf_build b, m;
	struct btf *base, *mod;
	uint32_t st;

	bb_init(&b);
	bb_int(&b, "int", 4, 0);    /* 1 */
	bb_struct(&b, "shared", 4); /* 2 */
	bb_member(&b, "x", 1, 0);
	bb_init_split(&m, &b);
	st = bb_struct(&m, "own", 8); /* 3 */
	bb_member(&m, "s", 2, 0);
	bb_struct(&m, "shared", 8); /* 4 */
	bb_member(&m, "y", st, 0);
	bb_typedef(&m, NULL, 2); /* 5: named by a string of the base */
	((struct btf_type *)(m.types.data + m.last_off))->name_off = bb_str(&b, "int");

	base = bb_parse(&b, NULL);
	mod = bb_parse(&m, base);
	assert_ptr_equal(btf_base(mod), base);
	assert_int_equal(st, 3);
	assert_int_equal(btf_first_own(mod), 3);
	assert_int_equal(btf_nr_types(mod), 6);
	assert_string_equal(btf_name(mod, 1), "int");
	assert_string_equal(btf_name(mod, 3), "own");
	assert_string_equal(btf_name(mod, 5), "int");
	assert_ptr_equal(btf_type(mod, 2), btf_type(base, 2));
	assert_null(btf_type(base, 3));
	assert_string_equal(btf_str(base, m.str_base), "");
	assert_int_equal(btf_skip_mods(mod, 5), 2);
	assert_int_equal(btf_find(mod, BTF_KIND_INT, "int", 0), 1);
	assert_int_equal(btf_find(mod, BTF_KIND_STRUCT, "shared", 0), 2);
	assert_int_equal(btf_find(mod, BTF_KIND_STRUCT, "shared", 2), 4);
	assert_int_equal(btf_find(mod, BTF_KIND_STRUCT, "shared", 4), 0);
	assert_int_equal(btf_find(mod, BTF_KIND_STRUCT, "own", 1), 3);
	assert_int_equal(btf_find(base, BTF_KIND_STRUCT, "own", 0), 0);
	btf_free(mod);

	/* A module that adds nothing, not even strings. */
	bb_release(&m);
	bb_init_split(&m, &b);
	mod = bb_parse(&m, base);
	assert_int_equal(btf_nr_types(mod), 3);
	assert_int_equal(btf_find(mod, BTF_KIND_STRUCT, "shared", 0), 2);
	btf_free(mod);
	btf_free(base);
	bb_release(&m);
	bb_release(&b);
}

/* ---- files ---- */

static char path[] = "/tmp/btf_parse-XXXXXX";

static void write_file(const void *data, size_t sz)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, sz), (ssize_t)sz);
	close(fd);
}

/* An ELF file with sections .shstrtab and `name`. */
static void write_elf(const char *name, void *data, size_t sz)
{
	char names[64] = "\0.shstrtab\0";
	int fd = open(path, O_RDWR | O_TRUNC | O_CLOEXEC), i;
	Elf *elf;
	Elf64_Ehdr *eh;

	strcpy(names + 11, name);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	eh = elf64_newehdr(elf);
	eh->e_ident[EI_DATA] = ELFDATA2LSB;
	eh->e_machine = EM_X86_64;
	eh->e_type = ET_REL;
	eh->e_version = EV_CURRENT;
	eh->e_shstrndx = 1;
	for (i = 0; i < 2; i++) {
		Elf_Scn *scn = elf_newscn(elf);
		Elf_Data *d = elf_newdata(scn);

		d->d_buf = i ? data : names;
		d->d_size = i ? sz : sizeof(names);
		d->d_align = 1;
		elf64_getshdr(scn)->sh_type = i ? SHT_PROGBITS : SHT_STRTAB;
		elf64_getshdr(scn)->sh_name = i ? 11 : 1;
	}
	assert_true(elf_update(elf, ELF_C_WRITE) > 0);
	elf_end(elf);
	close(fd);
}

static void refuse(const char *file, int code, const char *words, bool hint)
{
	struct err err = ERR_INIT;
	struct btf *btf;

	assert_int_equal(btf_open(&btf, file, NULL, &err), code);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.msg, file));
	if (!strstr(err.msg, words))
		fail_msg("'%s', expected '%s'", err.msg, words);
	assert_int_equal(!!err.hint[0], hint);
}

static void accept(const char *file)
{
	struct err err = ERR_INIT;
	struct btf *btf;

	if (btf_open(&btf, file, NULL, &err))
		fail_msg("%s", err.msg);
	assert_int_equal(btf_find(btf, BTF_KIND_INT, "int", 0) > 0, 1);
	btf_free(btf);
}

static void test_open(void **state)
{
	struct btf_build b;
	size_t sz;
	void *blob;

	bb_init(&b);
	bb_int(&b, "int", 4, 0);
	blob = bb_finish(&b, &sz);
	close(mkstemp(path));

	refuse("/nonexistent/btf", -ENOENT, "cannot open", false);
	refuse("/tmp", -EISDIR, "cannot read", false);
	refuse(path, -EINVAL, "empty file", true);
	write_file("MZ bzImage", 10);
	refuse(path, -EINVAL, "neither BTF nor an ELF file", true);
	write_file(blob, sz - 1);
	refuse(path, -EINVAL, "strings (offset", false);
	write_file(blob, 2);
	refuse(path, -EINVAL, "truncated BTF: 2 bytes", false);
	write_file(blob, sz);
	accept(path);

	write_elf(".BTF", blob, sz);
	accept(path);
	assert_int_equal(truncate(path, 70), 0);
	refuse(path, -EINVAL, "truncated ELF file", false);
	write_file(ELFMAG, 4);
	refuse(path, -EINVAL, "ELF", false);
	write_elf(".BTF.ext", blob, sz);
	refuse(path, -EINVAL, "without a .BTF section", true);
	unlink(path);
	bb_release(&b);
}

/* The running kernel, mapped from sysfs (6.16) or read. */
static void test_vmlinux(void **state)
{
	struct err err = ERR_INIT;
	struct btf *btf;
	uint32_t skb;

	if (access(VMLINUX, R_OK))
		skip();
	if (btf_open(&btf, VMLINUX, NULL, &err))
		fail_msg("%s", err.msg);
	skb = btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0);
	assert_true(skb > 0);
	assert_in_range(btf_sizeof(btf, skb), 150, 400);
	assert_string_equal(btf_name(btf, skb), "sk_buff");
	btf_free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),  cmocka_unit_test(test_tolerated),
		cmocka_unit_test(test_long_header), cmocka_unit_test(test_bitfields),
		cmocka_unit_test(test_enum_names),  cmocka_unit_test(test_sizeof_overflow),
		cmocka_unit_test(test_find),	    cmocka_unit_test(test_split),
		cmocka_unit_test(test_open),	    cmocka_unit_test(test_vmlinux),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
