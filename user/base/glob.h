/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Globs over names of any length: `*` any run of bytes, slashes too, `?` any one byte, `[a-z]` and `[!a-z]` one byte of
 * a set, `\` takes the next byte as it is. Bytes are bytes: no locale. Names may be hostile: a glob takes at most as many
 * steps as its length times the name's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* 0; -EINVAL: a bracket that is not closed or holds a range that runs backwards, a backslash at the end. */
int glob_check(const char *glob);

/* Does the whole of these bytes match? What glob_check refuses matches nothing or something, but is safe. */
bool glob_match(const char *glob, const char *name, size_t n);

/* Does it surely match whatever the other one matches? False also where that is not found out. */
bool glob_covers(const char *glob, const char *other);

/* Is there surely no name that both match? False also where that is not found out. */
bool glob_is_apart(const char *a, const char *b);

/* Does it stand for one name only, which it is letter by letter? */
bool glob_is_plain(const char *glob);
