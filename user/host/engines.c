// SPDX-License-Identifier: BSD-2-Clause
#include "user/host/engines.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/caps/unitfile.h"
#include "user/host/container.h"
#include "user/host/engineapi.h"
#include "user/host/proc.h"
#include "user/host/status.h"
#include "user/host/units.h"
#include "user/host/whole.h"
#include "user/model/cgpath.h"
#include "user/model/cgtext.h"
#include "user/model/workload.h"

enum {
	ANCESTORS = 12,
	PLACES = 32,		/* of each kind that are kept */
	WORDS_MAX = 8192,	/* bytes of a command line */
	CGROUP_TEXT = 64 << 10,
	PID_TEXT = 32,
	STATE_MAX = 4 << 20,	/* bytes of an engine's file */
	TEXT_MAX = 1024,	/* of a name: what is longer is none */
};

/* The daemons are looked for so often at most, in pieces: each time all processes are looked at. */
#define LOOK_AGAIN_NS 500000000ULL

enum place_kind {
	PLACE_BUNDLES,	/* DIR/ID/config.json */
	PLACE_DOCKER,	/* DIR/containers/ID/config.v2.json */
	PLACE_STORAGE,	/* DIR/containers.json, and DIR/ID/userdata/config.json */
	PLACE_RUNTIMES,	/* DIR/ID/state.json of runc */
	PLACE_KINDS
};

struct place {
	char *dir;
	enum workload_engine engine;
};

struct engines {
	const char *proc;
	uint32_t hierarchy;
	uint64_t all;
	struct place places[PLACE_KINDS][PLACES];
	size_t count[PLACE_KINDS];
	DIR *walk;		/* through all processes, for daemons; NULL: none is under way */
	bool wanted;		/* one is to be begun */
	uint64_t looked;	/* when the last one ended; 0: none did */
	struct buf complaint;
	bool complained;
	struct engineapi *api;	/* borrowed; NULL: nobody may be asked */
};

/* One search. */
struct search {
	struct engines *c;
	const char *path;
	struct cgpath parsed;
	pid_t pid, ppid;
	struct workload *best;	/* owned: the outermost that is verified so far */
	size_t end;		/* so much of the path is its cgroup */
	struct workload *plain;	/* owned: of an engine of another user */
};

/* ---- files ----------------------------------------------------------------------------------------------------- */

static void complain(struct engines *c, const char *path, int err)
{
	if (c->complained)
		return;
	text_escape(&c->complaint, path, strlen(path));
	buf_printf(&c->complaint, ": %s", err == -EINVAL ? "not what an engine writes" : strerror(-err));
	c->complained = true;
}

/*
 * A regular file that is no link, whole. *ret_owner: whose it is, or -1 where others than that can write to it. 0 or
 * negative errno.
 */
static int read_file(const char *path, size_t max, struct buf *ret, uid_t *ret_owner)
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

/* An engine's file, with a complaint where it is there and cannot be read. */
static int read_state(struct engines *c, const char *path, struct buf *ret, uid_t *ret_owner)
{
	int err = read_file(path, STATE_MAX, ret, ret_owner);

	if (err && err != -ENOENT && err != -ENOTDIR)
		complain(c, path, err);
	return err;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* ---- places ---------------------------------------------------------------------------------------------------- */

static bool is_known(const struct engines *c, enum place_kind kind, const char *dir)
{
	for (size_t i = 0; i < c->count[kind]; i++)
		if (!strcmp(c->places[kind][i].dir, dir))
			return true;
	return false;
}

static void add_place(struct engines *c, enum place_kind kind, enum workload_engine engine, const char *dir)
{
	char *copy;

	if (*dir != '/' || c->count[kind] == PLACES || is_known(c, kind, dir) || !is_dir(dir))
		return;
	copy = strdup(dir);
	if (copy)
		c->places[kind][c->count[kind]++] = (struct place){ copy, engine };
}

/* DIR/<driver>-containers of containers/storage. */
static void add_storage(struct engines *c, const char *dir)
{
	static const char end[] = "-containers";
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t n = strlen(e->d_name), m = sizeof(end) - 1;
		char path[PATH_MAX];

		if (n > m && !strcmp(e->d_name + n - m, end) &&
		    snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < (int)sizeof(path))
			add_place(c, PLACE_STORAGE, ENGINE_PODMAN, path);
	}
	if (d)
		closedir(d);
}

static void add_usual(struct engines *c)
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
		add_place(c, usual[i].kind, usual[i].engine, usual[i].dir);
	add_storage(c, "/var/lib/containers/storage");
	add_storage(c, "/run/containers/storage");
}

