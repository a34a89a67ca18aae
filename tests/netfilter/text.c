// SPDX-License-Identifier: GPL-2.0-only
/*
 * The texts of rules, compared line by line with what iptables-save shows.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>

#include "netfilter/ipset.h"
#include "netfilter/nft.h"
#include "netfilter/rule_text.h"
#include "netfilter/xt.h"
#include "tests/netfilter/random.h"

#define LINE_MAX_SZ 4096
#define RULES	    40 /* of extensions, for each ruleset */

/* What each of the tables may have, and both families unless they begin with '4' or '6'. */
static const struct {
	const char *table, *chain;
	const char *rules[96];
} extensions[] = {
	{"filter",
	 "OUTPUT",
	 {
		 "-m limit --limit 5/s",
		 "-m limit --limit 7/hour --limit-burst 9",
		 "-m limit --limit 3333/s",
		 "-m limit --limit 17/day",
		 "-m limit --limit 90/min",
		 "-m statistic --mode random ! --probability 0.3",
		 "-m statistic --mode nth --every 4 --packet 2",
		 "-m addrtype ! --src-type LOCAL,BROADCAST --dst-type UNICAST",
		 "-m addrtype --dst-type UNREACHABLE --limit-iface-out",
		 "-m u32 --u32 0x0&0xf000000=0x5000000",
		 "-m u32 ! --u32 \"6&0xFF=0x11,1:5&&0>>22&0x3C@4<<2=7\"",
		 "-m dscp ! --dscp 8",
		 "-m tos ! --tos 8/0x3f",
		 "-m pkttype ! --pkt-type multicast",
		 "-m recent --set",
		 "-m recent ! --rcheck --hitcount 3 --seconds 4 --rttl --name foo --rdest",
		 "-m recent --update --seconds 4 --reap --name foo",
		 "-m recent --remove",
		 "-m quota ! --quota 400",
		 "4-m ecn ! --ecn-ip-ect 2",
		 "-p tcp -m ecn ! --ecn-tcp-ece --ecn-tcp-cwr",
		 "-m owner ! --uid-owner 0-9 --gid-owner 5",
		 "-m owner --socket-exists",
		 "-m owner --gid-owner 5 --suppl-groups",
		 "4-m set --match-set ip src",
		 "4-m set ! --match-set net dst --return-nomatch",
		 "4-m set --match-set ipport src,dst ! --update-counters ! --packets-eq 5 "
		 "--bytes-lt 7",
		 "4-m set --match-set list src,dst,dst ! --update-subcounters --packets-gt 9",
		 "-m mark --mark 5",
		 "-m mark ! --mark 5/7",
		 "-m connmark ! --mark 1/3",
		 "-m connlimit --connlimit-above 3 --connlimit-mask 24",
		 "-m connlimit --connlimit-upto 3 --connlimit-daddr",
		 "-m helper ! --helper ftp-21",
		 "-m physdev ! --physdev-in a+ --physdev-is-bridged",
		 "-m physdev --physdev-is-in --physdev-in eth0",
		 "-m conntrack ! --ctstate NEW,SNAT --ctproto 6",
		 "4-m conntrack --ctorigsrc 10.0.0.0/8 ! --ctrepldst 10.1.1.1 --ctdir REPLY",
		 "6-m conntrack --ctorigsrc fd01::/16 ! --ctreplsrc fd02::1 --ctdir ORIGINAL",
		 "-m conntrack --ctstatus ASSURED,EXPECTED --ctexpire 4:9",
		 "-m conntrack ! --ctstatus NONE",
		 "-m conntrack --ctproto 6 --ctorigdstport 80",
		 "-m state ! --state RELATED,UNTRACKED",
		 "-m comment --comment x",
		 "-m comment --comment \"a \\\"b\\\" \\\\ 'c'\"",
		 "-p tcp -m tcp ! --tcp-option 4 --sport 0:5",
		 "-p tcp -m tcp ! --dport 5: --tcp-flags ALL SYN",
		 "-p tcp -m multiport ! --dports 1,4:6,9",
		 "-p udp -m multiport --ports 1:2,4,6:8",
		 "-p udp -m udp --sport 7:65535 ! --dport 9",
		 "4-m iprange ! --src-range 10.0.0.1-10.0.0.9 --dst-range 1.2.3.4-1.2.3.4",
		 "6-m iprange --src-range fd01::1-fd01::5 ! --dst-range fd02::-fd02::ffff",
		 "4-m ttl ! --ttl-eq 5",
		 "4-m ttl --ttl-gt 5",
		 "6-m hl --hl-lt 5",
		 "6-m hl ! --hl-eq 5",
		 "6-p ipv6-icmp -m icmp6 --icmpv6-type 128",
		 "6-p ipv6-icmp -m icmp6 ! --icmpv6-type 1/4",
		 "6-s fd01::/13 ! -d fd02::1 -o b+",
		 "6-s fd01::5/ffff::ff -p sctp",
		 "4! -d 10.0.0.0/255.0.0.7 -p 99 ! -o lo",
		 "4-p gre",
		 "! -p udplite",
		 "4! -f",
		 "-m length ! --length 5:",
		 "-j LOG --log-prefix \"a b\" --log-uid --log-level 7 --log-tcp-options",
		 "-p tcp -j LOG --log-tcp-sequence --log-ip-options --log-macdecode",
		 "-j LOG --log-prefix ab",
		 "-j NFLOG --nflog-group 2 --nflog-prefix a.b --nflog-size 40",
		 "-j NFLOG --nflog-threshold 5",
		 "-j NFQUEUE --queue-balance 3:5 --queue-bypass --queue-cpu-fanout",
		 "-j NFQUEUE --queue-num 9",
		 "-j NFQUEUE",
		 "4-j REJECT --reject-with icmp-net-prohibited",
		 "4-j REJECT --reject-with icmp-host-unreachable",
		 "6-j REJECT --reject-with icmp6-adm-prohibited",
		 "6-j REJECT",
		 "-p tcp -j REJECT --reject-with tcp-reset",
		 "4-j SET --add-set ip src",
		 "4-j SET --add-set net dst --exist --timeout 50 --del-set ipport src,dst",
		 "4-j SET --map-set ip src --map-mark --map-prio",
		 "-j MARK --set-mark 4",
		 "-j MARK --and-mark 4",
		 "-j CONNMARK --save-mark --mask 7",
		 "-j CONNMARK --restore-mark",
		 "-j CONNMARK --set-xmark 5/9",
		 "-j QUEUE",
		 "-m hashlimit --hashlimit-name q --hashlimit-above 5/s",
		 "-m string --algo bm --string abc",
		 "-m time --weekdays Mo",
		 "-m policy --dir out --pol ipsec",
		 "-j AUDIT --type drop",
		 "-g X",
		 "-j X",
		 "-j RETURN",
	 }},
	{"mangle",
	 "PREROUTING",
	 {
		 "-m mac ! --mac-source 0a:0b:0c:00:01:02",
		 "-m socket --transparent --nowildcard",
		 "-m rpfilter --loose --validmark --invert",
		 "-m rpfilter --accept-local",
		 "-i a+",
		 "! -i eth0.12",
		 "-j TOS --set-tos 8/0x3c",
		 "-j DSCP --set-dscp 3",
		 "4-j TTL --ttl-inc 2",
		 "4-j TTL --ttl-set 200",
		 "6-j HL --hl-dec 2",
		 "4-j TEE --gateway 10.0.0.1",
		 "6-j TEE --gateway fd01::1 --oif lo",
		 "-j CHECKSUM --checksum-fill",
	 }},
	{"mangle",
	 "POSTROUTING",
	 {
		 "-j CLASSIFY --set-class 1:a2",
		 "-p tcp --syn -j TCPMSS --clamp-mss-to-pmtu",
		 "-p tcp --syn -j TCPMSS --set-mss 600",
	 }},
	{"raw",
	 "OUTPUT",
	 {
		 "-j CT --notrack",
		 "-j NOTRACK",
		 "-j CT --zone 4",
		 "-j CT --zone-orig 4",
		 "-j CT --ctevents new",
		 "-j TRACE",
	 }},
	{"nat",
	 "PREROUTING",
	 {
		 "4-p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.4:80-90 --random --persistent",
		 "4-j DNAT --to-destination 10.0.0.1",
		 "4-p udp -j DNAT --to-destination :5",
		 "6-p tcp -j DNAT --to-destination [fd01::1]:80",
		 "6-j DNAT --to-destination fd01::1-fd01::7",
		 "-p tcp -j REDIRECT --to-ports 80 --random",
		 "-p udp -j REDIRECT --to-ports 80-90",
		 "-j REDIRECT",
	 }},
	{"nat",
	 "POSTROUTING",
	 {
		 "-p tcp -j SNAT --to-source :80-90 --random-fully",
		 "4-j SNAT --to-source 10.0.0.1 --persistent --random",
		 "6-p udp -j SNAT --to-source [fd01::1-fd01::5]:7",
		 "-p tcp -j MASQUERADE --to-ports 80-90 --random-fully --random",
		 "-j MASQUERADE",
		 "4-j NETMAP --to 10.0.0.0/8",
	 }},
};

