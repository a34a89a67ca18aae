/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reasons.h - names of drop reasons, copied from BTF so that the BTF can be freed.
 *
 * Core reasons are in enum skb_drop_reason (5.17). The upper 16 bits of a reason select a
 * subsystem (6.4: mac80211, Open vSwitch, ...), whose enum *drop_reason* has the full values,
 * possibly in a module's BTF. Without BTF, tracefs has the names of core reasons: in the format
 * of the event skb:kfree_skb.
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
	} * r;		    /* owned, sorted by value */
	size_t nr;
};

/*
 * Load the names from types or, if those have none, from tracefs if allowed. A kernel without drop
 * reasons is not an error: nr is 0 then. Errors: -ENOMEM.
 */
int reasons_load(struct reasons *rs, const struct types *types, bool tracefs, struct err *err);
/*
 * Add the names in a line of a format file,
 *	print fmt: "...", REC->skbaddr, __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, ...)
 * prefixed with SKB_DROP_REASON_. Other lines and malformed pairs are ignored. Errors: -ENOMEM.
 */
int reasons_add_format(struct reasons *rs, const char *line);
/* NULL if there is no such reason. */
const char *reasons_name(const struct reasons *rs, uint32_t value);
void reasons_release(struct reasons *rs);

#endif
