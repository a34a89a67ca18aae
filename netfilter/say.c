// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/say.h"
#include "netfilter/rule_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#define NAMED_MAX 3 /* candidates named where several fit */

#define CONNTRACK     "conntrack, whose table may be full (net.netfilter.nf_conntrack_count and _max)"
#define REROUTE	      "no route for the mark or address that a rule gave it (ip rule)"
#define RULES_CHANGED ", rule unknown: the ruleset was changed about then"
#define UNCOUNTED                                                                                  \
	": the rule that fits has not counted it; possible: a change of the ruleset about then"

void nf_say_times(const struct nf_answer *a, const struct nf_times *w)
{
	struct textbuf *t = a->t;

	if (w->later_ms)
		textbuf_printf(t, ", by the rules %lld ms later", (long long)w->later_ms);
	else if (w->before_ms)
		textbuf_printf(t, ", by the rules %lld ms before", (long long)w->before_ms);
}

/* Several ways may lead to one rule, and end there alike. */
static bool says_same(const struct nf_candidate *a, const struct nf_candidate *b)
{
	char bufs[2][512] = {""};
	struct textbuf x = {.buf = bufs[0], .sz = sizeof(bufs[0])},
		       y = {.buf = bufs[1], .sz = sizeof(bufs[1])};

	if (a->rule != b->rule || a->chain != b->chain || a->nr_path != b->nr_path)
		return false;
	nf_candidate_format(a, &x);
	nf_candidate_format(b, &y);
	return !strcmp(bufs[0], bufs[1]);
}

static bool is_said(const struct nf_decision *d, size_t nr, nf_fits_fn fits)
{
	for (size_t i = 0; i < nr; i++)
		if (fits(&d->c[i]) && says_same(&d->c[i], &d->c[nr]))
			return true;
	return false;
}

/* "A or B or 2 more": those that fit. Returns their number. */
static size_t add_fitting(struct textbuf *t, const char *before, const struct nf_decision *d,
			  nf_fits_fn fits)
{
	size_t nr = 0;

	for (size_t i = 0; i < d->nr; i++) {
		const struct nf_candidate *c = &d->c[i];

		if (!fits(c) || is_said(d, i, fits))
			continue;
		if (nr < NAMED_MAX) {
			textbuf_str(t, nr ? " or " : before);
			nf_candidate_format(c, t);
		}
		nr++;
	}
	if (nr > NAMED_MAX)
		textbuf_printf(t, " or %zu more", nr - NAMED_MAX);
	return nr;
}

/* What is certain, as a verdict; NULL: no room. Its rule's text, if it is wanted, comes in
 * brackets. */
static struct verdict *say_certain(const struct nf_answer *a, const struct nf_candidate *c,
				   const char *verdict)
{
	struct verdict *v = nf_candidate_verdict(c, verdict, a->vs);
	char text[VERDICT_TEXT_MAX + 1];

	nf_candidate_format(c, a->t);
	if (!a->rule_text || !c->rule)
		return v;
	nf_rule_text(c->chain, c->rule, text, sizeof(text));
	if (text[0])
		nf_rule_text_format(text, a->t);
	if (v)
		v->rule_text = verdicts_keep(a->vs, text);
	return v;
}

/* A verdict without a rule. */
static struct verdict *add_unknown(const struct nf_answer *a, const char *verdict)
{
	struct verdict *v = verdicts_add(a->vs);

	if (v)
		v->verdict = verdict;
	return v;
}

static bool may_do_any(const struct nf_candidate *c)
{
	return c->action == NF_ACT_UNKNOWN || c->action == NF_ACT_TARGET;
}

/* ---- drops ---- */

/* Up to Linux 4.19 the hooks' caller frees also what a queue refuses. */
static bool may_end(const struct nf_candidate *c)
{
	return nf_candidate_may_drop(c) || c->action == NF_ACT_QUEUE;
}

static bool is_queue(const struct nf_candidate *c)
{
	return c->action == NF_ACT_QUEUE || may_do_any(c);
}

static const char *queue_name(const struct nf_candidate *c)
{
	return c->detail[0] ? c->detail : "of user space";
}

/* By a queue of nf_queue(), or by the program that reads it. */
static void add_queue_drop(const struct nf_answer *a, const struct nf_candidate *c,
			   enum nf_freed_by by)
{
	if (by == NF_FREED_BY_READER)
		textbuf_printf(a->t, "DROP by the program that reads queue %s", queue_name(c));
	else
		textbuf_printf(a->t,
			       "DROP by queue %s: no program reads it, or it is full "
			       "(/proc/net/netfilter/nfnetlink_queue)",
			       queue_name(c));
	textbuf_str(a->t, "; QUEUE by ");
}

static nf_fits_fn fits_of(enum nf_freed_by by)
{
	return by == NF_FREED_BY_QUEUE ? is_queue : may_end;
}

