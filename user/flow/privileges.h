/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run may do: less and less. */
#pragma once

#include <stdint.h>

#include "user/flow/run.h"

/* What it still has to be allowed: also to pass a signal on to a command that has become another user's, as daemons do. */
uint64_t privileges_needed(const struct flow *f);

/* What is not needed any more goes, before anything that others chose is looked at. 0, or negative errno, which is noted. */
int privileges_drop(struct flow *f);

/* And what only the start needed: whoever is there was looked at; who comes is only looked at by the thread. */
int privileges_drop_first(struct flow *f);
