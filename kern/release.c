// SPDX-License-Identifier: GPL-2.0-only
#include "kern/bpf.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

#include "base/bytes.h"
#include "base/number.h"

/* The image is at least one page; its actual size follows from its program headers. */
#define VDSO_MIN_SZ 4096
#define VDSO_MAX_SZ (64 * 1024)

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Find the note "Linux", type 0, which holds the 4-byte LINUX_VERSION_CODE; 0: not found. */
static uint32_t notes_find(struct bytes notes)
{
	while (bytes_left(&notes) >= sizeof(Elf64_Nhdr)) {
		const char *name, *desc;
		Elf64_Nhdr n;
		uint32_t code;

		bytes_read(&notes, &n, sizeof(n));
		if (n.n_namesz > notes.sz || n.n_descsz > notes.sz)
			return 0;
		name = bytes_take(&notes, align4(n.n_namesz));
		desc = bytes_take(&notes, align4(n.n_descsz));
		if (!desc)
			return 0;
		if (n.n_type == 0 && n.n_namesz == sizeof("Linux") &&
		    !memcmp(name, "Linux", sizeof("Linux")) && n.n_descsz == sizeof(code)) {
			memcpy(&code, desc, sizeof(code));
			return code;
		}
	}
	return 0;
}

static bool phdr_at(struct bytes *image, const Elf64_Ehdr *eh, unsigned i, Elf64_Phdr *ph)
{
	bytes_seek(image, eh->e_phoff + (size_t)i * sizeof(*ph));
	return bytes_read(image, ph, sizeof(*ph));
}

uint32_t vdso_release_code(const void *data, size_t min_sz, size_t max_sz)
{
	struct bytes image = bytes_of(data, min_sz);
	uint32_t code = 0;
	size_t sz = min_sz;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (!bytes_read(&image, &eh, sizeof(eh)) || memcmp(eh.e_ident, ELFMAG, SELFMAG) ||
	    eh.e_ident[EI_CLASS] != ELFCLASS64 || eh.e_phentsize != sizeof(ph) ||
	    eh.e_phoff > min_sz)
		return 0;
	for (unsigned i = 0; i < eh.e_phnum && phdr_at(&image, &eh, i, &ph); i++) {
		if (ph.p_type != PT_LOAD || ph.p_offset > max_sz ||
		    ph.p_filesz > max_sz - ph.p_offset)
			continue;
		if (ph.p_offset + ph.p_filesz > sz)
			sz = ph.p_offset + ph.p_filesz;
	}
	image = bytes_of(data, sz);
	for (unsigned i = 0; !code && i < eh.e_phnum && phdr_at(&image, &eh, i, &ph); i++) {
		struct bytes notes;

		if (ph.p_type != PT_NOTE)
			continue;
		notes = bytes_sub(&image, ph.p_offset, ph.p_filesz);
		code = notes_find(notes);
	}
	return code;
}

uint32_t release_code_of(const char *release)
{
	uint64_t major, minor, patch = 0;

	if (!number_then(&release, 10, &major, '.') || !number_take(&release, 10, &minor))
		return 0;
	if (*release++ == '.' && !number_take(&release, 10, &patch))
		patch = 0;
	/* Clamped as in the kernel's Makefile since 4.4.256. */
	return (major << 16) + (minor << 8) + (patch > 255 ? 255 : patch);
}

uint32_t kern_release_code(void)
{
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	struct utsname un;
	uint32_t code = 0;

	if (vdso)
		code = vdso_release_code(vdso, VDSO_MIN_SZ, VDSO_MAX_SZ);
	if (!code && uname(&un) == 0)
		code = release_code_of(un.release);
	return code;
}
