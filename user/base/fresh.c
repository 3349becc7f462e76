/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/fresh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_beside(struct fresh *f)
{
	if (asprintf(&f->temporary, "%s.XXXXXX", f->path) < 0) {
		f->temporary = NULL;
		return -ENOMEM;
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): fresh_done() frees it */
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd >= 0)
		return 0;
	free(f->temporary);
	f->temporary = NULL;
	return -errno;
}

/* A link of one's own or of root's stays, and what it points to is replaced; one that somebody else laid is not followed. */
static char *final_name(const char *path)
{
	struct stat st;

	if (lstat(path, &st) || !S_ISLNK(st.st_mode) || (st.st_uid && st.st_uid != geteuid()))
		return strdup(path);
	return realpath(path, NULL);
}

int fresh_open(const char *path, struct fresh *ret)
{
	struct fresh f = FRESH_INIT;
	struct stat st;
	const bool is_file = stat(path, &st) || S_ISREG(st.st_mode);
	int err = 0;

	f.path = is_file ? final_name(path) : strdup(path);
	if (!f.path)
		return -errno;
	if (is_file) {
		err = open_beside(&f);
	} else {
		f.fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		err = f.fd < 0 ? -errno : 0;
	}
	if (err) {
		fresh_done(&f);
		return err;
	}
	*ret = f;
	return 0;
}

/* In a sticky directory a name is its owner's. */
static bool is_anothers(const char *path)
{
	char *parent = strdup(path), *slash = parent ? strrchr(parent, '/') : NULL;
	const char *dir = !slash ? "." : slash == parent ? "/" : parent;
	struct stat file, in;
	bool his;

	if (slash && slash != parent)
		*slash = '\0';
	his = !lstat(path, &file) && !stat(dir, &in) && in.st_mode & S_ISVTX && file.st_uid != geteuid() && in.st_uid != geteuid();
	free(parent);
	return his;
}

int fresh_check(const char *path, bool any_owner)
{
	struct fresh f = FRESH_INIT;
	struct stat st;
	int err;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return -EISDIR;
	/* Opening a pipe waits for who reads it. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return access(path, W_OK) ? -errno : 0;
	err = fresh_open(path, &f);
	/* The one with the other, but clang-tidy does not know that errno is not 0 then. */
	if (err || !f.path)
		return err;
	err = !any_owner && is_anothers(f.path) ? -EPERM : 0;
	fresh_done(&f);
	return err;
}

int fresh_put(struct fresh *f)
{
	if (f->temporary && rename(f->temporary, f->path))
		return -errno;
	free(f->temporary);
	f->temporary = NULL;
	return 0;
}

void fresh_done(struct fresh *f)
{
	if (f->temporary)
		unlink(f->temporary);
	if (f->fd >= 0)
		close(f->fd);
	free(f->temporary);
	free(f->path);
	*f = (struct fresh)FRESH_INIT;
}
