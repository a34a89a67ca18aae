/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tagged.h - packets with a hardware-accelerated VLAN tag, without a VLAN interface.
 *
 * An AF_PACKET socket sends frames with a tag over the loopback interface, which takes no VLAN
 * interfaces (NETIF_F_VLAN_CHALLENGED). On receive __netif_receive_skb_core() moves the tag into
 * the skb (skb_vlan_untag() in net/core/skbuff.c, in RHEL 7 too; the 8021q module is not needed),
 * and the same socket gets that skb.
 */
#ifndef TYPES_MEASURE_TAGGED_H
#define TYPES_MEASURE_TAGGED_H

#include <stddef.h>
#include <stdint.h>

#define TAGGED_NR 6
/* VLAN_TAG_PRESENT: set in skb->vlan_tci if the skb has a tag, up to 4.20 (linux/if_vlan.h). */
#define TAGGED_PRESENT 0x1000

/* Host byte order. TAGGED_PRESENT is not set in tci. */
struct tag {
	uint16_t proto, tci;
};

extern const struct tag tagged_tags[TAGGED_NR];

/*
 * Open the socket, in a namespace where only the caller sends. Returns its fd. Errors: -ENOENT if
 * the kernel has no packet sockets without loading a module; those of socket(2) and bind(2).
 */
int tagged_open(void);

/* Send packet idx. It waits in the socket's queue on return. Errors: -ETIMEDOUT, those of send(2).
 */
int tagged_send(int fd, size_t idx);

/*
 * Take it from the queue, which passes its skb to skb_copy_datagram_iovec(). Returns 0 if it was
 * that packet and the kernel reports its tag, else -ENODATA.
 */
int tagged_receive(int fd, size_t idx);

#endif
