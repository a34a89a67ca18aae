// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cycle detection. Two walks, as in the kernel's check (env_type_is_resolve_sink() in
 * kernel/bpf/btf.c): whether a value contains itself through modifiers, typedefs, arrays and
 * members; and whether a pointer leads back to itself through modifiers and pointers only.
 *
 * The walk keeps its own stack, since a hostile file may nest as deep as it has types. The
 * nesting limit, far above what compilers emit, bounds the recursion of all other code.
 */
#include "btf/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEST_MAX 200

/* State of a type; 1 to NEST_MAX is its nesting depth, itself included. */
enum { UNSEEN = 0, OPEN = 255 };

struct frame {
	uint32_t id;
	uint32_t edge;
	uint32_t depth;
};

/* The idx-th type that t contains or, with ptrs, points to; false after the last. */
static bool edge(const struct btf_type *t, uint32_t idx, bool ptrs, uint32_t *to)
{
	switch (btf_kind(t)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		*to = t->type;
		return idx == 0;
	case BTF_KIND_PTR:
		*to = t->type;
		return ptrs && idx == 0;
	case BTF_KIND_ARRAY:
		*to = idx ? btf_array(t)->index_type : btf_array(t)->type;
		return !ptrs && idx < 2;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (ptrs || idx >= btf_vlen(t))
			return false;
		*to = btf_members(t)[idx].type;
		return true;
	default:
		return false;
	}
}

static bool deepen(struct frame *f, uint32_t inner)
{
	if (inner + 1 > f->depth)
		f->depth = inner + 1;
	return f->depth <= NEST_MAX;
}

/* seen[] has one byte for each own type. */
static int walk(const struct btf *btf, uint8_t *seen, uint32_t root, bool ptrs, struct err *err)
{
	struct frame stack[NEST_MAX];
	size_t n = 0;
	uint32_t to = root;
	bool ok = true;

	stack[n++] = (struct frame){.id = root, .depth = 1};
	seen[root - btf->first_own] = OPEN;
	while (n && ok) {
		struct frame *f = &stack[n - 1];

		if (!edge(btf_type(btf, f->id), f->edge++, ptrs, &to)) {
			seen[f->id - btf->first_own] = f->depth;
			if (--n)
				ok = deepen(&stack[n - 1], f->depth);
			continue;
		}
		if (to < btf->first_own)
			continue; /* the base was checked, and cannot refer to own types */
		switch (seen[to - btf->first_own]) {
		case OPEN:
			return btf_malformed(btf, to, err, "contains itself");
		case UNSEEN:
			ok = n < NEST_MAX;
			if (ok)
				stack[n++] = (struct frame){.id = to, .depth = 1};
			seen[to - btf->first_own] = OPEN;
			break;
		default:
			ok = deepen(f, seen[to - btf->first_own]);
		}
	}
	if (!ok)
		return btf_malformed(btf, root, err, "nested more than %d levels deep", NEST_MAX);
	return 0;
}

int btf_check_nesting(const struct btf *btf, struct err *err)
{
	uint32_t nr_own = btf->nr - btf->first_own, id;
	uint8_t *seen = malloc(nr_own + 1);
	int ptrs, ret = 0;

	if (!seen)
		return err_set(err, -ENOMEM, "out of memory for checking %u types", nr_own);
	for (ptrs = 0; ptrs < 2 && !ret; ptrs++) {
		memset(seen, UNSEEN, nr_own);
		for (id = btf->first_own; id < btf->nr && !ret; id++) {
			if (seen[id - btf->first_own] == UNSEEN)
				ret = walk(btf, seen, id, ptrs, err);
		}
	}
	free(seen);
	return ret;
}
