/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib_kernel_types.h - the structs that skbtrail reads, laid out as x86_64 kernels have them
 * (include/linux/skbuff.h, netdevice.h, net/sock.h of these releases; the places within struct
 * net_device and struct sock depend on the configuration and are one of many).
 */
#ifndef TESTS_UNIT_LIB_KERNEL_TYPES_H
#define TESTS_UNIT_LIB_KERNEL_TYPES_H

#include "btf/btf.h"
#include "loader/fields.h"

enum kernel_types {
	KERNEL_TYPES_4_4,
	KERNEL_TYPES_4_9,
	KERNEL_TYPES_4_14,
	KERNEL_TYPES_4_18_EL8, /* those of 4.19 */
	KERNEL_TYPES_4_19,
	KERNEL_TYPES_5_4,
	KERNEL_TYPES_NR
};

/* without: a member to leave out, or NULL. The caller frees the BTF. */
struct btf *kernel_types(enum kernel_types k, const struct field *without);

#endif
