// SPDX-License-Identifier: GPL-2.0-only
#include "loader/object/scratch.h"

#include <string.h>

void *scratch_get(struct scratch *s, enum scratch_use use, size_t nr, size_t sz)
{
	size_t total;

	if (__builtin_mul_overflow(nr, sz, &total))
		return NULL;
	if (total > s->bufs[use].sz) {
		free(s->bufs[use].p);
		s->bufs[use].p = malloc(total);
		s->bufs[use].sz = s->bufs[use].p ? total : 0;
	}
	if (s->bufs[use].p)
		memset(s->bufs[use].p, 0, total);
	return s->bufs[use].p;
}

void scratch_empty(struct insn_buf *b)
{
	b->nr = 0;
	b->oom = 0;
}

void scratch_release(struct scratch *s)
{
	for (size_t n = 0; n < NR_SCRATCH; n++)
		free(s->bufs[n].p);
	insn_buf_release(&s->ins);
	insn_buf_release(&s->code);
	*s = (struct scratch){0};
}
