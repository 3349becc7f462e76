/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/whole.h"

enum { PASSWD_MAX = 1 << 20, PASSWD_FIELDS = 7 };

/* A descriptor, or negative errno. flags as for open(2), with O_CLOEXEC added. */
static int open_inside(int root, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY | O_NONBLOCK),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int inside_read(int root, const char *path, size_t max, struct buf *ret)
{
	int fd = open_inside(root, path, O_RDONLY), err = 0;
	struct stat st;

	if (fd < 0)
		return fd;
	buf_clear(ret);
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else
		err = whole_read(fd, max, ret);
	close(fd);
	return err;
}

int inside_link(int root, const char *path, char *ret, size_t size)
{
	int fd = open_inside(root, path, O_PATH | O_NOFOLLOW);
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, "", ret, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -EINVAL;
	ret[n] = '\0';
	return 0;
}

int inside_each(int root, const char *path, int (*fn)(void *ctx, const char *name, bool is_link), void *ctx)
{
	int fd = open_inside(root, path, O_RDONLY | O_DIRECTORY), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (fd < 0)
		return fd;
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			err = fn(ctx, e->d_name, e->d_type == DT_LNK);
	closedir(dir);
	return err;
}

/* name:password:uid:gid:gecos:home:shell; false where it is no such line. */
static bool split(char *line, char *field[static PASSWD_FIELDS])
{
	field[0] = line;
	for (unsigned i = 1; i < PASSWD_FIELDS; i++) {
		char *colon = strchr(field[i - 1], ':');

		if (!colon)
			return false;
		*colon = '\0';
		field[i] = colon + 1;
	}
	return *field[0] && *field[5] == '/' && field[5][1];
}

int inside_users(int root, int (*fn)(void *ctx, const char *name, uint32_t uid, const char *home), void *ctx)
{
	struct buf text = BUF_INIT;
	char *line = NULL, *next, *field[PASSWD_FIELDS];
	int err = inside_read(root, "/etc/passwd", PASSWD_MAX, &text);

	if (!err && text.len) {
		buf_str(&text);
		line = text.data;
	}
	err = err == -ENOMEM ? err : 0;
	for (; line && *line && !err; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (split(line, field))
			err = fn(ctx, field[0], (uint32_t)strtoul(field[2], NULL, 10), field[5]);
	}
	buf_done(&text);
	return err;
}
