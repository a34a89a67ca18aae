// SPDX-License-Identifier: GPL-2.0-only
/*
 * CO-RE on what clang really writes: the programs of bpf/core_prog.bpf.c, relocated to the
 * types of bpf/core_target.h and run on memory of that layout.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gelf.h>
#include <libelf.h>

#include "btf/core/core.h"
#include "tests/unit/bpf/core_target.h"
#include "tests/unit/lib_interp.h"

#define VMLINUX "/sys/kernel/btf/vmlinux"

/* A compiled object, its CO-RE records, and one of its sections. */
struct object {
	int fd;
	Elf *elf;
	struct btf *btf;
	struct core_relo *relos;
	size_t nr_relos;
};

static struct object prog;
static struct btf *target;

static Elf_Data *section(const struct object *o, const char *name, Elf_Scn **at)
{
	size_t shstrndx;
	GElf_Shdr sh;

	assert_int_equal(elf_getshdrstrndx(o->elf, &shstrndx), 0);
	while ((*at = elf_nextscn(o->elf, *at))) {
		assert_non_null(gelf_getshdr(*at, &sh));
		if (!strcmp(name, elf_strptr(o->elf, shstrndx, sh.sh_name)))
			return elf_getdata(*at, NULL);
	}
	return NULL;
}

static void object_open(struct object *o, const char *path)
{
	struct err err = ERR_INIT;
	Elf_Scn *scn = NULL;
	Elf_Data *ext;

	elf_version(EV_CURRENT);
	o->fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(o->fd >= 0);
	o->elf = elf_begin(o->fd, ELF_C_READ, NULL);
	assert_non_null(o->elf);
	if (btf_open(&o->btf, path, NULL, &err))
		fail_msg("%s", err.msg);
	ext = section(o, ".BTF.ext", &scn);
	assert_non_null(ext);
	if (core_relos_parse(o->btf, ext->d_buf, ext->d_size, &o->relos, &o->nr_relos, &err))
		fail_msg("%s", err.msg);
	assert_true(o->nr_relos > 0);
}

static void object_close(struct object *o)
{
	free(o->relos);
	btf_free(o->btf);
	elf_end(o->elf);
	close(o->fd);
}

/* A section's instructions, relocated; the caller frees them. */
static struct bpf_insn *relocated(const struct object *o, const char *name, size_t *nr)
{
	const struct btf *targets[] = {target};
	struct err err = ERR_INIT;
	struct bpf_insn *insns;
	Elf_Scn *scn = NULL;
	Elf_Data *data = section(o, name, &scn);

	assert_non_null(data);
	*nr = data->d_size / sizeof(*insns);
	insns = malloc(data->d_size);
	assert_non_null(insns);
	memcpy(insns, data->d_buf, data->d_size);
	for (size_t i = 0; i < o->nr_relos; i++) {
		const struct core_relo *r = &o->relos[i];
		struct core_value v;

		if (strcmp(r->section, name) != 0)
			continue;
		if (core_calc(o->btf, r, targets, 1, &v, &err) ||
		    core_patch(insns, *nr, r->insn_off / sizeof(*insns), i, &v, &err))
			fail_msg("%s: %s", name, err.msg);
		if (!v.exists || v.mem_unsafe)
			assert_true(v.why[0]);
	}
	return insns;
}

struct world {
	union {
		struct thing thing;
		uint8_t bytes[sizeof(struct thing) + 8 * sizeof(unsigned int)];
	};
	struct inner more[2];
	struct many many[2];
};

static void world_init(struct world *w)
{
	struct thing *t = &w->thing;

	memset(w, 0xa5, sizeof(*w));
	t->grown = 0x0123456789abcdef;
	t->next = w->more;
	t->low = 0x1234;
	t->deep = 0xfe;
	t->bits3 = 5;
	t->sbits5 = -9;
	t->bits17 = 0x1abcd;
	t->cross11 = 0x5a5;
	t->was_bits = 0xc3;
	t->now_bits = 0x155;
	t->bits40 = 0x89abcdef01;
	t->point.x = 3;
	t->point.y = 4;
	t->shrunk = 0xee;
	t->minus = -5;
	*(unsigned int *)&t->qualified = 77;
	t->signed_grown = -1;
	t->colour = COLOUR_BLUE;
	t->nested.level.flat = 4321;
	t->table[2][3] = 23;
	t->table[1][4] = 14;
	for (unsigned i = 0; i < 2; i++) {
		t->in[i].tag = 10 + i;
		t->in[i].count = 1000 + i;
		w->more[i].tag = 12 + i;
		w->more[i].count = 1002 + i;
		w->many[i].value = 7000 + i;
	}
	for (unsigned i = 0; i < 8; i++) {
		unsigned int v = 500 + i;

		memcpy(w->bytes + offsetof(struct thing, data) + i * sizeof(v), &v, sizeof(v));
	}
}

