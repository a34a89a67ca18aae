// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_expr.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_packet.h"

static struct memory {
	union {
		struct sk_buff skb;
		uint8_t room[sizeof(struct sk_buff) + 2 * sizeof(u32)];
	};
	struct device devices[2];
	struct device *devs[2];
	struct module_data of_module;
	uint8_t packet[64];
	be16 words[4];
} memory;

struct sk_buff *const expr_skb = &memory.skb;
const struct btf *expr_btfs[2];

/* ---- types ---- */

/* Made twice: the second time those that come later are known to those that point to them. */
struct types {
	struct btf_build b;
	uint32_t u8, s8, u16, s16, u32, s32, u64, s64, ll, ull, c, yes, real, huge;
	uint32_t be16, be32, be64;
	uint32_t colour, letter, vast;
	uint32_t elem, device, skb, mark, named, announced, nowhere;
};

static uint32_t typedef_twice(struct btf_build *b, const char *name, const char *inner, uint32_t of)
{
	return bb_typedef(b, name, bb_typedef(b, inner, of));
}

static void make_numbers(struct types *t)
{
	struct btf_build *b = &t->b;

	t->u8 = bb_typedef(b, "u8", bb_int(b, "unsigned char", 1, 0));
	t->s8 = bb_typedef(b, "s8", bb_int(b, "signed char", 1, BTF_INT_SIGNED));
	t->u16 = bb_typedef(b, "u16", bb_int(b, "unsigned short", 2, 0));
	t->s16 = bb_int(b, "short", 2, BTF_INT_SIGNED);
	t->u32 = bb_int(b, "unsigned int", 4, 0);
	t->s32 = bb_int(b, "int", 4, BTF_INT_SIGNED);
	t->u64 = bb_int(b, "unsigned long", 8, 0);
	t->s64 = bb_int(b, "long", 8, BTF_INT_SIGNED);
	t->ll = bb_int(b, "long long", 8, BTF_INT_SIGNED);
	t->ull = bb_int(b, "unsigned long long", 8, 0);
	t->c = bb_int(b, "char", 1, BTF_INT_SIGNED);
	t->yes = bb_int(b, "_Bool", 1, BTF_INT_BOOL);
	t->huge = bb_int(b, "__int128", 16, BTF_INT_SIGNED);
	t->real = bb_float(b, "float", 4);
	t->be16 = typedef_twice(b, "__be16", "__u16", t->u16);
	t->be32 = typedef_twice(b, "__be32", "__u32", t->u32);
	t->be64 = typedef_twice(b, "__be64", "__u64", t->ull);
	bb_typedef(b, "size_t", t->u64);
}

static void make_enums(struct types *t)
{
	struct btf_build *b = &t->b;

	t->colour = bb_enum(b, "colour", 4, true);
	bb_enum_val(b, "RED", RED);
	bb_enum_val(b, "GREEN", GREEN);
	bb_enum_val(b, "BLUE", BLUE);
	bb_enum_val(b, "TWICE", 1);
	t->letter = bb_enum(b, "letter", 4, false);
	bb_enum_val(b, "LETTER_A", LETTER_A);
	bb_enum_val(b, "LETTER_B", LETTER_B);
	bb_enum_val(b, "LETTER_MOST", (int32_t)LETTER_MOST);
	bb_enum_val(b, "TWICE", 2);
	bb_enum_val(b, "GREEN", GREEN); /* the same again does no harm */
	t->vast = bb_enum64(b, "vast", 8, false);
	bb_enum64_val(b, "VAST", VAST);
	bb_enum64_val(b, "VASTEST", VASTEST);
	bb_enum64_val(b, "VAST_LOW", 3);
}

/* A member, by the offset that the compiler chose. */
#define MEMBER(type, name, id) bb_member(&t->b, #name, id, 8 * offsetof(struct type, name))

