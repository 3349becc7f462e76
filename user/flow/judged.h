/* SPDX-License-Identifier: BSD-2-Clause */
/* The stage between enriching and showing: what the rules say. */
#pragma once

#include <stdbool.h>

#include "user/model/decision.h"
#include "user/model/record.h"
#include "user/rule/judge.h"

/* Lets r say what becomes of it, in *said, which lives as long as r. Is there anything to show? j may be NULL. */
static inline bool judged(struct judge *j, struct record *r, struct decision *said)
{
	if (!j)
		return true;
	judge_record(j, r, said);
	r->decision = said;
	return !decision_is_silent(said);
}
