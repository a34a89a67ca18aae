/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_expr.h - a struct sk_buff as no kernel has it: with members of all kinds, their types as BTF,
 * and a memory full of them. An expression can be run on it in the interpreter, and the same text
 * be compiled as C: what it says is in expr_skb, and pointers in there are the host's.
 */
#ifndef TESTS_UNIT_LIB_EXPR_H
#define TESTS_UNIT_LIB_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/insn.h"
#include "btf/btf.h"
#include "filter/expr/expr.h"
#include "tests/unit/lib_interp.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long s64;
typedef u16 be16; /* called __be16 in BTF: the compiler knows no such thing */
typedef u32 be32;
typedef u64 be64;

enum colour { RED, GREEN = 5, BLUE = -3 };
enum letter { LETTER_A, LETTER_B, LETTER_MOST = 0xfffffff0 };
#define VAST	  0x100000001UL /* enumerators of 64 bits */
#define VASTEST	  0xffffffff00000000UL
#define OF_MODULE 77

struct elem {
	u16 x;
	s8 y[3];
	u8 z : 3, w : 5;
};

struct device {
	char name[16];
	int ifindex;
	u32 mtu;
	struct sk_buff *owner;
	struct elem queue[3];
};

struct sk_buff {
	struct sk_buff *next;
	struct device *dev;
	struct device **devs; /* two of them */
	void *data;
	u8 *head;
	be16 *words;
	struct module_data *of_module; /* only announced in the kernel's BTF */
	struct nowhere *unknown;
	void (*destructor)(struct sk_buff *);
	s8 s8;
	u8 u8;
	s16 s16;
	u16 u16;
	s32 s32;
	u32 u32;
	s64 s64;
	u64 u64;
	long long ll;
	unsigned long long ull;
	char c;
	_Bool yes, no;
	u16 network_header;
	be16 protocol;
	be32 addr;
	be64 big;
	u32 first : 1, three : 3, last : 28;
	s32 sfirst : 5, slast : 27;
	u64 wide : 40, rest : 24;
	s64 swide : 33;
	u8 flag : 1, : 6, top : 1;
	u32 : 4, eight : 8, : 9, nine : 9;
	_Bool bit : 1;
	u8 cb[48];
	struct elem elems[4];
	int grid[2][3];
	union {
		u32 mark;
		u32 reserved;
		struct {
			u16 low;
			union {
				u16 high;
				s8 half[2];
			};
		};
	};
	struct {
		int inner;
		struct device *dev;
	} named;
	enum colour colour, other_colour;
	enum letter letter;
	u64 vast; /* enum vast */
	volatile const u32 often;
	float real;
	__int128 huge;
	u32 tail[]; /* two of them */
};

/* As pahole wrote bit-fields before 1.13: of types that are as narrow. */
struct old_bits {
	u32 x;
	u32 : 3, bits : 7, : 22;
	s32 : 3, sbits : 7, : 22;
};

struct module_data {
	int x;
	struct sk_buff *back;
};

/* What `skb` points to, made anew by expr_memory_init(). */
extern struct sk_buff *const expr_skb;
/* The kernel's types, and a module's over them. */
extern const struct btf *expr_btfs[2];

/* Group setup and teardown of cmocka. */
int expr_setup(void **state);
int expr_teardown(void **state);

/* Fill the memory: the same seed, the same bytes; 0: values that are easy to know. */
void expr_memory_init(uint64_t seed);

/* NULL where it is refused; err says why. */
struct expr *expr_make_one(const char *text, enum expr_use use, struct err *err);

#define EXPR_SLOTS_OFF (-160)

/*
 * The result in the interpreter. What the contract of expr_emit() forbids fails the test. Without
 * memory every read fails.
 */
uint64_t expr_run(const struct expr *e, bool with_memory);

#endif
