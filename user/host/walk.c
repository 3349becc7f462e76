/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/inodes.h"

#define OPEN_LEVELS 32		/* the lowest directories, and the top, that are kept open */
#define READ_SIZE   (32 << 10)	/* some thousand names */

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* One directory on the way from the top to where the walk is. */
struct level {
	int fd;			/* -1: closed, because so many are open below it */
	uint64_t dev, ino;
	size_t path_len;	/* of walk.path, up to and with this directory */
	size_t names_from;	/* in walk.names: its directories that are still to be entered */
};

struct walk {
	const struct walk_config *config;
	struct walk_counts counts;
	struct inodes seen;
	struct buf path;	/* of the lowest level */
	struct buf names; /* of directories to be entered, each with its NUL: the last level's are last */
	struct level *levels;
	size_t depth, room;	/* levels in use, and allocated */
	char entries[READ_SIZE] __attribute__((aligned(8)));
};

/* Made up by the kernel: no file of theirs carries a privilege, and some have no end. */
static const long made_up[] = {
	PROC_SUPER_MAGIC,    SYSFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC,
	DEBUGFS_MAGIC,	     TRACEFS_MAGIC,  SECURITYFS_MAGIC,	 BPF_FS_MAGIC,	      PSTOREFS_MAGIC,
	BINFMTFS_MAGIC,	     EFIVARFS_MAGIC, SELINUX_MAGIC,	 SMACK_MAGIC,	      RDTGROUP_SUPER_MAGIC,
	AUTOFS_SUPER_MAGIC,  NSFS_MAGIC,
	0x62656570 /* configfs */, 0x19800202 /* mqueue */, 0x65735543 /* fusectl */,
};

struct walk *walk_new(const struct walk_config *config)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (w)
		w->config = config;
	return w;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	inodes_done(&w->seen);
	buf_done(&w->path);
	buf_done(&w->names);
	free(w->levels);
	free(w);
}

const struct walk_counts *walk_counts(const struct walk *w)
{
	return &w->counts;
}

void walk_path(const struct walk *w, const char *name, struct buf *b)
{
	buf_put(b, w->path.data, w->path.len);
	if (*name || !w->path.len)
		buf_putc(b, '/');
	buf_puts(b, name);
}

static struct level *lowest(struct walk *w)
{
	return &w->levels[w->depth - 1];
}

static void unreadable(struct walk *w, const char *name, int error)
{
	w->counts.unreadable++;
	if (w->config->unreadable)
		w->config->unreadable(w->config->ctx, w, name, error);
}

static bool is_made_up(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return false;
	for (size_t i = 0; i < sizeof(made_up) / sizeof(made_up[0]); i++)
		if ((unsigned long)fs.f_type == (unsigned long)made_up[i])
			return true;
	return false;
}

static int make_room(struct walk *w)
{
	size_t room = w->room ? w->room * 2 : 64;
	struct level *levels;

	if (w->depth < w->room)
		return 0;
	levels = reallocarray(w->levels, room, sizeof(*levels));
	if (!levels)
		return -ENOMEM;
	w->levels = levels;
	w->room = room;
	return 0;
}

static void close_level(struct level *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* Takes over fd. */
static int push_level(struct walk *w, int fd, const struct stat *st, const char *name)
{
	int err = make_room(w);

	if (!err && w->depth) {
		buf_putc(&w->path, '/');
		buf_puts(&w->path, name);
		err = w->path.error;
	}
	if (err) {
		close(fd);
		return err;
	}
	w->levels[w->depth++] = (struct level){
		.fd = fd,
		.dev = st->st_dev,
		.ino = st->st_ino,
		.path_len = w->path.len,
		.names_from = w->names.len,
	};
	if (w->depth > OPEN_LEVELS + 1)
		close_level(&w->levels[w->depth - 1 - OPEN_LEVELS]);
	w->counts.dirs++;
	return 0;
}

static void keep_directory(struct walk *w, const char *name)
{
	if (strcmp(name, ".") && strcmp(name, ".."))
		buf_put(&w->names, name, strlen(name) + 1);
}

static unsigned char type_of(int dir, const struct dirent64 *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return DT_UNKNOWN;
	return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_LNK;
}

static int show_entry(struct walk *w, int dir, const struct dirent64 *e)
{
	unsigned char type = type_of(dir, e);

	if (type == DT_DIR) {
		keep_directory(w, e->d_name);
		return 0;
	}
	w->counts.files++;
	return type == DT_REG ? w->config->file(w->config->ctx, w, dir, e->d_name) : 0;
}

/* All entries of the lowest level: files are shown, directories are kept for later. */
static int read_level(struct walk *w)
{
	int dir = lowest(w)->fd, err = 0;
	ssize_t n = 0;

	if (fchdir(dir)) {
		unreadable(w, "", -errno);
		return 0;
	}
	while (!err && (n = getdents64(dir, w->entries, sizeof(w->entries))) > 0) {
		for (ssize_t at = 0; at < n && !err;) {
			const struct dirent64 *e = (const struct dirent64 *)(w->entries + at);

			err = show_entry(w, dir, e);
			at += e->d_reclen;
		}
		if (w->config->progress)
			w->config->progress(w->config->ctx, w);
	}
	/* -ENOENT: it was removed meanwhile, and with it all that it held. */
	if (!err && n < 0 && errno != ENOENT)
		unreadable(w, "", -errno);
	return err ? err : w->names.error;
}

/* Opens a directory of the lowest level. 1: it is to be passed over, and counted why. */
static int open_below(struct walk *w, const char *name, int *ret_fd, struct stat *ret_st)
{
	const struct level *l = lowest(w);
	int fd;

	/* Before opening: that may mount something, or wait for a server that is not there. */
	if (!w->config->all_filesystems &&
	    !fstatat(l->fd, name, ret_st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) &&
	    ret_st->st_dev != l->dev) {
		w->counts.others++;
		return 1;
	}
	fd = openat(l->fd, name, OPEN_DIR | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, ret_st)) {
		int error = -errno;

		if (fd >= 0)
			close(fd);
		if (error == -EMFILE || error == -ENFILE || error == -ENOMEM)
			return error;
		if (error == -ENOENT || error == -ELOOP || error == -ENOTDIR)
			w->counts.vanished++;
		else
			unreadable(w, name, error);
		return 1;
	}
	*ret_fd = fd;
	return 0;
}

