/* SPDX-License-Identifier: GPL-2.0-only */
/* stop.h - SIGINT, SIGTERM and SIGHUP: a flag for loops, a descriptor for poll(2). */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <signal.h>

#include "base/err.h"

extern volatile sig_atomic_t stop_flag; /* set once a signal has come */

/* Catch the signals from now on. Returns a descriptor that becomes readable, or -errno. */
int stop_catch(struct err *err);

#endif
