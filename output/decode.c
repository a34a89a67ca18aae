// SPDX-License-Identifier: GPL-2.0-only
#include "output/output.h"

#include <errno.h>
#include <string.h>

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

/* True if name is func, possibly with a compiler's suffix: kfree_skb.part.0. */
static bool is_func(const char *name, const char *func)
{
	while (*func && *name == *func) {
		name++;
		func++;
	}
	return !*func && (!*name || *name == '.');
}

bool func_is_drop(const char *name)
{
	for (size_t i = 0; i < ARRAY_NR(drop_funcs); i++) {
		if (is_func(name, drop_funcs[i]))
			return true;
	}
	return false;
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

	memset(raw, 0, sizeof(*raw));
	if (sz < min)
		return -EINVAL;
	memcpy(raw, data, min);
	if (raw->version != TRAIL_ABI_VERSION)
		return -EINVAL;
	if (raw->type != TRAIL_EVENT_SKB && raw->type != TRAIL_EVENT_XDP)
		return -EINVAL;
	if (raw->size < min || raw->size > sz)
		return -EINVAL;
	hdr_max = raw->size - min < TRAIL_HDR_SZ ? raw->size - min : TRAIL_HDR_SZ;
	memcpy(raw->hdr, (const uint8_t *)data + min, hdr_max);
	if (raw->hdr_len > hdr_max)
		raw->hdr_len = hdr_max;
	raw->size = sizeof(*raw);
	raw->comm[sizeof(raw->comm) - 1] = '\0';
	raw->ifname[sizeof(raw->ifname) - 1] = '\0';
	return 0;
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
	if (raw->flags & (TRAIL_F_TRACEPOINT | TRAIL_F_PROG))
		te->func = names->source(names->arg, raw->source);
	else
		te->func = names->func(names->arg, raw->ip);
	te->caller = raw->caller ? names->symbol(names->arg, raw->caller) : none;
	te->reason = te->why = NULL;
	te->verdicts = NULL;
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
