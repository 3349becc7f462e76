/* SPDX-License-Identifier: BSD-2-Clause */
/* A word that a person typed, against those that there are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * The entry of list (count of them, NULL entries are passed over) that takes the fewest edits to reach from
 * word: a letter more, less or other, or two that changed places; case does not count. True and *ret_index
 * where that is near enough to be meant: a third of the word's letters, at least one, and never all. The
 * first of equals. Where none is, the only entry that has the same stem (deny: denied), begins with the word (warn: warning)
 * or has it between its '_' or '-' (ptrace: sys_ptrace). A word that has a NUL is near none.
 */
bool word_nearest(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index);

/*
 * The entry of list that is the word, or the only one that begins with it; case does not count. False where
 * there is none, where several begin so, or where the word has a NUL. word is not empty.
 */
bool word_begins(const char *word, size_t n, const char *const *list, size_t count, size_t *ret_index);
