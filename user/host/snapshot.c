/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/event.h"
#include "user/base/buf.h"
#include "user/caps/holder.h"
#include "user/host/fscaps.h"
#include "user/host/mounts.h"
#include "user/host/nsfile.h"
#include "user/host/proc.h"
#include "user/host/status.h"
#include "user/host/terminal.h"

#define LOOKS	   3   /* at a process that executes one program after the other */
#define FILE_SLOTS 256 /* a power of two; most processes run one of few files */

_Static_assert(HOLDER_NAME == STATUS_NAME, "one is copied to the other");

/* What an executable carries, so that it is asked once for all processes that run it. */
struct file {
	uint64_t dev, ino;
	enum privfile_caps has_caps;
	struct filecaps caps;
};

struct snapshot {
	const struct snapshot_config *config;
	struct holders *list;
	struct snapshot_counts counts;
	pid_t self;
	bool cgroup2;	/* is in use */
	struct buf text;
	struct file files[FILE_SLOTS];
};

/* Nothing to wonder at: it ended while it was looked at. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

/* All that the kernel told of it at the time when it told of everybody. */
static void take_held(const struct event_creds *e, struct holder *h)
{
	struct credentials *c = &h->is;

	c->uid = e->uid;
	c->euid = e->euid;
	c->suid = e->suid;
	c->gid = e->gid;
	c->egid = e->egid;
	c->sgid = e->sgid;
	c->effective = e->effective;
	c->permitted = e->permitted;
	c->inheritable = e->inheritable;
	c->bounding = e->bounding;
	c->ambient = e->ambient;
	c->no_new_privs = e->no_new_privs;
	c->securebits = e->securebits;
	h->securebits_known = true;
	h->userns = e->userns;
}

static int read_task(struct snapshot *s, int dir, const char *path, struct holder *ret)
{
	const struct event_task *held;
	struct status status;
	int err = status_read(dir, path, &s->text);

	if (!err)
		err = status_parse(buf_str(&s->text), s->text.len, &status);
	if (err)
		return err;
	*ret = (struct holder){
		.pid = status.tgid,
		.ppid = status.ppid,
		.tid = status.pid,
		.state = status.state,
		.kernel = status.kernel,
		.threads = status.threads,
		.seccomp = status.seccomp,
		.is = status.is,
	};
	memcpy(ret->comm, status.name, sizeof(ret->comm));
	if (ret->tid == s->self) {
		ret->is.securebits = (uint32_t)prctl(PR_GET_SECUREBITS);
		ret->securebits_known = true;
	}
	held = s->config->held ? s->config->held(s->config->ctx, ret->tid) : NULL;
	if (held && held->tgid == (uint32_t)ret->pid)
		take_held(&held->creds, ret);
	return 0;
}

static void look_at_file(int dir, const struct stat *st, struct file *ret)
{
	int fd = openat(dir, "exe", O_PATH | O_CLOEXEC), err = fd < 0 ? -errno : fscaps_read(fd, &ret->caps);

	ret->dev = st->st_dev;
	ret->ino = st->st_ino;
	ret->has_caps = !err				       ? PRIVFILE_CAPS_KNOWN
			: err == -ENODATA || err == -EOPNOTSUPP ? PRIVFILE_CAPS_NONE
								: PRIVFILE_CAPS_HIDDEN;
	if (fd >= 0)
		close(fd);
}

static void take_file(struct snapshot *s, int dir, const struct stat *st, struct holder *h)
{
	struct file *file = &s->files[(st->st_ino ^ st->st_dev) & (FILE_SLOTS - 1)];

	if (file->dev != st->st_dev || file->ino != st->st_ino)
		look_at_file(dir, st, file);
	h->file_known = true;
	h->file_mode = st->st_mode & 07777;
	h->file_uid = st->st_uid;
	h->file_has_caps = file->has_caps;
	h->file_caps = file->caps;
}

