/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * private.h - compiler internals shared by the files of filter/expr/.
 *
 *   text -expr_next-> tokens -expr_parse-> typed nodes -expr_emit-> instructions
 *
 * The parser builds nodes: operator.c for values, memory.c for members and pointers, both using
 * node.c; type.c looks up types. On error a function reports it with expr_fail() and returns NULL.
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
	KIND_INT, /* including bool and enum */
	KIND_PTR,
	KIND_VOID,
	KIND_ARRAY,
	KIND_STRUCT, /* or union */
	KIND_OTHER,  /* unsupported as a value: float, __int128, function, undefined struct */
};

struct expr_type {
	uint8_t kind;  /* enum expr_kind */
	uint8_t stars; /* levels of pointers to that kind */
	/* For KIND_INT, with or without stars: */
	uint8_t size; /* 1, 2, 4 or 8 */
	bool int_signed : 1;
	bool int_bool : 1;
	bool int_be : 1; /* in memory; values are in host order */
	uint32_t id;	 /* BTF ID of the kind, typedefs stripped; 0: void or synthetic */
	const struct btf *btf;
};

/* All BTF of a kernel: vmlinux and modules. */
struct expr_types {
	const struct btf *const *btfs;
	size_t nr;
};

/* A piece of the text, not NUL-terminated. */
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
/* The target of a pointer, or an array's element. */
struct expr_type expr_target(const struct expr_types *t, struct expr_type type);
/* In bytes; -1 if unknown. void has 1, as in GNU C. */
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
 * Find a struct, union, enum (including 64-bit ones) or typedef by name: kind is a BTF_KIND_*.
 * False if it is not defined, or only forward-declared.
 */
bool expr_find_type(const struct expr_types *t, unsigned int kind, struct span name,
		    struct expr_type *type);
/* Parse "u8", "__s32" and so on; false for any other name. */
bool expr_kernel_int(struct span name, struct expr_type *type);

enum expr_found { NOT_FOUND, FOUND, AMBIGUOUS };

/* Find an enumerator in any enum. AMBIGUOUS: its values differ; value has two of them. */
enum expr_found expr_find_enumerator(const struct expr_types *t, struct span name,
				     struct expr_type *type, uint64_t value[2]);

struct expr_field {
	struct expr_type type;
	uint64_t bit_off; /* from the start of the struct */
	uint8_t bits;	  /* width of a bit-field, else 0 */
};

/* Find a member of a struct or of anonymous structs and unions in it. */
bool expr_find_member(const struct expr_types *t, struct expr_type in, struct span name,
		      struct expr_field *field);

/* ---- suggestions for misspelled names ---- */

struct nearest {
	struct span want;
	const char *best; /* NULL: nothing similar */
	unsigned int distance;
};

void expr_nearest_init(struct nearest *n, struct span want);
void expr_nearest_offer(struct nearest *n, const char *name);
void expr_nearest_member(struct nearest *n, struct expr_type in);
void expr_nearest_enumerator(struct nearest *n, const struct expr_types *t);
/* Offer all types of a BTF_KIND_*. */
void expr_nearest_type(struct nearest *n, const struct expr_types *t, unsigned int kind);

/* ---- nodes ---- */

