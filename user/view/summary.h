/* SPDX-License-Identifier: BSD-2-Clause */
/* The account of a run in words, for standard error. No newline at the end of any of them. */
#pragma once

#include <stdbool.h>

#include "user/model/loss.h"

struct buf;

/* "1,234 checks: 1,200 shown, 34 hidden (memory overcommit; --all shows them), 0 lost" */
void summary_line(struct buf *b, const struct account *account);

/*
 * "12 lost: the ring buffer was full (--ring makes it larger)"; false, and nothing, where the cause has no
 * losses.
 */
bool summary_loss(struct buf *b, const struct account *account, enum loss_cause cause);

/* "of 2,000 that reached the probe: 12 by capsieve itself, 754 outside the filters" */
void summary_rest(struct buf *b, const struct account *account);
