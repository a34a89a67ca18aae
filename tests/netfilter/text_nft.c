// SPDX-License-Identifier: GPL-2.0-only
/*
 * The texts of rules of nftables: a ruleset that nft makes of them must be the same one to the
 * kernel.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/candidate.h"
#include "netfilter/nft.h"
#include "netfilter/nft_private.h"
#include "netfilter/rule_text.h"
#include "tests/netfilter/random.h"

#define LIST_SZ (1 << 20)

/* What random rulesets do not have. Those that this kernel or this nft does not know are left out.
 */
static const char *const more[] = {
	"tcp flags & (syn | ack) == syn accept",
	"tcp flags ! rst",
	"tcp flags syn,ack",
	"ct state established,related accept",
	"ct state ! new",
	"ct state vmap { established : accept, related : accept, invalid : drop }",
	"ct status != confirmed,snat",
	"ct mark set meta mark",
	"ct mark 5 meta mark set ct mark",
	"meta mark set meta mark & 0xff",
	"meta mark set meta mark | 4",
	"meta mark set meta mark ^ 4",
	"limit rate over 5/second burst 7 packets drop",
	"limit rate 5 kbytes/minute",
	"reject with icmpx type admin-prohibited",
	"ip daddr 1.2.3.4 reject with icmp type host-unreachable",
	"ip6 daddr fd00::/8 reject with icmpv6 type no-route",
	"tcp dport 5 reject with tcp reset",
	"log prefix \"a b\" level info flags all",
	"log group 4 snaplen 40 queue-threshold 3",
	"log",
	"add @dyn { ip saddr }",
	"update @dyn { ip saddr timeout 1m }",
	"quota over 400 bytes drop",
	"icmp type echo-request icmp code 0",
	"icmpv6 type { nd-neighbor-solicit, echo-request }",
	"ip protocol tcp tcp dport 4",
	"iifname \"a*\" oifname { \"b\", \"c\" } drop",
	"iif lo accept",
	"fib daddr type local",
	"fib saddr . iif oif missing drop",
	"ether saddr 00:01:02:03:04:05 drop",
	"ether type ip ip saddr 10.0.0.1",
	"ip saddr 10.0.0.0/8 ip daddr != 10.1.0.0/16",
	"ip saddr 10.128.0.0/9 ip daddr 10.1.0.0/30",
	"ip6 saddr fd00::/8 ip6 daddr != fd01:2::/29 counter",
	"ip6 saddr fd01::1-fd01::7 ip6 hoplimit < 5",
	"ip6 nexthdr tcp",
	"meta protocol ip6 drop",
	"meta nfproto ipv6 tcp dport 53 drop",
	"meta nfproto ipv4 meta l4proto icmp drop",
	"meta l4proto { 6, 17 } th dport 53 drop",
	"meta skuid 0-9 meta skgid 5",
	"ip saddr set 10.0.0.1",
	"tcp dport set 80",
	"udp dport 1-5 udp length > 8 udp sport != 4-6",
	"tcp window > 5 tcp sequence 7",
	"udp sport >= 5 udp dport <= 9",
	"ip saddr >= 10.0.0.1 ip daddr <= 10.0.0.9 drop",
	"ip6 saddr fd00::1 ip saddr 10.0.0.1",
	"meta l4proto tcp counter tcp dport 5",
	"meta l4proto udp meta mark set 5 udp dport 5 drop",
	"notrack",
	"goto u0",
	"ip dscp cs1 ip ecn not-ect",
	"ip version 4 ip hdrlength 5 ip id 7",
	"ip ttl set 9 ip dscp set 4",
	"vlan id 5",
	"tcp option maxseg size set 500",
	"numgen random mod 2 0 drop",
	"queue flags bypass to 5-7",
	"queue num 4",
	"ct count over 5 drop",
	"ip saddr { 10.0.0.0/8, 1.1.1.1-1.1.1.9, 255.255.255.255 } drop",
	"tcp dport { 0-5, 65530-65535 } accept",
	"tcp dport != { 1, 2, 3 } drop comment \"a b\"",
};

#define NR_MORE (sizeof(more) / sizeof(more[0]))

static bool missing[2][NR_MORE]; /* in tables "ip" and "inet" */

static char handles[LIST_SZ], ours[LIST_SZ];

static bool load(const char *text)
{
	FILE *f = popen("nft -f - >/dev/null 2>&1", "w");

	return f && fputs(text, f) >= 0 && !pclose(f);
}

