// SPDX-License-Identifier: GPL-2.0-only
#include "types/btf_dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DEPTH_MAX 3 /* DISTRIBUTION/VERSION/ARCHITECTURE */

struct search {
	const char *release;
	const struct distribution *d;
	char *best;	  /* owned: best path so far, or NULL */
	unsigned score;	  /* of best */
	char *compressed; /* owned: a matching but compressed file, or NULL */
};

/* ID=debian or ID="debian" */
static bool parse_value(const char *line, const char *key, char *buf, size_t sz)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) || line[len] != '=')
		return false;
	line += len + 1;
	line += strspn(line, "\"'");
	snprintf(buf, sz, "%.*s", (int)strcspn(line, "\"'\n"), line);
	return true;
}

void distribution_read(struct distribution *d, const char *os_release)
{
	FILE *f = fopen(os_release, "re");
	char line[256];

	*d = (struct distribution){{0}};
	while (f && fgets(line, sizeof(line), f)) {
		if (!parse_value(line, "ID", d->id, sizeof(d->id)))
			parse_value(line, "VERSION_ID", d->version, sizeof(d->version));
	}
	if (f)
		fclose(f);
}

/* Archives name architectures as Debian or the kernel does. */
static bool is_other_architecture(const char *name)
{
	static const struct {
		const char *name;
		bool ours;
	} archs[] = {
#if defined(__x86_64__)
		{"x86_64", true},
		{"amd64", true},
		{"arm64", false},
		{"aarch64", false},
		{"riscv64", false},
#elif defined(__aarch64__)
		{"x86_64", false},
		{"amd64", false},
		{"arm64", true},
		{"aarch64", true},
		{"riscv64", false},
#else
		{"x86_64", false},
		{"amd64", false},
		{"arm64", false},
		{"aarch64", false},
		{"riscv64", true},
#endif
		{"i386", false},
		{"armhf", false},
		{"ppc64le", false},
		{"s390x", false},
	};

	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		if (!strcasecmp(name, archs[i].name))
			return !archs[i].ours;
	}
	return false;
}

/* Score of the files in a directory of this name. */
static unsigned score_of(const struct distribution *d, const char *name)
{
	if (d->id[0] && !strcasecmp(name, d->id))
		return 2;
	return d->version[0] && !strcasecmp(name, d->version);
}

/* Takes ownership of path. Ties are broken by name, independent of directory order. */
static void offer_path(struct search *s, char *path, unsigned score)
{
	if (s->best && (score < s->score || (score == s->score && strcmp(path, s->best) > 0))) {
		free(path);
		return;
	}
	free(s->best);
	s->best = path;
	s->score = score;
}

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* Check a file in dir: RELEASE.btf, or RELEASE.btf.* (compressed)? */
static int check_file(struct search *s, const char *dir, const char *name, unsigned score)
{
	size_t len = strlen(s->release);
	char *path;

	if (strncmp(name, s->release, len) || strncmp(name + len, ".btf", 4) ||
	    (name[len + 4] && name[len + 4] != '.'))
		return 0;
	path = join(dir, name);
	if (!path)
		return -ENOMEM;
	if (!name[len + 4]) {
		offer_path(s, path, score);
	} else if (s->compressed) {
		free(path);
	} else {
		s->compressed = path;
	}
	return 0;
}

static bool is_dir(const char *path, const struct dirent *de)
{
	DIR *dir;

	if (de->d_type != DT_UNKNOWN && de->d_type != DT_LNK)
		return de->d_type == DT_DIR;
	dir = opendir(path);
	if (dir)
		closedir(dir);
	return dir != NULL;
}

static int search_dir(struct search *s, const char *path, unsigned score, unsigned depth);

static int search_subdir(struct search *s, const char *dir, const struct dirent *de, unsigned score,
			 unsigned depth)
{
	char *path;
	int ret = 0;

	if (depth == DEPTH_MAX || is_other_architecture(de->d_name))
		return 0;
	path = join(dir, de->d_name);
	if (!path)
		return -ENOMEM;
	if (is_dir(path, de)) {
		ret = search_dir(s, path, score + score_of(s->d, de->d_name), depth + 1);
		ret = ret == -ENOMEM ? ret : 0; /* skip unreadable directories */
	}
	free(path);
	return ret;
}

static int search_dir(struct search *s, const char *path, unsigned score, unsigned depth)
{
	DIR *dir = opendir(path);
	struct dirent *de;
	int ret = 0;

	if (!dir)
		return -errno;
	while (!ret && (de = readdir(dir))) {
		if (de->d_name[0] == '.')
			continue;
		ret = check_file(s, path, de->d_name, score);
		if (!ret)
			ret = search_subdir(s, path, de, score, depth);
	}
	closedir(dir);
	return ret;
}

int btf_dir_find(char **path, const char *dir, const char *release, const struct distribution *d,
		 struct err *err)
{
	struct search s = {.release = release, .d = d};
	int ret = search_dir(&s, dir, 0, 0);

	if (ret) {
		err_sys(err, ret, "cannot search '%s'", dir);
	} else if (!s.best) {
		ret = err_set(err, -ENOENT, "no '%s.btf' in '%s' or up to %u levels below", release,
			      dir, DEPTH_MAX);
		if (s.compressed)
			err_hint(err, "compressed files are not supported: unpack '%s' (tar -xf)",
				 s.compressed);
		else
			err_hint(err,
				 "the running kernel is %s; specify its file, or a directory "
				 "that has it",
				 release);
	}
	if (ret) {
		free(s.best);
		s.best = NULL;
	}
	free(s.compressed);
	*path = s.best;
	return ret;
}
