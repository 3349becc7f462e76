/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/enrich/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/caps/filecaps.h"
#include "user/host/fscaps.h"
#include "user/host/proc.h"
#include "user/model/lifecycle.h"
#include "user/model/program.h"

static int open_running(const char *proc, const struct program *p)
{
	char path[PATH_MAX], *exe = NULL;
	int fd = -1, err = proc_exe(proc, (pid_t)p->tgid, &exe);

	if (!err && !strcmp(exe, p->exe)) {
		snprintf(path, sizeof(path), "%s/%u/exe", proc, p->tgid);
		fd = open(path, O_PATH | O_CLOEXEC);
	}
	free(exe);
	return fd;
}

void image_read(const char *proc, uint32_t our_mntns, const struct program *p, struct lifecycle *l)
{
	struct filecaps caps = { 0 };
	int fd, err;

	if (!p->exe || *p->exe != '/')
		return;
	fd = open_running(proc, p);
	if (fd < 0 && our_mntns && p->mntns == our_mntns)
		fd = open(p->exe, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	err = fscaps_read(fd, &caps);
	close(fd);
	if (err && err != -ENODATA && err != -EOPNOTSUPP)
		return;
	l->file = LIFECYCLE_FILE_KNOWN | (err ? 0 : LIFECYCLE_FILE_HAS) | (caps.effective ? LIFECYCLE_FILE_EFFECTIVE : 0);
	l->file_permitted = caps.permitted;
	l->file_inheritable = caps.inheritable;
	l->file_rootid = caps.rootid;
}

uint32_t image_our_mntns(const char *proc)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/self/ns/mnt", proc);
	return stat(path, &st) ? 0 : (uint32_t)st.st_ino;
}
