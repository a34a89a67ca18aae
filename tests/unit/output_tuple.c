// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/lib_events.h"

#define IP4(len_proto) "45" len_proto "0a000001 0a000002"
#define IP6_ADDRS      "fe800000000000000000000000000001 fe800000000000000000000000000002"
#define TCP	       "1092 0050 00000001 00000000 5012 0000 0000 0000"

static const struct {
	const char *what;
	uint16_t protocol;
	const char *hex;
	const char *text;
} packets[] = {
	{"TCP", 0x0800, IP4("00003c 00004000 40060000") TCP, "10.0.0.1:4242->10.0.0.2:80(tcp)"},
	{"UDP", 0x0800, IP4("00001c 00000000 40110000") "0035 1092 0008 0000",
	 "10.0.0.1:53->10.0.0.2:4242(udp)"},
	{"ICMP", 0x0800, IP4("000054 00000000 40010000") "0800 0000", "10.0.0.1->10.0.0.2(icmp)"},
	{"first fragment", 0x0800, IP4("00001c 00002000 40110000") "0035 1092 0008 0000",
	 "10.0.0.1:53->10.0.0.2:4242(udp)"},
	{"later fragment", 0x0800, IP4("00001c 00002001 40110000") "0035 1092 0008 0000",
	 "10.0.0.1->10.0.0.2(udp,frag)"},
	{"options", 0x0800,
	 "46000020 00000000 40110000 0a000001 0a000002 01010101 0035 1092 0008 0000",
	 "10.0.0.1:53->10.0.0.2:4242(udp)"},
	{"options cut off", 0x0800, "4f000020 00000000 40110000 0a000001 0a000002 0101",
	 "10.0.0.1->10.0.0.2(udp)"},
	{"ihl 4", 0x0800, "44000014 00000000 40110000 0a000001 0a000002 0035 1092", "-"},
	{"version 5", 0x0800, "55000014 00000000 40110000 0a000001 0a000002 0035 1092", "-"},
	{"SCTP", 0x0800, IP4("000020 00000000 40840000") "0001 0002 00000000",
	 "10.0.0.1:1->10.0.0.2:2(sctp)"},
	{"GRE", 0x0800, IP4("000020 00000000 402f0000") "0000 0800", "10.0.0.1->10.0.0.2(gre)"},
	{"protocol without a name", 0x0800, IP4("000020 00000000 40fd0000"),
	 "10.0.0.1->10.0.0.2(253)"},
	{"IPv6 TCP", 0x86dd, "60000000 0014 06 40" IP6_ADDRS TCP,
	 "[fe80::1]:4242->[fe80::2]:80(tcp)"},
	{"ICMPv6", 0x86dd, "60000000 0008 3a 40" IP6_ADDRS "8000 0000", "fe80::1->fe80::2(icmp6)"},
	{"hop-by-hop and destination options", 0x86dd,
	 "60000000 0018 00 40" IP6_ADDRS "3c00 010400000000 1100 010400000000 0035 1092 0008 0000",
	 "[fe80::1]:53->[fe80::2]:4242(udp)"},
	{"first fragment of IPv6", 0x86dd,
	 "60000000 0010 2c 40" IP6_ADDRS "1100 0001 00000001 0035 1092 0008 0000",
	 "[fe80::1]:53->[fe80::2]:4242(udp)"},
	{"later fragment of IPv6", 0x86dd,
	 "60000000 0010 2c 40" IP6_ADDRS "1100 0008 00000001 0035 1092 0008 0000",
	 "fe80::1->fe80::2(udp,frag)"},
	{"authentication header of 12 + 4 bytes", 0x86dd,
	 "60000000 0018 33 40" IP6_ADDRS "1102 0000 00000001 00000001 aaaaaaaa 0035 1092 0008 0000",
	 "[fe80::1]:53->[fe80::2]:4242(udp)"},
	{"extension header longer than the packet", 0x86dd,
	 "60000000 0018 00 40" IP6_ADDRS "11ff 010400000000 0035 1092", "fe80::1->fe80::2(udp)"},
	{"extension headers without end", 0x86dd,
	 "60000000 0018 00 40" IP6_ADDRS "0000 010400000000 0000 010400000000 0000 010400000000"
	 "0000 010400000000 0000 010400000000",
	 "fe80::1->fe80::2(0)"},
	{"ESP", 0x86dd, "60000000 0010 32 40" IP6_ADDRS "00000001", "fe80::1->fe80::2(esp)"},
	{"IPv6 without IPv6 in it", 0x86dd, "45000000 0010 32 40" IP6_ADDRS, "-"},
	{"ARP", 0x0806, "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002",
	 "10.0.0.1->10.0.0.2(arp)"},
	{"ARP of something else", 0x0806, "0006 0800 08 04 0001 0200000000010203 0a000001 00000000",
	 "(arp)"},
	{"EtherType nobody knows", 0x88cc, IP4("00003c 00004000 40060000") TCP, "-"},
	{"not yet known: IPv4", 0, IP4("00003c 00004000 40060000") TCP,
	 "10.0.0.1:4242->10.0.0.2:80(tcp)"},
	{"not yet known: IPv6", 0, "60000000 0014 06 40" IP6_ADDRS TCP,
	 "[fe80::1]:4242->[fe80::2]:80(tcp)"},
	{"not yet known: noise", 0, "00112233445566778899aabbccddeeff00112233445566778899", "-"},
	{"VLAN tag before the packet", 0x8100, "0064 0800" IP4("00003c 00004000 40060000") TCP,
	 "10.0.0.1:4242->10.0.0.2:80(tcp)"},
	{"two VLAN tags", 0x88a8, "0064 8100 0065 0800" IP4("00003c 00004000 40060000") TCP,
	 "10.0.0.1:4242->10.0.0.2:80(tcp)"},
	{"VLAN tag already skipped", 0x8100, IP4("00003c 00004000 40060000") TCP,
	 "10.0.0.1:4242->10.0.0.2:80(tcp)"},
	{"three VLAN tags", 0x88a8, "0064 8100 0065 8100 0066 0800 4500", "-"},
	{"empty", 0x0800, "", "-"},
};

