/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The members of a saved profile's objects. Each is 0 and *ret, or -EINVAL after saying what is wrong; then *ret is
 * untouched, but that a text is NULL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/site.h"

struct jsonin;

int member_bool(const struct jsonin *o, const char *key, bool *ret);

/* The same of a member that came later: where it is not there, *ret stays. */
int member_flag(const struct jsonin *o, const char *key, bool *ret);

/* From 0 to max; of times, to ASKED_TIMES_MAX. */
int member_number(const struct jsonin *o, const char *key, uint64_t max, uint64_t *ret);
int member_times(const struct jsonin *o, const char *key, uint64_t *ret);

/* A text, or NULL for null; it is the JSON's. */
int member_text(const struct jsonin *o, const char *key, const char **ret);

/* The same into size bytes; "" for null. */
int member_chars(const struct jsonin *o, const char *key, char *to, size_t size);

/* Nanoseconds of CLOCK_REALTIME. */
int member_time(const struct jsonin *o, const char *key, uint64_t *ret);

/* A site's .class. */
int member_class(const struct jsonin *o, enum site_class *ret);

/* A number of errno by its name; *ret stays for null. */
int member_error(const struct jsonin *o, const char *key, int *ret);