/* ---- processes ------------------------------------------------------------------------------------------------- */

/* A process that looks after containers. */
struct keeper {
	pid_t pid;
	uid_t owner;		/* 0: root, in a mount namespace whose paths are ours */
	char words[WORDS_MAX + 2];
	size_t len;
};

static const char *next_word(const struct keeper *k, const char *word)
{
	word += strlen(word) + 1;
	return word < k->words + k->len ? word : NULL;
}

/* What stands behind a word, or behind it and '='; NULL: nothing. */
static const char *value_of(const struct keeper *k, const char *option)
{
	size_t n = strlen(option);

	for (const char *w = k->words; w; w = next_word(k, w)) {
		if (!strcmp(w, option))
			return next_word(k, w);
		if (!strncmp(w, option, n) && w[n] == '=')
			return w + n + 1;
	}
	return NULL;
}

/* conmon is told the words of another command one at a time, each behind this option. */
static const char *value_passed_on(const struct keeper *k, const char *option)
{
	for (const char *w = k->words; w; w = next_word(k, w)) {
		const char *between = strcmp(w, option) ? NULL : next_word(k, w);

		if (between && !strcmp(between, "--exit-command-arg"))
			return next_word(k, between);
	}
	return NULL;
}

static const char *program_name(const struct keeper *k)
{
	const char *slash = strrchr(k->words, '/');

	return slash ? slash + 1 : k->words;
}

static bool link_of(const struct engines *c, pid_t pid, const char *name, char to[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d/%s", c->proc, (int)pid, name);
	n = readlink(path, to, PATH_MAX - 1);
	if (n < 0)
		return false;
	to[n] = '\0';
	return true;
}

/* Paths that it speaks of are those that we open. */
static bool shares_our_files(const struct engines *c, pid_t pid)
{
	char theirs[PATH_MAX], ours[PATH_MAX];

	if (!link_of(c, pid, "ns/mnt", theirs))
		return false;
	return (link_of(c, proc_self(c->proc), "ns/mnt", ours) && !strcmp(theirs, ours)) ||
	       (link_of(c, 1, "ns/mnt", ours) && !strcmp(theirs, ours));
}

static int owner_of(const struct engines *c, pid_t pid, uid_t *ret)
{
	struct buf text = BUF_INIT;
	struct status status;
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%d/status", c->proc, (int)pid);
	err = status_read(AT_FDCWD, path, &text);
	err = err ?: status_parse(buf_str(&text), text.len, &status);
	if (!err)
		*ret = status.is.euid;
	buf_done(&text);
	return err;
}

static int read_keeper(const struct engines *c, pid_t pid, struct keeper *ret)
{
	int err = owner_of(c, pid, &ret->owner);

	err = err ?: proc_cmdline(c->proc, pid, ret->words, WORDS_MAX, &ret->len);
	if (err)
		return err;
	if (!ret->len)
		return -ENOENT;
	ret->words[ret->len] = ret->words[ret->len + 1] = '\0';
	ret->pid = pid;
	return 0;
}

/* ---- does it fit? ---------------------------------------------------------------------------------------------- */

/* Is cgroup the path itself, or above it? Then *ret_end is where it ends in the path. */
static bool is_on_path(const struct search *s, const char *cgroup, size_t *ret_end)
{
	size_t n = strlen(cgroup);

	if (n < 2 || strncmp(s->path, cgroup, n) || (s->path[n] && s->path[n] != '/'))
		return false;
	*ret_end = n;
	return true;
}

/* The same of the cgroup that a process is in now. */
static bool process_is_on_path(const struct search *s, pid_t pid, size_t *ret_end)
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
		is = cgroup && is_on_path(s, cgroup, ret_end);
	}
	if (fd >= 0)
		close(fd);
	free(cgroup);
	buf_done(&text);
	return is;
}

static const struct cgpath_level *level_of(const struct search *s, const char *id)
{
	for (size_t i = 0; i < s->parsed.levels; i++)
		if (!strcmp(s->parsed.level[i].id, id))
			return &s->parsed.level[i];
	return NULL;
}