#define NR_GROUPS (sizeof(extensions) / sizeof(extensions[0]))

static bool missing[NR_GROUPS][96]; /* this kernel or this iptables does not have it */
static bool v6, by_nft;

static const char *tool(const char *suffix)
{
	static char name[64];

	snprintf(name, sizeof(name), "ip%stables-%s%s", v6 ? "6" : "", by_nft ? "nft" : "legacy",
		 suffix);
	return name;
}

static bool restore(const char *text, size_t len)
{
	char command[96];
	FILE *f;

	snprintf(command, sizeof(command), "%s 2>&1 >/dev/null", tool("-restore"));
	f = popen(command, "w");
	return f && fwrite(text, 1, len, f) == len && !pclose(f);
}

/* Without the family's number; NULL: it is of the other family. */
static const char *rule_of(size_t g, size_t i)
{
	const char *rule = extensions[g].rules[i];

	if (!rule || missing[g][i] || *rule == (v6 ? '4' : '6'))
		return NULL;
	return *rule == '4' || *rule == '6' ? rule + 1 : rule;
}

static size_t nr_rules(size_t g)
{
	size_t nr = 0;

	while (nr < 96 && extensions[g].rules[nr])
		nr++;
	return nr;
}

static void find_missing(void)
{
	char text[512];

	for (size_t g = 0; g < NR_GROUPS; g++) {
		for (size_t i = 0; i < nr_rules(g); i++) {
			const char *rule = rule_of(g, i);

			if (!rule)
				continue;
			snprintf(text, sizeof(text), "*%s\n:X -\n-A %s %s\nCOMMIT\n",
				 extensions[g].table, extensions[g].chain, rule);
			missing[g][i] = !restore(text, strlen(text));
			if (missing[g][i])
				printf("not here: %s\n", rule);
		}
	}
}

