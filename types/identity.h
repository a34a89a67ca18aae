/* SPDX-License-Identifier: GPL-2.0-only */
/* identity.h - which kernel something belongs to: the running one, a file, packed types. */
#ifndef TYPES_IDENTITY_H
#define TYPES_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BUILD_ID_MAX 20 /* BUILD_ID_SIZE_MAX of include/linux/buildid.h */

/* What is not known is empty. */
struct identity {
	char release[65]; /* as uname -r */
	char machine[16]; /* as uname -m */
	uint8_t build_id[BUILD_ID_MAX];
	uint32_t build_id_sz;
};

enum identity_match { SAME_BUILD, SAME_RELEASE, OTHER_KERNEL, MATCH_UNKNOWN };

/* This machine, as a kernel of the same word size calls it: "x86_64", "aarch64", "riscv64". */
const char *identity_machine(void);

/* The running kernel: uname(2), and the build id from /sys/kernel/notes (2.6.23). */
void identity_running(struct identity *id);

/*
 * The kernel that a file of types is for. ELF: its machine, the build id in its notes (a GNU note
 * of type 3), the release of its banner "Linux version RELEASE ". Where the file does not
 * say it, the release from its name: RELEASE.btf or vmlinux-RELEASE. /sys/kernel/btf/vmlinux is the
 * running kernel. Errors: those of open(2) and read(2), with the path; what is malformed is
 * unknown.
 */
int identity_of_file(struct identity *id, const char *path, struct err *err);

/* Another machine is another kernel. Build ids decide where both have one, else releases. */
enum identity_match identity_match(const struct identity *a, const struct identity *b);

/* "Linux 5.10.0-46-cloud-amd64"; with_build adds the build id, shortened. */
void identity_print(const struct identity *id, bool with_build, char *buf, size_t sz);

#endif
