/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The quantities that people type. All take the whole string or nothing: -EINVAL where it does not read as
 * one, -ERANGE where it does and is too large or outside the limits.
 */
#pragma once

#include <stdint.h>

/*
 * A length of time: 250ms, 10s, 5m, 1h30m, 7d; the units are w d h m s ms us ns, each at most once and from
 * large to small. A lone number is seconds.
 */
int span_parse(const char *s, uint64_t *ret_ns);

/* An amount of memory in bytes: 1048576, 64K, 64KiB, 8M; the units are B K M G T, powers of 1024. */
int size_parse(const char *s, uint64_t *ret_bytes);

/* A decimal number from min to max. */
int number_parse(const char *s, uint64_t min, uint64_t max, uint64_t *ret);
