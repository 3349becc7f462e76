/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/nsfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERNS_INITIAL 0xEFFFFFFDU /* PROC_USER_INIT_INO, the same on every kernel */

static int read_inode(int fd, uint32_t *ret_inode)
{
	int kind = ioctl(fd, NS_GET_NSTYPE);
	struct stat st;

	if (kind < 0)
		return -ENOTTY;
	if (kind != CLONE_NEWUSER)
		return -EINVAL;
	if (fstat(fd, &st))
		return -errno;
	*ret_inode = (uint32_t)st.st_ino;
	return 0;
}

int nsfile_user(const char *path, uint32_t *ret_inode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0)
		return -errno;
	err = read_inode(fd, ret_inode);
	close(fd);
	return err;
}

int nsfile_user_own(uint32_t *ret_inode)
{
	return nsfile_user("/proc/self/ns/user", ret_inode);
}

bool nsfile_user_nested(void)
{
	uint32_t inode;

	return !nsfile_user("/proc/self/ns/user", &inode) && inode != USERNS_INITIAL;
}

#define PIDNS_INITIAL 0xEFFFFFFCU /* PROC_PID_INIT_INO */

/* MNT_NS_INIT_INO, since 6.18: below all numbers that are given out, so that nothing else can have it. */
#define MNTNS_INITIAL 0xEFFFFFF8U

int nsfile_stat(int dir, const char *path, struct stat *ret)
{
	struct stat st;

	if (fstatat(dir, path, &st, 0))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	*ret = st;
	return 0;
}

static uint32_t number_of(const char *proc, const char *whose, const char *which)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s/ns/%s", proc, whose, which);
	return nsfile_stat(AT_FDCWD, path, &st) ? 0 : (uint32_t)st.st_ino;
}

/* The mount namespace of the host's first process, by procfs at proc; 0 where that is not the host's, or cannot be told. */
static uint32_t host_mnt(const char *proc)
{
	uint32_t first = number_of(proc, "1", "pid");

	/* Who may not look at the first process may still be in the namespace that the kernel began with. */
	if (!first)
		return number_of(proc, "self", "mnt") == MNTNS_INITIAL ? MNTNS_INITIAL : 0;
	return first == PIDNS_INITIAL ? number_of(proc, "1", "mnt") : 0;
}

uint32_t nsfile_meant_mnt(const char *proc)
{
	return host_mnt(proc) ?: number_of(proc, "self", "mnt");
}
