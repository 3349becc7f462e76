/* SPDX-License-Identifier: BSD-2-Clause */
/* What all workloads of a machine need: a summary, and an answer for each. */
#pragma once

#include <stddef.h>

struct buf;
struct chart_look;
struct ranking;

/* A line for each, and behind them the page of each that needs anything. As answer_page. */
void host_page(struct buf *b, const struct ranking *r, size_t width, const struct chart_look *look);

/* One object with all profiles, and a newline. */
void host_json(struct buf *b, const struct ranking *r);
