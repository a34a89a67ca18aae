// SPDX-License-Identifier: GPL-2.0-only
#include "types/pack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/inflate.h"

_Static_assert(sizeof(struct pack_row) == 128, "no hidden padding");
_Static_assert(sizeof(struct pack_trailer) == 24, "no hidden padding");

uint32_t pack_sum(const void *data, size_t sz)
{
	const uint8_t *p = data;
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < sz; i++) {
		a = (a + p[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static int read_at(int fd, void *buf, size_t sz, uint64_t off, struct err *err)
{
	size_t done = 0;

	while (done < sz) {
		ssize_t n = pread(fd, (char *)buf + done, sz - done, off + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, -errno, "cannot read");
		if (!n)
			return err_set(err, -EINVAL, "file is truncated");
		done += n;
	}
	return 0;
}

static int damaged(struct err *err, const char *why)
{
	err_set(err, -EINVAL, "packed types are damaged: %s", why);
	err_hint(err, "rebuild the packed program with --btf-pack");
	return -EINVAL;
}

/*
 * Find the end of our ELF file: the end of its segments and of the section headers, which linkers
 * and strip(1) put last.
 */
static int find_program_end(int fd, uint64_t file_sz, uint64_t *end, struct err *err)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	int ret = read_at(fd, &eh, sizeof(eh), 0, err);

	if (ret)
		return ret;
	if (memcmp(eh.e_ident, ELFMAG, SELFMAG) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
	    (eh.e_phnum && eh.e_phentsize != sizeof(ph)) || eh.e_shoff > file_sz ||
	    eh.e_phoff > file_sz)
		return err_set(err, -EINVAL, "not a 64-bit ELF file");
	*end = eh.e_shoff + (uint64_t)eh.e_shnum * eh.e_shentsize;
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		ret = read_at(fd, &ph, sizeof(ph), eh.e_phoff + (uint64_t)i * sizeof(ph), err);
		if (ret)
			return ret;
		if (ph.p_offset > file_sz || ph.p_filesz > file_sz)
			return err_set(err, -EINVAL, "truncated ELF file");
		if (ph.p_offset + ph.p_filesz > *end)
			*end = ph.p_offset + ph.p_filesz;
	}
	return *end > file_sz ? err_set(err, -EINVAL, "truncated ELF file") : 0;
}

/* Copy a NUL-padded string; false if it is malformed or not printable. */
static bool parse_text(char *dst, size_t dst_sz, const char *field, size_t field_sz)
{
	size_t len = strnlen(field, field_sz);

	if (len >= dst_sz)
		return false;
	for (size_t i = 0; i < field_sz; i++) {
		if (i < len ? field[i] <= ' ' || field[i] > '~' : field[i] != '\0')
			return false;
	}
	memcpy(dst, field, len);
	dst[len] = '\0';
	return true;
}

static bool parse_row(struct pack_entry *e, const struct pack_row *row, uint64_t start,
		      uint64_t table_off)
{
	*e = (struct pack_entry){
		.off = row->off, .sz = row->sz, .raw_sz = row->raw_sz, .sum = row->sum};
	if (row->off < start || row->off > table_off || row->sz > table_off - row->off ||
	    !row->sz || !row->raw_sz || row->raw_sz > PACK_RAW_MAX ||
	    row->build_id_sz > sizeof(row->build_id))
		return false;
	e->id.build_id_sz = row->build_id_sz;
	memcpy(e->id.build_id, row->build_id, row->build_id_sz);
	return parse_text(e->id.release, sizeof(e->id.release), row->release,
			  sizeof(row->release)) &&
	       parse_text(e->id.machine, sizeof(e->id.machine), row->machine,
			  sizeof(row->machine)) &&
	       (e->id.release[0] || e->id.build_id_sz);
}

static int read_table(struct pack *p, uint64_t file_sz, struct err *err)
{
	struct pack_trailer t;
	struct pack_row *rows;
	uint64_t table_off;
	int ret;

	if (file_sz - p->prog_sz < sizeof(t))
		return damaged(err, "truncated");
	ret = read_at(p->fd, &t, sizeof(t), file_sz - sizeof(t), err);
	if (ret)
		return ret;
	if (memcmp(t.magic, PACK_MAGIC, sizeof(t.magic)))
		return damaged(err, "missing trailer at the end of the file");
	if (t.start != p->prog_sz)
		return damaged(err, "wrong start offset");
	if (!t.nr || t.nr > PACK_NR_MAX || t.nr * sizeof(*rows) > file_sz - p->prog_sz - sizeof(t))
		return damaged(err, "table does not fit");
	table_off = file_sz - sizeof(t) - t.nr * sizeof(*rows);
	rows = calloc(t.nr, sizeof(*rows));
	p->e = calloc(t.nr, sizeof(*p->e));
	if (!rows || !p->e)
		ret = err_set(err, -ENOMEM, "out of memory for the table of packed types");
	if (!ret)
		ret = read_at(p->fd, rows, t.nr * sizeof(*rows), table_off, err);
	if (!ret && pack_sum(rows, t.nr * sizeof(*rows)) != t.sum)
		ret = damaged(err, "wrong checksum of the table");
	for (uint32_t i = 0; !ret && i < t.nr; i++) {
		if (!parse_row(&p->e[i], &rows[i], p->prog_sz, table_off))
			ret = damaged(err, "malformed row in the table");
	}
	free(rows);
	if (!ret)
		p->nr = t.nr;
	return ret;
}

int pack_open(struct pack *p, const char *path, struct err *err)
{
	struct stat st;
	int ret;

	*p = (struct pack){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (p->fd < 0 || fstat(p->fd, &st)) {
		ret = err_sys(err, -errno, "cannot open program '%s'", path);
		return ret;
	}
	ret = find_program_end(p->fd, st.st_size, &p->prog_sz, err);
	if (!ret && (uint64_t)st.st_size > p->prog_sz)
		ret = read_table(p, st.st_size, err);
	return ret;
}

void pack_release(struct pack *p)
{
	if (p->fd >= 0)
		close(p->fd);
	free(p->e);
	*p = (struct pack){.fd = -1};
}

const struct pack_entry *pack_find(const struct pack *p, const struct identity *id)
{
	const struct pack_entry *found = NULL;

	for (size_t i = 0; i < p->nr; i++) {
		switch (identity_match(&p->e[i].id, id)) {
		case SAME_BUILD:
			return &p->e[i];
		case SAME_RELEASE:
			found = found ? found : &p->e[i];
			break;
		default:
			break;
		}
	}
	return found;
}

void *pack_bytes(const struct pack *p, const struct pack_entry *e, struct err *err)
{
	void *data = malloc(e->sz);

	if (!data) {
		err_set(err, -ENOMEM, "out of memory for packed types");
	} else if (!read_at(p->fd, data, e->sz, e->off, err)) {
		if (pack_sum(data, e->sz) == e->sum)
			return data;
		damaged(err, "wrong checksum");
	}
	free(data);
	return NULL;
}

int pack_types(struct btf **out, const struct pack *p, const struct pack_entry *e, struct err *err)
{
	void *packed = pack_bytes(p, e, err), *raw = malloc(e->raw_sz);
	struct bytes src = bytes_of(packed, packed ? e->sz : 0);
	int ret = 0;

	if (!packed || !raw)
		ret = err_set(err, -ENOMEM, "out of memory for packed types");
	else if (!inflate_bytes(&src, raw, e->raw_sz))
		ret = damaged(err, "cannot inflate");
	else
		ret = btf_parse(out, raw, e->raw_sz, NULL, err);
	if (ret && err)
		ret = err->code;
	free(packed);
	free(raw);
	return ret;
}
