// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum log_level log_level = LOG_INFO;

static void log_line(const char *lead, const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	fprintf(stderr, "%s%s\n", lead, line);
}

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (level > log_level)
		return;
	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	if (log_level == LOG_QUIET)
		return;
	va_start(ap, fmt);
	log_line("skbtrail: warning: ", fmt, ap);
	va_end(ap);
}

/* Indent further lines like the first, so that a caret lines up with the text it marks. */
static void print_hint(const char *hint)
{
	const char *lead = "hint: ";

	while (*hint) {
		int len = (int)strcspn(hint, "\n");

		fprintf(stderr, "%s%.*s\n", lead, len, hint);
		hint += len + (hint[len] == '\n');
		lead = "      ";
	}
}

void log_err(const struct err *err)
{
	fprintf(stderr, "skbtrail: %s\n", err->msg);
	print_hint(err->hint);
}
