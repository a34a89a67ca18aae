/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_pcapng.h - reads pcapng and checks every block, for tests: draft-ietf-opsawg-pcapng. */
#ifndef TESTS_UNIT_LIB_PCAPNG_H
#define TESTS_UNIT_LIB_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

struct pcapng_iface {
	char name[8192], description[256];
	size_t nr_packets;
};

struct pcapng_packet {
	uint32_t iface;
	uint64_t ts; /* ns */
	uint32_t captured, len;
	const uint8_t *data;
	uint32_t flags;	    /* 0: none */
	uint8_t verdict_of; /* 0: no verdict */
	int64_t verdict;
	char *comment;
};

struct pcapng_file {
	char program[64], os[128], hardware[128], comment[128];
	struct pcapng_iface *ifaces;
	size_t nr_ifaces;
	struct pcapng_packet *packets;
	size_t nr_packets;
	char statistics[128]; /* comment of the last statistics block */
};

/*
 * A section header, then blocks of the known types, each interface before its packets; lengths,
 * padding, options and their order are checked, and that texts have no control characters. Fails
 * the test if one is wrong.
 */
void pcapng_read(struct pcapng_file *f, const void *data, size_t sz);
void pcapng_release(struct pcapng_file *f);

#endif
