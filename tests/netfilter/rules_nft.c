// SPDX-License-Identifier: GPL-2.0-only
/* Random rulesets of nftables. */
#include "tests/netfilter/random.h"

#define NR_USER_CHAINS 4

struct gen {
	struct ruleset *r;
	bool marks;   /* rules may set marks, */
	bool headers; /* or TTLs */
	bool ct;
	bool nat;
	bool unsure; /* rules may ask for what no packet tells */
	bool is_inet;
	bool is_nat_chain;
	uint32_t l4; /* enum l4 of the rule: nft refuses two in one */
};

enum l4 { L4_ANY, L4_TCP, L4_UDP, L4_ICMP, NR_L4 };

static const char *addr_value(void)
{
	return PICK("10.1.0.5", "10.1.0.3", "10.3.0.4", "10.2.0.5", "10.1.0.1", "10.2.7.4",
		    "127.0.0.1", "192.168.1.77", "10.2.200.6");
}

static const char *addr_range(void)
{
	return PICK("10.1.0.0/16", "10.2.0.0/21", "10.3.0.2-10.3.0.6", "10.1.0.4/30", "127.0.0.0/8",
		    "10.2.0.0-10.2.7.4", "192.168.0.0/16", "10.2.128.0/17");
}

static const char * not_eq (void)
{
	return chance(25) ? "!= " : "";
}

static const char *order(void)
{
	return PICK("", "", "!= ", "< ", "> ", "<= ", ">= ");
}

/* " { a, b-c }" of numbers that do not overlap. */
static void put_number_set(struct ruleset *r, uint32_t from, uint32_t to)
{
	const char *sep = "{ ";
	bool any = false;

	for (uint32_t n = from; n <= to; n++) {
		uint32_t last = n + (chance(30) ? rnd(3) : 0);

		if (chance(60) && (any || n < to))
			continue;
		last = last > to ? to : last;
		put(r, last > n ? "%s%u-%u" : "%s%u", sep, n, last);
		sep = ", ";
		any = true;
		n = last + 1;
	}
	put(r, any ? " } " : "{ 3 } ");
}

static void put_numbers(struct ruleset *r, const char *what, uint32_t from, uint32_t to)
{
	uint32_t n = from + rnd(to - from + 1);

	switch (rnd(3)) {
	case 0:
		put(r, "%s %s%u ", what, order(), n);
		break;
	case 1:
		put(r, "%s %s%u-%u ", what, not_eq (), n, n + 1 + rnd(3));
		break;
	default:
		put(r, "%s %s", what, not_eq ());
		put_number_set(r, from, to);
	}
}

static void put_addr(struct ruleset *r)
{
	const char *what = PICK("ip saddr", "ip daddr");

	switch (rnd(5)) {
	case 0:
		put(r, "%s %s%s ", what, not_eq (), addr_value());
		break;
	case 1:
		put(r, "%s %s%s ", what, not_eq (), addr_range());
		break;
	case 2:
		put(r, "%s %s{ %s, 10.7.0.1, 10.9.0.0/16 } ", what, not_eq (), addr_range());
		break;
	case 3:
		put(r, "%s %s@addrs ", what, not_eq ());
		break;
	default:
		put(r, "%s & 0.0.7.3 %s 0.0.0.%u ", what, PICK("==", "!="), rnd(4));
	}
}

/* Of any protocol, with a header or without. */
static void put_any_transport(struct ruleset *r)
{
	switch (rnd(4)) {
	case 0:
		put(r, "meta l4proto %s ",
		    PICK("tcp", "udp", "icmp", "!= tcp", "{ tcp, gre }", "{ 1, 132 }", "> 6"));
		break;
	case 1:
		put(r, "ip protocol %s ", PICK("tcp", "udp", "!= icmp", "{ tcp, udp }", "> 6"));
		break;
	case 2:
		put_numbers(r,
			    PICK("meta l4proto { tcp, udp } th sport",
				 "meta l4proto { tcp, udp, sctp } th dport"),
			    1, 8);
		break;
	default:
		put_numbers(r, PICK("@th,0,16", "@th,16,16"), 1, 8);
	}
}

static void put_tcp(struct ruleset *r)
{
	switch (rnd(5)) {
	case 0:
	case 1:
		put(r, "tcp flags %s ",
		    PICK("syn", "!= syn", "& (fin|syn|rst|ack) == syn", "& (syn|ack) != 0",
			 "fin,psh / fin,psh,urg", "{ syn, ack, syn|ack }", "& rst == 0"));
		break;
	case 2:
		put_numbers(r, "tcp doff", 5, 8);
		break;
	default:
		put_numbers(r, PICK("tcp sport", "tcp dport"), 1, 8);
	}
}

