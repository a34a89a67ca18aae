/* SPDX-License-Identifier: GPL-2.0-only */
/* ev_devices.h - a packet's interface: its state, qdisc, filters and VLAN. */
#ifndef EXPLAIN_EV_DEVICES_H
#define EXPLAIN_EV_DEVICES_H

#include "explain/evidence.h"

const struct fact_dev *ev_dev(struct evidence *e);
bool ev_dev_down(struct evidence *e);
bool ev_no_carrier(struct evidence *e);

const char *ev_qdisc(struct evidence *e); /* kind; "": unknown */
bool ev_netem(struct evidence *e);
bool ev_netem_all(struct evidence *e);	/* netem is to lose every packet */
bool ev_netem_none(struct evidence *e); /* netem loses none: its queue is full */
bool ev_full_only(struct evidence *e);	/* its qdisc drops only if its queue is full */
bool ev_over_burst(struct evidence *e); /* it is larger than tbf's burst */
bool ev_queues(struct evidence *e);	/* its qdisc is known, and queues */
bool ev_queues_not(struct evidence *e); /* known not to queue */

bool ev_filters(struct evidence *e, bool is_egress, struct fact_filters *out);
int ev_vlan(const struct evidence *e); /* of the tag that it came with; 0: none was seen */
bool ev_has_vlan(struct evidence *e);

#endif
