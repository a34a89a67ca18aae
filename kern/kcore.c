// SPDX-License-Identifier: GPL-2.0-only
#include "kern/ksyms.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct segment {
	uint64_t vaddr, sz, off;
};

struct kcore {
	int fd;
	struct segment *segs; /* owned */
	size_t nr;
};

/* Read all sz bytes. Returns 0 or -errno; -EFAULT at the end of the file. */
static int read_at(int fd, void *buf, size_t sz, uint64_t off)
{
	uint8_t *p = buf;

	while (sz) {
		ssize_t n = pread(fd, p, sz, off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EFAULT;
		p += n;
		off += n;
		sz -= n;
	}
	return 0;
}

static bool header_ok(const Elf64_Ehdr *eh)
{
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_type == ET_CORE && eh->e_phentsize == sizeof(Elf64_Phdr) &&
	       eh->e_phoff <= INT64_MAX / 2;
}

/* Keep the loadable segments; skip those whose address or offset wraps around. */
static int segments_read(struct kcore *k, const Elf64_Ehdr *eh)
{
	k->segs = calloc(eh->e_phnum ? eh->e_phnum : 1, sizeof(*k->segs));
	if (!k->segs)
		return -ENOMEM;
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		Elf64_Phdr ph;
		int ret = read_at(k->fd, &ph, sizeof(ph), eh->e_phoff + i * sizeof(ph));

		if (ret)
			return ret == -EFAULT ? -EINVAL : ret;
		if (ph.p_type != PT_LOAD || ph.p_memsz > UINT64_MAX - ph.p_vaddr ||
		    ph.p_offset > INT64_MAX || ph.p_memsz > INT64_MAX - ph.p_offset)
			continue;
		k->segs[k->nr++] = (struct segment){ph.p_vaddr, ph.p_memsz, ph.p_offset};
	}
	return 0;
}

int kcore_open_from(struct kcore **out, const char *path, struct err *err)
{
	struct kcore *k = calloc(1, sizeof(*k));
	Elf64_Ehdr eh;
	int ret;

	*out = NULL;
	if (!k)
		return err_sys(err, -ENOMEM, "cannot open %s", path);
	k->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (k->fd < 0) {
		ret = err_sys(err, -errno, "cannot open %s", path);
		goto out;
	}
	ret = read_at(k->fd, &eh, sizeof(eh), 0);
	if (ret == -EFAULT || (!ret && !header_ok(&eh)))
		ret = -EINVAL;
	if (!ret)
		ret = segments_read(k, &eh);
	if (ret == -EINVAL)
		err_set(err, ret, "%s is not a 64-bit ELF core file", path);
	else if (ret)
		err_sys(err, ret, "cannot read %s", path);
out:
	if (ret)
		kcore_free(k);
	else
		*out = k;
	return ret;
}

int kcore_open(struct kcore **out, struct err *err)
{
	return kcore_open_from(out, "/proc/kcore", err);
}

int kcore_read(struct kcore *k, uint64_t addr, void *buf, size_t sz)
{
	for (size_t i = 0; i < k->nr; i++) {
		const struct segment *s = &k->segs[i];
		uint64_t at = addr - s->vaddr;

		if (addr >= s->vaddr && at <= s->sz && sz <= s->sz - at)
			return read_at(k->fd, buf, sz, s->off + at);
	}
	return -EFAULT;
}

void kcore_free(struct kcore *k)
{
	if (!k)
		return;
	if (k->fd >= 0)
		close(k->fd);
	free(k->segs);
	free(k);
}
