/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/status.h"

enum { STAT_MAX = 2048 };

static int open_file(const char *proc, pid_t pid, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%d/%s", proc, (int)pid, name), fd;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* At most max bytes of PID/name; their number or a negative errno. */
static ssize_t read_file(const char *proc, pid_t pid, const char *name, char *buf, size_t max)
{
	int fd = open_file(proc, pid, name);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return fd;
	while (n > 0 && len < max) {
		n = read(fd, buf + len, max - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += n;
	}
	n = n < 0 ? -errno : (ssize_t)len;
	close(fd);
	return n;
}

/* The n-th word of s, counted from 1; "" where there are fewer. */
static const char *word_at(const char *s, unsigned n)
{
	for (;;) {
		s += strspn(s, " \n");
		if (!--n)
			return s;
		s += strcspn(s, " \n");
	}
}

/*
 * PID (COMM) STATE PPID ... START: a name may hold blanks, brackets and newlines, so the last bracket ends
 * it.
 */
static int parse_stat(const char *text, struct proc_stat *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	const char *ppid, *start;
	struct proc_stat p = { 0 };
	size_t len;

	if (!open || !close || close < open || !isdigit((unsigned char)*text))
		return -EBADMSG;
	ppid = word_at(close + 1, 2);
	start = word_at(close + 1, 20);
	if (!isdigit((unsigned char)*ppid) || !isdigit((unsigned char)*start))
		return -EBADMSG;
	p.pid = strtol(text, NULL, 10);
	p.state = *word_at(close + 1, 1);
	p.ppid = strtol(ppid, NULL, 10);
	p.start = strtoull(start, NULL, 10);
	len = close - open - 1;
	memcpy(p.comm, open + 1, len < sizeof(p.comm) ? len : sizeof(p.comm) - 1);
	*ret = p;
	return 0;
}

int proc_stat_parse(const char *text, size_t n, struct proc_stat *ret)
{
	char copy[STAT_MAX];

	if (n >= sizeof(copy) || memchr(text, '\0', n))
		return -EBADMSG;
	memcpy(copy, text, n);
	copy[n] = '\0';
	return parse_stat(copy, ret);
}

int proc_stat(const char *proc, pid_t pid, struct proc_stat *ret)
{
	char text[STAT_MAX];
	ssize_t n = read_file(proc, pid, "stat", text, sizeof(text) - 1);

	return n < 0 ? (int)n : proc_stat_parse(text, n, ret);
}

pid_t proc_pid_of_name(const char *name)
{
	char *end;
	unsigned long pid;

	if (!isdigit((unsigned char)*name))
		return 0;
	pid = strtoul(name, &end, 10);
	return *end || pid > INT_MAX ? 0 : (pid_t)pid;
}

int proc_each(const char *proc, int (*fn)(void *ctx, const struct proc_stat *p), void *ctx)
{
	DIR *dir = opendir(proc);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		pid_t pid = proc_pid_of_name(entry->d_name);
		struct proc_stat p;

		if (pid && !proc_stat(proc, pid, &p))
			r = fn(ctx, &p);
	}
	closedir(dir);
	return r;
}

pid_t proc_self(const char *proc)
{
	char path[PATH_MAX], pid[16];
	int n = snprintf(path, sizeof(path), "%s/self", proc);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	n = (int)readlink(path, pid, sizeof(pid) - 1);
	if (n < 0)
		return -errno;
	pid[n] = '\0';
	return (pid_t)strtol(pid, NULL, 10);
}

pid_t proc_tgid(const char *proc, pid_t tid)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%d/status", proc, (int)tid), err;
	struct buf text = BUF_INIT;
	struct status status;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	err = status_read(AT_FDCWD, path, &text);
	err = err ?: status_parse(buf_str(&text), text.len, &status);
	buf_done(&text);
	return err ? err : status.tgid;
}

int proc_cmdline(const char *proc, pid_t pid, char *buf, size_t max, size_t *ret_len)
{
	ssize_t n = read_file(proc, pid, "cmdline", buf, max);

	if (n < 0)
		return n;
	*ret_len = n;
	return 0;
}

/* What is looked at last tells of what was read before: an exec in between changes it, one before did. */
int proc_cmdline_of(const char *proc, pid_t pid, const char *comm, uint64_t since, char *buf, size_t max,
		    size_t *ret_len)
{
	uint64_t tick = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	struct proc_stat now;
	size_t len = 0;
	int err;

	err = proc_cmdline(proc, pid, buf, max, &len);
	if (!err)
		err = proc_stat(proc, pid, &now);
	if (err)
		return err;
	if (now.start > since / tick || strcmp(now.comm, comm))
		return -ESRCH;
	*ret_len = len;
	return 0;
}

int proc_exe(const char *proc, pid_t pid, char **ret)
{
	char path[PATH_MAX], target[PATH_MAX + sizeof(" (deleted)")];
	int n = snprintf(path, sizeof(path), "%s/%d/exe", proc, (int)pid);
	char *copy;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	n = readlink(path, target, sizeof(target));
	if (n < 0)
		return -errno;
	copy = strndup(target, n);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

/* The rest of the line that starts with "0::", in `line`, which grows; NULL where there is none. */
static const char *find_v2_line(FILE *file, char **line)
{
	size_t size = 0;

	while (getline(line, &size, file) > 0) {
		(*line)[strcspn(*line, "\n")] = '\0';
		if (!strncmp(*line, "0::/", 4))
			return *line + 3;
	}
	return NULL;
}

int proc_cgroup(const char *proc, pid_t pid, char **ret)
{
	int fd = open_file(proc, pid, "cgroup");
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");
	char *line = NULL, *copy;
	const char *path;
	int r = 0;

	if (fd < 0)
		return fd;
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	path = find_v2_line(file, &line);
	copy = path ? strdup(path) : NULL;
	if (copy)
		*ret = copy;
	else if (path)
		r = -ENOMEM;
	else
		r = ferror(file) ? -ESRCH : -ENODATA;
	free(line);
	fclose(file);
	return r;
}
