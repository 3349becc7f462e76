/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * once_per and more_than: which alerts are told, and which are held back. What is kept is bounded, whatever
 * a crowd of workloads does: the oldest is forgotten, which may tell an alert once too often, and is
 * counted.
 *
 * The clock is the caller's, in nanoseconds, and may not go backwards. A window of more_than is looked at
 * in 64 parts: what happened up to one part earlier than it began is still counted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "user/model/decision.h"

struct limits;
struct rule;

enum { LIMITS_MAX = 4096 };

/* NULL: out of memory. */
struct limits *limits_new(size_t max);
void limits_free(struct limits *l);

/* Whom an alert is about. */
struct limits_about {
	size_t rule;		/* its place in the set */
	const char *workload;	/* n bytes, which stays the same for as long as the workload does */
	size_t n;
	int cap;
	bool denied;
	uint64_t first_ns;	/* when the first of them was, by any clock; 0: unknown */
};

/*
 * An alert of a rule, or `times` of them at once: is it told? Then *ret_times (may be NULL) is how many it stands for:
 * these, and those held back since the last one that was told, as far as they are not forgotten; about->first_ns is when the
 * first of all of these was.
 */
enum decision_held limits_pass(struct limits *l, const struct rule *rule, struct limits_about *about, uint64_t now,
			       uint64_t times, uint64_t *ret_times);

/*
 * What `from` knows goes over to `to`, which knew nothing: of its rule i as of rule now[i]; SIZE_MAX: it stays. Neither may be
 * larger than the other.
 */
void limits_hand_over(struct limits *from, struct limits *to, const size_t *now);

/*
 * How many alerts once_per has held back since the last that was told, and so told of nowhere: by rule, added to ret[count],
 * and in ret[count] those of whom it has forgotten.
 */
void limits_untold(const struct limits *l, uint64_t *ret, size_t count);

/* How often something was forgotten that was not over yet. */
uint64_t limits_forgotten(const struct limits *l);
