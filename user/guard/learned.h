/* SPDX-License-Identifier: BSD-2-Clause */
/* What was learned, by the key of a workload, at hand for the rules. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/baseline.h"

struct history;
struct learned;
struct rules;
struct workload;

struct learned *learned_new(void);	/* NULL: out of memory */
void learned_free(struct learned *l);	/* NULL is fine */

/* What there is to learn from, and for whom. */
struct learned_from {
	struct history *history;
	const struct rules *rules;	/* for those that they want to be learned */
	uint64_t span_ns;		/* so long everybody is, where no rule says how long; 0: nobody but these */
	uint64_t now_ns;		/* CLOCK_REALTIME */
};

/*
 * Learns on, and takes what is learned by now. *ret_changed: rules that asked have to ask again; *ret_new: so many were
 * concluded. 0 or negative errno; then it is as it was.
 */
int learned_look(struct learned *l, const struct learned_from *from, bool *ret_changed, unsigned *ret_new);

/* Forgets what was learned of a workload or an image, by its key, NULL: of all. -ENOENT: there is none. */
int learned_anew(struct learned *l, const struct learned_from *from, const char *key);

/* Will anything of it be learned (again)? */
bool learned_is_wanted(const struct learned_from *from);

/* The shortest time that anybody is learned for; 0: nobody is. */
uint64_t learned_shortest(const struct learned_from *from);

/* When the next baseline is over, by CLOCK_REALTIME and by the last look; 0: none is under way. */
uint64_t learned_due(const struct learned *l);

/* For struct judge_config; l is a struct learned. */
void learned_of(void *l, const struct workload *w, struct baseline ret[static BASELINE_BYS]);

/* How many are learned, and how many are still being learned. */
void learned_count(const struct learned *l, size_t *ret_done, size_t *ret_open);
