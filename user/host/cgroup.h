/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of the version 2 hierarchy of cgroups. */
#pragma once

/*
 * The path that processes in `dir` have in /proc/PID/cgroup, to be freed. `proc`: where procfs is. -ENODATA: that
 * hierarchy is not mounted; -ENOTDIR: it is no directory of it; other negative errno.
 */
int cgroup_path(const char *proc, const char *dir, char **ret);
