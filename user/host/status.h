/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc/PID/status, or a thread's, says of credentials. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "user/caps/transition.h"

struct buf;

#define STATUS_NAME 64		      /* kernel threads have longer names than the 15 bytes of all others */
#define STATUS_MAX  ((size_t)4 << 20) /* more than the 65536 groups that a task can be in */

struct status {
	char name[STATUS_NAME]; /* any bytes but NUL, as the task has them */
	char state;		/* 'R', 'S', 'Z', ...; '?' where it is not told */
	pid_t tgid, pid, ppid, tracer;
	unsigned threads, seccomp; /* seccomp: 0 none, 1 strict, 2 filters */
	bool kernel;		   /* a thread of the kernel itself; kernels before 6.9 tell it by what is missing */
	struct credentials is;	   /* ids as the reader sees them; without groups, and without securebits: they are not told */
	const char *groups;	   /* numbers and blanks, in the text; or NULL */
	size_t groups_len;
};

/*
 * Reads a whole file into text, which is emptied first: path from the open directory `dir`. 0; -ENOENT, -ESRCH:
 * there is no such task (any more); -EFBIG; other negative errno.
 */
int status_read(int dir, const char *path, struct buf *text);

/* text has n bytes and a NUL behind them. -EBADMSG where ids, or sets up to the effective one, are missing. */
int status_parse(const char *text, size_t n, struct status *ret);
