// SPDX-License-Identifier: GPL-2.0-only
/* Targets of xtables as iptables-save shows them. */
#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_CLASSIFY.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_DSCP.h>
#include <linux/netfilter/xt_LOG.h>
#include <linux/netfilter/xt_NFLOG.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>

#include "netfilter/text_private.h"

/* ---- REJECT ---- */

static bool text_reject(struct xt_part *p)
{
	static const char names4[] = /* enum ipt_reject_with */
		"icmp-net-unreachable icmp-host-unreachable icmp-proto-unreachable "
		"icmp-port-unreachable - icmp-net-prohibited icmp-host-prohibited tcp-reset "
		"icmp-admin-prohibited";
	static const char names6[] = /* enum ip6t_reject_with */
		"icmp6-no-route icmp6-adm-prohibited - icmp6-addr-unreachable "
		"icmp6-port-unreachable - tcp-reset icmp6-policy-fail icmp6-reject-route";
	const struct ipt_reject_info *i = p->info; /* struct ip6t_reject_info is the same */

	xt_text_opt(p, false, "reject-with ");
	return text_word(p->t, p->family == NFPROTO_IPV4 ? names4 : names6, (unsigned int)i->with);
}

/* ---- NAT ---- */

static void add_nat_port(struct xt_part *p, const struct nf_nat_range2 *r)
{
	textbuf_printf(p->t, "%u", ntohs(r->min_proto.all));
	if (r->max_proto.all != r->min_proto.all)
		textbuf_printf(p->t, "-%u", ntohs(r->max_proto.all));
	if (r->flags & NF_NAT_RANGE_PROTO_OFFSET)
		textbuf_printf(p->t, "/%u", ntohs(r->base_proto.all));
}

/* " --to-destination 10.0.0.1-10.0.0.9:80-90" */
static void add_nat_range(struct xt_part *p, const struct nf_nat_range2 *r, const char *name)
{
	size_t sz = p->family == NFPROTO_IPV6 ? 16 : 4;
	bool has_port = r->flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	bool brackets = has_port && p->family == NFPROTO_IPV6;

	xt_text_opt(p, false, name);
	textbuf_str(p->t, brackets && r->flags & NF_NAT_RANGE_MAP_IPS ? " [" : " ");
	if (r->flags & NF_NAT_RANGE_MAP_IPS) {
		text_addr(p->t, p->family, &r->min_addr);
		if (memcmp(&r->min_addr, &r->max_addr, sz)) {
			textbuf_str(p->t, "-");
			text_addr(p->t, p->family, &r->max_addr);
		}
		textbuf_str(p->t, brackets ? "]" : "");
	}
	if (has_port) {
		textbuf_str(p->t, ":");
		add_nat_port(p, r);
	}
}

static bool add_nat(struct xt_part *p, const struct nf_nat_range2 *r)
{
	bool is_source = *p->name == 'S' || *p->name == 'M';
	unsigned int known = NF_NAT_RANGE_PROTO_SPECIFIED | NF_NAT_RANGE_PROTO_RANDOM;

	if (*p->name == 'S' || *p->name == 'D') {
		add_nat_range(p, r, is_source ? "to-source" : "to-destination");
		known |= NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PERSISTENT;
	} else if (r->flags & NF_NAT_RANGE_PROTO_SPECIFIED) {
		xt_text_opt(p, false, "to-ports");
		textbuf_str(p->t, " ");
		add_nat_port(p, r);
	}
	if (is_source)
		known |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
	else if (*p->name == 'D')
		known |= NF_NAT_RANGE_PROTO_OFFSET;
	if (r->flags & NF_NAT_RANGE_PROTO_RANDOM)
		xt_text_opt(p, false, "random");
	if (r->flags & NF_NAT_RANGE_PROTO_RANDOM_FULLY)
		xt_text_opt(p, false, "random-fully");
	if (r->flags & NF_NAT_RANGE_PERSISTENT)
		xt_text_opt(p, false, "persistent");
	return !(r->flags & ~known);
}

static bool text_nat_compat(struct xt_part *p)
{
	const struct nf_nat_ipv4_multi_range_compat *i = p->info;
	const struct nf_nat_ipv4_range *r = &i->range[0];

	if (i->rangesize != 1)
		return false;
	return add_nat(p, &(struct nf_nat_range2){
				  .flags = r->flags,
				  .min_addr.ip = r->min_ip,
				  .max_addr.ip = r->max_ip,
				  .min_proto = r->min,
				  .max_proto = r->max,
			  });
}

