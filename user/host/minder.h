/* SPDX-License-Identifier: BSD-2-Clause */
/* A process that looks after containers, as its command line tells. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct engines;

enum { WORDS_MAX = 8192 };	/* bytes of a command line */

struct minder {
	pid_t pid;
	uid_t owner;		/* 0: root, in a mount namespace whose paths are ours */
	char words[WORDS_MAX + 2];
	size_t len;
};

/* Behind this one; NULL: it was the last. */
const char *minder_next(const struct minder *k, const char *word);

/* What stands behind a word, or behind it and '='; NULL: nothing. */
const char *minder_value(const struct minder *k, const char *option);

/* conmon is told the words of another command one at a time, each behind this option. */
const char *minder_passed_on(const struct minder *k, const char *option);

/* Without its folder. */
const char *minder_program(const struct minder *k);

/* Where /proc/PID/NAME leads to; false: nowhere that could be read. */
bool minder_link(const struct engines *c, pid_t pid, const char *name, char to[PATH_MAX]);

/* Paths that it speaks of are those that we open. */
bool minder_shares_files(const struct engines *c, pid_t pid);

/* 0 or negative errno; its owner is who its effective user is. */
int minder_read(const struct engines *c, pid_t pid, struct minder *ret);
