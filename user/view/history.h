/* SPDX-License-Identifier: BSD-2-Clause */
/* What the history answers, for people and as JSON. All text is safe for a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct chart_look;
struct past;
struct past_denials;
struct past_gaps;
struct past_list;
struct past_state;

struct history_view {
	const struct past_state *state;
	const struct past_gaps *gaps;
	uint64_t from_ns, to_ns;	/* what was asked for, CLOCK_REALTIME */
	bool utc;
	bool allowed, denied;		/* of the uses; neither: both */
	bool every;			/* all programs and places, and what changes nothing, too */
	const struct chart_look *look;	/* NULL: without pictures */
	size_t width;			/* of a terminal; 0: none, lines are as long as they are */
};

/* One workload: what it used, what it was refused, and what it never used. */
void history_story(struct buf *b, const struct history_view *v, const struct past *p);

/* A line for each. */
void history_table(struct buf *b, const struct history_view *v, const struct past_list *list);

/* What was refused, in the order of time; below it what would grant it. */
void history_denials(struct buf *b, const struct history_view *v, const struct past_denials *d);

/* Since when it watches, and when it did not or lost something: lines. */
void history_blind(struct buf *b, const struct history_view *v);

/* An object and a newline each. */
void history_story_json(struct buf *b, const struct history_view *v, const struct past *p);
void history_denials_json(struct buf *b, const struct past_denials *d);
void history_end_json(struct buf *b, const struct history_view *v);
