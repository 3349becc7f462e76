/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process that only listens and writes files gives up for good, it and all that it starts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Refuses the named system calls with EPERM, those that this machine has, and without network all sockets but local ones.
 * Sets no_new_privs. Before the first thread is started. 0, or negative errno; -ENOSYS: this kernel has no filters.
 */
int confine_calls(bool network, const char *const *refused, size_t count);

/*
 * No network, no program in its place, no looking into others: socket() makes nothing but local sockets; execve, ptrace,
 * io_uring and what changes mounts or loads modules are refused with EPERM. Sets no_new_privs. Before the first thread
 * is started. 0, or negative errno; -ENOSYS: this kernel has no filters.
 */
int confine_self(void);

/* No core of this process, and nobody but root looks into it. 0 or negative errno. */
int confine_memory(void);

/*
 * Nothing in these directories, whose paths are absolute, is changed any more by this process and all that it starts, but below
 * `but` (a descriptor; -1: nothing), and nothing is made or removed in the directories that they stand in. Such processes do not
 * look into others that may do more, either. Landlock does that; -EOPNOTSUPP: this kernel has none. What is not there is passed
 * over. Sets no_new_privs; descriptors that are open stay what they are. Before the first thread is started. 0, or negative errno.
 */
int confine_writes(const char *const *dirs, size_t count, int but);