#define NR_PACKETS (sizeof(packets) / sizeof(packets[0]))

static void test_packets(void **state)
{
	for (size_t i = 0; i < NR_PACKETS; i++) {
		char text[TUPLE_TEXT_SZ];
		uint8_t hdr[128];
		struct tuple t;

		tuple_decode(&t, packets[i].protocol, hdr,
			     test_unhex(packets[i].hex, hdr, sizeof(hdr)));
		tuple_format(&t, false, text, sizeof(text));
		if (strcmp(text, packets[i].text))
			fail_msg("%s: '%s', '%s' expected", packets[i].what, text, packets[i].text);
	}
}

/* The sanitizer watches the end of each copy; whatever is left must still be a tuple of the same
 * packet. */
static void test_truncated_at_every_length(void **state)
{
	for (size_t i = 0; i < NR_PACKETS; i++) {
		uint8_t hdr[128];
		size_t sz = test_unhex(packets[i].hex, hdr, sizeof(hdr));
		struct tuple whole, t;

		tuple_decode(&whole, packets[i].protocol, hdr, sz);
		for (size_t n = 0; n < sz; n++) {
			uint8_t *copy = malloc(n ? n : 1);

			memcpy(copy, hdr, n);
			tuple_decode(&t, packets[i].protocol, copy, n);
			free(copy);
			if (t.family) {
				assert_int_equal(t.family, whole.family);
				assert_memory_equal(t.saddr, whole.saddr, 16);
				assert_memory_equal(t.daddr, whole.daddr, 16);
			}
			if (t.has_ports) {
				assert_int_equal(t.sport, whole.sport);
				assert_int_equal(t.dport, whole.dport);
			}
			assert_true(!t.has_tcp_flags || t.tcp_flags == whole.tcp_flags);
		}
	}
}

