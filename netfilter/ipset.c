// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/ipset.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_set.h>

#include "base/bytes.h"
#include "kern/clock.h"
#include "kern/netlink.h"

#define LARGE_NS UINT64_C(60000000000) /* before another look at a set that was too large */

/* ---- which ones ---- */

static void note(struct nf_ipset_uses *u, uint16_t index, bool packets_change)
{
	size_t i = 0;

	if (index == IPSET_INVALID_ID)
		return;
	while (i < u->nr && u->use[i].index != index)
		i++;
	if (i == NF_IPSETS_MAX) {
		u->packets_change_all |= packets_change;
		return;
	}
	if (i == u->nr)
		u->use[u->nr++].index = index;
	u->use[i].packets_change |= packets_change;
}

void nf_ipset_of_match(struct nf_ipset_uses *u, const char *name, const void *info, size_t sz)
{
	uint16_t index; /* in all revisions the first member */

	if (strcmp(name, "set") || sz < sizeof(index))
		return;
	memcpy(&index, info, sizeof(index));
	note(u, index, false);
}

void nf_ipset_of_target(struct nf_ipset_uses *u, const char *name, unsigned int revision,
			const void *info, size_t sz)
{
	struct xt_set_info_target_v1 i; /* what revisions 1 to 3 begin with */

	if (strcmp(name, "SET"))
		return;
	if (!revision || revision > 3 || sz < sizeof(i)) {
		u->packets_change_all = true;
		return;
	}
	memcpy(&i, info, sizeof(i));
	note(u, i.add_set.index, true);
	note(u, i.del_set.index, true);
}

/* ---- comparing ---- */

static bool same_bytes(const struct nl_attr *a, const struct nl_attr *b)
{
	return a->sz == b->sz && !memcmp(a->data, b->data, a->sz);
}

/* Other rules and lists may name the set, too. */
static bool same_header(const struct nl_attr *a, const struct nl_attr *b)
{
	return a->type == IPSET_ATTR_REFERENCES || same_bytes(a, b);
}

static bool same_member(const struct nl_attr *a, const struct nl_attr *b)
{
	if (a->sz != b->sz)
		return false;
	switch (a->type) {
	case IPSET_ATTR_TIMEOUT: /* 0: never */
		return !nl_be32(a) == !nl_be32(b) && nl_be32(b) <= nl_be32(a);
	case IPSET_ATTR_PACKETS:
	case IPSET_ATTR_BYTES:
		return nl_be64(b) >= nl_be64(a);
	}
	return same_bytes(a, b);
}

static bool same_attrs(struct nl_attrs a, struct nl_attrs b,
		       bool (*same)(const struct nl_attr *a, const struct nl_attr *b))
{
	struct nl_attr x, y;

	while (nl_next(&a, &x))
		if (!nl_next(&b, &y) || x.type != y.type || !same(&x, &y))
			return false;
	return a.left == b.left;
}

static bool same_elem(const struct nl_attr *a, const struct nl_attr *b)
{
	return same_attrs(nl_nested(a), nl_nested(b), same_member);
}

static bool same_part(const struct nl_attr *a, const struct nl_attr *b)
{
	if (a->type == IPSET_ATTR_DATA)
		return same_attrs(nl_nested(a), nl_nested(b), same_header);
	if (a->type == IPSET_ATTR_ADT)
		return same_attrs(nl_nested(a), nl_nested(b), same_elem);
	return same_bytes(a, b);
}

/* ---- the sets ---- */

const struct nf_ipset *nf_ipset_by_name(const struct nf_ipsets *s, const char *name)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!strcmp(s->list[i].name, name))
			return &s->list[i];
	return NULL;
}

struct nf_ipset *nf_ipset_add(struct nf_ipsets *s, const char *name)
{
	struct nf_ipset *set = (struct nf_ipset *)nf_ipset_by_name(s, name);