/* A first process may have moved further in: the level of the path that is called like it counts. */
static bool init_confirms(const struct search *s, const char *bundle, const char *id, size_t *ret_end)
{
	const struct cgpath_level *level = level_of(s, id);
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	bool confirms = false;
	uid_t owner;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/init.pid", bundle);
	if (!read_file(path, PID_TEXT, &text, &owner) && !owner) {
		pid = (pid_t)strtol(buf_str(&text), NULL, 10);
		confirms = pid > 1 && process_is_on_path(s, pid, ret_end) && (!level || *ret_end >= level->end);
		if (confirms && level)
			*ret_end = level->end;
	}
	buf_done(&text);
	return confirms;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* A container's id as the name of a file: nothing that leads elsewhere. */
static bool is_file_name(const char *id)
{
	return *id && *id != '.' && !strchr(id, '/');
}

static int put(struct workload *w, enum workload_text which, const char *text)
{
	return text && *text && strlen(text) <= TEXT_MAX ? workload_set(w, which, text, strlen(text)) : 0;
}

/* What a file said; the pod's uid of the path is the better one, for static pods are called after a hash. */
static int take(struct workload *w, const struct container *found)
{
	int err = put(w, WORKLOAD_NAME, found->name);

	err = err ?: put(w, WORKLOAD_IMAGE, found->image);
	err = err ?: put(w, WORKLOAD_IMAGE_ID, found->image_id);
	err = err ?: put(w, WORKLOAD_PROJECT, found->project);
	err = err ?: put(w, WORKLOAD_SERVICE, found->service);
	err = err ?: put(w, WORKLOAD_POD_NAMESPACE, found->pod_namespace);
	err = err ?: put(w, WORKLOAD_POD_NAME, found->pod);
	err = err ?: put(w, WORKLOAD_POD_CONTAINER, found->pod_container);
	if (!err && !w->text[WORKLOAD_POD_UID])
		err = put(w, WORKLOAD_POD_UID, found->pod_uid);
	if (found->engine && (found->engine != ENGINE_CONTAINERD || w->engine != ENGINE_DOCKER))
		w->engine = found->engine;
	if (found->granted.source)
		w->granted = found->granted;
	if (w->text[WORKLOAD_POD_NAME])
		w->kind = WORKLOAD_POD;
	w->flags |= (found->sandbox ? WORKLOAD_SANDBOX : 0) | (found->privileged_known ? WORKLOAD_PRIVILEGED_KNOWN : 0) |
		    (found->privileged_known && found->privileged ? WORKLOAD_PRIVILEGED : 0);
	return err;
}

/* Both files of docker; the second one only tells what was granted. False: it does not know such a container. */
static bool read_docker(struct engines *c, const char *dir, const char *id, struct container *ret)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	uid_t owner;
	int err;

	snprintf(path, sizeof(path), "%s/containers/%s/config.v2.json", dir, id);
	err = read_state(c, path, &text, &owner);
	if (!err && !owner) {
		err = container_read_docker(text.data, text.len, ret);
		if (err)
			complain(c, path, err);
	}
	snprintf(path, sizeof(path), "%s/containers/%s/hostconfig.json", dir, id);
	if (!err && !owner && !read_file(path, STATE_MAX, &text, &owner) && !owner)
		container_read_docker_host(text.data, text.len, c->all, ret);
	buf_done(&text);
	return !err && ret->name;
}

static void name_from_docker(struct search *s, struct workload *w, pid_t *ret_pid)
{
	const struct workload_granted granted = w->granted;
	struct engines *c = s->c;

	*ret_pid = 0;
	for (size_t i = 0; i < c->count[PLACE_DOCKER] && !w->text[WORKLOAD_NAME]; i++) {
		struct container found = { 0 };

		if (read_docker(c, c->places[PLACE_DOCKER][i].dir, w->text[WORKLOAD_ID], &found) && !take(w, &found)) {
			w->engine = ENGINE_DOCKER;
			*ret_pid = found.pid;
		}
		container_done(&found);
	}
	/* The bundle is what was done, and not what was asked for. */
	if (granted.source)
		w->granted = granted;
}

static int take_stored(void *ctx, struct container *from)
{
	struct workload *w = ctx;
	bool is = from->id && !strcmp(from->id, w->text[WORKLOAD_ID]);

	if (is) {
		from->engine = ENGINE_NONE;
		take(w, from);
	}
	container_done(from);
	return is;
}

static bool name_from_storage(struct search *s, struct workload *w, const char *dir, uid_t whose)
{
	static const char *const files[] = { "containers.json", "volatile-containers.json" };
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	uid_t owner;
	int found = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && found != 1; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		if (read_state(s->c, path, &text, &owner) || owner != whose)
			continue;
		found = container_read_podman(text.data, text.len, take_stored, w);
		if (found < 0)
			complain(s->c, path, found);
	}
	buf_done(&text);
	return found == 1;
}

static void name_it(struct search *s, struct workload *w, uid_t whose)
{
	struct engines *c = s->c;
	pid_t pid;

	if (!is_file_name(w->text[WORKLOAD_ID]))
		return;
	if ((w->engine == ENGINE_DOCKER || w->engine == ENGINE_NONE) && !whose)
		name_from_docker(s, w, &pid);
	for (size_t i = 0; w->engine == ENGINE_PODMAN && i < c->count[PLACE_STORAGE] && !w->text[WORKLOAD_IMAGE]; i++)
		name_from_storage(s, w, c->places[PLACE_STORAGE][i].dir, whose);
}