/* Of an open directory: is it one to look at? */
static int is_wanted(struct walk *w, int fd, const struct stat *st)
{
	int fresh;

	if (st->st_dev != lowest(w)->dev && (!w->config->all_filesystems || is_made_up(fd))) {
		w->counts.others++;
		return 0;
	}
	fresh = inodes_put(&w->seen, st->st_dev, st->st_ino);
	if (!fresh)
		w->counts.repeated++;
	return fresh;
}

static int enter(struct walk *w, const char *name)
{
	struct stat st;
	int fd = -1, r = open_below(w, name, &fd, &st);

	if (r)
		return r < 0 ? r : 0;
	r = is_wanted(w, fd, &st);
	if (r <= 0) {
		close(fd);
		return r;
	}
	r = push_level(w, fd, &st, name);
	return r ? r : read_level(w);
}

static bool is_level(int fd, const struct level *l)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && st.st_dev == l->dev && st.st_ino == l->ino;
}

/* The next lower level of an open one, by its name. -1: it is not there any more. */
static int reopen_step(const struct walk *w, int from, size_t level)
{
	const struct level *l = &w->levels[level];
	size_t at = w->levels[level - 1].path_len + 1;
	char *name = strndup(w->path.data + at, l->path_len - at);
	int fd = name ? openat(from, name, OPEN_DIR | O_NOFOLLOW) : -1;

	free(name);
	if (fd >= 0 && !is_level(fd, l)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Again from the top, by the names that it was reached by: somebody moved what is below. */
static int reopen_from_top(const struct walk *w)
{
	int fd = dup(w->levels[0].fd);

	for (size_t i = 1; i < w->depth && fd >= 0; i++) {
		int next = reopen_step(w, fd, i);

		close(fd);
		fd = next;
	}
	return fd;
}

/* How many names are still to be entered from `from` on. */
static size_t count_names(const struct buf *names, size_t from)
{
	size_t count = 0;

	for (size_t i = from; i < names->len; i++)
		count += !names->data[i];
	return count;
}

/* Back to the level above; where that is closed it is opened again, from below if it is still there. */
static void leave(struct walk *w)
{
	struct level *left = lowest(w), *l;

	w->depth--;
	if (w->depth) {
		l = lowest(w);
		w->path.len = l->path_len;
		if (l->fd < 0)
			l->fd = openat(left->fd, "..", OPEN_DIR);
		if (!is_level(l->fd, l)) {
			close_level(l);
			l->fd = reopen_from_top(w);
		}
		if (l->fd < 0) {
			w->counts.vanished += count_names(&w->names, l->names_from);
			w->names.len = l->names_from;
		}
	}
	close_level(left);
}

/* The last name that is to be entered from the lowest level, taken from the list; NULL: none is left. */
static char *take_name(struct walk *w)
{
	const struct buf *names = &w->names;
	const char *nul;
	size_t start;

	if (names->len == lowest(w)->names_from)
		return NULL;
	nul = memrchr(names->data, '\0', names->len - 1);
	start = nul ? (size_t)(nul - names->data) + 1 : 0;
	w->names.len = start;
	return w->names.data + start;
}

/* A level that could not be opened again has no names any more, and its upper ones look for theirs. */
static int descend(struct walk *w)
{
	int err = read_level(w);

	while (!err && w->depth) {
		char *name = take_name(w), *own;

		if (!name) {
			leave(w);
			continue;
		}
		/* What is read below it takes its place in the list. */
		own = strdup(name);
		err = own ? enter(w, own) : -ENOMEM;
		free(own);
	}
	while (w->depth)
		close_level(&w->levels[--w->depth]);
	return err;
}

static int open_top(struct walk *w, const char *top)
{
	size_t n = strlen(top);
	struct stat st;
	int fd = open(top, OPEN_DIR), fresh;

	if (fd < 0)
		return -errno;
	while (n && top[n - 1] == '/')
		n--;
	buf_clear(&w->path);
	buf_clear(&w->names);
	buf_put(&w->path, top, n);
	fresh = fstat(fd, &st) ? -errno : inodes_put(&w->seen, st.st_dev, st.st_ino);
	if (fresh <= 0) {
		close(fd);
		w->counts.repeated += !fresh;
		return fresh;
	}
	fresh = push_level(w, fd, &st, "");
	return fresh ? fresh : 1;
}

int walk_tree(struct walk *w, const char *top)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	if (back < 0)
		return -errno;
	r = open_top(w, top);
	if (r == 1)
		r = descend(w);
	if (fchdir(back) && !r)
		r = -errno;
	close(back);
	return r;
}
