/* SPDX-License-Identifier: BSD-2-Clause */
/* The command that a run starts and watches. */
#pragma once

#include <stdbool.h>

#include "user/flow/run.h"

/* Makes .launch, which waits to be released. 0, or negative errno, which is noted. */
int started_hold(struct flow *f);
void started_release(struct flow *f);

/* Has it ended? Then that is in the result. */
void started_look(struct flow *f);

/* Is nothing left of it that the run is to wait for? */
bool started_is_over(struct flow *f);

/* It was told to end, and did not. */
void started_kill(struct flow *f);