/* Each of the tables with some of the extensions. */
static void put_extensions(struct ruleset *r)
{
	for (size_t g = 0; g < NR_GROUPS; g++) {
		const char *table = extensions[g].table;

		if (!g || strcmp(table, extensions[g - 1].table))
			put(r, "*%s\n:X -\n", table);
		for (uint32_t n = RULES; n; n--) {
			const char *rule = rule_of(g, rnd((uint32_t)nr_rules(g)));

			if (rule)
				put(r, "-A %s %s%s\n", extensions[g].chain,
				    chance(20) && strncmp(rule, "-s", 2)
					    ? (v6 ? "-s fd01::/16 " : "-s 10.0.0.0/8 ")
					    : "",
				    rule);
		}
		if (g + 1 == NR_GROUPS || strcmp(table, extensions[g + 1].table))
			put(r, "COMMIT\n");
	}
}

/* The chain's first rule that was not compared yet, by the order in which they are saved. */
struct cursor {
	const struct nf_chain *chain;
	const struct nf_rule *next;
};

static const struct nf_rule *next_rule(const struct nf_table *t, const char *line,
				       struct cursor *cursors, size_t max,
				       const struct nf_chain **chain)
{
	char name[64];
	const struct nf_rule *r;

	*chain = sscanf(line, "-A %63s", name) == 1 && t ? nf_chain_find(t, name) : NULL;
	for (size_t i = 0; *chain && i < max; i++) {
		if (!cursors[i].chain)
			cursors[i] = (struct cursor){*chain, (*chain)->rules};
		if (cursors[i].chain != *chain)
			continue;
		r = cursors[i].next;
		cursors[i].next = r ? r->next : NULL;
		return r;
	}
	return NULL;
}

