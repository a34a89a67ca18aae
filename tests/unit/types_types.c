// SPDX-License-Identifier: GPL-2.0-only
/* Where types come from: which source wins, and files that are for another kernel. */
#include "types/types.h"

#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_files.h"
#include "types/btf_dir.h"

#define RELEASE "5.10.0-8-amd64"
#if defined(__x86_64__)
#define EM_OURS	 EM_X86_64
#define EM_OTHER EM_AARCH64
#elif defined(__aarch64__)
#define EM_OURS	 EM_AARCH64
#define EM_OTHER EM_X86_64
#else
#define EM_OURS	 EM_RISCV
#define EM_OTHER EM_X86_64
#endif

static const uint8_t build_a[20] = {1, 2, 3}, build_b[20] = {1, 2, 4};

struct place {
	char *dir;
	struct features features;
	struct identity running;
	struct types_opts o;
	struct types t;
	struct err err;
};

/* An skb whose mark is at that byte. */
static void *make_btf(uint32_t mark_at, size_t *sz)
{
	struct btf_build b;
	uint32_t u32;
	void *blob;

	bb_init(&b);
	u32 = bb_int(&b, "unsigned int", 4, 0);
	bb_struct(&b, "sk_buff", 200);
	bb_member(&b, "len", u32, 8 * 112);
	bb_member(&b, "mark", u32, 8 * mark_at);
	blob = malloc(bb_finish(&b, sz) ? *sz : 0);
	assert_non_null(blob);
	memcpy(blob, bb_finish(&b, sz), *sz);
	bb_release(&b);
	return blob;
}

static const char *put_btf(const struct place *p, const char *name, uint32_t mark_at)
{
	size_t sz;
	void *blob = make_btf(mark_at, &sz);
	const char *path = files_write(p->dir, name, blob, sz);

	free(blob);
	return path;
}

/* NULL: without. */
static const char *put_elf(const struct place *p, const char *name, uint16_t machine,
			   const uint8_t *build, const char *banner, bool with_btf)
{
	struct {
		Elf64_Nhdr n;
		char name[4];
		uint8_t desc[20];
	} note = {{4, 20, NT_GNU_BUILD_ID}, "GNU", {0}};
	struct elf_part parts[3];
	size_t nr = 0, sz, btf_sz;
	void *btf = make_btf(100, &btf_sz), *elf;
	const char *path;

	if (build) {
		memcpy(note.desc, build, sizeof(note.desc));
		parts[nr++] = (struct elf_part){".notes", SHT_NOTE, &note, sizeof(note)};
	}
	if (banner)
		parts[nr++] =
			(struct elf_part){".rodata", SHT_PROGBITS, banner, strlen(banner) + 1};
	if (with_btf)
		parts[nr++] = (struct elf_part){".BTF", SHT_PROGBITS, btf, btf_sz};
	elf = elf_make(machine, parts, nr, &sz);
	path = files_write(p->dir, name, elf, sz);
	free(elf);
	free(btf);
	return path;
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	p->dir = files_begin();
	strcpy(p->running.release, RELEASE);
	strcpy(p->running.machine, identity_machine());
	memcpy(p->running.build_id, build_a, sizeof(build_a));
	p->running.build_id_sz = sizeof(build_a);
	p->o = (struct types_opts){
		.features = &p->features, .root = p->dir, .running = &p->running};
	log_level = LOG_QUIET;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	types_release(&p->t);
	files_end(p->dir);
	free(p);
	return 0;
}

static void opens(struct place *p, enum types_source source, const char *words)
{
	types_release(&p->t);
	err_clear(&p->err);
	if (types_open(&p->t, &p->o, &p->err))
		fail_msg("%s", p->err.msg);
	assert_int_equal(p->t.source, source);
	assert_string_equal(p->t.words, words);
	assert_true(p->t.nr >= 1);
}

static void refuses(struct place *p, const char *path, int code, const char *words,
		    const char *more)
{
	types_release(&p->t);
	err_clear(&p->err);
	p->o.kernel_btf = path;
	assert_int_equal(types_open(&p->t, &p->o, &p->err), code);
	if (!strstr(p->err.msg, words) || !strstr(p->err.msg, more))
		fail_msg("'%s' lacks '%s' or '%s'", p->err.msg, words, more);
	assert_true(code == -EINVAL || p->err.hint[0]);
	p->o.kernel_btf = NULL;
}

