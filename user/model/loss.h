/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a check that the kernel made may be missing from what was shown: one list of causes, the same in text,
 * JSON, metrics and exit codes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum loss_cause {
	LOSS_RING_FULL,		/* no room in the ring buffer */
	LOSS_MAP_FULL,		/* no room in a map: a followed process, a count */
	LOSS_RETURN_MISSED,	/* kprobe: entry without return, or return without entry */
	LOSS_STORAGE_REFUSED,	/* the kernel gave no task storage */
	LOSS_PROGRAM_BUSY,	/* BPF was already busy on this CPU; of the whole host: a bound under filters */
	LOSS_DAMAGED,		/* of a recording that was replayed */
	LOSS_LIFECYCLE,		/* lifecycle events, and no checks, for whatever reason */
	LOSS_COUNT
};

struct loss {
	uint64_t by_cause[LOSS_COUNT];
};

/* The word of a cause in every output, e.g. "ring_full". */
const char *loss_name(enum loss_cause cause);

/* The cause in a person's words, e.g. "the ring buffer was full (--ring makes it larger)". */
const char *loss_words(enum loss_cause cause);

/* What was lost by it: "checks", or "lifecycle events". */
const char *loss_of(enum loss_cause cause);

/* The sum over all causes; over those by which checks were lost. */
uint64_t loss_total(const struct loss *loss);
uint64_t loss_checks(const struct loss *loss);

/* What grew from before to now; ret may be either of them. */
void loss_since(const struct loss *before, const struct loss *now, struct loss *ret);

/*
 * The account of one run. asked = own + outside + hidden + seen + counted + unread + lost that reached a program; the
 * rest of `loss` (returns missed, program busy) never did.
 */
struct account {
	uint64_t asked, own, outside, hidden, seen;
	uint64_t counted;	/* in the kernel, and not seen one by one */
	uint64_t silent;	/* of .seen and .counted: what rules ignore or hold back, and was not shown */
	uint64_t in_no_row;	/* of .seen and .counted: a table of counts had no room for their kind */
	uint64_t unread;	/* sent by the kernel side, but the run ended before it was read */
	uint64_t lifecycle;	/* lifecycle events that were shown, with has_lifecycle */
	struct loss loss;
	bool has_lifecycle;	/* they were asked for */
	bool command_ended;	/* and .command_status is as a shell has it */
	int command_status;
	bool is_counts;		/* what was seen was counted too, and not shown one by one */
	bool loss_is_bound;	/* filters were set: program_busy counts others' checks too */
};
