/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - a C expression on its way to code; for the files of filter/expr/ only.
 *
 *   text -expr_next-> tokens -expr_parse-> nodes with types -expr_emit-> instructions
 *
 * The parser builds nodes (operator.c for values, memory.c for members and pointers, both on
 * node.c), which look up types (type.c). On an error a function reports it with expr_fail() and
 * returns NULL.
 */
#ifndef FILTER_EXPR_PRIVATE_H
#define FILTER_EXPR_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "filter/expr/expr.h"

#define EXPR_MAX_NODES 256
#define EXPR_MAX_DEPTH 128 /* of unary operators, indexes and ?:; parentheses count twice */

/* ---- types ---- */

enum expr_kind {
	KIND_INT, /* also bool and enum */
	KIND_PTR,
	KIND_VOID,
	KIND_ARRAY,
	KIND_STRUCT, /* also union */
	KIND_OTHER,  /* what no value can be had of: float, __int128, function, unknown struct */
};

struct expr_type {
	uint8_t kind;  /* enum expr_kind */
	uint8_t stars; /* pointers to that kind */
	/* Of KIND_INT, also behind stars: */
	uint8_t size; /* 1, 2, 4 or 8 */
	bool int_signed : 1;
	bool int_bool : 1;
	bool int_be : 1; /* in memory; a value never is */
	uint32_t id;	 /* in BTF, of that kind, without typedefs; 0: void, or made here */
	const struct btf *btf;
};

/* All types that a kernel has. */
struct expr_types {
	const struct btf *const *btfs;
	size_t nr;
};

/* A part of the text, or a name: not terminated. */
struct span {
	const char *at;
	size_t len;
};

static inline bool span_is(struct span s, const char *word)
{
	return strlen(word) == s.len && !memcmp(s.at, word, s.len);
}

struct expr_type expr_int(uint8_t size, bool is_signed);
struct expr_type expr_type_of(const struct expr_types *t, const struct btf *btf, uint32_t id);
struct expr_type expr_pointer_to(struct expr_type type);
/* Of a pointer or an array. */
struct expr_type expr_target(const struct expr_types *t, struct expr_type type);
/* -1: it has none. void has 1, as in the kernel's C. */
int64_t expr_sizeof(struct expr_type type);

static inline bool expr_is_pointer(struct expr_type type)
{
	return type.stars || type.kind == KIND_PTR;
}

static inline bool expr_is_signed(struct expr_type type)
{
	return type.int_signed && !expr_is_pointer(type);
}

static inline bool expr_is_bool(struct expr_type type)
{
	return type.int_bool && !expr_is_pointer(type);
}

static inline unsigned int expr_bits(struct expr_type type)
{
	return expr_is_pointer(type) ? 64 : 8 * type.size;
}

/* A number or a pointer. */
static inline bool expr_is_scalar(struct expr_type type)
{
	return expr_is_pointer(type) || type.kind == KIND_INT;
}

/*
 * The struct, union, enum (also one of 64 bits) or typedef of this name: kind is BTF's. False: the
 * kernel has none, or only announces it.
 */
bool expr_find_type(const struct expr_types *t, unsigned int kind, struct span name,
		    struct expr_type *type);
/* "u8", "__s32": false: none of these. */
bool expr_kernel_int(struct span name, struct expr_type *type);

enum expr_found { FOUND_NOT, FOUND, FOUND_SEVERAL };

/* An enumerator of any enum. FOUND_SEVERAL: of different values, two of which are these. */
enum expr_found expr_find_enumerator(const struct expr_types *t, struct span name,
				     struct expr_type *type, uint64_t value[2]);

struct expr_place {
	struct expr_type type;
	uint64_t bit_off; /* from the start of the struct */
	uint8_t bits;	  /* of a bit-field, else 0 */
};

/* A member of a struct, or of the nameless ones in it. */
bool expr_find_member(const struct expr_types *t, struct expr_type in, struct span name,
		      struct expr_place *place);

