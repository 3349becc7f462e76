/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program needs and why, for people and as the file that docs/capsieve-profile.5 describes. */
#pragma once

#include <stddef.h>

#include "user/advice/solve.h"

struct answer;
struct asked;
struct asked_row;
struct buf;
struct chart_look;
struct json;

/* width: of the terminal, 0 without a limit. look NULL: without pictures. */
void answer_page(struct buf *b, const struct answer *a, size_t width, const struct chart_look *look);

/* How often each capability was asked for, and when; nothing where that is no picture. width as for answer_page. */
void answer_chart(struct buf *b, const struct answer *a, size_t width, const struct chart_look *look);

/* One object and a newline. */
void answer_json(struct buf *b, const struct answer *a);

/* A row in words: "change a file's owner: fchownat (setattr_prepare), granted 2 times; ...". Not safe for a terminal. */
void answer_row(struct buf *b, const struct asked_row *row);

/* Why what argues for this part alone is no need, in words; NULL: it is one. */
const char *answer_no_need(enum solve_part part);

/* A row as a value: what stands in `sites`. */
void answer_row_json(struct json *j, const struct asked *a, const struct asked_row *row);
