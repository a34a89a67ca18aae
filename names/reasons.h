/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reasons.h - names of drop reasons, copied out of BTF so that the BTF can be freed.
 *
 * Without BTF tracefs names the core ones: in the format of the event skb:kfree_skb.
 *
 * The core ones are enum skb_drop_reason (5.17). The upper 16 bits of a reason name a
 * subsystem (6.4: mac80211, Open vSwitch, ...), whose own enum *drop_reason* has the whole
 * values; it may be in a module's BTF.
 */
#ifndef NAMES_REASONS_H
#define NAMES_REASONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "types/types.h"

struct reasons {
	struct reason {
		uint32_t value;
		char *name; /* owned */
	} * r;		    /* owned, by value */
	size_t nr;
};

/*
 * From the types; where they have none, from tracefs if it may be used. A kernel without any is no
 * error: nr is 0. -ENOMEM.
 */
int reasons_load(struct reasons *rs, const struct types *types, bool tracefs, struct err *err);
/*
 * Add what a line of a format file says, as in
 *	print fmt: "...", REC->skbaddr, __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, ...)
 * with SKB_DROP_REASON_ in front. Other lines, and what is no number and name, add nothing.
 *-ENOMEM.
 */
int reasons_add_format(struct reasons *rs, const char *line);
/* NULL: no such reason. */
const char *reasons_name(const struct reasons *rs, uint32_t value);
void reasons_release(struct reasons *rs);

#endif
