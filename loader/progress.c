// SPDX-License-Identifier: GPL-2.0-only
#include "loader/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

#define BAR_COLUMNS 40

void progress_init(struct progress *p)
{
	*p = (struct progress){.bar = log_level >= LOG_INFO && isatty(STDERR_FILENO)};
}

void progress_show(void *arg, size_t done, size_t total)
{
	static const char full[] = "########################################";
	struct progress *p = arg;
	int columns = total ? done * BAR_COLUMNS / total : 0;

	if (!p->bar)
		return;
	fprintf(stderr, "\rattaching [%-*.*s] %zu/%zu", BAR_COLUMNS, columns, full, done, total);
	fflush(stderr);
	p->shown = true;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
