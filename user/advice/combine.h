/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profiles of many runs, of many machines, as one: what any of them needs, the sums of what was counted, the first and
 * the last. Places of different kernels stand side by side. What one of them did not see is not seen.
 */
#pragma once

#include <stddef.h>

#include "user/advice/saved.h"

/* 0 and *ret, for saved_done; -ENOSPC where they executed too many files for one; -ENOMEM. count is 1 or more. */
int combine(const struct saved *each, size_t count, struct saved *ret);
