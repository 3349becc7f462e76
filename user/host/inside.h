/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of a system whose root directory is open, which need not be ours: links that stand in them lead to what that
 * system would see, and never out of it. Nothing here waits for a pipe that nobody writes into.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* A regular file, whole, in the place of what is in ret. 0; -EINVAL: it is no regular file; -EFBIG; negative errno. */
int inside_read(int root, const char *path, size_t max, struct buf *ret);

/* Where a symbolic link points, as it stands there. -EINVAL: it is none. */
int inside_link(int root, const char *path, char *ret, size_t size);

/* fn gets each name of a directory but . and ..; what it returns other than 0 ends it and is returned. Negative errno. */
int inside_each(int root, const char *path, int (*fn)(void *ctx, const char *name, bool is_link), void *ctx);

/* fn gets every user of that system's /etc/passwd who has a home. 0, also where there is no such file; what fn returned. */
int inside_users(int root, int (*fn)(void *ctx, const char *name, uint32_t uid, const char *home), void *ctx);
