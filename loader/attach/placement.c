// SPDX-License-Identifier: GPL-2.0-only
#include "loader/attach/placement.h"

#include <string.h>

/*
 * On x86 a probe at the entry uses ftrace: arming and disarming walk all ftrace records. A probe
 * just after the call site is a breakpoint, which the kernel soon optimises into a jump. Without
 * jump optimisation a breakpoint costs three times as much per hit, so the entry is used always.
 * Optimised jumps and ftrace calls are both cheap to hit.
 *
 * Best is a probe after the site while the kernel's optimiser is switched off: it then optimises
 * all of them at once, later. Otherwise, which place attaches faster cannot be predicted, because
 * the optimiser blocks all registration while it waits for an RCU tasks grace period. Milliseconds
 * per probe, attach / close, with rcu_expedited, by counted instructions of an emulated machine:
 *
 *		entry		after the site	after it, optimiser off
 *	5.10	5.8 / 6.2	0.3 / 0.02	0.3 / 0.02
 *	6.1	8.0 / 7.3	11.2 / 0.03	2.9 / 0.03
 *	6.12	9.7 / 8.5	20 / 0.03	4.6 / 0.03
 *	7.3	10.4 / 10.1	19.7 / 0.10	4.7 / 0.10
 *
 * A short trial decides. It may miss the slow probes (the optimiser starts 5 jiffies after a probe
 * is queued), so the place after the site must be clearly faster.
 */
#define MIN_TARGETS   64
#define TRY_NR	      8
#define TRY_AFTER_NS  400000000
#define TRY_AFTER_MAX 128
#define CLEARLY	      2 /* times faster */

#if defined(__x86_64__)

/* endbr64, or what the kernel overwrites it with if no indirect call needs it (up to 6.x, 7.x). */
static const uint8_t endbrs[][4] = {
	{0xf3, 0x0f, 0x1e, 0xfa},
	{0x66, 0x0f, 0x1f, 0x00},
	{0x0f, 0x1f, 0x40, 0xd6},
};

/* NOPs of an unused call site, for two generations of processors. */
static const uint8_t nops[][5] = {
	{0x0f, 0x1f, 0x44, 0x00, 0x00},
	{0x66, 0x66, 0x66, 0x66, 0x90},
};

#define CALL_REL32 0xe8 /* call site in use */

unsigned placement_after_site(const uint8_t code[PLACEMENT_CODE_SZ])
{
	unsigned off = 0;

	for (size_t i = 0; i < sizeof(endbrs) / sizeof(endbrs[0]) && !off; i++) {
		if (!memcmp(code, endbrs[i], sizeof(endbrs[i])))
			off = sizeof(endbrs[i]);
	}
	if (code[off] == CALL_REL32)
		return off + 5;
	for (size_t i = 0; i < sizeof(nops) / sizeof(nops[0]); i++) {
		if (!memcmp(code + off, nops[i], sizeof(nops[i])))
			return off + sizeof(nops[i]);
	}
	return 0;
}

/* Use a trial only if it pays off; otherwise place probes at the entry. */
static enum placement_phase first_phase(const struct features *f, size_t nr_targets,
					bool unoptimized)
{
	if (unoptimized)
		return PLACEMENT_AFTER;
	if (nr_targets >= MIN_TARGETS && features_has(f, FEAT_JUMP_OPTIMIZATION))
		return PLACEMENT_TRY_ENTRY;
	return PLACEMENT_ENTRY;
}

#elif defined(__riscv)

/*
 * The call site is at the entry, and the kernel refuses a kprobe there (check_ftrace_location() in
 * kernel/kprobes.c), so the probe must go after the site. Since 6.3 the site has two instructions
 * of four bytes. They change only t0, so arguments and return address are still in their registers.
 * Longer sites are those of older kernels, and not supported.
 */
#define NOP	 0x00000013
#define SITE_SZ	 8
#define AUIPC_T0 0x00000297 /* bits 12 to 31: offset of the callee */
#define JALR_T0	 0x000282e7 /* bits 20 to 31: low part of the offset */

unsigned placement_after_site(const uint8_t code[PLACEMENT_CODE_SZ])
{
	uint32_t insn[3];

	memcpy(insn, code, sizeof(insn));
	if (insn[0] != NOP && (insn[0] & 0xfff) != AUIPC_T0)
		return 0;
	if ((insn[1] != NOP && (insn[1] & 0xfffff) != JALR_T0) || insn[2] == NOP)
		return 0;
	return SITE_SZ;
}

static enum placement_phase first_phase(const struct features *f, size_t nr_targets,
					bool unoptimized)
{
	return PLACEMENT_AFTER;
}

#else

/*
 * arm64: the call site is after the first instruction, or after two (bti). A probe at the entry
 * does not use ftrace, and is as fast to set as any other breakpoint.
 */
unsigned placement_after_site(const uint8_t code[PLACEMENT_CODE_SZ])
{
	return 0;
}

static enum placement_phase first_phase(const struct features *f, size_t nr_targets,
					bool unoptimized)
{
	return PLACEMENT_ENTRY;
}

#endif

void placement_init(struct placement *p, const struct features *f, size_t nr_targets,
		    bool unoptimized)
{
	*p = (struct placement){.phase = PLACEMENT_ENTRY};
	if (!features_has(f, FEAT_KCORE) || kcore_open(&p->kcore, NULL))
		p->kcore = NULL;
	else
		p->phase = first_phase(f, nr_targets, unoptimized);
}

void placement_release(struct placement *p)
{
	kcore_free(p->kcore);
	p->kcore = NULL;
}

bool placement_on_trial(const struct placement *p)
{
	return p->phase == PLACEMENT_TRY_ENTRY || p->phase == PLACEMENT_TRY_AFTER;
}

/* Whether the kernel, when it optimises the probe, might read past the last page of a module. */
static bool read_past_end(const struct target *t)
{
#if defined(__x86_64__)
	return t->ends_module;
#else
	return false;
#endif
}

/* Offset of the first instruction after the call site of a function, 0 if there is no site. */
static unsigned after_site_at(struct placement *p, uint64_t addr)
{
	uint8_t code[PLACEMENT_CODE_SZ];

	if (!p->kcore || kcore_read(p->kcore, addr, code, sizeof(code)))
		return 0;
	return placement_after_site(code);
}

unsigned placement_off(struct placement *p, const struct target *t)
{
	if (p->phase != PLACEMENT_AFTER && p->phase != PLACEMENT_TRY_AFTER)
		return 0;
	return read_past_end(t) ? 0 : after_site_at(p, t->addr);
}

bool placement_is_safe(struct placement *p, const struct target *t)
{
	return !read_past_end(t) || after_site_at(p, t->addr);
}

void placement_took(struct placement *p, unsigned off, uint64_t ns)
{
	if (p->phase == PLACEMENT_TRY_ENTRY) {
		p->entry.ns += ns;
		if (++p->entry.nr == TRY_NR)
			p->phase = PLACEMENT_TRY_AFTER;
	} else if (p->phase == PLACEMENT_TRY_AFTER && off) {
		p->after.ns += ns;
		p->after.nr++;
		if (p->after.nr < TRY_NR)
			return;
		if (p->after.ns < TRY_AFTER_NS && p->after.nr < TRY_AFTER_MAX)
			return;
		if (CLEARLY * (p->after.ns / p->after.nr) < p->entry.ns / p->entry.nr)
			p->phase = PLACEMENT_AFTER;
		else
			p->phase = PLACEMENT_ENTRY;
	}
}
