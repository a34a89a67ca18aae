/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_string.h - strings of an ELF file opened with libelf. */
#ifndef BTF_ELF_STRING_H
#define BTF_ELF_STRING_H

#include <libelf.h>

/*
 * The string at off in string table section idx, or NULL if there is no such section, the offset is
 * past its end, or the string is not terminated. Replaces elf_strptr(3), which would link zlib into
 * the static program for compressed string tables that nobody uses.
 */
const char *elf_string(Elf *elf, size_t idx, size_t off);

#endif
