/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/confirm.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/engines_state.h"
#include "user/host/stores.h"
#include "user/host/whole.h"
#include "user/model/cgpath.h"
#include "user/model/cgtext.h"
#include "user/model/workload.h"

enum { CGROUP_TEXT = 64 << 10, PID_TEXT = 32 };	/* bytes of /proc/PID/cgroup, and of init.pid */

/* Is cgroup the path itself, or above it? Then *ret_end is where it ends in the path. */
static bool on_path(const struct search *s, const char *cgroup, size_t *ret_end)
{
	size_t n = strlen(cgroup);

	if (n < 2 || strncmp(s->path, cgroup, n) || (s->path[n] && s->path[n] != '/'))
		return false;
	*ret_end = n;
	return true;
}

bool confirm_process(const struct search *s, pid_t pid, size_t *ret_end)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX], *cgroup = NULL;
	struct cgtext_path where;
	bool is = false;
	int fd;

	snprintf(path, sizeof(path), "%s/%d/cgroup", s->c->proc, (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !whole_read(fd, CGROUP_TEXT, &text)) {
		where = cgtext_path(buf_str(&text), s->c->hierarchy);
		cgroup = where.len ? strndup(where.at, where.len) : NULL;
		is = cgroup && on_path(s, cgroup, ret_end);
	}
	if (fd >= 0)
		close(fd);
	free(cgroup);
	buf_done(&text);
	return is;
}

const struct cgpath_level *confirm_level(const struct search *s, const char *id)
{
	for (size_t i = 0; i < s->parsed.levels; i++)
		if (!strcmp(s->parsed.level[i].id, id))
			return &s->parsed.level[i];
	return NULL;
}

/* A first process may have moved further in: the level of the path that is called like it counts. */
static bool init_confirms(const struct search *s, const char *bundle, const char *id, size_t *ret_end)
{
	const struct cgpath_level *level = confirm_level(s, id);
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	bool confirms = false;
	uid_t owner;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/init.pid", bundle);
	if (!stores_read(path, PID_TEXT, &text, &owner) && !owner) {
		pid = (pid_t)strtol(buf_str(&text), NULL, 10);
		confirms = pid > 1 && confirm_process(s, pid, ret_end) && (!level || *ret_end >= level->end);
		if (confirms && level)
			*ret_end = level->end;
	}
	buf_done(&text);
	return confirms;
}

bool confirm_user(const struct search *s, uid_t owner)
{
	return s->parsed.has_user && s->parsed.user == owner;
}

/* A user's own systemd puts it below its own cgroup, and the bundle does not know where that is. */
static bool ends_on_path(const struct search *s, const char *cgroup, const char *id, size_t *ret_end)
{
	const struct cgpath_level *level = confirm_level(s, id);
	const char *name = strrchr(cgroup, '/');
	size_t n = name ? strlen(name) : 0;

	if (!level || !n || n > level->end || strncmp(s->path + level->end - n, name, n))
		return false;
	*ret_end = level->end;
	return true;
}

bool confirm_bundle(const struct search *s, const char *bundle, const char *cgroup, const char *id, uid_t owner,
		     size_t *ret_end)
{
	if (owner)
		return cgroup && confirm_user(s, owner) &&
		       (on_path(s, cgroup, ret_end) || ends_on_path(s, cgroup, id, ret_end));
	return (cgroup && on_path(s, cgroup, ret_end)) || init_confirms(s, bundle, id, ret_end);
}

bool confirm_better(const struct search *s, size_t end)
{
	return !s->best || end < s->end || (end == s->end && !s->best->text[WORKLOAD_NAME]);
}
