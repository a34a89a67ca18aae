// SPDX-License-Identifier: GPL-2.0-only
#include "kern/features.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "base/number.h"
#include "base/textbuf.h"

/* Split off CAP_SYS_ADMIN in 5.8, which still implies them. */
#define CAP_NR_PERFMON 38
#define CAP_NR_BPF     39

/* Read the start of a file as a string. False if it cannot be read or is empty. */
static bool file_head(const char *path, char *buf, size_t sz)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, sz - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* The current mode is in brackets: "none [integrity] confidentiality". */
const char *lockdown_mode(void)
{
	static const char *const modes[] = {"none", "integrity", "confidentiality"};
	char buf[128], word[32];

	if (!file_head("/sys/kernel/security/lockdown", buf, sizeof(buf)))
		return "unknown";
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(word, sizeof(word), "[%s]", modes[i]);
		if (strstr(buf, word))
			return modes[i];
	}
	return "unknown";
}

bool capability_has(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &head, data) < 0)
		return false;
	return data[cap / 32].effective >> (cap % 32) & 1;
}

static int last_cap(void)
{
	char buf[32];

	return file_head("/proc/sys/kernel/cap_last_cap", buf, sizeof(buf)) ? atoi(buf) : 0;
}

/* Root in a user namespace has all capabilities, but only within that namespace. */
static bool in_user_namespace(void)
{
	char buf[128];
	const char *at = buf;
	uint64_t inside, outside, nr;

	if (!file_head("/proc/self/uid_map", buf, sizeof(buf)))
		return false;
	return number_take(&at, 10, &inside) && number_take(&at, 10, &outside) &&
	       number_take(&at, 10, &nr) && (inside != 0 || outside != 0 || nr != UINT32_MAX);
}

static bool has_seccomp_filter(void)
{
	char buf[4096];
	const char *at;

	if (!file_head("/proc/self/status", buf, sizeof(buf)))
		return false;
	at = strstr(buf, "\nSeccomp:\t");
	return at && at[strlen("\nSeccomp:\t")] == '2';
}

/* "CAP_BPF, CAP_PERFMON and CAP_SYSLOG", which shows kallsyms: those that are missing. */
static unsigned int missing_names(char *buf, size_t sz)
{
	static const struct {
		const char *name;
		int nr;
	} caps[] = {
		{"CAP_BPF", CAP_NR_BPF},
		{"CAP_PERFMON", CAP_NR_PERFMON},
		{"CAP_SYSLOG", CAP_SYSLOG},
	};
	struct textbuf t = {buf, sz, 0};
	const char *names[3];
	unsigned int nr = 0;

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (!capability_has(caps[i].nr))
			names[nr++] = caps[i].name;
	for (unsigned int i = 0; i < nr; i++)
		textbuf_printf(&t, "%s%s", !i ? "" : i + 1 < nr ? ", " : " and ", names[i]);
	return nr;
}

/* Before 5.8 what else is needed, and for what, takes more than a line. */
static void missing_explain(char *buf, size_t sz)
{
	const char *who = geteuid() ? "not root" : "restricted root";
	const char *how = geteuid() ? "run with sudo" : "run outside the container";
	char names[64];
	unsigned int nr;

	if (last_cap() < CAP_NR_BPF) {
		snprintf(buf, sz, "%s, and CAP_SYS_ADMIN is missing: %s", who, how);
		return;
	}
	nr = missing_names(names, sizeof(names));
	snprintf(buf, sz, "%s, and %s %s missing: %s, or with %s", who, names,
		 nr == 1 ? "is" : "are", how, nr == 1 ? "this capability" : "these capabilities");
}

void privileges_explain(char *buf, size_t sz)
{
	bool admin = capability_has(CAP_SYS_ADMIN);

	buf[0] = '\0';
	if (!admin && !(capability_has(CAP_NR_BPF) && capability_has(CAP_NR_PERFMON)))
		missing_explain(buf, sz);
	else if (in_user_namespace())
		snprintf(buf, sz,
			 "root only in a user namespace: run on the host, outside the "
			 "container");
	else if (!strcmp(lockdown_mode(), "confidentiality"))
		snprintf(buf, sz,
			 "the kernel is locked down (confidentiality): boot with "
			 "lockdown=integrity or none");
	else if (has_seccomp_filter())
		snprintf(buf, sz,
			 "a seccomp filter is active and may block bpf(2): run outside the "
			 "container, or with seccomp=unconfined");
}