	if (set || s->nr == NF_IPSETS_MAX)
		return set;
	if (!s->list)
		s->list = calloc(NF_IPSETS_MAX, sizeof(*s->list));
	if (!s->list)
		return NULL;
	set = &s->list[s->nr++];
	*set = (struct nf_ipset){0};
	strncpy(set->name, name, sizeof(set->name) - 1);
	return set;
}

const char *nf_ipset_name(const struct nf_ipsets *s, uint16_t index)
{
	for (size_t i = 0; s && i < s->nr; i++)
		if (s->list[i].has_index && s->list[i].index == index)
			return s->list[i].name;
	return NULL;
}

bool nf_ipsets_distrusted(const struct nf_ipsets *s, uint64_t ts)
{
	for (size_t i = 0; i < s->nr; i++)
		if (!s->list[i].packets_change && s->list[i].watch.distrust > ts)
			return true;
	return false;
}

static void forget(struct nf_ipset *set)
{
	free(set->listed);
	set->listed = NULL;
	set->watch = (struct nf_watch){0};
}

void nf_ipsets_release(struct nf_ipsets *s)
{
	for (size_t i = 0; i < s->nr; i++)
		forget(&s->list[i]);
	free(s->list);
	*s = (struct nf_ipsets){0};
}

void nf_ipset_found(struct nf_ipset *set, const struct nlmsghdr *msg, uint64_t began, uint64_t now)
{
	size_t hdr_sz = sizeof(struct nfgenmsg);
	struct nlmsghdr *old = set->listed;

	set->listed = malloc(msg->nlmsg_len);
	if (!set->listed) {
		free(old);
		forget(set);
		return;
	}
	memcpy(set->listed, msg, msg->nlmsg_len);
	if (old && same_attrs(nl_msg_attrs(old, hdr_sz), nl_msg_attrs(msg, hdr_sz), same_part))
		nf_watch_same(&set->watch, began, now);
	else
		nf_watch_read(&set->watch, now, old != NULL, true);
	free(old);
}

/* ---- asking ---- */

struct look {
	struct nf_ipsets *s;
	struct nf_ipset *set;
	uint64_t began;
	struct netlink nl;
	bool is_found;
};

static int request(struct look *l, uint8_t cmd, uint16_t flags, const char *name,
		   int (*fn)(void *arg, const struct nlmsghdr *msg))
{
	uint8_t payload[64] = {0}, protocol = IPSET_PROTOCOL_MIN;
	struct nfgenmsg nfg = {.nfgen_family = AF_INET, .version = NFNETLINK_V0};
	size_t sz = sizeof(nfg);

	memcpy(payload, &nfg, sz);
	sz = nl_put(payload, sz, IPSET_ATTR_PROTOCOL, &protocol, sizeof(protocol));
	if (name)
		sz = nl_put(payload, sz, IPSET_ATTR_SETNAME, name, strlen(name) + 1);
	return netlink_request(&l->nl, NFNL_SUBSYS_IPSET << 8 | cmd, flags, payload, sz, fn, l);
}

static int ignore(void *arg, const struct nlmsghdr *msg)
{
	(void)arg;
	(void)msg;
	return 0;
}

static int open_netlink(struct look *l)
{
	int ret = netlink_open(&l->nl, NETLINK_NETFILTER);

	/* the kernel makes its messages as large as what the socket has received into */
	return ret ? ret : request(l, IPSET_CMD_PROTOCOL, 0, NULL, ignore);
}

/* A second message continues the first. */
static int take_listed(void *arg, const struct nlmsghdr *msg)
{
	struct look *l = arg;

	if (l->is_found)
		return -EMSGSIZE;
	l->is_found = true;
	nf_ipset_found(l->set, msg, l->began, clock_now());
	return 0;
}

/*
 * The kernel fills the first message of a dump in sendmsg(), under the mutex that changes by
 * netlink take (nfnl_lock(NFNL_SUBSYS_IPSET)): what it holds was in the set at one time. Closing
 * the socket ends a dump that is under way.
 */
