// SPDX-License-Identifier: GPL-2.0-only
#include "output/output.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/words.h"

#define ARRAY_NR(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Functions that drop a packet when called. Not listed: kfree_skb_partial (frees a merged head) and
 * kfree_skb_list (also frees the fragments of consumed packets, and its members reach kfree_skb
 * anyway).
 */
static const char *const drop_funcs[] = {
	"kfree_skb",
	"kfree_skb_reason",	 /* 5.17 */
	"kfree_skb_list_reason", /* 5.19 */
	"sk_skb_reason_drop",	 /* 6.11 */
	"tcp_drop",		 /* 4.7 */
	"tcp_drop_reason",	 /* 5.18 */
};

static bool is_rest(const char *name, const char *func)
{
	while (*func && *name == *func) {
		name++;
		func++;
	}
	return !*func && (!*name || *name == '.');
}

/* True if name is func, possibly with a compiler's suffix: kfree_skb.part.0. Mostly it is not. */
static inline bool is_func(const char *name, const char *func)
{
	return *name == *func && is_rest(name, func);
}

bool func_is_drop(const char *name)
{
	for (size_t i = 0; i < ARRAY_NR(drop_funcs); i++) {
		if (is_func(name, drop_funcs[i]))
			return true;
	}
	return false;
}

bool reason_is(const char *reason, const char *name)
{
	size_t len = reason ? strlen(reason) : 0, name_len = strlen(name);

	return len >= name_len && !strcmp(reason + len - name_len, name);
}

bool func_is_end(const char *name)
{
	static const char *const funcs[] = {
		"consume_skb",	     "__consume_stateless_skb", /* 4.10 */
		"__kfree_skb",	     "napi_consume_skb",	/* 4.6 */
		"kfree_skb_partial", "skb_attempt_defer_free",	/* 5.19 */
	};

	for (size_t i = 0; i < ARRAY_NR(funcs); i++) {
		if (is_func(name, funcs[i]))
			return true;
	}
	return func_is_drop(name);
}

/*
 * Functions that write the UDP header, with IP's before it: at their beginning it has the bytes of
 * whatever had that memory before (net/ipv4/udp.c, net/ipv6/udp.c).
 */
static bool func_writes_ports(const char *name)
{
	return is_func(name, "udp_send_skb") || is_func(name, "udp_v6_send_skb");
}

/* include/uapi/linux/pkt_cls.h (from TC_ACT_UNSPEC, -1, on) and bpf.h (enum xdp_action). */
static const char *const tc_verdicts[] = {
	"TC_ACT_UNSPEC", "TC_ACT_OK",	  "TC_ACT_RECLASSIFY", "TC_ACT_SHOT",	  "TC_ACT_PIPE",
	"TC_ACT_STOLEN", "TC_ACT_QUEUED", "TC_ACT_REPEAT",     "TC_ACT_REDIRECT", "TC_ACT_TRAP",
};
static const char *const xdp_verdicts[] = {"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX",
					   "XDP_REDIRECT"};

static const char *verdict_name(const struct trail_event *raw)
{
	uint32_t v = raw->reason;

	if (raw->type == TRAIL_EVENT_XDP)
		return v < ARRAY_NR(xdp_verdicts) ? xdp_verdicts[v] : NULL;
	v++;
	return v < ARRAY_NR(tc_verdicts) ? tc_verdicts[v] : NULL;
}

static bool verdict_is_drop(const char *verdict)
{
	return verdict && (!strcmp(verdict, "TC_ACT_SHOT") || !strcmp(verdict, "XDP_DROP") ||
			   !strcmp(verdict, "XDP_ABORTED"));
}

/* SKB_CONSUMED and SKB_NOT_DROPPED_YET are passed to drop functions, but are not drops. */
static bool reason_is_drop(const char *reason)
{
	static const char *const prefixes[] = {"SKB_DROP_REASON_", "SKB_"};

	if (!reason)
		return true;
	for (size_t i = 0; i < ARRAY_NR(prefixes); i++) {
		size_t len = strlen(prefixes[i]);

		if (!strncmp(reason, prefixes[i], len)) {
			reason += len;
			break;
		}
	}
	return strcmp(reason, "CONSUMED") && strcmp(reason, "NOT_DROPPED_YET");
}