static bool list_rules(void)
{
	FILE *f = popen("echo flush ruleset; nft -s -a list ruleset", "r");
	size_t sz = f ? fread(handles, 1, LIST_SZ - 1, f) : 0;

	handles[sz] = '\0';
	return f && !pclose(f) && sz < LIST_SZ - 1;
}

static const char table_begin[] =
	"table %s more {\n\tset dyn { type ipv4_addr; size 64; flags dynamic,timeout; }\n"
	"\tchain u0 { }\n\tchain c { type filter hook input priority 0;\n";

static void find_missing(void)
{
	static struct ruleset r;

	for (int inet = 0; inet < 2; inet++) {
		for (size_t i = 0; i < NR_MORE; i++) {
			r.len = 0;
			put(&r, "flush ruleset\n");
			put(&r, table_begin, inet ? "inet" : "ip");
			put(&r, "%s\n}\n}\n", more[i]);
			missing[inet][i] = !load(r.text);
			if (missing[inet][i])
				printf("not here, in %s: %s\n", inet ? "inet" : "ip", more[i]);
		}
	}
}

static void generate(struct ruleset *r)
{
	bool inet = chance(50);

	r->len = 0;
	put(r, "flush ruleset\n");
	if (chance(60)) {
		(chance(50) ? nft_generate6(r) : nft_generate(r, false));
		return;
	}
	put(r, table_begin, inet ? "inet" : "ip");
	for (int n = 30; n; n--) {
		uint32_t i = rnd(NR_MORE);

		if (!missing[inet][i])
			put(r, "%s%s\n", chance(20) ? "counter " : "", more[i]);
	}
	put(r, "}\n}\n");
}

static uint8_t family_of(const char *name)
{
	for (uint8_t f = 0; f < NFPROTO_NUMPROTO; f++)
		if (nf_family_name(f) && !strcmp(nf_family_name(f), name))
			return f;
	return 0;
}

/* Copy without what nft breaks lines with. */
static void join(char *dst, const char *src, size_t sz)
{
	for (; sz; sz--, src++)
		if (*src != '\t' && *src != '\n')
			*dst++ = *src;
		else if (*src == '\n')
			*dst++ = ' ';
	*dst = '\0';
}

struct place {
	const struct nf_table *table;
	const struct nf_chain *chain;
};

static void enter(struct place *p, const struct nf_ruleset *rs, const char *line)
{
	char family[16], name[64];

	if (sscanf(line, "table %15s %63s", family, name) == 2) {
		p->table = nf_table_find(rs, NF_NFTABLES, family_of(family), name);
		p->chain = NULL;
	} else if (sscanf(line, "\tchain %63s", name) == 1) {
		p->chain = p->table ? nf_chain_find(p->table, name) : NULL;
	} else if (!strncmp(line, "\t}", 2)) {
		p->chain = NULL;
	}
}

/* A rule's line, which may be several, by our text if it is whole. */
static void put_rule(struct texts *s, const struct place *p, const char *line, size_t sz, FILE *out)
{
	static char theirs[65536], text[65536];
	const char *at = strstr(line, " # handle ");
	const struct nf_rule *r = p->chain->rules;

	while (r && r->handle != strtoull(at + 10, NULL, 10))
		r = r->next;
	join(theirs, line, sz);
	*strstr(theirs, " # handle ") = '\0';
	s->rules++;
	if (r && nf_rule_text(p->chain, r, text, sizeof(text))) {
		s->same += !strcmp(text, theirs);
		if (strcmp(text, theirs) && getenv("SHOW_OTHER"))
			printf("OTHER %s\nwe:   %s\n", theirs, text);
		fprintf(out, "%s\n", text);
		return;
	}
	s->unknown++;
	if (getenv("SHOW_UNKNOWN"))
		printf("UNKNOWN %s\nwe:   %s\n", theirs, text);
	fprintf(out, "%s\n", theirs);
}

static void rewrite(struct texts *s, const struct nf_ruleset *rs)
{
	FILE *out = fmemopen(ours, sizeof(ours), "w");
	struct place p = {0};

	for (const char *line = handles, *end; *line; line = end) {
		bool is_rule =
			p.chain && !strncmp(line, "\t\t", 2) && strncmp(line, "\t\ttype ", 7);

		end = line;
		do {
			end = strchr(end, '\n') + 1;
		} while (is_rule && *end && !memmem(line, (size_t)(end - line), " # handle ", 10));
		if (is_rule)
			put_rule(s, &p, line, (size_t)(end - line), out);
		else
			fprintf(out, "%.*s", (int)(end - line), line);
		enter(&p, rs, line);
	}
	fclose(out);
}