const struct nf_candidate *nf_dropper(struct nf_decision *d, enum nf_freed_by by)
{
	return nf_decision_only(d, fits_of(by), NULL);
}

bool nf_fits(const struct nf_candidate *c, enum nf_freed_by by)
{
	return fits_of(by)(c);
}

bool nf_has_dropper(const struct nf_decision *d, enum nf_freed_by by)
{
	for (size_t i = 0; i < d->nr; i++)
		if (nf_fits(&d->c[i], by))
			return true;
	return d->overflow;
}

static bool may_be_other(const struct nf_times *w)
{
	return w->conntrack || w->ebtables || w->bpf;
}

/* "A or B": who may have dropped it, but has no rules. */
static void add_others(struct textbuf *t, const struct nf_times *w, const char *before)
{
	const char *const others[] = {w->reroute ? REROUTE : NULL, w->conntrack ? CONNTRACK : NULL,
				      w->bpf ? "a BPF program (bpftool net show)" : NULL,
				      w->ebtables ? "ebtables (ebtables-legacy -L)" : NULL};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (!others[i])
			continue;
		textbuf_printf(t, "%s%s", before, others[i]);
		before = " or ";
	}
}

/* Several rules fit, or none, or it was none of them. */
static void add_drop_unknown(const struct nf_answer *a, const struct nf_times *w,
			     struct nf_decision *d, nf_fits_fn fits)
{
	struct nf_times others = *w;

	textbuf_str(a->t, "DROP by netfilter, rule unknown");
	if (!w->uncounted && add_fitting(a->t, "; possible: ", d, fits)) {
		add_others(a->t, w, " or ");
	} else if (w->uncounted || !d->overflow) {
		textbuf_str(a->t, w->uncounted ? UNCOUNTED : ": no rule fits; possible: ");
		others.conntrack |= !w->uncounted && !may_be_other(w);
		add_others(a->t, &others, w->uncounted ? " or " : "");
		if (a->no_rule)
			*a->no_rule = others.conntrack && !w->ebtables && !w->bpf && !w->reroute;
	} else {
		add_others(a->t, w, "; possible: ");
	}
	add_unknown(a, "DROP");
}

void nf_say_drop(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		 enum nf_freed_by by)
{
	nf_fits_fn fits = fits_of(by);
	const struct nf_candidate *c = nf_dropper(d, by);
	const char *verdict = c && c->action == NF_ACT_REJECT ? "REJECT" : "DROP";

	if (w->changed) {
		textbuf_str(a->t, "DROP by netfilter" RULES_CHANGED);
		add_unknown(a, "DROP");
		return;
	}
	if (!c || w->uncounted || may_be_other(w)) {
		add_drop_unknown(a, w, d, fits);
		return;
	}
	if (c->action == NF_ACT_QUEUE)
		add_queue_drop(a, c, by);
	else if (c->action == NF_ACT_REJECT && c->detail[0])
		textbuf_printf(a->t, "REJECT (%s) by ", c->detail);
	else
		textbuf_printf(a->t, "%s by ", verdict);
	say_certain(a, c, verdict);
	nf_say_times(a, w);
}

void nf_say_unread(const struct nf_answer *a, const char *verdict, int err)
{
	const char *why = "the rules cannot be read";

	if (err == -ESRCH)
		why = "its network namespace is gone";
	else if (err == -EINTR || err == -EAGAIN)
		why = "the ruleset changes all the time";
	else if (err == -ENOMEM)
		why = "the ruleset is too large";
	textbuf_printf(a->t, "%s by netfilter, rule unknown: %s", verdict, why);
	add_unknown(a, verdict);
}

/* ---- queues ---- */

void nf_say_queue(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d)
{
	const struct nf_candidate *c = nf_decision_only(d, is_queue, NULL);

	textbuf_str(a->t, "QUEUE ");
	if (c && !w->changed) {
		textbuf_printf(a->t, c->detail[0] ? "%s to user space by " : "%sto user space by ",
			       c->detail);
		say_certain(a, c, "QUEUE");
		nf_say_times(a, w);
		return;
	}
	textbuf_str(a->t, "to user space");
	if (w->changed) {
		textbuf_str(a->t, RULES_CHANGED);
	} else {
		textbuf_str(a->t, ", rule unknown");
		add_fitting(a->t, "; possible: ", d, is_queue);
	}
	add_unknown(a, "QUEUE");
}

/* ---- NAT ---- */

static bool may_translate(const struct nf_candidate *c)
{
	return c->action == NF_ACT_NAT || may_do_any(c);
}

enum ct { CT_UNKNOWN, CT_NEW, CT_RELATED, CT_EXISTING };

/*
 * Packets of a connection are translated as its first one was; errors of ICMP, which are "related",
 * as the packet they are about. Where there is no entry it may be gone again.
 */
