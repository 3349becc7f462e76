/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks as a table of counts, which another sink shows: at each turn, and at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sink;

/*
 * shown becomes its own, also where it fails (-ENOMEM). apart: between two tables stands an empty line, and each begins as
 * the first one did. What finds no row because there are max_rows already is one sum, which count_rest tells.
 */
int count_new(struct sink *shown, size_t max_rows, bool apart, struct sink **ret);

/* How many checks found no room in the tables that were shown. */
unsigned long long count_rest(const struct sink *s);
