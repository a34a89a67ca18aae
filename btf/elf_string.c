// SPDX-License-Identifier: GPL-2.0-only
#include "btf/elf_string.h"

#include <string.h>

const char *elf_string(Elf *elf, size_t idx, size_t off)
{
	Elf_Scn *scn = elf_getscn(elf, idx);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	const char *s;

	if (!data || !data->d_buf || off >= data->d_size)
		return NULL;
	s = (const char *)data->d_buf + off;
	return memchr(s, '\0', data->d_size - off) ? s : NULL;
}