/* Run a section on ctx; false with the reason in vm->error. */
static bool run(struct interp *vm, const char *name, struct world *w, void *ctx, uint64_t *r0)
{
	struct bpf_insn *insns;
	size_t nr;
	bool ok;

	memset(vm, 0, sizeof(*vm));
	vm->region[0].ptr = w;
	vm->region[0].sz = sizeof(*w);
	vm->reg[1] = (uintptr_t)ctx;
	vm->reg_init = 1 << 1;
	insns = relocated(&prog, name, &nr);
	ok = interp_run(vm, insns, nr, r0);
	free(insns);
	return ok;
}

static uint64_t value(const char *name, void *ctx, struct world *w)
{
	struct interp vm;
	uint64_t r0;

	if (!run(&vm, name, w, ctx, &r0))
		fail_msg("%s: %s", name, vm.error);
	return r0;
}

static void test_programs(void **state)
{
	size_t shstrndx, nr = 0;
	Elf_Scn *scn = NULL;
	struct world w;
	GElf_Shdr sh;

	assert_int_equal(elf_getshdrstrndx(prog.elf, &shstrndx), 0);
	while ((scn = elf_nextscn(prog.elf, scn))) {
		const char *name;

		assert_non_null(gelf_getshdr(scn, &sh));
		name = elf_strptr(prog.elf, shstrndx, sh.sh_name);
		if (strncmp(name, "core/", 5) != 0)
			continue;
		world_init(&w);
		if (value(name, &w.thing, &w) != 0)
			fail_msg("%s: line %d of core_prog.bpf.c is wrong", name,
				 (int)value(name, &w.thing, &w));
		nr++;
	}
	assert_int_equal(nr, 12);
}

static void test_values(void **state)
{
	struct world w;
	uint32_t local;

	world_init(&w);
	assert_int_equal(value("value/thing_id", &w, &w),
			 btf_find(target, BTF_KIND_STRUCT, "thing", 0));
	local = value("value/local_id", &w, &w);
	assert_string_equal(btf_name(prog.btf, local), "thing___flavoured");
	assert_int_equal(value("value/second", w.many, &w), 7001);
}

/* Reaching what the kernel lacks stops at a call of no helper. */
static void test_poison(void **state)
{
	static const char *const names[] = {"poison/field", "poison/enum", "poison/signed",
					    "poison/size", "poison/now_bits"};
	struct world w;

	world_init(&w);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct bpf_insn *insns;
		struct interp vm;
		size_t nr, nr_poison = 0;
		uint64_t r0;

		assert_false(run(&vm, names[i], &w, &w, &r0));
		insns = relocated(&prog, names[i], &nr);
		for (size_t j = 0; j < nr; j++) {
			int32_t n = insns[j].imm - CORE_POISON;

			if (insns[j].code != (BPF_JMP | BPF_CALL))
				continue;
			assert_in_range(n, 0, prog.nr_relos - 1);
			assert_string_equal(prog.relos[n].section, names[i]);
			nr_poison++;
		}
		assert_true(nr_poison > 0);
		free(insns);
	}
}

