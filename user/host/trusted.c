/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/host/whole.h"

enum { LINKS_MAX = 40 };

struct walk {
	const char *path;	/* as asked for */
	char rest[PATH_MAX];	/* what is still to be walked */
	int at;			/* where it has come, O_PATH */
	int links;
	bool read;		/* a file is wanted for reading */
	bool there;		/* it is there: a sticky directory keeps others from replacing what is root's */
	struct buf *why;
};

static int fail(struct walk *w, int error, const char *what)
{
	text_escape(w->why, w->path, strlen(w->path));
	buf_printf(w->why, ": %s", what ? what : strerror(-error));
	return error;
}

/* A sticky directory is no better where what is not there yet can be made by anybody. */
static int check(struct walk *w, const struct stat *st)
{
	bool dir = S_ISDIR(st->st_mode), kept = dir && w->there && st->st_mode & S_ISVTX;

	if (!dir && !S_ISREG(st->st_mode))
		return fail(w, -EPERM, "is no file");
	if (st->st_uid != 0)
		return fail(w, -EPERM, dir ? "not trusted: a directory on the way is not root's" :
					     "not trusted: it is not root's");
	if (st->st_mode & (S_IWGRP | S_IWOTH) && !kept)
		return fail(w, -EPERM, dir ? "not trusted: others than root can write a directory on the way" :
					     "not trusted: others than root can write it");
	return 0;
}

/*
 * The same file, for reading: nobody else can have changed what the name stands for. (Not by /proc/self/fd,
 * which is closed to who was started by a file with capabilities.)
 */
static int for_reading(struct walk *w, const char *name, int *fd)
{
	int data = openat(w->at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);

	if (data < 0)
		return fail(w, -errno, NULL);
	close(*fd);
	*fd = data;
	return 0;
}

static int enter(struct walk *w, const char *name)
{
	int fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return fail(w, -errno, NULL);
	r = fstat(fd, &st) ? fail(w, -errno, NULL) : check(w, &st);
	if (r) {
		close(fd);
		return r;
	}
	if (S_ISREG(st.st_mode) && w->read)
		r = for_reading(w, name, &fd);
	if (w->at >= 0)
		close(w->at);
	w->at = fd;
	return r;
}

/* 1: name was a link, and stands in .rest now; 0: it is none. */
static int follow(struct walk *w, const char *name)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(w->at, name, target, sizeof(target) - 1);
	struct stat st;

	if (n < 0)
		return errno == EINVAL ? 0 : fail(w, -errno, NULL);
	if (fstatat(w->at, name, &st, AT_SYMLINK_NOFOLLOW))
		return fail(w, -errno, NULL);
	if (st.st_uid != 0)
		return fail(w, -EPERM, "not trusted: a symbolic link on the way is not root's");
	target[n] = '\0';
	if (++w->links > LINKS_MAX)
		return fail(w, -ELOOP, NULL);
	strcpy(rest, w->rest);
	if (snprintf(w->rest, sizeof(w->rest), "%s/%s", target, rest) >= (int)sizeof(w->rest))
		return fail(w, -ENAMETOOLONG, NULL);
	if (target[0] == '/') {
		close(w->at);
		w->at = -1;
	}
	return 1;
}

static int next_name(struct walk *w, char name[static NAME_MAX + 1])
{
	char *start = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(start, "/");

	if (n > NAME_MAX)
		return fail(w, -ENAMETOOLONG, NULL);
	memcpy(name, start, n);
	name[n] = '\0';
	memmove(w->rest, start + n, strlen(start + n) + 1);
	return 0;
}

static int go(struct walk *w)
{
	char name[NAME_MAX + 1];
	int r;

	for (;;) {
		if (w->at < 0) {
			r = enter(w, "/");
			if (r)
				return r;
		}
		r = next_name(w, name);
		if (r || !*name)
			return r;
		r = follow(w, name);
		if (!r)
			r = enter(w, name);
		if (r < 0)
			return r;
	}
}

/* 0 and a descriptor of the file. */
static int find(const char *path, bool for_read, bool there, int *ret, struct buf *why)
{
	struct walk w = { .path = path, .at = -1, .read = for_read, .there = there, .why = why };
	struct stat st;
	int r;

	if (path[0] != '/')
		return fail(&w, -EINVAL, "is not a path from the root");
	if (strlen(path) >= sizeof(w.rest))
		return fail(&w, -ENAMETOOLONG, NULL);
	strcpy(w.rest, path);
	r = go(&w);
	if (!r && (fstat(w.at, &st) || !S_ISREG(st.st_mode)))
		r = fail(&w, -EPERM, "is no file");
	if (!r)
		*ret = w.at;
	else if (w.at >= 0)
		close(w.at);
	return r;
}

static int read_it(const char *path, bool there, size_t max, struct buf *ret, struct buf *why)
{
	struct walk told = { .path = path, .why = why };
	int fd, r = find(path, true, there, &fd, why);

	if (r)
		return r;
	r = whole_read(fd, max, ret);
	close(fd);
	return r ? fail(&told, r, NULL) : 0;
}

int trusted_read(const char *path, size_t max, struct buf *ret, struct buf *why)
{
	return read_it(path, false, max, ret, why);
}

int trusted_read_named(const char *path, size_t max, struct buf *ret, struct buf *why)
{
	return read_it(path, true, max, ret, why);
}

int trusted_check(const char *path, struct buf *why)
{
	int fd, r = find(path, false, false, &fd, why);

	if (!r)
		close(fd);
	return r;
}
