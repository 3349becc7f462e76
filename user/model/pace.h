/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often each capability was asked for, as time went on: a fixed number of slots, which become twice as long whenever
 * what comes lies behind the last. So it takes the same room for a second and for a year.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACE_SLOTS = 120, PACE_CAPS = 64 };

struct pace {
	uint64_t start_ns, width_ns;	/* CLOCK_REALTIME; of a slot. A width of 0: it was not begun */
	size_t used;			/* slots from the first to the last of which something is told */
	uint64_t granted[PACE_CAPS][PACE_SLOTS], denied[PACE_CAPS][PACE_SLOTS];
	uint64_t lost[PACE_SLOTS];
};

/* It begins then; all of p is set. */
void pace_start(struct pace *p, uint64_t wall_ns);

/* So many checks of a capability at that moment; what is before the start counts as then. Before pace_start: nothing. */
void pace_add(struct pace *p, uint64_t wall_ns, int cap, bool denied, uint64_t times);
void pace_lose(struct pace *p, uint64_t wall_ns, uint64_t times);

/* It goes on until then, whatever comes. */
void pace_reach(struct pace *p, uint64_t wall_ns);

/* The most that any slot has of all capabilities together. */
uint64_t pace_peak(const struct pace *p);

/* Of all capabilities in one slot. */
uint64_t pace_granted(const struct pace *p, size_t slot);
uint64_t pace_denied(const struct pace *p, size_t slot);

/* The sets of which anything is told. */
uint64_t pace_caps(const struct pace *p);
