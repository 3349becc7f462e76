/* SPDX-License-Identifier: BSD-2-Clause */
/* What is on a board, joined into rows: by process, program, user, unit, container, pod, capability, or check by check. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board;
struct board_item;
struct buf;
struct where;

enum top_by {
	TOP_WORKLOAD,
	TOP_PROGRAM,
	TOP_PROCESS,
	TOP_USER,
	TOP_UNIT,
	TOP_CONTAINER,
	TOP_POD,
	TOP_CAPABILITY,
	TOP_CHECK,		/* each kind of check */
	TOP_BYS
};

/* "workload", ...; NULL beyond them. */
const char *top_by_word(enum top_by by);

enum top_sort { SORT_RATE, SORT_TOTAL, SORT_ALLOWED, SORT_DENIED, SORT_NEEDED, SORT_NAME, TOP_SORTS };

struct top_row {
	char *name;		/* owned, escaped */
	uint64_t now, total, allowed, denied, needed;
	uint64_t caps;		/* a mask of those that were asked for, */
	uint64_t refused;	/* and of those that were denied at least once */
	bool classes_known;	/* .needed holds for all of them */
	uint64_t failed, worked;	/* in system calls that did; of the rest it is not known */
	int error;		/* errno of one that failed */
	unsigned int classes;	/* bits of enum site_class */
	const char *operation;	/* of what was asked most; NULL: not known */
	uint64_t operation_total;	/* how often that was */
	bool more_operations;	/* there are others */
};

struct top_rows {
	struct top_row *at;	/* owned */
	size_t count;
	uint64_t advisory;	/* checks that change nothing, left out of all rows */
	uint64_t advisory_now;
	uint64_t rare;		/* a mask of the capabilities that are at most one of a thousand checks in the rows */
};

/* One level of the way down: only items whose name by `by` is `name`. */
struct top_step {
	enum top_by by;
	char *name;		/* owned, escaped */
};

/* What is wanted. Borrowed for the call. */
struct top_choice {
	enum top_by by;
	const struct top_step *steps;
	size_t step_count;
	const struct where *where;	/* NULL: everybody */
	const char *words;		/* what a row's texts are to hold, in any case; NULL or "": anything */
	bool advisory;			/* also what changes nothing */
	enum top_sort sort;
	bool reverse;
};

/* 0 and *ret, or -ENOMEM. The greatest first (names: from a), equal ones by name. */
int top_rows_make(const struct board *b, const struct top_choice *choice, struct top_rows *ret);
void top_rows_done(struct top_rows *rows);
