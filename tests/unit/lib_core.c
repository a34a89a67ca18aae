// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_btf_parse.h"
#include "tests/unit/lib_reduce.h"

int sides_setup(void **state)
{
	struct sides *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	bb_init(&s->l);
	bb_init(&s->t);
	*state = s;
	return 0;
}

int sides_teardown(void **state)
{
	struct sides *s = *state;

	btf_free(s->local);
	btf_free(s->targ_mod);
	btf_free(s->targ);
	bb_release(&s->l);
	bb_release(&s->t);
	bb_release(&s->mod);
	free(s);
	return 0;
}

/* Only what has an skb can be reduced. */
static struct btf *parse_with_skb(struct btf_build *b)
{
	struct btf *btf = bb_parse(b, NULL);

	if (b->next_id > 1 && !btf_find(btf, BTF_KIND_STRUCT, "sk_buff", 0)) {
		btf_free(btf);
		bb_struct(b, "sk_buff", 0);
		btf = bb_parse(b, NULL);
	}
	return btf;
}

/* Every question of every test is put to reduced types too. */
int sides_ask(struct sides *s, uint32_t kind, uint32_t id, const char *access)
{
	struct core_relo r = {.type_id = id, .access = access, .kind = kind, .section = "x"};
	const struct btf *targets[2];
	int ret;

	if (!s->local) {
		s->local = bb_parse(&s->l, NULL);
		s->targ = s->mod.next_id ? bb_parse(&s->t, NULL) : parse_with_skb(&s->t);
		if (s->mod.next_id)
			s->targ_mod = bb_parse(&s->mod, s->targ);
	}
	targets[0] = s->targ;
	targets[1] = s->targ_mod;
	err_clear(&s->err);
	ret = core_calc(s->local, &r, targets, s->targ_mod ? 2 : 1, &s->v, &s->err);
	if (!s->targ_mod && !s->hostile)
		check_reduced_answer(s->targ, s->local, &r, &s->v, ret);
	return ret;
}

void sides_expect(struct sides *s, uint32_t kind, uint32_t id, const char *access, uint64_t value,
		  int line)
{
	if (sides_ask(s, kind, id, access))
		fail_msg("line %d: %s", line, s->err.msg);
	if (!s->v.exists || s->v.value != value)
		fail_msg("line %d: exists %d, value %lld, not %lld (%s)", line, s->v.exists,
			 (long long)s->v.value, (long long)value, s->v.why);
}

void sides_expect_none(struct sides *s, uint32_t kind, uint32_t id, const char *access,
		       const char *why, int line)
{
	if (sides_ask(s, kind, id, access))
		fail_msg("line %d: %s", line, s->err.msg);
	if (s->v.exists || strcmp(s->v.why, why) != 0)
		fail_msg("line %d: exists %d, why: %s", line, s->v.exists, s->v.why);
}

void sides_expect_bad(struct sides *s, uint32_t kind, uint32_t id, const char *access, int code,
		      const char *msg, int line)
{
	int rc = sides_ask(s, kind, id, access);

	if (rc != code || s->err.code != code || !strstr(s->err.msg, msg))
		fail_msg("line %d: %d, %s", line, rc, s->err.msg);
}