static bool is_done(const struct search *s)
{
	return s->best && s->best->text[WORKLOAD_NAME] && s->best->text[WORKLOAD_IMAGE];
}

/* ---- candidates ------------------------------------------------------------------------------------------------ */

/* One that works for another engine, mostly: that is the one to be told. */
static bool is_runtime(uint32_t engine)
{
	return engine == ENGINE_NONE || engine == ENGINE_RUNC || engine == ENGINE_CRUN;
}

static struct workload *make(const struct search *s, const char *id, enum workload_engine engine)
{
	struct workload *w = cgpath_workload(s->path, 0, CGPATH_LEVELS);
	const struct cgpath_level *level = level_of(s, id);

	if (!w)
		return NULL;
	w->kind = level ? level->kind : WORKLOAD_CONTAINER;
	w->engine = engine;
	if (level && level->engine && is_runtime(engine))
		w->engine = level->engine;
	w->flags &= ~(uint32_t)WORKLOAD_OWNER_KNOWN;
	workload_set(w, WORKLOAD_POD_UID, NULL, 0);
	if (level && level->pod_uid.len) {
		workload_set(w, WORKLOAD_POD_UID, level->pod_uid.at, level->pod_uid.len);
		for (char *at = w->text[WORKLOAD_POD_UID]; at && *at; at++)
			*at = *at == '_' ? '-' : *at;
	}
	if (workload_set(w, WORKLOAD_ID, id, strlen(id)) || workload_set(w, WORKLOAD_INNER, NULL, 0)) {
		workload_unref(w);
		return NULL;
	}
	return w;
}

/* Takes w: it is what was looked for, so far. */
static void accept(struct search *s, struct workload *w, size_t end)
{
	if (s->path[end])
		workload_set(w, WORKLOAD_INNER, s->path + end, strlen(s->path + end));
	w->flags |= WORKLOAD_VERIFIED | WORKLOAD_RESOLVED;
	workload_unref(s->best);
	s->best = w;
	s->end = end;
}

/* Takes w, of an engine that another user than root runs: told, but no proof. */
static void accept_others(struct search *s, struct workload *w, uid_t owner, size_t end)
{
	if (s->path[end])
		workload_set(w, WORKLOAD_INNER, s->path + end, strlen(s->path + end));
	w->owner = owner;
	w->flags |= WORKLOAD_OWNER_KNOWN | WORKLOAD_RESOLVED;
	workload_unref(s->plain);
	s->plain = w;
}

/* Are the names of a cgroup below user@UID.service that user's own? */
static bool is_users(const struct search *s, uid_t owner)
{
	return s->parsed.has_user && s->parsed.user == owner;
}

/* A user's own systemd puts it below its own cgroup, and the bundle does not know where that is. */
static bool ends_on_path(const struct search *s, const char *cgroup, const char *id, size_t *ret_end)
{
	const struct cgpath_level *level = level_of(s, id);
	const char *name = strrchr(cgroup, '/');
	size_t n = name ? strlen(name) : 0;

	if (!level || !n || n > level->end || strncmp(s->path + level->end - n, name, n))
		return false;
	*ret_end = level->end;
	return true;
}

static bool confirms(const struct search *s, const char *bundle, const char *cgroup, const char *id, uid_t owner,
		     size_t *ret_end)
{
	if (owner)
		return cgroup && is_users(s, owner) &&
		       (is_on_path(s, cgroup, ret_end) || ends_on_path(s, cgroup, id, ret_end));
	return (cgroup && is_on_path(s, cgroup, ret_end)) || init_confirms(s, bundle, id, ret_end);
}

/* Further out than what was found, or perhaps with the name that the runtime below it does not have. */
static bool is_better(const struct search *s, size_t end)
{
	return !s->best || end < s->end || (end == s->end && !s->best->text[WORKLOAD_NAME]);
}

/* Takes w. */
static void name_and_accept(struct search *s, struct workload *w, uid_t owner, size_t end, const char *storage)
{
	if (storage)
		name_from_storage(s, w, storage, owner);
	if (!w->text[WORKLOAD_NAME] || !w->text[WORKLOAD_IMAGE])
		name_it(s, w, owner);
	if (owner)
		accept_others(s, w, owner, end);
	else
		accept(s, w, end);
}

/*
 * The bundle in this directory, which its engine, run by `owner`, says to be that of container id. True where it is that of
 * our path.
 */
