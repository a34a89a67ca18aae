// SPDX-License-Identifier: GPL-2.0-only
#include "trace/module_watch.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/netlink.h>

#include "base/log.h"

#define LOADED	     "add@/module/"
#define KERNEL_GROUP 1 /* udev's own messages are in group 2 */
#define MESSAGE_SZ   4096
#define MESSAGES_MAX 64 /* per call */

/*
 * The message is "add@/module/NAME" followed by "KEY=value" strings, each NUL-terminated. Messages
 * triggered by a write to a "uevent" file in sysfs have the key SYNTH_UUID.
 */
bool module_watch_parse(const char *msg, size_t sz, char name[MODULE_NAME_SZ])
{
	const size_t start = sizeof(LOADED) - 1;
	size_t len = 0;

	if (!sz || msg[sz - 1] || sz <= start || memcmp(msg, LOADED, start))
		return false;
	for (const char *s = msg + start; s[len]; len++)
		if (len + 1 == MODULE_NAME_SZ || s[len] <= ' ' || s[len] > '~' || s[len] == '/')
			return false;
	memcpy(name, msg + start, len + 1);
	for (const char *s = msg + start + len + 1; s < msg + sz; s += strlen(s) + 1)
		if (!strncmp(s, "SYNTH_UUID=", 11))
			return false;
	return len;
}

/* Only accept "add@" "/mod" "ule/", to avoid wakeups by other messages. */
static void filter_messages(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x61646440, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x2f6d6f64, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x756c652f, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, MESSAGE_SZ),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		log_debug("cannot filter device messages: %s", strerror(errno));
}

int module_watch_open(struct module_watch *w)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP};
	int ret;

	w->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (w->fd < 0)
		return -errno;
	filter_messages(w->fd);
	if (!bind(w->fd, (struct sockaddr *)&addr, sizeof(addr)))
		return w->fd;
	ret = -errno;
	module_watch_close(w);
	return ret;
}

void module_watch_read(struct module_watch *w, void (*fn)(void *arg, const char *name), void *arg)
{
	char msg[MESSAGE_SZ], name[MODULE_NAME_SZ];

	for (int i = 0; i < MESSAGES_MAX; i++) {
		struct sockaddr_nl from = {0};
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(w->fd, msg, sizeof(msg), MSG_TRUNC, (struct sockaddr *)&from,
				     &len);

		if (n < 0 && errno == ENOBUFS)
			log_verbose("messages about loaded modules may have been lost");
		else if (n < 0)
			return;
		/* Processes with CAP_NET_ADMIN can send, too, but not from port 0. */
		else if (!from.nl_pid && n <= (ssize_t)sizeof(msg) &&
			 module_watch_parse(msg, n, name))
			fn(arg, name);
	}
}

void module_watch_close(struct module_watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}
