/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_packet.h - Ethernet frames of many kinds, built by hand. */
#ifndef TESTS_UNIT_LIB_PACKET_H
#define TESTS_UNIT_LIB_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX 2304

struct packet {
	const char *name;
	uint8_t data[PACKET_MAX]; /* from the Ethernet header on */
	size_t len;
};

/* All of them; *nr says how many. The caller frees the array. */
struct packet *packets_make(size_t *nr);

/* A generator of test data: the same seed, the same numbers. */
uint32_t packet_random(uint64_t *seed);

#endif
