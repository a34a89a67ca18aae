// SPDX-License-Identifier: GPL-2.0-only
/* Symbol tables from files made by hand, the lists of what can be probed, and an ELF core file. */
#include "kern/ksyms.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strings.h"

static char tmp_path[64];

/* A file with these bytes; removed by test_end(). */
static const char *file_of(const void *data, size_t sz)
{
	int fd;

	strcpy(tmp_path, "/tmp/skbtrail-test-XXXXXX");
	fd = mkstemp(tmp_path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, sz), sz);
	close(fd);
	return tmp_path;
}

static int load_text(struct ksyms **ks, const char *text, struct err *err)
{
	int ret;

	err_clear(err);
	ret = ksyms_load(ks, file_of(text, strlen(text)), err);
	unlink(tmp_path);
	return ret;
}

static void load_ok(struct ksyms **ks, const char *text)
{
	struct err err = ERR_INIT;

	if (load_text(ks, text, &err))
		fail_msg("%s", err.msg);
}

static void assert_at(const struct ksyms *ks, uint64_t addr, const char *name, uint64_t start)
{
	struct ksym sym;

	assert_true(ksyms_at(ks, addr, &sym));
	assert_string_equal(sym.name, name);
	assert_int_equal(sym.addr, start);
}

static void test_sorts_and_finds_nearest(void **state)
{
	struct ksyms *ks;
	struct ksym sym;

	load_ok(&ks, "ffffffff81000200 T middle\n"
		     "ffffffff81000100 t first\n"
		     "ffffffff81000150 D some_data\n"
		     "ffffffff81000400 W last\n"
		     "ffffffff81000300 w weak\n");
	assert_int_equal(ksyms_nr(ks), 4);
	assert_false(ksyms_at(ks, 0, &sym));
	assert_false(ksyms_at(ks, 0xffffffff810000ff, &sym));
	assert_at(ks, 0xffffffff81000100, "first", 0xffffffff81000100);
	assert_at(ks, 0xffffffff810001ff, "first", 0xffffffff81000100);
	assert_at(ks, 0xffffffff81000200, "middle", 0xffffffff81000200);
	assert_at(ks, 0xffffffff810003ff, "weak", 0xffffffff81000300);
	assert_at(ks, UINT64_MAX, "last", 0xffffffff81000400);
	ksyms_free(ks);
}

static void test_what_is_left_out(void **state)
{
	struct ksyms *ks;
	struct ksym sym;

	load_ok(&ks, "0000000000000000 A per_cpu_start\n"
		     "0000000000000000 T at_zero\n"
		     "ffffffff81000100 t $x\n"
		     "ffffffff81000104 t $d.12\n"
		     "ffffffff81000108 t .L123\n"
		     "ffffffff81000108 t .L0 \n"
		     "ffffffff81000108 t .L0 \t[veth]\n"
		     "ffffffff81000108 t .L1\0021\t[veth]\n"
		     "ffffffff8100010c t .slowpath\n"
		     "ffffffff81000110 T __pfx_f\n"
		     "ffffffff81000120 T f\n"
		     "ffffffff81000130 b bss\n");
	assert_int_equal(ksyms_nr(ks), 2);
	assert_at(ks, 0xffffffff8100010c, ".slowpath", 0xffffffff8100010c);
	assert_true(ksyms_by_name(ks, ".slowpath", true, 0, &sym));
	assert_false(ksyms_by_name(ks, "__pfx_f", true, 0, &sym));
	assert_false(ksyms_by_name(ks, "bss", true, 0, &sym));
	ksyms_free(ks);
}

static void test_aliases_keep_the_order_of_the_file(void **state)
{
	struct ksyms *ks;
	struct ksym sym;

	load_ok(&ks, "ffffffff81000200 T other\n"
		     "ffffffff81000100 T zeta\n"
		     "ffffffff81000100 T alpha\n"
		     "ffffffff81000100 t mid\n");
	assert_at(ks, 0xffffffff81000142, "zeta", 0xffffffff81000100);
	assert_true(ksyms_by_name(ks, "mid", true, 0, &sym));
	assert_int_equal(sym.addr, 0xffffffff81000100);
	ksyms_free(ks);
}

