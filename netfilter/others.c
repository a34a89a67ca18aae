// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/others.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/rtnetlink.h>

#include "kern/bpf.h"
#include "kern/netlink.h"

/* ---- BPF ---- */

#define LINK_NETFILTER 10 /* BPF_LINK_TYPE_NETFILTER, 6.4 */
#define LINKS_MAX      4096

static bool note_link(struct nf_bpf_hooks *b, uint32_t id)
{
	struct bpf_link_words l;
	int fd = bpf_link_fd_by_id(id);
	bool known = fd >= 0 && !bpf_link_words(fd, &l);

	if (fd >= 0)
		close(fd);
	/* struct bpf_link_info.netfilter: pf, hooknum */
	if (known && l.type == LINK_NETFILTER && l.words[1] < 32)
		b->of[l.words[0] == NFPROTO_IPV6] |= 1u << l.words[1];
	return known;
}

void nf_bpf_look(struct nf_bpf_hooks *b)
{
	uint32_t id = 0;

	*b = (struct nf_bpf_hooks){0};
	for (size_t i = 0; i < LINKS_MAX && !bpf_link_next_id(id, &id); i++)
		note_link(b, id);
}

bool nf_bpf_may_drop(const struct nf_bpf_hooks *b, const struct nf_packet *p)
{
	uint32_t hooks = p->hook == NF_HOOK_UNKNOWN ? UINT32_MAX : 1u << (p->hook & 31);

	if (p->family != NFPROTO_IPV4 && p->family != NFPROTO_IPV6)
		return false;
	return (b->of[p->family == NFPROTO_IPV6] & hooks) != 0;
}

/* ---- bridges ---- */

struct link_job {
	bool found, is_bridge, is_port;
	uint32_t master;
};

/* A port of something that is not told (IFLA_INFO_SLAVE_KIND: 3.14) may be one of a bridge. */
static int take_link(void *arg, const struct nlmsghdr *msg)
{
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(struct ifinfomsg));
	struct link_job *j = arg;
	const char *kind = NULL, *port = NULL;
	struct nl_attr info, master;

	if (nl_find(as, IFLA_LINKINFO, &info)) {
		kind = nl_find_str(nl_nested(&info), IFLA_INFO_KIND);
		port = nl_find_str(nl_nested(&info), IFLA_INFO_SLAVE_KIND);
	}
	j->found = true;
	j->is_bridge = kind && !strcmp(kind, "bridge");
	if (nl_find(as, IFLA_MASTER, &master))
		j->is_port = !port || !strcmp(port, "bridge");
	if (j->is_port && master.sz == sizeof(j->master))
		memcpy(&j->master, master.data, sizeof(j->master));
	return 0;
}

/* What cannot be asked may be both. */
static struct link_job ask_link(uint32_t ifindex)
{
	struct ifinfomsg req = {.ifi_index = (int)ifindex};
	struct link_job j = {0};
	struct netlink nl;
	int ret = netlink_open(&nl, NETLINK_ROUTE);

	if (!ret) {
		ret = netlink_request(&nl, RTM_GETLINK, 0, &req, sizeof(req), take_link, &j);
		netlink_close(&nl);
	}
	if (ret || !j.found)
		j.is_bridge = j.is_port = true;
	return j;
}

bool nf_is_bridged(uint32_t ifindex)
{
	struct link_job j = ask_link(ifindex);

	return j.is_bridge || j.is_port;
}

bool nf_is_port(uint32_t ifindex)
{
	return ask_link(ifindex).is_port;
}

bool nf_bridge_of(uint32_t ifindex, uint32_t *bridge)
{
	struct link_job j = ask_link(ifindex);

	*bridge = j.master;
	return j.found && (!j.is_port || j.master);
}

bool nf_has_bridge_calls(bool builtin)
{
	/* up to 3.17 it is in the bridge's module */
	return builtin || !access("/sys/module/br_netfilter", F_OK) ||
	       !access("/proc/sys/net/bridge/bridge-nf-call-iptables", F_OK);
}
