/* SPDX-License-Identifier: GPL-2.0-only */
/* backend.h - helpers shared by the backends; private to loader/attach/. */
#ifndef LOADER_ATTACH_BACKEND_H
#define LOADER_ATTACH_BACKEND_H

#include "loader/attach/attach.h"

/*
 * Initialise an attachment with room for max_fds descriptors, and mark all targets as not attached.
 * Errors: -ENOMEM.
 */
int attachment_begin(struct attachment *a, const struct backend *backend,
		     const struct attach_ctx *ctx, size_t max_fds, struct err *err);

/* Add a descriptor, at most max_fds of them. */
void attachment_add(struct attachment *a, int fd);

/* Close all descriptors, one after the other. */
void attachment_close_fds(struct attachment *a);

/*
 * Set /sys/kernel/rcu_expedited to 1, which shortens RCU grace periods, and restore it.
 * kern/setting.h restores it even if this process is killed.
 */
void attachment_expedite(struct attachment *a);
void attachment_unexpedite(struct attachment *a);

/*
 * Set debug.kprobes-optimization to 0, so that kprobes are created and removed as traps, without
 * waiting for the optimiser; restored as above. Returns false if that was not possible, or not
 * necessary because it is 0 anyway.
 */
bool attachment_unoptimize(struct attachment *a);
void attachment_reoptimize(struct attachment *a);

/* Close all descriptors from several threads; close_fast also expedites RCU. */
void attachment_close_in_threads(struct attachment *a);
/* Close descriptors of kprobes until one by one takes too long. */
void attachment_close_while_quick(struct attachment *a);
void attachment_close_fast(struct attachment *a);

/*
 * Take the result of opening a target's probe: keep the fd, or store -errno in the target.
 * Fails if continuing is pointless: out of descriptors, or probes are not permitted at all.
 */
int attachment_take(struct attachment *a, const struct attach_ctx *ctx, struct target *t, int fd,
		    struct err *err);
/* The same where probes share descriptors, which somebody else has added. */
int attachment_share(struct attachment *a, const struct attach_ctx *ctx, struct target *t, int fd,
		     struct err *err);
/* Whether the error would be the same for every other address. */
bool refuses_all(int ret);

/*
 * Count attached and failed targets. If ret is negative or none is attached, close everything and
 * return the error, with message and hint in err; otherwise return 0.
 */
int attachment_end(struct attachment *a, const struct attach_ctx *ctx, int ret, struct err *err);

/* Call between targets: reports progress; returns -EINTR (with err set) once ctx->stop is set. */
int attach_step(const struct attach_ctx *ctx, size_t done, struct err *err);

/*
 * A complete attach() for backends with one descriptor per target. open_at() attaches the program
 * to the target and returns that descriptor or -errno.
 */
int attach_one_by_one(const struct backend *backend,
		      int (*open_at)(const struct target *t, int prog_fd),
		      const struct attach_ctx *ctx, struct attachment *a, struct err *err);

/* Set status and why of a target that could not be attached. */
void target_fail(struct target *t, int status);

#endif