static bool try_bundle(struct search *s, const char *dir, const char *id, enum workload_engine engine, uid_t owner,
		       const char *storage)
{
	struct container found = { 0 };
	struct buf text = BUF_INIT;
	char path[PATH_MAX], *cgroup = NULL;
	struct workload *w = NULL;
	bool fits = false;
	uid_t whose;
	size_t end;
	int err;

	snprintf(path, sizeof(path), "%s/config.json", dir);
	err = read_state(s->c, path, &text, &whose);
	if (!err && whose == owner) {
		err = container_read_oci(text.data, text.len, s->c->all, &found);
		if (err)
			complain(s->c, path, err);
		if (!err && found.cgroup)
			err = cgpath_of_runtime(found.cgroup, &cgroup);
		fits = !err && confirms(s, dir, cgroup, id, owner, &end) && is_better(s, end);
	}
	if (fits)
		w = make(s, id, engine);
	fits = w && !take(w, &found);
	if (fits)
		name_and_accept(s, w, owner, end, storage);
	else
		workload_unref(w);
	free(cgroup);
	container_done(&found);
	buf_done(&text);
	return fits;
}

static void parent_of(const char *dir, unsigned int up, char to[PATH_MAX])
{
	snprintf(to, PATH_MAX, "%s", dir);
	while (up--) {
		char *slash = strrchr(to, '/');

		if (slash && slash != to)
			*slash = '\0';
	}
}

/* containerd-shim-runc-v2 -namespace NS -id ID; in the bundle, or beside it where one serves a whole pod. */
static void try_shim(struct search *s, const struct keeper *k)
{
	const char *space = value_of(k, "-namespace"), *id = value_of(k, "-id");
	enum workload_engine engine = ENGINE_CONTAINERD;
	char dir[PATH_MAX], above[PATH_MAX], beside[PATH_MAX];
	bool fits = false;

	if (!id || !is_file_name(id) || !link_of(s->c, k->pid, "cwd", dir))
		return;
	if (space && !strcmp(space, "moby"))
		engine = ENGINE_DOCKER;
	parent_of(dir, 1, above);
	for (size_t i = 0; i < s->parsed.levels; i++) {
		const char *other = s->parsed.level[i].id;

		if (strcmp(other, id) && is_file_name(other) &&
		    snprintf(beside, sizeof(beside), "%s/%s", above, other) < (int)sizeof(beside))
			fits |= try_bundle(s, beside, other, engine, k->owner, NULL);
	}
	fits |= try_bundle(s, dir, id, engine, k->owner, NULL);
	/* Only what was right once: a command line is anybody's to write. */
	if (fits && !k->owner)
		add_place(s->c, PLACE_BUNDLES, engine, above);
}

/* conmon -c ID -b BUNDLE -n NAME; podman's bundle is STORAGE/ID/userdata. */
static void try_conmon(struct search *s, const struct keeper *k)
{
	const char *id = value_of(k, "-c"), *dir = value_of(k, "-b"), *root = value_passed_on(k, "--runroot");
	char storage[PATH_MAX];

	if (!id || !dir || *dir != '/' || !is_file_name(id))
		return;
	parent_of(dir, 2, storage);
	if (!try_bundle(s, dir, id, ENGINE_PODMAN, k->owner, storage) || k->owner)
		return;
	add_place(s->c, PLACE_STORAGE, ENGINE_PODMAN, storage);
	if (root)
		add_storage(s->c, root);
	/* What --rm leaves of it stands below the other root. */
	if (s->best && !s->best->text[WORKLOAD_NAME])
		name_it(s, s->best, 0);
	if (s->best && !s->best->text[WORKLOAD_NAME])
		put(s->best, WORKLOAD_NAME, value_of(k, "-n"));
}

/* runc [--root DIR] run|create [-b BUNDLE] ID */
static void try_runtime(struct search *s, const struct keeper *k, enum workload_engine engine)
{
	const char *dir = value_of(k, "-b") ?: value_of(k, "--bundle"), *id = NULL;
	const char *root = value_of(k, "--root");
	char cwd[PATH_MAX];
	bool starts = false;

	for (const char *w = k->words; w; w = next_word(k, w)) {
		starts |= !strcmp(w, "run") || !strcmp(w, "create");
		id = w;
	}
	if (!starts || !id || !is_file_name(id))
		return;
	if (!dir && !link_of(s->c, k->pid, "cwd", cwd))
		return;
	if (try_bundle(s, dir ?: cwd, id, engine, k->owner, NULL) && !k->owner && root && engine == ENGINE_RUNC)
		add_place(s->c, PLACE_RUNTIMES, engine, root);
}

