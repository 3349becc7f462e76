/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of output that were made before. Most of what a check says, thousands of others said before it:
 * making it once per key takes the cost of an event down to that of a few copies. Bounded: a key that hashes
 * to a full place takes it over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/base/buf.h"

struct record;

enum { FRAGMENT_WORDS = 5, FRAGMENT_BITS = 7, FRAGMENT_COUNT = 1 << FRAGMENT_BITS };

/* All that the text depends on. */
struct fragment_key {
	uint64_t word[FRAGMENT_WORDS];
};

/*
 * Keys of the three parts of a check that repeat: what was asked and answered (some hundred different ones on
 * a busy host), the ids, sets and namespaces of the credentials with whether they
 * sufficed, and the program. False: the program is of no
 * table, so that nothing tells when it changes; its text must not be kept.
 */
void fragment_key_asked(const struct record *r, struct fragment_key *ret);
void fragment_key_credentials(const struct record *r, struct fragment_key *ret);
bool fragment_key_program(const struct record *r, struct fragment_key *ret);

struct fragment {
	struct fragment_key key;
	bool made;
	struct buf text;
};

/* Zeroed is empty. */
struct fragments {
	struct fragment at[FRAGMENT_COUNT];
};

/*
 * The text of a key. Where *ret_made is false it is empty and the caller fills it now. It stays with f; good
 * until the next call.
 */
struct buf *fragments_get(struct fragments *f, const struct fragment_key *key, bool *ret_made);

/* Frees the texts, not f itself. */
void fragments_done(struct fragments *f);
