// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/lib_files.h"

#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

char *files_begin(void)
{
	char *dir = strdup("/tmp/skbtrail-test-XXXXXX");

	assert_non_null(dir);
	assert_non_null(mkdtemp(dir));
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void files_end(char *dir)
{
	assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(dir);
}

const char *files_path(const char *dir, const char *name)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	assert_true(snprintf(path, sizeof(paths[0]), "%s/%s", dir, name) < (int)sizeof(paths[0]));
	return path;
}

const char *files_write(const char *dir, const char *name, const void *data, size_t sz)
{
	const char *path = files_path(dir, name);
	int fd;

	for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/')) {
		char *parent = strndup(path, strlen(dir) + 1 + (s - name));

		mkdir(parent, 0755);
		free(parent);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, sz), sz);
	close(fd);
	return path;
}

/* Header, contents, names, section headers. */
void *elf_make(uint16_t machine, const struct elf_part *parts, size_t nr, size_t *sz)
{
	Elf64_Shdr *sh = calloc(nr + 2, sizeof(*sh));
	size_t off = sizeof(Elf64_Ehdr), names_sz = 1 + sizeof(".shstrtab"), at = 1;
	Elf64_Ehdr *eh;
	char *file, *names;

	for (size_t i = 0; i < nr; i++) {
		names_sz += strlen(parts[i].name) + 1;
		off += (parts[i].sz + 7) & ~(size_t)7;
	}
	*sz = off + ((names_sz + 7) & ~(size_t)7) + (nr + 2) * sizeof(*sh);
	file = calloc(1, *sz);
	assert_true(sh && file);
	names = file + off;
	sh[nr + 1] = (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = off, .sh_size = names_sz};
	off = sizeof(*eh);
	for (size_t i = 0; i < nr + 1; i++) {
		const char *name = i < nr ? parts[i].name : ".shstrtab";

		sh[i + 1].sh_name = at;
		strcpy(names + at, name);
		at += strlen(name) + 1;
		if (i == nr)
			break;
		sh[i + 1].sh_type = parts[i].type;
		sh[i + 1].sh_offset = off;
		sh[i + 1].sh_size = parts[i].sz;
		memcpy(file + off, parts[i].data, parts[i].sz);
		off += (parts[i].sz + 7) & ~(size_t)7;
	}
	eh = (Elf64_Ehdr *)file;
	*eh = (Elf64_Ehdr){
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(*eh),
		.e_shentsize = sizeof(*sh),
		.e_shnum = nr + 2,
		.e_shstrndx = nr + 1,
		.e_shoff = *sz - (nr + 2) * sizeof(*sh),
	};
	memcpy(file + eh->e_shoff, sh, (nr + 2) * sizeof(*sh));
	free(sh);
	return file;
}
