// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_filter.h"

#include <stdlib.h>
#include <string.h>

#define KADDR 0xffff888012345602ULL

const char *const filter_exprs[] = {
	"",
	"ip",
	"ip6",
	"arp",
	"rarp",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"sctp",
	"igmp or pim or ah or esp or vrrp",
	"not ip",
	"not (tcp or udp)",
	"host 10.0.0.1",
	"src host 10.0.0.1",
	"dst host 192.168.1.1",
	"host 10.0.0.1 and tcp port 80",
	"host 10.0.0.1 or host 192.168.2.5 or host 224.0.0.1",
	"host 2001:db8::1",
	"src host fe80::200:ff:fe00:1 and dst host ff02::1",
	"ip host 10.0.0.1 and not dst host 192.168.1.1",
	"net 10.0.0.0/8",
	"src net 192.168.0.0/16 and dst net 10.0.0.0/31",
	"net 192.168.0.0 mask 255.255.0.0",
	"dst net 224.0.0.0/4",
	"ip6 net 2001:db8::/32",
	"src net 2001:db8:0:1::/64",
	"net 10.0.0 or net fe80::/10",
	"port 80",
	"src port 80",
	"dst port 53",
	"tcp port 443 or udp port 53",
	"port 80 or port 443 or port 8080",
	"portrange 50-90",
	"src portrange 4000-6000 and dst portrange 80-443",
	"udp portrange 6000-7000",
	"ip6 and tcp port 80",
	"sctp port 5000",
	"ip proto 47",
	"ip proto 17 and dst port 1000",
	"ip6 proto 58",
	"ip6 proto 44",
	"proto 103",
	"ether host 02:00:00:00:00:01",
	"ether src 02:00:00:00:00:01",
	"ether dst ff:ff:ff:ff:ff:ff",
	"ether broadcast",
	"ether multicast",
	"ether proto 0x88cc",
	"ether proto 0x0806 and len < 60",
	"ip multicast",
	"ip6 multicast",
	"arp host 10.0.0.1",
	"arp src host 192.168.1.1",
	"arp[6:2] = 1",
	"arp net 10.0.0.0/8",
	"llc",
	"stp",
	"isis",
	"iso",
	"ipx or netbeui",
	"icmp[icmptype] = icmp-echo or icmp[icmptype] = icmp-echoreply",
	"icmp[0] = 3 and icmp[1] = 2",
	"icmp6[icmp6type] = icmp6-neighborsolicit",
	"icmp6[0] = 128",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[tcpflags] == tcp-syn|tcp-ack",
	"tcp[13] & 4 != 0",
	"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	"tcp[4:4] = 0x01020304",
	"tcp[((tcp[12:1] & 0xf0) >> 2):4] != 0",
	"udp[8:4] > 0x80000000",
	"udp[4:2] >= 100",
	"udp[100:2] = 0x1234 or udp[100] > 127",
	"greater 128",
	"less 64",
	"len > 1000",
	"len = 60 or len <= 42",
	"len % 7 = 3",
	"len - 14 = ip[2:2]",
	"ip[0] & 0xf > 5",
	"ip[6:2] & 0x1fff != 0",
	"ip[6] & 0x20 != 0",
	"ip[8] = 64",
	"ip[8] / 3 = 21",
	"ip[8] % ip[9] = 4",
	"ip[8] / ip[7] > 1",
	"100 / ip[6] = 1",
	"ip[8] / ip[7] = 0 or ip[8] % ip[6] = 64",
	"not ip[8] / ip[7] = 1",
	"100 % ip[1] = 4",
	"ip[2:2] * 3 > 1000",
	"ip[1] << 4 = 0x100",
	"1 << (ip[6] & 0x3f) = 0",
	"1 << ip[1] = 65536",
	"ip[12:4] >> (ip[8] - 40) = 0xa",
	"ip[12:4] >> ip[8] = 0",
	"ip[12:4] ^ ip[16:4] = 3",
	"ip[12:4] | 0xff = 0x0a0000ff",
	"ip[12:4] > ip[16:4]",
	"ip[12:4] >= 0xc0000000",
	"ip[12:4] & 0x80000000 != 0",
	"-ip[8] = 0xffffffc0",
	"ip[20:2] + ip[22:2] = 80 + 40000",
	"ip[12:2] + ip[14:2] = ip[16:2] + ip[18:2]",
	"(ip[12:2] * ip[14:2]) - (ip[16:2] * ip[18:2]) != 0 or ip[1] + ip[8] < ip[9]",
	"ip[ip[9]] = 0",
	"ip[ip[2:2] - 1] = 0x55 or ip[ip[2:2] - 3:2] & 1 = 1",
	"ip[ip[0] & 0xf:2] = 16384",
	"ip6[6] = 6 and ip6[40:2] = 80",
	"ip6[ip6[6]:4] != 0",
	"ip[126:2] > 300 and ip[127] != 0",
	"ether[126:2] > 300",
	"ether[127:2] > 300 or ether[125:4] > 77",
	"ether[128] > 100",
	"ether[140] & 3 = 0",
	"ether[200:4] < 0xd0000000",
	"ether[11:4] > 0x08000000",
	"ether[13:2] > 0x45",
	"ether[1500:2] > 0x100",
	"ip[1400] > 100",
	"ip[0x7ffffff0:4] = 1",
	"ether[ether[20]:4] > 1000",
	"ether[len - 2:2] > 30000",
	"ether[0] & 1 = 0 and ip[16] >= 224",
	"vlan",
	"vlan 100",
	"not vlan",
	"vlan and ip",
	"vlan 100 and tcp port 80",
	"vlan 200 and ip6",
	"vlan 100 and vlan 200",
	"vlan and vlan 200 and udp port 53",
	"vlan 100 and arp host 10.0.0.1",
	"vlan and host 10.0.0.1 and portrange 1-1024",
	"ip or vlan and ip",
	"vlan and ip[ip[0] & 0xf:2] = 16384",
	"vlan and ether[126:2] > 300",
	"vlan and ether[140:4] > 300",
	"vlan and ether[ether[25] & 0x1f] > 60",
	"vlan and ether[ether[24] & 0x1f:2] > 16000",
	"vlan and ether[ether[21] & 0x1f:4] > 1000000000",
	"vlan and ether[(ether[19] & 7) + 8:4] > 1000000000",
	"vlan and ether[ether[18] & 0xf:1] = ether[12]",
	"vlan and ether[len - 40:4] > 300",
	"vlan and greater 200",
	"mpls",
	"mpls 1024",
	"mpls 100000 and mpls 1024 and host 10.0.0.1",
	"mpls and tcp port 80",
	"pppoes",
	"pppoes 7 and tcp port 80",
	"pppoes and ip6",
	"pppoed",
	"geneve",
	"geneve 0xb and ip",
	NULL,
};

