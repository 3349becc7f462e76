/* SPDX-License-Identifier: BSD-2-Clause */
/* Moments, as people type them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Of a recording. "10m": so long after it began, at start_ns of CLOCK_REALTIME; "02:50" or "02:50:01": the first such time of a
 * day after that, in UTC or in the machine's zone; "2026-11-22T02:50:00Z": that moment. 0, or -EINVAL.
 */
int moment_parse(const char *text, uint64_t start_ns, bool utc, uint64_t *ret_ns);

/* Of what was: "7d" is so long before `now`, "02:50" the last such time that is not after it; the rest as above. */
int moment_past(const char *text, uint64_t now_ns, bool utc, uint64_t *ret_ns);
