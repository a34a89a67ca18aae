// SPDX-License-Identifier: GPL-2.0-only
/* What a simulated verifier looks at before it walks: the instructions and the ways among them. */
#include <stdlib.h>

#include "base/insn.h"
#include "loader/object/code.h"
#include "tests/unit/lib_verify_walk.h"

/* Each instruction by itself, and where states are kept. */
bool walk_check_insns(struct walk *w)
{
	for (w->idx = 0; w->idx < w->nr; w->idx += code_len(&w->insns[w->idx])) {
		const struct bpf_insn *i = &w->insns[w->idx];
		size_t end = w->idx + code_len(i), to = w->idx + 1 + i->off;
		const char *fault = end <= w->nr ? sim_insn_fault(w->k, i) : "invalid ld_imm64";

		if (!fault && code_is_jump(i) && to >= w->nr)
			fault = "jump out of range";
		if (!fault && end == w->nr && !code_is_exit(i) && !code_is_ja(i))
			fault = "the end is run over";
		if (fault)
			return walk_refuse(w, "%s", fault);
		if (code_is_cond(i))
			w->prunes[to] = true;
		if (code_is_ja(i) && end < w->nr)
			w->prunes[end] = true;
		if (w->k->jump_prunes && (code_is_cond(i) || code_is_call(i)))
			w->prunes[code_is_call(i) ? end : w->idx] = true;
	}
	return true;
}

/* The n-th way on from an instruction; nr: there is none. */
static size_t way_on(const struct walk *w, size_t idx, unsigned int n)
{
	const struct bpf_insn *i = &w->insns[idx];

	if (n == 0 && !code_is_exit(i) && !code_is_ja(i))
		return idx + code_len(i);
	if (n == 1 && code_is_jump(i))
		return idx + 1 + i->off;
	return w->nr;
}

/* Depth first: a way to an instruction that is on the path to here is a loop. */
bool walk_check_graph(struct walk *w)
{
	enum { NEW, FIRST, SECOND, DONE };
	uint8_t *mark = calloc(w->nr, 1);
	size_t *path = calloc(w->nr, sizeof(*path)), depth = 1;
	bool ok = mark && path;

	while (ok && depth) {
		size_t at = path[depth - 1], to;

		w->idx = at;
		if (mark[at]++ >= SECOND) {
			mark[at] = DONE;
			depth--;
			continue;
		}
		to = way_on(w, at, mark[at] - FIRST);
		if (to == w->nr || mark[to] == DONE)
			continue;
		if (mark[to] == NEW)
			path[depth++] = to;
		else if (!w->k->loops)
			ok = walk_refuse(w, "back-edge to %zu", to);
	}
	for (w->idx = 0; ok && w->idx < w->nr; w->idx += code_len(&w->insns[w->idx]))
		if (mark[w->idx] == NEW)
			ok = walk_refuse(w, "unreachable insn");
	free(mark);
	free(path);
	return ok;
}

/* Backwards, until nothing changes. */
void walk_find_live(struct walk *w)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t n = w->nr; n-- > 0;) {
			const struct bpf_insn *i = &w->insns[n];
			uint16_t live;

			if (n && insn_is_ld_imm64(i - 1))
				continue;
			live = w->live[way_on(w, n, 0)] | w->live[way_on(w, n, 1)];
			live = (live & ~code_defs(i)) | code_uses(i);
			again |= live != w->live[n];
			w->live[n] = live;
		}
	}
}
