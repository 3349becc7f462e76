/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks put on a board, and somebody told at each turn to look at it. */
#pragma once

#include "user/model/board.h"
#include "user/model/loss.h"
#include "user/sink/sink.h"

struct out;
struct users;

/* What it says of a run. Filled while it goes on. */
struct post_told {
	struct account account;		/* as of the last turn, of a recording at its end */
	bool account_known;
	uint64_t lost;			/* checks */
	uint64_t wall_ns;		/* of the newest check */
};

struct post_config {
	struct board *board;
	struct users *users;
	struct syscalls *syscalls;	/* NULL: calls have no names */
	void (*start)(void *ctx, const struct sink_start *start);
	/* The board has turned, or is paused. 0, SINK_ENOUGH, or negative errno of the output. */
	int (*turn)(void *ctx, const struct post_told *told);
	void *ctx;
	uint64_t interval_ns;
	bool replayed;			/* intervals are as long as they were to be, not as long as they took */
	const bool *paused;		/* while it is set the board does not turn */
};

/* The config is copied, what it points to is borrowed. 0 and *ret, -ENOMEM. */
int post_new(struct out *out, const struct post_config *config, struct sink **ret);
