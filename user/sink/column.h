/* SPDX-License-Identifier: BSD-2-Clause */
/* What can stand in a line of text: the one table of columns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/base/when.h"

struct buf;
struct record;
struct syscalls;
struct users;

enum column_flag {
	COLUMN_DEFAULT	= 1 << 0,	/* shown when nothing else is said */
	COLUMN_RIGHT	= 1 << 1,	/* numbers */
	COLUMN_VERDICT	= 1 << 2,	/* coloured by the verdict */
	COLUMN_LSM	= 1 << 3,	/* the next three: only where the run asks for such a thing */
	COLUMN_ARGS	= 1 << 4,
	COLUMN_USERS	= 1 << 5,
	COLUMN_COUNT	= 1 << 6,	/* in a table of counts one of the usual ones, else in none */
	COLUMN_LIFE	= 1 << 7,	/* a usual one among lifecycle events, else in none */
	COLUMN_CHECK	= 1 << 8,	/* of checks alone: not a usual one among lifecycle events, and none of theirs */
	COLUMN_PLACE	= 1 << 9,	/* not a usual one among lifecycle events */
	COLUMN_RULES	= 1 << 10,	/* only where there are rules, and there a usual one */
	COLUMN_ACTION	= 1 << 11,	/* coloured where it is an alert */
	COLUMN_SITE	= 1 << 12,	/* only where the run asks for call sites; the next: for what calls returned */
	COLUMN_OUTCOME	= 1 << 13,
	COLUMN_ANCESTORS = 1 << 15,	/* only where the run asks for them */
	COLUMN_DENIED	= 1 << 14,	/* one of the usual ones where only denials are shown */
};

/* Which part of a record a column is made of, and of nothing else: see fragment.h. */
enum column_part {
	COLUMN_OF_CHECK,	/* different each time */
	COLUMN_OF_ASKED,
	COLUMN_OF_CREDENTIALS,
	COLUMN_OF_PROGRAM,
};

/* What printing needs besides the record. */
struct column_tools {
	struct when when;
	struct syscalls *syscalls;
	struct users *users;	/* may be NULL */
};

struct column {
	const char *key;	/* for --columns */
	const char *json;	/* the same thing's name in JSON where it is another; understood too */
	const char *heading;
	unsigned int width;
	unsigned int flags;	/* enum column_flag */
	enum column_part part;
	const char *about;	/* for --help */

	/* Appends the value, safe for a terminal. r has RECORD_CHECK, or RECORD_LIFE where it is not COLUMN_CHECK. */
	void (*print)(struct column_tools *tools, struct buf *b, const struct record *r);
};

/* All of them, in the order in which "all" shows them. */
extern const struct column columns[];
extern const size_t column_count;

/* The flags of all that a list of keys, separated by commas, names. */
unsigned int columns_flags(const char *list);

/*
 * By key or JSON name, in any case; NULL: there is none, and *ret_nearest is the key that may be meant, or
 * NULL.
 */
const struct column *column_find(const char *word, size_t n, const char **ret_nearest);
