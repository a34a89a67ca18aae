/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core_target.h - the "kernel" that core_prog.bpf.c is relocated to.
 *
 * Its BTF is that of core_target.bpf.c. The test fills a struct thing of these types and
 * hands it to the programs, whose own idea of the types differs in every way it may.
 */
#ifndef TESTS_UNIT_BPF_CORE_TARGET_H
#define TESTS_UNIT_BPF_CORE_TARGET_H

enum colour { COLOUR_BLUE = 40, COLOUR_GREEN = 7, COLOUR_MAX = 0xfffffff0u };
enum mood { MOOD_BAD = -3, MOOD_GOOD = 3 };
enum huge { HUGE_ONE = 1, HUGE_VALUE = 0x123456789abcdefull };

typedef struct {
	long before;
	int y, x;
} point_t;

struct inner {
	unsigned char pad[3];
	unsigned char tag;
	unsigned long count;
};

struct only_here {
	int a;
};

struct thing {
	unsigned char pad[24];
	unsigned long grown;
	struct inner *next;
	union {
		struct {
			unsigned short low;
			union {
				unsigned char deep;
				signed char deeper;
			};
		};
		unsigned int word;
	};
	unsigned int bits3 : 3;
	int sbits5 : 5;
	unsigned int bits17 : 17;
	unsigned int cross11 : 11;
	unsigned char was_bits;
	unsigned int now_bits : 9;
	unsigned long long bits40 : 40;
	struct inner in[4];
	unsigned short table[3][5];
	point_t point;
	unsigned char shrunk;
	signed char minus;
	const volatile unsigned int qualified;
	long signed_grown;
	enum colour colour;
	unsigned int retyped;
	struct {
		struct {
			unsigned short flat;
		} level;
	} nested;
	unsigned int last;
	unsigned int data[];
};

struct many {
	unsigned char pad[40];
	unsigned int value;
	unsigned char tail[20];
};

#endif
