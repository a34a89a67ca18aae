/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netns_names.h - names of network namespaces by inode number, for --output-netns-names.
 *
 * The first found of: a name in /run/netns, as ip(8) sets; "host" for the namespace of pid 1; the
 * name of a bind mount elsewhere (/run/docker/netns/1a2b3c4d5e6f: "1a2b3c4d5e6f"; after "host",
 * since Docker mounts the host's as "default"); the process in it with the lowest pid:
 * "nginx:1234".
 */
#ifndef NAMES_NETNS_NAMES_H
#define NAMES_NETNS_NAMES_H

#include <stdint.h>

#include "base/err.h"
#include "kern/netns.h"

#define NETNS_NAME_MAX 63 /* longer names are truncated */

struct netns_names;

/* roots: directories to scan (&netns_roots); must outlive the names. Errors: -ENOMEM. */
int netns_names_open(struct netns_names **out, const struct netns_roots *roots, struct err *err);

/*
 * The name, or NULL. now: clock_now(). The name may contain any bytes but NUL and stays valid until
 * netns_names_close(). Inode numbers are reused, so do not cache the result: look it up for each
 * event, which is cheap.
 *
 * Rescans if the last scan is 10 seconds old; or 1 second, for an inode that it did not find and
 * that has not been looked up since. A scan takes about 10 ms for a thousand processes.
 */
const char *netns_names_get(struct netns_names *n, uint32_t inode, uint64_t now);

void netns_names_close(struct netns_names *n);

#endif
