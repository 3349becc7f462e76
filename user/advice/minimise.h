/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which capability is to be taken away next, and whether it can go: one at a time, the most dangerous first, until none
 * of them can. It only decides; runs are made by others.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct proof;

enum minimise_why {
	MINIMISE_UNDECIDED,	/* the run was not made, or not to its end */
	MINIMISE_GOES,		/* it did its work without */
	MINIMISE_DIFFERS,	/* something that matters was different */
	MINIMISE_UNASKED,	/* it was not asked for again, so the run says nothing of it */
};

struct minimise {
	uint64_t left;		/* not yet tried */
	uint64_t caps;		/* what stays, with what is left */
};

/* caps: a set with which it was seen to work. */
void minimise_begin(struct minimise *m, uint64_t caps);

/* The next one to be taken away from .caps; false: all have been tried. */
bool minimise_next(const struct minimise *m, unsigned *ret_cap);

/*
 * What the run without it comes to, held against the first: whether it goes, or why not. restored: the state was as
 * before the first run, and a judge had the last word; then what was not asked for was not needed.
 */
enum minimise_why minimise_take(struct minimise *m, unsigned cap, const struct proof *p, bool restored);

/* "goes", "differs", "unasked"; NULL where it is not decided. */
const char *minimise_word(enum minimise_why why);
