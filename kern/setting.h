/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * setting.h - settings of the kernel that are changed for a while, and restored whatever happens.
 *
 * Before the change, the old value is written to a note in /run. A child process, skbtrail-guard,
 * waits until its parent ends, and restores the value if the parent has not. Where both are killed,
 * the next process that finds the note restores it. While several processes hold the same change,
 * the last one to leave restores the value that the first one found.
 *
 * Nothing is changed where no note can be written: changes make skbtrail faster, not better.
 */
#ifndef KERN_SETTING_H
#define KERN_SETTING_H

/* A file of /proc or /sys that holds one small number. */
struct setting {
	const char *path;
	const char *name; /* of the note: skbtrail.NAME */
	const char *dir;  /* for the note; must be writable for its owner only, root or this user */
	int value;	  /* while it is changed */
};

extern const struct setting setting_rcu_expedited;	  /* 1: grace periods are short */
extern const struct setting setting_kprobes_optimization; /* 0: kprobes stay breakpoints */

struct setting_change;

/* NULL where nothing was changed: it has that value already, or may not be changed. */
struct setting_change *setting_change(const struct setting *s);

/* Restore the value, unless other processes still need the change. Frees c, which may be NULL. */
void setting_restore(struct setting_change *c);

/*
 * Restore what killed processes left behind: 1 if the value was restored, 0 if there was nothing to
 * do. Somebody else's later change stays.
 */
int setting_mend(const struct setting *s);

#endif
