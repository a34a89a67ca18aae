// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>

#include "kern/net.h"
#include "netfilter/ipset.h"
#include "netfilter/times.h"
#include "netfilter/xt.h"
#include "netfilter/xt_private.h"

#define TRIES	 5 /* while the table changes */
#define NR_HOOKS NF_INET_NUMHOOKS

static const char *const ip_hooks[NR_HOOKS] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					       "POSTROUTING"};
static const char *const arp_hooks[NR_HOOKS] = {"INPUT", "OUTPUT", "FORWARD"};

static const struct xt_family families[] = {
	{
		.family = NFPROTO_IPV4,
		.domain = AF_INET,
		.level = IPPROTO_IP,
		.get_info = IPT_SO_GET_INFO,
		.names = "ip_tables_names",
		.hooks = ip_hooks,
		.entry_sz = sizeof(struct ipt_entry),
		.offsets_off = offsetof(struct ipt_entry, target_offset),
		.counters_off = offsetof(struct ipt_entry, counters),
		.flags_off = offsetof(struct ipt_entry, ip.flags),
		.goto_flag = IPT_F_GOTO,
	},
	{
		.family = NFPROTO_IPV6,
		.domain = AF_INET6,
		.level = IPPROTO_IPV6,
		.get_info = IP6T_SO_GET_INFO,
		.names = "ip6_tables_names",
		.hooks = ip_hooks,
		.entry_sz = sizeof(struct ip6t_entry),
		.offsets_off = offsetof(struct ip6t_entry, target_offset),
		.counters_off = offsetof(struct ip6t_entry, counters),
		.flags_off = offsetof(struct ip6t_entry, ipv6.flags),
		.goto_flag = IP6T_F_GOTO,
	},
	{
		.family = NFPROTO_ARP,
		.domain = AF_INET,
		.level = IPPROTO_IP,
		.get_info = ARPT_SO_GET_INFO,
		.names = "arp_tables_names",
		.hooks = arp_hooks,
		.entry_sz = sizeof(struct arpt_entry),
		.offsets_off = offsetof(struct arpt_entry, target_offset),
		.counters_off = offsetof(struct arpt_entry, counters),
		.flags_off = offsetof(struct arpt_entry, arp.flags), /* there is none for goto */
	},
};

#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

const struct xt_family *xt_family_of(uint8_t family)
{
	size_t i = 0;

	while (families[i].family != family)
		i++;
	return &families[i];
}

/* The priorities of include/uapi/linux/netfilter_ipv4.h, which do not depend on the kernel. */
static int32_t priority_of(const char *table, unsigned int hook)
{
	if (!strcmp(table, "raw"))
		return -300;
	if (!strcmp(table, "mangle"))
		return -150;
	if (!strcmp(table, "nat"))
		return hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT ? -100 : 100;
	return !strcmp(table, "security") ? 50 : 0;
}

/* ---- one table's bytes ---- */

struct blob {
	const struct xt_family *f;
	const uint8_t *data;
	size_t sz;
	const struct ipt_getinfo *info;
	struct nf_table *table;
};

/* An entry, checked: what follows its plain part lies within it. */
struct entry {
	size_t off, next; /* in the blob */
	size_t target;	  /* in the blob */
	size_t target_sz;
	const char *target_name;
};

static bool take_entry(const struct blob *b, size_t off, struct entry *e)
{
	uint16_t offs[2], target_sz; /* target_offset, next_offset */

	if (b->sz - off < b->f->entry_sz)
		return false;
	memcpy(offs, b->data + off + b->f->offsets_off, sizeof(offs));
	if (offs[0] < b->f->entry_sz || offs[1] > b->sz - off ||
	    offs[1] < offs[0] + sizeof(struct xt_entry_target))
		return false;
	e->off = off;
	e->next = off + offs[1];
	e->target = off + offs[0];
	memcpy(&target_sz, b->data + e->target, sizeof(target_sz));
	if (target_sz < sizeof(struct xt_entry_target) || target_sz > e->next - e->target)
		return false;
	e->target_sz = target_sz;
	e->target_name =
		(const char *)b->data + e->target + offsetof(struct xt_entry_target, u.user.name);
	return memchr(e->target_name, '\0', XT_EXTENSION_MAXNAMELEN) != NULL;
}

