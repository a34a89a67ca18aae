/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf.h - bpf(2), one thin wrapper for each command.
 *
 * Each wrapper zeroes the attribute union, sets the fields the command needs, passes the size up to
 * the last field used, and returns a file descriptor (close-on-exec, as the kernel creates them),
 * 0, or -errno.
 */
#ifndef KERN_BPF_H
#define KERN_BPF_H

#include <stdbool.h>
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
/* ID of a map (4.13); 0: unknown. */
uint32_t bpf_map_id(int map_fd);

struct bpf_prog_spec {
	uint32_t type;	      /* enum bpf_prog_type */
	uint32_t attach_type; /* expected_attach_type; 0: not passed (4.17) */
	const struct bpf_insn *insns;
	size_t nr_insns;
	const char *name;	/* NULL: not passed (4.15); at most 15 characters */
	uint32_t kern_version;	/* kern_release_code() */
	int target_fd;		/* for tracing programs: the traced BPF program (5.5) */
	uint32_t target_btf_id; /* and its FUNC; 0: not passed */
};

/* log may be NULL (log_sz 0). level: 0 off, 1 on, 2 verbose. */
int bpf_prog_load(const struct bpf_prog_spec *spec, char *log, size_t log_sz, int level);

/* Get the next program ID after `id` (4.13; 0: the first). Returns 0, or -ENOENT at the end. */
int bpf_prog_next_id(uint32_t id, uint32_t *next);
int bpf_prog_fd_by_id(uint32_t id);

struct bpf_prog_words {
	uint32_t type;		     /* enum bpf_prog_type */
	uint32_t btf_id;	     /* 0: no BTF */
	uint32_t func_id;	     /* FUNC of its main function in that BTF; 0: unknown */
	char name[BPF_OBJ_NAME_LEN]; /* "": none */
};
int bpf_prog_words(int prog_fd, struct bpf_prog_words *words);

/* Read the BTF object with this ID. The caller frees *data. Returns 0 or -errno. */
int bpf_btf_read(uint32_t btf_id, void **data, size_t *sz);

/* Whether BPF programs can trace BPF programs (5.5). True if the caller may not load any. */
bool bpf_can_trace_progs(void);

/* Attach a tracing program to the target it was loaded for. */
int bpf_tracing_open(int prog_fd);

/*
 * Read the instructions of a loaded program as rewritten by the kernel (xlated, 4.13): up to *nr,
 * which is set to their number. -EPERM if the kernel hides them, -E2BIG if there are more.
 */
int bpf_prog_translated(int prog_fd, struct bpf_insn *insns, size_t *nr);

int bpf_raw_tracepoint_open(const char *name, int prog_fd); /* 4.17 */

/*
 * How many programs are attached to target, an interface of the calling thread's network namespace.
 * -EINVAL: the kernel does not know the attach type.
 */
int bpf_prog_query(uint32_t target, uint32_t attach_type, uint32_t *nr);

/* As for programs; links have had IDs since 5.8. */
int bpf_link_next_id(uint32_t id, uint32_t *next);
int bpf_link_fd_by_id(uint32_t id);

struct bpf_link_words {
	uint32_t type;	   /* enum bpf_link_type */
	uint32_t words[2]; /* the first that are of this type only */
};
int bpf_link_words(int link_fd, struct bpf_link_words *words);

/* Create a kprobe-multi link (5.18) on nr addresses. */
int bpf_link_create_kprobe_multi(int prog_fd, const uint64_t *addrs, size_t nr);
/* Create one on a function by name, for feature probing. */
int bpf_link_create_kprobe_multi_name(int prog_fd, const char *name);

/*
 * LINUX_VERSION_CODE of the running kernel, from the vDSO's ELF note, or from uname(2) without a
 * vDSO. Before 5.0 kprobe programs must pass the exact value. Source:
 * arch/x86/entry/vdso/vdso-note.S, kernel/bpf/syscall.c of 4.x.
 */
uint32_t kern_release_code(void);

/*
 * The two sources of kern_release_code(): an ELF image of at least min_sz bytes (more, up to
 * max_sz, if its program headers say so), and a release like "6.1.12-amd64" (a third number over
 * 255 counts as 255). Both return 0 if no version is found.
 */
uint32_t vdso_release_code(const void *data, size_t min_sz, size_t max_sz);
uint32_t release_code_of(const char *release);

#endif
