// SPDX-License-Identifier: GPL-2.0-only
/* Random rulesets of iptables. */
#include <string.h>

#include "tests/netfilter/random.h"

#define NR_USER_CHAINS 4

enum l4 { L4_ANY, L4_TCP, L4_UDP, L4_ICMP, L4_GRE, L4_NOT_TCP, NR_L4 };

struct gen {
	struct ruleset *r;
	const char *table;
	bool marks, headers, ct;
	bool unsure; /* rules may ask for what no packet tells */
	uint32_t l4; /* enum l4 of the rule */
};

static const char *inverted(void)
{
	return chance(25) ? "! " : "";
}

static void put_range(struct ruleset *r, uint32_t from, uint32_t to, const char *sep)
{
	uint32_t lo = from + rnd(to - from + 1);

	put(r, "%u", lo);
	if (chance(40))
		put(r, "%s%u", sep, lo + rnd(to - lo + 1));
	put(r, " ");
}

static void put_plain(struct gen *g, const char *chain)
{
	static const char *const l4[NR_L4] = {"",	  "-p tcp ", "-p udp ",
					      "-p icmp ", "-p gre ", "! -p tcp "};
	struct ruleset *r = g->r;

	g->l4 = chance(20) ? L4_ANY : rnd(NR_L4);
	put(r, "%s", l4[g->l4]);
	if (chance(25))
		put(r, "%s-s %s ", inverted(),
		    PICK("10.1.0.5", "10.1.0.3", "10.3.0.0/16", "10.1.0.4/30",
			 "10.3.0.4/255.255.0.7", "192.168.0.0/16", "0.0.0.1/0.0.0.1"));
	if (chance(25))
		put(r, "%s-d %s ", inverted(),
		    PICK("10.2.0.5", "10.2.0.0/21", "10.1.0.1", "127.0.0.0/8", "10.2.200.6",
			 "10.0.0.0/255.0.0.4", "0.0.7.0/0.0.7.0"));
	if (chance(15) && strcmp(chain, "OUTPUT") && strcmp(chain, "POSTROUTING") && *chain != 'u')
		put(r, "%s-i %s ", inverted(), PICK("a0", "a+", "lo", "b0", "l+", "zz+", "+"));
	if (chance(15) && strcmp(chain, "INPUT") && strcmp(chain, "PREROUTING") && *chain != 'u')
		put(r, "%s-o %s ", inverted(), PICK("b0", "b+", "lo", "a0", "zz0"));
	if (chance(5) && g->l4 == L4_ANY)
		put(r, "%s-f ", inverted());
}

static void put_tcp(struct ruleset *r)
{
	put(r, "-m tcp ");
	if (chance(40)) {
		put(r, "%s--sport ", inverted());
		put_range(r, 1, 8, ":");
	}
	if (chance(40)) {
		put(r, "%s--dport ", inverted());
		put_range(r, 1, 8, ":");
	}
	if (chance(40))
		put(r, "%s%s ", inverted(),
		    PICK("--syn", "--tcp-flags SYN,ACK SYN", "--tcp-flags ALL NONE",
			 "--tcp-flags RST RST", "--tcp-flags FIN,URG,PSH FIN,PSH"));
}

static void put_multiport(struct ruleset *r)
{
	put(r, "-m multiport %s%s ", inverted(), PICK("--dports", "--sports", "--ports"));
	put(r, "%s ", PICK("1,3,5", "2:4,7", "8", "1:2,4,6:8", "3,5:6", "2,4"));
}

static void put_transport(struct gen *g)
{
	struct ruleset *r = g->r;

	if ((g->l4 == L4_TCP || g->l4 == L4_UDP) && chance(30)) {
		put_multiport(r);
	} else if (g->l4 == L4_TCP) {
		put_tcp(r);
	} else if (g->l4 == L4_UDP) {
		put(r, "-m udp %s%s ", inverted(), PICK("--sport", "--dport"));
		put_range(r, 1, 8, ":");
	} else if (g->l4 == L4_ICMP) {
		put(r, "-m icmp %s--icmp-type %s ", inverted(),
		    PICK("8", "3", "any", "echo-reply", "3/1", "8/0", "13"));
	}
}

static void put_match(struct gen *g)
{
	struct ruleset *r = g->r;

	switch (rnd(7)) {
	case 6:
		put(r, "-m dscp %s--dscp %u ", inverted(), rnd(2) * 3);
		break;
	case 0:
		put(r, "-m mark %s--mark %u/%u ", inverted(), rnd(8), 1 + rnd(7));
		break;
	case 1:
		put(r, "-m iprange %s%s ", inverted(),
		    PICK("--src-range 10.1.0.3-10.1.0.6", "--dst-range 10.2.0.4-10.2.7.3",
			 "--src-range 10.0.0.0-10.3.0.5 --dst-range 10.2.0.0-10.2.0.255",
			 "--src-range 10.3.0.2-10.3.7.9 ! --dst-range 10.1.0.1-10.1.0.1"));
		break;
	case 2:
		put(r, "-m length %s--length ", inverted());
		put_range(r, 28, 90, ":");
		break;
	case 3:
		put(r, "-m ttl %s ",
		    PICK("--ttl-eq 64", "--ttl-lt 6", "--ttl-gt 4", "! --ttl-eq 5"));
		break;
	case 4:
		if (strcmp(g->table, "mangle")) /* where comments tell of changes: truth_nft.c */
			put(r, "-m comment --comment \"a b\" ");
		break;
	default:
		if (!g->ct || !strcmp(g->table, "raw"))
			break;
		r->has_ct = true;
		if (chance(30))
			put(r, "-m state %s--state %s ", inverted(),
			    PICK("NEW", "INVALID,NEW", "ESTABLISHED"));
		else
			put(r, "-m conntrack %s--ctstate %s ", inverted(),
			    PICK("NEW", "INVALID", "ESTABLISHED,RELATED", "UNTRACKED",
				 "NEW,UNTRACKED"));
	}
}

