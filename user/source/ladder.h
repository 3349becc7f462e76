/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which probe auto stays with: the first one down the ladder that heard everything of the trial, else the one that
 * heard most. Opening and closing is the caller's, so that the choice can be tested without a kernel.
 */
#pragma once

#include "user/source/probes.h"
#include "user/source/trial.h"

enum { LADDER_WORDS = 160 };

struct ladder_hooks {
	/* Loads, attaches and tries a probe. 0 and *ret; negative errno, nothing is open then. -ECANCELED: no other
	 * probe would help either. */
	int (*open)(void *ctx, const struct probe_rung *rung, struct trial *ret);
	void (*close)(void *ctx);
	void *ctx;
};

/*
 * Leaves the best probe open; 0, or the negative errno of the last attempt (-ENOTSUP: there was none). passed_over[i]
 * says in words why rung i was not kept, and is "" for the one that was, and for those that were not tried.
 */
int ladder_climb(const struct survey *survey, const struct ladder_hooks *hooks,
		 char passed_over[PROBES_RUNGS][LADDER_WORDS]);
