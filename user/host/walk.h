/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goes through directories and shows every regular file below them. Symbolic links are never followed, and
 * nothing is opened by a path: whoever moves or swaps directories meanwhile can hide files from the walk,
 * and not lead it out of the tree. Depth is limited by memory only; the descriptors that it takes are few
 * at any depth. A directory that is reached twice, such as through a bind mount, is looked at once.
 *
 * The working directory of the process is that of the file while a file is shown, and back where it was
 * afterwards. (A relative name is the one way to ask for an attribute that needs neither a path nor /proc.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct walk;

struct walk_counts {
	uint64_t files;		/* everything that is no directory */
	uint64_t dirs;
	uint64_t unreadable;	/* directories of which nothing, or not all, could be read */
	uint64_t vanished;	/* directories that went away or were moved before they could be entered */
	uint64_t others;	/* directories not entered because they are on another file system */
	uint64_t repeated;	/* directories not entered because they were already */
};

/* `file` must be there, the others may be NULL. walk_path() tells the whole path inside each of them. */
struct walk_config {
	bool all_filesystems;	/* but not what the kernel makes up: procfs, sysfs, cgroups, ... */
	void *ctx;

	/* Shows a regular file. What it returns other than 0 ends the walk and is returned. */
	int (*file)(void *ctx, const struct walk *w, int dir, const char *name);

	/* A directory of which nothing, or not all, can be read; name is "" for the one that is looked at. */
	void (*unreadable)(void *ctx, const struct walk *w, const char *name, int error);

	/* Now and then, at least once in some thousand files. */
	void (*progress)(void *ctx, const struct walk *w);
};

/* NULL: out of memory. config must outlive it. */
struct walk *walk_new(const struct walk_config *config);
void walk_free(struct walk *w);

/*
 * Goes through one tree; may be called for several. Directories of earlier trees are not entered again. 0;
 * what `file` returned; a negative errno where the top cannot be opened or read (-ENOTDIR: it is a file) or
 * resources are out. Whatever fails below the top is counted and passed over.
 */
int walk_tree(struct walk *w, const char *top);

const struct walk_counts *walk_counts(const struct walk *w);

/* Appends the path of `name` in the directory that is looked at, beginning as `top` did; "": of that. */
void walk_path(const struct walk *w, const char *name, struct buf *b);
