// SPDX-License-Identifier: GPL-2.0-only
#include "explain/evidence.h"

uint32_t ev_netns(const struct evidence *e)
{
	return ev_raw(e)->netns || !e->past ? ev_raw(e)->netns : e->past->netns;
}

static bool is_past(const struct evidence *e)
{
	return !ev_raw(e)->ifindex && e->past && e->past->netns == ev_netns(e);
}

uint32_t ev_ifindex(const struct evidence *e)
{
	return is_past(e) ? e->past->ifindex : ev_raw(e)->ifindex;
}

const char *ev_ifname(const struct evidence *e)
{
	return is_past(e) ? e->past->ifname : ev_raw(e)->ifname;
}

int ev_setting(const struct evidence *e, const char *path)
{
	return e->facts ? e->facts->setting(e->facts->arg, ev_netns(e), path) : -1;
}
