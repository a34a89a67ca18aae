// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ev_devices.h"

#include <string.h>

const struct fact_dev *ev_dev(struct evidence *e)
{
	uint32_t ifindex = ev_ifindex(e);

	if (!e->asked_dev)
		e->has_dev = e->facts && ifindex &&
			     e->facts->dev(e->facts->arg, ev_netns(e), ifindex, &e->dev);
	e->asked_dev = true;
	return e->has_dev ? &e->dev : NULL;
}

const char *ev_qdisc(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d ? d->qdisc.kind : "";
}

bool ev_dev_down(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d && !d->up;
}

bool ev_no_carrier(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d && d->up && !d->running;
}

bool ev_netem(struct evidence *e)
{
	return !strcmp(ev_qdisc(e), "netem");
}

bool ev_netem_all(struct evidence *e)
{
	return ev_netem(e) && ev_dev(e)->qdisc.loss == 100;
}

bool ev_netem_none(struct evidence *e)
{
	return ev_netem(e) && !ev_dev(e)->qdisc.loss;
}

bool ev_over_burst(struct evidence *e)
{
	const struct fact_dev *d = ev_dev(e);

	return d && d->qdisc.burst && ev_raw(e)->len > d->qdisc.burst;
}

/* Qdiscs without classes, whose enqueue function has no other reason (Linux 3.10 to 7.2). */
bool ev_full_only(struct evidence *e)
{
	static const char *const kinds[] = {"pfifo", "bfifo", "pfifo_fast", "tbf",
					    "codel", "sfq",   "fq_codel"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(ev_qdisc(e), kinds[i]))
			return !ev_over_burst(e);
	return false;
}

bool ev_queues_not(struct evidence *e)
{
	return !strcmp(ev_qdisc(e), "noqueue");
}

bool ev_queues(struct evidence *e)
{
	return ev_qdisc(e)[0] && !ev_queues_not(e);
}

bool ev_filters(struct evidence *e, bool is_egress, struct fact_filters *out)
{
	return e->facts &&
	       e->facts->filters(e->facts->arg, ev_netns(e), ev_ifindex(e), is_egress, out);
}

int ev_vlan(const struct evidence *e)
{
	return e->past && e->past->netns == ev_raw(e)->netns &&
			       e->past->ifindex == ev_raw(e)->ifindex
		       ? e->past->vlan
		       : 0;
}

bool ev_has_vlan(struct evidence *e)
{
	return ev_vlan(e);
}