/* ---- names that are almost right ---- */

struct nearest {
	struct span want;
	const char *best; /* NULL: none is near */
	unsigned int distance;
};

void expr_nearest_init(struct nearest *n, struct span want);
void expr_nearest_offer(struct nearest *n, const char *name);
void expr_nearest_member(struct nearest *n, struct expr_type in);
void expr_nearest_enumerator(struct nearest *n, const struct expr_types *t);
/* Of structs or unions: kind is BTF's. */
void expr_nearest_type(struct nearest *n, const struct expr_types *t, unsigned int kind);

/* ---- nodes ---- */

enum expr_op {
	OP_NONE,
	OP_CONST,
	OP_VAR,	 /* skb or xdp */
	OP_LOAD, /* what lies at address a + off */
	OP_CAST,
	OP_NEG,
	OP_INV,
	OP_NOT,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_ADD,
	OP_SUB,
	OP_SHL,
	OP_SHR,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_EQ,
	OP_NE,
	OP_AND,
	OP_XOR,
	OP_OR,
	OP_LAND,
	OP_LOR,
	OP_COND, /* a ? b : c */
};

/*
 * Values are 64 bits wide at all times: extended by the sign of their type. So an operand may be of
 * a narrower type than the operation, where C would widen it.
 */
struct expr_node {
	uint8_t op;	 /* enum expr_op */
	bool is_signed;	 /* comparison, division, shift to the right: of signed numbers */
	bool is_bare;	 /* was written as a comparison without parentheses */
	uint8_t need;	 /* slots, besides that of the variable */
	uint8_t bits;	 /* OP_LOAD of a bit-field: its width, else 0 */
	uint8_t bit_off; /* and where it begins in the first byte */
	struct expr_type type;
	union {
		uint64_t value; /* OP_CONST */
		int64_t off;	/* OP_LOAD: fits in 32 bits */
	};
	struct expr_node *a, *b, *c;
	uint32_t start, end; /* in the text */
};

struct expr {
	char *text; /* owned; spaces are blanks */
	const struct expr_node *root;
	size_t nr_nodes;
	struct expr_node nodes[EXPR_MAX_NODES];
};

static inline bool expr_is_comparison(uint8_t op)
{
	return op >= OP_LT && op <= OP_NE;
}

/* 0 or 1. */
static inline bool expr_is_truth(const struct expr_node *n)
{
	return n->op == OP_NOT || n->op == OP_LAND || n->op == OP_LOR || expr_is_comparison(n->op);
}

/* Are the values of n none that `type` has not? If not, a cast must do something. */
bool expr_fits(const struct expr_node *n, struct expr_type type);

/* ---- tokens ---- */

enum expr_token_kind { TOKEN_BAD, TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_OPERATOR };

struct expr_token {
	enum expr_token_kind kind;
	uint32_t start, end;
	struct expr_type type; /* of a number */
	uint64_t value;
	uint8_t op;   /* binary operator: enum expr_op, else OP_NONE */
	uint8_t prec; /* the higher, the tighter it binds */
};

struct expr_parse {
	struct expr *e;
	struct expr_types types;
	const char *variable;
	struct expr_type root; /* the struct that it points to */
	struct expr_token token;
	unsigned int depth;
	struct err *err;
};

/* Go to the next token. TOKEN_BAD: err says why. */
void expr_next(struct expr_parse *p);
struct span expr_token_text(const struct expr_parse *p);
/* Is it this operator, this name? */
bool expr_at(const struct expr_parse *p, const char *symbol);
bool expr_at_name(const struct expr_parse *p, const char *name);

