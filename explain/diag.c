// SPDX-License-Identifier: GPL-2.0-only
#include "explain/diag.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#include "kern/clock.h"
#include "kern/netlink.h"
#include "kern/netns.h"

#define STATE_SYN_RECV (1U << 3)
#define STATE_LISTEN   (1U << 10)
#define STATE_ANY      0xfffU
#define SEARCH_MAX     100000000 /* ns */

/* ---- asking the kernel ---- */

/* Whether it answers without loading a module. */
static bool has_module(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static int dump(uint8_t family, uint8_t proto, uint32_t states, uint8_t ext,
		int (*fn)(void *arg, const struct nlmsghdr *msg), void *arg)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = family,
		.sdiag_protocol = proto,
		.idiag_ext = ext,
		.idiag_states = states,
	};
	struct netlink nl;
	int ret = netlink_open(&nl, NETLINK_SOCK_DIAG);

	if (ret)
		return ret;
	ret = netlink_request(&nl, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &req, sizeof(req), fn, arg);
	netlink_close(&nl);
	return ret;
}

/* NULL: too short. */
static const struct inet_diag_msg *diag_of(const struct nlmsghdr *msg)
{
	return msg->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg)) ? NULL : NLMSG_DATA(msg);
}

/* ---- listeners ---- */

struct listener_job {
	const struct fact_flow *flow;
	struct fact_listener *out;
	unsigned int best; /* 0: none; 1: of any address; 2: of this one */
};

static unsigned int how_exact(const struct inet_diag_msg *m, const struct fact_flow *flow)
{
	static const uint8_t zero[16];
	size_t sz = flow->family == AF_INET6 ? 16 : 4;

	if (!memcmp(m->id.idiag_src, zero, m->idiag_family == AF_INET6 ? 16 : 4))
		return 1;
	return m->idiag_family == flow->family && !memcmp(m->id.idiag_src, flow->daddr, sz) ? 2 : 0;
}

static int take_listener(void *arg, const struct nlmsghdr *msg)
{
	struct listener_job *j = arg;
	const struct inet_diag_msg *m = diag_of(msg);
	unsigned int exact;

	if (!m || ntohs(m->id.idiag_sport) != j->flow->dport)
		return 0;
	if (1U << m->idiag_state == STATE_SYN_RECV) {
		j->out->nr_syn++;
		return 0;
	}
	exact = how_exact(m, j->flow);
	if (exact <= j->best)
		return 0;
	j->best = exact;
	j->out->queued = m->idiag_rqueue;
	j->out->limit = m->idiag_wqueue;
	return 0;
}

static int take_state(void *arg, const struct nlmsghdr *msg)
{
	const struct inet_diag_msg *m = diag_of(msg);

	if (m)
		*(uint32_t *)arg = 1U << m->idiag_state;
	return 0;
}

/* Its connection, or one that is being made: then the packet was taken. */
static bool is_connected(const struct fact_flow *flow)
{
	size_t sz = flow->family == AF_INET6 ? 16 : 4;
	struct inet_diag_req_v2 req = {
		.sdiag_family = flow->family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = STATE_ANY,
		.id = {.idiag_sport = htons(flow->dport),
		       .idiag_dport = htons(flow->sport),
		       .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}},
	};
	uint32_t state = STATE_LISTEN;
	struct netlink nl;

	memcpy(req.id.idiag_src, flow->daddr, sz);
	memcpy(req.id.idiag_dst, flow->saddr, sz);
	if (netlink_open(&nl, NETLINK_SOCK_DIAG))
		return false;
	netlink_request(&nl, SOCK_DIAG_BY_FAMILY, 0, &req, sizeof(req), take_state, &state);
	netlink_close(&nl);
	return state != STATE_LISTEN;
}

