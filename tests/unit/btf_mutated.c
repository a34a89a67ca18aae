// SPDX-License-Identifier: GPL-2.0-only
/* Mutated BTF is refused with words or can be used freely; it never crashes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "btf/btf.h"
#include "btf/build.h"
#include "btf/discover/discover.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))

/* Every kind, small. */
static void build_rich(struct btf_build *b)
{
	enum { INT = 1, SKB, UNION, CONST, PTR, DATA, VAR, PROTO, TP, ARRAY };

	bb_init(b);
	bb_int(b, "int", 4, BTF_INT_SIGNED);
	bb_struct(b, "sk_buff", 8);
	bb_bitfield(b, "a", INT, 3, 4);
	bb_member(b, NULL, UNION, 32);
	bb_union(b, NULL, 4);
	bb_member(b, "u", INT, 0);
	bb_const(b, SKB);
	bb_ptr(b, CONST);
	bb_ptr(b, 0);
	bb_var(b, "v", INT, BTF_VAR_STATIC);
	bb_func_proto(b, PTR);
	bb_param(b, "__data", DATA);
	bb_param(b, "skb", PTR);
	bb_param(b, NULL, 0);
	bb_ptr(b, PROTO);
	bb_array(b, PTR, INT, 7);
	bb_typedef(b, "btf_trace_x", TP);
	bb_func(b, "f", PROTO, BTF_FUNC_GLOBAL);
	bb_datasec(b, ".data", 4);
	bb_secinfo(b, VAR, 0, 4);
	bb_decl_tag(b, "tag", VAR, -1);
	bb_enum(b, "skb_drop_reason", 4, false);
	bb_enum_val(b, "A", 0);
	bb_enum_val(b, "B", -1);
	bb_enum64(b, "e", 8, true);
	bb_enum64_val(b, "C", 1ULL << 40);
	bb_float(b, "double", 8);
	bb_fwd(b, "fwd", true);
	bb_type_tag(b, "t", ARRAY);
	bb_volatile(b, SKB);
	bb_restrict(b, PTR);
}

/* Ask everything about everything; returns something that depends on it all. */
static size_t exercise(const struct btf *btf)
{
	struct err err = ERR_INIT;
	struct skb_func *funcs;
	struct skb_tp *tps;
	size_t sum = 0, nr;
	uint32_t id, i;

	for (id = 0; id <= btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);

		sum += btf_sizeof(btf, id) + btf_skip_mods(btf, id) + strlen(btf_name(btf, id));
		if (!t)
			continue;
		sum += btf_find(btf, btf_kind(t), btf_name(btf, id), 0);
		sum += !!btf_enum_name(btf, id, 1ULL << 41);
		if (btf_kind(t) != BTF_KIND_STRUCT && btf_kind(t) != BTF_KIND_UNION)
			continue;
		for (i = 0; i < btf_vlen(t); i++)
			sum += btf_member_bit_off(t, i) + btf_member_bits(t, i) +
			       btf_sizeof(btf, btf_members(t)[i].type);
	}
	if (!discover_funcs(btf, 6, &funcs, &nr, &err)) {
		free(funcs);
		sum += nr;
	}
	if (!discover_tracepoints(btf, &tps, &nr, &err)) {
		free(tps);
		sum += nr;
	}
	return sum;
}

/* 1 where it was accepted. */
static unsigned try(const uint8_t *blob, size_t sz)
{
	static volatile size_t sink;
	struct err err = ERR_INIT;
	struct btf *btf = NULL;
	uint8_t *exact = malloc(sz ? sz : 1);
	int ret;

	memcpy(exact, blob, sz);
	ret = btf_parse(&btf, exact, sz, NULL, &err);
	free(exact);
	if (ret) {
		assert_int_equal(ret, -EINVAL);
		assert_int_equal(err.code, -EINVAL);
		assert_true(err.msg[0] != '\0');
		return 0;
	}
	sink += exercise(btf);
	btf_free(btf);
	return 1;
}

static uint32_t random_u32(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void test_mutations(void **state)
{
	static const uint8_t flips[] = {0x01, 0x04, 0x80, 0xff};
	uint32_t seed = 20240607;
	unsigned accepted = 0, i, j;
	struct btf_build b;
	uint8_t *blob, *copy;
	size_t sz;

	build_rich(&b);
	blob = bb_finish(&b, &sz);
	assert_int_equal(try(blob, sz), 1);
	copy = malloc(sz);
	for (i = 0; i < sz; i++) {
		assert_int_equal(try(blob, i), 0);
		memcpy(copy, blob, sz);
		for (j = 0; j < NR(flips); j++) {
			copy[i] = blob[i] ^ flips[j];
			accepted += try(copy, sz);
		}
	}
	for (i = 0; i < 20000; i++) {
		memcpy(copy, blob, sz);
		for (j = 0; j <= i % 4; j++) /* small values: they may be good ids */
			copy[24 + random_u32(&seed) % (sz - 24)] = random_u32(&seed) % 40;
		accepted += try(copy, sz);
	}
	assert_in_range(accepted, 2000, 15000); /* so that the queries were tried too */
	free(copy);
	bb_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