static bool is_error(const struct entry *e)
{
	return !strcmp(e->target_name, XT_ERROR_TARGET);
}

/* The verdict of a standard target: a jump's offset, or -1 - NF_*. */
static bool standard_verdict(const struct blob *b, const struct entry *e, int *verdict)
{
	if (e->target_name[0] || e->target_sz < sizeof(struct xt_entry_target) + sizeof(int))
		return false;
	memcpy(verdict, b->data + e->target + sizeof(struct xt_entry_target), sizeof(*verdict));
	return true;
}

static int hook_at(const struct blob *b, const unsigned int *offs, size_t off)
{
	for (int h = 0; h < NR_HOOKS; h++)
		if (b->info->valid_hooks & (1u << h) && offs[h] == off)
			return h;
	return -1;
}

/* ---- chains ---- */

/* Where chains begin, to find the destinations of jumps: in ascending order. */
struct heads {
	struct {
		size_t off; /* of the first rule */
		struct nf_chain *chain;
	} * h; /* owned */
	size_t nr, cap;
};

static int add_head(struct heads *hs, size_t off, struct nf_chain *c)
{
	if (hs->nr == hs->cap) {
		size_t cap = hs->cap ? 2 * hs->cap : 64;
		void *h = reallocarray(hs->h, cap, sizeof(*hs->h));

		if (!h)
			return -ENOMEM;
		hs->h = h;
		hs->cap = cap;
	}
	hs->h[hs->nr].off = off;
	hs->h[hs->nr++].chain = c;
	return 0;
}

static struct nf_chain *head_at(const struct heads *hs, size_t off)
{
	size_t lo = 0, hi = hs->nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (hs->h[mid].off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < hs->nr && hs->h[lo].off == off ? hs->h[lo].chain : NULL;
}

/* The chain whose head is this entry, or in whose first rule it is; NULL: neither. *first: where
 * its rules begin. */
static struct nf_chain *new_chain(struct nf_ruleset *rs, const struct blob *b,
				  const struct entry *e, size_t *first)
{
	char name[XT_FUNCTION_MAXNAMELEN + 1] = "";
	int hook = hook_at(b, b->info->hook_entry, e->off);
	struct nf_chain *c;

	*first = e->off;
	if (hook >= 0) {
		c = nf_chain_add(rs, b->table, b->f->hooks[hook]);
		if (!c)
			return NULL;
		c->is_base = true;
		c->is_nat = !strcmp(b->table->name, "nat");
		c->reroutes = c->is_nat || !strcmp(b->table->name, "mangle");
		c->hook = (uint8_t)hook;
		c->priority = priority_of(b->table->name, (unsigned int)hook);
		return c;
	}
	strncpy(name, (const char *)b->data + e->target + sizeof(struct xt_entry_target),
		e->target_sz - sizeof(struct xt_entry_target) < sizeof(name) - 1
			? e->target_sz - sizeof(struct xt_entry_target)
			: sizeof(name) - 1);
	*first = e->next;
	return nf_chain_add(rs, b->table, name);
}

static int find_chains(struct nf_ruleset *rs, const struct blob *b, struct heads *hs)
{
	struct entry e;
	size_t first;

	for (size_t off = 0; off < b->sz; off = e.next) {
		struct nf_chain *c;

		if (!take_entry(b, off, &e))
			return -EPROTO;
		/* the last entry is an error, too: the table's end */
		if (hook_at(b, b->info->hook_entry, off) < 0 && (!is_error(&e) || e.next == b->sz))
			continue;
		c = new_chain(rs, b, &e, &first);
		if (!c || add_head(hs, first, c))
			return -ENOMEM;
	}
	return 0;
}

/* ---- rules ---- */

static int take_comment(struct nf_ruleset *rs, const struct blob *b, const struct entry *e,
			struct nf_rule *r)
{
	struct xt_match_at m = {.off = e->off + b->f->entry_sz};