bool diag_listener(const struct diag *d, const struct fact_flow *flow, struct fact_listener *out)
{
	struct listener_job j = {.flow = flow, .out = out};

	*out = (struct fact_listener){0};
	if (!d->has_tcp && !has_module("tcp_diag"))
		return false;
	out->has_taken = is_connected(flow);
	if (flow->family == AF_INET &&
	    dump(AF_INET, IPPROTO_TCP, STATE_LISTEN | STATE_SYN_RECV, 0, take_listener, &j))
		return false;
	if (!j.best &&
	    dump(AF_INET6, IPPROTO_TCP, STATE_LISTEN | STATE_SYN_RECV, 0, take_listener, &j))
		return false;
	return j.best;
}

/* ---- buffers ---- */

static bool has_socket(const char *fd_path, uint64_t inode)
{
	char want[32], link[32];
	ssize_t n = readlink(fd_path, link, sizeof(link) - 1);

	snprintf(want, sizeof(want), "socket:[%llu]", (unsigned long long)inode);
	link[n > 0 ? n : 0] = '\0';
	return !strcmp(link, want);
}

static bool process_has(const char *pid, uint64_t inode)
{
	char path[64];
	struct dirent *d;
	bool has = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!has && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.16s/fd/%.16s", pid, d->d_name);
		has = has_socket(path, inode);
	}
	closedir(dir);
	return has;
}

/* 0: none was found in time. */
static uint32_t search_owner(uint64_t inode)
{
	uint64_t end = clock_now() + SEARCH_MAX;
	DIR *dir = opendir("/proc");
	struct dirent *d;
	uint32_t pid = 0;

	if (!dir)
		return 0;
	while (!pid && (d = readdir(dir)) && clock_now() < end)
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9' && process_has(d->d_name, inode))
			pid = (uint32_t)strtoul(d->d_name, NULL, 10);
	closedir(dir);
	return pid;
}

static uint32_t owner_of(struct diag *o, uint64_t inode)
{
	size_t nr = sizeof(o->known) / sizeof(o->known[0]);
	uint32_t pid;

	for (size_t i = 0; i < nr; i++)
		if (o->known[i].inode == inode)
			return o->known[i].pid;
	pid = search_owner(inode);
	o->known[o->next].inode = inode;
	o->known[o->next].pid = pid;
	o->next = (o->next + 1) % nr;
	return pid;
}

struct buffer_job {
	uint64_t inode;
	struct fact_buffer *out;
};

static int take_buffer(void *arg, const struct nlmsghdr *msg)
{
	struct buffer_job *j = arg;
	const struct inet_diag_msg *m = diag_of(msg);
	uint32_t mem[SK_MEMINFO_RCVBUF + 1];
	struct nl_attr a;

	if (!m || m->idiag_inode != j->inode ||
	    !nl_find(nl_msg_attrs(msg, sizeof(*m)), INET_DIAG_SKMEMINFO, &a) || a.sz < sizeof(mem))
		return 0;
	memcpy(mem, a.data, sizeof(mem));
	j->out->used = mem[SK_MEMINFO_RMEM_ALLOC];
	j->out->size = mem[SK_MEMINFO_RCVBUF];
	return 0;
}

bool diag_buffer(struct diag *d, const struct fact_flow *flow, struct fact_buffer *out)
{
	struct buffer_job j = {.out = out};
	struct socket_found found;

	*out = (struct fact_buffer){0};
	if (flow->proto != IPPROTO_UDP || !sockets_find(flow, &found))
		return false;
	j.inode = found.inode;
	out->used = found.rx_queue;
	if (d->has_udp || has_module("udp_diag"))
		dump(found.is_v6 ? AF_INET6 : AF_INET, IPPROTO_UDP, STATE_ANY,
		     1 << (INET_DIAG_SKMEMINFO - 1), take_buffer, &j);
	out->pid = owner_of(d, found.inode);
	if (!out->pid || !process_name(&netns_roots, (pid_t)out->pid, out->comm, sizeof(out->comm)))
		out->pid = 0;
	return true;
}
