// SPDX-License-Identifier: GPL-2.0-only
/*
 * News of modules. No module is loaded here: the messages are those that kernels send, through a
 * socket of our own; and the kernel's about another device, which must not wake us up.
 */
#include "trace/module_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/netlink.h>

#define NR(a) (sizeof(a) / sizeof((a)[0]))

#define KEYS "ACTION=add\0DEVPATH=/module/x\0SUBSYSTEM=module\0SEQNUM=3897\0"

/* The size is that of the array without the NUL that C adds. */
#define MSG(s) s, sizeof(s) - 1

static const struct {
	const char *msg;
	size_t sz;
	const char *name; /* NULL: no news */
} messages[] = {
	{MSG("add@/module/nf_tables\0" KEYS), "nf_tables"},
	{MSG("add@/module/vxlan\0"), "vxlan"},
	{MSG("add@/module/x\0" KEYS "XSYNTH_UUID=0\0SYNTH=\0"), "x"},
	{MSG("add@/module/123456789012345678901234567890123456789012345678901234567890123\0"),
	 "123456789012345678901234567890123456789012345678901234567890123"},
	{MSG("add@/module/1234567890123456789012345678901234567890123456789012345678901234\0"),
	 NULL},
	{MSG("add@/module/nf_tables\0" KEYS "SYNTH_UUID=0\0"), NULL},
	{MSG("add@/module/nf_tables\0SYNTH_UUID=0\0" KEYS), NULL},
	{MSG("add@/module/nf_tables\0" KEYS "UNFINISHED=1"), NULL},
	{MSG("remove@/module/nf_tables\0" KEYS), NULL},
	{MSG("change@/module/nf_tables\0" KEYS), NULL},
	{MSG("add@/devices/virtual/net/lo\0" KEYS), NULL},
	{MSG("add@/module/a/drivers/b\0" KEYS), NULL},
	{MSG("add@/module/\x1b[31m\0"), NULL},
	{MSG("add@/module/a b\0"), NULL},
	{MSG("add@/module/\xff\0"), NULL},
	{MSG("add@/module/\0" KEYS), NULL},
	{MSG("add@/module/"), NULL},
	{MSG("add@/module"), NULL},
	{MSG("add@/module\0"), NULL},
	{MSG("add"), NULL},
	{MSG("\0"), NULL},
	{MSG(""), NULL},
	{MSG("libudev\0\xfe\xed\xca\xfe"), NULL},
};

static void test_messages(void **state)
{
	char name[MODULE_NAME_SZ];

	for (size_t i = 0; i < NR(messages); i++) {
		size_t sz = messages[i].sz;
		char *msg = malloc(sz ? sz : 1); /* of its size, for the sanitizer */
		bool is_news;

		memcpy(msg, messages[i].msg, sz);
		memset(name, 'x', sizeof(name));
		is_news = module_watch_parse(msg, sz, name);
		if (is_news != !!messages[i].name)
			fail_msg("'%s' is %s", messages[i].msg, is_news ? "news" : "no news");
		if (is_news)
			assert_string_equal(name, messages[i].name);
		free(msg);
	}
}

/* Every cut and every changed byte of a message. */
static void test_damaged(void **state)
{
	static const char whole[] = "add@/module/nf_tables\0" KEYS;
	char name[MODULE_NAME_SZ];

	for (size_t sz = 0; sz < sizeof(whole); sz++) {
		for (size_t i = 0; i < sz; i++) {
			char *msg = malloc(sz);

			memcpy(msg, whole, sz);
			msg[i] ^= 1 << (sz + i) % 8;
			if (module_watch_parse(msg, sz, name)) {
				assert_int_equal(msg[sz - 1], '\0');
				assert_in_range(strlen(name), 1, MODULE_NAME_SZ - 1);
			}
			free(msg);
		}
	}
}

/* ---- sockets ---- */

struct heard {
	int nr;
	char names[200];
};

static void hear(void *arg, const char *name)
{
	struct heard *h = arg;

	h->nr++;
	strcat(h->names, name);
	strcat(h->names, " ");
}

/* Those that count are told, in their order; of a flood as many as one call takes. */
static void test_read(void **state)
{
	struct module_watch w;
	struct heard h = {0};
	static char large[5000] = "add@/module/large";
	int fds[2], calls;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	w.fd = fds[0];
	module_watch_read(&w, hear, &h);
	assert_int_equal(h.nr, 0);
	for (size_t i = 0; i < 4; i++)
		assert_true(send(fds[1], messages[i].msg, messages[i].sz, 0) > 0);
	assert_true(send(fds[1], MSG("add@/devices/x\0"), 0) > 0);
	assert_true(send(fds[1], large, sizeof(large), 0) > 0);
	assert_true(send(fds[1], MSG("add@/module/last\0"), 0) > 0);
	module_watch_read(&w, hear, &h);
	assert_int_equal(h.nr, 5);
	assert_memory_equal(h.names, "nf_tables vxlan x 123", 21);
	assert_non_null(strstr(h.names, " last "));
	/* Whoever sends without end does not hold us up. */
	for (calls = 0, h.nr = 0; h.nr < 200; calls++) {
		int before = h.nr;

		while (send(fds[1], MSG("add@/module/x\0"), 0) > 0)
			;
		h.names[0] = '\0';
		module_watch_read(&w, hear, &h);
		assert_in_range(h.nr - before, 1, 64);
	}
	module_watch_close(&w);
	assert_int_equal(w.fd, -1);
	module_watch_close(&w);
	close(fds[1]);
}

static bool has_message(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 300) == 1;
}

/* Make the kernel say that lo was added: another device's message. */
static bool ask_for_message(void)
{
	int fd = open("/sys/class/net/lo/uevent", O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, "add", 3) == 3;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void test_live(void **state)
{
	static const char forged[] = "add@/module/forged\0" KEYS;
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = 1};
	struct module_watch w;
	struct heard h = {0};
	int fd = module_watch_open(&w), sender;

	if (fd < 0) {
		print_message("skipped: no messages about devices here: %s\n", strerror(-fd));
		skip();
	}
	assert_int_equal(fd, w.fd);
	module_watch_read(&w, hear, &h); /* does not wait */
	if (ask_for_message())
		assert_false(has_message(fd));
	else
		print_message("not asked for a message of another device: no right to\n");
	sender = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	assert_true(sender >= 0);
	if (sendto(sender, forged, sizeof(forged), 0, (struct sockaddr *)&to, sizeof(to)) > 0)
		assert_true(has_message(fd)); /* it comes, and is not believed */
	else
		print_message("not forged: no right to\n");
	module_watch_read(&w, hear, &h);
	assert_false(has_message(fd));
	assert_int_equal(h.nr, 0);
	close(sender);
	module_watch_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("loader_module_watch", tests, NULL, NULL);
}
