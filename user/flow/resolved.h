/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of containers, which a thread finds out while the run goes on. */
#pragma once

#include "user/flow/run.h"

/* The engine that may be asked, where one is named; and the thread, while there still are privileges, of which it keeps some. 0, or
 * negative errno, which is noted. */
int resolved_open(struct flow *f);
int resolved_start(struct flow *f);

/* What it found out since. */
void resolved_take(struct flow *f);

/* What waited for a name for too long goes on without. */
void resolved_expire(struct flow *f);

/* Nothing is added any more: for what still waits the thread has as long as while it ran. */
void resolved_settle(struct flow *f);
