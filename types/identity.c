// SPDX-License-Identifier: GPL-2.0-only
#include "types/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

#include "base/bytes.h"
#include "base/number.h"
#include "btf/elf_string.h"

#define NOTES	    "/sys/kernel/notes"
#define SYSFS_BTF   "/sys/kernel/btf/vmlinux"
#define NOTES_MAX   65536
#define BANNER	    "Linux version "
#define BANNER_ROOM (sizeof(BANNER) + 65) /* with a release and the space after it */
#define CHUNK	    65536

const char *identity_machine(void)
{
#if defined(__x86_64__)
	return "x86_64";
#elif defined(__aarch64__)
	return "aarch64";
#elif defined(__riscv)
	return "riscv64";
#endif
}

/* ---- build id ---- */

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Find the GNU build id in ELF notes with 4-byte alignment. */
static void parse_build_id(struct identity *id, struct bytes notes)
{
	while (bytes_left(&notes) >= sizeof(Elf64_Nhdr)) {
		const char *name, *desc;
		Elf64_Nhdr n;

		bytes_read(&notes, &n, sizeof(n));
		if (n.n_namesz > notes.sz || n.n_descsz > notes.sz)
			return;
		name = bytes_take(&notes, align4(n.n_namesz));
		desc = bytes_take(&notes, align4(n.n_descsz));
		if (!desc)
			return;
		if (n.n_type != NT_GNU_BUILD_ID || n.n_namesz != sizeof("GNU") ||
		    memcmp(name, "GNU", sizeof("GNU")) || !n.n_descsz ||
		    n.n_descsz > sizeof(id->build_id))
			continue;
		memcpy(id->build_id, desc, n.n_descsz);
		id->build_id_sz = n.n_descsz;
		return;
	}
}

static void read_notes(struct identity *id, int fd, uint64_t off, uint64_t sz)
{
	uint8_t *buf = sz && sz <= NOTES_MAX ? malloc(sz) : NULL;

	if (buf && pread(fd, buf, sz, off) == (ssize_t)sz)
		parse_build_id(id, bytes_of(buf, sz));
	free(buf);
}

void identity_running(struct identity *id)
{
	int fd = open(NOTES, O_RDONLY | O_CLOEXEC);
	struct utsname un;
	struct stat st;

	*id = (struct identity){0};
	if (!uname(&un))
		snprintf(id->release, sizeof(id->release), "%s", un.release);
	snprintf(id->machine, sizeof(id->machine), "%s", identity_machine());
	if (fd < 0)
		return;
	if (!fstat(fd, &st))
		read_notes(id, fd, 0, st.st_size);
	close(fd);
}

/* ---- release ---- */

/* "5.10.0-46-cloud-amd64" is a release, "vmlinux" is not. */
static bool is_release(const char *s)
{
	uint64_t v;

	return number_then(&s, 10, &v, '.') && number_take(&s, 10, &v);
}

static void set_release(struct identity *id, const char *s, size_t len)
{
	char release[sizeof(id->release)];

	if (len >= sizeof(release))
		return;
	memcpy(release, s, len);
	release[len] = '\0';
	for (const char *c = release; *c; c++) {
		if (*c <= ' ' || *c > '~' || *c == '/')
			return;
	}
	if (is_release(release))
		strcpy(id->release, release);
}

/* RELEASE.btf, vmlinux-RELEASE */
static void release_of_name(struct identity *id, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	if (!strncmp(name, "vmlinux-", 8)) {
		name += 8;
		len -= 8;
	}
	if (len > 4 && !strcmp(name + len - 4, ".btf"))
		len -= 4;
	set_release(id, name, len);
}

/* Set the release from the first valid banner in buf. */
static void find_banner(struct identity *id, const char *buf, size_t sz)
{
	const char *end = buf + sz, *at = buf;

	while (!id->release[0] && (at = memmem(at, end - at, BANNER, strlen(BANNER)))) {
		const char *space;

		at += strlen(BANNER);
		space = memchr(at, ' ', end - at);
		if (space)
			set_release(id, at, space - at);
	}
}

