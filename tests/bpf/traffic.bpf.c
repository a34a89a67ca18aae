// SPDX-License-Identifier: GPL-2.0-only
/*
 * traffic.bpf.c - programs that test cases put into the way of packets (xdp and tc_bpf of
 * tests/lab.sh). A section holds one program.
 *
 * ip and tc load them with libbpf, so maps are as that wants them, and with types: without
 * those nobody can trace a program.
 */
#include "progs/bpf.h"

/* linux/bpf.h, as far as it is needed; verifier and BTF know these structs by their names. */
struct xdp_md {
	u32 data;
	u32 data_end;
};

struct __sk_buff {
	u32 other[19];
	u32 data;
	u32 data_end;
};

enum { XDP_DROP = 1, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum { TC_ACT_OK, TC_ACT_SHOT = 2 };

static long (*const bpf_redirect)(u32 ifindex, u64 flags) = (void *)23;

/* What happens to packets to these ports; all others pass. */
#define PORT_BACK     5007
#define PORT_REDIRECT 5008
#define PORT_DROP     5009

#define INDEX 77 /* lab_third */

#define POINTER(x) ((u8 *)(unsigned long)(x))

/* The destination port of UDP over IPv4 without options; else 0. */
__inline u16 udp_port(const u8 *packet, const u8 *end)
{
	if (packet + 42 > end || packet[12] != 8 || packet[13] || packet[14] != 0x45 ||
	    packet[23] != 17)
		return 0;
	return packet[36] << 8 | packet[37];
}

SEC("xdp/pass") int xdp_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/gate") int xdp_gate(struct xdp_md *ctx)
{
	switch (udp_port(POINTER(ctx->data), POINTER(ctx->data_end))) {
	case PORT_BACK:
		return XDP_TX;
	case PORT_REDIRECT:
		return bpf_redirect(INDEX, 0);
	case PORT_DROP:
		return XDP_DROP;
	}
	return XDP_PASS;
}

SEC("tc/gate") int tc_gate(struct __sk_buff *ctx)
{
	return udp_port(POINTER(ctx->data), POINTER(ctx->data_end)) == PORT_DROP ? TC_ACT_SHOT
										 : TC_ACT_OK;
}

struct {
	int (*type)[1]; /* BPF_MAP_TYPE_HASH */
	int (*max_entries)[16];
	u32 *key;
	u64 *value;
} port_count SEC(".maps");

/* Counts packets to a port. The JIT puts the code of a lookup in line, but not that of an update.
 */
SEC("tc/count") int tc_count(struct __sk_buff *ctx)
{
	u32 port = udp_port(POINTER(ctx->data), POINTER(ctx->data_end));
	u64 nr = 1, *old;

	if (!port)
		return TC_ACT_OK;
	old = bpf_map_lookup_elem(&port_count, &port);
	if (old)
		nr += *old;
	bpf_map_update_elem(&port_count, &port, &nr, 0);
	return TC_ACT_OK;
}

char gpl[] SEC("license") = "GPL";
