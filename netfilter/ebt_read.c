// SPDX-License-Identifier: GPL-2.0-only
#include "netfilter/ebt.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_bridge/ebt_limit.h>

#include "kern/netlink.h"
#include "netfilter/ebt_private.h"
#include "netfilter/times.h"

#define TRIES 5 /* while the table changes */

static const struct {
	uint8_t bit;
	const char *name, *module;
	const char *function; /* of the hooks, up to 5.14 */
	uint8_t hook;	      /* at which only this table calls ebt_do_table() */
} tables[] = {
	{EBT_FILTER, "filter", "/sys/module/ebtable_filter", "ebt_in_hook", NF_BR_FORWARD},
	{EBT_NAT, "nat", "/sys/module/ebtable_nat", "ebt_nat_in", NF_BR_POST_ROUTING},
};

#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

/* ---- which are there ---- */

static bool has_module(const char *path)
{
	return !access(path, F_OK);
}

/* " ebt_do_table\n", " ebt_do_table\t[ebtables]\n" */
static bool is_symbol(const char *line, const char *name)
{
	const char *at = strrchr(line, ' ');
	size_t len = strlen(name);

	return at && !strncmp(at + 1, name, len) && (at[1 + len] == '\n' || at[1 + len] == '\t');
}

static uint8_t kind_by_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	bool has_table = false, has_template = false;
	char *line = NULL;
	size_t sz = 0;

	while (f && !has_template && getline(&line, &sz, f) > 0) {
		if (!strstr(line, "ebt_"))
			continue;
		has_table |= is_symbol(line, "ebt_do_table");
		has_template = is_symbol(line, "ebt_register_template");
	}
	free(line);
	if (f)
		fclose(f);
	return has_template ? EBT_KIND_LAZY : has_table ? EBT_KIND_EAGER : EBT_KIND_UNKNOWN;
}

static uint8_t loaded_tables(const struct ebt_has *has)
{
	uint8_t found = has->builtin_tables ? EBT_FILTER | EBT_NAT : 0;

	for (size_t i = 0; i < NR_TABLES; i++)
		if (has_module(tables[i].module))
			found |= tables[i].bit;
	return found;
}

void ebt_look_kind(struct ebt_has *has)
{
	if (has->kind == EBT_KIND_UNKNOWN && loaded_tables(has))
		has->kind = kind_by_symbols();
}

/* include/uapi/linux/netfilter/nfnetlink_hook.h, 5.14 */
#define NFNL_SUBSYS_OF_HOOKS 12
#define HOOK_GET	     0
#define HOOK_NUMBER	     1
#define HOOK_FUNCTION	     4

static int take_hook(void *arg, const struct nlmsghdr *msg)
{
	struct nl_attrs as = nl_msg_attrs(msg, sizeof(struct nfgenmsg));
	const char *name = nl_find_str(as, HOOK_FUNCTION);
	bool *found = arg;

	*found |= name && !strcmp(name, "ebt_do_table");
	return 0;
}

/* Whether a table of ebtables is called at this hook. -errno: the kernel does not tell. */
static int ask_hook(struct netlink *nl, uint8_t hook, bool *found)
{
	struct {
		struct nfgenmsg hdr;
		uint8_t attrs[8];
	} req = {.hdr = {.nfgen_family = NFPROTO_BRIDGE}};
	uint32_t number = htonl(hook);

	*found = false;
	nl_put(req.attrs, 0, HOOK_NUMBER, &number, sizeof(number));
	return netlink_request(nl, NFNL_SUBSYS_OF_HOOKS << 8 | HOOK_GET, NLM_F_DUMP, &req,
			       sizeof(req), take_hook, found);
}

/* Those of `loaded` that the list of hooks has; *unknown: what it does not tell. A request would
 * load the module of the list. */
