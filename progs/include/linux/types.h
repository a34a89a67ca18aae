/* SPDX-License-Identifier: GPL-2.0-only */
/* Fixed-width types for the BPF programs, which are compiled without system headers. */
#ifndef PROGS_LINUX_TYPES_H
#define PROGS_LINUX_TYPES_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;

#endif
