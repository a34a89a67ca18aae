/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * err.h - one error: what failed, and the way out.
 *
 * Functions that can fail take `struct err *err` last and return 0 (or a useful
 * non-negative value) or a negative errno. The first error wins: once set, later
 * err_set() calls are ignored, so clean-up paths need no care. Callers may put words
 * in front of it with err_prefix(). Only trace/main.c and trace/session.c print it, and
 * output/files/filesink.c one after which the run goes on.
 *
 * Text: lower case, what failed first, the subject in 'quotes', value got and value
 * expected, no final stop.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	int code;	/* negative errno; 0 while no error is set */
	bool usage;	/* it is in the command line: exit code 2 */
	char msg[768];	/* one line */
	char hint[512]; /* one line; several that belong below one another; or empty */
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		0                                                                                  \
	}

/* Set the error unless one is set. Returns code, which must be negative. err may be NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set(), with ": " and the words for code added to the text. */
int err_sys(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put words and ": " in front of the message. Does nothing while no error is set. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The error is in what the user wrote. Does nothing while no error is set. */
void err_usage(struct err *err);

/* Say what to do about it. The first hint wins. Does nothing while no error is set. */
void err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Forget the error, so that err can be used for another try. */
void err_clear(struct err *err);

#endif
