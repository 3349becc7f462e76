/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks as lines of columns. "?" is what the probe could not tell, "-" what is known to be none. A value
 * that is wider than its column pushes the rest of its line to the right; nothing is cut.
 *
 * Only checks and lifecycle events are written: what was lost, and the account at the end, are not what was asked
 * for, and the command says them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct out;
struct sink;
struct syscalls;
struct users;

struct text_options {
	const char *columns;		/* keys, separated by commas; NULL: the default ones */
	bool all;			/* without .columns: every column that this run can fill */
	bool header;
	bool color;
	bool utc;			/* times; else local */
	bool count;			/* a table of counts is shown */
	bool lifecycle;			/* lifecycle events are among them */
	bool denied;			/* only denials are shown */
	bool sites, outcomes;		/* this run asks for call sites, for what calls returned */
	bool ancestors;			/* this run asks who started each program */
	bool lsm, args, rules;		/* this run asks for the verdicts of all LSMs, for command lines, and what rules say */
	struct syscalls *syscalls;	/* borrowed */
	struct users *users;		/* borrowed; NULL: the names of users are not asked for */
};

/* The word of .columns that is no column; points into it. */
struct text_error {
	const char *word;	/* len 0: a name is missing between commas */
	size_t len;
	const char *nearest;	/* the key that may have been meant, or NULL; never freed */
};

/*
 * 0; -ENOENT with *ret_error filled where a column does not exist; -ENOMEM. The sink is freed by
 * (*ret)->ops->free; its writes stay in out until that flushes.
 */
int text_new(struct out *out, const struct text_options *options, struct sink **ret,
	     struct text_error *ret_error);

/* Every column for --help: a line each with two blanks, its key and what it holds. */
void text_describe(struct buf *b);
