// SPDX-License-Identifier: GPL-2.0-only
/* Sets of ipset that random rules of iptables name: they stay as they are. */
#include <string.h>

#include "tests/netfilter/random.h"

/* Protocols by number: not every machine has /etc/protocols. */
static struct {
	const char *name;
	uint32_t weight; /* 0: this kernel lacks the type */
	const char *text;
} sets[] = {
	{"ip", 2, "create ip hash:ip\nadd ip 10.1.0.5\nadd ip 10.2.0.5\nadd ip 10.3.0.4\n"},
	{"mask", 1, "create mask hash:ip netmask 22\nadd mask 10.2.4.0\nadd mask 10.1.0.0\n"},
	{"bip", 1, "create bip bitmap:ip range 10.1.0.0/24 netmask 30\nadd bip 10.1.0.4\n"},
	{"bport", 1, "create bport bitmap:port range 1-6\nadd bport 2-4\n"},
	{"net", 3,
	 "create net hash:net timeout 100000\nadd net 10.1.0.0/16\n"
	 "add net 10.1.0.4/30 nomatch\nadd net 10.2.0.0/21 nomatch\n"
	 "add net 10.0.0.0/8 timeout 0\nadd net 10.2.0.4/31\n"},
	{"ipport", 2,
	 "create ipport hash:ip,port counters\nadd ipport 10.1.0.5,6:1-5\n"
	 "add ipport 10.2.0.5,17:3-8\nadd ipport 10.2.0.5,1:8/0\nadd ipport 10.2.0.5,47:0\n"},
	{"netport", 2,
	 "create netport hash:net,port\nadd netport 10.1.0.0/16,17:1-6\n"
	 "add netport 10.1.0.4/30,17:3-4 nomatch\nadd netport 10.2.0.0/16,6:2-7\n"},
	{"ipportip", 1,
	 "create ipportip hash:ip,port,ip\nadd ipportip 10.1.0.5,6:1-8,10.2.0.5\n"
	 "add ipportip 10.3.0.4,17:1-8,10.2.0.5\n"},
	{"ipportnet", 1,
	 "create ipportnet hash:ip,port,net\nadd ipportnet 10.2.0.5,17:1-8,10.1.0.0/16\n"
	 "add ipportnet 10.2.0.5,17:1-4,10.1.0.4/30 nomatch\n"},
	{"netnet", 1,
	 "create netnet hash:net,net\nadd netnet 10.1.0.0/16,10.2.0.0/21\n"
	 "add netnet 10.3.0.0/24,10.0.0.0/8\n"},
	{"netportnet", 1,
	 "create netportnet hash:net,port,net\nadd netportnet 10.1.0.0/16,17:2-7,10.2.0.0/16\n"
	 "add netportnet 10.3.0.0/16,6:1-6,10.2.0.4/30\n"},
	{"ipmark", 1, "create ipmark hash:ip,mark\nadd ipmark 10.1.0.5,1\nadd ipmark 10.2.0.5,0\n"},
	{"list", 1, "create list list:set\nadd list ip\nadd list bip\n"},
};

#define NR_SETS (sizeof(sets) / sizeof(sets[0]))

static uint32_t sum; /* of the weights */

bool sets_make(void)
{
	for (size_t i = 0; i < NR_SETS; i++) {
		if (!load_text("ipset restore 2>/dev/null", sets[i].text, strlen(sets[i].text)))
			sets[i].weight = 0;
		sum += sets[i].weight;
	}
	return sum;
}

/* Some rules give fewer dimensions than the set has, or more. */
void sets_put_match(struct ruleset *r)
{
	uint32_t n = rnd(sum);
	size_t i = 0;

	while (n >= sets[i].weight)
		n -= sets[i++].weight;
	put(r, "-m set %s--match-set %s ", chance(25) ? "! " : "", sets[i].name);
	put(r, "%s ",
	    PICK("src", "dst", "src,src", "dst,dst", "src,dst", "dst,src", "src,dst,dst",
		 "src,dst,dst", "dst,dst,src", "dst,src,src"));
	if (chance(10))
		put(r, "--return-nomatch ");
}
