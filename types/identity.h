/* SPDX-License-Identifier: GPL-2.0-only */
/* identity.h - identity of a kernel: of the running one, of a file, of packed types. */
#ifndef TYPES_IDENTITY_H
#define TYPES_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BUILD_ID_MAX 20 /* BUILD_ID_SIZE_MAX of include/linux/buildid.h */

/* Unknown fields are empty. */
struct identity {
	char release[65]; /* as uname -r */
	char machine[16]; /* as uname -m */
	uint8_t build_id[BUILD_ID_MAX];
	uint32_t build_id_sz;
};

enum identity_match { SAME_BUILD, SAME_RELEASE, OTHER_KERNEL, MATCH_UNKNOWN };

/* The machine this program was built for: "x86_64", "aarch64" or "riscv64", as in uname -m. */
const char *identity_machine(void);

/* The running kernel: uname(2), and the build id from /sys/kernel/notes (2.6.23). */
void identity_running(struct identity *id);

/*
 * Identify the kernel that a type file is for. From ELF: the machine, the build id in its notes (a
 * GNU note of type 3), the release in its banner "Linux version RELEASE ". Otherwise the release
 * comes from the file name: RELEASE.btf or vmlinux-RELEASE. /sys/kernel/btf/vmlinux is the running
 * kernel. Malformed parts are treated as unknown. Errors: those of open(2) and read(2), with the
 * path.
 */
int identity_of_file(struct identity *id, const char *path, struct err *err);

/* Different machines never match. Build ids decide if both have one, else releases. */
enum identity_match identity_match(const struct identity *a, const struct identity *b);

/* "Linux 5.10.0-46-cloud-amd64"; with_build adds the build id, shortened. */
void identity_print(const struct identity *id, bool with_build, char *buf, size_t sz);

#endif