static void put_transport(struct gen *g)
{
	switch (g->l4) {
	case L4_ANY:
		put_any_transport(g->r);
		break;
	case L4_TCP:
		put_tcp(g->r);
		break;
	case L4_UDP:
		put_numbers(g->r, PICK("udp sport", "udp dport", "udp length"), 1, 8);
		break;
	default:
		put(g->r, "icmp %s ",
		    PICK("type echo-request", "type != echo-request",
			 "type { echo-reply, destination-unreachable, 8 }", "code 0", "code 1-3",
			 "type . icmp code { 8 . 0, 3 . 1 }"));
	}
}

static void put_header(struct gen *g)
{
	struct ruleset *r = g->r;

	switch (rnd(7)) {
	case 0:
		put_numbers(r, "ip ttl", 2, 9);
		break;
	case 1:
		put_numbers(r, PICK("ip length", "meta length"), 30, 90);
		break;
	case 2:
		put(r, "ip dscp %s ", PICK("0", "!= 0", "1-3", "{ 1, 4, 6 }"));
		break;
	case 3:
		put(r, "ip frag-off & 0x%s %s ", PICK("1fff", "2000", "4000"),
		    PICK("!= 0", "== 0"));
		break;
	case 4:
		put(r, "ip hdrlength %s ", PICK("5", "> 5", "!= 5", "{ 6, 8 }"));
		break;
	case 5:
		put(r, "@nh,%s ",
		    PICK("64,8 > 8", "72,8 { 6, 17 }", "32,1 0", "96,16 0x0a01", "108,4 != 3"));
		break;
	default:
		put(r, "meta %s ",
		    g->is_inet ? "nfproto ipv4" : PICK("protocol ip", "protocol != ip6"));
	}
}

static void put_mark(struct ruleset *r)
{
	switch (rnd(4)) {
	case 0:
		put(r, "meta mark & %u %s %u ", 1 + rnd(7), PICK("==", "!="), rnd(4));
		break;
	case 1:
		put(r, "meta mark & 5 == 4 meta mark != 12 ");
		break;
	default:
		put_numbers(r, "meta mark", 0, 7);
	}
}

static void put_device(struct ruleset *r, const char *hook)
{
	bool no_in = hook[0] == 'o', no_out = hook[0] == 'i' || hook[1] == 'r';
	bool in = no_out || (!no_in && hook[0] == 'f' && chance(50));

	put(r, "%s %s ", in ? "iifname" : "oifname",
	    PICK("a0", "b0", "lo", "!= b0", "!= lo", "\"a*\"", "\"b*\"", "!= \"b*\"", "\"l*\"",
		 "{ lo, b0 }", "{ a0, \"zz\" }", "!= { a0, b0 }"));
}

static void put_concat(struct gen *g)
{
	struct ruleset *r = g->r;

	switch (g->l4 == L4_TCP ? 0 : g->l4 == L4_UDP ? 1 + rnd(2) : 3 + rnd(3)) {
	case 0:
		put(r, "ip saddr . tcp dport %s{ 10.1.0.5 . 4, %s . 3-5, 10.3.0.0/16 . 1-8 } ",
		    not_eq (), PICK("10.1.0.0/24", "10.1.0.2-10.1.0.4"));
		break;
	case 5:
		put(r, "ip saddr . ip daddr { 10.1.0.3 . 10.2.0.5, 10.1.0.4 . 10.1.0.1, "
		       "10.3.0.5 . 10.2.0.2 } ");
		break;
	case 2:
		put(r, "ip daddr . udp dport %s@pairs ", not_eq ());
		break;
	case 3:
		put(r, "meta mark . ip protocol %s{ 0 . tcp, 3 . udp, 1-5 . 1-6 } ", not_eq ());
		break;
	case 4:
		put(r, "ip protocol . th dport { tcp . 1-4, udp . 3-8, 132 . 2 } ");
		break;
	default:
		put(r, "udp sport . udp dport . ip saddr { 1-3 . 2-6 . 10.0.0.0/8, "
		       "4 . 4 . 10.1.0.0-10.3.0.7 } ");
	}
}

/* Either way is possible. */
static void put_unsure(struct gen *g, const char *hook)
{
	put(g->r, "%s ",
	    PICK("limit rate 5/second", "numgen random mod 2 0", "numgen inc mod 3 != 1",
		 "meta pkttype host", "quota 400 bytes", "ct mark 0", "ct direction original",
		 "jhash ip saddr mod 2 0", "meta cpu 0", "meta priority 0", "ip option ra exists",
		 "add @seen { ip saddr }", "ip saddr @seen", "ip daddr != @seen",
		 "ct status confirmed", "meta random < 2000000000", "ip daddr @timed",
		 "ct state new ct original ip saddr 10.1.0.0/16", "ct count over 5"));
	if (*hook == 'p' && hook[1] == 'r' && chance(20))
		put(g->r, "fib daddr type local ");
	if (g->l4 == L4_TCP && chance(20))
		put(g->r, "tcp option %s ", PICK("nop exists", "maxseg missing"));
}