	while (xt_next_match(b->data, e->target, &m)) {
		if (strcmp(m.name, "comment"))
			continue;
		r->comment = arena_copy(&rs->arena, m.info, strnlen(m.info, m.sz));
		return r->comment ? 0 : -ENOMEM;
	}
	return 0;
}

static void note_ipsets(struct nf_ruleset *rs, const struct blob *b, const struct entry *e)
{
	struct xt_match_at m = {.off = e->off + b->f->entry_sz};

	while (xt_next_match(b->data, e->target, &m))
		nf_ipset_of_match(&rs->ipset_uses, m.name, m.info, m.sz);
	nf_ipset_of_target(&rs->ipset_uses, e->target_name,
			   b->data[e->target + offsetof(struct xt_entry_target, u.user.revision)],
			   b->data + e->target + sizeof(struct xt_entry_target),
			   e->target_sz - sizeof(struct xt_entry_target));
}

/* What the rule's target does. */
static void take_target(const struct blob *b, const struct entry *e, const struct heads *hs,
			struct nf_rule *r)
{
	int verdict;

	if (!standard_verdict(b, e, &verdict)) {
		r->action = NF_ACT_UNKNOWN; /* decided at evaluation, by its name */
		return;
	}
	if (verdict >= 0) {
		bool is_goto = b->data[e->off + b->f->flags_off] & b->f->goto_flag;

		r->action = is_goto ? NF_ACT_GOTO : NF_ACT_JUMP;
		r->chain = head_at(hs, (size_t)verdict);
		if ((size_t)verdict == e->next && !is_goto)
			r->action = NF_ACT_CONTINUE; /* a rule without a target */
		return;
	}
	if (verdict == XT_RETURN)
		r->action = NF_ACT_RETURN;
	else if (verdict == -NF_DROP - 1)
		r->action = NF_ACT_DROP;
	else if (verdict == -NF_ACCEPT - 1)
		r->action = NF_ACT_ACCEPT;
	else if (verdict == -NF_QUEUE - 1)
		r->action = NF_ACT_QUEUE;
	else
		r->action = NF_ACT_UNKNOWN;
}

static int add_count(struct nf_ruleset *rs, const struct blob *b, const struct entry *e,
		     struct nf_count **out)
{
	*out = arena_alloc(&rs->arena, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->at = b->data + e->off + b->f->counters_off;
	return 0;
}

static int add_rule(struct nf_ruleset *rs, const struct blob *b, const struct entry *e,
		    const struct heads *hs, struct nf_chain *c)
{
	struct nf_rule *r = nf_rule_add(rs, c);

	if (!r || add_count(rs, b, e, &r->count))
		return -ENOMEM;
	r->data = b->data + e->off;
	r->data_sz = (uint32_t)(e->next - e->off);
	take_target(b, e, hs, r);
	if (r->action == NF_ACT_UNKNOWN)
		nf_note_changes(b->table, c, r, xt_target_changes(e->target_name));
	/* iptables makes no such rules, but the kernel takes them */
	if (r->chain && r->chain->is_base)
		b->table->changes.kinds |= NF_CHANGES_MARK | NF_CHANGES_BYTES;
	note_ipsets(rs, b, e);
	return take_comment(rs, b, e, r);
}

/*
 * A user's chain ends with a rule that returns, which is none of the user's; a builtin chain with
 * its policy.
 */
static int take_rules(struct nf_ruleset *rs, const struct blob *b, const struct heads *hs)
{
	struct nf_chain *c = NULL;
	struct entry e, next;
	int verdict, ret = 0;

	for (size_t off = 0; off < b->sz && !ret; off = e.next) {
		struct nf_chain *begins = head_at(hs, off);

		if (!take_entry(b, off, &e))
			return -EPROTO;
		c = begins ? begins : c;
		if (is_error(&e) || !c)
			continue;
		if (c->is_base && b->info->underflow[c->hook] == off) {
			if (standard_verdict(b, &e, &verdict) && verdict == -NF_DROP - 1)
				c->policy = NF_ACT_DROP;
			ret = add_count(rs, b, &e, &c->count);
			continue;
		}
		if (!c->is_base && take_entry(b, e.next, &next) && is_error(&next))
			continue;
		ret = add_rule(rs, b, &e, hs, c);
	}
	return ret;
}

static int parse_table(struct nf_ruleset *rs, const struct xt_family *f, struct xt_blob *data)
{
	struct blob b = {.f = f, .data = data->entries, .sz = data->info.size, .info = &data->info};
	struct heads hs = {0};
	int ret;

	b.table = nf_table_add(rs, NF_IPTABLES, f->family, data->info.name);
	if (!b.table)
		return -ENOMEM;
	b.table->blob = data;
	ret = find_chains(rs, &b, &hs);
	if (!ret)
		ret = take_rules(rs, &b, &hs);
	free(hs.h);
	return ret;
}

/* ---- asking ---- */

static int ask_info(const struct xt_family *f, int fd, const char *name, struct ipt_getinfo *info)
{
	struct arpt_getinfo arp = {0};
	socklen_t sz = f->family == NFPROTO_ARP ? sizeof(arp) : sizeof(*info);

	*info = (struct ipt_getinfo){0};
	strncpy(info->name, name, sizeof(info->name) - 1);
	memcpy(arp.name, info->name, sizeof(arp.name));
	if (getsockopt(fd, f->level, f->get_info,
		       f->family == NFPROTO_ARP ? (void *)&arp : (void *)info, &sz) < 0)
		return -errno;
	if (f->family != NFPROTO_ARP)
		return 0;
	/* the same with fewer hooks */
	info->valid_hooks = arp.valid_hooks & ((1u << NF_ARP_NUMHOOKS) - 1);
	memcpy(info->hook_entry, arp.hook_entry, sizeof(arp.hook_entry));
	memcpy(info->underflow, arp.underflow, sizeof(arp.underflow));
	info->num_entries = arp.num_entries;
	info->size = arp.size;
	return 0;
}

/* The request with the entries, to be freed; *info is that of the same table. */
static int ask_table_once(const struct xt_family *f, int fd, const char *name,
			  struct ipt_getinfo *info, struct ipt_get_entries **out)
{
	int ret = ask_info(f, fd, name, info);
	struct ipt_get_entries *e;
	socklen_t sz;