static void try_keeper(struct search *s, struct keeper *k)
{
	const char *name = program_name(k);
	bool shim = !strncmp(name, "containerd-shim", strlen("containerd-shim"));
	bool conmon = !strcmp(name, "conmon"), runc = !strcmp(name, "runc"), crun = !strcmp(name, "crun");

	if (!shim && !conmon && !runc && !crun)
		return;
	/* Root of a container is root too: it does not get its word in here, and nobody's files are taken for another's. */
	if (!k->owner && !shares_our_files(s->c, k->pid))
		return;
	if (shim)
		try_shim(s, k);
	else if (conmon)
		try_conmon(s, k);
	else
		try_runtime(s, k, runc ? ENGINE_RUNC : ENGINE_CRUN);
}

/*
 * By its thread's name, which costs nothing: the words of a command line are the process's own memory, and reading that can
 * take as long as the process likes.
 */
static bool may_be_keeper(const struct proc_stat *p)
{
	static const char *const names[] = { "containerd-shim", "conmon", "runc", "crun" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(p->comm, names[i], strlen(names[i])))
			return true;
	return false;
}

/* From the process outwards, or from its parent where it is gone: what looks after a container is above all in it. */
static void try_ancestors(struct search *s)
{
	struct keeper *k = malloc(sizeof(*k));
	pid_t pid = s->pid;

	for (int i = 0; k && i < ANCESTORS && pid > 1; i++) {
		struct proc_stat p;

		if (proc_stat(s->c->proc, pid, &p)) {
			pid = i ? 0 : s->ppid;
			continue;
		}
		if (may_be_keeper(&p) && !read_keeper(s->c, pid, k))
			try_keeper(s, k);
		pid = p.ppid;
	}
	free(k);
}

/* ---- by id ----------------------------------------------------------------------------------------------------- */

static void try_bundles(struct search *s, const char *id)
{
	struct engines *c = s->c;
	char dir[PATH_MAX];

	for (size_t i = 0; i < c->count[PLACE_BUNDLES]; i++)
		if (snprintf(dir, sizeof(dir), "%s/%s", c->places[PLACE_BUNDLES][i].dir, id) < (int)sizeof(dir))
			try_bundle(s, dir, id, c->places[PLACE_BUNDLES][i].engine, 0, NULL);
	for (size_t i = 0; i < c->count[PLACE_STORAGE]; i++) {
		const char *storage = c->places[PLACE_STORAGE][i].dir;

		if (snprintf(dir, sizeof(dir), "%s/%s/userdata", storage, id) < (int)sizeof(dir))
			try_bundle(s, dir, id, ENGINE_PODMAN, 0, storage);
	}
}

/* Of one that was started by hand and left alone the runtime knows where its bundle is. */
static void try_runtimes(struct search *s, const char *id)
{
	struct engines *c = s->c;
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	uid_t owner;

	for (size_t i = 0; i < c->count[PLACE_RUNTIMES]; i++) {
		struct container found = { 0 };
		int err = -ENAMETOOLONG;

		if (snprintf(path, sizeof(path), "%s/%s/state.json", c->places[PLACE_RUNTIMES][i].dir, id) < (int)sizeof(path))
			err = read_state(c, path, &text, &owner);
		if (!err && !owner) {
			err = container_read_runc(text.data, text.len, &found);
			if (err)
				complain(c, path, err);
			if (!err && found.id && found.bundle && !strcmp(found.id, id))
				try_bundle(s, found.bundle, id, ENGINE_RUNC, 0, NULL);
		}
		container_done(&found);
	}
	buf_done(&text);
}

/* A path that says nothing of containers ends with the id of one, where a runtime was told no other name. */
static void try_last_name(struct search *s)
{
	const char *slash = strrchr(s->path, '/');

	if (!s->best && !s->parsed.levels && slash && is_file_name(slash + 1))
		try_runtimes(s, slash + 1);
}

/* Docker's state outlives the bundle; its first process may confirm it. */
static void try_docker(struct search *s, const struct cgpath_level *level)
{
	struct workload *w = make(s, level->id, ENGINE_DOCKER);
	pid_t pid = 0;
	size_t end;

	if (!w)
		return;
	name_from_docker(s, w, &pid);
	if (pid && process_is_on_path(s, pid, &end) && end >= level->end && !(s->best && s->end <= level->end))
		accept(s, w, level->end);
	else
		workload_unref(w);
}

static void try_levels(struct search *s)
{
	for (size_t i = 0; i < s->parsed.levels; i++) {
		const struct cgpath_level *level = &s->parsed.level[i];

		if (s->best && s->end <= level->end)
			break;
		if (!is_file_name(level->id))
			continue;
		try_bundles(s, level->id);
		try_runtimes(s, level->id);
		if (!s->best && (level->engine == ENGINE_DOCKER || level->engine == ENGINE_NONE))
			try_docker(s, level);
	}
}

