/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the top-level commands; each function is one run, from options to exit.
 *
 * The room trace combines all other rooms into the program, and may include any of them. Only it
 * reports errors to the user.
 */
#ifndef TRACE_SESSION_H
#define TRACE_SESSION_H

#include "base/err.h"
#include "cli/options.h"

/* Trace until a signal, the event limit, or an output error. -EPIPE: the reader has exited. */
int session_trace(const struct options *o, struct err *err);
/* --list-funcs: print what would be attached to. */
int session_list(const struct options *o, struct err *err);
/* --replay: print a record file. */
int session_replay(const struct options *o, struct err *err);

#endif