static void test_modules(void **state)
{
	struct ksyms *ks;
	struct ksym sym;

	load_ok(&ks, "ffffffff81000100 T init\n"
		     "ffffffffc0001000 t init\t[veth]\n"
		     "ffffffffc0002000 t veth_xmit\t[veth]\n"
		     "ffffffffc0003000 t init\t[ip_tables]\n"
		     "ffffffffc0000800 t late\t[veth]\n");
	assert_true(ksyms_at(ks, 0xffffffff81000100, &sym));
	assert_null(sym.module);
	assert_true(ksyms_at(ks, 0xffffffffc0002004, &sym));
	assert_string_equal(sym.name, "veth_xmit");
	assert_string_equal(sym.module, "veth");
	assert_at(ks, 0xffffffffc0000900, "late", 0xffffffffc0000800);
	assert_true(ksyms_by_name(ks, "init", true, 0, &sym));
	assert_null(sym.module);
	assert_true(ksyms_by_name(ks, "init", true, 1, &sym));
	assert_string_equal(sym.module, "veth");
	assert_true(ksyms_by_name(ks, "init", true, 2, &sym));
	assert_string_equal(sym.module, "ip_tables");
	assert_false(ksyms_by_name(ks, "init", true, 3, &sym));
	ksyms_free(ks);
}

/* Everything that ksyms_by_name() gives, joined by spaces. */
static const char *names_of(const struct ksyms *ks, const char *name, bool exact)
{
	static char buf[512];
	struct ksym sym;

	buf[0] = '\0';
	for (size_t i = 0; ksyms_by_name(ks, name, exact, i, &sym); i++) {
		if (i)
			strcat(buf, " ");
		strcat(buf, sym.name);
	}
	return buf;
}

static void test_suffixes(void **state)
{
	struct ksyms *ks;

	load_ok(&ks, "ffffffff81000900 t f.isra.0\n"
		     "ffffffff81000100 t f.cold\n"
		     "ffffffff81000200 t f.constprop.12\n"
		     "ffffffff81000300 t f.isra.0.constprop.1\n"
		     "ffffffff81000400 t f.part.0.isra.3\n"
		     "ffffffff81000500 t f.llvm.1234567890123\n"
		     "ffffffff81000600 t f.isra.0.cold\n"
		     "ffffffff81000700 t f.isra.\n"
		     "ffffffff81000710 t f.isra.x\n"
		     "ffffffff81000720 t f.isra.0x\n"
		     "ffffffff81000730 t f.0\n"
		     "ffffffff81000740 t f.isra\n"
		     "ffffffff81000800 T f\n"
		     "ffffffff81000810 T fx\n"
		     "ffffffff81000820 T fx.isra.0\n");
	assert_string_equal(names_of(ks, "f", true), "f");
	assert_string_equal(names_of(ks, "f", false),
			    "f.constprop.12 f.isra.0.constprop.1 f.part.0.isra.3 "
			    "f.llvm.1234567890123 f f.isra.0");
	assert_string_equal(names_of(ks, "f.isra.0", true), "f.isra.0");
	assert_string_equal(names_of(ks, "f.isra.0", false), "f.isra.0.constprop.1 f.isra.0");
	assert_string_equal(names_of(ks, "fx", false), "fx fx.isra.0");
	assert_string_equal(names_of(ks, "g", false), "");
	assert_string_equal(names_of(ks, "", false), "");
	ksyms_drop_names_index(ks);
	assert_at(ks, 0xffffffff81000801, "f", 0xffffffff81000800);
	ksyms_free(ks);
}

