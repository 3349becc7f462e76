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

/* Now and then: zombies that nobody reaps are no life. */
void gone_look(struct flow *f);