/* Either way is possible. */
static void put_unsure(struct gen *g)
{
	put(g->r, "-m %s ",
	    PICK("limit --limit 5/s", "statistic --mode random --probability 0.5",
		 "addrtype --dst-type LOCAL", "u32 --u32 0x0&0xf000000=0x5000000", "dscp --dscp 0",
		 "tos --tos 0", "pkttype --pkt-type unicast", "recent --set",
		 "recent ! --rcheck --hitcount 3", "quota --quota 400", "ecn --ecn-ip-ect 0"));
	if (g->l4 == L4_TCP && chance(30))
		put(g->r, "-m tcp %s--tcp-option 1 ", inverted());
}

/* All rules set bits of marks only, or the same TTL: counters do not tell their order. */
static bool put_special_target(struct gen *g, const char *chain)
{
	struct ruleset *r = g->r;
	uint32_t bits = 1 + rnd(7);

	if (!strcmp(g->table, "mangle") && g->marks && chance(40)) {
		put(r, "-j MARK --or-mark %u\n", bits);
		r->changes = true;
		return true;
	}
	if (!strcmp(g->table, "mangle") && g->headers && chance(20)) {
		put(r, "-m comment --comment d3 -j DSCP --set-dscp 3\n");
		r->changes = true;
		return true;
	}
	if (!strcmp(g->table, "mangle") && g->headers && g->l4 == L4_TCP && *chain != 'u' &&
	    chance(30)) {
		put(r, "%s\n",
		    PICK("-m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 500",
			 "-j TCPOPTSTRIP --strip-options sack-permitted"));
		r->changes = true;
		return true;
	}
	/* routers change it, too */
	if (!strcmp(g->table, "mangle") && g->headers && strcmp(chain, "PREROUTING") &&
	    *chain != 'u' && chance(30)) {
		put(r, "-m comment --comment t9 -j TTL --ttl-set 9\n");
		r->changes = true;
		return true;
	}
	if (!strcmp(g->table, "raw") && g->ct && chance(15)) {
		put(r, "-j CT --notrack\n");
		return true;
	}
	if (!strcmp(g->table, "filter") && chance(15)) {
		put(r, g->l4 == L4_TCP && chance(40) ? "-j REJECT --reject-with tcp-reset\n"
						     : "-j REJECT\n");
		return true;
	}
	return false;
}

static void put_rule(struct gen *g, const char *chain, uint32_t first)
{
	struct ruleset *r = g->r;

	put(r, "-A %s ", chain);
	put_plain(g, chain);
	if (chance(80))
		put_transport(g);
	if (chance(40))
		put_match(g);
	if (r->has_sets && chance(30))
		sets_put_match(r);
	if (g->unsure && chance(25))
		put_unsure(g);
	if (put_special_target(g, chain))
		return;
	switch (rnd(10)) {
	case 0:
	case 1:
	case 2:
		if (first < NR_USER_CHAINS) {
			put(r, "%s u%u\n", PICK("-j", "-j", "-g"),
			    first + rnd(NR_USER_CHAINS - first));
			break;
		} /* fall through */
	case 3:
		put(r, "-j %s\n", PICK("ACCEPT", "RETURN"));
		break;
	case 4:
		put(r, "\n");
		break;
	default:
		put(r, "-j DROP\n");
	}
}

static void put_table(struct gen *g, const char *table, const char *const *chains)
{
	struct ruleset *r = g->r;
	char user[8];

	g->table = table;
	put(r, "*%s\n", table);
	for (int i = 0; chains[i]; i++)
		put(r, ":%s %s\n", chains[i], chance(20) ? "DROP" : "ACCEPT");
	for (int i = 0; i < NR_USER_CHAINS; i++)
		put(r, ":u%d -\n", i);
	for (int i = 0; chains[i]; i++) {
		/* counts all, see truth_xt.c */
		put(r, "-A %s\n", chains[i]);
		for (uint32_t n = chance(50) ? rnd(7) : 0; n; n--)
			put_rule(g, chains[i], 0);
	}
	for (uint32_t i = 0; i < NR_USER_CHAINS; i++) {
		snprintf(user, sizeof(user), "u%u", i);
		for (uint32_t n = rnd(5); n; n--)
			put_rule(g, user, i + 1);
	}
	put(r, "COMMIT\n");
}

void xt_generate(struct ruleset *r)
{
	static const char *const raw[] = {"PREROUTING", "OUTPUT", NULL};
	static const char *const mangle[] = {"PREROUTING", "INPUT",	  "FORWARD",
					     "OUTPUT",	   "POSTROUTING", NULL};
	static const char *const filter[] = {"INPUT", "FORWARD", "OUTPUT", NULL};
	struct gen g = {.r = r,
			.marks = chance(25),
			.headers = chance(40),
			.ct = chance(40),
			.unsure = chance(15)};

	r->unsure = g.unsure;
	put_table(&g, "raw", raw);
	put_table(&g, "mangle", mangle);
	put_table(&g, "filter", filter);
	put_table(&g, "security", filter);
}