static void test_details(void **state)
{
	uint8_t hdr[128];
	struct tuple t;

	tuple_decode(&t, 0x0800, hdr, test_unhex(packets[0].hex, hdr, sizeof(hdr)));
	assert_true(t.has_tcp_flags);
	assert_int_equal(t.tcp_flags, 0x12);
	/* 14 bytes of TCP hold the flags, 13 do not, 4 hold the ports, 3 do not. */
	tuple_decode(&t, 0x0800, hdr, 34);
	assert_true(t.has_tcp_flags);
	tuple_decode(&t, 0x0800, hdr, 33);
	assert_false(t.has_tcp_flags);
	tuple_decode(&t, 0x0800, hdr, 24);
	assert_true(t.has_ports);
	tuple_decode(&t, 0x0800, hdr, 23);
	assert_false(t.has_ports);
	tuple_decode(&t, 0x0800, hdr, 19);
	assert_int_equal(t.family, 0);

	tuple_decode(&t, 0x0800, hdr, test_unhex(packets[2].hex, hdr, sizeof(hdr)));
	assert_true(t.has_icmp);
	assert_int_equal(t.icmp_type, 8);
	assert_int_equal(t.icmp_code, 0);
}

static void test_format_is_cut(void **state)
{
	uint8_t hdr[128];
	char text[8];
	struct tuple t;

	tuple_decode(&t, 0x0800, hdr, test_unhex(packets[0].hex, hdr, sizeof(hdr)));
	tuple_format(&t, false, text, sizeof(text));
	assert_string_equal(text, "10.0.0.");
}

static void test_tcp_flags(void **state)
{
	uint8_t hdr[128];
	char text[TUPLE_TEXT_SZ];
	struct tuple t;

	tuple_decode(&t, 0x0800, hdr, test_unhex(packets[0].hex, hdr, sizeof(hdr)));
	tuple_format(&t, true, text, sizeof(text));
	assert_string_equal(text, "10.0.0.1:4242->10.0.0.2:80(tcp:SYN|ACK)");
	t.tcp_flags = 0;
	tuple_format(&t, true, text, sizeof(text));
	assert_string_equal(text, "10.0.0.1:4242->10.0.0.2:80(tcp)");
	tcp_flags_format(0xff, text);
	assert_string_equal(text, "FIN|SYN|RST|PSH|ACK|URG|ECE|CWR");
	assert_int_equal(strlen(text) + 1, TCP_FLAGS_TEXT_SZ);
	tuple_decode(&t, 0x0800, hdr, test_unhex(packets[1].hex, hdr, sizeof(hdr)));
	tuple_format(&t, true, text, sizeof(text));
	assert_string_equal(text, "10.0.0.1:53->10.0.0.2:4242(udp)");
}

static void test_longest_fits(void **state)
{
	char text[TUPLE_TEXT_SZ], all[256];
	struct tuple t = {.family = 10, .proto = 136, .has_ports = true, .is_fragment = true};

	t.sport = t.dport = 65535;
	memset(t.saddr, 0xab, 16);
	memset(t.daddr, 0xcd, 16);
	t.has_tcp_flags = true;
	t.tcp_flags = 0xff;
	tuple_format(&t, true, text, sizeof(text));
	tuple_format(&t, true, all, sizeof(all));
	assert_string_equal(text, all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),	  cmocka_unit_test(test_truncated_at_every_length),
		cmocka_unit_test(test_details),	  cmocka_unit_test(test_format_is_cut),
		cmocka_unit_test(test_tcp_flags), cmocka_unit_test(test_longest_fits),
	};

	return cmocka_run_group_tests_name("output_tuple", tests, NULL, NULL);
}
