/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expressions against libpcap: each on every packet, on cut and on damaged ones, for both
 * layers, and with a VLAN tag that is not in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/insn.h"
#include "filter/filter.h"
#include "progs/trail_abi.h"
#include "tests/unit/lib_filter.h"
#include "tests/unit/lib_oracle.h"
#include "tests/unit/lib_packet.h"

#define NR(a)	   (sizeof(a) / sizeof((a)[0]))
#define NR_MUTATED 12

static const char *const exprs[] = {
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
};

static struct packet *packets;
static size_t nr_packets;
static size_t nr_pairs;
static size_t nr_matches;

struct subject {
	const char *expr;
	enum filter_layer layer;
	const struct filter *f;
	struct insn_buf code;
	struct oracle *oracle;
};

static void say_disagreement(const struct subject *s, const char *what, const char *name,
			     const uint8_t *data, size_t caplen, int got, const char *error)
{
	fprintf(stderr, "'%s' (L%d), %s '%s', %zu bytes: got %d %s\n", s->expr, 2 + (int)s->layer,
		what, name, caplen, got, error);
	for (size_t i = 0; i < caplen && i < 160; i++)
		fprintf(stderr, "%02x%s", data[i], i % 16 == 15 ? "\n" : " ");
	fputs("\n", stderr);
	fail();
}

static int run(const struct subject *s, struct interp *vm, const uint8_t *data, size_t caplen,
	       size_t len, enum filter_run_mode mode)
{
	return filter_run(vm, &s->code, s->f->window_sz, data, caplen, len, mode);
}

/* The same packet everywhere that it can be. */
static void check_packet(const struct subject *s, const char *name, const uint8_t *data,
			 size_t caplen, size_t len)
{
	bool want = oracle_match(s->oracle, data, caplen, len);
	static struct interp vm;
	uint64_t calls;
	int got;

	got = run(s, &vm, data, caplen, len, RUN_IN_MEMORY);
	calls = vm.nr_helper_calls;
	if (got != want)
		say_disagreement(s, "packet", name, data, caplen, got, vm.error);
	nr_pairs++;
	nr_matches += want;

	/* The first far load ends it: without a call, or at the first one. */
	got = run(s, &vm, data, caplen, len, RUN_NOWHERE);
	if (got != (want && !calls) || vm.nr_helper_calls)
		say_disagreement(s, "built", name, data, caplen, got, vm.error);
	got = run(s, &vm, data, caplen, len, RUN_UNREADABLE);
	if (got != (want && !calls) || vm.nr_helper_calls > 1)
		say_disagreement(s, "unreadable", name, data, caplen, got, vm.error);
	if (s->layer == FILTER_L2 && s->f->wants_vlan && caplen >= 16) {
		got = run(s, &vm, data, caplen, len, RUN_HIDDEN_TAG);
		if (got != want)
			say_disagreement(s, "hidden tag", name, data, caplen, got, vm.error);
		nr_pairs++;
	}
}

static void check_mutated(const struct subject *s, const struct packet *p, uint64_t *seed)
{
	static uint8_t data[PACKET_MAX];
	size_t len = p->len, caplen;

	for (int i = 0; i < NR_MUTATED && len; i++) {
		size_t head = len < 80 ? len : 80;

		memcpy(data, p->data, len);
		for (uint32_t n = packet_random(seed) % 5; n; n--)
			data[packet_random(seed) % head] ^= 1U << packet_random(seed) % 8;
		for (uint32_t n = packet_random(seed) % 3; n; n--)
			data[packet_random(seed) % len] = (uint8_t)packet_random(seed);
		caplen = i & 1 ? len : packet_random(seed) % (len + 1);
		if (i % 4 == 2 && caplen > 70)
			caplen = packet_random(seed) % 70;
		check_packet(s, p->name, data, caplen, i & 2 ? len : caplen);
	}
}

static void check_subject(const struct subject *s, uint64_t *seed)
{
	static struct packet p;

	for (size_t i = 0; i < nr_packets; i++) {
		size_t skip = s->layer == FILTER_L3 ? 14 : 0;

		p = packets[i];
		if (p.len < skip)
			skip = 0;
		memmove(p.data, p.data + skip, p.len - skip);
		p.len -= skip;
		check_packet(s, p.name, p.data, p.len, p.len);
		check_mutated(s, &p, seed);
		if (s->layer == FILTER_L3 || !s->f->wants_vlan || p.len < 12 ||
		    p.len + 4 > sizeof(p.data))
			continue;
		memmove(p.data + 16, p.data + 12, p.len - 12);
		memcpy(p.data + 12, "\x81\0\0\x64", 4);
		p.len += 4;
		check_packet(s, p.name, p.data, p.len, p.len);
		check_mutated(s, &p, seed);
	}
}

static void test_against_libpcap(void **state)
{
	uint64_t seed = 0x5eed5eed5eed5eed;

	packets = packets_make(&nr_packets);
	for (size_t i = 0; i < NR(exprs); i++) {
		struct err err = ERR_INIT;
		struct filter f;

		if (filter_compile(&f, exprs[i], &err))
			fail_msg("%s", err.msg);
		for (int layer = FILTER_L2; layer <= FILTER_L3; layer++) {
			struct subject s = {.expr = exprs[i], .layer = layer, .f = &f};

			s.oracle = oracle_open(exprs[i], layer);
			assert_int_equal(
				cbpf_to_ebpf(&f.prog[layer], FILTER_FRAME_OFF, &s.code, &err), 0);
			check_subject(&s, &seed);
			insn_buf_release(&s.code);
			oracle_free(s.oracle);
		}
		filter_release(&f);
	}
	free(packets);
	printf("%zu expressions, %zu packets: %zu pairs agree with libpcap, %zu match\n", NR(exprs),
	       nr_packets, nr_pairs, nr_matches);
	assert_true(nr_matches > nr_pairs / 20);
}

