/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_oracle.h - what libpcap says of a packet: the truth for the tests of filter/.
 * By itself, since <pcap/pcap.h> cannot stand beside <linux/bpf.h>.
 */
#ifndef TESTS_UNIT_LIB_ORACLE_H
#define TESTS_UNIT_LIB_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter/filter.h"

struct oracle; /* an expression compiled by libpcap for one link type */

/* NULL where libpcap cannot compile it for the layer: then nothing matches. */
struct oracle *oracle_open(const char *expr, enum filter_layer layer);
bool oracle_match(const struct oracle *o, const uint8_t *data, size_t caplen, size_t len);
void oracle_free(struct oracle *o);

/* libpcap's interpreter on a classic program. */
uint32_t oracle_run(const struct cbpf_prog *prog, const uint8_t *data, size_t caplen, size_t len);

#endif
