/* SPDX-License-Identifier: GPL-2.0-only */
/* print.h - what the texts of packets, of flows and of a trace have in common. */
#ifndef STORY_PRINT_H
#define STORY_PRINT_H

#include "story/story.h"

#define BOLD  "\033[1m"
#define RED   "\033[1;31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

/* One of these codes, if colours are wanted. */
void print_colour(struct outbuf *o, const struct story_opts *opts, const char *code);

/* "12.3 us", "12.345 ms", "12.345 s": four digits or five. */
void print_duration(struct outbuf *o, uint64_t ns);

/* The same, right-aligned in 12 columns. */
void print_time(struct outbuf *o, uint64_t ns);

/* A number, right-aligned in 10 columns. */
void print_count(struct outbuf *o, uint64_t n);

/* "12 packets", "1 packet" */
void print_nr(struct outbuf *o, uint64_t n, const char *what);

/* As format_func(), without the module. */
void print_func(struct outbuf *o, const struct story_func *f);

/* "dropped", "nothing more was seen" */
const char *print_end_words(enum story_end end, const struct story_opts *opts);

/* RED, GREEN or "". */
const char *print_end_colour(enum story_end end);

#endif
