/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding and running a command as a shell does. All of it happens with the credentials of the calling
 * process.
 */
#pragma once

#include <stdbool.h>

/*
 * Finds what `word` runs: itself where it has a slash, else the first executable of that name in the
 * directories of $PATH (an empty one is the current directory). 0 and *ret, to be freed. -ENOENT: there is
 * no such command. Any other error: it is there, but cannot be executed (-EACCES; -EISDIR a directory), or
 * -ENOMEM.
 */
int command_find(const char *word, char **ret);

/* What a shell would take for a script: no NUL in the first line of it that can be seen. */
bool command_is_text(const char *path);

/*
 * Executes path; returns only with the negative errno of the failure. A text file without a #! line is
 * handed to /bin/sh; a binary of another kind gives -ENOEXEC.
 */
int command_exec(const char *path, char *const argv[]);
