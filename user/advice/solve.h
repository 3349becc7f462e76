/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which capabilities does a program need, of those that it was seen to ask for? The rules come from taking one
 * capability away at a time from real jobs:
 *
 * - What was denied adds nothing: the program went on without it.
 * - What was granted in calls that failed all the same is soft: it made no difference.
 * - Checks under credentials that are not the task's own, and grants to the owner of a child namespace, or in one
 *   that it made, are no need.
 * - Where several capabilities would do, the least dangerous set that serves all such places is chosen.
 * - Unclassified places count as needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/site.h"

/* The checks of one capability that were made in one place. */
struct solve_use {
	unsigned cap;			/* below CAPABILITY_MAX */
	enum site_class class;
	uint64_t others;		/* SITE_ALTERNATIVE: any of these would do as well */
	uint64_t granted, denied;	/* how often */
	uint64_t granted_failed;	/* of .granted: in system calls that failed all the same */
	bool no_need;
	bool met;			/* what is advised besides sees to it that nothing is asked here: no_new_privs */
	bool setup;			/* by what started the program */
};

/* What a capability that was asked for is; each is one of these, the first that fits. */
enum solve_part {
	SOLVE_NEEDED,		/* fails without it */
	SOLVE_CHOSEN,		/* this one or another: the least dangerous that serves */
	SOLVE_CONDITIONAL,	/* only past a limit, or in a state */
	SOLVE_KEPT,		/* most programs go on without it, and a few do not: AUDIT_WRITE */
	SOLVE_QUALITY,		/* the call succeeds, with something left out */
	SOLVE_SOFT,		/* its calls failed all the same */
	SOLVE_SPARED,		/* asked for, and another one that is advised serves, or no_new_privs does */
	SOLVE_ADVISORY,
	SOLVE_NO_NEED,		/* not with the program's own credentials */
	SOLVE_DENIED,		/* never granted */
	SOLVE_SETUP,		/* asked only by what started the program */
	SOLVE_PARTS
};

struct solved {
	uint64_t parts[SOLVE_PARTS];	/* no capability stands in two */
	uint64_t caps;			/* advised: needed, chosen, conditional and kept */
	bool exact;			/* false: there were too many alternatives to try all; a good choice, and maybe not the best */
};

/* Which part one use argues for, alone: SOLVE_CHOSEN for an alternative, whichever is chosen. */
enum solve_part solve_part_of(const struct solve_use *u);

/* Decides. 0 or -ENOMEM. */
int solve(const struct solve_use *uses, size_t count, struct solved *ret);

/* How much is given away with it, to be weighed against others; the more the worse. */
unsigned solve_weight(unsigned cap);
