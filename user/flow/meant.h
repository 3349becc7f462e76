/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stage between enriching and showing: is it of somebody who is asked for by name? What is meant goes on to the rules and to
 * the sink; what is not is left out, and the kernel side is told; what cannot be told yet waits, and all behind it.
 */
#pragma once

#include <stdbool.h>

#include "user/flow/pending.h"
#include "user/flow/run.h"

/* What waits for a name: as long as all looks of the thread take, on a machine that is busy. */
#define MEANT_PATIENCE_NS 2000000000ULL

/* Makes .chosen and .pending of the filter. 0, or negative errno, which is noted. */
int meant_begin(struct flow *f);

/* Hands on what is meant, behind all that waits, and holds what may be. 0; -ECANCELED: nothing more is to be shown. */
int meant_offer(struct flow *f, const struct pending_item *i);

/* Whoever is of a cgroup that nobody asks for need not be heard again: the kernel side refuses it from now on. */
void meant_place(struct flow *f, const struct program *p);

/* Is nothing shown any more that comes now? */
bool meant_enough(const struct flow *f);

/* What went wrong in the output ends the run: err as it is, kept in the result; 0 or -ECANCELED. */
int meant_output(struct flow *f, int err);

/* The same of what a call of pending.h returned. */
int meant_waited(struct flow *f, int err);
