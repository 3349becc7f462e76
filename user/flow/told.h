/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run says of itself: how it hears, what it kept, whom it waits for, and at its end what came of that. All of it as notes. */
#pragma once

#include <stdbool.h>

#include "user/flow/run.h"

struct self;

/* At its start */
void told_probe(const struct flow *f);
void told_outcomes(const struct flow *f);

/* At the end: of which calls it became known late what they return. */
void told_late_outcomes(const struct flow *f);
void told_waiting(struct flow *f);

/* The capabilities that are left; and a probe in reserve, after live_needs() found out whether one could be had. */
void told_kept(const struct flow *f, const struct self *left);
void told_reserve(const struct flow *f);

/* At its end; who was left out without being sure makes the result incomplete. */
void told_workloads(const struct flow *f);
void told_undecided(struct flow *f);
void told_sites(const struct flow *f);
void told_how_sites(const struct flow *f);

/* Are few of the checks that are alike unwound for their call site? */
bool told_few_sites(const struct flow *f);