/* The error is at this place of the text. Returns NULL. */
void *expr_fail(struct expr_parse *p, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Does a type's name begin here? Take it, up to what follows its last '*'. False: err says why. */
bool expr_at_type(struct expr_parse *p);
bool expr_parse_type(struct expr_parse *p, struct expr_type *type);

/* The whole text. NULL: err says why. */
struct expr_node *expr_parse(struct expr_parse *p, enum expr_use use);

/* ---- node.c: making nodes ---- */

struct expr_node *expr_new(struct expr_parse *p, enum expr_op op, struct expr_type type,
			   uint32_t start, uint32_t end);
struct expr_node *expr_number(struct expr_parse *p, struct expr_type type, uint64_t value,
			      uint32_t start, uint32_t end);
/* What n is in the text, cut to some length: for "%.*s". */
struct span expr_quote(const struct expr_parse *p, const struct expr_node *n);
/*
 * An operator's node. The operand that needs more slots is computed first and kept in one while the
 * other is computed. Of 256 nodes at most 128 are leaves, and needing n slots takes 2^(n - 1) of
 * them: at most 8.
 */
struct expr_node *expr_binary_node(struct expr_parse *p, enum expr_op op, struct expr_type type,
				   struct expr_node *a, struct expr_node *b);
struct expr_node *expr_unary_node(struct expr_parse *p, enum expr_op op, struct expr_type type,
				  uint32_t at, struct expr_node *a);
/* a + off; in place if a already ends with a constant offset. */
struct expr_node *expr_add_offset(struct expr_parse *p, struct expr_node *a, int64_t off);
/* The address of n, an OP_LOAD, as a pointer of that type. */
struct expr_node *expr_place(struct expr_parse *p, struct expr_node *n, struct expr_type type);
/* An array becomes the address of its first element; anything else stays as it is. */
struct expr_node *expr_decay(struct expr_parse *p, struct expr_node *n);
/* n, if it is a number or pointer; if it is a number. */
struct expr_node *expr_scalar(struct expr_parse *p, struct expr_node *n);
struct expr_node *expr_integer(struct expr_parse *p, struct expr_node *n);
/* An operator with two operands of the types that it needs, folded where both are numbers. */
struct expr_node *expr_make(struct expr_parse *p, enum expr_op op, bool is_signed,
			    struct expr_type type, struct expr_node *a, struct expr_node *b);

/* ---- operator.c ---- */

/* a != 0 */
struct expr_node *expr_truth(struct expr_parse *p, struct expr_node *a);
struct expr_node *expr_unary(struct expr_parse *p, enum expr_op op, uint32_t at,
			     struct expr_node *a);
struct expr_node *expr_binary(struct expr_parse *p, enum expr_op op, uint32_t at,
			      struct expr_node *a, struct expr_node *b);
struct expr_node *expr_cond(struct expr_parse *p, struct expr_node *a, struct expr_node *b,
			    struct expr_node *c);
struct expr_node *expr_cast(struct expr_parse *p, uint32_t at, struct expr_type type,
			    struct expr_node *a);

/* ---- memory.c: what lies in memory, and addresses ---- */

struct expr_node *expr_deref(struct expr_parse *p, uint32_t at, struct expr_node *a);
struct expr_node *expr_address(struct expr_parse *p, uint32_t at, struct expr_node *a);
/* a.name or a->name; the name is the current token. */
struct expr_node *expr_member(struct expr_parse *p, struct expr_node *a, bool arrow);
struct expr_node *expr_index(struct expr_parse *p, struct expr_node *a, struct expr_node *idx);
/* Pointer + number, number + pointer, pointer - number, pointer - pointer. */
struct expr_node *expr_pointer_add(struct expr_parse *p, enum expr_op op, uint32_t at,
				   struct expr_node *a, struct expr_node *b);

/* ---- fold.c ---- */

/* The value as one of the type: cut, and extended by its sign. */
uint64_t expr_normalise(uint64_t value, struct expr_type type);
/* op of operands as in struct expr_node; shift counts are in range. */
uint64_t expr_fold(enum expr_op op, bool is_signed, uint64_t a, uint64_t b);

#endif
