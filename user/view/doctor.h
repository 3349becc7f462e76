/* SPDX-License-Identifier: BSD-2-Clause */
/* What `doctor` found out, as a table for people or as JSON. Who finds it out is not known here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum doctor_state {
	DOCTOR_FACT,	/* neither good nor bad */
	DOCTOR_YES,
	DOCTOR_NO,
	DOCTOR_UNKNOWN,	/* could not be asked: the reason says why */
	DOCTOR_STATE_COUNT
};

/* Strings are borrowed, NULL or "" where there is nothing to say; they may hold any byte. */
struct doctor_row {
	const char *section;	/* "kernel": rows of one section follow each other */
	const char *item;	/* "fexit" */
	enum doctor_state state;
	const char *value;
	const char *reason;
	const char *cannot_see;	/* also where it is a yes; in text only then, or with details */
	const char *advice;	/* what to do about it */
	bool detail;		/* in text only with -v */
};

/*
 * width: columns of the terminal, lines are broken at blanks; 0: they are not. With details, rows that are
 * marked so are shown too.
 */
void doctor_text(struct buf *b, const struct doctor_row *rows, size_t count, bool details, size_t width);

/* One object with all rows, ended by a newline. */
void doctor_json(struct buf *b, const struct doctor_row *rows, size_t count);
