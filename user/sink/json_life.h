/* SPDX-License-Identifier: BSD-2-Clause */
/* The members of a line of JSON that only lifecycle events have. */
#pragma once

#include <stdint.h>

struct json;
struct lifecycle;

/* The value of a set: an array of names. */
void json_life_set(struct json *j, uint64_t mask);

/* event, result, ..., before, after. */
void json_life(struct json *j, const struct lifecycle *l);
