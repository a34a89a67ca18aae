/* SPDX-License-Identifier: GPL-2.0-only */
/* log.h - messages to the user, on stderr. stdout is for data only. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_QUIET = -1, LOG_INFO, LOG_VERBOSE, LOG_DEBUG };

extern enum log_level log_level; /* LOG_INFO until main() sets it */

/* Print one line to stderr if level <= log_level; "\n" is appended. */
void log_at(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_info(...)	 log_at(LOG_INFO, __VA_ARGS__)
#define log_verbose(...) log_at(LOG_VERBOSE, __VA_ARGS__)
#define log_debug(...)	 log_at(LOG_DEBUG, __VA_ARGS__)

/* "skbtrail: message" and, if there is a hint, "hint: ...". Always printed. */
void log_err(const struct err *err);
/* "skbtrail: warning: ...". Printed unless LOG_QUIET. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "s", but nothing after 1: "%u event%s". */
static inline const char *plural(uint64_t nr)
{
	return nr == 1 ? "" : "s";
}

#endif
