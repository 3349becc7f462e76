/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/layers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/host/mounts.h"

/* One overlay mount. */
struct overlay {
	uint64_t mount;		/* its number */
	char *root, *point;	/* which part of it is mounted, and where */
	char **dirs;		/* the highest first */
	size_t dir_count;
	struct overlay *next;
};

struct layers {
	struct overlay *first;
};

static void overlay_free(struct overlay *o)
{
	free(o->root);
	free(o->point);
	for (size_t i = 0; i < o->dir_count; i++)
		free(o->dirs[i]);
	free(o->dirs);
	free(o);
}

static int add_dir(struct overlay *o, const char *dir, size_t n)
{
	char **dirs = reallocarray(o->dirs, o->dir_count + 1, sizeof(*dirs)), *copy;

	if (!dirs)
		return -ENOMEM;
	o->dirs = dirs;
	copy = strndup(dir, n);
	if (!copy)
		return -ENOMEM;
	o->dirs[o->dir_count++] = copy;
	return 0;
}

/* "a:b\\:c:d", and "::" before a layer that only holds data. */
static int add_dirs(struct overlay *o, char *list)
{
	char *dir = list, *to = list;

	for (;; list++) {
		if (*list && *list != ':') {
			list += *list == '\\' && list[1];
			*to++ = *list;
			continue;
		}
		if (to > dir && add_dir(o, dir, to - dir))
			return -ENOMEM;
		if (!*list)
			return 0;
		dir = to = list + 1;
	}
}

/* Of the options the ones that begin so; their commas are octal, so splitting comes first. */
static int take_options(struct overlay *o, const struct mount_text *options, const char *prefix)
{
	const char *at = options->at, *end = at + options->len;
	size_t n = strlen(prefix);
	int err = 0;

	while (at < end && !err) {
		const char *comma = memchr(at, ',', end - at), *stop = comma ? comma : end;

		if ((size_t)(stop - at) > n && !memcmp(at, prefix, n)) {
			const struct mount_text raw = { at + n, stop - at - n };
			char *list = malloc(raw.len + 1);

			if (!list)
				return -ENOMEM;
			mount_text_copy(&raw, list);
			err = add_dirs(o, list);
			free(list);
		}
		at = comma ? comma + 1 : end;
	}
	return err;
}

static char *text_of(const struct mount_text *text)
{
	char *copy = malloc(text->len + 1);

	if (copy)
		mount_text_copy(text, copy);
	return copy;
}

/* upperdir= is the highest layer wherever it stands; lowerdir+= is one more below. */
static int take_mount(void *ctx, const struct mount *m)
{
	static const char *const kinds[] = { "upperdir=", "lowerdir=", "lowerdir+=" };
	struct layers *l = ctx;
	struct overlay *o;

	if (m->type.len != strlen("overlay") || memcmp(m->type.at, "overlay", m->type.len))
		return 0;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->next = l->first;
	l->first = o;
	o->mount = m->id;
	o->root = text_of(&m->root);
	o->point = text_of(&m->point);
	if (!o->root || !o->point)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (take_options(o, &m->options, kinds[i]))
			return -ENOMEM;
	return 0;
}

struct layers *layers_new(const char *proc)
{
	struct layers *l = calloc(1, sizeof(*l));

	if (!l || mounts_each(proc, take_mount, l) != -ENOMEM)
		return l;
	layers_free(l);
	return NULL;
}

void layers_free(struct layers *l)
{
	if (!l)
		return;
	while (l->first) {
		struct overlay *next = l->first->next;

		overlay_free(l->first);
		l->first = next;
	}
	free(l);
}

/* The path inside the mount, beginning with a slash; NULL: it is not below the mount. */
static const char *below(const struct overlay *o, const char *path)
{
	size_t n = strlen(o->point);

	if (!strcmp(o->point, "/"))
		return path;
	return !strncmp(path, o->point, n) && path[n] == '/' ? path + n : NULL;
}

static int find_in(const struct overlay *o, const char *rest, uint64_t *ret_dev, uint64_t *ret_ino)
{
	const char *root = strcmp(o->root, "/") ? o->root : "";
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < o->dir_count; i++) {
		int n = snprintf(path, sizeof(path), "%s%s%s", o->dirs[i], root, rest);

		if (n >= (int)sizeof(path) || lstat(path, &st))
			continue;
		if (!S_ISREG(st.st_mode))
			break;
		*ret_dev = st.st_dev;
		*ret_ino = st.st_ino;
		return 0;
	}
	return -ENOENT;
}

static const struct overlay *overlay_of(const struct layers *l, int fd)
{
	struct statx stx;

	if (!l->first || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stx) || !(stx.stx_mask & STATX_MNT_ID))
		return NULL;
	for (const struct overlay *o = l->first; o; o = o->next)
		if (o->mount == stx.stx_mnt_id)
			return o;
	return NULL;
}

int layers_find(const struct layers *l, int fd, uint64_t *ret_dev, uint64_t *ret_ino)
{
	const struct overlay *o = overlay_of(l, fd);
	char link[32], path[PATH_MAX];
	const char *rest;
	ssize_t n;

	if (!o)
		return -ENOENT;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	rest = below(o, path);
	return rest ? find_in(o, rest, ret_dev, ret_ino) : -ENOENT;
}
