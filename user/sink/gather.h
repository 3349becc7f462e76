/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks that are not shown but gathered, for a profile. */
#pragma once

#include <stdbool.h>

struct out;
struct sink;
struct subjects;
struct syscalls;
struct users;

/* Borrowed. */
struct gather_options {
	struct subjects *subjects;	/* where they are gathered */
	struct syscalls *syscalls;
	struct users *users;
	bool ours;			/* all of them were started by us: what is met first is our child before its exec */
	int (*turn)(void *ctx);		/* called with the sink's turn, whose answer it gives; NULL: nobody is */
	void *ctx;
};

/* Nothing is written into out. 0 and *ret; -ENOMEM. */
int gather_new(struct out *out, const struct gather_options *options, struct sink **ret);
