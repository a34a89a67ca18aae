/* SPDX-License-Identifier: GPL-2.0-only */
/* json_tuple.h - addresses, ports and protocol, as JSON. */
#ifndef OUTPUT_JSON_TUPLE_H
#define OUTPUT_JSON_TUPLE_H

#include "output/outbuf.h"
#include "output/output.h"

/* The key (including comma, quotes and colon) and the object; nothing if none was decoded. */
void json_tuple(struct outbuf *o, const char *key, const struct tuple *t);

#endif
