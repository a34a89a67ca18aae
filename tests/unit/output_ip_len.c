// SPDX-License-Identifier: GPL-2.0-only
/* How long an IP packet is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/ip_len.h"
#include "tests/unit/lib_events.h"

#define ADDRS "fe800000000000000000000000000001 fe800000000000000000000000000002"

static const struct {
	const char *what, *hex;
	uint16_t protocol;
	uint32_t flags, len;
} packets[] = {
	{"IPv4", "45000054 00000000 40010000 0a000001 0a000002", 0x0800, 0, 84},
	{"IPv4 of more than 65535 bytes", "45000000 00000000 40010000 0a000001 0a000002", 0x0800, 0,
	 0},
	{"IPv4, protocol not yet told", "45000054 00000000 40010000 0a000001 0a000002", 0, 0, 84},
	{"IPv4 cut off", "45000054 00000000 40010000 0a000001 0a0000", 0x0800, 0, 0},
	{"IPv6", "60000000 0010 3a 40" ADDRS, 0x86dd, 0, 56},
	{"IPv6, protocol not yet told", "60000000 0010 3a 40" ADDRS, 0, 0, 56},
	{"IPv6 of more than 65575 bytes, without an option", "60000000 0000 06 40" ADDRS, 0x86dd, 0,
	 0},
	{"jumbogram", "60000000 0000 00 40" ADDRS "0600 c204 00018000", 0x86dd, 0, 0x18000 + 40},
	{"another option", "60000000 0000 00 40" ADDRS "0600 0104 00018000", 0x86dd, 0, 0},
	{"an option of another length", "60000000 0000 00 40" ADDRS "0600 c203 00018000", 0x86dd, 0,
	 0},
	{"jumbogram cut off", "60000000 0000 00 40" ADDRS "0600 c204 000180", 0x86dd, 0, 0},
	{"a tag before it", "00050800 45000054 00000000 40010000 0a000001 0a000002", 0x8100, 0, 0},
	{"ARP", "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002", 0x0806, 0, 0},
	{"made from the socket", "45000054 00000000 40010000 0a000001 0a000002", 0x0800,
	 TRAIL_F_HDR_FROM_SK, 0},
	{"skb freed", "45000054 00000000 40010000 0a000001 0a000002", 0x0800, TRAIL_F_SKB_GONE, 0},
	{"nothing", "", 0, 0, 0},
};

static void test_len(void **state)
{
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct trail_event e = test_event(FN_IP_RCV, 1, 1);
		struct trace_event te;

		memset(e.hdr, 0, sizeof(e.hdr));
		e.hdr_len = test_unhex(packets[i].hex, e.hdr, sizeof(e.hdr));
		e.protocol = packets[i].protocol;
		e.flags = packets[i].flags;
		assert_int_equal(trace_event_decode(&te, &e, sizeof(e), &test_names), 0);
		if (event_ip_len(&te) != packets[i].len)
			fail_msg("%s: %u bytes", packets[i].what, event_ip_len(&te));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_len),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
