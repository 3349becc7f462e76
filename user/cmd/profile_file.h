/* SPDX-License-Identifier: BSD-2-Clause */
/* A profile, from its file and into it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct answer;
struct buf;
struct profile;
struct saved;
struct saved_list;
struct say;

/*
 * Reads it. EXIT_FINE and *ret, for profile_done; after saying why not EXIT_USAGE, where the file is no profile or is not
 * there, or else `failed`. obeyed: what it says will be done, so that a file that everybody can write is refused.
 */
int profile_file_read(const struct say *to, const char *path, bool obeyed, int failed, struct profile *ret);

/* The same with all that it says, for saved_done; nothing of it will be done. */
int profile_file_saved(const struct say *to, const char *path, int failed, struct saved *ret);

/* As many as it has: the file may be what `profile --host --json` printed. For saved_done_all. */
int profile_file_all(const struct say *to, const char *path, int failed, struct saved_list *ret);

/* Writes one: whole or not at all, with mode 0600. An exit code. */
int profile_file_write(const struct say *to, const char *path, const struct answer *a);

/* Any other text in the same way. 0, or negative errno. */
int profile_file_put(const char *path, const struct buf *text);
