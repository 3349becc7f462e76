/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel side counted instead of sending it, taken when a turn or a change of rules asks for it; and the account of all. */
#pragma once

#include <stdbool.h>

#include "user/flow/run.h"

struct account;

/* Is anything counted in the kernel? */
bool counted_any(const struct flow *f);

/* What was counted until now; all of it, also of the bank that is changed meanwhile. */
void counted_take(struct flow *f);
void counted_take_all(struct flow *f);

/* What is decided is decided by the rules of its time: what waits for .judge_waits, and what follows from rules that are others now. */
void counted_change_rules(struct flow *f);
void counted_follow_rules(struct flow *f);

/* As the kernel side has it, with what is known here alone. */
void counted_account(struct flow *f, struct account *ret);
