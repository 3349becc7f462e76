/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

enum { KEPT_OFF_MAX = 8 };

static int fill(scmp_filter_ctx filter, bool network, const char *const *refused, size_t count)
{
	/* The families of the network, and every other one that is or will be: all but local sockets. */
	int err = network ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
						 SCMP_A0(SCMP_CMP_NE, AF_UNIX));

	for (size_t i = 0; !err && i < count; i++) {
		int nr = seccomp_syscall_resolve_name(refused[i]);

		if (nr != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), nr, 0);
		/* Not every machine has each of them. */
		if (err == -EDOM || err == -EINVAL)
			err = 0;
	}
	return err;
}

int confine_calls(bool network, const char *const *refused, size_t count)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? fill(filter, network, refused, count) : -ENOMEM;

	/* Not by every release of the library is the kernel's own errno told. */
	if (!err && seccomp_load(filter))
		err = prctl(PR_GET_SECCOMP) < 0 ? -ENOSYS : -EPERM;
	if (filter)
		seccomp_release(filter);
	return err;
}

int confine_self(void)
{
	static const char *const refused[] = {
		"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "io_uring_setup", "io_uring_enter",
		"io_uring_register", "mount", "umount2", "pivot_root", "init_module", "finit_module", "delete_module", "kexec_load",
		"reboot", "swapon", "swapoff", "unshare", "setns", "userfaultfd", "socketcall",
	};

	return confine_calls(false, refused, sizeof(refused) / sizeof(refused[0]));
}

int confine_memory(void)
{
	return prctl(PR_SET_DUMPABLE, 0) ? -errno : 0;
}

/*
 * ---- what is not written
 * ------------------------------------------------------------------------------------------------------
 */

/* Landlock only knows what is allowed: all of the machine but the directories on the way to those that are not. */
struct writes {
	int rules;
	uint64_t handled;
	char *off[KEPT_OFF_MAX];	/* without symbolic links */
	size_t count;
};

#define OF_FILES (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define OF_DIRECTORIES \
	(LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER)

/* What changes a file or a directory, as far as this version of Landlock (its ABI) knows of it. */
static uint64_t changes(long abi)
{
	return (OF_FILES | OF_DIRECTORIES) & ~(abi < 2 ? LANDLOCK_ACCESS_FS_REFER : 0) &
	       ~(abi < 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

static int allow(const struct writes *w, int fd)
{
	struct landlock_path_beneath_attr rule = { .parent_fd = fd, .allowed_access = w->handled };
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	return syscall(SYS_landlock_add_rule, w->rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
}

/* Is it one of those, or above one? */
static bool is_off(const struct writes *w, const char *path, bool *ret_above)
{
	size_t n = strcmp(path, "/") ? strlen(path) : 0;

	*ret_above = false;
	for (size_t i = 0; i < w->count; i++) {
		if (!strcmp(w->off[i], path))
			return true;
		*ret_above = *ret_above || (!strncmp(w->off[i], path, n) && w->off[i][n] == '/');
	}
	return false;
}

static int allow_below(const struct writes *w, const char *path);

/* What cannot be opened, and a link, is not allowed: what a link leads to is by itself. */
static int allow_path(const struct writes *w, const char *path)
{
	bool above;
	int fd, err;

	if (is_off(w, path, &above))
		return 0;
	if (above)
		return allow_below(w, path);
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	err = allow(w, fd);
	close(fd);
	return err == -EBADFD ? 0 : err;
}

static int allow_below(const struct writes *w, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char below[PATH_MAX];
	int err = 0;

	while (dir && !err && (entry = readdir(dir))) {
		int n;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || entry->d_type == DT_LNK)
			continue;
		n = snprintf(below, sizeof(below), "%s/%s", strcmp(path, "/") ? path : "", entry->d_name);
		err = n < (int)sizeof(below) ? allow_path(w, below) : 0;
	}
	if (dir)
		closedir(dir);
	return err;
}

static int find_off(struct writes *w, const char *const *dirs, size_t count)
{
	if (count > KEPT_OFF_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		char *real = realpath(dirs[i], NULL);

		if (real)
			w->off[w->count++] = real;
		else if (errno != ENOENT)
			return -errno;
	}
	return 0;
}

static int restrict_writes(struct writes *w, int but)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr;
	int err;

	if (abi < 0)
		return -EOPNOTSUPP;
	w->handled = attr.handled_access_fs = changes(abi);
	w->rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	if (w->rules < 0)
		return -errno;
	err = allow_path(w, "/");
	err = err || but < 0 ? err : allow(w, but);
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, w->rules, 0)))
		err = -errno;
	close(w->rules);
	return err;
}

int confine_writes(const char *const *dirs, size_t count, int but)
{
	struct writes w = { .rules = -1 };
	int err = find_off(&w, dirs, count);

	if (!err && w.count)
		err = restrict_writes(&w, but);
	while (w.count)
		free(w.off[--w.count]);
	return err;
}
