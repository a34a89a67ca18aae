// SPDX-License-Identifier: GPL-2.0-only
/* Rules of iptables and ip6tables as "iptables -S" shows them, from the bytes that the kernel has.
 */
#include <arpa/inet.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/xt_set.h>

#include "netfilter/ipset.h"
#include "netfilter/rule_text.h"
#include "netfilter/text_private.h"
#include "netfilter/xt_private.h"

/* ---- values ---- */

void xt_text_opt(struct xt_part *p, bool invert, const char *name)
{
	textbuf_printf(p->t, invert ? " ! --%s" : " --%s", name);
}

void xt_text_range(struct xt_part *p, unsigned int lo, unsigned int hi, char sep)
{
	textbuf_printf(p->t, " %u", lo);
	if (hi != lo)
		textbuf_printf(p->t, "%c%u", sep, hi);
}

void xt_text_mark(struct xt_part *p, uint32_t mark, uint32_t mask)
{
	textbuf_printf(p->t, " 0x%x", mark);
	if (mask != 0xffffffff)
		textbuf_printf(p->t, "/0x%x", mask);
}

bool xt_text_set(struct xt_part *p, const char *name, const void *set_info)
{
	const struct xt_set_info *i = set_info;
	const char *set = nf_ipset_name(p->ipsets, i->index);

	xt_text_opt(p, i->flags & IPSET_INV_MATCH, name);
	textbuf_printf(p->t, " %s", set ? set : "");
	for (unsigned int dim = 1; dim <= i->dim && dim <= IPSET_DIM_MAX; dim++)
		textbuf_printf(p->t, "%c%s", dim == 1 ? ' ' : ',',
			       i->flags >> dim & 1 ? "src" : "dst");
	return set && i->dim <= IPSET_DIM_MAX;
}

static bool needs_quotes(unsigned char c)
{
	return !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
	       c != '_' && c != '-';
}

/* As xtables_save_string() does. */
void xt_text_quoted(struct xt_part *p, const char *s, size_t max)
{
	size_t len = strnlen(s, max);
	bool quote = !len;

	for (size_t i = 0; i < len; i++)
		quote |= needs_quotes((unsigned char)s[i]);
	textbuf_str(p->t, quote ? " \"" : " ");
	for (size_t i = 0; i < len; i++) {
		if (strchr("\"\\'", s[i]))
			textbuf_str(p->t, "\\");
		textbuf_mem(p->t, s + i, 1);
	}
	if (quote)
		textbuf_str(p->t, "\"");
}

bool text_word(struct textbuf *t, const char *words, unsigned int n)
{
	size_t len;

	while (n-- && *words) {
		words += strcspn(words, " ");
		words += *words == ' ';
	}
	len = strcspn(words, " ");
	if (!len || *words == '-')
		return false;
	textbuf_mem(t, words, len);
	return true;
}

bool text_bits(struct textbuf *t, uint32_t bits, const char *words, const char *sep)
{
	bool known = true, any = false;

	for (unsigned int i = 0; bits; i++, bits >>= 1) {
		if (!(bits & 1))
			continue;
		if (any)
			textbuf_str(t, sep);
		any = true;
		known &= text_word(t, words, i);
	}
	return known;
}

void text_addr(struct textbuf *t, uint8_t family, const void *addr)
{
	char buf[INET6_ADDRSTRLEN];

	inet_ntop(family == NFPROTO_IPV6 ? AF_INET6 : AF_INET, addr, buf, sizeof(buf));
	textbuf_str(t, buf);
}

/* The length of a prefix; -1: the mask is none. */
static int prefix_of(const uint8_t *mask, size_t sz)
{
	size_t len = 0;

	while (len < 8 * sz && mask[len / 8] & 0x80 >> len % 8)
		len++;
	for (size_t i = len; i < 8 * sz; i++)
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	return (int)len;
}

void text_addr_mask(struct textbuf *t, uint8_t family, const void *addr, const void *mask)
{
	int prefix = prefix_of(mask, family == NFPROTO_IPV6 ? 16 : 4);

	text_addr(t, family, addr);
	textbuf_str(t, "/");
	if (prefix < 0)
		text_addr(t, family, mask);
	else
		textbuf_printf(t, "%d", prefix);
}

const char *text_protocol(uint8_t protocol)
{
	static const struct {
		uint8_t protocol;
		char name[11];
	} names[] = {
		{1, "icmp"},  {2, "igmp"},  {6, "tcp"},	   {17, "udp"},	  {33, "dccp"},
		{41, "ipv6"}, {47, "gre"},  {50, "esp"},   {51, "ah"},	  {58, "ipv6-icmp"},
		{89, "ospf"}, {103, "pim"}, {112, "vrrp"}, {132, "sctp"}, {136, "udplite"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].protocol == protocol)
			return names[i].name;
	return NULL;
}

/* ---- extensions ---- */

