/* SPDX-License-Identifier: GPL-2.0-only */
/* btf_dir.h - the file for one kernel in a directory of BTF files. */
#ifndef TYPES_BTF_DIR_H
#define TYPES_BTF_DIR_H

#include "base/err.h"

/* As os-release(5) says it: "debian", "12"; "": not known. */
struct distribution {
	char id[32], version[32];
};

void distribution_read(struct distribution *d, const char *os_release);

/*
 * In a directory, the file for a kernel: RELEASE.btf in it or up to three levels below, as archives
 * of BTF have it (DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE.btf). Of several, the one whose path
 * names the distribution, then its version; never one below another architecture's name. *path is
 * the caller's to free. Errors: -ENOENT with release and directory, and a hint where it is there
 * but compressed, -ENOMEM, those of opendir(3).
 */
int btf_dir_find(char **path, const char *dir, const char *release, const struct distribution *d,
		 struct err *err);

#endif
