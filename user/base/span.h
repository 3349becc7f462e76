/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The quantities that people type. All that parse take the whole string or nothing: -EINVAL where it does not read as
 * one, -ERANGE where it does and is too large or outside the limits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;

/*
 * A length of time: 250ms, 10s, 5m, 1h30m, 7d; the units are w d h m s ms us ns, each at most once and from
 * large to small. A lone number is seconds.
 */
int span_parse(const char *s, uint64_t *ret_ns);

/* An amount of memory in bytes: 1048576, 64K, 64KiB, 8M; the units are B K M G T, powers of 1024. */
int size_parse(const char *s, uint64_t *ret_bytes);

/* A decimal number from min to max. */
int number_parse(const char *s, uint64_t min, uint64_t max, uint64_t *ret);

/* How long something took, to about two digits: "0.3 s", "3 min 20 s", "6 h 12 min"; days: from two on "2 days 3 h". */
void span_print(struct buf *b, uint64_t ns, bool days);
