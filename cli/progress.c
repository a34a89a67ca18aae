// SPDX-License-Identifier: GPL-2.0-only
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "kern/clock.h"

#define BAR_COLUMNS 40
#define LINE_EVERY  UINT64_C(5000000000) /* ns; nothing is printed if attaching takes less */

void progress_init(struct progress *p)
{
	*p = (struct progress){.bar = isatty(STDERR_FILENO), .next_line = clock_now() + LINE_EVERY};
}

static void show_line(struct progress *p, size_t done, size_t total)
{
	uint64_t now = clock_now();

	if (now < p->next_line)
		return;
	p->next_line = now + LINE_EVERY;
	log_info("attaching: %zu of %zu", done, total);
}

void progress_show(void *arg, size_t done, size_t total)
{
	static const char full[] = "########################################";
	struct progress *p = arg;
	int columns = total ? done * BAR_COLUMNS / total : 0;

	if (log_level < LOG_INFO)
		return;
	if (!p->bar) {
		show_line(p, done, total);
		return;
	}
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
