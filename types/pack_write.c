// SPDX-License-Identifier: GPL-2.0-only
#include "types/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/deflate.h"
#include "base/log.h"
#include "base/place.h"
#include "base/write_all.h"
#include "btf/reduce/reduce.h"
#include "loader/programs.h"

#define SELF "/proc/self/exe"

/* One kernel's types, to be written to the copy. */
struct item {
	struct pack_entry e; /* off is set by write_pack() */
	void *data;	     /* owned: e.sz bytes */
};

struct packer {
	struct pack self;
	struct obj *obj;    /* BPF object whose types select what is kept */
	struct item *items; /* owned */
	size_t nr;
};

/* ---- collecting types ---- */

static bool is_same_kernel(const struct identity *a, const struct identity *b)
{
	enum identity_match match = identity_match(a, b);

	return match == SAME_BUILD || match == SAME_RELEASE;
}

/* Takes ownership of data, even on errors. Replaces an earlier item of the same kernel. */
static int add_item(struct packer *p, const struct pack_entry *e, void *data, struct err *err)
{
	struct item *items;

	for (size_t i = 0; i < p->nr; i++) {
		if (is_same_kernel(&p->items[i].e.id, &e->id)) {
			free(p->items[i].data);
			p->items[i] = (struct item){*e, data};
			return 0;
		}
	}
	items = p->nr < PACK_NR_MAX ? realloc(p->items, (p->nr + 1) * sizeof(*items)) : NULL;
	if (!items) {
		free(data);
		return p->nr < PACK_NR_MAX
			       ? err_set(err, -ENOMEM, "no memory for packed types")
			       : err_set(err, -E2BIG, "too many kernels, the maximum is %u",
					 PACK_NR_MAX);
	}
	p->items = items;
	p->items[p->nr++] = (struct item){*e, data};
	return 0;
}

/* Add the types packed into this program, unchanged. */
static int add_packed(struct packer *p, struct err *err)
{
	int ret = pack_open(&p->self, SELF, err);

	for (size_t i = 0; i < p->self.nr && !ret; i++) {
		void *data = pack_bytes(&p->self, &p->self.e[i], err);

		ret = data ? add_item(p, &p->self.e[i], data, err) : err->code;
	}
	if (ret)
		err_prefix(err, "cannot read the types packed into this program");
	return ret;
}

static int check_identity(const struct identity *id, const char *path, struct err *err)
{
	if (id->machine[0] && strcmp(id->machine, identity_machine())) {
		err_set(err, -EINVAL, "'%s' is for %s, but this program is for %s", path,
			id->machine, identity_machine());
		err_hint(err, "use the skbtrail built for %s", id->machine);
		return -EINVAL;
	}
	if (!id->release[0] && !id->build_id_sz) {
		err_set(err, -EINVAL, "'%s' does not say which kernel it is for", path);
		err_hint(err, "rename it to RELEASE.btf (uname -r), as in 5.10.0-8-amd64.btf");
		return -EINVAL;
	}
	return 0;
}

static int pack_blob(struct packer *p, struct pack_entry *e, const void *blob, size_t sz,
		     struct err *err)
{
	void *data, *fitting;

	if (!blob || sz > PACK_RAW_MAX)
		return err_set(err, blob ? -E2BIG : -ENOMEM, "its types are too large");
	data = malloc(deflate_bound(sz));
	if (data)
		e->sz = deflate_bytes(blob, sz, data);
	if (!e->sz) {
		free(data);
		return err_set(err, -ENOMEM, "no memory for deflating %zu bytes", sz);
	}
	e->raw_sz = sz;
	e->sum = pack_sum(data, e->sz);
	fitting = realloc(data, e->sz);
	return add_item(p, e, fitting ? fitting : data, err);
}

static int add_file(struct packer *p, const char *path, struct err *err)
{
	struct pack_entry e = {0};
	struct btf_build reduced = {0};
	struct btf *btf = NULL;
	void *blob = NULL;
	size_t sz = 0;
	int ret;

	ret = identity_of_file(&e.id, path, err);
	if (!ret)
		ret = check_identity(&e.id, path, err);
	if (!ret)
		ret = btf_open(&btf, path, NULL, err);
	if (ret) {
		err_hint(err, "name a kernel's BTF file; types of modules cannot be packed");
		return ret;
	}
	snprintf(e.id.machine, sizeof(e.id.machine), "%s", identity_machine());
	ret = btf_reduce(&reduced, btf, obj_btf(p->obj), err);
	if (!ret)
		blob = bb_finish(&reduced, &sz);
	if (!ret)
		ret = pack_blob(p, &e, blob, sz, err);
	if (ret)
		err_prefix(err, "cannot pack '%s'", path);
	bb_release(&reduced);
	btf_free(btf);
	return ret;
}

/* ---- the copy ---- */

