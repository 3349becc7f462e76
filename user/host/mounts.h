/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the file systems are mounted that matter here. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of mountinfo. Texts are as there, with blanks and the like as three octal digits. */
struct mount {
	uint64_t id;
	struct mount_text {
		const char *at;
		size_t len;
	} root, point, type, options;	/* the last are the file system's own */
};

bool mount_parse(const char *line, size_t n, struct mount *ret);

/* A text without its octal digits and with a NUL, at most as long; to has room for len + 1. */
void mount_text_copy(const struct mount_text *text, char *to);

/*
 * Calls fn for each line of PROC/self/mountinfo; what fn returns other than 0 ends it and is returned.
 * Negative errno where the list cannot be read.
 */
int mounts_each(const char *proc, int (*fn)(void *ctx, const struct mount *m), void *ctx);

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
