/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands in the columns of a row of top, on its screen and in its text. */
#pragma once

#include <stdint.h>

#include "user/caps/capability.h"
#include "user/view/frame.h"
#include "user/view/top.h"

extern const char *const top_titles[TOP_SORTS];

/* Checks a second in the last interval. */
double top_rate(const struct board_sums *sums, uint64_t now);
void top_put_rate(struct buf *b, double rate);

/* The number by which rows are sorted, and as a cell has it. By name: the rate. */
uint64_t top_value(const struct top_row *r, enum top_sort what);
void top_put_value(struct buf *b, const struct top_row *r, enum top_sort what, const struct board_sums *sums);

/* The most dangerous first: they must not be those that find no room. Returns how many there are. */
unsigned int top_caps(uint64_t caps, unsigned int ret[static CAPABILITY_MAX]);

/* Refused to this row at least once, dangerous, or asked for by hardly anybody. */
enum frame_style top_style(const struct top_row *r, unsigned int cap, uint64_t rare);

/* What the further columns say of a row: its result, its classes, its operation. */
enum top_more { MORE_RESULT, MORE_CLASS, MORE_OPERATION, MORE_COUNT };
extern const struct top_more_column {
	const char *title;
	int width;
	void (*put)(struct buf *b, const struct top_row *r);
} top_more[MORE_COUNT];
