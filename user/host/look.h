/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at files on this machine: what privilege do they carry, and what is wrong about them? */
#pragma once

#include <stdbool.h>

struct filecaps;
struct look;
struct privfile;

/* `proc`: where procfs is. NULL: out of memory. */
struct look *look_new(const char *proc);
void look_free(struct look *l);

/* Cheaply, from inside the file's directory: does it carry anything? Also true where that cannot be told. */
bool look_may_carry(int dir, const char *name);

/*
 * The regular file `name` in the open directory `dir` (AT_FDCWD, and a path), of which *ret says all that
 * privfile.h has; path is what it is to be called. A symbolic link at the end is followed only on demand.
 * 0; -ELOOP: it is a link; -EINVAL: it is no regular file; other negative errno: -ENOENT, -EACCES, ...
 */
int look_at(struct look *l, int dir, const char *name, const char *path, bool follow, struct privfile *ret);

/* The same of a file that is open. `assumed`: judge it as if it had these capabilities; or NULL. */
int look_at_open(struct look *l, int fd, const char *path, const struct filecaps *assumed,
		 struct privfile *ret);
