/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/caps/interpreter.h"
#include "user/host/copies.h"
#include "user/host/fscaps.h"
#include "user/host/layers.h"
#include "user/host/users.h"
#include "user/caps/privfile.h"

#define ACL_XATTR "system.posix_acl_access"

struct look {
	struct users *users;
	struct layers *layers;
	struct copies *copies;
};

struct look *look_new(const char *proc)
{
	struct look *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->users = users_new();
	l->layers = layers_new(proc);
	l->copies = copies_new();
	if (l->users && l->layers && l->copies)
		return l;
	look_free(l);
	return NULL;
}

void look_free(struct look *l)
{
	if (!l)
		return;
	users_free(l->users);
	layers_free(l->layers);
	copies_free(l->copies);
	free(l);
}

static bool has_no_caps(int error)
{
	return error == ENODATA || error == EOPNOTSUPP || error == ENOENT;
}

bool look_may_carry(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return errno != ENOENT;
	if (st.st_mode & (S_ISUID | S_ISGID))
		return true;
	return lgetxattr(name, FILECAPS_XATTR, NULL, 0) >= 0 || !has_no_caps(errno);
}

static void flaw(struct privfile *f, enum privfile_flaw which, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void flaw(struct privfile *f, enum privfile_flaw which, const char *format, ...)
{
	struct buf b = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&b, format, args);
	va_end(args);
	free(f->flaws[which]);
	f->flaws[which] = strdup(buf_str(&b));
	buf_done(&b);
}

static void find_caps(int fd, struct privfile *f)
{
	int err = fscaps_read(fd, &f->caps);

	if (!err) {
		f->has_caps = PRIVFILE_CAPS_KNOWN;
		return;
	}
	if (has_no_caps(-err))
		return;
	f->has_caps = PRIVFILE_CAPS_HIDDEN;
	if (err == -EINVAL)
		flaw(f, PRIVFILE_HIDDEN,
		     "its attribute is damaged, or of format 1, which kernels no longer show "
		     "and still obey");
	else if (err == -EOVERFLOW)
		flaw(f, PRIVFILE_HIDDEN,
		     "its capabilities count in a user namespace whose root has no number here");
	else
		flaw(f, PRIVFILE_HIDDEN, "its attribute cannot be read: %s", strerror(-err));
}

/* "everyone", "group adm", "user bob"; to be freed. */
static char *who(struct look *l, enum privfile_writer writer, uint32_t uid, uint32_t gid)
{
	struct buf b = BUF_INIT;
	const char *user = users_name(l->users, uid);
	char *group = NULL;

	if (writer == PRIVFILE_EVERYONE) {
		buf_puts(&b, "everyone");
	} else if (writer == PRIVFILE_GROUP && !users_group_name(gid, &group)) {
		buf_printf(&b, "group %s", group);
	} else if (writer == PRIVFILE_GROUP) {
		buf_printf(&b, "group %u", gid);
	} else {
		buf_puts(&b, "user ");
		if (user)
			buf_puts(&b, user);
		else
			buf_u64(&b, uid);
	}
	free(group);
	buf_putc(&b, '\0');
	return b.data;
}

static void judge_writers(struct look *l, int fd, struct privfile *f)
{
	enum privfile_writer writer = privfile_file_writer(f);
	char link[32], *name;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (writer != PRIVFILE_NOBODY) {
		name = who(l, writer, f->uid, f->gid);
		flaw(f, PRIVFILE_WRITABLE, "%s can write to it", name ? name : "somebody");
		free(name);
	} else if (f->mode & S_IWGRP && getxattr(link, ACL_XATTR, NULL, 0) > 0) {
		flaw(f, PRIVFILE_WRITABLE, "its access list lets others write to it");
	}
}

/* Where an open directory is, or in what words. */
static void dir_name(int dir, char ret[static PATH_MAX])
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, ret, PATH_MAX - 1);
	if (n <= 0)
		strcpy(ret, "a directory above it");
	else
		ret[n] = '\0';
}