/* Every record of the object has words, and names what it is about. */
static void test_describe(void **state)
{
	static const char *const want[] = {
		"struct thing.low (byte offset)",
		"struct thing.in[1].count (byte offset)",
		"struct thing.table[2] (byte offset)",
		"struct thing.point.x (byte offset)",
		"struct inner[1].tag (byte offset)",
		"struct thing.in (byte size)",
		"struct thing.missing (existence)",
		"struct thing.bits17 (left shift)",
		"struct thing.sbits5 (right shift)",
		"struct thing.sbits5 (sign)",
		"struct nowhere (existence)",
		"typedef point_t (size)",
		"struct thing___flavoured (type id)",
		"struct thing___flavoured (local type id)",
		"COLOUR_PINK (existence)",
		"COLOUR_BLUE___local (value)",
	};
	char words[128];

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		bool seen = false;

		for (size_t j = 0; j < prog.nr_relos; j++) {
			core_describe(prog.btf, &prog.relos[j], words, sizeof(words));
			seen |= !strcmp(words, want[i]);
		}
		if (!seen)
			fail_msg("no record is '%s'", want[i]);
	}
}

/* An independent look-up: the offset of a member anywhere in a struct, by name. */
static bool member_off(const struct btf *btf, uint32_t id, const char *name, uint32_t *off)
{
	const struct btf_type *t = btf_type(btf, btf_skip_mods(btf, id));

	if (!t || (btf_kind(t) != BTF_KIND_STRUCT && btf_kind(t) != BTF_KIND_UNION))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		uint32_t here = btf_member_bit_off(t, i) / 8, below;

		if (!strcmp(btf_str(btf, m->name_off), name)) {
			*off = here;
			return true;
		}
		if (!*btf_str(btf, m->name_off) && member_off(btf, m->type, name, &below)) {
			*off = here + below;
			return true;
		}
	}
	return false;
}

static void test_running_kernel(void **state)
{
	static const struct {
		const char *words, *type, *member;
	} want[] = {
		{"struct sk_buff.len (byte offset)", "sk_buff", "len"},
		{"struct sk_buff.mark (byte offset)", "sk_buff", "mark"},
		{"struct sk_buff.protocol (byte offset)", "sk_buff", "protocol"},
		{"struct sk_buff.dev (byte offset)", "sk_buff", "dev"},
		{"struct net_device.ifindex (byte offset)", "net_device", "ifindex"},
		{"struct net_device.nd_net.net (byte offset)", "net_device", "nd_net"},
		{"struct net.ns.inum (byte offset)", "net", "ns"},
	};
	struct err err = ERR_INIT;
	struct object o;
	struct btf *vmlinux;

	if (access(VMLINUX, R_OK)) {
		print_message("no " VMLINUX " on this machine\n");
		skip();
	}
	if (btf_open(&vmlinux, VMLINUX, NULL, &err))
		fail_msg("%s", err.msg);
	object_open(&o, CORE_BPF_DIR "/core_vmlinux.bpf.o");
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		uint32_t id = btf_find(vmlinux, BTF_KIND_STRUCT, want[i].type, 0), off, ns,
			 inum = 0;
		const struct btf *targets[] = {vmlinux};
		char words[128];
		bool seen = false;

		assert_int_not_equal(id, 0);
		assert_true(member_off(vmlinux, id, want[i].member, &off));
		ns = btf_find(vmlinux, BTF_KIND_STRUCT, "ns_common", 0);
		if (!strcmp(want[i].member, "ns"))
			assert_true(member_off(vmlinux, ns, "inum", &inum));
		for (size_t j = 0; j < o.nr_relos; j++) {
			struct core_value v;

			core_describe(o.btf, &o.relos[j], words, sizeof(words));
			if (strcmp(words, want[i].words) != 0)
				continue;
			seen = true;
			if (core_calc(o.btf, &o.relos[j], targets, 1, &v, &err))
				fail_msg("%s", err.msg);
			assert_true(v.exists);
			assert_int_equal(v.value, off + inum);
			assert_int_equal(v.mem_sz, v.local_mem_sz);
		}
		if (!seen)
			fail_msg("no record is '%s'", want[i].words);
	}
	object_close(&o);
	btf_free(vmlinux);
}

static int setup(void **state)
{
	struct err err = ERR_INIT;

	object_open(&prog, CORE_BPF_DIR "/core_prog.bpf.o");
	if (btf_open(&target, CORE_BPF_DIR "/core_target.bpf.o", NULL, &err)) {
		print_error("%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	object_close(&prog);
	btf_free(target);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),       cmocka_unit_test(test_values),
		cmocka_unit_test(test_poison),	       cmocka_unit_test(test_describe),
		cmocka_unit_test(test_running_kernel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
