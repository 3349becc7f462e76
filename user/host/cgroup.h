/* SPDX-License-Identifier: BSD-2-Clause */
/* The hierarchies of cgroups on this machine. */
#pragma once

#include <stdint.h>

/*
 * The path that processes in `dir` have in /proc/PID/cgroup, to be freed. `proc`: where procfs is. -ENODATA: that
 * hierarchy is not mounted; -ENOTDIR: it is no directory of it; other negative errno.
 */
int cgroup_path(const char *proc, const char *dir, char **ret);

/*
 * The hierarchy of version 1 that has the names of who is at the root of that of version 2, as cgtext_hierarchy finds it for
 * ourselves; 0: there is none, or it cannot be told.
 */
uint32_t cgroup_hierarchy(const char *proc);

/* self/cgroup of proc (NULL: /proc): in which cgroups we are, a line for each hierarchy, to be freed; NULL: it cannot be read. */
char *cgroup_own(const char *proc);