/* False: others can do nothing in this directory. */
static bool judge_directory(struct look *l, int dir, const struct stat *st, struct privfile *f)
{
	enum privfile_writer writer = privfile_dir_writer(f, st->st_mode & 07777, st->st_uid, st->st_gid);
	char path[PATH_MAX], *name;

	if (writer == PRIVFILE_NOBODY)
		return false;
	dir_name(dir, path);
	name = who(l, writer, st->st_uid, st->st_gid);
	flaw(f, PRIVFILE_DIRECTORY, "%s can replace it: %s", name ? name : "somebody", path);
	free(name);
	return true;
}

/* From its directory up to the root; takes over dir. */
static void judge_directories(struct look *l, int dir, struct privfile *f)
{
	struct stat st, above;

	if (dir < 0)
		return;
	while (!fstat(dir, &st) && !judge_directory(l, dir, &st, f)) {
		int up = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		close(dir);
		dir = up;
		if (dir < 0)
			return;
		if (fstat(dir, &above) || (above.st_dev == st.st_dev && above.st_ino == st.st_ino))
			break;
	}
	close(dir);
}

/* The directory in which an open file is, by the path that the kernel knows. -1: it has none any more. */
static int open_parent(int fd)
{
	char path[PATH_MAX], *slash;

	dir_name(fd, path);
	slash = strrchr(path, '/');
	if (!slash)
		return -1;
	slash[slash == path] = '\0';
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void judge_content(struct look *l, int fd, struct privfile *f)
{
	const char *base = strrchr(f->path, '/'), *runs = interpreter_runs(base ? base + 1 : f->path), *copy;
	char link[32], start[2] = "";
	int in;

	if (runs)
		flaw(f, PRIVFILE_INTERPRETER, "it runs %s, any that are given to it", runs);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	in = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (in < 0)
		return;
	copy = runs ? NULL : copies_find(l->copies, in);
	if (copy)
		flaw(f, PRIVFILE_INTERPRETER, "it is the same as %s, which runs what is given to it", copy);
	if (pread(in, start, 2, 0) == 2 && start[0] == '#' && start[1] == '!')
		flaw(f, PRIVFILE_SCRIPT, "it is a script: the kernel starts its interpreter, without these");
	close(in);
}

static void judge(struct look *l, int fd, struct privfile *f)
{
	struct statvfs fs;

	judge_writers(l, fd, f);
	judge_directories(l, open_parent(fd), f);
	judge_content(l, fd, f);
	if (f->links > 1)
		flaw(f, PRIVFILE_LINKED, "it has %u names: what is done to one is done to all", f->links);
	if (!fstatvfs(fd, &fs) && fs.f_flag & ST_NOSUID)
		flaw(f, PRIVFILE_NOSUID, "its file system is mounted nosuid: they do nothing");
}

static int fill(struct look *l, const struct stat *st, const char *path, struct privfile *f)
{
	const char *user = users_name(l->users, st->st_uid);

	*f = (struct privfile){
		.path = strdup(path),
		.dev = st->st_dev,
		.ino = st->st_ino,
		.real_dev = st->st_dev,
		.real_ino = st->st_ino,
		.owner_known = true,
		.mode = st->st_mode & 07777,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.user = user ? strdup(user) : NULL,
		.links = st->st_nlink,
	};
	users_group_name(st->st_gid, &f->group);
	if (f->path)
		return 0;
	privfile_done(f);
	return -ENOMEM;
}

int look_at_open(struct look *l, int fd, const char *path, const struct filecaps *assumed,
		 struct privfile *ret)
{
	struct privfile f;
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISLNK(st.st_mode) ? -ELOOP : -EINVAL;
	err = fill(l, &st, path, &f);
	if (err)
		return err;
	layers_find(l->layers, fd, &f.real_dev, &f.real_ino);
	if (assumed) {
		f.has_caps = PRIVFILE_CAPS_KNOWN;
		f.caps = *assumed;
	} else {
		find_caps(fd, &f);
	}
	if (privfile_carries(&f))
		judge(l, fd, &f);
	*ret = f;
	return 0;
}

int look_at(struct look *l, int dir, const char *name, const char *path, bool follow, struct privfile *ret)
{
	int fd = openat(dir, name, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)), err;

	if (fd < 0)
		return -errno;
	err = look_at_open(l, fd, path, NULL, ret);
	close(fd);
	return err;
}
