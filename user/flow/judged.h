/* SPDX-License-Identifier: BSD-2-Clause */
/* The stage between enriching and showing: what the rules say. */
#pragma once

#include <stdbool.h>

#include "user/model/record.h"
#include "user/rule/judge.h"

/* Lets r say what becomes of it. Is there anything to show? j may be NULL. */
static inline bool judged(struct judge *j, struct record *r)
{
	if (!j)
		return true;
	judge_record(j, r, &r->decision);
	r->parts |= RECORD_DECISION;
	return !decision_is_silent(&r->decision);
}