/* A bit-field: where the compiler puts one of nothing but ones. */
#define BITS(type, name, id)                                                                       \
	do {                                                                                       \
		struct type s;                                                                     \
                                                                                                   \
		memset(&s, 0, sizeof(s));                                                          \
		s.name = -1;                                                                       \
		bit_field(&t->b, #name, id, (const uint8_t *)&s, sizeof(s));                       \
	} while (0)

static void bit_field(struct btf_build *b, const char *name, uint32_t type, const uint8_t *ones,
		      size_t sz)
{
	uint32_t first = 0, nr = 0;

	while (!(ones[first / 8] & 1 << first % 8))
		first++;
	while ((first + nr) / 8 < sz && ones[(first + nr) / 8] & 1 << (first + nr) % 8)
		nr++;
	bb_bitfield(b, name, type, first, nr);
}

static uint32_t array(struct types *t, uint32_t of, uint32_t nr)
{
	return bb_array(&t->b, of, t->u32, nr);
}

static void make_device(struct types *t)
{
	uint32_t bytes = array(t, t->s8, 3), name = array(t, t->c, 16), queue, owner;

	t->elem = bb_struct(&t->b, "elem", sizeof(struct elem));
	MEMBER(elem, x, t->u16);
	MEMBER(elem, y, bytes);
	BITS(elem, z, t->u8);
	BITS(elem, w, t->u8);
	queue = array(t, t->elem, 3);
	owner = bb_ptr(&t->b, bb_const(&t->b, t->skb));
	t->device = bb_struct(&t->b, "device", sizeof(struct device));
	MEMBER(device, name, name);
	MEMBER(device, ifindex, t->s32);
	MEMBER(device, mtu, t->u32);
	MEMBER(device, owner, owner);
	MEMBER(device, queue, queue);
}

/* The nameless union with a struct in it, and the nameless type of a member with a name. */
static void make_nameless(struct types *t)
{
	uint32_t half = array(t, t->s8, 2), dev = bb_ptr(&t->b, t->device), in, pair;

	in = bb_union(&t->b, NULL, 2);
	bb_member(&t->b, "high", t->u16, 0);
	bb_member(&t->b, "half", half, 0);
	pair = bb_struct(&t->b, NULL, 4);
	bb_member(&t->b, "low", t->u16, 0);
	bb_member(&t->b, NULL, in, 16);
	t->mark = bb_union(&t->b, NULL, 4);
	bb_member(&t->b, "mark", t->u32, 0);
	bb_member(&t->b, "reserved", t->u32, 0);
	bb_member(&t->b, NULL, pair, 0);
	t->named = bb_struct(&t->b, NULL, 16);
	bb_member(&t->b, "inner", t->s32, 0);
	bb_member(&t->b, "dev", dev, 64);
}

static void add_pointers(struct types *t, const uint32_t *ptr)
{
	MEMBER(sk_buff, next, ptr[0]);
	MEMBER(sk_buff, dev, ptr[1]);
	MEMBER(sk_buff, devs, ptr[2]);
	MEMBER(sk_buff, data, ptr[3]);
	MEMBER(sk_buff, head, ptr[4]);
	MEMBER(sk_buff, words, ptr[5]);
	MEMBER(sk_buff, of_module, ptr[6]);
	MEMBER(sk_buff, unknown, ptr[7]);
	MEMBER(sk_buff, destructor, ptr[8]);
}

static void add_numbers(struct types *t, uint32_t often)
{
	MEMBER(sk_buff, s8, t->s8);
	MEMBER(sk_buff, u8, t->u8);
	MEMBER(sk_buff, s16, t->s16);
	MEMBER(sk_buff, u16, t->u16);
	MEMBER(sk_buff, s32, t->s32);
	MEMBER(sk_buff, u32, t->u32);
	MEMBER(sk_buff, s64, t->s64);
	MEMBER(sk_buff, u64, t->u64);
	MEMBER(sk_buff, ll, t->ll);
	MEMBER(sk_buff, ull, t->ull);
	MEMBER(sk_buff, c, t->c);
	MEMBER(sk_buff, yes, t->yes);
	MEMBER(sk_buff, no, t->yes);
	MEMBER(sk_buff, network_header, t->u16);
	MEMBER(sk_buff, protocol, t->be16);
	MEMBER(sk_buff, addr, t->be32);
	MEMBER(sk_buff, big, t->be64);
	MEMBER(sk_buff, colour, t->colour);
	MEMBER(sk_buff, other_colour, t->colour);
	MEMBER(sk_buff, letter, t->letter);
	MEMBER(sk_buff, vast, t->vast);
	MEMBER(sk_buff, often, often);
	MEMBER(sk_buff, real, t->real);
	MEMBER(sk_buff, huge, t->huge);
}

static void add_bits(struct types *t)
{
	BITS(sk_buff, first, t->u32);
	BITS(sk_buff, three, t->u32);
	BITS(sk_buff, last, t->u32);
	BITS(sk_buff, sfirst, t->s32);
	BITS(sk_buff, slast, t->s32);
	BITS(sk_buff, wide, t->u64);
	BITS(sk_buff, rest, t->u64);
	BITS(sk_buff, swide, t->s64);
	BITS(sk_buff, flag, t->u8);
	BITS(sk_buff, top, t->u8);
	BITS(sk_buff, bit, t->yes);
	BITS(sk_buff, eight, t->u32);
	BITS(sk_buff, nine, t->u32);
}

static void make_sk_buff(struct types *t)
{
	struct btf_build *b = &t->b;
	uint32_t nothing = bb_func_proto(b, 0);
	const uint32_t ptr[] = {
		bb_ptr(b, t->skb),
		bb_ptr(b, t->device),
		bb_ptr(b, bb_ptr(b, t->device)),
		bb_ptr(b, 0),
		bb_ptr(b, t->u8),
		bb_ptr(b, t->be16),
		bb_ptr(b, t->announced),
		bb_ptr(b, t->nowhere),
		bb_ptr(b, nothing),
	};
	uint32_t cb = array(t, t->u8, 48), elems = array(t, t->elem, 4), tail = array(t, t->u32, 0);
	uint32_t grid = array(t, array(t, t->s32, 3), 2);
	uint32_t often = bb_volatile(b, bb_const(b, t->u32));

	t->skb = bb_struct(b, "sk_buff", sizeof(struct sk_buff));
	add_pointers(t, ptr);
	add_numbers(t, often);
	add_bits(t);
	MEMBER(sk_buff, cb, cb);
	MEMBER(sk_buff, elems, elems);
	MEMBER(sk_buff, grid, grid);
	bb_member(b, NULL, t->mark, 8 * offsetof(struct sk_buff, mark));
	MEMBER(sk_buff, named, t->named);
	MEMBER(sk_buff, tail, tail);
}

/* Integer types for bits 3 to 9: by the member's offset, or by the type's. */
static void make_strange(struct types *t)
{
	struct btf_build *b = &t->b;
	uint32_t narrow, shifted, pointer = bb_ptr(b, 0), many = array(t, t->u64, 0x0fffffff);

	narrow = bb_type(b, BTF_KIND_INT, false, "unsigned int", 4);
	bb_u32(b, 7);
	shifted = bb_type(b, BTF_KIND_INT, false, "int", 4);
	bb_u32(b, BTF_INT_SIGNED << 24 | 3 << 16 | 7);
	bb_struct(b, "old_bits", sizeof(struct old_bits));
	MEMBER(old_bits, x, t->u32);
	bb_member(b, "bits", narrow, 32 + 3);
	bb_member(b, "sbits", shifted, 64);
	bb_struct(b, "wrong", 64);
	bb_bitfield(b, "spread", t->u64, 5, 60);
	bb_bitfield(b, "pointer", pointer, 64, 5);
	bb_bitfield(b, "odd", t->u32, 129, 0);
	bb_struct(b, "far", 0x7fffffff);
	bb_member(b, "a", many, 0);
	bb_member(b, "b", many, 0xfffffff8);
}

static void make_types(struct types *t)
{
	bb_init(&t->b);
	make_numbers(t);
	make_enums(t);
	make_device(t);
	make_nameless(t);
	t->announced = bb_fwd(&t->b, "module_data", false);
	t->nowhere = bb_fwd(&t->b, "nowhere", false);
	make_sk_buff(t);
	make_strange(t);
}

static void make_module(struct btf_build *b, const struct types *t)
{
	uint32_t back, enums;

	bb_init_split(b, &t->b);
	back = bb_ptr(b, t->skb);
	bb_struct(b, "module_data", sizeof(struct module_data));
	bb_member(b, "x", t->s32, 0);
	bb_member(b, "back", back, 8 * offsetof(struct module_data, back));
	enums = bb_enum(b, "of_module", 4, false);
	bb_enum_val(b, "OF_MODULE", OF_MODULE);
	bb_enum_val(b, "RED", 1000); /* the kernel's comes first */
	bb_typedef(b, "of_module_t", enums);
}

int expr_setup(void **state)
{
	struct types t = {0};
	struct btf_build module;

	make_types(&t);
	bb_release(&t.b);
	make_types(&t);
	expr_btfs[0] = bb_parse(&t.b, NULL);
	make_module(&module, &t);
	expr_btfs[1] = bb_parse(&module, expr_btfs[0]);
	bb_release(&module);
	bb_release(&t.b);
	return 0;
}

int expr_teardown(void **state)
{
	btf_free((struct btf *)expr_btfs[1]);
	btf_free((struct btf *)expr_btfs[0]);
	return 0;
}

/* ---- values ---- */

static void set_pointers(void)
{
	struct sk_buff *skb = &memory.skb;

	skb->next = skb;
	skb->dev = &memory.devices[0];
	skb->devs = memory.devs;
	skb->data = memory.packet + 4;
	skb->head = memory.packet;
	skb->words = memory.words;
	skb->of_module = &memory.of_module;
	skb->named.dev = &memory.devices[1];
	memory.devs[0] = &memory.devices[0];
	memory.devs[1] = &memory.devices[1];
	memory.devices[0].owner = skb;
	memory.devices[1].owner = NULL;
	memory.of_module.back = skb;
}

void expr_memory_init(uint64_t seed)
{
	uint8_t *bytes = (uint8_t *)&memory;
	struct sk_buff *skb = &memory.skb;

	for (size_t i = 0; i < sizeof(memory); i++)
		bytes[i] = (uint8_t)(seed ? packet_random(&seed) : 7 * i + (i >> 8));
	skb->yes = true;
	skb->no = false;
	skb->network_header = 14;
	skb->colour = GREEN;
	skb->other_colour = BLUE;
	skb->letter = LETTER_MOST;
	skb->vast = VASTEST;
	set_pointers();
}

/* ---- code ---- */

struct expr *expr_make_one(const char *text, enum expr_use use, struct err *err)
{
	struct expr *e;
	int ret = expr_compile(&e, text, "skb", "sk_buff", expr_btfs, 2, use, err);

	assert_int_equal(!!ret, !e);
	assert_true(!ret || ret == -EINVAL);
	return e;
}

static void check_insn(const struct expr *e, const struct bpf_insn *i)
{
	static const uint8_t jumps[] = {BPF_JA,	 BPF_JEQ,  BPF_JNE,  BPF_JGT,
					BPF_JGE, BPF_JSGT, BPF_JSGE, BPF_CALL};
	int end = EXPR_SLOTS_OFF + 8 * (int)expr_nr_slots(e);
	unsigned int class = BPF_CLASS(i->code);

	assert_true(i->dst_reg <= 5 || (i->dst_reg == 10 && class >= BPF_ST && class <= BPF_STX));
	assert_true(i->src_reg <= 5 || i->src_reg == 10);
	assert_int_not_equal(class, BPF_JMP32);
	if (class == BPF_JMP) {
		assert_non_null(memchr(jumps, BPF_OP(i->code), sizeof(jumps)));
		assert_true(i->off >= 0);
	}
	if (i->code == (BPF_JMP | BPF_CALL))
		assert_int_equal(i->imm, BPF_FUNC_probe_read_kernel);
	if (class == BPF_ST || class == BPF_STX || class == BPF_LDX)
		assert_true(i->off >= EXPR_SLOTS_OFF && i->off + 8 <= end && !(i->off % 8));
	if (i->code == (BPF_ALU64 | BPF_ADD | BPF_K) &&
	    i[-1].code == (BPF_ALU64 | BPF_MOV | BPF_X) && i[-1].src_reg == 10)
		assert_true(i->imm >= EXPR_SLOTS_OFF && i->imm + 8 <= end);
}

uint64_t expr_run(const struct expr *e, bool with_memory)
{
	struct interp vm = {.kmem = &memory,
			    .kaddr = (uintptr_t)&memory,
			    .kmem_sz = with_memory ? sizeof(memory) : 0,
			    .reg = {[2] = (uintptr_t)expr_skb},
			    .reg_init = 1 << 2};
	struct insn_buf code = {0};
	struct err err = ERR_INIT;
	uint64_t r0;

	assert_in_range(expr_nr_slots(e), 1, 16);
	if (expr_emit(e, EXPR_SLOTS_OFF, 0, &code, &err))
		fail_msg("'%s': %s", expr_text(e), err.msg);
	for (size_t i = 0; i < code.nr; i += insn_is_ld_imm64(&code.insns[i]) ? 2 : 1)
		check_insn(e, &code.insns[i]);
	if (!interp_run(&vm, code.insns, code.nr, &r0))
		fail_msg("'%s': %s", expr_text(e), vm.error);
	insn_buf_release(&code);
	return r0;
}