static bool text_nat(struct xt_part *p)
{
	struct nf_nat_range2 r = {0};

	memcpy(&r, p->info, sizeof(struct nf_nat_range)); /* it begins with the same */
	return !(r.flags & NF_NAT_RANGE_PROTO_OFFSET) && add_nat(p, &r);
}

static bool text_nat2(struct xt_part *p)
{
	return add_nat(p, p->info);
}

/* ---- marks ---- */

static bool text_set_mark(struct xt_part *p)
{
	const struct xt_mark_tginfo2 *i = p->info;

	xt_text_opt(p, false, "set-xmark");
	textbuf_printf(p->t, " 0x%x/0x%x", i->mark, i->mask);
	return true;
}

static bool add_connmark(struct xt_part *p, uint32_t ctmark, uint32_t ctmask, uint32_t nfmask,
			 uint8_t mode)
{
	if (mode > XT_CONNMARK_RESTORE)
		return false;
	if (mode == XT_CONNMARK_SET) {
		xt_text_opt(p, false, "set-xmark");
		textbuf_printf(p->t, " 0x%x/0x%x", ctmark, ctmask);
		return true;
	}
	xt_text_opt(p, false, mode == XT_CONNMARK_SAVE ? "save-mark" : "restore-mark");
	textbuf_printf(p->t, " --nfmask 0x%x --ctmask 0x%x", nfmask, ctmask);
	return true;
}

static bool text_connmark(struct xt_part *p)
{
	const struct xt_connmark_tginfo1 *i = p->info;

	return add_connmark(p, i->ctmark, i->ctmask, i->nfmask, i->mode);
}

static bool text_connmark2(struct xt_part *p)
{
	const struct xt_connmark_tginfo2 *i = p->info;

	return !i->shift_bits && add_connmark(p, i->ctmark, i->ctmask, i->nfmask, i->mode);
}

/* ---- logs and queues ---- */

static bool text_log(struct xt_part *p)
{
	const struct xt_log_info *i = p->info;

	if (i->prefix[0]) {
		xt_text_opt(p, false, "log-prefix");
		xt_text_quoted(p, i->prefix, sizeof(i->prefix));
	}
	if (i->level != 4) {
		xt_text_opt(p, false, "log-level");
		textbuf_printf(p->t, " %u", i->level);
	}
	if (i->logflags)
		textbuf_str(p->t, " --log-");
	return text_bits(p->t, i->logflags, "tcp-sequence tcp-options ip-options uid - macdecode",
			 " --log-");
}

static bool text_nflog(struct xt_part *p)
{
	const struct xt_nflog_info *i = p->info;
	bool has_size = i->flags & XT_NFLOG_F_COPY_LEN;

	if (i->prefix[0]) {
		xt_text_opt(p, false, "nflog-prefix");
		xt_text_quoted(p, i->prefix, sizeof(i->prefix));
	}
	if (i->group) {
		xt_text_opt(p, false, "nflog-group");
		textbuf_printf(p->t, " %u", i->group);
	}
	if (has_size || i->len) {
		xt_text_opt(p, false, has_size ? "nflog-size" : "nflog-range");
		textbuf_printf(p->t, " %u", i->len);
	}
	if (i->threshold != XT_NFLOG_DEFAULT_THRESHOLD) {
		xt_text_opt(p, false, "nflog-threshold");
		textbuf_printf(p->t, " %u", i->threshold);
	}
	return !(i->flags & ~XT_NFLOG_MASK);
}

static bool add_queue(struct xt_part *p, unsigned int num, unsigned int total, unsigned int flags)
{
	xt_text_opt(p, false, total > 1 ? "queue-balance" : "queue-num");
	xt_text_range(p, num, total > 1 ? num + total - 1 : num, ':');
	if (flags & NFQ_FLAG_BYPASS)
		xt_text_opt(p, false, "queue-bypass");
	if (flags & NFQ_FLAG_CPU_FANOUT)
		xt_text_opt(p, false, "queue-cpu-fanout");
	return !(flags & ~(unsigned int)NFQ_FLAG_MASK);
}

static bool text_queue(struct xt_part *p)
{
	return add_queue(p, ((const struct xt_NFQ_info *)p->info)->queuenum, 1, 0);
}

static bool text_queue1(struct xt_part *p)
{
	const struct xt_NFQ_info_v1 *i = p->info;

	return add_queue(p, i->queuenum, i->queues_total, 0);
}

static bool text_queue2(struct xt_part *p)
{
	const struct xt_NFQ_info_v2 *i = p->info;

	return i->bypass <= 1 && add_queue(p, i->queuenum, i->queues_total, i->bypass);
}

