/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/feature.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void feature_set(struct feature *f, enum feature_state state, const char *why, ...)
{
	va_list args;

	f->state = state;
	va_start(args, why);
	vsnprintf(f->why, sizeof(f->why), why, args);
	va_end(args);
}

void feature_unknown(struct feature_word *f, const char *why, ...)
{
	va_list args;

	f->word = NULL;
	va_start(args, why);
	vsnprintf(f->why, sizeof(f->why), why, args);
	va_end(args);
}

const char *feature_path(char *ret, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(ret, PATH_MAX, format, args);
	va_end(args);
	if (n < 0 || n >= PATH_MAX)
		ret[0] = '\0';
	return ret;
}

int feature_line(int dir, const char *path, char *ret, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, ret, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}
