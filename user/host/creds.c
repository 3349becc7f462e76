/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/creds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "user/base/buf.h"
#include "user/host/nsfile.h"
#include "user/host/status.h"

#define OVERFLOW_ID 65534u /* what an id is shown as that does not exist in a namespace */

static int path_of(char *path, size_t size, const char *proc, pid_t pid, const char *name)
{
	int n = pid ? snprintf(path, size, "%s/%d/%s", proc, (int)pid, name)
		    : snprintf(path, size, "%s/self/%s", proc, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int open_of(const char *proc, pid_t pid, const char *name, FILE **ret)
{
	char path[PATH_MAX];
	int err = path_of(path, sizeof(path), proc, pid, name);

	if (err)
		return err;
	*ret = fopen(path, "re");
	return *ret ? 0 : -errno;
}

static int take_groups(struct creds *c, const char *s, size_t n)
{
	size_t max = n / 2 + 1;
	char *end;

	c->groups = calloc(max, sizeof(*c->groups));
	if (!c->groups)
		return -ENOMEM;
	for (const char *stop = s + n; s < stop && c->is.group_count < max; s = end) {
		uint32_t group = (uint32_t)strtoul(s, &end, 10);

		if (end == s || end > stop)
			break;
		c->groups[c->is.group_count++] = group;
	}
	c->is.groups = c->groups;
	return 0;
}

static int take_status(struct creds *c, struct buf *text)
{
	struct status s;
	int err = status_parse(buf_str(text), text->len, &s);

	if (err)
		return err;
	c->is = s.is;
	c->tracer = s.tracer;
	c->seccomp = s.seccomp;
	memcpy(c->name, s.name, sizeof(c->name));
	return s.groups ? take_groups(c, s.groups, s.groups_len) : 0;
}

static int read_status(const char *proc, pid_t pid, struct creds *c)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	int err = path_of(path, sizeof(path), proc, pid, "status");

	if (!err)
		err = status_read(AT_FDCWD, path, &text);
	if (!err)
		err = take_status(c, &text);
	buf_done(&text);
	return err;
}

static int read_map(const char *proc, pid_t pid, const char *name, struct creds_extent **ret,
		    size_t *ret_count)
{
	struct creds_extent e, *all = NULL, *more;
	size_t count = 0;
	FILE *file;
	int err = open_of(proc, pid, name, &file);

	if (err)
		return err;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel writes it */
	while (!err && fscanf(file, "%u %u %u", &e.inside, &e.outside, &e.count) == 3) {
		more = realloc(all, (count + 1) * sizeof(*all));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		all = more;
		all[count++] = e;
	}
	fclose(file);
	*ret = all;
	*ret_count = count;
	return err;
}

static bool inside(const struct creds_extent *map, size_t count, uint32_t outside, uint32_t *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (outside < map[i].outside || outside - map[i].outside >= map[i].count)
			continue;
		*ret = map[i].inside + (outside - map[i].outside);
		return true;
	}
	return false;
}

/* Of our own namespace the kernel has translated already; what has no number here it calls OVERFLOW_ID. */
static bool is_ours(const struct creds_extent *map, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (id >= map[i].inside && id - map[i].inside < map[i].count)
			return true;
	return id != OVERFLOW_ID || !count;
}

bool creds_user_inside(const struct creds *c, uint32_t outside, uint32_t *ret)
{
	*ret = outside;
	if (c->own_userns)
		return is_ours(c->users, c->user_count, outside);
	return inside(c->users, c->user_count, outside, ret);
}

bool creds_group_inside(const struct creds *c, uint32_t outside, uint32_t *ret)
{
	*ret = outside;
	if (c->own_userns)
		return is_ours(c->user_groups, c->user_group_count, outside);
	return inside(c->user_groups, c->user_group_count, outside, ret);
}

static bool same_userns(const char *proc, pid_t pid)
{
	char theirs[PATH_MAX], ours[PATH_MAX];
	struct stat a, b;

	if (path_of(theirs, sizeof(theirs), proc, pid, "ns/user") ||
	    path_of(ours, sizeof(ours), proc, 0, "ns/user"))
		return true;
	/* Where it cannot be asked, it is most likely the one namespace that there is. */
	return nsfile_stat(AT_FDCWD, theirs, &a) || nsfile_stat(AT_FDCWD, ours, &b) ||
	       (a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static void move_inside(struct creds *c)
{
	uint32_t *const users[] = { &c->is.uid, &c->is.euid, &c->is.suid };
	uint32_t *const groups[] = { &c->is.gid, &c->is.egid, &c->is.sgid };

	for (size_t i = 0; i < 3; i++) {
		if (!creds_user_inside(c, *users[i], users[i]))
			*users[i] = OVERFLOW_ID;
		if (!creds_group_inside(c, *groups[i], groups[i]))
			*groups[i] = OVERFLOW_ID;
	}
	for (size_t i = 0; i < c->is.group_count; i++)
		if (!creds_group_inside(c, c->groups[i], &c->groups[i]))
			c->groups[i] = OVERFLOW_ID;
}

static void look_at_tracer(const char *proc, struct creds *c)
{
	struct creds tracer = { .name = "" };

	if (c->tracer > 0 && !read_status(proc, c->tracer, &tracer))
		c->tracer_capable = tracer.is.effective >> CAP_SYS_PTRACE & 1;
	creds_done(&tracer);
}

int creds_read_maps(const char *proc, pid_t pid, struct creds *c)
{
	int err = read_map(proc, pid, "uid_map", &c->users, &c->user_count);

	return err ? err : read_map(proc, pid, "gid_map", &c->user_groups, &c->user_group_count);
}

int creds_read(const char *proc, pid_t pid, struct creds *ret)
{
	struct creds c = { .name = "" };
	int err = read_status(proc, pid, &c);

	if (!err)
		err = creds_read_maps(proc, pid, &c);
	if (err) {
		creds_done(&c);
		return err;
	}
	c.own_userns = !pid || same_userns(proc, pid);
	move_inside(&c);
	look_at_tracer(proc, &c);
	if (!pid) {
		c.is.securebits = (uint32_t)prctl(PR_GET_SECUREBITS);
		c.securebits_known = true;
	}
	*ret = c;
	return 0;
}

void creds_done(struct creds *c)
{
	free(c->groups);
	free(c->users);
	free(c->user_groups);
	*c = (struct creds){ .name = "" };
}
