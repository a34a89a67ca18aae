/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * random.h - what the files of nf-random share: random rulesets, random packets on a network of its
 * own, and what the kernel did with them.
 */
#ifndef TESTS_NETFILTER_RANDOM_H
#define TESTS_NETFILTER_RANDOM_H

#include <stdio.h>

#include "netfilter/decision.h"

#define PACKET_MAX 256

/* ---- numbers ---- */

uint32_t rnd(uint32_t nr); /* 0 to nr - 1 */
static inline bool chance(uint32_t percent)
{
	return rnd(100) < percent;
}

/* One of the arguments, strings. */
#define PICK(...)                                                                                  \
	(((const char *const[]){                                                                   \
		__VA_ARGS__})[rnd(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *))])

/* ---- rulesets ---- */

struct ruleset {
	char text[65536]; /* for nft(8) or iptables-restore(8) */
	size_t len;
	const char *list; /* the command that shows it */
	bool has_ct;	  /* a rule asks for the state of connections */
	bool has_nat;	  /* chains that some packets pass only */
	bool unsure;	  /* rules ask for what no packet tells */
	bool changes;	  /* rules change marks, TTLs or TOS */
	bool has_sets;	  /* rules may name those of sets_make() */
};

__attribute__((format(printf, 2, 3))) void put(struct ruleset *r, const char *fmt, ...);

/* plain: without NAT and changed TTLs. */
void nft_generate(struct ruleset *r, bool plain);
void nft_generate6(struct ruleset *r);
void xt_generate(struct ruleset *r);

/* Give the command this input. */
bool load_text(const char *command, const char *text, size_t len);

/* Sets of ipset; false: there is no ipset here. */
bool sets_make(void);
void sets_put_match(struct ruleset *r);

/* ---- packets ---- */

/*
 * Devices a0 and b0 have peers. Packets come from a0's, as from a host behind it, or are sent from
 * here; they go here, by lo, or out by b0.
 */
struct packet {
	uint8_t data[PACKET_MAX];
	size_t len;
	uint32_t mark;
	bool is_sent;  /* from here; else it comes in by a0 */
	bool is_local; /* to an address of this host */
	bool is_v6;
	bool is_odd; /* cut off, or a fragment that would overwrite the header */
	uint8_t ttl;
};

int lab_open(void);
void packet_generate(struct packet *p, uint16_t id);
/* IPv6; the flow label is id. */
void packet_generate6(struct packet *p, uint16_t id);
/* Send it, and wait until it has ended. */
void packet_send(const struct packet *p);
void packet_print(const struct packet *p);

/* ---- the kernel's truth ---- */

struct truth {
	bool dropped;
	uint8_t hook;
	char where[160]; /* "family table chain": handle or number, or policy */
	char base[64];	 /* the base chain; "": not known */
	uint64_t rule;	 /* handle or number; 0: the policy */
	bool has_ct, has_mark;
	uint8_t ct_info; /* as in struct nf_packet */
	uint32_t mark;	 /* at the end */
	uint8_t hdr[80]; /* at the end */
	size_t hdr_sz;	 /* 0: as it was sent */
	bool has_entry;
	uint8_t entry_hook;
	uint32_t entry_mark; /* when it came there */
	uint8_t entry[80];
	size_t entry_sz; /* 0: as at the end */
	uint8_t ttl;	 /* this and the next that a rule of xtables set; 0: none */
	uint8_t dscp;
	bool has_devs;
	struct nf_dev in, out; /* of the hook, if has_devs */
};

int trace_open(void);
/* Begin, and what the rules of nftables did to the packet since. rs: to find comments of rules. */
void trace_begin(void);
void trace_end(const struct nf_ruleset *rs, const struct packet *p, uint16_t id, struct truth *t);

/* The same for xtables, by counters. false: they cannot be read. */
bool counters_begin(void);
bool counters_end(const struct packet *p, struct truth *t);

/* ---- texts of rules ---- */

struct texts {
	unsigned long rulesets, refused;
	unsigned long rules, unknown, wrong;
	unsigned long same; /* nft: also letter by letter */
};

/* nf-random text KIND NR: its exit code. */
int text_main(const char *kind, long nr);
/* Those of nftables. False: they cannot be compared. */
bool text_nft(struct texts *s, long nr);

#endif
