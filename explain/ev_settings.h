/* SPDX-License-Identifier: GPL-2.0-only */
/* ev_settings.h - settings of a packet's namespace and interface (sysctl). */
#ifndef EXPLAIN_EV_SETTINGS_H
#define EXPLAIN_EV_SETTINGS_H

#include "explain/evidence.h"

int ev_forwarding(const struct evidence *e); /* where the kernel decides: IPv6 has one for all */
bool ev_forwarding_off(struct evidence *e);
int ev_rp_filter(const struct evidence *e);
int ev_tries(const struct evidence *e); /* to find the address of a neighbour */
bool ev_conntrack_full(struct evidence *e);

#endif