	if (ret)
		return ret;
	if (info->size > NF_RULESET_MAX)
		return -ENOMEM;
	sz = (socklen_t)(sizeof(*e) + info->size);
	e = calloc(1, sz);
	if (!e)
		return -ENOMEM;
	strncpy(e->name, name, sizeof(e->name) - 1);
	e->size = info->size;
	if (getsockopt(fd, f->level, f->get_info + 1, e, &sz) < 0) {
		free(e);
		return -errno;
	}
	*out = e;
	return 0;
}

static int ask_table(const struct xt_family *f, int fd, const char *name, struct ipt_getinfo *info,
		     struct ipt_get_entries **out)
{
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret == -EAGAIN; i++)
		ret = ask_table_once(f, fd, name, info, out);
	return ret;
}

/* fn for each table of the family that is there. Returns what fn returns, up to the first that is
 * not 0. */
static int each_table(const struct xt_family *f,
		      int (*fn)(void *arg, const struct xt_family *f, int fd, const char *name),
		      void *arg)
{
	FILE *names = netns_open_proc(f->names);
	char name[XT_TABLE_MAXNAMELEN + 2];
	int fd = -1, ret = 0;

	if (!names)
		return 0; /* its module is not there */
	while (!ret && fgets(name, sizeof(name), names)) {
		name[strcspn(name, "\n")] = '\0';
		if (fd < 0)
			fd = socket(f->domain, SOCK_RAW | SOCK_CLOEXEC,
				    IPPROTO_RAW); /* as iptables does */
		ret = fd < 0 ? -errno : fn(arg, f, fd, name);
	}
	if (fd >= 0)
		close(fd);
	fclose(names);
	return ret;
}

static int read_table(void *arg, const struct xt_family *f, int fd, const char *name)
{
	struct nf_ruleset *rs = arg;
	struct ipt_get_entries *e;
	struct ipt_getinfo info;
	struct xt_blob *b;
	int ret = ask_table(f, fd, name, &info, &e);

	if (ret)
		return ret;
	b = arena_alloc(&rs->arena, sizeof(*b) + info.size);
	if (b) {
		b->info = info;
		memcpy(b->entries, e->entrytable, info.size);
	}
	free(e);
	return b ? parse_table(rs, f, b) : -ENOMEM;
}

int xt_read(struct nf_ruleset *rs)
{
	int ret = 0;

	for (size_t i = 0; i < NR_FAMILIES && !ret; i++)
		ret = each_table(&families[i], read_table, rs);
	return ret;
}

/* ---- looking again ---- */

static struct xt_counters counters_at(const void *at)
{
	struct xt_counters c;

