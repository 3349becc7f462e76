/* SPDX-License-Identifier: BSD-2-Clause */
/* All cgroups of the version 2 hierarchy that are there now. */
#pragma once

#include <stdint.h>

/*
 * fn gets the path of each, as /proc/PID/cgroup has it, and its id, what is nearer to the root first; what it returns other
 * than 0 ends it and is returned. 0; -ENODATA: that hierarchy is not mounted; -ENOMEM. Deeper than 64 is not looked.
 */
int cgroups_each(const char *proc, int (*fn)(void *ctx, const char *path, uint64_t id), void *ctx);

/* Is any process in the cgroup of that path, or below it? 1, 0; a negative errno where that cannot be told. */
int cgroups_populated(const char *proc, const char *path);
