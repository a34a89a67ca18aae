/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * setting.h - temporary changes to kernel settings, restored even after a crash.
 *
 * Before the change, the old value is written to a note in /run. A child process, skbtrail-guard,
 * waits for its parent to exit, and restores the value if the parent did not. If both are killed,
 * the next process that finds the note restores the value. If several processes hold the same
 * change, the last one to exit restores the value that the first one found.
 *
 * If the note cannot be written, because /run is missing, read-only or writable by other users,
 * nothing is changed: the change only saves time, and a guard alone could be killed as well.
 */
#ifndef KERN_SETTING_H
#define KERN_SETTING_H

/* A file in /proc or /sys that holds a small number. */
struct setting {
	const char *path;
	const char *name; /* the note is DIR/skbtrail.NAME */
	const char *dir;  /* must be owned by root or this user, and writable by its owner only */
	int value;	  /* to set */
};

extern const struct setting setting_rcu_expedited;	  /* 1: grace periods are short */
extern const struct setting setting_kprobes_optimization; /* 0: kprobes are traps, not jumps */

struct setting_change;

/* Set s->value. NULL if nothing was changed: already set, no permission, or an error. */
struct setting_change *setting_change(const struct setting *s);

/* Restore the value unless other processes still hold the change. Frees c, which may be NULL. */
void setting_restore(struct setting_change *c);

/*
 * Restore a value that killed processes left changed. Returns 1 if it was restored, 0 if there was
 * nothing to do. A value that was changed again since is left alone.
 */
int setting_recover(const struct setting *s);

#endif