static enum ct ct_of(const struct nf_packet *p)
{
	if (!p->has_ct)
		return CT_UNKNOWN;
	switch (p->ct_info) {
	case IP_CT_NEW:
		return CT_NEW;
	case IP_CT_RELATED:
		return p->has_l4 && (p->l4_proto == IPPROTO_ICMP || p->l4_proto == IPPROTO_ICMPV6)
			       ? CT_EXISTING
			       : CT_RELATED;
	case IP_CT_ESTABLISHED:
	case IP_CT_ESTABLISHED_REPLY:
	case IP_CT_RELATED_REPLY:
		return CT_EXISTING;
	}
	return CT_UNKNOWN;
}

/* Which rule, where it is not one for certain. */
static void add_nat_unknown(struct textbuf *t, const struct nf_decision *d, enum ct ct,
			    bool may_write)
{
	static const char *const others[] = {
		[CT_UNKNOWN] = ", rule unknown; possible: conntrack (an existing connection)",
		[CT_NEW] = ", rule unknown",
		[CT_RELATED] = ", rule unknown; possible: a conntrack helper",
		[CT_EXISTING] = ", rule unknown; possible: conntrack (an existing connection)",
	};
	bool is_first = ct == CT_NEW;

	textbuf_str(t, others[ct]);
	if (ct != CT_EXISTING &&
	    !add_fitting(t, is_first ? "; possible: " : " or ", d, may_translate) && is_first)
		textbuf_str(t, ": no rule fits; possible: conntrack, because the port is in use");
	if (may_write)
		textbuf_str(t, " or a rule that writes headers");
}

/* The way in between was not seen: what else changes packets is possible, too. */
static void add_guess(struct textbuf *t, const struct nf_decision *d, const struct nf_nat *nat,
		      enum ct ct)
{
	size_t nr = 0;

	textbuf_printf(t, "its %s changed: %s -> %s; possible: ",
		       nat->is_source ? "source" : "destination", nat->from, nat->to);
	if (ct != CT_EXISTING)
		nr = add_fitting(t, "NAT by ", d, may_translate);
	if (ct != CT_NEW || !nr)
		textbuf_str(t, nr ? " or by conntrack (an existing connection)"
				  : "NAT by conntrack (an existing connection)");
}

void nf_say_nat(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		const struct nf_nat *nat, const struct nf_packet *p, bool may_write)
{
	const struct nf_candidate *c = nf_decision_only(d, may_translate, NULL);
	enum ct ct = ct_of(p);
	struct verdict *v;

	if (nat->is_guess) {
		add_guess(a->t, d, nat, ct);
		return;
	}
	textbuf_printf(a->t, "NAT %s%s -> %s", nat->is_source ? "source " : "", nat->from, nat->to);
	if (ct == CT_EXISTING && !may_write) {
		textbuf_str(a->t, " by conntrack (an existing connection)");
		v = add_unknown(a, "NAT");
		if (v)
			v->detail = "conntrack";
	} else if (w->changed) {
		textbuf_str(a->t, RULES_CHANGED);
		v = add_unknown(a, "NAT");
	} else if (c && ct == CT_NEW && !may_write) {
		textbuf_str(a->t, " by ");
		v = say_certain(a, c, "NAT");
		nf_say_times(a, w);
	} else {
		add_nat_unknown(a->t, d, ct, may_write);
		v = add_unknown(a, "NAT");
	}
	if (!v)
		return;
	v->from = verdicts_keep(a->vs, nat->from);
	v->to = verdicts_keep(a->vs, nat->to);
	if (!v->hook) {
		v->family = nf_family_name(p->family);
		v->hook = nf_hook_name(p->family, p->hook);
	}
}

/* ---- packets that went on ---- */

static bool may_pass(const struct nf_candidate *c)
{
	return c->action == NF_ACT_ACCEPT || c->action == NF_ACT_NAT || c->action == NF_ACT_QUEUE ||
	       may_do_any(c);
}

void nf_say_accept(const struct nf_answer *a, const struct nf_times *w, struct nf_decision *d,
		   const struct nf_chain *base, size_t nr)
{
	const struct nf_candidate *c =
		w->changed || d->accepts_cut ? NULL : nf_decision_only(d, may_pass, base);

	textbuf_str(a->t, nr ? ", " : " by ");
	if (c) {
		say_certain(a, c, "ACCEPT");
		if (c->action == NF_ACT_QUEUE)
			textbuf_printf(a->t, " (QUEUE %s)", c->detail);
	} else {
		nf_base_chain_format(base, a->t);
		textbuf_str(a->t, " (rule unknown)");
		nf_base_chain_verdict(base, "ACCEPT", a->vs);
	}
	textbuf_printf(a->t, " [%d]", base->priority);
}
