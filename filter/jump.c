// SPDX-License-Identifier: GPL-2.0-only
#include "filter/private.h"

void conv_reach(struct conv *c, size_t label)
{
	struct label *p = &c->labels[label];

	p->reached = true;
	if (c->have < p->have)
		p->have = c->have;
}

void conv_jump(struct conv *c, struct bpf_insn i, size_t label)
{
	ptrdiff_t off = (ptrdiff_t)c->labels[label].addr - (ptrdiff_t)c->out->nr - 1;

	conv_reach(c, label);
	/* In the first pass the address of a label ahead is not yet known. */
	if (off > INT16_MAX)
		c->too_far = true;
	i.off = off < 0 || off > INT16_MAX ? 0 : (int16_t)off;
	emit(c, i);
}
