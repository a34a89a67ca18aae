/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netns_names.h - names of network namespaces by their inode numbers, for --output-netns-names.
 *
 * The best that there is of: a name of ip(8) in /run/netns; "host", the namespace of pid 1; the
 * name of a bind mount elsewhere (/run/docker/netns/1a2b3c4d5e6f: "1a2b3c4d5e6f"; after "host",
 * since Docker mounts the host's as "default"); the process in it that has the lowest pid:
 * "nginx:1234".
 */
#ifndef NAMES_NETNS_NAMES_H
#define NAMES_NETNS_NAMES_H

#include <stdint.h>

#include "base/err.h"
#include "kern/netns.h"

#define NETNS_NAME_MAX 63 /* longer names are cut */

struct netns_names;

/* roots: where to look (&netns_roots); must outlive the names. Errors: -ENOMEM. */
int netns_names_open(struct netns_names **out, const struct netns_roots *roots, struct err *err);

/*
 * The name, or NULL. now: clock_now(). It may hold any bytes but NUL, and stays valid until the
 * end. The next answer may be another, as namespaces come and go and their numbers are used again:
 * so ask for each event, from memory that costs nothing.
 *
 * All places are looked at when the last look is 10 seconds old; or 1 second, for a number that was
 * unknown then and not asked for. A look takes about 10 ms for a thousand processes.
 */
const char *netns_names_get(struct netns_names *n, uint32_t inode, uint64_t now);

void netns_names_close(struct netns_names *n);

#endif
