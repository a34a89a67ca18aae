/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * option_values.h - parsers of option arguments. Each returns 0, -EINVAL for an invalid argument
 * (the result is undefined then), or -ENOMEM.
 */
#ifndef CLI_OPTION_VALUES_H
#define CLI_OPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/output.h"

/* Values of an option that takes a comma-separated list, or may be repeated. */
struct option_list {
	char **v; /* owned */
	size_t nr;
};

/* Of the file that --record writes. */
enum record_format {
	FORMAT_BY_NAME,
	FORMAT_RECORD, /* output/files/record_format.h */
	FORMAT_PCAPNG,
};

/* "true" or "false", "1" or "0"; NULL (no argument) is true. */
int value_flag(bool *v, const char *arg);
int value_whole_number(uint64_t *v, const char *arg);
/* 1 to INT32_MAX. */
int value_positive(uint64_t *v, const char *arg);
/* Bytes, from 4096 to 1 GiB, with K or M. */
int value_size(uint64_t *v, const char *arg);
/* A size in megabytes, or with suffix K, M or G. Result in bytes. */
int value_file_size(uint64_t *v, const char *arg);
/* A duration in days, or with suffix d, h, m or s. Result in seconds. */
int value_age(uint64_t *v, const char *arg);
/* A duration in seconds, maybe with a fraction, or with suffix d, h, m, s or ms; not 0. Result in
 * ns.
 */
int value_duration(uint64_t *ns, const char *arg);
/* Append copies of the values to a list. */
int value_list(struct option_list *l, const char *arg);
/* Bytes of a packet: 1 to TRAIL_SNAPLEN_MAX. */
int value_snaplen(uint64_t *v, const char *arg);
/* "MARK" or "MARK/MASK". */
int value_mark(uint32_t *mark, uint32_t *mask, const char *arg);
int value_timestamp(enum timestamp_mode *mode, const char *arg);
/* "drops", "all", "none" */
int value_verdict(enum verdict_mode *mode, const char *arg);
enum story_mode { STORY_NONE, STORY_PACKET, STORY_FLOW };
/* "packet" (also NULL or "true"), "flow", or "false" */
int value_story(enum story_mode *mode, const char *arg);
/* "record", "pcapng" */
int value_format(enum record_format *format, const char *arg);
int value_colour(const char **colour, const char *arg);
int value_backend(const char **name, const char *arg);

#endif
