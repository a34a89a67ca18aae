// SPDX-License-Identifier: GPL-2.0-only
#include "cli/option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loader/attach/attach.h"

#define DIGITS	  "0123456789"
#define NS	  UINT64_C(1000000000)
#define TEN_YEARS (3650 * 86400 * NS)

int value_flag(bool *v, const char *arg)
{
	if (!arg || !strcmp(arg, "true") || !strcmp(arg, "1"))
		*v = true;
	else if (!strcmp(arg, "false") || !strcmp(arg, "0"))
		*v = false;
	else
		return -EINVAL;
	return 0;
}

/* Decimal, hexadecimal (0x) or octal (0), at most max; *end: the first unparsed character. */
static int parse_number(const char *arg, uint64_t max, uint64_t *v, char **end)
{
	if (*arg < '0' || *arg > '9')
		return -EINVAL;
	errno = 0;
	*v = strtoull(arg, end, 0);
	return errno || *v > max ? -EINVAL : 0;
}

int value_whole_number(uint64_t *v, const char *arg)
{
	char *end;

	return parse_number(arg, UINT64_MAX, v, &end) || *end ? -EINVAL : 0;
}

int value_size(uint64_t *v, const char *arg)
{
	unsigned shift = 0;
	char *end;

	if (parse_number(arg, UINT64_C(1) << 31, v, &end))
		return -EINVAL;
	if (*end == 'k' || *end == 'K')
		shift = 10;
	else if (*end == 'm' || *end == 'M')
		shift = 20;
	if (shift)
		end++;
	*v <<= shift;
	return *end || *v < 4096 || *v > UINT64_C(1) << 30 ? -EINVAL : 0;
}

int value_positive(uint64_t *v, const char *arg)
{
	return value_whole_number(v, arg) || !*v || *v > INT32_MAX ? -EINVAL : 0;
}

int value_snaplen(uint64_t *v, const char *arg)
{
	return value_positive(v, arg) || *v > TRAIL_SNAPLEN_MAX ? -EINVAL : 0;
}

/* A number and an optional suffix: letters[i] multiplies by units[i]. Default: the first one. */
static int parse_units(uint64_t *v, const char *arg, const char *letters, const uint64_t *units)
{
	const char *letter = letters;
	char *end;

	if (parse_number(arg, UINT32_MAX, v, &end))
		return -EINVAL;
	if (*end)
		letter = strchr(letters, *end++);
	if (!letter || *end)
		return -EINVAL;
	*v *= units[letter - letters];
	return 0;
}

int value_file_size(uint64_t *v, const char *arg)
{
	static const uint64_t units[] = {1 << 20, 1 << 10, 1 << 30};

	return parse_units(v, arg, "MKG", units);
}

int value_age(uint64_t *v, const char *arg)
{
	static const uint64_t units[] = {24 * 60 * 60, 60 * 60, 60, 1};

	return parse_units(v, arg, "dhms", units);
}

/* What a suffix stands for, in ns; 0: none of ours. */
static uint64_t unit_of(const char *suffix)
{
	static const struct {
		const char *suffix;
		uint64_t ns;
	} units[] = {{"", NS},	     {"s", NS},	       {"ms", NS / 1000},
		     {"m", 60 * NS}, {"h", 3600 * NS}, {"d", 86400 * NS}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(suffix, units[i].suffix))
			return units[i].ns;
	return 0;
}

int value_duration(uint64_t *ns, const char *arg)
{
	const char *point = arg + strspn(arg, DIGITS), *part = point + (*point == '.');
	size_t nr_part = *point == '.' ? strspn(part, DIGITS) : 0;
	uint64_t unit = unit_of(part + nr_part), whole = strtoull(arg, NULL, 10);

	if (point - arg > 9 || ((*point == '.' || point == arg) && !nr_part) || !unit ||
	    whole > TEN_YEARS / unit)
		return -EINVAL;
	*ns = whole * unit;
	for (size_t i = 0; i < nr_part && unit >= 10; i++) {
		unit /= 10;
		*ns += (part[i] - '0') * unit;
	}
	return *ns ? 0 : -EINVAL;
}

/* As in pwru, a repeated option adds to the list. */
int value_list(struct option_list *l, const char *arg)
{
	while (*arg) {
		size_t len = strcspn(arg, ",");
		char **v = reallocarray(l->v, l->nr + 1, sizeof(*v));

		if (!v)
			return -ENOMEM;
		l->v = v;
		v[l->nr] = len ? strndup(arg, len) : NULL;
		if (!v[l->nr])
			return len ? -ENOMEM : -EINVAL;
		l->nr++;
		arg += len;
		if (*arg == ',' && !*++arg)
			return -EINVAL;
	}
	return l->nr ? 0 : -EINVAL;
}

int value_mark(uint32_t *mark_out, uint32_t *mask_out, const char *arg)
{
	uint64_t mark, mask = UINT32_MAX;
	char *end;

	if (parse_number(arg, UINT32_MAX, &mark, &end))
		return -EINVAL;
	if (*end == '/' && parse_number(end + 1, UINT32_MAX, &mask, &end))
		return -EINVAL;
	if (*end || !mask || (mark & ~mask))
		return -EINVAL;
	*mark_out = mark;
	*mask_out = mask;
	return 0;
}

int value_timestamp(enum timestamp_mode *mode, const char *arg)
{
	static const char *const names[] = {"none", "current", "relative", "absolute"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(arg, names[i])) {
			*mode = i;
			return 0;
		}
	}
	return -EINVAL;
}

int value_story(enum story_mode *mode, const char *arg)
{
	bool on = true;

	if (arg && !strcmp(arg, "flow")) {
		*mode = STORY_FLOW;
		return 0;
	}
	if (arg && strcmp(arg, "packet") && value_flag(&on, arg))
		return -EINVAL;
	*mode = on ? STORY_PACKET : STORY_NONE;
	return 0;
}

int value_verdict(enum verdict_mode *mode, const char *arg)
{
	static const char *const names[] = {
		[VERDICTS_DROPS] = "drops",
		[VERDICTS_ALL] = "all",
		[VERDICTS_NONE] = "none",
	};

	for (size_t i = VERDICTS_DROPS; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(arg, names[i])) {
			*mode = i;
			return 0;
		}
	}
	return -EINVAL;
}

int value_format(enum record_format *format, const char *arg)
{
	if (!strcmp(arg, "record"))
		*format = FORMAT_RECORD;
	else if (!strcmp(arg, "pcapng"))
		*format = FORMAT_PCAPNG;
	else
		return -EINVAL;
	return 0;
}

int value_colour(const char **colour, const char *arg)
{
	*colour = arg;
	return strcmp(arg, "auto") && strcmp(arg, "always") && strcmp(arg, "never") ? -EINVAL : 0;
}

int value_backend(const char **name, const char *arg)
{
	*name = arg;
	return backend_by_name(arg) ? 0 : -EINVAL;
}
