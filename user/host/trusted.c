/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
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
	char way[PATH_MAX];	/* the same as text: what is entered, or the way to it */
	int links;
	uid_t also;		/* whose is as good as root's */
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

__attribute__((format(printf, 2, 3))) static int distrust(struct walk *w, const char *format, ...)
{
	va_list args;

	text_escape(w->why, w->path, strlen(w->path));
	buf_puts(w->why, ": not trusted: ");
	va_start(args, format);
	buf_vprintf(w->why, format, args);
	va_end(args);
	return -EPERM;
}

static bool is_ours(const struct walk *w, const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == w->also;
}

static int distrust_owner(struct walk *w, const char *what)
{
	if (w->also)
		return distrust(w, "%s is neither root's nor of user %u, who reads it", what, w->also);
	return distrust(w, "%s is not root's", what);
}

/* Says which directory it is: what stands in front is the file that was asked for. */
static void name_way(struct walk *w)
{
	buf_puts(w->why, ": ");
	text_escape(w->why, *w->way ? w->way : "/", *w->way ? strlen(w->way) : 1);
}

/* A sticky directory is no better where what is not there yet can be made by anybody. */
static int check(struct walk *w, const struct stat *st)
{
	bool dir = S_ISDIR(st->st_mode), kept = dir && w->there && st->st_mode & S_ISVTX;
	const char *what = dir ? "a directory on the way" : "it";
	int r = 0;

	if (!dir && !S_ISREG(st->st_mode))
		return fail(w, -EPERM, "is no file");
	if (!is_ours(w, st))
		r = distrust_owner(w, what);
	else if (st->st_mode & (S_IWGRP | S_IWOTH) && !kept)
		r = distrust(w, "others than %s can write %s", w->also ? "its owner" : "root", what);
	if (r && dir)
		name_way(w);
	return r;
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

static void go_on(struct walk *w, const char *name)
{
	const size_t n = strlen(w->way);

	if (*name != '/')
		snprintf(w->way + n, sizeof(w->way) - n, "/%s", name);
	else
		*w->way = '\0';
}

static int enter(struct walk *w, const char *name)
{
	int fd = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return fail(w, -errno, NULL);
	go_on(w, name);
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
	if (!is_ours(w, &st))
		return distrust_owner(w, "a symbolic link on the way");
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

/* 0 and a descriptor of the file; how: .read, .there and .also. */
static int find(const char *path, const struct walk *how, int *ret, struct buf *why)
{
	struct walk w = { .path = path, .at = -1, .read = how->read, .there = how->there, .also = how->also, .why = why };
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

static int read_it(const char *path, const struct walk *how, size_t max, struct buf *ret, struct buf *why)
{
	struct walk told = { .path = path, .why = why };
	int fd, r = find(path, how, &fd, why);

	if (r)
		return r;
	r = whole_read(fd, max, ret);
	close(fd);
	return r ? fail(&told, r, NULL) : 0;
}

int trusted_read(const char *path, size_t max, struct buf *ret, struct buf *why)
{
	return read_it(path, &(struct walk){ .read = true }, max, ret, why);
}

int trusted_read_named(const char *path, uid_t uid, size_t max, struct buf *ret, struct buf *why)
{
	return read_it(path, &(struct walk){ .read = true, .there = true, .also = uid }, max, ret, why);
}

int trusted_check(const char *path, struct buf *why)
{
	int fd, r = find(path, &(struct walk){ .read = false }, &fd, why);

	if (!r)
		close(fd);
	return r;
}
