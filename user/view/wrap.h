/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of words that fit a terminal. */
#pragma once

#include <stddef.h>

struct buf;

void wrap_blanks(struct buf *b, size_t n);

/*
 * Appends the words of s, made safe for a terminal. The line stands in column `at` already; where the next
 * word would pass `width` (0: no limit), a new line begins at `indent`. One blank goes between words, and
 * before the first where `at` is beyond the indent. Returns the column in which the line stands then. No
 * newline at the end.
 */
size_t wrap_words(struct buf *b, const char *s, size_t at, size_t indent, size_t width);