static void test_errors(void **state)
{
	static const struct {
		const char *expr, *word;
		int code;
	} t[] = {
		{"tcp prot 80", "cannot compile filter 'tcp prot 80': ", -EINVAL},
		{"host 10.0.0.", "cannot compile filter 'host 10.0.0.': ", -EINVAL},
		{"ip[8] / 0 = 1", "division by zero", -EINVAL},
		{"port 99999", "'port 99999': illegal port number", -EINVAL},
		{"ip protochain 6", "'protochain' needs a loop", -ENOTSUP},
		{"tcp and (ip6 protochain 6)", "'protochain' needs a loop", -ENOTSUP},
		{"ip broadcast", "netmask not known", -EINVAL},
	};

	for (size_t i = 0; i < NR(t); i++) {
		struct err err = ERR_INIT;
		struct filter f;

		assert_int_equal(filter_compile(&f, t[i].expr, &err), t[i].code);
		assert_int_equal(err.code, t[i].code);
		if (!strstr(err.msg, t[i].word) || !strstr(err.msg, t[i].expr) ||
		    strchr(err.msg, '\n'))
			fail_msg("%s: got '%s'", t[i].expr, err.msg);
		assert_null(f.prog[FILTER_L2].insns);
		filter_release(&f);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *expr;
		bool wants_vlan;
	} t[] = {
		{"vlan", true}, {"tcp or (vlan 5)", true},  {"not\tvlan&&ip", true},
		{"tcp", false}, {"ether[0] = 0x81", false}, {NULL, false},
	};

	for (size_t i = 0; i < NR(t); i++) {
		struct err err = ERR_INIT;
		struct filter f;

		if (filter_compile(&f, t[i].expr, &err))
			fail_msg("%s", err.msg);
		assert_int_equal(f.wants_vlan, t[i].wants_vlan);
		assert_int_equal(f.prog[FILTER_L2].vlan, t[i].wants_vlan);
		assert_false(f.prog[FILTER_L3].vlan);
		assert_in_range(f.window_sz, 1, TRAIL_WINDOW_SZ);
		filter_release(&f);
	}
}

static void test_window(void **state)
{
	static const struct {
		const char *expr;
		uint32_t window_sz;
	} t[] = {
		{"", 1},
		{"ip", 14},
		{"host 10.0.0.1", 42}, /* an ARP target */
		{"ip host 10.0.0.1 and tcp port 80", 38},
		{"ether[124:4] = 1", 128},
		{"ether[125:4] = 1", 1},
		{"ip[93] = 1 and tcp port 80", 108},
	};

	for (size_t i = 0; i < NR(t); i++) {
		struct err err = ERR_INIT;
		struct filter f;

		assert_int_equal(filter_compile(&f, t[i].expr, &err), 0);
		if (f.window_sz != t[i].window_sz)
			fail_msg("'%s': %u, want %u", t[i].expr, f.window_sz, t[i].window_sz);
		filter_release(&f);
	}
}

/* A layer that has no such packets rejects all of them. */
static void test_one_layer(void **state)
{
	struct err err = ERR_INIT;
	struct filter f;

	assert_int_equal(filter_compile(&f, "ether host 02:00:00:00:00:01", &err), 0);
	assert_int_equal(err.code, 0);
	assert_non_null(f.prog[FILTER_L2].insns);
	assert_null(f.prog[FILTER_L3].insns);
	filter_release(&f);
}

/* What an ordinary filter costs; the bounds are what it took, rounded up. */
static void test_cost(void **state)
{
	struct err err = ERR_INIT;
	struct interp vm;
	struct filter f;

	packets = packets_make(&nr_packets);
	assert_int_equal(filter_compile(&f, "host 10.0.0.1 and tcp port 80", &err), 0);
	for (int layer = FILTER_L2; layer <= FILTER_L3; layer++) {
		struct insn_buf code = {0};
		size_t skip = layer == FILTER_L3 ? 14 : 0;

		assert_int_equal(cbpf_to_ebpf(&f.prog[layer], FILTER_FRAME_OFF, &code, &err), 0);
		printf("L%d: %zu instructions\n", 2 + layer, code.nr);
		assert_true(code.nr <= 120);
		for (size_t i = 0; i < nr_packets; i++) {
			const struct packet *p = &packets[i];
			int got;

			if (strncmp(p->name, "tcp ", 4))
				continue;
			got = filter_run(&vm, &code, f.window_sz, p->data + skip, p->len - skip,
					 p->len - skip, RUN_IN_MEMORY);
			printf("L%d %-18s match %d: %3llu steps, %llu helper calls\n", 2 + layer,
			       p->name, got, (unsigned long long)vm.nr_steps,
			       (unsigned long long)vm.nr_helper_calls);
			assert_true(vm.nr_helper_calls <= (p->data[14] == 0x45 ? 0 : 2));
		}
		insn_buf_release(&code);
	}
	filter_release(&f);
	free(packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_libpcap), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_words),		cmocka_unit_test(test_window),
		cmocka_unit_test(test_one_layer),	cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
