// SPDX-License-Identifier: GPL-2.0-only
#include "kern/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * Features with a fallback, accepted by --without. (Nothing uses attach-cookie yet: the probed
 * address identifies the function as well.)
 */
static const enum feature optional[] = {
	FEAT_KPROBE_MULTI, FEAT_KPROBE_PMU,	FEAT_RAW_TRACEPOINT,	FEAT_RINGBUF,
	FEAT_PROG_NAME,	   FEAT_GET_FUNC_IP,	FEAT_PROBE_READ_KERNEL, FEAT_JUMP_OPTIMIZATION,
	FEAT_TRACEFS,	   FEAT_KPROBE_EVENTS,	FEAT_TRACEPOINT_EVENTS, FEAT_BTF,
	FEAT_RAW_STACK,	   FEAT_LARGE_PROGRAMS, FEAT_ATTACH_COOKIE,	FEAT_KCORE,
	FEAT_TRANSLATED,   FEAT_MODULE_BTF,	FEAT_GET_STACK,		FEAT_STACK_ID,
	FEAT_DIRECT_LOADS, FEAT_MAP_VALUE,
};

#define NR_OPTIONAL (sizeof(optional) / sizeof(optional[0]))

static int unknown(const char *name, size_t len, struct err *err)
{
	char all[448] = "";
	size_t used = 0;

	for (size_t i = 0; i < NR_OPTIONAL; i++)
		used += snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "",
				 feature_infos[optional[i]].name);
	err_set(err, -EINVAL, "--without: '%.*s' is not an optional feature", (int)len, name);
	err_hint(err, "there are: %s", all);
	return -EINVAL;
}

static int leave_out(struct features *f, const char *name, size_t len, struct err *err)
{
	for (size_t i = 0; i < NR_OPTIONAL; i++) {
		const char *known = feature_infos[optional[i]].name;

		if (strlen(known) == len && !memcmp(known, name, len)) {
			f->f[optional[i]].has = false;
			f->f[optional[i]].why = -ENOTSUP;
			f->f[optional[i]].left_out = true;
			return 0;
		}
	}
	return unknown(name, len, err);
}

int features_leave_out(struct features *f, const char *names, struct err *err)
{
	for (;;) {
		size_t len = strcspn(names, ",");
		int ret = leave_out(f, names, len, err);

		if (ret || !names[len])
			return ret;
		names += len + 1;
	}
}
