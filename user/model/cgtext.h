/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of /proc/PID/cgroup: one line for each hierarchy, "7:cpu,cpuacct:/path"; that of version 2 is "0::/path". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgtext_path {
	const char *at;
	size_t len;
};

/*
 * Of version 1, the hierarchy in which systemd or the container engines put their names: systemd's own, else the first of
 * pids, memory and so on in which the process is not at the root, else the first of these. 0: there is none.
 */
uint32_t cgtext_hierarchy(const char *text);

/*
 * Where the process is: in the hierarchy of version 2; where it is at the root of that, in `hierarchy` of version 1 (0: in
 * none), if it is not at the root of that too. .len 0: the text does not tell.
 */
struct cgtext_path cgtext_path(const char *text, uint32_t hierarchy);

/* Is it at this path in any hierarchy? */
bool cgtext_has(const char *text, const char *path);