enum expr_op {
	OP_NONE,
	OP_CONST,
	OP_VAR,	 /* skb or xdp */
	OP_LOAD, /* memory at address a + off */
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
 * All values are 64 bits wide, sign- or zero-extended by their type. So an operand may have a
 * narrower type than the operation, where C would widen it.
 */
struct expr_node {
	uint8_t op;	 /* enum expr_op */
	bool is_signed;	 /* signed comparison, division or right shift */
	bool is_bare;	 /* an unparenthesised comparison */
	uint8_t need;	 /* stack slots besides the variable's */
	uint8_t bits;	 /* OP_LOAD of a bit-field: its width, else 0 */
	uint8_t bit_off; /* and its bit offset in the first byte */
	struct expr_type type;
	union {
		uint64_t value; /* OP_CONST */
		int64_t off;	/* OP_LOAD: fits in 32 bits */
	};
	struct expr_node *a, *b, *c;
	uint32_t start, end; /* offsets in the text */
};

struct expr {
	char *text; /* owned; all white space is ' ' */
	const struct expr_node *root;
	size_t nr_nodes;
	struct expr_node nodes[EXPR_MAX_NODES];
};

static inline bool expr_is_comparison(uint8_t op)
{
	return op >= OP_LT && op <= OP_NE;
}

/* Does n always yield 0 or 1? */
static inline bool expr_yields_bool(const struct expr_node *n)
{
	return n->op == OP_NOT || n->op == OP_LAND || n->op == OP_LOR || expr_is_comparison(n->op);
}

/* Can `type` represent every value of n? If not, a cast needs code. */
bool expr_fits(const struct expr_node *n, struct expr_type type);

/* ---- tokens ---- */

enum expr_token_kind { TOKEN_BAD, TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_OPERATOR };

struct expr_token {
	enum expr_token_kind kind;
	uint32_t start, end;
	struct expr_type type; /* of a number */
	uint64_t value;
	uint8_t op;   /* enum expr_op of a binary operator, else OP_NONE */
	uint8_t prec; /* precedence: higher binds tighter */
};

struct expr_parse {
	struct expr *e;
	struct expr_types types;
	const char *variable;
	struct expr_type root; /* the struct it points to */
	struct expr_token token;
	unsigned int depth;
	struct err *err;
};

/* Advance to the next token. TOKEN_BAD: the error is in p->err. */
void expr_next(struct expr_parse *p);
struct span expr_token_text(const struct expr_parse *p);
/* Is the current token this operator or this name? */
bool expr_at(const struct expr_parse *p, const char *symbol);
bool expr_at_name(const struct expr_parse *p, const char *name);

/* Set the error for offset `at` of the text. Returns NULL. */
void *expr_fail(struct expr_parse *p, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Does a type name start at the current token? */
bool expr_at_type(struct expr_parse *p);
/* Parse a type name including its '*'s. False on error. */
bool expr_parse_type(struct expr_parse *p, struct expr_type *type);

/* Parse the whole text. NULL on error. */
struct expr_node *expr_parse(struct expr_parse *p, enum expr_use use);

/* ---- node.c: making nodes ---- */

struct expr_node *expr_new(struct expr_parse *p, enum expr_op op, struct expr_type type,
			   uint32_t start, uint32_t end);
struct expr_node *expr_number(struct expr_parse *p, struct expr_type type, uint64_t value,
			      uint32_t start, uint32_t end);
/* The source text of n, truncated, for "%.*s". */
struct span expr_quote(const struct expr_parse *p, const struct expr_node *n);
/*
 * Make an operator's node. The operand that needs more slots is evaluated first and kept in a slot
 * while the other is evaluated. At most 128 of 256 nodes are leaves, and a tree that needs n slots
 * has at least 2^(n - 1) leaves: at most 8 slots.
 */
struct expr_node *expr_binary_node(struct expr_parse *p, enum expr_op op, struct expr_type type,
				   struct expr_node *a, struct expr_node *b);
struct expr_node *expr_unary_node(struct expr_parse *p, enum expr_op op, struct expr_type type,
				  uint32_t at, struct expr_node *a);
/* a + off; in place if a already adds a constant. */
struct expr_node *expr_add_offset(struct expr_parse *p, struct expr_node *a, int64_t off);
/* The address of n, an OP_LOAD, as a pointer of this type. */
struct expr_node *expr_address_of(struct expr_parse *p, struct expr_node *n, struct expr_type type);
/* Convert an array to the address of its first element; leave anything else alone. */
struct expr_node *expr_decay(struct expr_parse *p, struct expr_node *n);
/* Return n if it is a number or pointer (a number), else fail. */
struct expr_node *expr_scalar(struct expr_parse *p, struct expr_node *n);
struct expr_node *expr_integer(struct expr_parse *p, struct expr_node *n);
/* Make a binary operator on already converted operands, folded if both are constant. */
struct expr_node *expr_make(struct expr_parse *p, enum expr_op op, bool is_signed,
			    struct expr_type type, struct expr_node *a, struct expr_node *b);

/* ---- operator.c ---- */

/* a != 0 */
struct expr_node *expr_to_bool(struct expr_parse *p, struct expr_node *a);
struct expr_node *expr_unary(struct expr_parse *p, enum expr_op op, uint32_t at,
			     struct expr_node *a);
struct expr_node *expr_binary(struct expr_parse *p, enum expr_op op, uint32_t at,
			      struct expr_node *a, struct expr_node *b);
struct expr_node *expr_cond(struct expr_parse *p, struct expr_node *a, struct expr_node *b,
			    struct expr_node *c);
struct expr_node *expr_cast(struct expr_parse *p, uint32_t at, struct expr_type type,
			    struct expr_node *a);

/* ---- memory.c: loads and addresses ---- */

struct expr_node *expr_deref(struct expr_parse *p, uint32_t at, struct expr_node *a);
struct expr_node *expr_address(struct expr_parse *p, uint32_t at, struct expr_node *a);
/* a.name or a->name; the name is the current token. */
struct expr_node *expr_member(struct expr_parse *p, struct expr_node *a, bool arrow);
struct expr_node *expr_index(struct expr_parse *p, struct expr_node *a, struct expr_node *idx);
/* Pointer + number, number + pointer, pointer - number, pointer - pointer. */
struct expr_node *expr_pointer_add(struct expr_parse *p, enum expr_op op, uint32_t at,
				   struct expr_node *a, struct expr_node *b);

/* ---- fold.c ---- */

/* Truncate the value to the type and sign- or zero-extend it. */
uint64_t expr_normalise(uint64_t value, struct expr_type type);
/* op of operands as in struct expr_node; shift counts are in range. */
uint64_t expr_fold(enum expr_op op, bool is_signed, uint64_t a, uint64_t b);

#endif
