/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies of programs for those who speak of them later than they live: one for all rows of a run, as it was when it was first
 * kept; only its workload may become known better.
 */
#pragma once

struct kept;
struct program;
struct workload;

struct kept *kept_new(void);	/* NULL: out of memory */
void kept_free(struct kept *k);

/* The copy of a program, good until kept_clear, or as many kept_put; NULL: out of memory. */
const struct program *kept_get(struct kept *k, const struct program *p);

/* One who had it from kept_get needs it no more; NULL is fine. */
void kept_put(struct kept *k, const struct program *p);

/* The programs in a workload's cgroup are of this one now. 0, -ENOMEM. */
int kept_resolved(struct kept *k, const struct workload *w);

void kept_clear(struct kept *k);