static void test_rejects_malformed_lines(void **state)
{
	static const char *const bad[] = {
		"\n",
		"ffffffff81000100\n",
		"ffffffff81000100 T\n",
		"ffffffff81000100 T \n",
		"ffffffff81000100T f\n",
		" T f\n",
		"g T f\n",
		"0x81000100 T f\n",
		"1ffffffff81000100 T f\n",
		"ffffffff81000100 TT f\n",
		"ffffffff81000100 T f [m]\n",
		"ffffffff81000100 T f\t\n",
		"ffffffff81000100 T f\t[]\n",
		"ffffffff81000100 T f\t[m\n",
		"ffffffff81000100 T f\tm]\n",
		"ffffffff81000100 T f\t[m m]\n",
		"ffffffff81000100 D \x01\n",
	};
	struct err err = ERR_INIT;
	struct ksyms *ks;
	char text[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "ffffffff81000000 T good\n%s", bad[i]);
		if (load_text(&ks, text, &err) != -EINVAL)
			fail_msg("accepted line '%s'", bad[i]);
		assert_null(ks);
		assert_non_null(strstr(err.msg, "line 2"));
	}
}

static void test_long_names(void **state)
{
	char text[1024], name[514];
	struct err err = ERR_INIT;
	struct ksyms *ks;
	struct ksym sym;

	memset(name, 'n', sizeof(name));
	name[512] = '\0';
	snprintf(text, sizeof(text), "ffffffff81000000 T %s\n", name);
	load_ok(&ks, text);
	assert_true(ksyms_by_name(ks, name, true, 0, &sym));
	ksyms_free(ks);
	name[512] = 'n';
	name[513] = '\0';
	snprintf(text, sizeof(text), "ffffffff81000000 T %s\n", name);
	assert_int_equal(load_text(&ks, text, &err), -EINVAL);
}

static void test_no_addresses(void **state)
{
	struct err err = ERR_INIT;
	struct ksyms *ks;

	assert_int_equal(load_text(&ks, "0000000000000000 T f\n0000000000000000 t g\t[m]\n", &err),
			 -EPERM);
	assert_non_null(strstr(err.hint, "kptr_restrict"));
	assert_non_null(strstr(err.hint, "CAP_SYSLOG"));
	assert_int_equal(load_text(&ks, "", &err), -EINVAL);
	assert_int_equal(load_text(&ks, "ffffffff81000100 D data\n", &err), -EINVAL);
	err_clear(&err);
	assert_int_equal(ksyms_load(&ks, "/nonexistent/kallsyms", &err), -ENOENT);
	assert_null(ks);
	ksyms_free(NULL);
}

/* Larger than any single read, in reverse order, last line without its newline. */
static void test_large(void **state)
{
	enum { NR = 20000 };
	char *text = malloc(NR * 48), *p = text, name[32];
	struct ksyms *ks;
	struct ksym sym;

	for (int i = NR; i-- > 0;)
		p += sprintf(p, "%016llx t func_%d.isra.%d\n", 0xffffffff81000000ULL + i * 16, i,
			     i % 7);
	p[-1] = '\0';
	load_ok(&ks, text);
	assert_int_equal(ksyms_nr(ks), NR);
	for (int i = 0; i < NR; i++) {
		assert_true(ksyms_at(ks, 0xffffffff81000000ULL + i * 16 + 15, &sym));
		assert_int_equal(sym.addr, 0xffffffff81000000ULL + i * 16);
		sprintf(name, "func_%d", i);
		assert_true(ksyms_by_name(ks, name, false, 0, &sym));
		assert_int_equal(sym.addr, 0xffffffff81000000ULL + i * 16);
		assert_false(ksyms_by_name(ks, name, false, 1, &sym));
		assert_false(ksyms_by_name(ks, name, true, 0, &sym));
	}
	ksyms_free(ks);
	free(text);
}

static void test_line_over_64k(void **state)
{
	size_t sz = 70000;
	char *text = malloc(sz + 1);
	struct err err = ERR_INIT;
	struct ksyms *ks;

	memset(text, 'a', sz);
	text[sz] = '\0';
	assert_int_equal(load_text(&ks, text, &err), -EINVAL);
	free(text);
}

