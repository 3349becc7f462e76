/* SPDX-License-Identifier: BSD-2-Clause */
/* What was learned, by the key of a workload, at hand for the rules. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history;
struct learned;
struct workload;

struct learned *learned_new(void);	/* NULL: out of memory */
void learned_free(struct learned *l);	/* NULL is fine */

/*
 * Learns on, from the history (span_ns 0: it does not), and takes what is learned by now. *ret_changed: rules that asked have to ask again. 0 or
 * negative errno; then it is as it was.
 */
int learned_look(struct learned *l, struct history *h, uint64_t span_ns, uint64_t now_ns, bool *ret_changed);

/* For struct judge_config: false, where nothing is learned of it (yet). */
bool learned_of(void *l, const struct workload *w, uint64_t *ret);

/* How many are learned, and how many are still being learned. */
void learned_count(const struct learned *l, size_t *ret_done, size_t *ret_open);
