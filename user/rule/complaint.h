/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with files that people write: mistakes, which make them useless, and warnings, which do
 * not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/base/buf.h"
#include "user/base/yml.h"

struct complaint {
	char *file;		/* NULL: of no file */
	unsigned line, column;	/* 0: of the file as a whole */
	bool warning;
	char *sentence;
	char *shown;		/* the whole of it, with the line of the file; ends with a newline; NULL: a file has too many */
};

enum { COMPLAINTS_MAX = 1000 };

/* Zeroed is empty. What comes after COMPLAINTS_MAX is only counted. */
struct complaints {
	struct complaint *at;
	size_t count;
	size_t mistakes, warnings;
	int error;		/* 0 or -ENOMEM */
};

/* A report for one file that puts everything into c; y->text is not to be looked at. */
struct yml_report complaints_report(struct complaints *c, const char *file, const char *text, size_t n);

/* The sentence that follows is a warning. */
void complaints_warn(struct yml_report *report, unsigned line, unsigned column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Warns where text is a number alone: a length of time that is usually days is so many seconds. */
void complaints_warn_seconds(struct yml_report *report, const struct yml_node *value, const char *text);

/* A mistake of a file as a whole, or (NULL) of none. */
void complaints_add(struct complaints *c, const char *file, const char *sentence);

/* The same, as a warning. */
void complaints_add_warning(struct complaints *c, const char *file, const char *sentence);

/* File by file as they were met, and in each by line and column. */
void complaints_sort(struct complaints *c);
void complaints_done(struct complaints *c);
