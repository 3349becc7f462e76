/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of `capsieve file` share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/view/file.h"

struct argp;
struct buf;
struct look;
struct privfile;
struct privfiles;
struct say;
struct walk_counts;

struct file_options {
	bool json, no_header, force, write, all_filesystems, quiet, help;
	bool rootid_given;
	uint32_t rootid;
	const char *sub;		/* "find" */
	const char **words;		/* what follows it, and a NULL; owned */
	size_t word_count;
	struct buf *error;		/* one sentence, where parsing failed */
};

/* One for each word behind `file`: an exit code. */
typedef int file_sub(const struct file_options *o, struct look *look);

file_sub file_show, file_find, file_check, file_verify, file_snapshot, file_drift_sub, file_set, file_remove,
	file_apply;

extern const struct say file_say;
extern const struct argp file_argp;

/* The words behind `file`, by number from 0; NULL: no more. */
const char *file_word(size_t at);

/* Prints to standard output; an exit code. b is emptied. */
int file_print(struct buf *b);

/*
 * Goes through dirs and puts every file that carries something into *ret, which is by path afterwards; what
 * is a file in the list of directories is looked at itself. Tells on standard error how far it is, and what
 * could not be read. 0, or an exit code after saying why. links: as privfiles_merge.
 */
int file_walk(const struct file_options *o, struct look *look, const char *const *dirs, size_t count,
	      bool links, struct privfiles *ret, struct file_extent *ret_extent);

/* EXIT_INCOMPLETE where the walk could not see all. */
int file_extent_code(const struct file_extent *extent);

struct manifest;

/* Reads a manifest, "-" being standard input; an exit code, after saying what is wrong. */
int file_read_manifest(const char *path, struct manifest *ret);
