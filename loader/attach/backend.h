/* SPDX-License-Identifier: GPL-2.0-only */
/* backend.h - what the backends share; not for the rest of the program. */
#ifndef LOADER_ATTACH_BACKEND_H
#define LOADER_ATTACH_BACKEND_H

#include "loader/attach/attach.h"

/*
 * Start an attachment with room for max_fds descriptors, and mark all targets as not attached.
 * -ENOMEM.
 */
int attachment_begin(struct attachment *a, const struct backend *backend,
		     const struct attach_ctx *ctx, size_t max_fds, struct err *err);

/* Keep a descriptor; there must be room. */
void attachment_add(struct attachment *a, int fd);

/* Close all descriptors, one after the other, and forget them. */
void attachment_close_fds(struct attachment *a);

/*
 * While /sys/kernel/rcu_expedited is 1, each wait for a grace period is short; kern/setting.h
 * restores it whatever happens to this process.
 */
void attachment_expedite(struct attachment *a);
void attachment_unexpedite(struct attachment *a);

/* Close all descriptors from several threads; close_fast: with RCU expedited. */
void attachment_close_in_threads(struct attachment *a);
void attachment_close_fast(struct attachment *a);

/*
 * What opening a target's probe came to: keep fd, or note in the target that it is -errno.
 * -errno (and err) where going on is pointless: out of descriptors, or not permitted at all.
 */
int attachment_take(struct attachment *a, const struct attach_ctx *ctx, struct target *t, int fd,
		    struct err *err);
/* Would every other place be refused as well? */
bool refuses_all(int ret);

/*
 * Count what became of the targets. Where ret is negative, or not one is attached, close everything
 * and return the error; err then has words and a hint. Else 0.
 */
int attachment_end(struct attachment *a, const struct attach_ctx *ctx, int ret, struct err *err);

/* Call between targets: -EINTR (and err) once ctx->stop is set; tells of progress now and then. */
int attach_step(const struct attach_ctx *ctx, size_t done, struct err *err);

/*
 * The whole of a backend's attach() where open_at() gives the descriptor that holds a target with
 * its program, or -errno.
 */
int attach_one_by_one(const struct backend *backend,
		      int (*open_at)(const struct target *t, int prog_fd),
		      const struct attach_ctx *ctx, struct attachment *a, struct err *err);

/* Note that a target could not be attached: status and words. */
void target_fail(struct target *t, int status);

#endif
