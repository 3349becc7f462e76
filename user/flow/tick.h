/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run looks at again and again, whether or not something comes: clocks, losses, and whether it still hears. */
#pragma once

#include <stdbool.h>

#include "user/flow/run.h"

struct loss;

/* The wall clock may be set while we run: events that are read after that are shown by the new one. */
void tick_clock(struct flow *f);

/* The next look is due a whole one from now; and how long one takes, which is more while nothing comes. */
void tick_begin(struct flow *f);
int tick_ms(const struct flow *f);

void tick_do(struct flow *f);

/* Something comes: the clock may have been set since the last look. */
void tick_wake(struct flow *f);

/* What was lost since it was told last, to a person and to the sink. */
void tick_losses(struct flow *f, const struct loss *now, bool last);
