/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that only root can have made what they are: owned by root, written by nobody else, and so is every
 * directory on the way, that of each symbolic link included.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct buf;

/*
 * Reads such a file, at most max bytes of it, into *ret. 0; -ENOENT; -EPERM where others could have written
 * it; -EFBIG; other negative errno: each with a sentence in *why that names the path.
 */
int trusted_read(const char *path, size_t max, struct buf *ret, struct buf *why);

/*
 * The same of a file that was named by who reads it: it is there, so that in a sticky directory nobody else can put another in
 * its place. What is his own is as good as root's; uid: who that is.
 */
int trusted_read_named(const char *path, uid_t uid, size_t max, struct buf *ret, struct buf *why);

/* Is there such a file? As above. */
int trusted_check(const char *path, struct buf *why);
