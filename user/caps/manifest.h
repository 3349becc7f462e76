/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What files carried when somebody looked, as a text that stays the same while they do:
 *
 *	capsieve-files 1
 *	tree /usr
 *	/usr/bin/ping mode=0755 uid=0 gid=0 caps=cap_net_raw=ep
 *	/usr/bin/sudo mode=4755 uid=0 gid=0
 *
 * After the header, in any order: the directories that were gone through; `all-filesystems`, where their
 * mounts were too; a line per file, with `rootid=N` before `caps=` where there is one, and `caps=?` where
 * the kernel did not tell. mode, uid and gid may be missing, all three. Lines that are empty or begin with #
 * are passed over. In a path a blank, a backslash, and what no terminal should see is written as \xNN (a
 * backslash also as two).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/caps/privfile.h"

struct buf;

#define MANIFEST_FILES_MAX    1000000
#define MANIFEST_TREES_MAX    1000
#define MANIFEST_MISTAKES_MAX 20	/* that are told; reading ends there */

struct manifest {
	struct privfiles files;
	char **trees;			/* owned */
	size_t tree_count;
	bool all_filesystems;
};

struct manifest_mistake {
	size_t line, column;		/* in bytes; the first is 1 */
	char *what;			/* a sentence, safe for a terminal; owned */
};

struct manifest_mistakes {
	struct manifest_mistake at[MANIFEST_MISTAKES_MAX];
	size_t count;
};

/* Reads n bytes. *ret is sorted by path. -EINVAL and at least one mistake; -ENOMEM. */
int manifest_parse(const char *text, size_t n, struct manifest *ret, struct manifest_mistakes *ret_mistakes);

/* Writes it; the files in the order that they have. manifest_parse reads the same again. */
void manifest_print(struct buf *b, const struct manifest *m);

void manifest_done(struct manifest *m);
void manifest_mistakes_done(struct manifest_mistakes *m);
