// SPDX-License-Identifier: GPL-2.0-only
#include "loader/prog_config.h"

#include <linux/bpf.h>

#include "loader/fields.h"
#include "progs/trail_abi.h"

bool prog_config_has_table(const struct prog_config *m)
{
	return m->track || m->by_stack;
}

unsigned int prog_config_stack_way(const struct prog_config *m, const struct features *f)
{
	return !m->stack ? 0 : features_has(f, FEAT_GET_STACK) ? 1 : 2;
}

static bool filter_uses_len(const struct filter *f)
{
	for (int layer = 0; layer < 2; layer++) {
		const struct cbpf_prog *prog = &f->prog[layer];

		for (size_t i = 0; i < prog->nr; i++)
			if (prog->insns[i].code == (BPF_LD | BPF_W | BPF_LEN) ||
			    prog->insns[i].code == (BPF_LDX | BPF_W | BPF_LEN))
				return true;
	}
	return false;
}

bool prog_config_uses_len(const struct prog_config *m)
{
	return (m->filter && filter_uses_len(m->filter)) ||
	       (m->tunnel[FILTER_L2] && filter_uses_len(m->tunnel[FILTER_L2])) ||
	       (m->tunnel[FILTER_L3] && filter_uses_len(m->tunnel[FILTER_L3]));
}

static bool looks_inside(const struct prog_config *m)
{
	return m->tunnel[FILTER_L2] || m->tunnel[FILTER_L3];
}

unsigned int prog_config_fields(const struct prog_config *m)
{
	unsigned int uses = FIELD_TRACE;

	if (m->filter || looks_inside(m))
		uses |= FIELD_EXPR;
	if (m->filter && m->filter->wants_vlan)
		uses |= FIELD_VLAN;
	if (prog_config_uses_len(m))
		uses |= FIELD_LEN;
	if (m->maps)
		uses |= FIELD_MAPS;
	if (m->sz_shared)
		uses |= FIELD_SHARED;
	if (m->mark_mask)
		uses |= FIELD_MARK;
	if (m->ifindex)
		uses |= FIELD_IFNAME;
	if (m->netns)
		uses |= FIELD_NETNS;
	return uses;
}

static uint32_t parts_of(uint32_t sz)
{
	return (sz + TRAIL_PART_SZ - 1) / TRAIL_PART_SZ;
}

unsigned int prog_config_nr_parts(const struct prog_config *m, const struct features *f)
{
	static const unsigned int stack_parts[] = {0, 2, 1};

	return stack_parts[prog_config_stack_way(m, f)] + parts_of(m->sz_skb) +
	       parts_of(m->sz_shared) + m->cb + m->in_tunnel + (m->nr_skb_meta != 0) +
	       (m->entry ? parts_of(sizeof(struct trail_ct) + TRAIL_CT_SZ) : 0) +
	       (m->snaplen ? parts_of(sizeof(struct trail_packet) + m->snaplen) : 0) +
	       (m->vmemmap_at ? TRAIL_NR_FRAGS : 0);
}
