/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/containers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/buf.h"
#include "user/host/container.h"
#include "user/host/inside.h"

enum { PID_MAX_BYTES = 32, CGROUP_MAX = 1 << 16 };

struct known {
	struct container is;
	UT_hash_handle hh;	/* by .is.id */
};

struct search {
	const struct containers_config *config;
	int root;
	struct known *known;
	bool full, of_user;
	struct buf text;
	char path[PATH_MAX];	/* of the directory whose names are gone through */
	uint32_t engine;
	int error;
};

static void trouble(const struct search *s, const char *path, int error)
{
	if (error != -ENOENT && error != -ENOTDIR && s->config->trouble)
		s->config->trouble(s->config->ctx, path, error);
}

/* 0; -ENOMEM. Any other trouble is told, and the answer -EINVAL. */
static int told(const struct search *s, const char *path, int err)
{
	if (!err || err == -ENOMEM)
		return err;
	trouble(s, path, err);
	return -EINVAL;
}

static int read_file(struct search *s, const char *path)
{
	return told(s, path, inside_read(s->root, path, CONTAINER_BYTES_MAX, &s->text));
}

static struct container *find(const struct search *s, const char *id)
{
	struct known *k;

	HASH_FIND_STR(s->known, id, k);
	return k ? &k->is : NULL;
}

/* Takes over what *c owns. */
static int keep(struct search *s, struct container *c)
{
	struct known *k = NULL;

	if (HASH_COUNT(s->known) >= CONTAINERS_MAX) {
		if (!s->full)
			trouble(s, s->path, -E2BIG);
		s->full = true;
		container_done(c);
		return 0;
	}
	k = calloc(1, sizeof(*k));
	if (k) {
		k->is = *c;
		HASH_ADD_KEYPTR(hh, s->known, k->is.id, strlen(k->is.id), k);
	}
	if (!k || !k->hh.tbl) {
		free(k);
		container_done(c);
		return -ENOMEM;
	}
	return 0;
}

/* The container of that id, which is a new one where there is none. NULL: out of memory, or of room. */
static struct container *make(struct search *s, const char *id)
{
	struct container *c = find(s, id), new = { 0 };

	if (c)
		return c;
	new.id = strdup(id);
	if (!new.id || keep(s, &new)) {
		s->error = -ENOMEM;
		return NULL;
	}
	return find(s, id);
}

static int go_on(int err)
{
	return err == -EINVAL ? 0 : err;
}

static int each(struct search *s, int (*fn)(void *ctx, const char *name, bool is_link))
{
	int err = inside_each(s->root, s->path, fn, s);

	return go_on(told(s, s->path, err));
}

/* ---- their processes -------------------------------------------------------------------------------------------- */

static void read_pid(struct search *s, const char *path, struct container *c)
{
	struct buf text = BUF_INIT;
	long pid = 0;

	if (!c->pid && !inside_read(s->root, path, PID_MAX_BYTES, &text))
		pid = strtol(buf_str(&text), NULL, 10);
	if (pid > 0 && pid <= INT_MAX)
		c->pid = (int)pid;
	buf_done(&text);
}

/* The path in the v2 hierarchy, or else of the first one. */
static char *cgroup_of(const char *text)
{
	const char *line = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text;
	const char *path = strchr(line ? line : text, '/');

	return path ? strndup(path, strcspn(path, "\n")) : NULL;
}

