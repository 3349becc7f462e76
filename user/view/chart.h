/* SPDX-License-Identifier: BSD-2-Clause */
/* Small pictures in a line of text: a curve, a bar, a number that fits. In UTF-8 or, where the terminal has none, in ASCII. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* How pictures look where they go to; plain text has none. */
struct chart_look {
	bool ascii;	/* no UTF-8 there */
	bool color;
};

/* A character for each of n values, the greatest of them the tallest; 0 is the lowest, what is more than 0 never looks so. */
void chart_spark(struct buf *b, const double *values, size_t n, bool ascii);

/* value of most as a bar of at most `width` columns, and blanks behind it up to there. What is more than 0 is seen. */
void chart_bar(struct buf *b, uint64_t value, uint64_t most, size_t width, bool ascii);

/* As many columns as width, 64 at most: a line where the bit of that number is set. */
void chart_track(struct buf *b, uint64_t parts, size_t width, bool ascii);

/* "999999", "1000k", "12.3M": at most six columns, cut and not rounded up. */
void chart_number(struct buf *b, uint64_t value);
