// SPDX-License-Identifier: GPL-2.0-only
/* Reading BTF from files: raw, or the .BTF section of an ELF file. */
#include "btf/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>
#include <linux/magic.h>

#include "btf/elf_string.h"
#include "btf/private.h"

int btf_adopt(struct btf **out, void *data, size_t sz, bool mapped, const struct btf *base,
	      struct err *err)
{
	struct btf *btf = calloc(1, sizeof(*btf));
	int ret;

	if (!btf) {
		btf_release_data(data, sz, mapped);
		return err_set(err, -ENOMEM, "out of memory for BTF");
	}
	btf->base = base;
	btf->data = data;
	btf->data_sz = sz;
	btf->mapped = mapped;
	btf->first_own = base ? base->nr : 1;
	btf->nr = btf->first_own;
	btf->str_base = base ? base->str_base + base->strs_sz : 0;

	ret = btf_parse_types(btf, err);
	if (!ret)
		ret = btf_check_nesting(btf, err);
	if (!ret)
		ret = btf_index_names(btf, err);
	if (ret)
		btf_free(btf);
	else
		*out = btf;
	return ret;
}

int btf_parse(struct btf **out, const void *data, size_t sz, const struct btf *base,
	      struct err *err)
{
	void *copy = malloc(sz ? sz : 1);

	if (!copy)
		return err_set(err, -ENOMEM, "out of memory for %zu bytes of BTF", sz);
	if (sz)
		memcpy(copy, data, sz);
	return btf_adopt(out, copy, sz, false, base, err);
}

/* About 20 times the largest kernel's BTF. */
#define FILE_MAX ((size_t)256 << 20)

struct blob {
	uint8_t *data;
	size_t sz;
	bool mapped;
};

/*
 * Since 6.16 (btf_sysfs_vmlinux_mmap() in kernel/bpf/sysfs_btf.c) vmlinux can be mapped
 * privately and read-only, which saves megabytes. Ordinary files are not mapped: truncating
 * one meanwhile would raise SIGBUS.
 */
static bool map_sysfs(int fd, struct blob *blob)
{
	struct statfs fs;
	struct stat st;
	void *p;

	if (fstatfs(fd, &fs) || (uint32_t)fs.f_type != SYSFS_MAGIC || fstat(fd, &st) ||
	    st.st_size <= 0)
		return false;
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return false;
	*blob = (struct blob){.data = p, .sz = st.st_size, .mapped = true};
	return true;
}

/* Append to blob until it has max bytes or the file ends. */
static int read_up_to(int fd, struct blob *blob, size_t max, struct err *err)
{
	size_t cap = blob->sz;

	while (blob->sz < max) {
		ssize_t n;

		if (blob->sz == cap) {
			uint8_t *p;

			cap = cap < (32 << 10) ? 64 << 10 : 2 * cap;
			cap = cap < max ? cap : max;
			p = realloc(blob->data, cap);
			if (!p)
				return err_set(err, -ENOMEM, "out of memory for %zu bytes", cap);
			blob->data = p;
		}
		n = read(fd, blob->data + blob->sz, cap - blob->sz);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, -errno, "cannot read");
		if (n == 0)
			break;
		blob->sz += n;
	}
	return 0;
}

static int read_section(int fd, const GElf_Shdr *sh, struct blob *blob, struct err *err)
{
	struct stat st;
	ssize_t n;

	if (sh->sh_type == SHT_NOBITS || sh->sh_flags & SHF_COMPRESSED)
		return err_set(err, -EINVAL, "section .BTF is empty or compressed");
	if (fstat(fd, &st) || sh->sh_size > FILE_MAX || sh->sh_offset > (uint64_t)st.st_size ||
	    sh->sh_size > (uint64_t)st.st_size - sh->sh_offset)
		return err_set(err, -EINVAL, "section .BTF extends past the end of the file");
	blob->data = malloc(sh->sh_size + 1);
	if (!blob->data)
		return err_set(err, -ENOMEM, "out of memory for %llu bytes",
			       (unsigned long long)sh->sh_size);
	while (blob->sz < sh->sh_size) {
		n = pread(fd, blob->data + blob->sz, sh->sh_size - blob->sz,
			  sh->sh_offset + blob->sz);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(err, n ? -errno : -EINVAL, "cannot read section .BTF");
		blob->sz += n;
	}
	return 0;
}

/* Read only the section that libelf finds: a vmlinux with DWARF has 500 MB. */
static int read_elf(int fd, struct blob *blob, struct err *err)
{
	Elf_Scn *scn = NULL;
	size_t names, nr;
	GElf_Ehdr eh;
	GElf_Shdr sh;
	Elf *elf;
	int ret;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_getshdrstrndx(elf, &names)) {
		ret = err_set(err, -EINVAL, "malformed ELF file: %s", elf_errmsg(-1));
		goto out;
	}
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name;

		if (!gelf_getshdr(scn, &sh))
			continue;
		name = elf_string(elf, names, sh.sh_name);
		if (name && !strcmp(name, ".BTF")) {
			ret = read_section(fd, &sh, blob, err);
			goto out;
		}
	}
	if (elf_getshdrnum(elf, &nr) || (!nr && gelf_getehdr(elf, &eh) && eh.e_shoff)) {
		ret = err_set(err, -EINVAL, "truncated ELF file: section header table is missing");
		goto out;
	}
	ret = err_set(err, -EINVAL, "ELF file without a .BTF section");
	err_hint(err, "build the kernel with CONFIG_DEBUG_INFO_BTF, or convert its DWARF with "
		      "`pahole -J`");
out:
	elf_end(elf);
	return ret;
}

static bool is_btf_magic(const struct blob *blob)
{
	uint16_t magic;

	if (blob->sz < sizeof(magic))
		return false;
	memcpy(&magic, blob->data, sizeof(magic));
	return magic == BTF_MAGIC || magic == __builtin_bswap16(BTF_MAGIC);
}

static int read_raw(int fd, struct blob *blob, struct err *err)
{
	int ret;

	if (!is_btf_magic(blob)) {
		ret = err_set(err, -EINVAL,
			      blob->sz ? "neither BTF nor an ELF file" : "empty file");
		err_hint(err, "use raw BTF such as /sys/kernel/btf/vmlinux, or a vmlinux with a "
			      ".BTF section; unpack archives and compressed kernel images first");
		return ret;
	}
	ret = read_up_to(fd, blob, FILE_MAX, err);
	if (!ret && blob->sz == FILE_MAX)
		ret = err_set(err, -EINVAL, "larger than %zu MiB", FILE_MAX >> 20);
	return ret;
}

static int read_file(int fd, struct blob *blob, struct err *err)
{
	int ret;

	if (map_sysfs(fd, blob))
		return 0;
	ret = read_up_to(fd, blob, SELFMAG, err);
	if (ret)
		return ret;
	if (blob->sz < SELFMAG || memcmp(blob->data, ELFMAG, SELFMAG))
		return read_raw(fd, blob, err);
	free(blob->data);
	*blob = (struct blob){0};
	return read_elf(fd, blob, err);
}

int btf_open(struct btf **out, const char *path, const struct btf *base, struct err *err)
{
	struct blob blob = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return err_sys(err, -errno, "cannot open '%s'", path);
	ret = read_file(fd, &blob, err);
	close(fd);
	if (ret)
		btf_release_data(blob.data, blob.sz, blob.mapped);
	else
		ret = btf_adopt(out, blob.data, blob.sz, blob.mapped, base, err);
	if (ret)
		err_prefix(err, "cannot use type information in '%s'", path);
	return ret;
}
