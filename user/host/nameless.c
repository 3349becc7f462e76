/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/nameless.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int nameless_open(const char *label, const void *bytes, size_t n)
{
	int fd = memfd_create(label, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, bytes, n) == (ssize_t)n && !lseek(fd, 0, SEEK_SET))
		return fd;
	close(fd);
	return -ENOMEM;
}

void nameless_path(int fd, char ret[static NAMELESS_PATH])
{
	snprintf(ret, NAMELESS_PATH, "/proc/self/fd/%d", fd);
}
