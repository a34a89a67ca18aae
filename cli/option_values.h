/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * option_values.h - what may stand behind an option. Each returns 0, -EINVAL where the text is no
 * such value (what it points to is void then), or -ENOMEM.
 */
#ifndef CLI_OPTION_VALUES_H
#define CLI_OPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

/* Of an option that is given with commas between its values, or several times. */
struct option_list {
	char **v; /* owned */
	size_t nr;
};

/* "true" or "false", "1" or "0"; NULL, the bare option, is true. */
int value_flag(bool *v, const char *arg);
int value_whole_number(uint64_t *v, const char *arg);
/* 1 to INT32_MAX. */
int value_positive(uint64_t *v, const char *arg);
/* Bytes, from 4096 to 1 GiB, with K or M. */
int value_size(uint64_t *v, const char *arg);
/* Bytes, from megabytes or with K, M or G. */
int value_file_size(uint64_t *v, const char *arg);
/* Seconds, from days or with d, h, m or s. */
int value_age(uint64_t *v, const char *arg);
/* Adds to what is there; copies. */
int value_list(struct option_list *l, const char *arg);
/* "MARK" or "MARK/MASK". */
int value_mark(uint32_t *mark, uint32_t *mask, const char *arg);
int value_timestamp(enum timestamp_mode *mode, const char *arg);
int value_colour(const char **colour, const char *arg);
int value_backend(const char **name, const char *arg);

#endif
