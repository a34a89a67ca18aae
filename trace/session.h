/* SPDX-License-Identifier: GPL-2.0-only */
/* session.h - what the program does: each function is one run, from options to exit. */
#ifndef TRACE_SESSION_H
#define TRACE_SESSION_H

#include "base/err.h"
#include "cli/options.h"

/* Trace until a signal, the limit, or an error of the output. -EPIPE: the reader is gone. */
int session_trace(const struct options *o, struct err *err);
/* --list-funcs: what would be attached, on standard output. */
int session_list(const struct options *o, struct err *err);
/* --replay: print a record. */
int session_replay(const struct options *o, struct err *err);

#endif
