/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filesink.h - wraps a text or JSON sink and writes its output to a file in whole items.
 *
 * An item is an event with all its lines, or a loss marker; items are never split between files. A
 * file that would exceed rotation.max_sz becomes a backup (rotate.h), and the next one starts with
 * the header. A file holds at least one item, however large.
 *
 * A write error (disk full, I/O error) does not end the run: it is reported once, the file is
 * truncated to whole items, and all further items go to standard output, preceded by the header.
 */
#ifndef OUTPUT_FILES_FILESINK_H
#define OUTPUT_FILES_FILESINK_H

#include "output/files/outfile.h"
#include "output/output.h"

/*
 * Wrap *sink, a text or JSON sink opened without a FILE. *sink becomes the wrapper, which owns the
 * inner sink. Call outfile_begin() first; of must outlive the sink. Returns 0, or -ENOMEM with
 * *sink unchanged.
 *
 * A failed file is recorded in of->failed. Errors returned by the sink's operations are fatal:
 * those of standard output, and -EPIPE from a pipe without a reader.
 */
int sink_file_open(struct sink **sink, struct outfile *of);

#endif
