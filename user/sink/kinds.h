/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of checks that the kernel counts by their call site: of each kind the first is an event, which says where it
 * was asked, and of the others only counts come.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"
#include "user/base/index.h"

struct count_key;
struct record;

struct kinds {
	struct index index;
	struct buf values;
	size_t size;
	uint32_t max;
};

/*
 * A value of size bytes is kept of each kind, and another of the same whoever's it is: the last that any program had. Where
 * there are max of them, only the latter is kept of new ones. kinds_done frees what it takes.
 */
void kinds_init(struct kinds *k, size_t size, uint32_t max);
void kinds_done(struct kinds *k);

/* Forgets all, keeps the memory. */
void kinds_clear(struct kinds *k);

/* r is the event of its kind; one that is not counted by its site leaves k as it is. 0, -ENOMEM. */
int kinds_put(struct kinds *k, const struct record *r, const void *value);

/* Of what was counted: its own, or that of any program; good until the next kinds_put. NULL: no event of such a kind came. */
const void *kinds_find(const struct kinds *k, const struct count_key *key);
