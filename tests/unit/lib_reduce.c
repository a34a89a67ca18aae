// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_reduce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/bpf.h>

#include "btf/discover/discover.h"
#include "tests/unit/lib_btf_parse.h"

struct btf *reduced(const struct btf *full, const struct btf *wanted, size_t *sz)
{
	struct err err = ERR_INIT;
	struct btf_build b;
	struct btf *btf;
	size_t size;

	if (btf_reduce(&b, full, wanted, &err))
		fail_msg("%s", err.msg);
	assert_non_null(bb_finish(&b, &size));
	btf = bb_parse(&b, NULL);
	bb_release(&b);
	if (sz)
		*sz = size;
	return btf;
}

static void check_funcs(const struct btf *full, const struct btf *red)
{
	struct err err = ERR_INIT;
	struct skb_func *f, *r;
	size_t nr_f, nr_r;

	assert_int_equal(discover_funcs(full, DISCOVER_NR_REGS, &f, &nr_f, &err), 0);
	assert_int_equal(discover_funcs(red, DISCOVER_NR_REGS, &r, &nr_r, &err), 0);
	assert_int_equal(nr_r, nr_f);
	for (size_t i = 0; i < nr_f; i++) {
		assert_string_equal(r[i].name, f[i].name);
		if (r[i].skb_reg != f[i].skb_reg || r[i].skb_arg != f[i].skb_arg ||
		    r[i].deref != f[i].deref || r[i].is_const != f[i].is_const ||
		    r[i].reason_reg != f[i].reason_reg ||
		    discover_instances_agree(red, &r[i]) != discover_instances_agree(full, &f[i]))
			fail_msg("'%s' differs", f[i].name);
	}
	free(f);
	free(r);
}

static void check_tps(const struct btf *full, const struct btf *red)
{
	struct err err = ERR_INIT;
	struct skb_tp *f, *r;
	size_t nr_f, nr_r;

	assert_int_equal(discover_tracepoints(full, &f, &nr_f, &err), 0);
	assert_int_equal(discover_tracepoints(red, &r, &nr_r, &err), 0);
	assert_int_equal(nr_r, nr_f);
	for (size_t i = 0; i < nr_f; i++) {
		assert_string_equal(r[i].name, f[i].name);
		if (r[i].nr_args != f[i].nr_args || r[i].skb_arg != f[i].skb_arg ||
		    r[i].location_arg != f[i].location_arg || r[i].reason_arg != f[i].reason_arg)
			fail_msg("tracepoint '%s' differs", f[i].name);
	}
	free(f);
	free(r);
}

void check_reduced_lists(const struct btf *full, const struct btf *wanted)
{
	struct btf *red = reduced(full, wanted, NULL);

	check_funcs(full, red);
	check_tps(full, red);
	btf_free(red);
}

/* Is it a record that reduced types answer? */
static bool is_answered(const struct btf *local, const struct core_relo *relo)
{
	const struct btf_type *t = btf_type(local, btf_skip_mods(local, relo->type_id));

	switch (relo->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
	case BPF_CORE_TYPE_MATCHES:
		return false;
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_SIZE:
		return t && (btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION);
	}
	return true;
}

void check_reduced_answer(const struct btf *full, const struct btf *local,
			  const struct core_relo *relo, const struct core_value *v, int ret)
{
	struct err err = ERR_INIT;
	struct core_value got;
	const struct btf *red;
	int got_ret;

	if (!is_answered(local, relo))
		return;
	red = reduced(full, local, NULL);
	got_ret = core_calc(local, relo, &red, 1, &got, &err);
	btf_free((struct btf *)red);
	assert_int_equal(got_ret, ret);
	if (ret)
		return;
	if (got.exists != v->exists || got.value != v->value || got.mem_sz != v->mem_sz ||
	    got.mem_unsafe != v->mem_unsafe)
		fail_msg("reduced: exists %d, not %d; value %llu, not %llu; size %u, not %u",
			 got.exists, v->exists, (unsigned long long)got.value,
			 (unsigned long long)v->value, got.mem_sz, v->mem_sz);
}