	memcpy(&c, at, sizeof(c));
	return c;
}

static bool same_info(const struct ipt_getinfo *a, const struct ipt_getinfo *b)
{
	return a->valid_hooks == b->valid_hooks && a->num_entries == b->num_entries &&
	       a->size == b->size && !memcmp(a->hook_entry, b->hook_entry, sizeof(a->hook_entry)) &&
	       !memcmp(a->underflow, b->underflow, sizeof(a->underflow));
}

/*
 * The same entries, whose counters went on? A table that replaces another begins with zeroes, or
 * with less.
 */
static bool same_entries(const struct xt_family *f, const struct xt_blob *b, const uint8_t *now)
{
	const struct blob old = {.f = f, .data = b->entries, .sz = b->info.size};
	size_t rest = f->counters_off + sizeof(struct xt_counters);
	struct entry e;

	for (size_t off = 0; off < old.sz; off = e.next) {
		if (!take_entry(&old, off, &e) || e.next - off < rest ||
		    memcmp(old.data + off, now + off, f->counters_off) ||
		    memcmp(old.data + off + rest, now + off + rest, e.next - off - rest) ||
		    counters_at(now + off + f->counters_off).pcnt <
			    counters_at(old.data + off + f->counters_off).pcnt)
			return false;
	}
	return true;
}

static void take_count(struct nf_count *c, const struct xt_blob *b, const uint8_t *now)
{
	size_t off = (size_t)((const uint8_t *)c->at - b->entries);

	nf_count_look(c, counters_at(now + off).pcnt - counters_at(c->at).pcnt);
}

static void take_counts(struct nf_table *t, const uint8_t *now)
{
	for (struct nf_chain *c = t->chains; c; c = c->next) {
		if (c->count)
			take_count(c->count, t->blob, now);
		for (struct nf_rule *r = c->rules; r; r = r->next)
			take_count(r->count, t->blob, now);
	}
	memcpy(t->blob->entries, now, t->blob->info.size);
}

struct check {
	const struct nf_ruleset *rs;
	size_t nr; /* tables found */
};

static int check_table(void *arg, const struct xt_family *f, int fd, const char *name)
{
	struct check *c = arg;
	struct nf_table *t = nf_table_find(c->rs, NF_IPTABLES, f->family, name);
	struct ipt_get_entries *e;
	struct ipt_getinfo info;
	int ret = t ? ask_table(f, fd, name, &info, &e) : 1;

	if (ret)
		return ret;
	c->nr++;
	if (same_info(&info, &t->blob->info) && same_entries(f, t->blob, (void *)e->entrytable))
		take_counts(t, (void *)e->entrytable);
	else
		ret = 1;
	free(e);
	return ret;
}

int xt_check(const struct nf_ruleset *rs)
{
	struct check c = {.rs = rs};
	int ret = 0;

	for (size_t i = 0; i < NR_FAMILIES && !ret; i++)
		ret = each_table(&families[i], check_table, &c);
	if (ret)
		return ret < 0 ? ret : 1;
	for (const struct nf_table *t = rs->tables; t; t = t->next)
		c.nr -= t->backend == NF_IPTABLES && t->family != NFPROTO_BRIDGE;
	return c.nr != 0;
}
