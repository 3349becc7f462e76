/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/fscaps.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/xattr.h>

#include "user/caps/filecaps.h"

/* fgetxattr refuses an O_PATH descriptor, which is all that a file that only can be executed gives. */
static ssize_t read_attribute(int fd, void *data, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return getxattr(path, FILECAPS_XATTR, data, size);
}

int fscaps_read(int fd, struct filecaps *ret)
{
	uint8_t data[FILECAPS_SIZE_MAX];
	ssize_t n = read_attribute(fd, data, sizeof(data));

	if (n < 0)
		return errno == ERANGE ? -EINVAL : -errno;
	return filecaps_decode(data, n, ret);
}
