/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/ids.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_id(const char *path, char ret[static IDS_LEN])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	size_t len;

	memset(ret, 0, IDS_LEN);
	if (fd < 0)
		return;
	n = read(fd, ret, IDS_LEN - 1);
	close(fd);
	if (n < 0)
		n = 0;
	ret[n] = '\0';
	len = strspn(ret, "0123456789abcdef-");
	if (ret[len] && ret[len] != '\n')
		len = 0;
	memset(ret + len, 0, IDS_LEN - len);
}

void ids_read(const char *proc, struct ids *ret)
{
	char path[PATH_MAX];

	read_id("/etc/machine-id", ret->machine);
	snprintf(path, sizeof(path), "%s/sys/kernel/random/boot_id", proc);
	read_id(path, ret->boot);
}
