/* SPDX-License-Identifier: GPL-2.0-only */
/* btf_dir.h - find a kernel's file in a directory of BTF files. */
#ifndef TYPES_BTF_DIR_H
#define TYPES_BTF_DIR_H

#include "base/err.h"

/* From os-release(5): "debian", "12"; "" if unknown. */
struct distribution {
	char id[32], version[32];
};

void distribution_read(struct distribution *d, const char *os_release);

/*
 * Find the file for a kernel: RELEASE.btf in dir or up to three levels below, as in archives of BTF
 * (DISTRIBUTION/VERSION/ARCHITECTURE/RELEASE.btf). If there are several, prefer the one whose path
 * names the distribution, then its version; never one in another architecture's directory. The
 * caller frees *path. Errors: -ENOENT with release and directory, and a hint if only a compressed
 * file exists; -ENOMEM; those of opendir(3).
 */
int btf_dir_find(char **path, const char *dir, const char *release, const struct distribution *d,
		 struct err *err);

#endif
