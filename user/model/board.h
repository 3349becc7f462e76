/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who asks for what, as it goes on: an item for each {program, capability, verdict, options, system call, call site} with how
 * often until now and in the last interval, and the rate of the last minute. What was added is seen after the next turn only,
 * so that a screen that is paused stands still.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/record.h"

struct board;
struct workload;

enum { BOARD_PAST = 60, BOARD_USER = 40, BOARD_SITE = 48, BOARD_CALL = 32 };

/* What is known of a check besides: where it was asked, and by whom in words. Zeroed: nothing. Borrowed for the call. */
struct board_note {
	const char *user;		/* NULL: without a name */
	const char *call;		/* the system call; NULL: in none, or unknown */
	bool site_known;		/* those that follow are told */
	unsigned int class;		/* enum site_class */
	const void *row;		/* of the table of sites; NULL: none. Only compared */
	const char *operation;		/* the table's, kept as it is; NULL: not in it */
	const char *site;		/* the function that asked, of site_len bytes; NULL: unknown */
	size_t site_len;
	uint64_t failed, worked;	/* of these checks: their system calls did; of the rest it is not known */
	int error;			/* errno of the last that failed */
};

struct board_item {
	struct record record;		/* the first of its kind, with .program; its stack and site are not kept */
	char user[BOARD_USER];		/* "": it has no name */
	char call[BOARD_CALL];		/* "": in none, or unknown */
	bool site_known;		/* the three that follow are told */
	unsigned int class;		/* enum site_class */
	const char *operation;		/* NULL: not in the table */
	char site[BOARD_SITE];		/* "": unknown */
	uint64_t total;			/* checks */
	uint64_t now;			/* of them in the last interval */
	uint64_t failed, worked;	/* of them: in system calls that did; of the rest it is not known */
	int error;			/* errno of the last that failed */
	uint64_t last_ns;		/* CLOCK_REALTIME, the last of them */
};

/* NULL: out of memory. */
struct board *board_new(size_t max_items);
void board_free(struct board *b);

/*
 * A check, or as many as its RECORD_COUNT says; as
 * noted. Where there are max_items already, and none of
 * them was quiet, it is added to .rest. 0, -ENOMEM.
 */
int board_add(struct board *b, const struct record *r, const struct board_note *note);

/* The programs in a workload's cgroup are of this one now. 0, -ENOMEM. */
int board_resolved(struct board *b, const struct workload *w);

/* An interval of took_ns is over, more than none. */
void board_turn(struct board *b, uint64_t took_ns);

/* Of all items together. */
struct board_sums {
	uint64_t total, now;
	uint64_t took_ns;		/* the last interval's; 0: there was none yet */
	uint64_t rest;			/* not among them: found no room */
	uint64_t gone;			/* among them: of items that made room, the quietest first */
	size_t items;
	double past[BOARD_PAST];	/* checks in each second of the last minute, the newest at the end */
	size_t pasts;			/* how many of them there are, at the end */
};

void board_sums(const struct board *b, struct board_sums *ret);

/* Calls fn for each item that was seen by a turn, in no order; they are good until the next board_add or board_turn. */
typedef void (*board_fn)(void *ctx, const struct board_item *item);
void board_each(const struct board *b, board_fn fn, void *ctx);
