/* SPDX-License-Identifier: GPL-2.0-only */
/* elf_string.h - strings of an ELF file opened with libelf. */
#ifndef BTF_ELF_STRING_H
#define BTF_ELF_STRING_H

#include <libelf.h>

/*
 * The string at off in string table section idx, or NULL: no such section, offset past its end, no
 * terminator. As elf_strptr(3), which would bring zlib into the static program to read compressed
 * string tables that do not exist.
 */
const char *elf_string(Elf *elf, size_t idx, size_t off);

#endif
