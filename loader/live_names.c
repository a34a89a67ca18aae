// SPDX-License-Identifier: GPL-2.0-only
#include "loader/live_names.h"

/*
 * A probe's instruction pointer is at the entry or a few bytes behind it: behind endbr64
 * and the ftrace call, and one more where an int3 was hit.
 */
#define ENTRY_SZ 16

static struct name_at symbol(void *arg, uint64_t addr)
{
	const struct live_names *ln = arg;
	struct ksym sym;

	if (!ksyms_at(ln->ksyms, addr, &sym))
		return (struct name_at){0};
	return (struct name_at){.name = sym.name, .module = sym.module, .off = addr - sym.addr};
}

/* Targets know which of several symbols at one address was meant. */
static struct name_at func(void *arg, uint64_t ip)
{
	const struct live_names *ln = arg;
	const struct target *t = ln->targets->t;
	size_t lo = 0, hi = ln->targets->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t[mid].addr <= ip)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo && ip - t[lo - 1].addr <= ENTRY_SZ)
		return (struct name_at){.name = t[lo - 1].name, .module = t[lo - 1].module};
	return symbol(arg, ip);
}

static struct name_at source(void *arg, uint32_t number)
{
	const struct live_names *ln = arg;

	for (size_t i = 0; i < ln->targets->nr; i++)
		if (ln->targets->t[i].source == number)
			return (struct name_at){.name = ln->targets->t[i].name};
	return (struct name_at){0};
}

static const char *reason(void *arg, uint32_t value)
{
	const struct live_names *ln = arg;

	return reasons_name(ln->reasons, value);
}

struct names live_names(struct live_names *ln)
{
	return (struct names){
		.func = func, .symbol = symbol, .source = source, .reason = reason, .arg = ln};
}