static const struct xt_text_ext *find_ext(const struct xt_text_of *of, const char *name,
					  unsigned int revision, size_t sz, uint8_t family)
{
	for (size_t i = 0; i < of->nr; i++) {
		const struct xt_text_ext *x = &of->exts[i];

		if (x->revision == revision && (!x->family || x->family == family) && sz >= x->sz &&
		    sz <= XT_ALIGN((size_t)x->sz) && !strcmp(x->name, name))
			return x;
	}
	return NULL;
}

bool xt_ext_text(const struct xt_text_of *of, const char *name, unsigned int revision,
		 const void *info, size_t sz, const struct nf_table *table, struct textbuf *t)
{
	const struct xt_text_ext *x = find_ext(of, name, revision, sz, table->family);
	char options[XT_INFO_MAX];
	struct textbuf o = {.buf = options, .sz = sizeof(options)};
	union {
		uint64_t align;
		uint8_t bytes[XT_INFO_MAX];
	} copy;
	struct xt_part p = {.t = &o,
			    .family = table->family,
			    .ipsets = table->ipsets,
			    .info = &copy,
			    .name = name};

	options[0] = '\0';
	if (x && sz <= sizeof(copy)) {
		memcpy(&copy, info, sz);
		if (!x->fn || x->fn(&p)) {
			textbuf_printf(t, " %s %s%s", of->option, p.name, options);
			return true;
		}
	}
	textbuf_printf(t, " %s %s [unknown %s, %zu bytes]", of->option, name, of->kind, sz);
	return false;
}

/* ---- the plain part ---- */

static bool is_zero(const void *data, size_t sz)
{
	const uint8_t *p = data;

	while (sz && !*p) {
		p++;
		sz--;
	}
	return !sz;
}

/* save_ipv4_addr() and save_ipv6_addr(): what fits any address is not shown. */
static void add_addrs(struct textbuf *t, const struct xt_text_plain *pl, uint8_t family)
{
	static const uint8_t inv[2] = {IPT_INV_SRCIP, IPT_INV_DSTIP};
	size_t sz = family == NFPROTO_IPV6 ? 16 : 4;

	for (int i = 0; i < 2; i++) {
		bool invert = pl->invert & inv[i];

		if (is_zero(pl->mask[i], sz) && is_zero(pl->addr[i], sz) && !invert)
			continue;
		textbuf_printf(t, "%s -%c ", invert ? " !" : "", "sd"[i]);
		text_addr_mask(t, family, pl->addr[i], pl->mask[i]);
	}
}

/* "eth0", or "eth+" where the mask ends before the name's NUL. */
static void add_devs(struct textbuf *t, const struct xt_text_plain *pl)
{
	static const uint8_t inv[2] = {IPT_INV_VIA_IN, IPT_INV_VIA_OUT};

	for (int i = 0; i < 2; i++) {
		bool invert = pl->invert & inv[i];
		size_t len = 0;

		while (len < IFNAMSIZ && pl->dev_mask[i][len] && pl->dev[i][len])
			len++;
		if (!pl->dev_mask[i][0] && !invert)
			continue;
		textbuf_printf(t, "%s -%c ", invert ? " !" : "", "io"[i]);
		textbuf_mem(t, pl->dev[i], len);
		if (len == IFNAMSIZ || !pl->dev_mask[i][len])
			textbuf_str(t, "+");
	}
}

/* Masks are of whole bytes, without holes. */
static bool dev_is_known(const unsigned char *mask)
{
	size_t len = 0;

	while (len < IFNAMSIZ && mask[len] == 0xff)
		len++;
	return is_zero(mask + len, IFNAMSIZ - len);
}

bool xt_plain_text(struct textbuf *t, const struct xt_text_plain *pl, uint8_t family)
{
	bool known = !(pl->flags & ~pl->flags_known) && !(pl->invert & ~pl->invert_known) &&
		     (pl->proto || !(pl->invert & IPT_INV_PROTO));
	const char *proto = text_protocol(pl->proto);

	add_addrs(t, pl, family);
	for (int i = 0; i < 2; i++)
		known &= dev_is_known(pl->dev_mask[i]);
	add_devs(t, pl);
	if (pl->proto)
		textbuf_str(t, pl->invert & IPT_INV_PROTO ? " ! -p " : " -p ");
	if (proto)
		textbuf_str(t, proto);
	else if (pl->proto)
		textbuf_printf(t, "%u", pl->proto);
	if (family == NFPROTO_IPV4 && pl->flags & IPT_F_FRAG)
		textbuf_str(t, pl->invert & IPT_INV_FRAG ? " ! -f" : " -f");
	if (!known)
		textbuf_printf(t, " [unknown flags]");
	return known;
}