/* Without /etc/protocols iptables does not know the name of protocol 47. */
static bool is_same(const char *text, const char *line)
{
	const char *number = strstr(line, " -p 47"), *name = strstr(text, " -p gre");

	if (!number || !name)
		return !strcmp(text, line);
	return number - line == name - text && !memcmp(text, line, (size_t)(name - text)) &&
	       !strcmp(name + strlen(" -p gre"), number + strlen(" -p 47"));
}

static void compare(struct texts *s, const char *line, const struct nf_chain *chain,
		    const struct nf_rule *r)
{
	char text[LINE_MAX_SZ] = "";

	s->rules++;
	/* what iptables-nft has not made may be told as nft does */
	if (r && (!nf_rule_text(chain, r, text, sizeof(text)) || *text != '-'))
		s->unknown++;
	else if (!strstr(text, " ! -i +") && !is_same(text, line)) { /* which it does not show */
		s->wrong++;
		printf("WRONG %s\nwe:   %s\n", line, text);
	} else
		return;
	if (getenv("SHOW_UNKNOWN"))
		printf("UNKNOWN %s\nwe:   %s\n", line, text);
}

static void compare_all(struct texts *s, const struct nf_ruleset *rs)
{
	static char line[LINE_MAX_SZ];
	static struct cursor cursors[256];
	const struct nf_table *t = NULL;
	FILE *f = popen(tool("-save"), "r");

	memset(cursors, 0, sizeof(cursors));
	while (f && fgets(line, sizeof(line), f)) {
		const struct nf_chain *chain;
		const struct nf_rule *r;

		line[strcspn(line, "\n")] = '\0';
		if (*line == '*')
			t = nf_table_find(rs, by_nft ? NF_NFTABLES : NF_IPTABLES,
					  v6 ? NFPROTO_IPV6 : NFPROTO_IPV4, line + 1);
		if (*line != '-')
			continue;
		r = next_rule(t, line, cursors, 256, &chain);
		compare(s, line, chain, r);
	}
	if (f)
		pclose(f);
}

static bool text_round(struct texts *s)
{
	static struct ruleset r;
	static struct nf_ipsets sets;
	struct nf_ruleset rs = {.arena = {.limit = NF_RULESET_MAX}, .ipsets = &sets};

	r.len = 0;
	if (!v6 && chance(50))
		xt_generate(&r);
	else
		put_extensions(&r);
	if (!restore(r.text, r.len) || (by_nft ? nft_read : xt_read)(&rs)) {
		printf("refused:\n%s", r.text);
		return false;
	}
	nf_ipsets_look(&sets, &rs.ipset_uses);
	compare_all(s, &rs);
	nf_ruleset_release(&rs);
	return true;
}

int text_main(const char *kind, long nr)
{
	struct texts s = {0};
	bool ok = true;

	v6 = strchr(kind, '6') != NULL;
	by_nft = !strncmp(kind, "iptables-nft", 12);
	if (unshare(CLONE_NEWNET)) {
		printf("cannot make the test network\n");
		return 77;
	}
	if (!strcmp(kind, "nft")) {
		ok = text_nft(&s, nr);
		s.same += s.unknown;
	} else {
		sets_make();
		find_missing();
		for (; ok && nr > 0 && s.wrong < 5; nr--)
			ok = text_round(&s);
		s.same = s.rules - s.wrong;
	}
	printf("%lu rules, %lu incomplete (%.1f %%), %lu wrong, %lu in other words\n", s.rules,
	       s.unknown, s.rules ? 100.0 * (double)s.unknown / (double)s.rules : 0, s.wrong,
	       s.rules - s.same);
	return !ok || s.wrong || !s.rules;
}
