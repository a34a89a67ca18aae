// SPDX-License-Identifier: GPL-2.0-only
#include "explain/tc.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "kern/bpf.h"

/* Newer than the oldest headers (4.5). */
#ifndef TC_H_MIN_EGRESS
#define TC_H_MIN_INGRESS 0xFFF2U
#define TC_H_MIN_EGRESS	 0xFFF3U
#endif

/* ---- queues ---- */

/* Where the limit, a u32, is in a qdisc's options. */
static const struct {
	const char *kind;
	uint16_t attr; /* 0: the options are a struct, not attributes */
	uint16_t off;
	bool is_bytes;
} limits[] = {
	{"pfifo", 0, offsetof(struct tc_fifo_qopt, limit), false},
	{"bfifo", 0, offsetof(struct tc_fifo_qopt, limit), true},
	{"tbf", TCA_TBF_PARMS, offsetof(struct tc_tbf_qopt, limit), true},
	{"red", TCA_RED_PARMS, offsetof(struct tc_red_qopt, limit), true},
	{"sfq", 0, offsetof(struct tc_sfq_qopt, limit), false},
	{"netem", 0, offsetof(struct tc_netem_qopt, limit), false},
	{"codel", TCA_CODEL_LIMIT, 0, false},
	{"fq_codel", TCA_FQ_CODEL_LIMIT, 0, false},
	{"fq", TCA_FQ_PLIMIT, 0, false},
	{"pie", 2 /* TCA_PIE_LIMIT */, 0, false},
};

static void take_limit(const struct nl_attr *options, struct fact_qdisc *out)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct nl_attr a = *options;

		if (strcmp(limits[i].kind, out->kind) != 0)
			continue;
		if (limits[i].attr && !nl_find(nl_nested(options), limits[i].attr, &a))
			return;
		if (a.sz < limits[i].off + sizeof(out->limit))
			return;
		memcpy(&out->limit, (const uint8_t *)a.data + limits[i].off, sizeof(out->limit));
		out->is_bytes = limits[i].is_bytes;
	}
}

/* buffer is the time, in ticks of 64 ns, that the largest packet takes at the rate. */
static void take_burst(const struct nl_attr *options, struct fact_qdisc *out)
{
	struct tc_tbf_qopt q;
	struct nl_attr a;

	if (!nl_find(nl_nested(options), TCA_TBF_PARMS, &a) || a.sz < sizeof(q))
		return;
	memcpy(&q, a.data, sizeof(q));
	out->burst = (uint64_t)q.rate.rate * q.buffer / (1000000000 / 64);
}

/* Behind the struct are attributes; one of them is a model of losses. */
static void take_loss(const struct nl_attr *options, struct fact_qdisc *out)
{
	struct tc_netem_qopt q;
	struct nl_attr a;
	size_t sz = NLA_ALIGN(sizeof(q));

	if (options->sz < sizeof(q))
		return;
	memcpy(&q, options->data, sizeof(q));
	out->loss = (unsigned int)(((uint64_t)q.loss * 100 + UINT32_MAX - 1) / UINT32_MAX);
	if (!out->loss && options->sz > sz &&
	    nl_find(nl_attrs_of((const uint8_t *)options->data + sz, options->sz - sz),
		    TCA_NETEM_LOSS, &a))
		out->loss = 1;
}

struct qdisc_job {
	uint32_t ifindex;
	struct fact_qdisc *out;
};

static int take_qdisc(void *arg, const struct nlmsghdr *msg)
{
	struct qdisc_job *j = arg;
	const struct tcmsg *tc = NLMSG_DATA(msg);
	struct nl_attr options;
	const char *kind;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)) || (uint32_t)tc->tcm_ifindex != j->ifindex)
		return 0;
	kind = nl_find_str(nl_msg_attrs(msg, sizeof(*tc)), TCA_KIND);
	if (!kind || (tc->tcm_parent != TC_H_ROOT && strcmp(kind, "netem") != 0) ||
	    !strcmp(j->out->kind, "netem"))
		return 0;
	*j->out = (struct fact_qdisc){0};
	snprintf(j->out->kind, sizeof(j->out->kind), "%s", kind);
	if (!nl_find(nl_msg_attrs(msg, sizeof(*tc)), TCA_OPTIONS, &options))
		return 0;
	take_limit(&options, j->out);
	if (!strcmp(kind, "tbf"))
		take_burst(&options, j->out);
	if (!strcmp(kind, "netem"))
		take_loss(&options, j->out);
	return 0;
}

int tc_read_qdisc(struct netlink *nl, uint32_t ifindex, struct fact_qdisc *out)
{
	struct tcmsg tc = {.tcm_family = AF_UNSPEC, .tcm_ifindex = (int)ifindex};
	struct qdisc_job j = {.ifindex = ifindex, .out = out};

	*out = (struct fact_qdisc){0};
	return netlink_request(nl, RTM_GETQDISC, NLM_F_DUMP, &tc, sizeof(tc), take_qdisc, &j);
}

/* ---- filters ---- */

/* Each message is a filter, or the head of those with its priority, which have one kind. */
static int take_filter(void *arg, const struct nlmsghdr *msg)
{
	struct fact_filters *out = arg;
	const struct tcmsg *tc = NLMSG_DATA(msg);
	const char *kind;
	uint32_t prio;

	if (msg->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
		return 0;
	prio = TC_H_MAJ(tc->tcm_info) >> 16;
	kind = nl_find_str(nl_msg_attrs(msg, sizeof(*tc)), TCA_KIND);
	if (!kind || !prio || (out->nr == 1 && prio == out->prio))
		return 0;
	out->nr++;
	out->prio = prio;
	snprintf(out->kind, sizeof(out->kind), "%s", kind);
	return 0;
}

/* From include/uapi/linux/bpf.h of 6.6: BPF_TCX_INGRESS, BPF_TCX_EGRESS. */
#define TCX_INGRESS 46
#define TCX_EGRESS  47

/* -EINVAL: a kernel before 6.6, which has none. */
static int read_tcx(uint32_t ifindex, bool is_egress, bool *has)
{
	uint32_t nr = 0;
	int ret = bpf_prog_query(ifindex, is_egress ? TCX_EGRESS : TCX_INGRESS, &nr);

	*has = !ret && nr;
	return ret == -EINVAL ? 0 : ret;
}

int tc_read_filters(struct netlink *nl, uint32_t ifindex, bool is_egress, struct fact_filters *out)
{
	struct tcmsg tc = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_parent =
			TC_H_MAKE(TC_H_CLSACT, is_egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS),
	};
	int ret;

	*out = (struct fact_filters){0};
	ret = netlink_request(nl, RTM_GETTFILTER, NLM_F_DUMP, &tc, sizeof(tc), take_filter, out);
	out->known = !read_tcx(ifindex, is_egress, &out->has_tcx) && !ret;
	return ret;
}
