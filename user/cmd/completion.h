/* SPDX-License-Identifier: BSD-2-Clause */
/* `completion`: what makes a shell complete our command lines, made from the rows of options that the commands have. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct argp;
struct argp_option;
struct buf;
struct command_word;

extern const struct argp completion_argp;

/* The shells, by number from 0; NULL: no more. */
const char *completion_word(size_t at);

/* What a shell can offer as the value of an option. */
enum value_kind {
	VALUE_FREE,	/* nothing: lengths of time, sizes, globs, ... */
	VALUE_FILE,
	VALUE_DIR,
	VALUE_PID,
	VALUE_USER,
	VALUE_GROUP,
	VALUE_UNIT,	/* of systemd */
	VALUE_PROGRAM,
	VALUE_WORD,	/* one of them */
	VALUE_LIST,	/* some of them, commas between */
	VALUE_KINDS
};

/*
 * What may stand behind an option of a command ("trace", "profile show"); false: it takes no value. The words of the last two
 * kinds are appended to ret_words, a blank behind each.
 */
bool completion_value(const char *command, const struct argp_option *row, enum value_kind *ret, struct buf *ret_words);

/* A command, or a word of one that has options of its own. */
struct completed {
	const char *name;	/* "trace", "profile show" */
	const char *does;	/* NULL: a word */
	const struct argp *argp;
	struct command_word (*word)(size_t at);	/* as in struct command */
	bool files;	/* takes names of files */
	bool program;	/* and behind `--` a command to start */
};

/* Calls it for all of them, a command before its words. */
void completion_each(struct buf *b, void (*put)(struct buf *b, const struct completed *c));

/* The whole of the file that the shell reads. */
void completion_bash(struct buf *b);
void completion_zsh(struct buf *b);

/* Is there a letter that can be typed? */
bool completion_letter(const struct argp_option *row);
