// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_oracle.h"

#include <stdlib.h>

#include <pcap/pcap.h>

struct oracle {
	pcap_t *pcap;
	struct bpf_program code;
};

_Static_assert(sizeof(struct cbpf_insn) == sizeof(struct bpf_insn), "one layout");

struct oracle *oracle_open(const char *expr, enum filter_layer layer)
{
	struct oracle *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	o->pcap = pcap_open_dead(layer == FILTER_L2 ? DLT_EN10MB : DLT_RAW, 262144);
	if (!o->pcap)
		abort();
	if (pcap_compile(o->pcap, &o->code, expr, 1, PCAP_NETMASK_UNKNOWN)) {
		pcap_close(o->pcap);
		free(o);
		return NULL;
	}
	return o;
}

bool oracle_match(const struct oracle *o, const uint8_t *data, size_t caplen, size_t len)
{
	struct pcap_pkthdr hdr = {.caplen = (bpf_u_int32)caplen, .len = (bpf_u_int32)len};

	return o && pcap_offline_filter(&o->code, &hdr, data);
}

void oracle_free(struct oracle *o)
{
	if (!o)
		return;
	pcap_freecode(&o->code);
	pcap_close(o->pcap);
	free(o);
}

uint32_t oracle_run(const struct cbpf_prog *prog, const uint8_t *data, size_t caplen, size_t len)
{
	return bpf_filter((const struct bpf_insn *)(const void *)prog->insns, data, (u_int)len,
			  (u_int)caplen);
}
