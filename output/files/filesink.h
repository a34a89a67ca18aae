/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filesink.h - a sink in front of another: what that one prints goes to a file in whole items.
 *
 * An item is an event with all of its lines, or a note of a loss; none is divided between two
 * files. A file that would grow beyond rotation.max_sz becomes a backup (rotate.h), and the next
 * one begins with the header. A file takes at least one item, however large.
 *
 * A file that cannot be written any more (a full disk, a file system gone bad) does not end the
 * run: the user is told so, once; what the file has stays, whole items all of it; and all that it
 * does not have goes to standard output, header first.
 */
#ifndef OUTPUT_FILES_FILESINK_H
#define OUTPUT_FILES_FILESINK_H

#include "output/files/outfile.h"
#include "output/output.h"

/*
 * Puts itself before *sink, a text or JSON sink that was opened without a FILE: *sink is the new
 * one then, which owns the other. of was begun (outfile_begin), and must outlive it. -ENOMEM leaves
 * *sink as it was.
 *
 * That the file is not whole is in of->failed; errors that the operations return end the run: those
 * of standard output, and -EPIPE from a pipe without a reader.
 */
int sink_file_open(struct sink **sink, struct outfile *of);

#endif