static void put_match(struct gen *g, const char *hook)
{
	struct ruleset *r = g->r;

	switch (rnd(13)) {
	case 0:
	case 1:
	case 2:
		put_addr(r);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		put_transport(g);
		break;
	case 7:
		put_header(g);
		break;
	case 8:
	case 9:
		put_mark(r);
		break;
	case 10:
		put_device(r, hook);
		break;
	case 11:
		put_concat(g);
		break;
	default:
		if (!g->ct)
			break;
		put(r, "ct state %s ",
		    PICK("new", "established", "invalid", "!= new", "untracked",
			 "{ new, untracked }", "new,related", "! established"));
		r->has_ct = true;
	}
}

/* Comments tell what happens to the header: truth_nft.c. */
static void put_write(struct gen *g, uint32_t v)
{
	struct ruleset *r = g->r;

	switch (rnd(8)) {
	case 0:
	case 1:
		put(r, "ip dscp set %u comment \"d%u\"\n", v, v);
		break;
	case 2:
		put(r, "ip ecn set %u comment \"e%u\"\n", v & 3, v & 3);
		break;
	case 3:
		put(r, "ip saddr set 10.3.0.%u comment \"s%u\"\n", v, v);
		break;
	case 4:
		if (g->l4 == L4_TCP || g->l4 == L4_UDP) {
			put(r, "%s dport set %u comment \"p%u\"\n", g->l4 == L4_TCP ? "tcp" : "udp",
			    v + 1, v + 1);
			break;
		} /* fall through */
	case 5:
		if (g->l4 == L4_TCP) {
			put(r, "tcp option maxseg size set %u\n", 500 + v);
			break;
		} /* fall through */
	default:
		put(r, "ip ttl set %u comment \"t%u\"\n", v + 2, v + 2);
	}
}

static void put_change(struct gen *g)
{
	struct ruleset *r = g->r;
	uint32_t v = rnd(8);

	r->changes = true;
	if (g->headers) {
		put_write(g, v);
		return;
	}
	switch (rnd(4)) {
	case 0:
		put(r, "meta mark set meta mark %s %u counter\n", PICK("or", "and", "xor"), v);
		break;
	case 1:
		put(r, "meta mark set ip protocol map { tcp : 1, udp : 2 }\n");
		break;
	default:
		put(r, "meta mark set %u %s\n", v, PICK("", "accept ", "return "));
	}
}

static void put_chain(struct ruleset *r, uint32_t first)
{
	put(r, "u%u ", first + rnd(NR_USER_CHAINS - first));
}

static void put_vmap(struct gen *g, uint32_t first)
{
	struct ruleset *r = g->r;
	const char *to = first < NR_USER_CHAINS ? PICK("jump", "goto") : "continue";
	uint32_t chain = first < NR_USER_CHAINS ? first + rnd(NR_USER_CHAINS - first) : 0;
	char jump[32];

	snprintf(jump, sizeof(jump), first < NR_USER_CHAINS ? "%s u%u" : "%s", to, chain);
	switch (g->l4 == L4_TCP ? 0 : g->l4 == L4_UDP ? rnd(2) + 1 : rnd(3) + 3) {
	case 0:
		put(r, "tcp dport vmap { 1 : drop, 2-4 : %s, 6 : accept, 7-8 : %s }\n", jump,
		    PICK("drop", "return"));
		break;
	case 1:
		put(r, "udp dport vmap @verdicts\n");
		break;
	case 2:
		put(r, "ip saddr . udp dport vmap { 10.1.0.5 . 4 : drop, 10.0.0.0/8 . 6-8 : %s }\n",
		    jump);
		break;
	case 3:
		put(r, "ip saddr vmap { 10.1.0.0/30 : %s, 10.1.0.5 : drop, 10.3.0.0/16 : %s }\n",
		    PICK("return", "continue", "drop"), jump);
		break;
	case 4:
		put(r, "meta mark vmap { 0 : continue, 1 : drop, 2 : %s, 5 : accept }\n", jump);
		break;
	default:
		put(r,
		    "ip protocol . th dport vmap { tcp . 1-3 : drop, udp . 2-5 : %s, "
		    "tcp . 6 : return }\n",
		    jump);
	}
}

