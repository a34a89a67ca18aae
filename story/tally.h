/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tally.h - a sink that only counts how packets ended, for a few lines at the end of a trace. Looks
 * at what ends packets only: for all other events it costs a comparison.
 */
#ifndef STORY_TALLY_H
#define STORY_TALLY_H

#include "output/output.h"

struct tally;

/* The tally outlives the sink; the sink prints nothing. */
int sink_tally_open(struct sink **out, struct tally **tally);
void tally_close(struct tally *t);

/*
 * "6 of 13 packets dropped, 5 ended well", and a line for each of the most frequent causes of
 * drops, foreign text escaped. Calls line() with each; with none if nothing ended.
 */
void tally_print(const struct tally *t, uint64_t nr_packets,
		 void (*line)(void *arg, const char *text), void *arg);

#endif
