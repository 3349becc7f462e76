/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the file systems are mounted that matter here. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct mounts {
	int error;			/* negative errno where the list could not be read */
	bool cgroup1;			/* any hierarchy of the first version */
	char cgroup2[PATH_MAX];		/* "": not mounted */
	bool cgroup2_whole;		/* from its root (or its cgroup namespace's): preferred to a part */
	char tracefs[PATH_MAX];		/* "": not mounted */
};

/* Reads PROC/self/mountinfo. */
void mounts_read(const char *proc, struct mounts *ret);

/*
 * Takes one line of mountinfo, of n bytes; what is no such line is passed over. `whole`: state between
 * lines.
 */
void mounts_take_line(struct mounts *m, const char *line, size_t n);