/* ---- the kernel's form of both ---- */

static bool same_bytes(const void *a, const void *b, size_t sz)
{
	return !sz || (a && b && !memcmp(a, b, sz));
}

static bool same_sets(const struct nf_set *a, const struct nf_set *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (a->flags != b->flags || a->key_sz != b->key_sz || a->nr_elems != b->nr_elems)
			return false;
		for (size_t i = 0; i < a->nr_elems; i++) {
			const struct nf_set_elem *x = &a->elems[i], *y = &b->elems[i];

			if (x->is_end != y->is_end || x->data_sz != y->data_sz ||
			    !same_bytes(x->key, y->key, a->key_sz) || !x->key_end != !y->key_end ||
			    !same_bytes(x->key_end, y->key_end, x->key_end ? a->key_sz : 0) ||
			    !same_bytes(x->data, y->data, x->data_sz))
				return false;
		}
	}
	return !a && !b;
}

static bool same_rule(const struct nf_rule *q, const struct nf_rule *r)
{
	return q && r && q->data_sz == r->data_sz && same_bytes(q->data, r->data, q->data_sz);
}

/* Ours as what nft made at first, or as what it makes of its own text; NULL: not known. */
static bool same_rules(const struct nf_chain *first, const struct nf_chain *again,
		       const struct nf_chain *ours_)
{
	const struct nf_rule *a = first->rules, *b = again ? again->rules : NULL, *r = ours_->rules;
	char text[2][4096];

	for (; a && r; a = a->next, r = r->next) {
		if (!same_rule(a, r) && !same_rule(b, r)) {
			nf_rule_text(first, a, text[0], sizeof(text[0]));
			nf_rule_text(ours_, r, text[1], sizeof(text[1]));
			if (again)
				printf("WRONG %s\nbecame %s\n", text[0], text[1]);
			return false;
		}
		b = b ? b->next : NULL;
	}
	return !a && !r;
}

static bool same_tables(const struct nf_table *first, const struct nf_table *again,
			const struct nf_table *r)
{
	for (; first && r; first = first->next, r = r->next) {
		const struct nf_chain *c = first->chains, *d = again ? again->chains : NULL;
		const struct nf_chain *e = r->chains;

		if (!same_sets(first->sets, r->sets) && !(again && same_sets(again->sets, r->sets)))
			return false;
		for (; c && e; c = c->next, e = e->next) {
			if (!same_rules(c, d, e))
				return false;
			d = d ? d->next : NULL;
		}
		again = again ? again->next : NULL;
	}
	return !first && !r;
}

static bool load_and_read(const char *text, struct nf_ruleset *rs)
{
	return load(text) && !nft_read(rs);
}

/*
 * What nft shows is not always what it made: the order of conditions may differ, or it refuses what
 * it shows.
 */
static void judge(struct texts *s, struct nf_ruleset *first)
{
	struct nf_ruleset rs = {.arena = {.limit = NF_RULESET_MAX}};
	struct nf_ruleset again = {.arena = {.limit = NF_RULESET_MAX}};
	bool ok = load_and_read(ours, &rs);

	if (!ok || !same_tables(first->tables, NULL, rs.tables)) {
		if (!load_and_read(handles, &again)) {
			s->refused++;
		} else if (!ok || !same_tables(first->tables, again.tables, rs.tables)) {
			s->wrong++;
			printf("WRONG %s\n", ok ? "ruleset" : "nft refuses ours");
		}
	}
	nf_ruleset_release(&rs);
	nf_ruleset_release(&again);
}

static bool text_round(struct texts *s)
{
	static struct ruleset r;
	struct nf_ruleset rs = {.arena = {.limit = NF_RULESET_MAX}};
	unsigned long wrong = s->wrong;

	generate(&r);
	s->rulesets++;
	if (!load(r.text)) {
		s->refused++;
		return true;
	}
	if (nft_read(&rs) || !list_rules()) {
		printf("the ruleset cannot be read\n");
		return false;
	}
	rewrite(s, &rs);
	judge(s, &rs);
	if (s->wrong != wrong && getenv("SHOW_WRONG"))
		printf("%s\n%s\n", handles, ours);
	nf_ruleset_release(&rs);
	return true;
}

bool text_nft(struct texts *s, long nr)
{
	bool ok = true;

	find_missing();
	for (; ok && nr > 0 && s->wrong < 5; nr--)
		ok = text_round(s);
	return ok && s->refused <= s->rulesets / 10;
}