/* A pid is used again: its cgroup, which engines name after the container, tells whether it is still that process. */
static void look_at_process(struct search *s, struct container *c)
{
	char name[PATH_MAX];
	int dir = open(s->config->proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = dir < 0 ? -errno : 0;

	if (!err && !c->pid)
		err = -ENOENT;
	snprintf(name, sizeof(name), "%d/cgroup", c->pid);
	if (!err)
		err = inside_read(dir, name, CGROUP_MAX, &s->text);
	if (dir >= 0)
		close(dir);
	c->state_known = true;
	c->running = !err && strstr(buf_str(&s->text), c->id);
	if (c->running)
		c->seen = cgroup_of(s->text.data);
}

/* ---- bundles ---------------------------------------------------------------------------------------------------- */

/* A bundle says better than anything else what was granted. */
static int read_bundle(struct search *s, const char *path, struct container *c)
{
	int err = read_file(s, path);

	if (!err)
		err = told(s, path, container_read_oci(buf_str(&s->text), s->text.len, s->config->all, c));
	return go_on(err);
}

/* NAMESPACE/ID below one of these. */
static const char *const task_paths[] = {
	"/run/containerd/io.containerd.runtime.v2.task",
	"/run/docker/containerd/daemon/io.containerd.runtime.v2.task",
	"/run/k3s/containerd/io.containerd.runtime.v2.task",
};

static int take_task(void *ctx, const char *name, bool is_link)
{
	char path[PATH_MAX + NAME_MAX + sizeof("/config.json")];
	struct search *s = ctx;
	struct container *c;

	(void)is_link;
	c = make(s, name);
	if (!c)
		return s->error;
	if (!c->engine)
		c->engine = s->engine;
	snprintf(path, sizeof(path), "%s/%s/init.pid", s->path, name);
	read_pid(s, path, c);
	snprintf(path, sizeof(path), "%s/%s/config.json", s->path, name);
	return read_bundle(s, path, c);
}

static uint32_t engine_of(const char *namespace)
{
	return strcmp(namespace, "moby") ? ENGINE_CONTAINERD : ENGINE_DOCKER;
}

static int take_namespace(void *ctx, const char *name, bool is_link)
{
	struct search *s = ctx;
	size_t n = strlen(s->path);
	int err = 0;

	(void)is_link;
	if (n + 1 + strlen(name) < sizeof(s->path)) {
		snprintf(s->path + n, sizeof(s->path) - n, "/%s", name);
		s->engine = engine_of(name);
		err = each(s, take_task);
		s->path[n] = '\0';
	}
	return err;
}

static int take_tasks(struct search *s)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(task_paths) / sizeof(task_paths[0]) && !err; i++) {
		snprintf(s->path, sizeof(s->path), "%s", task_paths[i]);
		err = each(s, take_namespace);
	}
	return err;
}

/* ---- docker ----------------------------------------------------------------------------------------------------- */

/* What runs has a bundle, whose sets are not to be lost; what does not is told by docker alone. */
static int read_docker(struct search *s, const char *name, struct container *c)
{
	struct workload_granted bundle = c->granted;
	bool no_new_privs = c->no_new_privs;
	char path[PATH_MAX + NAME_MAX + sizeof("/config.v2.json")];
	int err;

	snprintf(path, sizeof(path), "%s/%s/config.v2.json", s->path, name);
	err = read_file(s, path);
	err = err ?: told(s, path, container_read_docker(buf_str(&s->text), s->text.len, c));
	if (err)
		return go_on(err);
	snprintf(path, sizeof(path), "%s/%s/hostconfig.json", s->path, name);
	err = read_file(s, path);
	err = err ?: told(s, path, container_read_docker_host(buf_str(&s->text), s->text.len, s->config->all, c));
	if (bundle.source) {
		c->granted = bundle;
		c->no_new_privs |= no_new_privs;
	}
	return go_on(err);
}

static int take_docker(void *ctx, const char *name, bool is_link)
{
	struct search *s = ctx;
	struct container *c;

	(void)is_link;
	c = make(s, name);
	return c ? read_docker(s, name, c) : s->error;
}

/* ---- podman and CRI-O ------------------------------------------------------------------------------------------- */

/* One of storage; what its engine was told stands beside the list, in a directory of its own. */
static int take_stored(void *ctx, struct container *from)
{
	char path[PATH_MAX + NAME_MAX + sizeof("/userdata/config.json")];
	struct search *s = ctx;
	struct container *c = find(s, from->id);
	int err;

	err = c ? 0 : keep(s, from);
	if (c)
		container_done(from);
	else
		c = err ? NULL : find(s, from->id);
	if (!c)
		return err;
	c->of_user |= s->of_user;
	if (strchr(c->id, '/') || strlen(c->id) > NAME_MAX)
		return 0;
	snprintf(path, sizeof(path), "%s/%s/userdata/config.json", s->path, c->id);
	err = inside_read(s->root, path, CONTAINER_BYTES_MAX, &s->text);
	if (err == -ENOENT)
		return 0;
	if (!err)
		err = container_read_oci(buf_str(&s->text), s->text.len, s->config->all, c);
	return go_on(told(s, path, err));
}

