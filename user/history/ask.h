/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to the history. Whatever a database holds, the answers are in their ranges. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct history;
struct past;
struct past_denials;
struct past_gaps;
struct past_list;
struct past_state;

/* Since when it watches; a moment that nobody has to make up a long answer for. 0 or negative errno. */
int ask_state(struct history *h, struct past_state *ret);

/* Everybody that is told of, without uses. 0 and *ret, for past_done_all; negative errno. */
int ask_workloads(struct history *h, struct past_list *ret);

/* A stretch of time, for the hours that it touches; of what is older than 30 days, the days. */
struct ask_time {
	uint64_t from_ns, to_ns;
};

/*
 * What `slot` of a use stands for: `count` parts of that stretch, each so many whole hours long, the first from that hour
 * on. Hours are what is kept: a finer part would be a guess.
 */
struct ask_parts {
	uint64_t first_hour, hours;
	size_t count;
};

struct ask_parts ask_parts(const struct ask_time *t);

/* Fills p->uses: what one of them used then. 0 or negative errno. */
int ask_uses(struct history *h, const struct ask_time *time, struct past *p);

/* Adds what it was refused then, minute by minute, `most` rows in all at most. 0 or negative errno. */
int ask_denials(struct history *h, const struct ask_time *time, const struct past *p, uint64_t most, struct past_denials *ret);

/* When nobody looked. 0 and *ret, for past_done_gaps; negative errno. */
int ask_gaps(struct history *h, const struct ask_time *time, struct past_gaps *ret);

/* How ask_uses asks, for whoever wants to see how it is answered. */
extern const char ask_uses_sql[];
extern const char ask_denials_sql[];
