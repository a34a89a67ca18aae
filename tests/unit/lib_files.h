/* SPDX-License-Identifier: GPL-2.0-only */
/* lib_files.h - a directory of files for one test, and small ELF files. */
#ifndef TESTS_UNIT_LIB_FILES_H
#define TESTS_UNIT_LIB_FILES_H

#include <stddef.h>
#include <stdint.h>

/* A new directory, to be given to files_end(), which removes it with all that is in it. */
char *files_begin(void);
void files_end(char *dir);

/* dir/name, in one of eight buffers taken in turn. */
const char *files_path(const char *dir, const char *name);

/* Write dir/name, directories made as needed. Returns its files_path(). */
const char *files_write(const char *dir, const char *name, const void *data, size_t sz);

struct elf_part {
	const char *name;
	uint32_t type; /* SHT_... */
	const void *data;
	size_t sz;
};

/* An ELF file of these sections; to be freed. */
void *elf_make(uint16_t machine, const struct elf_part *parts, size_t nr, size_t *sz);

#endif