static int take_list(struct search *s, const char *name)
{
	char path[PATH_MAX + NAME_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%s", s->path, name);
	err = inside_read(s->root, path, CONTAINER_BYTES_MAX, &s->text);
	if (err)
		return go_on(told(s, path, err));
	/* The bundles are read into the same buffer. */
	char *text = strndup(buf_str(&s->text), s->text.len);

	if (!text)
		return -ENOMEM;
	err = container_read_podman(text, s->text.len, take_stored, s);
	free(text);
	return go_on(told(s, path, err));
}

/* overlay-containers, vfs-containers, ... */
static int take_driver(void *ctx, const char *name, bool is_link)
{
	static const char end[] = "-containers";
	struct search *s = ctx;
	size_t n = strlen(s->path), len = strlen(name), more = sizeof(end) - 1;
	int err;

	(void)is_link;
	if (len <= more || strcmp(name + len - more, end) || n + 1 + len >= sizeof(s->path))
		return 0;
	snprintf(s->path + n, sizeof(s->path) - n, "/%s", name);
	err = take_list(s, "containers.json");
	err = err ?: take_list(s, "volatile-containers.json");
	s->path[n] = '\0';
	return err;
}

static int take_storage(struct search *s, const char *before, const char *path)
{
	if ((size_t)snprintf(s->path, sizeof(s->path), "%s%s", before, path) >= sizeof(s->path))
		return 0;
	return each(s, take_driver);
}

static int take_users(void *ctx, const char *name, uint32_t uid, const char *home)
{
	struct search *s = ctx;
	int err;

	(void)name;
	s->of_user = uid != 0;
	err = take_storage(s, home, "/.local/share/containers/storage");
	s->of_user = false;
	return err;
}

/* The driver is not known here, but there are few. */
static void find_stored_pid(struct search *s, struct container *c)
{
	static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && !c->pid; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "/run/containers/storage/%s-containers/%s/userdata/pidfile", drivers[i], c->id);
		read_pid(s, path, c);
	}
}

/* ---- runc ------------------------------------------------------------------------------------------------------- */

/* Engines call it too: whatever is known already is theirs. */
static int take_runc(void *ctx, const char *name, bool is_link)
{
	char path[PATH_MAX + NAME_MAX + sizeof("/config.json")];
	struct search *s = ctx;
	bool is_new = !find(s, name);
	struct container *c;
	int err;

	(void)is_link;
	c = make(s, name);
	if (!c)
		return s->error;
	if (is_new)
		c->engine = ENGINE_RUNC;
	snprintf(path, sizeof(path), "%s/%s/state.json", s->path, name);
	err = read_file(s, path);
	err = err ?: told(s, path, container_read_runc(buf_str(&s->text), s->text.len, c));
	if (!err && c->bundle && !c->granted.source && strlen(c->bundle) < PATH_MAX) {
		snprintf(path, sizeof(path), "%s/config.json", c->bundle);
		err = read_bundle(s, path, c);
	}
	return go_on(err);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static int find_all(struct search *s)
{
	int err = take_tasks(s);

	snprintf(s->path, sizeof(s->path), "/var/lib/docker/containers");
	err = err ?: each(s, take_docker);
	err = err ?: take_storage(s, "", "/var/lib/containers/storage");
	err = err ?: take_storage(s, "", "/run/containers/storage");
	err = err ?: inside_users(s->root, take_users, s);
	snprintf(s->path, sizeof(s->path), "/run/runc");
	return err ?: each(s, take_runc);
}

static int show(struct search *s)
{
	struct known *k, *next;
	int err = 0;

	HASH_ITER(hh, s->known, k, next) {
		if (err)
			break;
		find_stored_pid(s, &k->is);
		look_at_process(s, &k->is);
		err = s->config->container(s->config->ctx, &k->is);
	}
	return err;
}

static void search_done(struct search *s)
{
	struct known *k, *next;

	HASH_ITER(hh, s->known, k, next) {
		HASH_DEL(s->known, k);
		container_done(&k->is);
		free(k);
	}
	buf_done(&s->text);
	if (s->root >= 0)
		close(s->root);
	free(s);
}

int containers_each(const struct containers_config *config)
{
	struct search *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->config = config;
	s->root = open(config->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = s->root < 0 ? -errno : find_all(s);
	err = err ?: show(s);
	search_done(s);
	return err;
}