static void test_order(void **state)
{
	struct place *p = *state;
	const char *path;

	refuses(p, NULL, -ENOENT, "no type information", "");
	path = put_elf(p, "lib/modules/" RELEASE "/build/vmlinux", EM_OURS, build_a, NULL, true);
	opens(p, TYPES_DISK, path);
	path = put_elf(p, "boot/vmlinux-" RELEASE, EM_OURS, build_a, NULL, true);
	opens(p, TYPES_DISK, path);
	put_btf(p, "sys/kernel/btf/vmlinux", 100);
	opens(p, TYPES_DISK, path); /* the feature says that it is not there */
	p->features.f[FEAT_BTF].has = true;
	opens(p, TYPES_KERNEL, "BTF of the kernel");
	p->o.kernel_btf = path;
	opens(p, TYPES_FILE, path);
	p->features.f[FEAT_BTF].has = false;
	p->features.f[FEAT_BTF].left_out = true;
	opens(p, TYPES_FILE, path);
	refuses(p, NULL, -ENOENT, "no type information", "");
}

/* Kernels on disk that are of no use are passed over. */
static void test_disk(void **state)
{
	struct place *p = *state;
	const char *path;

	put_elf(p, "boot/vmlinux-" RELEASE, EM_OURS, build_a, NULL, false);
	put_elf(p, "usr/lib/debug/boot/vmlinux-" RELEASE, EM_OURS, build_b, NULL, true);
	refuses(p, NULL, -ENOENT, "no type information", "");
	path = put_elf(p, "usr/lib/debug/lib/modules/" RELEASE "/vmlinux", EM_OURS, NULL,
		       "Linux version %s Linux version " RELEASE " (gcc)", true);
	opens(p, TYPES_DISK, path);
}

static void test_modules(void **state)
{
	struct place *p = *state;
	struct btf_build base, mod;
	size_t sz;
	void *blob;

	bb_init(&base);
	bb_int(&base, "unsigned int", 4, 0);
	blob = bb_finish(&base, &sz);
	files_write(p->dir, "sys/kernel/btf/vmlinux", blob, sz);
	files_write(p->dir, "copy.btf", blob, sz);
	bb_init_split(&mod, &base);
	bb_ptr(&mod, 1);
	blob = bb_finish(&mod, &sz);
	files_write(p->dir, "sys/kernel/btf/nf_tables", blob, sz);
	files_write(p->dir, "sys/kernel/btf/broken", "no BTF", 6);
	put_btf(p, RELEASE ".btf", 100);

	p->features.f[FEAT_BTF].has = true;
	opens(p, TYPES_KERNEL, "BTF of the kernel");
	assert_int_equal(p->t.nr, 2);
	assert_null(p->t.modules[0]);
	assert_string_equal(p->t.modules[1], "nf_tables");
	/* The same bytes under another name: a module's types fit them too. */
	p->o.kernel_btf = files_path(p->dir, "copy.btf");
	opens(p, TYPES_FILE, p->o.kernel_btf);
	assert_int_equal(p->t.nr, 2);
	/* Others: they do not. */
	p->o.kernel_btf = files_path(p->dir, RELEASE ".btf");
	p->o.force = true;
	opens(p, TYPES_FILE, p->o.kernel_btf);
	assert_int_equal(p->t.nr, 1);
	bb_release(&base);
	bb_release(&mod);
}

/* The banner is found wherever it is, across the pieces that are read too. */
static void test_banner(void **state)
{
	static char rodata[140000];
	static const char banner[] = "Linux version 4.9.0-1 (gcc)";
	struct place *p = *state;
	struct elf_part part = {".rodata", SHT_PROGBITS, rodata, sizeof(rodata)};
	struct identity id;
	size_t sz;

	for (size_t at = 65536 - 80; at < 65536 + 10; at++) {
		void *elf;

		memset(rodata, 'L', sizeof(rodata));
		memcpy(rodata + at, banner, strlen(banner));
		elf = elf_make(EM_OURS, &part, 1, &sz);
		assert_int_equal(
			identity_of_file(&id, files_write(p->dir, "vmlinux", elf, sz), &p->err), 0);
		assert_string_equal(id.release, "4.9.0-1");
		assert_string_equal(id.machine, identity_machine());
		assert_int_equal(id.build_id_sz, 0);
		free(elf);
	}
}

