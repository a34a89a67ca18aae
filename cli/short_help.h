/* SPDX-License-Identifier: GPL-2.0-only */
/* short_help.h - what people do with skbtrail, an example for each. */
#ifndef CLI_SHORT_HELP_H
#define CLI_SHORT_HELP_H

#include <stdio.h>

/* The text of -h: it fits on a page of 40 lines and 80 columns. */
void short_help(FILE *out);

#endif
