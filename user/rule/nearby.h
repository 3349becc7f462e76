/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no event tells of a process and /proc does, for as long as it lives: its terminal, and who is above
 * it.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "user/host/proc.h"
#include "user/model/where.h"

enum { NEARBY_ANCESTORS = 32 };

/* Zeroed is empty. */
struct nearby {
	char *tty;
	struct where_ancestor ancestors[NEARBY_ANCESTORS];
	char *exes[NEARBY_ANCESTORS];
	char comms[NEARBY_ANCESTORS][PROC_COMM];
	size_t count;
};

/*
 * Adds to who what can be told of WHERE_TTY and WHERE_ANCESTOR, of those in keys; parent: 0 is unknown. It
 * borrows from n.
 */
void nearby_look(const char *proc, pid_t pid, pid_t parent, uint32_t keys, struct nearby *n, struct where_subject *who);
void nearby_done(struct nearby *n);
