/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process has used, and has. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct cost {
	uint64_t cpu_ns;		/* user and system */
	uint64_t resident_bytes;
	uint64_t private_bytes;		/* of those, what it shares with no file */
};

/* By procfs at proc. 0 or negative errno. */
int cost_read(const char *proc, pid_t pid, struct cost *ret);