static uint8_t listed_tables(const struct ebt_has *has, uint8_t loaded, uint8_t *unknown)
{
	uint8_t there = 0;
	struct netlink nl;

	*unknown = loaded;
	if ((!has->builtin_hooks && !has_module("/sys/module/nfnetlink_hook")) ||
	    netlink_open(&nl, NETLINK_NETFILTER))
		return 0;
	for (size_t i = 0; i < NR_TABLES; i++) {
		bool found;

		if (!(loaded & tables[i].bit) || ask_hook(&nl, tables[i].hook, &found))
			continue;
		*unknown &= (uint8_t)~tables[i].bit;
		there |= found ? tables[i].bit : 0;
	}
	netlink_close(&nl);
	return there;
}

uint8_t ebt_tables_there(const struct ebt_has *has, uint8_t seen, uint8_t *unknown)
{
	uint8_t loaded = loaded_tables(has), there;

	*unknown = 0;
	if (!loaded)
		return 0;
	if (has->kind == EBT_KIND_EAGER)
		return loaded;
	seen &= loaded;
	there = listed_tables(has, loaded & (uint8_t)~seen, unknown);
	return there | seen;
}

/* ---- asking ---- */

static int ask(int fd, int option, struct ebt_replace *r, size_t sz)
{
	socklen_t len = (socklen_t)sz;

	return getsockopt(fd, IPPROTO_IP, option, r, &len) < 0 ? -errno : 0;
}

/* What the kernel counts in a rule is none of it: up to 4.10 it shows it. */
static void forget_state(struct ebt_blob *b)
{
	uint8_t *entries = (uint8_t *)b->entries;
	struct ebt_entry e;

	for (size_t off = 0; b->sz - off >= sizeof(e);) {
		struct ebt_part m = {.off = sizeof(e)};

		memcpy(&e, entries + off, sizeof(e));
		if (!e.bitmask) {
			off += sizeof(struct ebt_entries);
			continue;
		}
		if (e.next_offset < sizeof(e) || e.next_offset > b->sz - off ||
		    e.watchers_offset > e.next_offset)
			return;
		while (ebt_next_part(entries + off, e.watchers_offset, &m))
			if (!strcmp(m.name, EBT_LIMIT_MATCH) &&
			    m.sz >= sizeof(struct ebt_limit_info))
				memset((uint8_t *)m.info + offsetof(struct ebt_limit_info, prev), 0,
				       m.sz - offsetof(struct ebt_limit_info, prev));
		off += e.next_offset;
	}
}

/* Its bytes are behind it: rules, then counters. To be freed. */
static int ask_table_once(int fd, const char *name, struct ebt_blob **out)
{
	struct ebt_replace r = {0};
	struct ebt_blob *b;
	size_t sz, counters_sz;
	int ret;

	strcpy(r.name, name);
	ret = ask(fd, EBT_SO_GET_INFO, &r, sizeof(r));
	if (ret)
		return ret;
	if (r.entries_size > NF_RULESET_MAX || r.nentries > NF_RULESET_MAX / sizeof(*b->counters))
		return -ENOMEM;
	sz = ((size_t)r.entries_size + 7) & ~(size_t)7;
	counters_sz = r.nentries * sizeof(*b->counters);
	b = calloc(1, sizeof(*b) + sz + counters_sz);
	if (!b)
		return -ENOMEM;
	*b = (struct ebt_blob){
		.valid_hooks = r.valid_hooks,
		.nr_rules = r.nentries,
		.sz = r.entries_size,
		.entries = (uint8_t *)(b + 1),
		.counters = (void *)((uint8_t *)(b + 1) + sz),
	};
	r.num_counters = r.nentries;
	r.counters = b->counters;
	r.entries = (char *)(b + 1);
	ret = ask(fd, EBT_SO_GET_ENTRIES, &r, sizeof(r) + r.entries_size + counters_sz);
	if (ret) {
		free(b);
		return ret == -EINVAL ? -EAGAIN : ret; /* it is not as large as a moment ago */
	}
	forget_state(b);
	*out = b;
	return 0;
}

static int ask_table(int fd, const char *name, struct ebt_blob **out)
{
	int ret = -EAGAIN;

	for (int i = 0; i < TRIES && ret == -EAGAIN; i++)
		ret = ask_table_once(fd, name, out);
	return ret;
}

static int ask_socket(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	return fd < 0 ? -errno : fd;
}

/* ---- reading ---- */

