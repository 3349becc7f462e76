/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/mounts.h"
#include "user/host/whole.h"
#include "user/model/cgtext.h"

enum { TEXT_MAX = 1 << 20 };

/* The mount in which a path is, and what it shows there. */
struct search {
	const char *path;
	size_t point_len; /* of the deepest mount so far */
	bool mounted, found;
	char root[PATH_MAX];
};

static bool is_below(const char *path, const char *point, size_t n)
{
	if (n == 1 && *point == '/')
		return true;
	return !strncmp(path, point, n) && (path[n] == '/' || !path[n]);
}

static int look_at_mount(void *ctx, const struct mount *m)
{
	struct search *s = ctx;
	char point[PATH_MAX];
	size_t n;

	if (m->type.len != strlen("cgroup2") || memcmp(m->type.at, "cgroup2", m->type.len))
		return 0;
	s->mounted = true;
	if (m->point.len >= sizeof(point) || m->root.len >= sizeof(s->root))
		return 0;
	mount_text_copy(&m->point, point);
	n = strlen(point);
	if (!is_below(s->path, point, n) || (s->found && n < s->point_len))
		return 0;
	s->found = true;
	s->point_len = n;
	mount_text_copy(&m->root, s->root);
	return 0;
}

static int join(const struct search *s, char **ret)
{
	const char *rest = s->path + s->point_len;
	struct buf path = BUF_INIT;

	if (strcmp(s->root, "/"))
		buf_puts(&path, s->root);
	buf_puts(&path, rest);
	if (!path.len)
		buf_putc(&path, '/');
	*ret = path.error ? NULL : strdup(buf_str(&path));
	buf_done(&path);
	return *ret ? 0 : -ENOMEM;
}

int cgroup_path(const char *proc, const char *dir, char **ret)
{
	struct search s = { .path = realpath(dir, NULL) };
	struct statfs fs;
	int err;

	if (!s.path)
		return -errno;
	err = mounts_each(proc, look_at_mount, &s);
	if (!err && !s.mounted)
		err = -ENODATA;
	else if (!err && (!s.found || statfs(dir, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC))
		err = -ENOTDIR;
	if (!err)
		err = join(&s, ret);
	free((char *)s.path);
	return err;
}

char *cgroup_own(const char *proc)
{
	struct buf path = BUF_INIT, text = BUF_INIT;
	char *own = NULL;
	int fd;

	buf_printf(&path, "%s/self/cgroup", proc ? proc : "/proc");
	fd = path.error ? -1 : open(buf_str(&path), O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !whole_read(fd, TEXT_MAX, &text))
		own = strdup(buf_str(&text));
	if (fd >= 0)
		close(fd);
	buf_done(&text);
	buf_done(&path);
	return own;
}

uint32_t cgroup_hierarchy(const char *proc)
{
	char *own = cgroup_own(proc);
	uint32_t found = own ? cgtext_hierarchy(own) : 0;

	free(own);
	return found;
}
