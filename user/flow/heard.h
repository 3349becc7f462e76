/* SPDX-License-Identifier: BSD-2-Clause */
/* The events of a run as they are read: what they tell is kept, completed and handed on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/flow/run.h"

struct program;
struct record;

enum { HEARD_BATCH = 512 };	/* events that are read before a signal, the time or the command is looked at */

/* Reads and shows what is there, but no more than a batch: others may write as fast as we read. How many events. */
int heard_drain(struct flow *f);

/* At the end: what the kernel side kept back; and calls that are under way have a moment to end. */
void heard_leftovers(struct flow *f);
void heard_last_outcomes(struct flow *f);

/* Is it one of those that we started to help us? Of p what is known, or NULL. */
bool heard_is_helper(const struct flow *f, uint32_t tgid, const struct program *p);

/* Completes a check with the program that asked, where that is (still) known. */
void heard_program(struct flow *f, struct record *r);