static bool add_ipv4(struct textbuf *t, const uint8_t *data)
{
	struct ipt_ip ip;

	memcpy(&ip, data, sizeof(ip));
	return xt_plain_text(t,
			     &(struct xt_text_plain){
				     .addr = {&ip.src, &ip.dst},
				     .mask = {&ip.smsk, &ip.dmsk},
				     .dev = {ip.iniface, ip.outiface},
				     .dev_mask = {ip.iniface_mask, ip.outiface_mask},
				     .proto = (uint8_t)ip.proto,
				     .flags = ip.flags,
				     .invert = ip.invflags,
				     .flags_known = IPT_F_FRAG | IPT_F_GOTO,
				     .invert_known = IPT_INV_MASK & ~IPT_INV_TOS,
			     },
			     NFPROTO_IPV4);
}

static bool add_ipv6(struct textbuf *t, const uint8_t *data)
{
	struct ip6t_ip6 ip;

	memcpy(&ip, data, sizeof(ip));
	/* without the flag the kernel does not look at the protocol */
	return xt_plain_text(
		t,
		&(struct xt_text_plain){
			.addr = {&ip.src, &ip.dst},
			.mask = {&ip.smsk, &ip.dmsk},
			.dev = {ip.iniface, ip.outiface},
			.dev_mask = {ip.iniface_mask, ip.outiface_mask},
			.proto = ip.flags & IP6T_F_PROTO ? (uint8_t)ip.proto : 0,
			.flags = ip.flags,
			.invert = ip.invflags,
			.flags_known = IP6T_F_PROTO | IP6T_F_GOTO,
			.invert_known = IP6T_INV_MASK & ~(IP6T_INV_TOS | IP6T_INV_FRAG),
		},
		NFPROTO_IPV6);
}

/* ---- the rule ---- */

static bool add_target(const struct nf_rule *r, size_t off, const struct nf_table *table,
		       struct textbuf *t)
{
	static const char verdicts[] = "- ACCEPT DROP - QUEUE - - - - RETURN"; /* nf_action */
	const uint8_t *target = (const uint8_t *)r->data + off;
	size_t hdr_sz = sizeof(struct xt_entry_target);
	const char *name = (const char *)target + offsetof(struct xt_entry_target, u.user.name);
	bool is_jump = r->action == NF_ACT_JUMP || r->action == NF_ACT_GOTO;
	uint16_t sz;

	if (r->action == NF_ACT_CONTINUE)
		return true;
	if (is_jump) {
		textbuf_printf(t, " -%c %s", r->action == NF_ACT_GOTO ? 'g' : 'j',
			       r->chain ? r->chain->name : "[unknown chain]");
		return r->chain != NULL;
	}
	textbuf_str(t, " -j ");
	if (text_word(t, verdicts, r->action))
		return true;
	text_back_to(t, t->len - 4);
	if (!name[0]) {
		textbuf_str(t, " -j [unknown verdict]");
		return false;
	}
	memcpy(&sz, target, sizeof(sz));
	return xt_target_text(name, target[offsetof(struct xt_entry_target, u.user.revision)],
			      target + hdr_sz, sz - hdr_sz, table, t);
}

static bool add_arp(struct textbuf *t)
{
	textbuf_str(t, " [conditions of arptables]");
	return false;
}

bool xt_rule_text(const struct nf_chain *chain, const struct nf_rule *r, struct textbuf *t)
{
	uint8_t family = chain->table->family;
	const struct xt_family *f = xt_family_of(family);
	const uint8_t *data = r->data;
	struct xt_match_at m = {.off = f->entry_sz};
	uint16_t target;
	bool known;

	memcpy(&target, data + f->offsets_off, sizeof(target));
	textbuf_printf(t, "-A %s", chain->name);
	if (family == NFPROTO_ARP)
		known = add_arp(t);
	else
		known = family == NFPROTO_IPV4 ? add_ipv4(t, data) : add_ipv6(t, data);
	while (xt_next_match(data, target, &m))
		known &= xt_match_text(m.name, m.revision, m.info, m.sz, chain->table, t);
	if (m.off != target) {
		textbuf_str(t, " [unknown matches]");
		known = false;
	}
	return add_target(r, target, chain->table, t) && known;
}

/* ---- all backends ---- */

bool nf_rule_text(const struct nf_chain *chain, const struct nf_rule *r, char *buf, size_t sz)
{
	struct textbuf t = {.buf = buf, .sz = sz};
	bool known = false;

	buf[0] = '\0';
	if (chain->table->backend == NF_IPTABLES && chain->table->family == NFPROTO_BRIDGE)
		known = ebt_rule_text(chain, r, &t);
	else if (chain->table->backend == NF_IPTABLES)
		known = xt_rule_text(chain, r, &t);
	else if (!chain->table->by_iptables || !nft_rule_xt_text(chain, r, &t, &known))
		known = nft_rule_text(chain, r, &t);
	if (t.len >= sz && sz > 3)
		strcpy(buf + sz - 4, "...");
	return known;
}
