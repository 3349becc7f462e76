/* SPDX-License-Identifier: BSD-2-Clause */
/* What the history answers: who used what, in a stretch of time, and when nobody looked. Times are of CLOCK_REALTIME. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/usage.h"
#include "user/model/workload.h"

enum { PAST_SLOTS = 24 };

/* Since when it watches, and does it? */
struct past_state {
	bool any;		/* somebody watched at all */
	uint64_t since_ns, until_ns;	/* the first moment, and the last that is told of */
	bool ended;		/* in order: it does not watch now */
	bool imported;		/* the last run is a recording's */
	bool told;		/* something was handed over already */
	char host[65];		/* "": unknown */
	char kernel[65];
};

/* One kind of checks of one workload. Texts are owned by the list; "": unknown, or none. */
struct past_use {
	int32_t cap;
	bool denied;
	uint8_t class;		/* enum usage_class */
	char *exe, *call, *operation, *site;
	uint64_t n, failed, worked;
	int32_t error;
	uint64_t first_ns, last_ns;
	uint64_t slot[PAST_SLOTS];	/* of the stretch that was asked for, the last being now */
};

struct past {
	int64_t id;
	char *key;
	struct workload workload;	/* its texts are owned */
	uint64_t held, first_ns, last_ns;
	struct past_use *uses;		/* by capability, then verdict, then how often */
	size_t count;
};

struct past_list {
	struct past *at;
	size_t count;
};

void past_done_use(struct past_use *u);
void past_done(struct past *p);
void past_done_all(struct past_list *l);

/* Takes over the other's uses, as if both were one, and puts all in their order. 0, or -ENOMEM: nothing has changed. */
int past_join(struct past *p, struct past *other);

/* Puts them in their order. */
void past_sort(struct past *p);

/* What was granted it while it asked for itself, for whatever reason: a mask. */
uint64_t past_used(const struct past *p);

/* And of that what does not only stand where nothing depends on it. */
uint64_t past_mattered(const struct past *p);

/* What was refused where it mattered. */
uint64_t past_denied(const struct past *p);

/* What it was to be granted, else what its programs held. *ret_granted: it is the former. */
uint64_t past_may(const struct past *p, bool *ret_granted);

/* Of that what it did not use. */
uint64_t past_unused(const struct past *p);

uint64_t past_checks(const struct past *p);

struct past_denial {
	uint64_t first_ns, last_ns, n;
	int32_t cap;
	uint8_t class, outcome;		/* enum usage_class, enum outcome */
	int32_t error;
	uint32_t pid, uid;		/* uid UINT32_MAX: unknown */
	char *comm, *exe, *call, *operation, *key;	/* owned */
	const struct past *past;	/* whose: borrowed; NULL: nobody's that is known */
};

struct past_denials {
	struct past_denial *at;
	size_t count;
	uint64_t more;			/* that found no room */
};

void past_done_denial(struct past_denial *d);
void past_done_denials(struct past_denials *d);

/* By time. */
void past_sort_denials(struct past_denials *d);

/* A gap of which .reason is owned. */
struct past_gaps {
	struct usage_gap *at;
	size_t count;
};

void past_done_gaps(struct past_gaps *g);

/* Why nobody looked, in words: "capsieve was not running". */
const char *past_gap_words(const char *reason);

/* How much of the stretch nobody watched at all, in nanoseconds; gaps do not overlap. */
uint64_t past_blind_ns(const struct past_gaps *g);

/* Checks that are known to be missing. */
uint64_t past_lost(const struct past_gaps *g);
