/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at the words of a command line before argp does, with the same rows, because argp's own complaints
 * know no nearest word. What passes here makes argp complain of nothing but values.
 */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

/* A long option that people try because other tools have it, and ours that does the same. */
struct args_hint {
	const char *tried;	/* without the dashes */
	const char *ours;	/* as typed: "-p PID" */
};

struct args {
	int argc;		/* words before `--`, the command's name included: what argp may see */
	char *const *command;	/* the words after `--`, NULL-terminated; NULL: there is no `--` */
	bool help;		/* --help came before any mistake */
};

#define ARGS_HELP 'h'	/* the key of every --help row */

enum { ARGS_ROWS_MAX = 96 };

/* All rows of argp and its groups, in their order: how many. */
size_t args_rows(const struct argp *argp, const struct argp_option *ret[static ARGS_ROWS_MAX]);

/*
 * argv is NULL-terminated and argv[0] is not looked at. hints end with a row of NULL. 0; -EINVAL with one
 * sentence in error, without the name of the command and without a newline: an option that is unknown,
 * ambiguous, lacks its value or has one that it does not take, or a word that is no option. Where args_doc
 * is there and names no `--`, words pass (argp gets them), and `--` ends the options.
 */
int args_check(const struct argp *argp, const struct args_hint *hints, int argc, char *const *argv,
	       struct args *ret, struct buf *error);

/*
 * All of a command line that has no `--`: looks at it, then fills options by argp's rows, unless it asks for help. 0; a
 * negative errno, with a sentence in error.
 */
int args_parse(const struct argp *argp, const struct args_hint *hints, int argc, char **argv, void *options, bool *ret_help,
	       struct buf *error);

/* The parser of a command that has no rows of its own, only groups (argp_child), which all fill the same struct. */
error_t args_groups(int key, char *arg, struct argp_state *state);

/* Is the word behind an option whose value may be left out (OPTION_ARG_OPTIONAL) that value? next may be NULL. */
bool args_follows(const char *next);

/*
 * "unknown WHAT 'WORD'", and where one of the count words in list is near, "; did you mean 'it'?", else
 * "; there are a, b, c" where they are few. The word is escaped.
 */
void args_unknown(struct buf *error, const char *what, const char *word, const char *const *list,
		  size_t count);

/* 'WORD', safe for a terminal. */
void args_quote(struct buf *error, const char *word);