static int write_program(const struct packer *p, int fd)
{
	uint64_t off = 0;
	char buf[8192];
	int ret = 0;

	while (off < p->self.prog_sz && !ret) {
		uint64_t left = p->self.prog_sz - off;
		ssize_t n = pread(p->self.fd, buf, left < sizeof(buf) ? left : sizeof(buf), off);

		if (n <= 0)
			return n ? -errno : -EIO;
		ret = write_all(fd, buf, n);
		off += n;
	}
	return ret;
}

static struct pack_row make_row(const struct pack_entry *e)
{
	struct pack_row row = {
		.off = e->off,
		.sz = e->sz,
		.raw_sz = e->raw_sz,
		.sum = e->sum,
		.build_id_sz = e->id.build_id_sz,
	};

	memcpy(row.build_id, e->id.build_id, e->id.build_id_sz);
	strcpy(row.release, e->id.release);
	strcpy(row.machine, e->id.machine);
	return row;
}

static int write_pack(struct packer *p, int fd)
{
	struct pack_trailer t = {.start = p->self.prog_sz, .nr = p->nr, .magic = PACK_MAGIC};
	struct pack_row *rows = calloc(p->nr, sizeof(*rows));
	uint64_t off = p->self.prog_sz;
	int ret = rows ? 0 : -ENOMEM;

	for (size_t i = 0; i < p->nr && !ret; i++) {
		struct item *item = &p->items[i];

		item->e.off = off;
		rows[i] = make_row(&item->e);
		ret = write_all(fd, item->data, item->e.sz);
		off += item->e.sz;
	}
	if (!ret) {
		t.sum = pack_sum(rows, p->nr * sizeof(*rows));
		ret = write_all(fd, rows, p->nr * sizeof(*rows));
	}
	if (!ret)
		ret = write_all(fd, &t, sizeof(t));
	free(rows);
	return ret;
}

/* Full disks and network file systems may report write errors only on fsync(). */
static int write_copy(struct packer *p, int fd)
{
	int ret = write_program(p, fd);

	if (!ret)
		ret = write_pack(p, fd);
	if (!ret && fsync(fd))
		ret = -errno;
	return ret;
}

static int write_and_rename(struct packer *p, const struct place *out, struct err *err)
{
	struct place tmp = *out;
	int fd, ret;

	snprintf(tmp.name, sizeof(tmp.name), "%.200s.tmp-%d", out->name, (int)getpid());
	fd = place_create(&tmp, 0700, err);
	if (fd < 0)
		return fd;
	ret = write_copy(p, fd);
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && renameat(tmp.dir_fd, tmp.name, out->dir_fd, out->name))
		ret = -errno;
	if (ret) {
		unlinkat(tmp.dir_fd, tmp.name, 0);
		err_set(err, ret, "%s", strerror(-ret));
	}
	return ret;
}

static int write_out(struct packer *p, const char *out, struct err *err)
{
	sigset_t stops, before;
	struct place at;
	int ret;

	ret = place_find(&at, out, true, err);
	/* Defer Ctrl-C, so that no partial file is left. */
	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGHUP);
	sigprocmask(SIG_BLOCK, &stops, &before);
	if (!ret)
		ret = write_and_rename(p, &at, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	place_release(&at);
	if (!ret)
		return 0;
	err_prefix(err, "--btf-pack: cannot write '%s'", out);
	err_hint(err, "name a file in a writable directory with %zu KB free",
		 (size_t)p->self.prog_sz / 1000 + 100 * p->nr);
	return ret;
}

static int check_out(const char *out, struct err *err)
{
	struct stat self, st;

	if (stat(out, &st))
		return 0; /* errors are reported when it is created */
	if (!stat(SELF, &self) && self.st_dev == st.st_dev && self.st_ino == st.st_ino) {
		err_set(err, -EINVAL, "--btf-pack: '%s' is this program", out);
		err_hint(err, "write to another file, then move it here");
		return -EINVAL;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "--btf-pack: '%s' exists and is not a regular file",
			       out);
	return 0;
}

static void log_packed(const struct packer *p, const char *out)
{
	for (size_t i = 0; i < p->nr; i++) {
		const struct pack_entry *e = &p->items[i].e;
		char name[128];

		identity_print(&e->id, true, name, sizeof(name));
		log_info("%s: %u KB, deflated to %u KB", name, e->raw_sz / 1000, e->sz / 1000);
	}
	log_info("'%s' contains the types of %zu kernel%s", out, p->nr, plural(p->nr));
}

int pack_write(const char *out, const char *const *files, size_t nr_files, struct err *err)
{
	struct packer p = {.self = {.fd = -1}};
	int ret;

	ret = check_out(out, err);
	if (!ret)
		ret = programs_object(&p.obj, err);
	if (!ret)
		ret = add_packed(&p, err);
	for (size_t i = 0; i < nr_files && !ret; i++)
		ret = add_file(&p, files[i], err);
	if (!ret)
		ret = write_out(&p, out, err);
	if (!ret)
		log_packed(&p, out);
	for (size_t i = 0; i < p.nr; i++)
		free(p.items[i].data);
	free(p.items);
	pack_release(&p.self);
	obj_free(p.obj);
	return ret;
}
