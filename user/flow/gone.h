/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes that a run watches (-p, --tree), where it ends with them: nobody who comes later is meant. */
#pragma once

#include <stdbool.h>

#include "user/flow/run.h"

/* Is to be woken when they end; what cannot be waited for is taken to go on. */
void gone_await(struct flow *f);
void gone_forget(struct flow *f);

/* Have all of them ended? Then that is said. */
bool gone_all(struct flow *f);

/* Does it matter whether what lives is more than zombies that nobody reaps? .without_life is counted by who calls. */
bool gone_looks(const struct flow *f);
