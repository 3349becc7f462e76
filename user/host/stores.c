/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/stores.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/host/engines_state.h"
#include "user/host/whole.h"
#include "user/model/workload.h"

void stores_complain(struct engines *c, const char *path, int err)
{
	if (c->complained)
		return;
	text_escape(&c->complaint, path, strlen(path));
	buf_printf(&c->complaint, ": %s", err == -EINVAL ? "not what an engine writes" : strerror(-err));
	c->complained = true;
}

int stores_read(const char *path, size_t max, struct buf *ret, uid_t *ret_owner)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK), err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if ((uint64_t)st.st_size > max)
		err = -EFBIG;
	buf_clear(ret);
	err = err ?: whole_read(fd, max, ret);
	close(fd);
	if (!err)
		*ret_owner = st.st_mode & (S_IWGRP | S_IWOTH) ? (uid_t)-1 : st.st_uid;
	return err;
}

int stores_read_state(struct engines *c, const char *path, struct buf *ret, uid_t *ret_owner)
{
	int err = stores_read(path, STATE_MAX, ret, ret_owner);

	if (err && err != -ENOENT && err != -ENOTDIR)
		stores_complain(c, path, err);
	return err;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static bool is_known(const struct engines *c, enum place_kind kind, const char *dir)
{
	for (size_t i = 0; i < c->count[kind]; i++)
		if (!strcmp(c->places[kind][i].dir, dir))
			return true;
	return false;
}

void stores_add(struct engines *c, enum place_kind kind, enum workload_engine engine, const char *dir)
{
	char *copy;

	if (*dir != '/' || c->count[kind] == PLACES || is_known(c, kind, dir) || !is_dir(dir))
		return;
	copy = strdup(dir);
	if (copy)
		c->places[kind][c->count[kind]++] = (struct place){ copy, engine };
}

void stores_add_storage(struct engines *c, const char *dir)
{
	static const char end[] = "-containers";
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name), m = sizeof(end) - 1;
		char path[PATH_MAX];

		if (n > m && !strcmp(e->d_name + n - m, end) &&
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path))
			stores_add(c, PLACE_STORAGE, ENGINE_PODMAN, path);
	}
	if (d)
		closedir(d);
}

void stores_add_usual(struct engines *c)
{
	static const struct {
		enum place_kind kind;
		enum workload_engine engine;
		const char *dir;
	} usual[] = {
		{ PLACE_BUNDLES, ENGINE_KUBERNETES, "/run/containerd/io.containerd.runtime.v2.task/k8s.io" },
		{ PLACE_BUNDLES, ENGINE_DOCKER, "/run/containerd/io.containerd.runtime.v2.task/moby" },
		{ PLACE_BUNDLES, ENGINE_CONTAINERD, "/run/containerd/io.containerd.runtime.v2.task/default" },
		{ PLACE_BUNDLES, ENGINE_DOCKER, "/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby" },
		{ PLACE_BUNDLES, ENGINE_KUBERNETES, "/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io" },
		{ PLACE_DOCKER, ENGINE_DOCKER, "/var/lib/docker" },
		{ PLACE_RUNTIMES, ENGINE_RUNC, "/run/runc" },
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		stores_add(c, usual[i].kind, usual[i].engine, usual[i].dir);
	stores_add_storage(c, "/var/lib/containers/storage");
	stores_add_storage(c, "/run/containers/storage");
}
