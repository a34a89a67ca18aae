// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/conntrack.h"

#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include "base/number.h"
#include "kern/net.h"

#define NEARLY_FULL(max) ((max) - (max) / 8)

/* ---- looking ---- */

/* init_conntrack(), nf_conntrack_in() and __nf_conntrack_confirm() count their NF_DROP in these. */
static bool counts_drops(const char *name, size_t len)
{
	static const char *const names[] = {"drop", "insert_failed", "chainlength"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !memcmp(names[i], name, len))
			return true;
	return false;
}

uint64_t nf_ct_drops(const char *header, const char *line)
{
	uint64_t sum = 0;

	for (;;) {
		size_t len, digits;

		header += strspn(header, " \n");
		line += strspn(line, " \n");
		len = strcspn(header, " \n");
		digits = strcspn(line, " \n");
		if (!len || !digits)
			return sum;
		if (counts_drops(header, len))
			sum += strtoull(line, NULL, 16);
		header += len;
		line += digits;
	}
}

/* False: the file is not there (CONFIG_NF_CONNTRACK_PROCFS). */
static bool read_stat(struct nf_ct_look *l)
{
	FILE *f = netns_open_proc("stat/nf_conntrack");
	char header[512], line[512];

	if (!f)
		return false;
	l->known = fgets(header, sizeof(header), f) && strchr(header, '\n');
	while (l->known && fgets(line, sizeof(line), f))
		l->drops += nf_ct_drops(header, line);
	fclose(f);
	return l->known;
}

void nf_ct_look(struct nf_ct_look *l)
{
	int64_t count, max;

	*l = (struct nf_ct_look){.dir = netns_proc_inode("stat")};
	max = number_in_file("/proc/sys/net/netfilter/nf_conntrack_max");
	count = number_in_file("/proc/sys/net/netfilter/nf_conntrack_count");
	l->may_drop = max > 0 && (count < 0 || count >= NEARLY_FULL(max));
	l->exists = read_stat(l) || max > 0;
}

/* ---- packets ---- */

void nf_ct_watch(struct nf_ct_watch *c, const struct nf_ct_look *l, bool again)
{
	uint64_t before = again && c->look.known ? c->look.drops : 0;

	c->old = c->fresh;
	c->fresh = l->known ? l->drops != before : l->may_drop;
	c->look = *l;
}

/* It looks for entries where packets come in and are made, and adds new ones where they leave. */
static bool may_be_at(const struct nf_packet *p)
{
	bool adds = p->hook == NF_INET_LOCAL_IN || p->hook == NF_INET_POST_ROUTING;

	if (p->hook == NF_HOOK_UNKNOWN)
		adds = true;
	else if (p->hook == NF_INET_FORWARD)
		return false;
	if (!p->has_ct)
		return true;
	if (p->ct_info == NF_CT_INVALID)
		return p->hook == NF_HOOK_UNKNOWN || !adds;
	return adds && (p->ct_info == IP_CT_NEW || p->ct_info == IP_CT_RELATED);
}

bool nf_ct_cannot_tell(const struct nf_ct_watch *c, const struct nf_packet *p)
{
	return c->look.exists && !c->look.known && may_be_at(p);
}

bool nf_ct_may_drop(const struct nf_ct_watch *c, const struct nf_watch *w, uint64_t ts,
		    const struct nf_packet *p)
{
	bool may = nf_watch_is_fresh(w, ts) ? c->fresh : c->fresh || c->old;

	return may && may_be_at(p);
}
