// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of the test of CO-RE, compiled against other types than those of core_target.h,
 * on whose memory they run. A program in core/ returns 0, or the line of what is wrong;
 * those in value/ return what the test asks for by name.
 */
#define SEC(name) __attribute__((section(name), used))
#define CORE	  __attribute__((preserve_access_index))
#define CHECK(yes)                                                                                 \
	({                                                                                         \
		if (!(yes))                                                                        \
			return __LINE__;                                                           \
	})

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;

enum { FIELD_BYTE_OFFSET, FIELD_BYTE_SIZE, FIELD_EXISTS, FIELD_SIGNED, FIELD_LSHIFT, FIELD_RSHIFT };
#define field(kind, expr)	  __builtin_preserve_field_info(expr, FIELD_##kind)
#define type_exists(type)	  __builtin_preserve_type_info(*(type *)0, 0)
#define type_size(type)		  __builtin_preserve_type_info(*(type *)0, 1)
#define value_exists(type, value) __builtin_preserve_enum_value(*(type *)value, 0)
#define value_of(type, value)	  __builtin_preserve_enum_value(*(type *)value, 1)

/* The numbers of the values differ from the target's, one is missing there. */
enum colour {
	COLOUR_GREEN = 1,
	COLOUR_BLUE___local = 2,
	COLOUR_PINK = 3,
	COLOUR_MAX = 4,
};
enum mood___x { MOOD_GOOD = 1, MOOD_BAD = 2 };
enum huge { HUGE_VALUE = 0x7000000000ull };

typedef struct {
	int x, y;
} CORE point_t;

struct inner {
	unsigned long count;
	u8 tag;
} CORE;

struct thing {
	u32 last;
	u32 grown;
	u16 low;
	u8 deep;
	signed char deeper;
	u32 word;
	u32 bits3 : 3;
	int sbits5 : 5;
	u32 bits17 : 17;
	u32 cross11 : 11;
	u32 was_bits : 7;
	u32 now_bits;
	u64 bits40 : 40;
	struct inner *next;
	struct inner in[9];
	u16 table[3][5];
	point_t point;
	u32 shrunk;
	signed char minus;
	u32 qualified;
	int signed_grown;
	enum colour colour;
	struct inner *retyped;
	u32 missing;
	union {
		struct {
			struct {
				u16 flat;
			} level;
		} nested;
	};
	u32 data[];
} CORE;

/* Another idea of the same type. */
struct thing___flavoured {
	u8 minus;
	struct {
		u8 absent;
	} nested;
} CORE;

struct many {
	u32 value;
} CORE;

struct nowhere {
	u32 x;
} CORE;

SEC("core/plain") int plain(struct thing *t)
{
	CHECK(t->low == 0x1234);
	CHECK(t->deep == 0xfe);
	CHECK(t->deeper == -2);
	CHECK((t->word & 0xffffff) == 0xfe1234);
	CHECK(t->minus == -5);
	CHECK(t->qualified == 77);
	CHECK(t->nested.level.flat == 4321);
	CHECK(((struct thing___flavoured *)t)->minus == 0xfb);
	return 0;
}

/* The load follows the size that the field has there. */
SEC("core/sizes") int sizes(struct thing *t)
{
	u64 grown = t->grown;

	asm volatile("" : "+r"(grown));
	CHECK(grown == 0x0123456789abcdefull);
	CHECK(t->shrunk == 0xee);
	CHECK(field(BYTE_SIZE, t->grown) == 8);
	CHECK(field(BYTE_SIZE, t->shrunk) == 1);
	CHECK(field(BYTE_SIZE, t->in) == 4 * 16);
	return 0;
}

SEC("core/store") int store(struct thing *t)
{
	t->shrunk = 0x1ff;
	CHECK(t->shrunk == 0xff);
	t->shrunk = 0xee;
	t->qualified = 78;
	CHECK(t->qualified == 78);
	t->qualified = 77;
	t->minus -= 1;
	CHECK(t->minus == -6);
	t->minus += 1;
	return 0;
}

SEC("core/arrays") int arrays(struct thing *t)
{
	CHECK(t->in[0].tag == 10);
	CHECK(t->in[1].tag == 11);
	CHECK(t->in[1].count == 1001);
	CHECK(t->table[2][3] == 23);
	CHECK(t->table[1][4] == 14);
	CHECK(t->data[0] == 500);
	CHECK(t->data[6] == 506);
	CHECK(field(EXISTS, t->in[3]) == 1);
	CHECK(field(EXISTS, t->in[4]) == 0);
	CHECK(field(EXISTS, t->table[1]) == 1);
	CHECK(field(EXISTS, t->in[0].tag) == 1);
	return 0;
}

SEC("core/pointers") int pointers(struct thing *t)
{
	CHECK(t->next->tag == 12);
	CHECK(t->next->count == 1002);
	CHECK(t->next[1].tag == 13);
	CHECK(t->point.x == 3);
	CHECK(t->point.y == 4);
	return 0;
}

