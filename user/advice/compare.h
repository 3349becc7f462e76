/* SPDX-License-Identifier: BSD-2-Clause */
/* What one profile has and another one has not. How often something was asked is no difference. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/advice/solve.h"

struct answer;
struct asked_row;

enum change_kind {
	CHANGE_NEEDED,		/* a capability that is advised */
	CHANGE_FAILED,		/* one that was refused, and its call failed */
	CHANGE_BOUNDING,	/* one that has to stay in the bounding set only */
	CHANGE_PART,		/* strict: it stands in another part */
	CHANGE_SITE,		/* strict: a place in the kernel, or its class */
	CHANGE_KINDS
};

struct change {
	enum change_kind kind;
	bool added;		/* in `now` and not in `was`; else the other way round. CHANGE_PART: always */
	unsigned cap;
	enum solve_part was, now;	/* SOLVE_PARTS: was not asked for */
	const struct asked_row *row;	/* the first that shows it, of the one that has it; NULL: none does */
};

struct compare_how {
	bool strict;	/* also parts, sites and their classes, which differ between kernels */
	bool expecting;	/* only what is new in `now`, and not served by what `was` advises */
	uint64_t allowed;	/* these may come and go */
};

struct comparison {
	struct change *changes;	/* owned; by kind, then capability */
	size_t count;
	bool advice_differs;	/* not .expecting: user, no_new_privs, status or incomplete do */
};

/* 0 and *ret, for comparison_done, whose rows are those of was and now; -ENOMEM. */
int compare(const struct answer *was, const struct answer *now, const struct compare_how *how, struct comparison *ret);
void comparison_done(struct comparison *c);

/* Is there any difference? */
bool comparison_found(const struct comparison *c);

/* "needed", "failed", ...: the words of JSON. */
const char *change_word(enum change_kind kind);
