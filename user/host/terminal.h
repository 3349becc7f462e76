/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal of a process, by the number that /proc/PID/stat has. */
#pragma once

#include <stddef.h>

#include <sys/types.h>

/* "pts/0", "tty1", "ttyS0", else "MAJOR:MINOR"; "" for none. 0 and *ret, to be freed; -EBADMSG: no such text; -ENOMEM. */
int terminal_of_stat(const char *text, size_t n, char **ret);

/* The same of a process of the procfs at proc; other negative errno. */
int terminal_of(const char *proc, pid_t pid, char **ret);
