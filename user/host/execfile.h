/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel looks at when a process executes a file. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "user/caps/transition.h"

struct creds;

#define EXECFILE_SCRIPTS 5 /* interpreters that are scripts themselves: as deep as the kernel goes */

struct execfile {
	struct image image;	/* as the process sees it */
	char *interpreter;	/* the file whose bits count, where path is a script; owned, else NULL */
	bool script_bits;	/* the script itself has bits or capabilities, which do not count */
	uint32_t owner, group;	/* of the file that counts, as we see them */
	mode_t mode;
};

/*
 * Reads path, or what interprets it. 0, to be freed with execfile_done; -EISDIR, -EACCES: not executable;
 * -ELOOP: scripts without end; -EINVAL: capabilities that the kernel does not show - of format 1, which it
 * obeys, or damaged, which make an exec fail -; other negative errno.
 */
int execfile_read(const char *path, const struct creds *by, struct execfile *ret);

/* 0 and what the first line of a script names, to be freed, or NULL: path is none; negative errno. */
int execfile_interpreter(const char *path, char **ret);
void execfile_done(struct execfile *f);
