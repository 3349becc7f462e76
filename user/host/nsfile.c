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

static uint32_t number_of(const char *proc, const char *which)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/1/ns/%s", proc, which);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}

uint32_t nsfile_host_mnt(const char *proc)
{
	return number_of(proc, "pid") == PIDNS_INITIAL ? number_of(proc, "mnt") : 0;
}
