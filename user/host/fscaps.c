/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/fscaps.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/xattr.h>

#include "user/caps/filecaps.h"

/*
 * fgetxattr refuses an O_PATH descriptor, which is all that a file that only can be executed gives. That takes /proc,
 * which a new root may lack.
 */
static ssize_t read_attribute(int fd, void *data, size_t size)
{
	ssize_t n = fgetxattr(fd, FILECAPS_XATTR, data, size);
	char path[32];

	if (n >= 0 || errno != EBADF)
		return n;
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

static int set_flag(cap_t set, cap_flag_t flag, uint64_t mask)
{
	for (cap_value_t cap = 0; mask; cap++, mask >>= 1)
		if (mask & 1 && cap_set_flag(set, flag, 1, &cap, CAP_SET))
			return -errno;
	return 0;
}

int fscaps_write(int fd, const struct filecaps *caps)
{
	uint64_t effective = caps->effective ? caps->permitted | caps->inheritable : 0;
	cap_t set = cap_init();
	int err;

	if (!set)
		return -ENOMEM;
	err = set_flag(set, CAP_PERMITTED, caps->permitted);
	if (!err)
		err = set_flag(set, CAP_INHERITABLE, caps->inheritable);
	if (!err)
		err = set_flag(set, CAP_EFFECTIVE, effective);
	if (!err && (cap_set_nsowner(set, caps->rootid) || cap_set_fd(fd, set)))
		err = -errno;
	cap_free(set);
	return err;
}

int fscaps_remove(int fd)
{
	return cap_set_fd(fd, NULL) && errno != ENODATA ? -errno : 0;
}