/* hook: of a chain of the type nat. */
static void put_nat(struct gen *g, const char *hook)
{
	struct ruleset *r = g->r;
	const char *family = g->is_inet ? "ip " : "";

	if (hook[1] == 'n')
		put(r, "counter snat %sto %s\n", family, PICK("10.1.0.1", "10.2.0.5"));
	else if (hook[1] == 'o' && chance(50))
		put(r, "masquerade\n");
	else if (hook[1] == 'o')
		put(r, "snat %sto %s\n", family, PICK("10.2.0.1", "10.3.0.4", "10.2.7.4"));
	else if (chance(30))
		put(r, "redirect\n");
	else
		put(r, "dnat %sto %s\n", family,
		    PICK("10.2.0.5", "10.1.0.1", "10.2.7.4", "10.2.200.6"));
}

/* first: the first of the user chains that it may call. */
static void put_rule(struct gen *g, const char *hook, uint32_t first)
{
	struct ruleset *r = g->r;

	g->l4 = rnd(NR_L4);
	put(r, "\t\t");
	for (uint32_t i = rnd(3) + (first ? 0 : 1); i; i--)
		put_match(g, hook);
	if (g->unsure && chance(25))
		put_unsure(g, hook);
	if (chance(20))
		put(r, "counter ");
	if (g->marks && chance(30)) {
		put_change(g);
		return;
	}
	if (g->is_nat_chain && chance(60)) {
		put_nat(g, hook);
		return;
	}
	switch (rnd(10)) {
	case 0:
	case 1:
		put_vmap(g, first);
		break;
	case 2:
	case 3:
		if (first < NR_USER_CHAINS) {
			put(r, "%s ", PICK("jump", "jump", "goto"));
			put_chain(r, first);
			put(r, "\n");
			break;
		} /* fall through */
	case 4:
		put(r, "%s\n", PICK("accept", "return", "continue", "counter"));
		break;
	case 5:
		if (*hook == 'i' || *hook == 'o' || *hook == 'f') {
			put(r, "reject\n");
			break;
		} /* fall through */
	default:
		put(r, "drop\n");
	}
}

static void put_sets(struct ruleset *r)
{
	put(r,
	    "\tset addrs {\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { %s, "
	    "10.7.0.0/16, 11.0.0.0-11.0.0.7 }\n\t}\n",
	    addr_range());
	put(r,
	    "\tset pairs {\n\t\ttype ipv4_addr . inet_service\n\t\tflags interval\n"
	    "\t\telements = { 10.2.0.0/21 . 1-4, 10.1.0.1 . %u, 10.2.128.0/17 . 3 }\n\t}\n",
	    1 + rnd(8));
	put(r, "\tset seen {\n\t\ttype ipv4_addr\n\t\tflags dynamic\n\t\tsize 64\n\t}\n"
	       "\tset timed {\n\t\ttype ipv4_addr\n\t\ttimeout 1h\n"
	       "\t\telements = { 10.2.0.5, 10.1.0.1, 10.2.7.4 }\n\t}\n");
	put(r,
	    "\tmap verdicts {\n\t\ttype inet_service : verdict\n\t\tflags interval\n"
	    "\t\telements = { 1 : drop, 2-3 : %s, %u-8 : drop }\n\t}\n",
	    PICK("accept", "return", "continue"), 4 + rnd(5));
}

static void put_table(struct gen *g, uint32_t nr)
{
	static const char *const hooks[] = {"prerouting", "input", "forward", "output",
					    "postrouting"};
	struct ruleset *r = g->r;

	g->is_inet = chance(50);
	put(r, "table %s t%u {\n", g->is_inet ? "inet" : "ip", nr);
	put_sets(r);
	g->is_nat_chain = false;
	for (uint32_t i = NR_USER_CHAINS; i--;) {
		put(r, "\tchain u%u {\n", i);
		for (uint32_t n = rnd(5); n; n--)
			put_rule(g, "any", i + 1);
		put(r, "\t}\n");
	}
	for (uint32_t i = 0; i < 5; i++) {
		if (chance(45))
			continue;
		g->is_nat_chain = g->nat && i != 2 && chance(40);
		put(r, "\tchain b%u {\n\t\ttype %s hook %s priority %d; policy %s;\n", i,
		    g->is_nat_chain ? "nat" : "filter", hooks[i],
		    (int)rnd(5) * 75 - 150 + (chance(95) ? (int)nr : 0),
		    chance(g->is_nat_chain ? 10 : 35) ? "drop" : "accept");
		for (uint32_t n = 1 + rnd(6); n; n--)
			put_rule(g, hooks[i], 0);
		put(r, "\t}\n");
	}
	put(r, "}\n");
}

void nft_generate(struct ruleset *r, bool plain)
{
	struct gen g = {.r = r,
			.marks = chance(25),
			.headers = chance(50),
			.ct = chance(40),
			.nat = chance(25),
			.unsure = chance(15)};
	uint32_t nr = 1 + rnd(3);

	if (plain)
		g.nat = g.headers = false;
	r->has_nat = g.nat;
	r->unsure = g.unsure;
	for (uint32_t i = 0; i < nr; i++)
		put_table(&g, i);
}
