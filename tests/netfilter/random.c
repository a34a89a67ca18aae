// SPDX-License-Identifier: GPL-2.0-only
/*
 * nf-random nft|nft6|xt|iptables-nft NR_RULESETS SEED [no-hook|stack]: random rulesets and packets,
 * and who dropped them by the kernel and by netfilter/. As root; in a network namespace of its own.
 * A wrong rule is a failure, and more than 2 % of unknown ones where all is told, changes by rules
 * included. no-hook: of each packet only its end is told, as by tracepoints; stack: and the hook.
 * nf-random text xt|xt6|nft NR_RULESETS SEED: their texts, compared with those of iptables and nft.
 */
#include "tests/netfilter/random.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/netfilter.h>

#include "kern/clock.h"
#include "netfilter/candidate.h"
#include "netfilter/ipset.h"
#include "netfilter/nft.h"
#include "netfilter/xt.h"

#define PACKETS	     24 /* for each ruleset */
#define UNKNOWN_MAX  2	/* percent */
#define HDR_SHORT    40 /* what events bring of IPv4 without options, */
#define HDR_MAX	     80 /* and with */
#define FAILURES_MAX 5

/* In all rounds: traces, the state of connections; and no answers of this host. */
static const char probe[] =
	"flush ruleset\n"
	"table ip probe {\n"
	"chain in { type filter hook prerouting priority -500; meta nftrace set 1; }\n"
	"chain out { type filter hook output priority -500; meta nftrace set 1;\n"
	"ip saddr { 10.1.0.1, 10.2.0.1, 127.0.0.0/8 } drop; }\n"
	"chain input { type filter hook input priority -500; meta nftrace set 1; }\n"
	"chain forward { type filter hook forward priority -500; meta nftrace set 1; }\n"
	"chain post { type filter hook postrouting priority -500; meta nftrace set 1; }\n"
	"chain late { type filter hook prerouting priority -190; meta nftrace set 1; }\n"
	"chain late_out { type filter hook output priority -190; meta nftrace set 1; }\n"
	"}\n"
	"table ip6 probe {\n"
	"chain in { type filter hook prerouting priority -500; meta nftrace set 1; }\n"
	"chain out { type filter hook output priority -500; meta nftrace set 1;\n"
	"ip6 saddr { fd01::1, fd02::1, ::1 } drop; }\n"
	"chain input { type filter hook input priority -500; meta nftrace set 1; }\n"
	"chain forward { type filter hook forward priority -500; meta nftrace set 1; }\n"
	"chain post { type filter hook postrouting priority -500; meta nftrace set 1; }\n"
	"}\n";

enum told { TOLD_ALL, TOLD_CHANGED, TOLD_NAT, TOLD_LESS, NR_TOLD };

struct score {
	unsigned long rulesets, refused, packets;
	unsigned long dropped[NR_TOLD], unknown[NR_TOLD], wrong;
};

static uint64_t rnd_state;
static bool no_hook, no_entry;

uint32_t rnd(uint32_t nr)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 7;
	rnd_state ^= rnd_state << 17;
	return (uint32_t)((rnd_state >> 32) % nr);
}

void put(struct ruleset *r, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(r->text + r->len, sizeof(r->text) - r->len, fmt, args);
	va_end(args);
	r->len += n > 0 ? (size_t)n : 0;
	if (r->len >= sizeof(r->text))
		abort();
}

bool load_text(const char *command, const char *text, size_t len)
{
	FILE *f = popen(command, "w");
	size_t done = f ? fwrite(text, 1, len, f) : 0;

	return f && !pclose(f) && done == len;
}

static void set_dev(struct nf_dev *dev, const char *name)
{
	dev->known = true;
	dev->ifindex = name ? 1 : 0;
	if (name)
		strcpy(dev->name, name);
}

/* The devices as an event at the end shows them. */
static void fill_devs(const struct packet *p, const struct truth *t, struct nf_packet *q)
{
	uint8_t hook = t->hook;
	const char *in = p->is_sent ? (p->is_local ? "lo" : NULL) : "a0";
	const char *out = p->is_local ? "lo" : "b0";

	if (t->has_devs) {
		q->out = t->out;
		q->skb_dev = hook == NF_INET_POST_ROUTING ? t->out : t->in;
		return;
	}
	set_dev(&q->skb_dev, hook == NF_INET_LOCAL_OUT	    ? NULL
			     : hook == NF_INET_POST_ROUTING ? out
							    : in);
	set_dev(&q->out, hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_IN ? NULL : out);
}