/* Names that are no releases. */
static void test_names(void **state)
{
	static const struct {
		const char *name, *release;
	} names[] = {
		{"5.10.btf", "5.10"},
		{"vmlinux-6.1.0", "6.1.0"},
		{"vmlinux-6.1.btf", "6.1"},
		{"4.4.0-x86_64", "4.4.0-x86_64"},
		{"vmlinux.btf", ""},
		{"vmlinux", ""},
		{"5.btf", ""},
		{".btf", ""},
		{"5.10 x.btf", ""},
		{"v5.10.btf", ""},
	};
	struct place *p = *state;
	struct identity id;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = files_write(p->dir, names[i].name, "x", 1);

		assert_int_equal(identity_of_file(&id, path, &p->err), 0);
		assert_string_equal(id.release, names[i].release);
	}
	assert_int_equal(identity_of_file(&id, files_path(p->dir, "missing"), &p->err), -ENOENT);
}

static void test_other_kernels(void **state)
{
	struct place *p = *state;
	const char *path;

	path = put_btf(p, "6.1.0-9-amd64.btf", 100);
	refuses(p, path, -ESTALE, "is for Linux 6.1.0-9-amd64", "this is Linux " RELEASE);
	p->o.force = true;
	p->o.kernel_btf = path;
	opens(p, TYPES_FILE, path);
	p->o.force = false;
	path = put_elf(p, "vmlinux-" RELEASE, EM_OURS, build_b, NULL, true);
	refuses(p, path, -ESTALE, RELEASE ", build id 010204", RELEASE ", build id 010203");
	path = put_elf(p, "vmlinux-" RELEASE, EM_OTHER, NULL, NULL, true);
	refuses(p, path, -ESTALE, "is for Linux " RELEASE " for ", "this is Linux " RELEASE);
	path = put_elf(p, "vmlinux", EM_OURS, NULL, "Linux version 4.4.0 (gcc)", true);
	refuses(p, path, -ESTALE, "is for Linux 4.4.0,", "this is");
	/* The build id decides, whatever the name says. */
	p->o.kernel_btf = put_elf(p, "vmlinux-4.4.0", EM_OURS, build_a, NULL, true);
	opens(p, TYPES_FILE, p->o.kernel_btf);
	p->o.kernel_btf = put_btf(p, "types.btf", 100);
	opens(p, TYPES_FILE, p->o.kernel_btf);
}

/* The name fits, the kernel contradicts. */
static void test_contradiction(void **state)
{
	struct place *p = *state;
	const char *path = put_btf(p, RELEASE ".btf", 104);

	p->o.kernel_btf = path;
	opens(p, TYPES_FILE, path);
	p->features.f[FEAT_BTF].has = true;
	put_btf(p, "sys/kernel/btf/vmlinux", 100);
	refuses(p, path, -ESTALE, "struct sk_buff.mark", "is 104, but 100 in this kernel");
	p->o.force = true;
	p->o.kernel_btf = path;
	opens(p, TYPES_FILE, path);
}

static void test_compare(void **state)
{
	struct place *p = *state;
	struct btf *a, *b, *few;
	struct btf_build build;

	assert_int_equal(btf_open(&a, put_btf(p, "a", 100), NULL, &p->err), 0);
	assert_int_equal(btf_open(&b, put_btf(p, "b", 120), NULL, &p->err), 0);
	bb_init(&build);
	bb_int(&build, "u32", 4, BTF_INT_SIGNED);
	bb_struct(&build, "sk_buff", 400);
	bb_member(&build, "len", 1, 8 * 112);
	few = bb_parse(&build, NULL);

	assert_int_equal(types_compare(a, a, false, &p->err), 0);
	assert_int_equal(types_compare(a, few, true, &p->err), 0);
	assert_int_equal(types_compare(few, b, true, &p->err), 0);
	assert_int_equal(types_compare(a, b, true, &p->err), -ESTALE);
	assert_non_null(strstr(p->err.msg, "is 100, but 120 in this kernel"));
	err_clear(&p->err);
	assert_int_equal(types_compare(a, few, false, &p->err), -ESTALE);
	assert_non_null(strstr(p->err.msg, "does not exist in this kernel"));
	btf_free(a);
	btf_free(b);
	btf_free(few);
	bb_release(&build);
}

