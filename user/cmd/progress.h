/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far a profile is, on standard error: a line that changes every second where that is a terminal which no command shares,
 * and with -v lines now and then.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct output_options;
struct subjects;

struct progress {
	const struct subjects *subjects;
	const char *waits_for;	/* in words; NULL: nobody is waited for */
	uint64_t duration_ns;	/* of what is watched, and of the waiting before it; 0: no limit, or somebody else keeps it */
	bool line, lines;
	uint64_t next_ns, step_ns;
	int shown;		/* columns of the line that stand there */
};

/* Whether and how, by -q, -v and where standard error goes. Zeroed before. */
void progress_init(struct progress *p, const struct output_options *o, bool command);

/* How often progress_turn is to be called; 0: never. */
uint64_t progress_interval(const struct progress *p);

/* 0, or SINK_ENOUGH: the time is over, or all who were waited for have ended. */
int progress_turn(struct progress *p);

/* Takes the line away, before anything else is said there. */
void progress_clear(struct progress *p);
