/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that takes a name only once it deserves it: made beside the name with mode 0600, and put in its place in one step,
 * so that whoever looks finds the old one or the new one.
 */
#pragma once

#include <stdbool.h>

struct fresh {
	int fd;		/* for writing; the caller may take it and set it to -1 */
	char *temporary;	/* its name until fresh_put; NULL: it has its own */
	char *path;
};

#define FRESH_INIT { -1, NULL, NULL }

/*
 * Makes the file. What is there and is no regular file (a pipe, a device) is written to as it is; of a symbolic link of one's
 * own or of root's it is what it points to. 0 or negative errno, where that link points to nothing -ENOENT.
 */
int fresh_open(const char *path, struct fresh *ret);

/*
 * Would that do, and fresh_put after it, as far as can be told beforehand? 0 or the error that is to come; nothing is left
 * of the trial. any_owner: files of others in a directory like /tmp may be replaced.
 */
int fresh_check(const char *path, bool any_owner);

/* Gives it its name. 0 or negative errno. Needs what creating it needed. */
int fresh_put(struct fresh *f);

/* Closes; a file that has no name yet goes. */
void fresh_done(struct fresh *f);