/* Search section data in chunks: a kernel's .rodata has about 10 MB. */
static void read_banner(struct identity *id, int fd, uint64_t off, uint64_t sz)
{
	char *buf = malloc(CHUNK);
	uint64_t done = 0;

	while (buf && done < sz && !id->release[0]) {
		size_t want = sz - done < CHUNK ? sz - done : CHUNK;
		ssize_t n = pread(fd, buf, want, off + done);

		if (n <= 0)
			break;
		find_banner(id, buf, n);
		if ((size_t)n <= BANNER_ROOM)
			break;
		/* Overlap chunks, since a banner may be cut off at the end. */
		done += n - BANNER_ROOM;
	}
	free(buf);
}

/* ---- files ---- */

static void set_machine(struct identity *id, const GElf_Ehdr *eh)
{
	const char *name = eh->e_machine == EM_X86_64	 ? "x86_64"
			   : eh->e_machine == EM_AARCH64 ? "aarch64"
			   : eh->e_machine == EM_RISCV	 ? "riscv64"
							 : NULL;

	if (name && eh->e_ident[EI_CLASS] == ELFCLASS64 && eh->e_ident[EI_DATA] == ELFDATA2LSB)
		snprintf(id->machine, sizeof(id->machine), "%s", name);
	else
		snprintf(id->machine, sizeof(id->machine), "machine %u", eh->e_machine);
}

static void identify_elf(struct identity *id, int fd)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Ehdr eh;
	GElf_Shdr sh;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
	    elf_getshdrstrndx(elf, &names)) {
		elf_end(elf);
		return;
	}
	set_machine(id, &eh);
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &sh))
			continue;
		name = elf_string(elf, names, sh.sh_name);
		if (sh.sh_type == SHT_NOTE && !id->build_id_sz)
			read_notes(id, fd, sh.sh_offset, sh.sh_size);
		else if (sh.sh_type == SHT_PROGBITS && name && !strcmp(name, ".rodata"))
			read_banner(id, fd, sh.sh_offset, sh.sh_size);
	}
	elf_end(elf);
}

static bool is_running_kernel(int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(SYSFS_BTF, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int identity_of_file(struct identity *id, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char magic[SELFMAG];
	ssize_t n;

	*id = (struct identity){0};
	if (fd < 0)
		return err_sys(err, -errno, "cannot open '%s'", path);
	n = pread(fd, magic, sizeof(magic), 0);
	if (n < 0) {
		err_sys(err, -errno, "cannot read '%s'", path);
		close(fd);
		return err ? err->code : -EIO;
	}
	if (is_running_kernel(fd))
		identity_running(id);
	else if (n == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG))
		identify_elf(id, fd);
	close(fd);
	if (!id->release[0])
		release_of_name(id, path);
	return 0;
}

enum identity_match identity_match(const struct identity *a, const struct identity *b)
{
	if (a->machine[0] && b->machine[0] && strcmp(a->machine, b->machine))
		return OTHER_KERNEL;
	if (a->build_id_sz && b->build_id_sz)
		return a->build_id_sz == b->build_id_sz &&
				       !memcmp(a->build_id, b->build_id, a->build_id_sz)
			       ? SAME_BUILD
			       : OTHER_KERNEL;
	if (a->release[0] && b->release[0])
		return strcmp(a->release, b->release) ? OTHER_KERNEL : SAME_RELEASE;
	return MATCH_UNKNOWN;
}

void identity_print(const struct identity *id, bool with_build, char *buf, size_t sz)
{
	size_t used = snprintf(buf, sz, "Linux %s", id->release[0] ? id->release : "(unknown)");

	if (id->machine[0] && strcmp(id->machine, identity_machine()) && used < sz)
		used += snprintf(buf + used, sz - used, " for %s", id->machine);
	if (!(with_build || !id->release[0]) || !id->build_id_sz || used >= sz)
		return;
	used += snprintf(buf + used, sz - used, ", build id ");
	for (uint32_t i = 0; i < id->build_id_sz && i < 6 && used < sz; i++)
		used += snprintf(buf + used, sz - used, "%02x", id->build_id[i]);
}
