// SPDX-License-Identifier: GPL-2.0-only
#include "kern/cpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CPU_MAX 65536

int cpu_list_parse(const char *text, uint32_t **cpus)
{
	uint32_t *list = NULL;
	size_t nr = 0;

	while (*text && *text != '\n') {
		char *end;
		unsigned long from = strtoul(text, &end, 10), to = from;
		uint32_t *p;

		if (end != text && *end == '-') {
			text = end + 1;
			to = strtoul(text, &end, 10);
		}
		if (end == text || from > to || to >= CPU_MAX || nr + (to - from) >= CPU_MAX)
			goto invalid;
		if (*end && *end != ',' && *end != '\n')
			goto invalid;
		p = realloc(list, (nr + to - from + 1) * sizeof(*list));
		if (!p) {
			free(list);
			return -ENOMEM;
		}
		list = p;
		for (unsigned long cpu = from; cpu <= to; cpu++)
			list[nr++] = cpu;
		text = *end == ',' ? end + 1 : end;
	}
	*cpus = list;
	return nr;
invalid:
	free(list);
	return -EINVAL;
}

static int cpu_list_read(const char *path, uint32_t **cpus)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	int ret = -ENOENT;

	if (!f)
		return -errno;
	if (getline(&line, &cap, f) > 0)
		ret = cpu_list_parse(line, cpus);
	free(line);
	fclose(f);
	return ret;
}

int cpus_online(uint32_t **cpus)
{
	return cpu_list_read("/sys/devices/system/cpu/online", cpus);
}

size_t cpus_nr_online(void)
{
	uint32_t *cpus = NULL;
	int nr = cpus_online(&cpus);

	free(cpus);
	return nr > 0 ? nr : 1;
}

size_t cpus_nr_possible(void)
{
	uint32_t *cpus = NULL;
	int nr = cpu_list_read("/sys/devices/system/cpu/possible", &cpus);
	size_t end;

	if (nr <= 0) {
		free(cpus);
		cpus = NULL;
		nr = cpus_online(&cpus);
	}
	end = nr > 0 ? (size_t)cpus[nr - 1] + 1 : 1;
	free(cpus);
	return end;
}