/* ---- daemons --------------------------------------------------------------------------------------------------- */

static void take_dockerd(struct engines *c, const struct keeper *k)
{
	const char *data = value_of(k, "--data-root") ?: value_of(k, "-g"), *exec = value_of(k, "--exec-root");
	char dir[PATH_MAX];

	if (data)
		add_place(c, PLACE_DOCKER, ENGINE_DOCKER, data);
	if (exec && snprintf(dir, sizeof(dir), "%s/containerd/daemon/io.containerd.runtime.v2.task/moby", exec) <
			    (int)sizeof(dir))
		add_place(c, PLACE_BUNDLES, ENGINE_DOCKER, dir);
}

static void look_at_process(struct engines *c, pid_t pid)
{
	struct proc_stat p;
	struct keeper *k;

	if (proc_stat(c->proc, pid, &p) || strcmp(p.comm, "dockerd"))
		return;
	k = malloc(sizeof(*k));
	if (k && !read_keeper(c, pid, k) && !k->owner && shares_our_files(c, pid))
		take_dockerd(c, k);
	free(k);
}

/* A daemon may have started since they were looked for last: then somebody is to go and see. */
static void want_daemons(struct engines *c)
{
	if (!c->walk && (!c->looked || clock_ns(CLOCK_MONOTONIC) - c->looked >= LOOK_AGAIN_NS))
		c->wanted = true;
}

static void end_walk(struct engines *c)
{
	if (c->walk)
		closedir(c->walk);
	c->walk = NULL;
	c->wanted = false;
	c->looked = clock_ns(CLOCK_MONOTONIC);
}

static void begin_walk(struct engines *c)
{
	add_usual(c);
	c->wanted = false;
	c->walk = opendir(c->proc);
	if (!c->walk)
		end_walk(c);
}

bool engines_go_on(struct engines *c, uint64_t until_ns)
{
	bool over;

	if (!engines_has_more(c))
		return false;
	if (!c->walk)
		begin_walk(c);
	over = !c->walk;
	/* One at least: to begin may have taken all of the time. */
	while (!over) {
		const struct dirent *e = readdir(c->walk);

		over = !e;
		if (e && *e->d_name >= '1' && *e->d_name <= '9')
			look_at_process(c, (pid_t)strtol(e->d_name, NULL, 10));
		if (clock_ns(CLOCK_MONOTONIC) >= until_ns)
			break;
	}
	if (over)
		end_walk(c);
	return over;
}

bool engines_has_more(const struct engines *c)
{
	return c->walk || c->wanted;
}

/* ---- over the socket -------------------------------------------------------------------------------------------- */

static bool may_be_known(uint32_t engine)
{
	return engine == ENGINE_DOCKER || engine == ENGINE_PODMAN || engine == ENGINE_NONE;
}

static int ask_api(struct engines *c, const char *id, struct container *ret)
{
	int err = engineapi_ask(c->api, id, c->all, ret);

	if (err && err != -ENOENT && err != -EAGAIN)
		complain(c, engineapi_path(c->api), err);
	return err;
}

/* Podman grants other capabilities than docker where nothing is asked for, and there only the bundle tells. */
static void take_answer(struct workload *w, struct container *found)
{
	const struct workload_granted granted = w->granted;

	if (w->engine == ENGINE_PODMAN)
		found->granted.source = GRANTED_UNKNOWN;
	found->engine = w->engine == ENGINE_NONE ? ENGINE_DOCKER : ENGINE_NONE;
	take(w, found);
	if (granted.source)
		w->granted = granted;
}

/* Who was found by its bundle has no name yet. */
static void name_from_api(struct search *s)
{
	struct container found = { 0 };

	if (may_be_known(s->best->engine) && !engineapi_owner(s->c->api) &&
	    !ask_api(s->c, s->best->text[WORKLOAD_ID], &found))
		take_answer(s->best, &found);
	container_done(&found);
}

/* Takes w. As of a bundle: root's engine confirms it by its first process, any other user's is told and no proof. */
static void accept_answer(struct search *s, const struct cgpath_level *level, struct workload *w, pid_t pid)
{
	uid_t owner = engineapi_owner(s->c->api);
	size_t end;

	if (!pid || !process_is_on_path(s, pid, &end) || end < level->end || (owner && !is_users(s, owner)))
		workload_unref(w);
	else if (owner)
		accept_others(s, w, owner, level->end);
	else
		accept(s, w, level->end);
}