static bool text_queue3(struct xt_part *p)
{
	const struct xt_NFQ_info_v3 *i = p->info;

	return add_queue(p, i->queuenum, i->queues_total, i->flags);
}

/* ---- connections ---- */

static bool add_ct(struct xt_part *p, const struct xt_ct_target_info_v1 *i, const char *timeout)
{
	if (i->flags & XT_CT_NOTRACK_ALIAS) {
		p->name = "NOTRACK";
		return !(i->flags & ~(XT_CT_NOTRACK_ALIAS | XT_CT_NOTRACK)) && !i->zone;
	}
	if (i->flags & XT_CT_NOTRACK)
		xt_text_opt(p, false, "notrack");
	if (i->helper[0])
		textbuf_printf(p->t, " --helper %.16s", i->helper);
	if (timeout[0])
		textbuf_printf(p->t, " --timeout %.32s", timeout);
	if (i->zone) {
		xt_text_opt(p, false,
			    i->flags & XT_CT_ZONE_DIR_ORIG   ? "zone-orig"
			    : i->flags & XT_CT_ZONE_DIR_REPL ? "zone-reply"
							     : "zone");
		textbuf_printf(p->t, " %u", i->zone);
	}
	return !(i->flags & ~(XT_CT_NOTRACK | XT_CT_ZONE_DIR_ORIG | XT_CT_ZONE_DIR_REPL)) &&
	       !i->ct_events && !i->exp_events;
}

static bool text_ct(struct xt_part *p)
{
	return add_ct(p, p->info, ""); /* revision 1 begins with the same */
}

static bool text_ct1(struct xt_part *p)
{
	const struct xt_ct_target_info_v1 *i = p->info;

	return add_ct(p, i, i->timeout);
}

/* ---- headers ---- */

static bool text_tcpmss(struct xt_part *p)
{
	const struct xt_tcpmss_info *i = p->info;

	if (i->mss == XT_TCPMSS_CLAMP_PMTU)
		xt_text_opt(p, false, "clamp-mss-to-pmtu");
	else
		textbuf_printf(p->t, " --set-mss %u", i->mss);
	return true;
}

static bool text_dscp(struct xt_part *p)
{
	textbuf_printf(p->t, " --set-dscp 0x%02x", ((const struct xt_DSCP_info *)p->info)->dscp);
	return true;
}

static bool text_tos(struct xt_part *p)
{
	const struct xt_tos_target_info *i = p->info;

	textbuf_printf(p->t, " --set-tos 0x%02x/0x%02x", i->tos_value, i->tos_mask);
	return true;
}

/* "TTL" and "HL", whose structures are the same */
static bool text_ttl(struct xt_part *p)
{
	const struct ipt_TTL_info *i = p->info;

	textbuf_str(p->t, *p->name == 'T' ? " --ttl-" : " --hl-");
	if (!text_word(p->t, "set inc dec", i->mode))
		return false;
	textbuf_printf(p->t, " %u", i->ttl);
	return true;
}

static bool text_classify(struct xt_part *p)
{
	uint32_t prio = ((const struct xt_classify_target_info *)p->info)->priority;

	textbuf_printf(p->t, " --set-class %04x:%04x", prio >> 16, prio & 0xffff);
	return true;
}

static bool add_target_set(struct xt_part *p, const char *name, const struct xt_set_info *i)
{
	return i->index == IPSET_INVALID_ID || xt_text_set(p, name, i);
}

/* What revisions 2 and 3 say of the set that they add to. */
static void add_set_options(struct xt_part *p, uint32_t flags, uint32_t timeout)
{
	if (flags & IPSET_FLAG_EXIST)
		xt_text_opt(p, false, "exist");
	if (timeout != UINT32_MAX)
		textbuf_printf(p->t, " --timeout %u", timeout);
}

static bool text_set_v1(struct xt_part *p)
{
	const struct xt_set_info_target_v1 *i = p->info;

	return add_target_set(p, "add-set", &i->add_set) &&
	       add_target_set(p, "del-set", &i->del_set);
}

static bool text_set_v2(struct xt_part *p)
{
	const struct xt_set_info_target_v2 *i = p->info;

	if (!add_target_set(p, "add-set", &i->add_set))
		return false;
	add_set_options(p, i->flags, i->timeout);
	return add_target_set(p, "del-set", &i->del_set) && !(i->flags & ~IPSET_FLAG_EXIST);
}

