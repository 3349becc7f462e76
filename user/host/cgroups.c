/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/mounts.h"

enum { DEPTH_MAX = 64 };

struct walk {
	struct buf path;	/* "" for the root */
	int (*fn)(void *ctx, const char *path, uint64_t id);
	void *ctx;
	unsigned depth;
};

static int visit(struct walk *w, int fd);

/* Of what vanished meanwhile nothing is to be said. */
static int enter(struct walk *w, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;
	size_t n = w->path.len;

	if (fd < 0)
		return 0;
	buf_putc(&w->path, '/');
	buf_puts(&w->path, name);
	w->depth++;
	err = w->path.error ? w->path.error : visit(w, fd);
	w->depth--;
	if (!w->path.error)
		w->path.len = n;
	return err;
}

/* Takes over fd. The number of a directory there is the cgroup's id. */
static int visit(struct walk *w, int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	struct stat st;
	int err = 0;

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	if (!fstat(fd, &st))
		err = w->fn(w->ctx, w->path.len ? buf_str(&w->path) : "/", st.st_ino);
	while (!err && w->depth < DEPTH_MAX && (e = readdir(dir)))
		if (e->d_type == DT_DIR && *e->d_name != '.')
			err = enter(w, fd, e->d_name);
	closedir(dir);
	return err;
}

int cgroups_each(const char *proc, int (*fn)(void *ctx, const char *path, uint64_t id), void *ctx)
{
	struct walk w = { .path = BUF_INIT, .fn = fn, .ctx = ctx };
	struct mounts mounts;
	int fd, err;

	mounts_read(proc, &mounts);
	fd = *mounts.cgroup2 ? open(mounts.cgroup2, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return -ENODATA;
	err = visit(&w, fd);
	buf_done(&w.path);
	return err;
}

static int read_populated(int fd)
{
	static const char key[] = "populated ";
	char text[256], *at;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return errno == ENODEV ? 0 : -errno;
	text[n] = '\0';
	at = strstr(text, key);
	return at ? at[sizeof(key) - 1] == '1' : -EBADMSG;
}

int cgroups_populated(const char *proc, const char *path)
{
	struct buf file = BUF_INIT;
	struct mounts mounts;
	int fd, ret;

	/* The root has no such file, and always somebody. */
	if (!strcmp(path, "/"))
		return 1;
	mounts_read(proc, &mounts);
	if (!*mounts.cgroup2)
		return -ENODATA;
	buf_printf(&file, "%s%s/cgroup.events", mounts.cgroup2, path);
	fd = file.error ? -1 : open(buf_str(&file), O_RDONLY | O_CLOEXEC);
	ret = file.error ? file.error : fd < 0 ? (errno == ENOENT ? 0 : -errno) : read_populated(fd);
	if (fd >= 0)
		close(fd);
	buf_done(&file);
	return ret;
}
