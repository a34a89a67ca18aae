// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ev_settings.h"

#include <stdio.h>
#include <string.h>

#include "explain/ev_packet.h"

/* Of an interface, in the packet's namespace. Its name is not trusted. */
static int dev_setting(const struct evidence *e, const char *dir, const char *dev, const char *name)
{
	char path[96];

	if (!e->facts || !dev[0] || dev[0] == '.' || strchr(dev, '/'))
		return -1;
	snprintf(path, sizeof(path), "ipv%d/%s/%s/%s", ev_is_v6(e) ? 6 : 4, dir, dev, name);
	return ev_setting(e, path);
}

int ev_forwarding(const struct evidence *e)
{
	return dev_setting(e, "conf", ev_is_v6(e) ? "all" : ev_ifname(e), "forwarding");
}

bool ev_forwarding_off(struct evidence *e)
{
	return ev_forwarding(e) == 0;
}

/* The kernel takes the larger one. */
int ev_rp_filter(const struct evidence *e)
{
	int all = dev_setting(e, "conf", "all", "rp_filter");
	int own = dev_setting(e, "conf", ev_ifname(e), "rp_filter");

	return all > own ? all : own;
}

/* Only packets to a neighbour that was never found wait, and this is how often it was asked. */
int ev_tries(const struct evidence *e)
{
	return dev_setting(e, "neigh", ev_ifname(e), "mcast_solicit");
}

/* Both numbers are of the packet's namespace, or the limit is one for all. */
bool ev_conntrack_full(struct evidence *e)
{
	int max = ev_setting(e, "netfilter/nf_conntrack_max");

	return max > 0 && ev_setting(e, "netfilter/nf_conntrack_count") >= max;
}
