/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/copies.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/caps/interpreter.h"

#define PIECE (64 << 10)

struct known {
	dev_t dev;
	ino_t ino;
	off_t size;
	char *path;
};

struct copies {
	bool looked;
	struct known *at;
	size_t count;
	char a[PIECE], b[PIECE];
};

static const char *const folders[] = { "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin" };

struct copies *copies_new(void)
{
	return calloc(1, sizeof(struct copies));
}

void copies_free(struct copies *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->at[i].path);
	free(c->at);
	free(c);
}

static const struct known *by_inode(const struct copies *c, const struct stat *st)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].dev == st->st_dev && c->at[i].ino == st->st_ino)
			return &c->at[i];
	return NULL;
}

/* Under its own name and not that of a link to it: python3.11. */
static void remember(struct copies *c, int dir, const char *folder, const char *name)
{
	char path[PATH_MAX], real[PATH_MAX];
	struct known *at;
	struct stat st;

	if (fstatat(dir, name, &st, 0) || !S_ISREG(st.st_mode) || by_inode(c, &st))
		return;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	at = reallocarray(c->at, c->count + 1, sizeof(*at));
	if (!at)
		return;
	c->at = at;
	at[c->count] = (struct known){ st.st_dev, st.st_ino, st.st_size,
				       strdup(realpath(path, real) ? real : path) };
	if (at[c->count].path)
		c->count++;
}

static void look(struct copies *c)
{
	c->looked = true;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		DIR *dir = opendir(folders[i]);
		struct dirent *e;

		while (dir && (e = readdir(dir)))
			if (interpreter_runs(e->d_name))
				remember(c, dirfd(dir), folders[i], e->d_name);
		if (dir)
			closedir(dir);
	}
}

static bool same_content(struct copies *c, int a, int b, off_t size)
{
	for (off_t at = 0; at < size;) {
		ssize_t n = pread(a, c->a, PIECE, at);

		if (n <= 0 || pread(b, c->b, n, at) != n || memcmp(c->a, c->b, n))
			return false;
		at += n;
	}
	return true;
}

const char *copies_find(struct copies *c, int fd)
{
	const struct known *found;
	struct stat st;

	if (!c->looked)
		look(c);
	if (fstat(fd, &st) || !st.st_size)
		return NULL;
	found = by_inode(c, &st);
	for (size_t i = 0; i < c->count && !found; i++) {
		int other = c->at[i].size == st.st_size ? open(c->at[i].path, O_RDONLY | O_CLOEXEC) : -1;

		if (other >= 0 && same_content(c, fd, other, st.st_size))
			found = &c->at[i];
		if (other >= 0)
			close(other);
	}
	return found ? found->path : NULL;
}
