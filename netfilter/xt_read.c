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
#include "netfilter/xt.h"
#include "netfilter/xt_private.h"

#define TRIES	 5 /* while the table changes */
#define NR_HOOKS NF_INET_NUMHOOKS

/* What differs between iptables and ip6tables. Requests and structures are the same but for the
 * size of the addresses. */
static const struct xt_family families[] = {
	{
		.family = NFPROTO_IPV4,
		.domain = AF_INET,
		.level = IPPROTO_IP,
		.names = "ip_tables_names",
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
		.names = "ip6_tables_names",
		.entry_sz = sizeof(struct ip6t_entry),
		.offsets_off = offsetof(struct ip6t_entry, target_offset),
		.counters_off = offsetof(struct ip6t_entry, counters),
		.flags_off = offsetof(struct ip6t_entry, ipv6.flags),
		.goto_flag = IP6T_F_GOTO,
	},
};

static const char *const hook_names[NR_HOOKS] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
						 "POSTROUTING"};

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
	struct ipt_getinfo info; /* struct ip6t_getinfo is the same */
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
		if (b->info.valid_hooks & (1u << h) && offs[h] == off)
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
	int hook = hook_at(b, b->info.hook_entry, e->off);
	struct nf_chain *c;

	*first = e->off;
	if (hook >= 0) {
		c = nf_chain_add(rs, b->table, hook_names[hook]);
		if (!c)
			return NULL;
		c->is_base = true;
		c->is_nat = !strcmp(b->table->name, "nat");
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
		if (hook_at(b, b->info.hook_entry, off) < 0 && (!is_error(&e) || e.next == b->sz))
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

/* What the rule's target does. */
static void take_target(const struct blob *b, const struct entry *e, const struct heads *hs,
			struct nf_rule *r)
{
	int verdict;

	if (!standard_verdict(b, e, &verdict)) {
		r->action = NF_ACT_UNKNOWN; /* decided at evaluation, by its name */
		b->table->changes |= xt_target_changes(e->target_name);
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

static int add_rule(struct nf_ruleset *rs, const struct blob *b, const struct entry *e,
		    const struct heads *hs, struct nf_chain *c)
{
	struct nf_rule *r = nf_rule_add(rs, c);
	char *data;

	if (!r)
		return -ENOMEM;
	data = arena_copy(&rs->arena, b->data + e->off, e->next - e->off);
	if (!data)
		return -ENOMEM;
	memset(data + b->f->counters_off, 0, sizeof(struct xt_counters));
	r->data = data;
	r->data_sz = (uint32_t)(e->next - e->off);
	take_target(b, e, hs, r);
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
		if (c->is_base && b->info.underflow[c->hook] == off) {
			if (standard_verdict(b, &e, &verdict) && verdict == -NF_DROP - 1)
				c->policy = NF_ACT_DROP;
			continue;
		}
		if (!c->is_base && take_entry(b, e.next, &next) && is_error(&next))
			continue;
		ret = add_rule(rs, b, &e, hs, c);
	}
	return ret;
}

static int parse_table(struct nf_ruleset *rs, const struct xt_family *f,
		       const struct ipt_getinfo *info, const void *data, size_t sz)
{
	struct blob b = {.f = f, .data = data, .sz = sz, .info = *info};
	struct heads hs = {0};
	int ret;

	b.table = nf_table_add(rs, NF_IPTABLES, f->family, info->name);
	if (!b.table)
		return -ENOMEM;
	ret = find_chains(rs, &b, &hs);
	if (!ret)
		ret = take_rules(rs, &b, &hs);
	free(hs.h);
	return ret;
}

/* ---- asking ---- */

static int read_table_once(struct nf_ruleset *rs, const struct xt_family *f, int fd,
			   const char *name)
{
	struct ipt_getinfo info = {0};
	socklen_t sz = sizeof(info);
	struct ipt_get_entries *e;
	int ret;

	strncpy(info.name, name, sizeof(info.name) - 1);
	if (getsockopt(fd, f->level, IPT_SO_GET_INFO, &info, &sz) < 0)
		return -errno;
	if (info.size > NF_RULESET_MAX)
		return -ENOMEM;
	sz = (socklen_t)(sizeof(*e) + info.size);
	e = calloc(1, sz);
	if (!e)
		return -ENOMEM;
	strncpy(e->name, name, sizeof(e->name) - 1);
	e->size = info.size;
	ret = getsockopt(fd, f->level, IPT_SO_GET_ENTRIES, e, &sz) < 0
		      ? -errno
		      : parse_table(rs, f, &info, e->entrytable, info.size);
	free(e);
	return ret;
}

static int read_table(struct nf_ruleset *rs, const struct xt_family *f, int fd, const char *name)
{
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret == -EAGAIN; i++)
		ret = read_table_once(rs, f, fd, name);
	return ret;
}

static int read_family(struct nf_ruleset *rs, const struct xt_family *f)
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
		ret = fd < 0 ? -errno : read_table(rs, f, fd, name);
	}
	if (fd >= 0)
		close(fd);
	fclose(names);
	return ret;
}

static bool has_tables(const char *file)
{
	FILE *f = netns_open_proc(file);
	bool any = f && fgetc(f) != EOF;

	if (f)
		fclose(f);
	return any;
}

int xt_read(struct nf_ruleset *rs)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && !ret; i++)
		ret = read_family(rs, &families[i]);
	if (has_tables("arp_tables_names"))
		rs->unread |= 1u << NFPROTO_ARP;
	return ret;
}

/* FNV-1a, 64 bits */
static uint64_t hash(uint64_t h, const void *data, size_t sz)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < sz; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t xt_fingerprint(const struct nf_ruleset *rs)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const struct nf_table *t = rs->tables; t; t = t->next) {
		if (t->backend != NF_IPTABLES)
			continue;
		h = hash(h, t->name, strlen(t->name) + 1);
		for (const struct nf_chain *c = t->chains; c; c = c->next) {
			h = hash(h, c->name, strlen(c->name) + 1);
			h = hash(h, &c->policy, sizeof(c->policy));
			for (const struct nf_rule *r = c->rules; r; r = r->next)
				h = hash(h, r->data, r->data_sz);
		}
	}
	return h;
}