static void test_bad_files(void **state)
{
	struct place *p = *state;

	refuses(p, files_write(p->dir, "random", "\1\2\3\4\5\6\7\10", 8), -EINVAL, "random'", "");
	refuses(p, files_write(p->dir, "empty", "", 0), -EINVAL, "empty'", "");
	refuses(p, put_elf(p, "vmlinux-" RELEASE, EM_OURS, build_a, NULL, false), -EINVAL,
		"without a .BTF section", "vmlinux-");
	refuses(p, files_write(p->dir, "elf", "\177ELF\2\1\1", 8), -EINVAL, "elf'", "");
}

static void finds(const struct place *p, const struct distribution *d, const char *want)
{
	struct err err = ERR_INIT;
	char *path;

	if (btf_dir_find(&path, p->dir, RELEASE, d, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(path, files_path(p->dir, want));
	free(path);
}

static void test_directory(void **state)
{
	const struct distribution debian = {"debian", "12"}, none = {{0}};
	const char *arch = !strcmp(identity_machine(), "aarch64") ? "arm64" : identity_machine();
	const char *other = strcmp(arch, "x86_64") ? "x86_64" : "arm64";
	struct place *p = *state;
	char name[200];

	p->o.kernel_btf = p->dir;
	refuses(p, p->dir, -ENOENT, "'" RELEASE ".btf'", p->dir);
	files_write(p->dir, "debian/11/x/" RELEASE ".btf.tar.xz", "", 0);
	refuses(p, p->dir, -ENOENT, "'" RELEASE ".btf'", p->dir);
	assert_non_null(strstr(p->err.hint, RELEASE ".btf.tar.xz"));
	snprintf(name, sizeof(name), "a/11/%s/" RELEASE ".btf", other);
	put_btf(p, name, 100);
	put_btf(p, "a/b/c/too_deep/" RELEASE ".btf", 100);
	put_btf(p, "a/b/c/" RELEASE "-other.btf", 100);
	refuses(p, p->dir, -ENOENT, "'" RELEASE ".btf'", p->dir);
	snprintf(name, sizeof(name), "ubuntu/12/%s/" RELEASE ".btf", arch);
	put_btf(p, name, 100);
	finds(p, &debian, name);
	snprintf(name, sizeof(name), "debian/11/%s/" RELEASE ".btf", arch);
	put_btf(p, name, 100);
	finds(p, &debian, name);
	finds(p, &none, name); /* the first by name */
	snprintf(name, sizeof(name), "Debian/12/%s/" RELEASE ".btf", arch);
	put_btf(p, name, 100);
	finds(p, &debian, name);
	p->o.kernel_btf = p->dir;
	assert_int_equal(types_open(&p->t, &p->o, &p->err), 0);
	assert_non_null(strstr(p->t.words, RELEASE ".btf"));
}

static void test_distribution(void **state)
{
	static const char text[] = "PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n";
	struct place *p = *state;
	struct distribution d;

	distribution_read(&d, files_write(p->dir, "os-release", text, strlen(text)));
	assert_string_equal(d.id, "debian");
	assert_string_equal(d.version, "12");
	distribution_read(&d, files_path(p->dir, "missing"));
	assert_string_equal(d.id, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order),	  TEST(test_disk),	   TEST(test_modules),
		TEST(test_other_kernels), TEST(test_banner),	   TEST(test_names),
		TEST(test_contradiction), TEST(test_compare),	   TEST(test_bad_files),
		TEST(test_directory),	  TEST(test_distribution),
	};

	return cmocka_run_group_tests_name("loader_types", tests, NULL, NULL);
}