/* The running kernel's own table against a plain reading of the file, where addresses are shown. */
static void test_running_kernel(void **state)
{
	char line[1024], name[513], type;
	unsigned long long addr;
	struct err err = ERR_INIT;
	struct ksyms *ks;
	struct ksym sym;
	size_t nr = 0;
	FILE *f;

	if (ksyms_load(&ks, NULL, &err)) {
		print_message("skipped: %s\n", err.msg);
		skip();
	}
	f = fopen("/proc/kallsyms", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) && nr < 3000) {
		bool found = false;

		if (sscanf(line, "%llx %c %512s", &addr, &type, name) != 3 || !addr ||
		    !strchr("tTwW", type) || name[0] == '$' || !strncmp(name, ".L", 2) ||
		    !strncmp(name, "__pfx_", 6))
			continue;
		nr++;
		for (size_t i = 0; ksyms_by_name(ks, name, true, i, &sym); i++)
			found |= sym.addr == addr;
		if (!found)
			fail_msg("%s at %llx is not in the table", name, addr);
		assert_true(ksyms_at(ks, addr, &sym));
		assert_int_equal(sym.addr, addr);
	}
	assert_true(nr > 1000);
	fclose(f);
	ksyms_free(ks);
}

static void test_name_set(void **state)
{
	static const char text[] = "ip_rcv\nveth_xmit [veth]\nip_rcv [other]\n\nlast";
	struct err err = ERR_INIT;
	struct name_set *s;

	assert_int_equal(name_set_load(&s, AT_FDCWD, file_of(text, strlen(text)), &err), 0);
	unlink(tmp_path);
	assert_int_equal(name_set_nr(s), 4);
	assert_true(name_set_has(s, "ip_rcv", NULL));
	assert_true(name_set_has(s, "ip_rcv", "other"));
	assert_false(name_set_has(s, "ip_rcv", "veth"));
	assert_true(name_set_has(s, "veth_xmit", "veth"));
	assert_false(name_set_has(s, "veth_xmit", NULL));
	assert_true(name_set_has(s, "last", NULL));
	assert_false(name_set_has(s, "", NULL));
	assert_false(name_set_has(s, "las", NULL));
	name_set_free(s);

	assert_int_equal(name_set_load(&s, AT_FDCWD, file_of("", 0), &err), 0);
	unlink(tmp_path);
	assert_int_equal(name_set_nr(s), 0);
	assert_false(name_set_has(s, "ip_rcv", NULL));
	name_set_free(s);
	assert_int_equal(name_set_load(&s, AT_FDCWD, tmp_path, &err), -ENOENT);
	name_set_free(NULL);
}

static int load_blacklist(struct kprobe_blacklist **b, const char *text)
{
	struct err err = ERR_INIT;
	int ret = kprobe_blacklist_load_from(b, AT_FDCWD, file_of(text, strlen(text)), &err);

	unlink(tmp_path);
	return ret;
}

static void test_blacklist(void **state)
{
	struct kprobe_blacklist *b;

	assert_int_equal(load_blacklist(&b, "0xffffffff81000300-0xffffffff81000310\tnmi\n"
					    "0xffffffff81000100-0xffffffff81000180\touter\n"
					    "0xffffffff81000110-0xffffffff81000120\tinner\n"
					    "0xffffffff81000180-0xffffffff81000190\tnext\n"),
			 0);
	assert_false(kprobe_blacklist_has(b, 0xffffffff810000ff));
	assert_true(kprobe_blacklist_has(b, 0xffffffff81000100));
	assert_true(kprobe_blacklist_has(b, 0xffffffff81000150));
	assert_true(kprobe_blacklist_has(b, 0xffffffff81000180));
	assert_false(kprobe_blacklist_has(b, 0xffffffff81000190));
	assert_true(kprobe_blacklist_has(b, 0xffffffff8100030f));
	assert_false(kprobe_blacklist_has(b, 0xffffffff81000310));
	kprobe_blacklist_free(b);

	assert_int_equal(load_blacklist(&b, ""), 0);
	assert_false(kprobe_blacklist_has(b, 1));
	kprobe_blacklist_free(b);
	assert_int_equal(load_blacklist(&b, "0x10-0x20\ta\nrubbish\n"), -EINVAL);
	assert_int_equal(load_blacklist(&b, "0x20-0x10\ta\n"), -EINVAL);
	kprobe_blacklist_free(NULL);
}

