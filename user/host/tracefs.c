/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "user/host/detached.h"

static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* Opens the root of tracefs; negative errno. */
static int open_root(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		int dir = open(mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0 && errno == EACCES)
			return -EACCES;
		if (dir < 0)
			continue;
		/* An empty directory is there where nothing is mounted on it. */
		if (faccessat(dir, "events", F_OK, AT_EACCESS) == 0)
			return dir;
		close(dir);
	}
	return detached_open("tracefs");
}

static int read_number(int fd, unsigned int *ret)
{
	char text[16] = "";
	char *end;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	unsigned long v;

	if (n < 0)
		return -errno;
	v = strtoul(text, &end, 10);
	if (end == text)
		return -EBADMSG;
	*ret = v;
	return 0;
}

int tracefs_event_id(const char *event, unsigned int *ret_id)
{
	char path[128];
	int fd, err, root = open_root();

	if (root < 0)
		return root == -ENOENT ? -ENODEV : root;
	snprintf(path, sizeof(path), "events/%s/id", event);
	fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : read_number(fd, ret_id);
	if (fd >= 0)
		close(fd);
	close(root);
	return err;
}