/* Its path, or NULL where that cannot be told. */
static char *read_exe(int dir)
{
	char path[PATH_MAX + sizeof(" (deleted)")];
	ssize_t n = readlinkat(dir, "exe", path, sizeof(path));

	return n > 0 ? strndup(path, (size_t)n) : NULL;
}

/* Of the version 2 hierarchy; where that is not in use, everybody is at its root, which says nothing. */
static char *read_cgroup(struct snapshot *s, int dir)
{
	char *line, *next;

	if (!s->cgroup2 || status_read(dir, "cgroup", &s->text))
		return NULL;
	buf_str(&s->text);
	for (line = s->text.data; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, "0::/", 4))
			return strdup(line + 3);
	}
	return NULL;
}

/* Words, blanks between them. */
static char *read_cmdline(struct snapshot *s, int dir)
{
	size_t n;
	char *text;

	if (status_read(dir, "cmdline", &s->text))
		return NULL;
	n = s->text.len;
	while (n && !s->text.data[n - 1])
		n--;
	text = malloc(n + 1);
	for (size_t i = 0; text && i < n; i++)
		text[i] = s->text.data[i] ? s->text.data[i] : ' ';
	if (text)
		text[n] = '\0';
	return text;
}

static char *read_terminal(struct snapshot *s, int dir)
{
	char *name = NULL;

	if (status_read(dir, "stat", &s->text) || terminal_of_stat(buf_str(&s->text), s->text.len, &name))
		return NULL;
	return name;
}

static void look_closer(struct snapshot *s, int dir, const struct stat *exe, struct holder *h)
{
	struct stat userns;

	h->looked_closer = true;
	h->exe = h->kernel ? NULL : read_exe(dir);
	h->cgroup = read_cgroup(s, dir);
	if (s->config->cmdlines && !h->kernel)
		h->cmdline = read_cmdline(s, dir);
	if (s->config->terminals)
		h->tty = read_terminal(s, dir);
	if (!h->userns && !nsfile_stat(dir, "ns/user", &userns))
		h->userns = (uint32_t)userns.st_ino;
	if (exe->st_ino)
		take_file(s, dir, exe, h);
}

/* Which file it runs; all zero where it runs none, or that cannot be told. */
static struct stat stat_exe(int dir)
{
	struct stat st = { 0 };