static bool text_set_v3(struct xt_part *p)
{
	const struct xt_set_info_target_v3 *i = p->info;
	uint32_t map = IPSET_FLAG_MAP_SKBMARK | IPSET_FLAG_MAP_SKBPRIO | IPSET_FLAG_MAP_SKBQUEUE;

	if (!add_target_set(p, "add-set", &i->add_set))
		return false;
	add_set_options(p, i->flags, i->timeout);
	if (!add_target_set(p, "del-set", &i->del_set) ||
	    !add_target_set(p, "map-set", &i->map_set))
		return false;
	if (i->flags & IPSET_FLAG_MAP_SKBMARK)
		xt_text_opt(p, false, "map-mark");
	if (i->flags & IPSET_FLAG_MAP_SKBPRIO)
		xt_text_opt(p, false, "map-prio");
	if (i->flags & IPSET_FLAG_MAP_SKBQUEUE)
		xt_text_opt(p, false, "map-queue");
	return !(i->flags & ~(IPSET_FLAG_EXIST | map));
}

#define COMPAT_SZ sizeof(struct nf_nat_ipv4_multi_range_compat)
#define RANGE_SZ  sizeof(struct nf_nat_range)
#define RANGE2_SZ sizeof(struct nf_nat_range2)

static const struct xt_text_ext targets[] = {
	{"CLASSIFY", 0, 0, sizeof(struct xt_classify_target_info), text_classify},
	{"CONNMARK", 1, 0, sizeof(struct xt_connmark_tginfo1), text_connmark},
	{"CONNMARK", 2, 0, sizeof(struct xt_connmark_tginfo2), text_connmark2},
	{"CT", 0, 0, sizeof(struct xt_ct_target_info), text_ct},
	{"CT", 1, 0, sizeof(struct xt_ct_target_info_v1), text_ct1},
	{"CT", 2, 0, sizeof(struct xt_ct_target_info_v1), text_ct1},
	{"DNAT", 0, NFPROTO_IPV4, COMPAT_SZ, text_nat_compat},
	{"DNAT", 1, 0, RANGE_SZ, text_nat},
	{"DNAT", 2, 0, RANGE2_SZ, text_nat2},
	{"DSCP", 0, 0, sizeof(struct xt_DSCP_info), text_dscp},
	{"HL", 0, NFPROTO_IPV6, sizeof(struct ipt_TTL_info), text_ttl},
	{"LOG", 0, 0, sizeof(struct xt_log_info), text_log},
	{"MARK", 2, 0, sizeof(struct xt_mark_tginfo2), text_set_mark},
	{"MASQUERADE", 0, NFPROTO_IPV4, COMPAT_SZ, text_nat_compat},
	{"MASQUERADE", 0, NFPROTO_IPV6, RANGE_SZ, text_nat},
	{"NFLOG", 0, 0, sizeof(struct xt_nflog_info), text_nflog},
	{"NFQUEUE", 0, 0, sizeof(struct xt_NFQ_info), text_queue},
	{"NFQUEUE", 1, 0, sizeof(struct xt_NFQ_info_v1), text_queue1},
	{"NFQUEUE", 2, 0, sizeof(struct xt_NFQ_info_v2), text_queue2},
	{"NFQUEUE", 3, 0, sizeof(struct xt_NFQ_info_v3), text_queue3},
	{"NOTRACK", 0, 0, 0, NULL},
	{"REDIRECT", 0, NFPROTO_IPV4, COMPAT_SZ, text_nat_compat},
	{"REDIRECT", 0, NFPROTO_IPV6, RANGE_SZ, text_nat},
	{"REJECT", 0, 0, sizeof(struct ipt_reject_info), text_reject},
	{"SET", 1, 0, sizeof(struct xt_set_info_target_v1), text_set_v1},
	{"SET", 2, 0, sizeof(struct xt_set_info_target_v2), text_set_v2},
	{"SET", 3, 0, sizeof(struct xt_set_info_target_v3), text_set_v3},
	{"SNAT", 0, NFPROTO_IPV4, COMPAT_SZ, text_nat_compat},
	{"SNAT", 1, 0, RANGE_SZ, text_nat},
	{"SNAT", 2, 0, RANGE2_SZ, text_nat2},
	{"TCPMSS", 0, 0, sizeof(struct xt_tcpmss_info), text_tcpmss},
	{"TOS", 1, 0, sizeof(struct xt_tos_target_info), text_tos},
	{"TRACE", 0, 0, 0, NULL},
	{"TTL", 0, NFPROTO_IPV4, sizeof(struct ipt_TTL_info), text_ttl},
};

bool xt_target_text(const char *name, unsigned int revision, const void *info, size_t sz,
		    const struct nf_table *table, struct textbuf *t)
{
	static const struct xt_text_of of = {"target", "-j", targets,
					     sizeof(targets) / sizeof(targets[0])};

	return xt_ext_text(&of, name, revision, info, sz, table, t);
}