static void find_by_api(struct search *s)
{
	for (size_t i = 0; i < s->parsed.levels && !s->best && !s->plain; i++) {
		const struct cgpath_level *level = &s->parsed.level[i];
		struct container found = { 0 };
		struct workload *w = NULL;

		if (may_be_known(level->engine) && !ask_api(s->c, level->id, &found))
			w = make(s, level->id, level->engine);
		if (w) {
			take_answer(w, &found);
			accept_answer(s, level, w, found.pid);
		}
		container_done(&found);
	}
}

/* The last of all sources, and only where a person named it. */
static void try_api(struct search *s)
{
	if (!s->c->api || is_done(s) || engines_has_more(s->c))
		return;
	if (s->best)
		name_from_api(s);
	else
		find_by_api(s);
}

void engines_use_api(struct engines *c, struct engineapi *api)
{
	c->api = api;
}

/* ---- units ------------------------------------------------------------------------------------------------------ */

struct granting {
	struct engines *c;
	struct workload *to;
};

static int take_unit(void *ctx, const struct units_unit *u)
{
	const struct granting *g = ctx;
	struct unitfile_grant is = unitfile_granted(u->says, g->c->all, true);

	g->to->granted = (struct workload_granted){
		.source = GRANTED_UNIT,
		.bounding = is.bounding,
		.effective = is.effective,
		.permitted = is.effective,
		.ambient = is.ambient,
	};
	if (*is.filter)
		snprintf(g->to->granted.filter, sizeof(g->to->granted.filter), "SystemCallFilter=%s", is.filter);
	return 0;
}

static void bad_unit(void *ctx, const char *path, int err)
{
	const struct granting *g = ctx;

	if (err != -ENOENT && err != -ENOTDIR && err != -E2BIG)
		complain(g->c, path, err);
}

/* What its files say that it is started with. A user's own systemd has nothing to grant that is in a file. */
static void grant_unit(struct engines *c, struct workload *w)
{
	struct granting g = { c, w };
	const struct units_config config = {
		.root = "/", .ctx = &g, .unit = take_unit, .trouble = bad_unit, .only = w->text[WORKLOAD_UNIT_NAME],
	};

	if (w->kind == WORKLOAD_UNIT && config.only)
		units_each(&config);
}

/* ---- the search ------------------------------------------------------------------------------------------------ */

static void search(struct search *s)
{
	try_ancestors(s);
	if (!is_done(s))
		try_levels(s);
	try_last_name(s);
	if (is_done(s) || !s->parsed.levels)
		return;
	want_daemons(s->c);
	try_api(s);
}

/* Docker and podman know every container of theirs by a name, and a daemon that does may yet be found. */
static bool may_be_found(const struct engines *c, const struct workload *w)
{
	if (w->text[WORKLOAD_NAME] && w->text[WORKLOAD_IMAGE])
		return false;
	return may_be_known(w->engine) && (w->engine != ENGINE_NONE || engines_has_more(c));
}

int engines_find(struct engines *c, const char *path, uint64_t cgroup_id, pid_t pid, pid_t ppid,
		 struct workload **ret)
{
	struct search s = { .c = c, .path = path, .pid = pid, .ppid = ppid };
	struct workload *w;

	cgpath_parse(path, &s.parsed);
	if (!s.parsed.truncated)
		search(&s);
	w = s.best ?: s.plain;
	if (s.best)
		workload_unref(s.plain);
	if (!w)
		w = cgpath_workload(path, cgroup_id, CGPATH_LEVELS);
	if (!w)
		return -ENOMEM;
	w->cgroup_id = cgroup_id;
	grant_unit(c, w);
	if (!workload_is_container(w))
		w->flags |= WORKLOAD_RESOLVED;
	else if (may_be_found(c, w))
		w->flags &= ~(uint32_t)WORKLOAD_RESOLVED;
	*ret = w;
	return 0;
}

void engines_complaint(struct engines *c, struct buf *ret)
{
	buf_put(ret, c->complaint.data, c->complaint.len);
	buf_clear(&c->complaint);
}

struct engines *engines_new(const char *proc, uint32_t hierarchy, uint64_t all)
{
	struct engines *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->proc = proc;
	c->hierarchy = hierarchy;
	c->all = all;
	want_daemons(c);
	return c;
}

void engines_free(struct engines *c)
{
	if (!c)
		return;
	for (int kind = 0; kind < PLACE_KINDS; kind++)
		for (size_t i = 0; i < c->count[kind]; i++)
			free(c->places[kind][i].dir);
	if (c->walk)
		closedir(c->walk);
	buf_done(&c->complaint);
	free(c);
}