	if (fstatat(dir, "exe", &st, 0))
		return (struct stat){ 0 };
	return st;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int read_process(struct snapshot *s, int dir, struct holder *ret)
{
	struct holder h;

	for (int look = 1;; look++) {
		struct stat before = stat_exe(dir), after;
		int err = read_task(s, dir, "status", &h);

		if (err)
			return err;
		if (!s->config->closer(s->config->ctx, &h))
			break;
		look_closer(s, dir, &before, &h);
		after = stat_exe(dir);
		if (same_file(&before, &after) || look == LOOKS)
			break;
		holder_done(&h);
	}
	*ret = h;
	return 0;
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

/* A thread has these from its process: they cannot differ, but for the cgroup, of which threads rarely have their own. */
static void take_after(struct holder *thread, const struct holder *first)
{
	thread->looked_closer = true;
	thread->exe = copy(first->exe);
	thread->cgroup = copy(first->cgroup);
	thread->cmdline = copy(first->cmdline);
	thread->tty = copy(first->tty);
	thread->userns = first->userns;
	thread->file_known = first->file_known;
	thread->file_mode = first->file_mode;
	thread->file_uid = first->file_uid;
	thread->file_has_caps = first->file_has_caps;
	thread->file_caps = first->file_caps;
}

/* Both again: the process may have changed itself as a whole between the first look at one and at the other. */
static int look_again(struct snapshot *s, int dir, const char *path, struct holder *first,
		      struct holder *thread)
{
	struct holder again;
	int err = read_task(s, dir, "status", &again);

	if (!err)
		err = read_task(s, dir, path, thread);
	if (err)
		return err;
	first->is = again.is;
	thread->differs = holder_compare(thread, first);
	return 0;
}

static int take_thread(struct snapshot *s, int dir, pid_t tid, struct holder *first)
{
	char path[sizeof("task//status") + 3 * sizeof(tid)];
	struct holder thread;
	int err;

	snprintf(path, sizeof(path), "task/%d/status", (int)tid);
	err = read_task(s, dir, path, &thread);
	if (!err && holder_compare(&thread, first))
		err = look_again(s, dir, path, first, &thread);
	if (err)
		return err == -ENOMEM ? err : 0;
	s->counts.threads++;
	if (!thread.differs && !strcmp(thread.comm, first->comm))
		return 0;
	if (s->config->closer(s->config->ctx, &thread)) {
		struct stat exe = stat_exe(dir);

		if (first->looked_closer)
			take_after(&thread, first);
		else
			look_closer(s, dir, &exe, &thread);
	}
	return holders_put(s->list, &thread);
}

/* Calls fn for each entry of a directory whose name is a number; takes over fd. */
static int each_number(int fd, int (*fn)(struct snapshot *s, int dir, pid_t pid, struct holder *first),
		       struct snapshot *s, int dir, struct holder *first)
{
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int err = 0;

	if (!listing) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (entry = readdir(listing))) {
		pid_t pid = proc_pid_of_name(entry->d_name);

		if (pid)
			err = fn(s, dir, pid, first);
	}
	closedir(listing);
	return err;
}

static int open_directory(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int thread_of(struct snapshot *s, int dir, pid_t tid, struct holder *first)
{
	return tid == first->tid ? 0 : take_thread(s, dir, tid, first);
}

static int take_process(struct snapshot *s, int dir)
{
	struct holder first;
	int err = read_process(s, dir, &first);

	if (err == -ENOMEM || is_gone(err))
		return err == -ENOMEM ? err : 0;
	if (err) {
		s->counts.unreadable++;
		return 0;
	}
	s->counts.processes++;
	if (first.threads > 1)
		err = each_number(open_directory(dir, "task"), thread_of, s, dir, &first);
	if (err == -ENOMEM) {
		holder_done(&first);
		return err;
	}
	return holders_put(s->list, &first);
}

static int process(struct snapshot *s, int proc, pid_t pid, struct holder *none)
{
	char name[3 * sizeof(pid) + 1];
	int dir, err;

	(void)none;
	snprintf(name, sizeof(name), "%d", (int)pid);
	dir = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0;
	err = take_process(s, dir);
	close(dir);
	return err;
}

/* Every pid namespace has a first process: who does not see it does not see others' either (hidepid). */
static bool others_are_hidden(int proc)
{
	return faccessat(proc, "1", F_OK, 0) && errno == ENOENT;
}

static bool cgroup2_in_use(const char *proc)
{
	struct mounts mounts;

	mounts_read(proc, &mounts);
	return *mounts.cgroup2;
}

int snapshot_take(const struct snapshot_config *config, struct holders *ret, struct snapshot_counts *ret_counts)
{
	int proc = open_directory(AT_FDCWD, config->proc), err;
	struct holders list = { NULL, 0, 0 };
	struct snapshot *s;

	if (proc < 0)
		return -errno;
	s = calloc(1, sizeof(*s));
	err = s ? 0 : -ENOMEM;
	if (!err) {
		s->config = config;
		s->list = &list;
		s->self = proc_self(config->proc);
		s->cgroup2 = cgroup2_in_use(config->proc);
		s->counts.others_hidden = others_are_hidden(proc);
		err = each_number(open_directory(proc, "."), process, s, proc, NULL);
	}
	if (!err) {
		holders_sort(&list);
		*ret = list;
		*ret_counts = s->counts;
	} else {
		holders_done(&list);
	}
	close(proc);
	if (s)
		buf_done(&s->text);
	free(s);
	return err;
}
