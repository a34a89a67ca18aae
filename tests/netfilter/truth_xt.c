// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rules of xtables did to a packet, by their counters: the tables before and after it, walked
 * here as the kernel's headers describe them, not by netfilter/.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include "tests/netfilter/random.h"

#define TABLE_MAX 65536
#define NR_TABLES 4

static const char *const tables[NR_TABLES] = {"raw", "mangle", "filter", "security"};
static const char *const hooks[NF_INET_NUMHOOKS] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
						    "POSTROUTING"};

struct table {
	struct ipt_getinfo info; /* size 0: it is not there */
	union {
		struct ipt_get_entries head;
		uint8_t bytes[sizeof(struct ipt_get_entries) + TABLE_MAX];
	} e;
};

static struct table before[NR_TABLES], after[NR_TABLES];
static int fd = -1;

static bool read_table(struct table *t, const char *name)
{
	socklen_t sz = sizeof(t->info);

	memset(&t->info, 0, sizeof(t->info));
	strcpy(t->info.name, name);
	if (getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &t->info, &sz) || t->info.size > TABLE_MAX)
		return false;
	strcpy(t->e.head.name, name);
	t->e.head.size = t->info.size;
	sz = (socklen_t)(sizeof(t->e.head) + t->info.size);
	return !getsockopt(fd, IPPROTO_IP, IPT_SO_GET_ENTRIES, &t->e, &sz);
}

/* Every ruleset has all of them. */
static bool read_tables(struct table *t)
{
	if (fd < 0)
		fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	for (int i = 0; i < NR_TABLES; i++)
		if (!read_table(&t[i], tables[i]))
			return false;
	return true;
}

bool counters_begin(void)
{
	return read_tables(before);
}

/* ---- one table ---- */

static const struct ipt_entry *entry_at(const struct table *t, unsigned int off)
{
	return (const void *)(t->e.bytes + sizeof(t->e.head) + off);
}

static const struct xt_entry_target *target_of(const struct ipt_entry *e)
{
	return (const void *)((const uint8_t *)e + e->target_offset);
}

static bool is_drop(const struct ipt_entry *e)
{
	const struct xt_entry_target *t = target_of(e);

	if (!strcmp(t->u.user.name, "REJECT"))
		return true;
	return !t->u.user.name[0] &&
	       ((const struct xt_standard_target *)t)->verdict == -NF_DROP - 1;
}

/* The order of hooks on a packet's way. */
static int step_of(const struct packet *p, unsigned int hook)
{
	static const int sent[] = {2, 3, -1, 0, 1}, received[] = {0, 1, 1, -1, 2};

	return p->is_sent ? sent[hook] : received[hook];
}

struct place {
	const char *chain;
	int hook; /* of a builtin chain; -1: a user's */
	uint64_t number;
};

/* Keep track of the chain while the entries are walked. */
static void take_head(const struct table *t, const struct ipt_entry *e, unsigned int off,
		      struct place *at)
{
	const struct xt_entry_target *target = target_of(e);

	at->number++;
	for (unsigned int h = 0; h < NF_INET_NUMHOOKS; h++)
		if (t->info.valid_hooks & 1u << h && t->info.hook_entry[h] == off)
			*at = (struct place){.chain = hooks[h], .hook = (int)h, .number = 1};
	if (!strcmp(target->u.user.name, XT_ERROR_TARGET))
		*at = (struct place){.chain = (const char *)target->data, .hook = -1};
}

/* Rules change only what does not depend on their order, see rules_xt.c. */
static void take_change(const struct ipt_entry *e, struct truth *t)
{
	const struct xt_entry_target *target = target_of(e);
	const struct xt_mark_tginfo2 *i = (const void *)target->data;

	if (!strcmp(target->u.user.name, "MARK"))
		t->mark = (t->mark & ~i->mask) ^ i->mark;
	if (!strcmp(target->u.user.name, "TTL"))
		t->ttl = 9;
	if (!strcmp(target->u.user.name, "DSCP"))
		t->dscp = 3;
}

/* Changes, and whether it was dropped here: where. */
static void look_at_table(const struct table *old, const struct table *new, const struct packet *p,
			  struct truth *t)
{
	struct place at = {.chain = "?", .hook = -1};
	bool dropped = false;
	int last = -1, hook = 0;

	for (unsigned int off = 0; off < new->info.size; off += entry_at(new, off)->next_offset) {
		const struct ipt_entry *e = entry_at(new, off);

		take_head(new, e, off, &at);
		if (e->counters.pcnt == entry_at(old, off)->counters.pcnt)
			continue;
		take_change(e, t);
		/* the first rule of each builtin chain counts all */
		if (at.hook >= 0 && at.number == 1 && step_of(p, (unsigned int)at.hook) > last) {
			last = step_of(p, (unsigned int)at.hook);
			hook = at.hook;
		}
		if (!is_drop(e))
			continue;
		dropped = true;
		t->rule = at.hook >= 0 && new->info.underflow[at.hook] == off ? 0 : at.number;
		snprintf(t->where, sizeof(t->where), "%u %.31s %.29s", NFPROTO_IPV4, new->info.name,
			 at.chain);
	}
	if (!dropped)
		return;
	t->dropped = true;
	t->hook = (uint8_t)hook;
	snprintf(t->base, sizeof(t->base), "%s", hooks[hook]);
}

bool counters_end(const struct packet *p, struct truth *t)
{
	if (!read_tables(after))
		return false;
	t->dropped = t->has_devs = false;
	t->hdr_sz = 0;
	for (int i = 0; i < NR_TABLES; i++)
		look_at_table(&before[i], &after[i], p, t);
	return true;
}
