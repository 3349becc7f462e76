/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first checks of their kinds, as they came: by them is decided on those that the kernel counts after them. Each is kept for
 * one turn beside the one in which it came: then the next of its kind is an event again.
 */
#pragma once

#include <stddef.h>

struct count_key;
struct record;
struct repeats;

struct repeats *repeats_new(void);	/* NULL: out of memory */
void repeats_free(struct repeats *p);

/* The event of which r was read; one that is not counted by its site is not kept, nor where there is no room. */
void repeats_put(struct repeats *p, const struct record *r, const void *data, size_t size);

/* The event, of *ret_size bytes, of such a count; NULL: none is kept. Good until the next call of another of these. */
const void *repeats_find(const struct repeats *p, const struct count_key *key, size_t *ret_size);

/* A turn is over, and its counts were taken. */
void repeats_turn(struct repeats *p);
