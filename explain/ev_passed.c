// SPDX-License-Identifier: GPL-2.0-only
#include "explain/ev_passed.h"

#include <string.h>

#include <linux/rtnetlink.h>

#include "explain/ev_devices.h"
#include "explain/ev_packet.h"
#include "explain/ev_routes.h"

static bool was_in(const struct evidence *e, const char *func)
{
	return e->past && e->past->last && !strcmp(e->past->last, func);
}

bool ev_last_policy(struct evidence *e)
{
	return was_in(e, "__xfrm_policy_check") && past_traces(e->pasts, PAST_SOCKET_FILTER);
}

bool ev_last_filter(struct evidence *e)
{
	return (was_in(e, "sk_filter_trim_cap") || was_in(e, "__cgroup_bpf_run_filter_skb")) &&
	       past_traces(e->pasts, PAST_UDP_ENQUEUE);
}

bool ev_last_buffer(struct evidence *e)
{
	return was_in(e, "__udp_enqueue_schedule_skb");
}

bool ev_last_cgroup(struct evidence *e)
{
	return was_in(e, "__cgroup_bpf_run_filter_skb");
}

/* In a qdisc or on the way into it: parts of other packets never are. */
static bool was_in_qdisc(const struct evidence *e)
{
	static const char suffix[] = "_enqueue";
	const char *last = e->past ? e->past->last : NULL;
	size_t len = last ? strlen(last) : 0;

	if (was_in(e, "__dev_queue_xmit") || was_in(e, "net_dev_queue"))
		return true;
	return len >= sizeof(suffix) && !strcmp(last + len - (sizeof(suffix) - 1), suffix);
}

bool ev_queue_netem_all(struct evidence *e)
{
	return was_in_qdisc(e) && ev_netem_all(e);
}

bool ev_queue_full_only(struct evidence *e)
{
	return was_in_qdisc(e) && (ev_full_only(e) || ev_netem_none(e));
}

/*
 * __udp4_lib_rcv(): what remains without a reason is a header that is cut off, and multicast and
 * broadcasts that no socket takes. __udp6_lib_rcv() got its reasons later than the kernel.
 */
bool ev_udp_no_reason(struct evidence *e)
{
	return ev_has_reason(e) && !ev_is_v6(e) && ev_raw(e)->len >= 8;
}

bool ev_udp_policy(struct evidence *e)
{
	return ev_udp_no_reason(e) && ev_goes_to(e, RTN_LOCAL);
}