static struct ebt_blob *keep(struct nf_ruleset *rs, const struct ebt_blob *from)
{
	size_t sz = (from->sz + 7) & ~(size_t)7;
	size_t all = sz + from->nr_rules * sizeof(*from->counters);
	struct ebt_blob *b = arena_alloc(&rs->arena, sizeof(*b) + all);

	if (!b)
		return NULL;
	*b = *from;
	memcpy(b + 1, from->entries, all);
	b->entries = (uint8_t *)(b + 1);
	b->counters = (void *)((uint8_t *)(b + 1) + sz);
	return b;
}

/* What is no table of a form that is known here is left out. */
static void forget_table(struct nf_ruleset *rs, const struct nf_table *t)
{
	struct nf_table **at = &rs->tables;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
}

static int read_table(struct nf_ruleset *rs, int fd, size_t i)
{
	struct ebt_blob *asked, *b;
	int ret = ask_table(fd, tables[i].name, &asked);

	if (ret == -ENOENT || ret == -ENOPROTOOPT) {
		rs->ebt_unread |= tables[i].bit;
		return 0;
	}
	if (ret)
		return ret;
	b = keep(rs, asked);
	free(asked);
	if (!b)
		return -ENOMEM;
	ret = ebt_parse(rs, tables[i].name, b);
	if (ret != -EPROTO)
		return ret;
	forget_table(rs, nf_table_find(rs, NF_IPTABLES, NFPROTO_BRIDGE, tables[i].name));
	rs->ebt_unread |= tables[i].bit;
	return 0;
}

int ebt_read(struct nf_ruleset *rs, uint8_t which)
{
	int fd = which ? ask_socket() : 0, ret = 0;

	if (!which)
		return 0;
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < NR_TABLES && !ret; i++)
		if (which & tables[i].bit)
			ret = read_table(rs, fd, i);
	close(fd);
	return ret;
}

/* ---- looking again ---- */

static bool same_table(const struct ebt_blob *old, const struct ebt_blob *now)
{
	if (old->valid_hooks != now->valid_hooks || old->nr_rules != now->nr_rules ||
	    old->sz != now->sz || memcmp(old->entries, now->entries, old->sz))
		return false;
	for (size_t i = 0; i < old->nr_rules; i++)
		if (now->counters[i].pcnt < old->counters[i].pcnt)
			return false;
	return true;
}

static void take_counts(struct nf_table *t, const struct ebt_blob *now)
{
	for (struct nf_chain *c = t->chains; c; c = c->next)
		for (struct nf_rule *r = c->rules; r; r = r->next) {
			const struct ebt_counter *old = r->count->at;
			size_t i = (size_t)(old - t->ebt->counters);

			nf_count_look(r->count, now->counters[i].pcnt - old->pcnt);
		}
	memcpy(t->ebt->counters, now->counters, now->nr_rules * sizeof(*now->counters));
}

static int check_table(const struct nf_ruleset *rs, int fd, size_t i)
{
	struct nf_table *t = nf_table_find(rs, NF_IPTABLES, NFPROTO_BRIDGE, tables[i].name);
	struct ebt_blob *now;
	int ret;

	if (!t)
		return rs->ebt_unread & tables[i].bit ? 0 : 1;
	ret = ask_table(fd, tables[i].name, &now);
	if (ret)
		return ret == -ENOENT || ret == -ENOPROTOOPT ? 1 : ret;
	if (same_table(t->ebt, now))
		take_counts(t, now);
	else
		ret = 1;
	free(now);
	return ret;
}

int ebt_check(const struct nf_ruleset *rs, uint8_t which)
{
	uint8_t read = 0;
	int fd, ret = 0;

	for (size_t i = 0; i < NR_TABLES; i++)
		if (nf_table_find(rs, NF_IPTABLES, NFPROTO_BRIDGE, tables[i].name))
			read |= tables[i].bit;
	if (read & ~which)
		return 1;
	if (!which)
		return 0;
	fd = ask_socket();
	if (fd < 0)
		return fd;
	for (size_t i = 0; i < NR_TABLES && !ret; i++)
		if (which & tables[i].bit)
			ret = check_table(rs, fd, i);
	close(fd);
	return ret;
}
