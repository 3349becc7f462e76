/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers about what a history tells, as profiles are of what was watched. */
#pragma once

#include <stdint.h>

struct past;
struct past_list;
struct ranking;
struct answer;

struct recalled {
	const char *kernel;	/* release; NULL or "": unknown */
	uint64_t watched_ns, lost;	/* how long somebody looked, and how many checks are known to be missing */
	uint64_t now_ns;	/* CLOCK_REALTIME */
};

/* About one workload; it borrows of p and owns its .asked and .workload, for recalled_forget. 0, -ENOMEM. */
int recalled_answer(const struct past *p, const struct recalled *known, struct answer *ret);
void recalled_forget(struct answer *a);

/* About all that asked for anything, the riskiest first. 0 and *ret, for recalled_done; -ENOMEM. */
int recalled_rank(const struct past_list *list, const struct recalled *known, struct ranking *ret);
void recalled_done(struct ranking *r);