/* What is in memory, in a block of exactly that size, so that a sanitizer sees overruns. */
static uint8_t *make_kmem(const uint8_t *data, size_t caplen, enum filter_run_mode mode, size_t *sz)
{
	uint8_t *kmem = malloc(caplen + 1);

	if (!kmem)
		abort();
	if (mode == RUN_HIDDEN_TAG && caplen >= 16) {
		memcpy(kmem, data, 12);
		memcpy(kmem + 12, data + 16, caplen - 16);
		*sz = caplen - 4;
	} else {
		memcpy(kmem, data, caplen);
		*sz = caplen;
	}
	if (mode == RUN_NOWHERE || mode == RUN_UNREADABLE)
		*sz = 0;
	return kmem;
}

int filter_run(struct interp *vm, const struct insn_buf *code, struct cbpf_window w,
	       const uint8_t *data, size_t caplen, size_t len, enum filter_run_mode mode)
{
	uint8_t *window = vm->stack + sizeof(vm->stack) + FILTER_FRAME_OFF, *kmem;
	uint64_t r0;
	bool ok;

	*vm = (struct interp){.kaddr = KADDR, .reg_init = 0x3e};
	memset(window + w.from, 0xa5, w.to - w.from);
	memset(vm->stack_init + (window - vm->stack) + w.from, true, w.to - w.from);
	memcpy(window, data, caplen < w.to ? caplen : w.to);
	kmem = make_kmem(data, caplen, mode, &vm->kmem_sz);
	vm->kmem = kmem;
	vm->reg[1] = (uintptr_t)window;
	vm->reg[2] = mode == RUN_NOWHERE ? 0 : KADDR;
	vm->reg[3] = caplen;
	vm->reg[4] = len | 0xdeadULL << 32; /* skb->len - offset may wrap */
	vm->reg[5] = mode == RUN_HIDDEN_TAG;
	ok = interp_run(vm, code->insns, code->nr, &r0);
	free(kmem);
	vm->kmem = NULL;
	return ok ? r0 != 0 : -1;
}
