/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The systemd units that are defined, running or not, as the files say it (systemd.unit(5), "UNIT FILE LOAD PATH"): for
 * each name the first file on the path, and then the drop-ins of its name, of its template and of the beginnings of its
 * name. Only units that start processes by what stands in them: services, and sockets with Exec lines.
 *
 * All paths are looked up below one directory, and links in them do not lead out of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct unitfile;

struct units_unit {
	const char *name;	/* nginx.service, getty@.service */
	const char *path;	/* of its file, as that machine sees it */
	const char *owner;	/* whose own unit this is; NULL: the system's, or every user's */
	bool of_users;		/* started by users' systemd */
	unsigned drop_ins;
	const struct unitfile *says;
};

struct units_config {
	const char *root;	/* "/", or where another system's file tree is */
	void *ctx;
	int (*unit)(void *ctx, const struct units_unit *u);	/* what it returns other than 0 ends it, and is returned */
	void (*trouble)(void *ctx, const char *path, int error);	/* a file or directory that was passed over */
	const char *only;	/* this unit of the system alone, also an instance of a template; NULL: all there are */
};

enum { UNITS_MAX = 65536 };	/* names and drop-ins of one load path; what is beyond is trouble with -E2BIG */

/* All units of the system, then those for users, then each user's own. 0; what .unit returned; -ENOMEM; other errno of root. */
int units_each(const struct units_config *config);
