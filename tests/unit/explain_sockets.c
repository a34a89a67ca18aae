// SPDX-License-Identifier: GPL-2.0-only
/* The socket of a packet in lists like those of /proc/net. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "explain/sockets.h"

static FILE *list_of(const char *text)
{
	return text && *text ? fmemopen((void *)text, strlen(text), "r") : NULL;
}

/* Of one list, or of two; the heading is as the kernel prints it. */
static struct socket_found found_in(const char *v6, const char *v4, const struct fact_flow *flow)
{
	FILE *f6 = list_of(v6), *f4 = list_of(v4);
	struct socket_found found;

	sockets_match(f6, f4, flow, &found);
	if (f6)
		fclose(f6);
	if (f4)
		fclose(f4);
	return found;
}

#define HEADING	 "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
#define ANY6	 "00000000000000000000000000000000"
#define REST(no) " 00000000:00000900 00:00000000 00000000     0        0 " #no " 2 0\n"

static enum fact_socket match_v4(const char *line, const struct fact_flow *flow)
{
	return found_in(NULL, line, flow).match;
}

/* Lines of /proc/net, as little-endian machines write addresses. */
static void socket_lines(void **state)
{
	static const uint8_t client[16] = {10, 0, 0, 1}, server[16] = {10, 0, 0, 2};
	struct fact_flow f = {AF_INET, 6, client, server, 1000, 80};

	(void)state;
	assert_int_equal(match_v4(HEADING, &f), SOCKET_NONE);
	assert_int_equal(match_v4("\n", &f), SOCKET_NONE);
	assert_int_equal(match_v4("0: 0:", &f), SOCKET_NONE);
	assert_int_equal(match_v4(" 0: 00000000:0051 00000000:0000 0A", &f), SOCKET_NONE);
	assert_int_equal(match_v4(" 0: 00000000:0050 00000000:0000 0A 0", &f), SOCKET_LISTENS);
	assert_int_equal(match_v4(" 0: " ANY6 ":0050 " ANY6 ":0000 0A 0", &f), SOCKET_LISTENS);
	f.proto = 17;
	assert_int_equal(match_v4(" 9: 00000000:0050 00000000:0000 07 0", &f), SOCKET_LISTENS);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	f.proto = 6;
	assert_int_equal(match_v4(" 0: 0100007F:0050 00000000:0000 0A 0", &f), SOCKET_OTHER);
	assert_int_equal(match_v4(" 0: 0200000A:0050 00000000:0000 0A 0", &f), SOCKET_LISTENS);
	assert_int_equal(match_v4(" 0: 0200000A:0050 0100000A:03E8 01 0", &f), SOCKET_CONNECTED);
	assert_int_equal(match_v4(" 0: 0200000A:0050 0100000A:03E9 01 0", &f), SOCKET_OTHER);
	assert_int_equal(match_v4(" 0: 0200000A:0050 0100000A:03E8 06 0", &f), SOCKET_TIME_WAIT);
	assert_int_equal(
		match_v4(" 0: 0000000000000000FFFF00000200000A:0050 " ANY6 ":0000 0A 0", &f),
		SOCKET_LISTENS);
#endif
}

static void socket_lists(void **state)
{
	static const uint8_t client[16] = {10, 0, 0, 1}, server[16] = {10, 0, 0, 2};
	static const char udp6[] = HEADING " 1: " ANY6 ":0050 " ANY6 ":0000 07" REST(77);
	static const char udp[] = HEADING " 2: 00000000:0050 00000000:0000 07" REST(
		78) " 3: 00000000:0051 00000000:0000 07" REST(79);
	struct fact_flow f = {AF_INET, 17, client, server, 1000, 80};
	struct socket_found s;

	(void)state;
	s = found_in(NULL, udp, &f);
	assert_int_equal(s.match, SOCKET_LISTENS);
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.inode, 78);
	assert_int_equal(s.rx_queue, 0x900);
	assert_false(s.is_v6);
	s = found_in(udp6, HEADING, &f);
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.inode, 77);
	assert_true(s.is_v6);
	s = found_in(udp6, udp, &f);
	assert_int_equal(s.match, SOCKET_LISTENS);
	assert_int_equal(s.nr, 2);
	/* the rest of the line is missing */
	s = found_in(NULL, " 2: 00000000:0050 00000000:0000 07 00000000:0000", &f);
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.inode, 0);
	/* what cannot be read may have it; there need not be an IPv6 */
	assert_int_equal(found_in(HEADING, NULL, &f).match, SOCKET_UNKNOWN);
	assert_int_equal(found_in(NULL, HEADING, &f).match, SOCKET_NONE);
	assert_int_equal(found_in(udp6, NULL, &f).match, SOCKET_LISTENS);
	assert_int_equal(found_in(udp6, NULL, &f).nr, 2);
	f.family = AF_INET6;
	s = found_in(udp6, udp, &f);
	assert_int_equal(s.nr, 1);
	assert_int_equal(s.inode, 77);
	assert_int_equal(found_in(NULL, udp, &f).match, SOCKET_UNKNOWN);
	assert_int_equal(found_in(HEADING, NULL, &f).match, SOCKET_NONE);
}

/* Behind 20,000 lines it is not known whether there are more. */
static void socket_list_too_long(void **state)
{
	static const uint8_t client[16] = {10, 0, 0, 1}, server[16] = {10, 0, 0, 2};
	static const char line[] = " 2: 00000000:0050 00000000:0000 07" REST(78);
	struct fact_flow f = {AF_INET, 17, client, server, 1000, 80};
	size_t sz = strlen(line);
	char *text = malloc(20001 * sz + 1);
	struct socket_found s;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= 20000; i++)
		memcpy(text + i * sz, line, sz + 1);
	memset(text + sz, ' ', 20000 * sz);
	for (size_t i = 1; i <= 20000; i++)
		text[i * sz + sz - 1] = '\n';
	s = found_in(NULL, text, &f);
	assert_int_equal(s.match, SOCKET_LISTENS);
	assert_int_equal(s.nr, 2);
	f.dport = 81;
	assert_int_equal(found_in(NULL, text, &f).match, SOCKET_UNKNOWN);
	assert_int_equal(found_in(text, HEADING, &f).match, SOCKET_UNKNOWN);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(socket_lines),
		cmocka_unit_test(socket_lists),
		cmocka_unit_test(socket_list_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
