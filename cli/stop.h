/* SPDX-License-Identifier: GPL-2.0-only */
/* stop.h - SIGINT, SIGTERM and SIGHUP as a flag for loops and a descriptor for poll(2). */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <signal.h>

#include "base/err.h"

extern volatile sig_atomic_t stop_flag; /* set when a signal arrives */

/* Start catching the signals. Returns a descriptor that becomes readable on a signal, or -errno. */
int stop_catch(struct err *err);

#endif