static void test_ends_module(void **state)
{
	static const char text[] = "0000000000001000 T core\n"
				   "0000000000002000 t one_a\t[one]\n"
				   "0000000000002100 t one_b\t[one]\n"
				   "0000000000002100 t one_b_alias\t[one]\n"
				   "0000000000003000 t two\t[two]\n"
				   "0000000000004000 t core_again\n"
				   "0000000000005000 t three\t[three]\n";
	struct ksyms *ks;

	load_ok(&ks, text);
	assert_false(ksyms_ends_module(ks, 0x500));
	assert_false(ksyms_ends_module(ks, 0x1000));
	assert_false(ksyms_ends_module(ks, 0x2000));
	assert_true(ksyms_ends_module(ks, 0x2100));
	assert_true(ksyms_ends_module(ks, 0x3000));
	assert_false(ksyms_ends_module(ks, 0x4000));
	assert_true(ksyms_ends_module(ks, 0x5000));
	ksyms_free(ks);
}

static void test_size(void **state)
{
	struct ksyms *ks;

	load_ok(&ks, "0000000000001000 T a\n"
		     "0000000000001000 T alias\n"
		     "0000000000001100 T b\n"
		     "0000000000901100 T c\n");
	assert_int_equal(ksyms_size_at(ks, 0x1000), 0x100);
	assert_int_equal(ksyms_size_at(ks, 0x1080), 0x80);
	assert_int_equal(ksyms_size_at(ks, 0x1100), 0x10000);
	assert_int_equal(ksyms_size_at(ks, 0x901100), 0x10000);
	ksyms_free(ks);
}

struct core_file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[3];
	char text[16];
};

static struct core_file core_make(void)
{
	struct core_file c;
	uint64_t at = offsetof(struct core_file, text);

	memset(&c, 0, sizeof(c));
	memcpy(c.eh.e_ident, ELFMAG, SELFMAG);
	c.eh.e_ident[EI_CLASS] = ELFCLASS64;
	c.eh.e_type = ET_CORE;
	c.eh.e_phentsize = sizeof(Elf64_Phdr);
	c.eh.e_phnum = 3;
	c.eh.e_phoff = offsetof(struct core_file, ph);
	c.ph[0] = (Elf64_Phdr){.p_type = PT_NOTE, .p_offset = at, .p_memsz = 16};
	c.ph[1] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = at, .p_vaddr = 0xffffffff81000000, .p_memsz = 16};
	c.ph[2] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = at, .p_vaddr = UINT64_MAX - 7, .p_memsz = 16};
	memcpy(c.text, "0123456789abcdef", 16);
	return c;
}

static int core_open(struct kcore **k, const struct core_file *c, size_t sz)
{
	struct err err = ERR_INIT;
	int ret = kcore_open_from(k, file_of(c, sz), &err);

	unlink(tmp_path);
	return ret;
}