static bool event_is_drop(const struct trace_event *te)
{
	const char *name = te->func.name;

	if (te->raw.flags & TRAIL_F_VERDICT)
		return verdict_is_drop(te->reason);
	if (!name || te->raw.flags & TRAIL_F_PROG || !reason_is_drop(te->reason))
		return false;
	if (te->raw.flags & TRAIL_F_TRACEPOINT)
		return !strcmp(name, "kfree_skb");
	return func_is_drop(name);
}

static int event_check(struct trail_event *raw, const void *data, size_t sz)
{
	const size_t min = offsetof(struct trail_event, hdr);
	size_t hdr_max;

	if (sz < min)
		return -EINVAL;
	copy_few(raw, data, min);
	if (raw->version != TRAIL_ABI_VERSION)
		return -EINVAL;
	if (raw->type != TRAIL_EVENT_SKB && raw->type != TRAIL_EVENT_XDP)
		return -EINVAL;
	if (raw->size < min || raw->size > sz)
		return -EINVAL;
	hdr_max = raw->size - min < TRAIL_HDR_SZ ? raw->size - min : TRAIL_HDR_SZ;
	copy_few(raw->hdr, (const uint8_t *)data + min, hdr_max);
	memset(raw->hdr + hdr_max, 0, sizeof(raw->hdr) - hdr_max);
	if (raw->hdr_len > hdr_max)
		raw->hdr_len = hdr_max;
	raw->size = sizeof(*raw);
	raw->comm[sizeof(raw->comm) - 1] = '\0';
	raw->ifname[sizeof(raw->ifname) - 1] = '\0';
	return 0;
}

/*
 * A socket of IPv6 has these as IPv4 addresses (LOOPBACK4_IPV6 in include/net/ipv6.h); where its
 * own are cannot be known without types before 3.13.
 */
static bool is_ipv6_socket(const struct trail_event *raw, const struct tuple *t)
{
	static const uint8_t addr[4] = {127, 0, 0, 6};

	return raw->flags & TRAIL_F_HDR_FROM_SK && t->family == AF_INET &&
	       !memcmp(t->saddr, addr, sizeof(addr)) && !memcmp(t->daddr, addr, sizeof(addr));
}

int trace_event_decode(struct trace_event *te, const void *data, size_t sz,
		       const struct names *names)
{
	const struct name_at none = {0};
	struct trail_event *raw = &te->raw;
	int ret = event_check(raw, data, sz);

	if (ret)
		return ret;
	tuple_decode(&te->tuple, raw->protocol, raw->hdr, raw->hdr_len);
	if (is_ipv6_socket(raw, &te->tuple))
		te->tuple = (struct tuple){0};
	if (raw->flags & (TRAIL_F_TRACEPOINT | TRAIL_F_PROG))
		te->func = names->source(names->arg, raw->source);
	else
		te->func = names->func(names->arg, raw->ip);
	if (te->func.name && func_writes_ports(te->func.name) &&
	    !(raw->flags & TRAIL_F_HDR_FROM_SK)) {
		te->tuple.has_ports = false;
		te->tuple.sport = te->tuple.dport = 0;
	}
	/* `source` is that of the event's place only */
	te->hook_in = raw->flags & TRAIL_F_HOOK ? raw->source : 0;
	if (raw->flags & TRAIL_F_HOOK)
		raw->source = 0;
	te->caller = raw->caller ? names->symbol(names->arg, raw->caller) : none;
	te->reason = te->why = te->end = NULL;
	te->verdicts = NULL;
	te->route = NULL;
	if (raw->flags & TRAIL_F_VERDICT)
		te->reason = verdict_name(raw);
	else if (raw->flags & TRAIL_F_REASON)
		te->reason = names->reason(names->arg, raw->reason);
	te->netns_name = NULL;
	if (raw->netns && names->netns)
		te->netns_name = names->netns(names->arg, raw->netns);
	te->parts = NULL;
	te->is_drop = event_is_drop(te);
	return 0;
}
