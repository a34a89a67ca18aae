/* SPDX-License-Identifier: GPL-2.0-only */
/* json_verdict.h - what firewalls did, as JSON. */
#ifndef OUTPUT_JSON_VERDICT_H
#define OUTPUT_JSON_VERDICT_H

#include "base/verdict.h"
#include "output/outbuf.h"

/* `,"netfilter":{...}`: the last verdict; `,"netfilter_before":[...]`: those before it. */
void json_verdicts(struct outbuf *o, const struct verdicts *vs);

#endif