static int ask_listed(struct look *l, struct nf_ipset *set)
{
	int ret;

	set->is_looked_at = true;
	l->set = set;
	l->is_found = false;
	l->began = clock_now();
	if (l->began < set->next)
		return 0;
	ret = request(l, IPSET_CMD_LIST, NLM_F_DUMP, set->name, take_listed);
	if (ret || !l->is_found)
		forget(set);
	if (ret != -EMSGSIZE)
		return ret;
	set->next = l->began + LARGE_NS;
	netlink_close(&l->nl);
	return open_netlink(l);
}

/* The set's name; false: there is no such one. */
static bool ask_name(int fd, uint16_t index, char name[IPSET_MAXNAMELEN])
{
	struct ip_set_req_get_set req = {.op = IP_SET_OP_GET_BYINDEX,
					 .version = IPSET_PROTOCOL_MIN};
	socklen_t sz = sizeof(req);

	req.set.index = index;
	if (getsockopt(fd, IPPROTO_IP, SO_IP_SET, &req, &sz) < 0)
		return false;
	memcpy(name, req.set.name, IPSET_MAXNAMELEN);
	name[IPSET_MAXNAMELEN - 1] = '\0';
	return name[0];
}

static void name_sets(struct nf_ipsets *s, const struct nf_ipset_uses *u)
{
	char name[IPSET_MAXNAMELEN];
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW); /* as iptables does */

	for (size_t i = 0; i < s->nr; i++)
		s->list[i].has_index = s->list[i].packets_change = s->list[i].is_looked_at = false;
	for (size_t i = 0; i < u->nr && fd >= 0; i++) {
		struct nf_ipset *set;

		if (!ask_name(fd, u->use[i].index, name))
			continue;
		set = nf_ipset_add(s, name);
		if (!set)
			continue;
		set->has_index = true;
		set->index = u->use[i].index;
		set->packets_change = u->use[i].packets_change;
	}
	if (fd >= 0)
		close(fd);
}

static int add_members(struct look *l, struct nf_ipset *list)
{
	struct nl_attr a, elem;
	struct nl_attrs elems;
	int ret = 0;

	if (!list->listed ||
	    !nl_find(nl_msg_attrs(list->listed, sizeof(struct nfgenmsg)), IPSET_ATTR_ADT, &a))
		return 0;
	elems = nl_nested(&a);
	while (!ret && nl_next(&elems, &elem)) {
		const char *name = nl_find_str(nl_nested(&elem), IPSET_ATTR_NAME);
		struct nf_ipset *member = name ? nf_ipset_add(l->s, name) : NULL;

		if (!member)
			continue;
		member->packets_change |= list->packets_change;
		if (!member->is_looked_at)
			ret = ask_listed(l, member);
	}
	return ret;
}

static void ask_all(struct look *l)
{
	size_t nr = l->s->nr; /* members are added behind them */
	int ret = open_netlink(l);

	for (size_t i = 0; i < nr && !ret; i++)
		if (l->s->list[i].has_index && !l->s->list[i].is_looked_at)
			ret = ask_listed(l, &l->s->list[i]);
	for (size_t i = 0; i < nr && !ret; i++)
		if (l->s->list[i].has_index)
			ret = add_members(l, &l->s->list[i]);
	netlink_close(&l->nl);
}

/* Sets that are no longer named make room. */
static void drop_others(struct nf_ipsets *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->nr; i++) {
		if (s->list[i].is_looked_at)
			s->list[nr++] = s->list[i];
		else
			forget(&s->list[i]);
	}
	s->nr = nr;
}

void nf_ipsets_look(struct nf_ipsets *s, const struct nf_ipset_uses *u)
{
	struct look l = {.s = s};

	if (!u->nr) {
		nf_ipsets_release(s);
		return;
	}
	name_sets(s, u);
	ask_all(&l);
	drop_others(s);
	for (size_t i = 0; i < s->nr; i++)
		s->list[i].packets_change |= u->packets_change_all;
}