static void test_kcore(void **state)
{
	struct core_file c = core_make();
	struct kcore *k;
	char buf[32];

	assert_int_equal(core_open(&k, &c, sizeof(c)), 0);
	assert_int_equal(kcore_read(k, 0xffffffff81000004, buf, 4), 0);
	assert_memory_equal(buf, "4567", 4);
	assert_int_equal(kcore_read(k, 0xffffffff81000000, buf, 16), 0);
	assert_int_equal(kcore_read(k, 0xffffffff81000000, buf, 17), -EFAULT);
	assert_int_equal(kcore_read(k, 0xffffffff8100000f, buf, 2), -EFAULT);
	assert_int_equal(kcore_read(k, 0xffffffff80ffffff, buf, 2), -EFAULT);
	assert_int_equal(kcore_read(k, UINT64_MAX - 3, buf, 2), -EFAULT);
	kcore_free(k);
	kcore_free(NULL);
}

static void test_kcore_rejects(void **state)
{
	struct core_file c = core_make();
	struct kcore *k;

	/* Every truncation before the end of the program headers. */
	for (size_t sz = 0; sz < offsetof(struct core_file, text); sz += 7)
		assert_int_equal(core_open(&k, &c, sz), -EINVAL);
	c.eh.e_type = ET_EXEC;
	assert_int_equal(core_open(&k, &c, sizeof(c)), -EINVAL);
	c = core_make();
	c.eh.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(core_open(&k, &c, sizeof(c)), -EINVAL);
	c = core_make();
	c.eh.e_phentsize = 1;
	assert_int_equal(core_open(&k, &c, sizeof(c)), -EINVAL);
	c = core_make();
	c.eh.e_phoff = UINT64_MAX - 8;
	assert_int_equal(core_open(&k, &c, sizeof(c)), -EINVAL);
	/* The segment is there in name only. */
	c = core_make();
	assert_int_equal(core_open(&k, &c, sizeof(c) - 8), 0);
	assert_int_equal(kcore_read(k, 0xffffffff81000000, &c, 16), -EFAULT);
	kcore_free(k);
}

static uint32_t all_the_same(const void *arg, uint32_t item)
{
	return 7;
}

static void test_index_keeps_order_of_colliding_items(void **state)
{
	struct str_index x;
	const uint32_t *items;
	uint32_t nr;

	assert_int_equal(str_index_build(&x, 1000, all_the_same, NULL), 0);
	items = str_index_at(&x, 7, &nr);
	assert_int_equal(nr, 1000);
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(items[i], i);
	str_index_release(&x);
}

static void test_data(void **state)
{
	static const char text[] = "ffffffff81000000 T start\n"
				   "ffffffff81000010 t variable\n"
				   "ffffffff82000000 D variable\n"
				   "ffffffff82000008 R constant\n"
				   "ffffffff82000010 d variable2\n"
				   "ffffffffc0000000 d of_module\t[m]\n"
				   "malformed\n"
				   "ffffffff82000020 B last\n";
	const char *const names[] = {"variable", "constant", "of_module", "start", "last", "none"};
	uint64_t addrs[6];

	ksyms_find_data(file_of(text, strlen(text)), names, addrs, 6);
	unlink(tmp_path);
	assert_int_equal(addrs[0], 0xffffffff82000000);
	assert_int_equal(addrs[1], 0xffffffff82000008);
	assert_int_equal(addrs[2], 0);
	assert_int_equal(addrs[3], 0);
	assert_int_equal(addrs[4], 0xffffffff82000020);
	assert_int_equal(addrs[5], 0);
	ksyms_find_data("/nonexistent/kallsyms", names, addrs, 6);
	assert_int_equal(addrs[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_sorts_and_finds_nearest),
		cmocka_unit_test(test_what_is_left_out),
		cmocka_unit_test(test_aliases_keep_the_order_of_the_file),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_suffixes),
		cmocka_unit_test(test_rejects_malformed_lines),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_no_addresses),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_line_over_64k),
		cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_name_set),
		cmocka_unit_test(test_blacklist),
		cmocka_unit_test(test_ends_module),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_kcore),
		cmocka_unit_test(test_kcore_rejects),
		cmocka_unit_test(test_index_keeps_order_of_colliding_items),
	};

	return cmocka_run_group_tests_name("kern_ksyms", tests, NULL, NULL);
}