SEC("core/existence") int existence(struct thing *t)
{
	CHECK(field(EXISTS, t->low));
	CHECK(field(EXISTS, t->bits3));
	CHECK(!field(EXISTS, t->missing));
	CHECK(!field(EXISTS, t->retyped));
	CHECK(!field(EXISTS, ((struct thing___flavoured *)t)->nested.absent));
	CHECK(field(EXISTS, ((struct thing___flavoured *)t)->nested));
	CHECK(!field(EXISTS, ((struct nowhere *)t)->x));
	CHECK(type_exists(struct thing));
	CHECK(type_exists(struct thing___flavoured));
	CHECK(type_exists(point_t));
	CHECK(!type_exists(struct nowhere));
	CHECK(value_exists(enum colour, COLOUR_GREEN));
	CHECK(value_exists(enum colour, COLOUR_BLUE___local));
	CHECK(!value_exists(enum colour, COLOUR_PINK));
	return 0;
}

/* What is poisoned does no harm where it is not reached. */
SEC("core/guarded") int guarded(struct thing *t)
{
	if (field(EXISTS, t->missing))
		CHECK(t->missing == 1);
	if (field(EXISTS, ((struct nowhere *)t)->x))
		CHECK(((struct nowhere *)t)->x == 1);
	if (value_exists(enum colour, COLOUR_PINK))
		CHECK(value_of(enum colour, COLOUR_PINK) == 3);
	return 0;
}

SEC("poison/field") int poison_field(struct thing *t)
{
	return t->missing;
}

SEC("poison/enum") int poison_enum(struct thing *t)
{
	return value_of(enum colour, COLOUR_PINK);
}

SEC("poison/signed") int poison_signed(struct thing *t)
{
	return t->signed_grown;
}

SEC("poison/size") int poison_size(struct thing *t)
{
	return type_size(struct nowhere);
}

SEC("core/types") int types(struct thing *t)
{
	CHECK(type_size(struct many) == 64);
	CHECK(type_size(struct inner) == 16);
	CHECK(type_size(point_t) == 16);
	CHECK(type_size(enum colour) == 4);
	return 0;
}

SEC("core/enums") int enums(struct thing *t)
{
	CHECK(value_of(enum colour, COLOUR_GREEN) == 7);
	CHECK(value_of(enum colour, COLOUR_BLUE___local) == 40);
	CHECK(value_of(enum colour, COLOUR_MAX) == 0xfffffff0u);
	CHECK(t->colour == value_of(enum colour, COLOUR_BLUE___local));
	CHECK((int)value_of(enum mood___x, MOOD_BAD) == -3);
	CHECK(value_of(enum mood___x, MOOD_GOOD) == 3);
	return 0;
}

/* Any field as 64 bits, bit-field or not, here or there. */
#define read_any(expr_of_ptr, member)                                                              \
	({                                                                                         \
		const void *p_ =                                                                   \
			(const void *)(expr_of_ptr) + field(BYTE_OFFSET, (expr_of_ptr)->member);   \
		u64 v_ = 0;                                                                        \
                                                                                                   \
		asm volatile("" : "+r"(p_));                                                       \
		switch (field(BYTE_SIZE, (expr_of_ptr)->member)) {                                 \
		case 1:                                                                            \
			v_ = *(const u8 *)p_;                                                      \
			break;                                                                     \
		case 2:                                                                            \
			v_ = *(const u16 *)p_;                                                     \
			break;                                                                     \
		case 4:                                                                            \
			v_ = *(const u32 *)p_;                                                     \
			break;                                                                     \
		case 8:                                                                            \
			v_ = *(const u64 *)p_;                                                     \
			break;                                                                     \
		}                                                                                  \
		v_ <<= field(LSHIFT, (expr_of_ptr)->member);                                       \
		field(SIGNED, (expr_of_ptr)->member)                                               \
			? (u64)((s64)v_ >> field(RSHIFT, (expr_of_ptr)->member))                   \
			: v_ >> field(RSHIFT, (expr_of_ptr)->member);                              \
	})

SEC("core/bitfields") int bitfields(struct thing *t)
{
	CHECK(read_any(t, bits3) == 5);
	CHECK(read_any(t, sbits5) == (u64)-9);
	CHECK(read_any(t, bits17) == 0x1abcd);
	CHECK(read_any(t, cross11) == 0x5a5);
	CHECK(read_any(t, bits40) == 0x89abcdef01ull);
	return 0;
}

/* A bit-field here and none there, and the other way round. */
SEC("core/bitfields_changed") int bitfields_changed(struct thing *t)
{
	CHECK(read_any(t, was_bits) == 0xc3);
	CHECK(read_any(t, now_bits) == 0x155);
	CHECK(read_any(t, low) == 0x1234);
	CHECK(read_any(t, minus) == (u64)-5);
	CHECK(read_any(t, grown) == 0x0123456789abcdefull);
	return 0;
}

SEC("poison/now_bits") int poison_now_bits(struct thing *t)
{
	return t->now_bits;
}

SEC("core/signs") int signs(struct thing *t)
{
	CHECK(field(SIGNED, t->minus) == 1);
	CHECK(field(SIGNED, ((struct thing___flavoured *)t)->minus) == 1);
	CHECK(field(SIGNED, t->low) == 0);
	CHECK(field(SIGNED, t->sbits5) == 1);
	CHECK(field(SIGNED, t->bits3) == 0);
	return 0;
}

SEC("value/thing_id") u64 thing_id(struct thing *t)
{
	return __builtin_btf_type_id(*(struct thing___flavoured *)0, 1);
}

SEC("value/local_id") u64 local_id(struct thing *t)
{
	return __builtin_btf_type_id(*(struct thing___flavoured *)0, 0);
}

SEC("value/second") u64 second(struct many *m)
{
	return m[1].value;
}