/* ip_forward() counts the TTL down, and mends the checksum. */
static void pass_router(uint8_t *ip)
{
	uint32_t sum;

	if (*ip >> 4 == 6) {
		ip[7]--;
		return;
	}
	sum = (uint32_t)(ip[10] << 8 | ip[11]) + 0x100;
	sum += sum >= 0xffff;
	ip[8]--;
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

/* As explain/ does where it saw the packet come to its hook. */
static void add_entry(struct nf_packet *q, const struct truth *t)
{
	bool is_src = t->hook == NF_INET_LOCAL_IN || t->hook == NF_INET_POST_ROUTING;
	const uint8_t *old = t->entry_sz ? t->entry : q->hdr;
	size_t l4 = (size_t)(old[0] & 0xf) * 4, len = t->entry_sz ? t->entry_sz : q->hdr_len;
	bool has_ports = (old[9] == 6 || old[9] == 17) && len >= l4 + 4 && q->hdr_len >= l4 + 4;
	bool src, dst;

	if (!t->has_entry || t->entry_hook != t->hook)
		return;
	if (old != q->hdr) {
		len = len < q->hdr_len ? len : q->hdr_len;
		src = memcmp(old + 12, q->hdr + 12, 4) ||
		      (has_ports && memcmp(old + l4, q->hdr + l4, 2));
		dst = memcmp(old + 16, q->hdr + 16, 4) ||
		      (has_ports && memcmp(old + l4 + 2, q->hdr + l4 + 2, 2));
		if ((is_src ? dst : src) || (t->hook == NF_INET_FORWARD && (src || dst)))
			return;
		q->ttl_changed = old[1] != q->hdr[1] || old[8] != q->hdr[8];
		if (src || dst) {
			q->before = old;
			q->before_len = len;
		}
	}
	q->entry = (struct nf_entry){.hdr = old, .hdr_len = len, .mark = t->entry_mark};
}

/* As explain/ does from an event at the packet's end. */
static struct nf_packet as_seen(const struct packet *p, const struct truth *t, uint8_t *hdr)
{
	size_t max = p->data[0] == 0x45 ? HDR_SHORT : HDR_MAX;
	struct nf_packet q = {
		.family = p->is_v6 ? NFPROTO_IPV6 : NFPROTO_IPV4,
		.hook = t->hook,
		.protocol = p->is_v6 ? 0x86dd : 0x0800,
		.has_mark = t->has_mark,
		.mark = t->mark,
		.has_len = true,
		.len = (uint32_t)p->len,
		.has_ct = t->has_ct,
		.ct_info = t->ct_info,
		.hdr = hdr,
		.hdr_len = p->len < max ? p->len : max,
	};

	memcpy(hdr, p->data, p->len);
	if (t->hdr_sz) {
		memcpy(hdr, t->hdr, t->hdr_sz);
		q.hdr_len = t->hdr_sz < max ? t->hdr_sz : max;
	} else if (!p->is_sent && (t->hook == NF_INET_FORWARD || t->hook == NF_INET_POST_ROUTING))
		pass_router(hdr);
	if (t->ttl)
		hdr[8] = t->ttl;
	if (t->dscp)
		hdr[1] = (uint8_t)(t->dscp << 2 | (hdr[1] & 3));
	fill_devs(p, t, &q);
	add_entry(&q, t);
	return q;
}

/* What older kernels do not tell. */
static void tell_less(struct nf_packet *q)
{
	q->has_ct &= chance(50);
	if (chance(50))
		q->entry.hdr = NULL;
	q->out.known &= chance(50);
	if (chance(40))
		q->hook = NF_HOOK_UNKNOWN;
	if (chance(20))
		q->hdr_len = 20 + rnd((uint32_t)q->hdr_len - 19);
}

static bool is_right(const struct nf_candidate *c, const struct truth *t)
{
	const struct nf_chain *base = c->nr_path ? c->path[0].chain : c->chain;
	char where[sizeof(t->where)];
	uint64_t rule = !c->rule			   ? 0
			: c->table->backend == NF_NFTABLES ? c->rule->handle
							   : c->rule->number;

	snprintf(where, sizeof(where), "%u %s %s", c->table->family, c->table->name,
		 c->chain->name);
	if (rule != t->rule || strcmp(where, t->where))
		return false;
	/* a rule that may have been reached in several ways has no path */
	return c->hook == NF_HOOK_UNKNOWN ||
	       (c->hook == t->hook && (!t->base[0] || !strcmp(base->name, t->base)));
}

static void print_decision(const struct nf_decision *d)
{
	char buf[256];

	for (size_t i = 0; i < d->nr; i++) {
		nf_candidate_format(&d->c[i], &(struct textbuf){.buf = buf, .sz = sizeof(buf)});
		printf("  candidate, action %u: %s\n", d->c[i].action, buf);
	}
	if (d->overflow)
		printf("  overflow\n");
}

static void print_case(const char *what, const struct ruleset *r, const struct packet *p,
		       const struct nf_packet *q, const struct truth *t,
		       const struct nf_decision *d)
{
	printf("%s\n", what);
	fflush(stdout);
	if (system(r->list))
		printf("%.*s", (int)r->len, r->text);
	packet_print(p);
	printf("told: hook %u, mark %d, ct %d, out %d, %zu bytes; entry %d, mark %d\n", q->hook,
	       q->has_mark ? (int)q->mark : -1, q->has_ct ? q->ct_info : -1, q->out.known,
	       q->hdr_len, q->entry.hdr != NULL, (int)q->entry.mark);
	printf("the kernel: hook %u, %s %s%llu\n", t->hook, t->where, t->rule ? "rule " : "policy ",
	       (unsigned long long)t->rule);
	print_decision(d);
}

static void judge(struct score *s, const struct ruleset *r, const struct nf_ruleset *rs,
		  const struct packet *p, uint64_t ts, const struct truth *t)
{
	static struct nf_decision d;
	const struct nf_candidate *c;
	uint8_t hdr[PACKET_MAX];
	struct nf_packet q = as_seen(p, t, hdr);
	enum told told =
		r->unsure || p->is_odd || !t->has_mark || (r->has_ct && !t->has_ct) || chance(25)
			? TOLD_LESS
		: r->has_nat ? TOLD_NAT
		: r->changes ? TOLD_CHANGED
			     : TOLD_ALL;

	if (told == TOLD_LESS && (!r->unsure || chance(50)))
		tell_less(&q);
	if (no_hook)
		q.hook = NF_HOOK_UNKNOWN;
	if (no_entry) {
		q.entry.hdr = q.before = NULL;
		q.out.known = q.ttl_changed = false;
	}
	q.ts = ts;
	nf_packet_parse(&q);
	d.nr = 0;
	d.overflow = false;
	nf_decide(rs, &q, &d);
	c = nf_decision_drop(&d);
	s->dropped[told]++;
	if (!c) {
		s->unknown[told]++;
		if (told != TOLD_LESS && getenv("SHOW_UNKNOWN"))
			print_case("UNKNOWN", r, p, &q, t, &d);
	} else if (!is_right(c, t)) {
		s->wrong++;
		print_case("WRONG", r, p, &q, t, &d);
	}
}

static bool load_nft(struct ruleset *r)
{
	char all[sizeof(r->text) + sizeof(probe)];

	nft_generate(r, false);
	snprintf(all, sizeof(all), "%s%s", probe, r->text);
	return load_text("nft -f - 2>&1", all, strlen(all));
}

static bool load_nft6(struct ruleset *r)
{
	char all[sizeof(r->text) + sizeof(probe)];

	nft_generate6(r);
	snprintf(all, sizeof(all), "%s%s", probe, r->text);
	return load_text("nft -f - 2>&1", all, strlen(all));
}

static bool load_xt(struct ruleset *r)
{
	xt_generate(r);
	return load_text("iptables-legacy-restore 2>&1", r->text, r->len);
}

static bool load_iptables_nft(struct ruleset *r)
{
	xt_generate(r);
	return load_text("nft -f -", probe, sizeof(probe) - 1) &&
	       load_text("iptables-nft-restore 2>&1", r->text, r->len);
}

static const struct kind {
	const char *name;
	const char *list; /* the command that shows rules */
	bool (*load)(struct ruleset *r);
	int (*read)(struct nf_ruleset *rs);
	bool by_counters; /* the kernel's truth; else by traces */
	bool is_v6;
} kinds[] = {
	{"nft", "nft -a list ruleset", load_nft, nft_read, false, false},
	{"nft6", "nft -a list ruleset", load_nft6, nft_read, false, true},
	{"xt", "iptables-legacy-save", load_xt, xt_read, true},
	{"iptables-nft", "nft -a list ruleset", load_iptables_nft, nft_read, false},
};

/* One ruleset, and packets. */
static void round_of(struct score *s, const struct kind *k, bool has_sets)
{
	static struct ruleset r;
	static struct nf_ipsets sets;
	struct nf_ruleset rs = {.arena = {.limit = NF_RULESET_MAX}, .ipsets = &sets};
	static uint16_t id = 0;
	uint64_t ts;

	r.len = 0;
	r.list = k->list;
	r.has_sets = has_sets;
	r.has_ct = r.has_nat = r.unsure = r.changes = false;
	s->rulesets++;
	if (!k->load(&r)) {
		if (!s->refused++)
			printf("refused:\n%s", r.text);
		return;
	}
	if (k->read(&rs)) {
		printf("WRONG the ruleset cannot be read\n%s", r.text);
		s->wrong++;
	}
	nf_ipsets_look(&sets, &rs.ipset_uses);
	for (int i = 0; i < PACKETS && s->wrong < FAILURES_MAX; i++) {
		struct packet p;
		struct truth t;

		id = id == 0xffff ? 1 : id + 1;
		(k->is_v6 ? packet_generate6 : packet_generate)(&p, id);
		trace_begin();
		if (k->by_counters && !counters_begin())
			continue;
		ts = clock_now();
		packet_send(&p);
		trace_end(&rs, &p, id, &t);
		if (k->by_counters && !counters_end(&p, &t))
			continue;
		s->packets++;
		if (!t.dropped)
			continue;
		nf_ipsets_look(&sets, &rs.ipset_uses);
		judge(s, &r, &rs, &p, ts, &t);
	}
	nf_ruleset_release(&rs);
}

static double percent(unsigned long part, unsigned long whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static int report(const struct score *s)
{
	static const char *const names[NR_TOLD] = {"all told", "changed", "nat", "less told"};

	printf("%lu rulesets, %lu refused, %lu packets", s->rulesets, s->refused, s->packets);
	for (int i = 0; i < NR_TOLD; i++)
		printf("; %s: %lu dropped, %lu unknown (%.1f %%)", names[i], s->dropped[i],
		       s->unknown[i], percent(s->unknown[i], s->dropped[i]));
	printf("; %lu wrong\n", s->wrong);
	if (!s->dropped[TOLD_ALL] || s->refused > s->rulesets / 20)
		return 1;
	if (no_entry)
		return s->wrong != 0;
	return s->wrong || percent(s->unknown[TOLD_ALL] + s->unknown[TOLD_CHANGED],
				   s->dropped[TOLD_ALL] + s->dropped[TOLD_CHANGED]) > UNKNOWN_MAX;
}

int main(int argc, char **argv)
{
	struct score s = {0};
	const struct kind *k = kinds;
	bool has_sets;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && !strcmp(argv[1], "text")) {
		rnd_state = strtoull(argv[4], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
		return text_main(argv[2], strtol(argv[3], NULL, 10));
	}
	no_hook = argc == 5 && !strcmp(argv[4], "no-hook");
	no_entry = no_hook || (argc == 5 && !strcmp(argv[4], "stack"));
	argc -= no_entry;
	while (argc == 4 && k < kinds + sizeof(kinds) / sizeof(kinds[0]) &&
	       strcmp(k->name, argv[1]))
		k++;
	if (argc != 4 || k == kinds + sizeof(kinds) / sizeof(kinds[0])) {
		fprintf(stderr,
			"usage: %s nft|nft6|xt|iptables-nft NR_RULESETS SEED [no-hook|stack]\n",
			argv[0]);
		return 2;
	}
	rnd_state = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15 + 1;
	if (lab_open() || !load_text("nft -f -", probe, sizeof(probe) - 1) || trace_open()) {
		printf("cannot make the test network\n");
		return 77;
	}
	has_sets = sets_make();
	for (long i = strtol(argv[2], NULL, 10); i > 0 && s.wrong < FAILURES_MAX; i--)
		round_of(&s, k, has_sets);
	return report(&s);
}
