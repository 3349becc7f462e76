/* SPDX-License-Identifier: BSD-2-Clause */
/* What the file of an executed program carries: the attribute, which no event brings along. */
#pragma once

#include <stdint.h>

struct lifecycle;
struct program;

/*
 * Fills .file of a good exec of p: from /proc/PID/exe while the process still runs that file (needs CAP_SYS_PTRACE for
 * other users' processes), else by its path where that is of our own mount namespace. Where neither can be read, nothing
 * is known. A file that is another one by now is taken for what was executed.
 */
void image_read(const char *proc, uint32_t our_mntns, const struct program *p, struct lifecycle *l);

/* The number of our own mount namespace; 0: unknown. */
uint32_t image_our_mntns(const char *proc);
