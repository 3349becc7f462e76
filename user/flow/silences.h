/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What rules are silent about, told to the kernel side: once for each program, user and user namespace, with a stamp that
 * says of whom it was decided. What comes back as a count is told by the number of its decision.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/model/decision.h"

struct judge;
struct live_silence;
struct live_stamp;
struct record;
struct silences;

struct silences_config {
	struct judge *judge;	/* borrowed */
	bool allowed;		/* what is allowed too, and not only what is ignored */
	/* The kernel side takes it: 0, or negative errno, and all is reported as before. */
	int (*put)(void *ctx, const struct live_stamp *who, const struct live_silence *what);
	void *ctx;
};

enum { SILENCES_KINDS = 4096 };	/* different decisions at once; of what is beyond nothing is silenced */

struct silences *silences_new(const struct silences_config *config);	/* NULL: out of memory */
void silences_free(struct silences *s);

/* r, with RECORD_DECISION, came as an event. Where it is silent, its like need not. */
void silences_check(struct silences *s, const struct record *r);

/*
 * So many checks were counted by the decision with this id: they are added to what the judge counted. What they were:
 * DECISION_ALLOW or DECISION_IGNORE.
 */
enum decision_action silences_counted(struct silences *s, uint64_t id, int cap, bool denied, uint64_t times);

/* Is it the number of a decision, also of one that is forgotten? Else a count has that of a call site. */
bool silences_is(const struct silences *s, uint64_t id);

/*
 * The judge, or another one, has other rules: all is decided anew. What was counted by the former ones is known until the
 * next call.
 */
void silences_renew(struct silences *s, struct judge *judge);

/* How many decisions the kernel side was told. */
uint64_t silences_told(const struct silences *s);
