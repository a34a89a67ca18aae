/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * err.h - one error: what failed, and a hint how to fix it.
 *
 * Functions that can fail take `struct err *err` last and return 0 (or a useful
 * non-negative value) or a negative errno. The first error wins: once set, later
 * err_set() calls are ignored, so cleanup paths cannot overwrite it. Callers may add
 * context in front with err_prefix(). Only trace/main.c and trace/session.c print errors;
 * output/files/filesink.c also prints those after which the run continues.
 *
 * Text: lower case, what failed first, the subject in 'quotes', the actual and the
 * expected value, no trailing period.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	int code;	/* negative errno; 0 while no error is set */
	bool usage;	/* the command line is wrong: exit code 2 */
	char msg[768];	/* one line */
	char hint[512]; /* empty, or one or more lines separated by \n */
};

#define ERR_INIT                                                                                   \
	{                                                                                          \
		0                                                                                  \
	}

/* Set the error unless one is set. Returns code, which must be negative. err may be NULL. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set(), with ": " and strerror(-code) appended to the text. */
int err_sys(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Prepend the text and ": " to the message. Does nothing while no error is set. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Mark the error as a usage error. Does nothing while no error is set. */
void err_usage(struct err *err);

/* Add a hint how to fix it. The first hint wins. Does nothing while no error is set. */
void err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Clear the error, so that err can be reused. */
void err_clear(struct err *err);

#endif
