/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf.h - bpf(2), one thin wrapper a command.
 *
 * Every wrapper zeroes an attribute union, fills what the command needs, passes the exact
 * size of the last field it uses, and returns a file descriptor (close-on-exec, as the
 * kernel makes them), 0, or -errno.
 */
#ifndef LOADER_KERN_BPF_H
#define LOADER_KERN_BPF_H

#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

struct bpf_map_spec {
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_sz;
	uint32_t value_sz;
	uint32_t nr_max; /* entries; bytes for a ring buffer */
	uint32_t flags;
};

int bpf_map_create(const struct bpf_map_spec *spec);
int bpf_map_lookup(int map_fd, const void *key, void *value);
int bpf_map_update(int map_fd, const void *key, const void *value);

struct bpf_prog_spec {
	uint32_t type;	      /* enum bpf_prog_type */
	uint32_t attach_type; /* expected_attach_type; 0: not passed (4.17) */
	const struct bpf_insn *insns;
	size_t nr_insns;
	const char *name;      /* NULL: not passed (4.15); at most 15 characters */
	uint32_t kern_version; /* kern_release_code() */
};

/* log may be NULL (log_sz 0). level: 0 off, 1 on, 2 verbose. */
int bpf_prog_load(const struct bpf_prog_spec *spec, char *log, size_t log_sz, int level);

/*
 * The instructions of a loaded program as the kernel rewrote them (4.13): up to *nr, and *nr is
 * set. -EPERM where the kernel hides them, -E2BIG where there are more.
 */
int bpf_prog_translated(int prog_fd, struct bpf_insn *insns, size_t *nr);

int bpf_raw_tracepoint_open(const char *name, int prog_fd); /* 4.17 */

/* A kprobe-multi link (5.18) on nr addresses. */
int bpf_link_create_kprobe_multi(int prog_fd, const uint64_t *addrs, size_t nr);
/* The same on one function by name, for trying whether it works. */
int bpf_link_create_kprobe_multi_name(int prog_fd, const char *name);

/*
 * LINUX_VERSION_CODE of the running kernel from the vDSO's ELF note; kprobe programs
 * need it exactly before 5.0. Where there is no vDSO, from uname. Source of the fact:
 * arch/x86/entry/vdso/vdso-note.S, kernel/bpf/syscall.c of 4.x.
 */
uint32_t kern_release_code(void);

/*
 * Its two halves. An ELF image of at least min_sz bytes, whose program headers may say more, up
 * to max_sz; and "6.1.12-amd64" (a third number over 255 counts as 255). 0: no version there.
 */
uint32_t vdso_release_code(const void *data, size_t min_sz, size_t max_sz);
uint32_t release_code_of(const char *release);

#endif
