/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf.h - bpf(2), one thin wrapper a command.
 *
 * Every wrapper zeroes an attribute union, fills what the command needs, passes the exact
 * size of the last field it uses, and returns a file descriptor (close-on-exec, as the
 * kernel makes them), 0, or -errno.
 */
#ifndef KERN_BPF_H
#define KERN_BPF_H

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
int bpf_map_delete(int map_fd, const void *key);
/* The kernel's number of a map (4.13); 0: it does not say. */
uint32_t bpf_map_id(int map_fd);

struct bpf_prog_spec {
	uint32_t type;	      /* enum bpf_prog_type */
	uint32_t attach_type; /* expected_attach_type; 0: not passed (4.17) */
	const struct bpf_insn *insns;
	size_t nr_insns;
	const char *name;      /* NULL: not passed (4.15); at most 15 characters */
	uint32_t kern_version; /* kern_release_code() */
	int target_fd;	       /* of a tracing program: the BPF program that it traces (5.5), and */
	uint32_t target_btf_id; /* its FUNC; 0: not passed */
};

/* log may be NULL (log_sz 0). level: 0 off, 1 on, 2 verbose. */
int bpf_prog_load(const struct bpf_prog_spec *spec, char *log, size_t log_sz, int level);

/* The next id of a loaded program after `id` (0: the first; 4.13): 0 or -ENOENT at the end. */
int bpf_prog_next_id(uint32_t id, uint32_t *next);
int bpf_prog_fd_by_id(uint32_t id);

struct bpf_prog_words {
	uint32_t type;		     /* enum bpf_prog_type */
	uint32_t btf_id;	     /* 0: it has no BTF */
	uint32_t func_id;	     /* FUNC of its main function in that; 0: not told */
	char name[BPF_OBJ_NAME_LEN]; /* "": none */
};
int bpf_prog_words(int prog_fd, struct bpf_prog_words *words);

/* The BTF of that id, as bytes: *data is the caller's to free. Errors: -ENOMEM too. */
int bpf_btf_read(uint32_t btf_id, void **data, size_t *sz);

/* Attach a tracing program where it was loaded for. */
int bpf_tracing_open(int prog_fd);

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
