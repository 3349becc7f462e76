/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom conditions are about, by themselves and side by side: what holds of whoever it may be. What cannot be told for sure
 * is false.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "user/model/where.h"

/* Is there a value that is wanted of this key? */
bool scope_wants(const struct where *w, enum where_key key);

/* Is there nobody of whom these conditions on this key hold? */
bool scope_is_empty(const struct where *w, enum where_key key);

/*
 * Are they in no container, and is something wanted that only containers have? *ret: the first such key. A unit may be
 * wanted of who is in a container: that has the unit in whose cgroup it is.
 */
bool scope_lacks_container(const struct where *w, enum where_key *ret);

/* Is everybody whom b is about one whom a is about? By what somebody has chosen for himself, nobody is. */
bool scope_includes(const struct where *a, const struct where *b);

/*
 * Those that the n-th wanted value of a key names, of all that are meant; false where there are not as many. at: room for
 * as many terms as w has; *ret borrows from both.
 */
bool scope_part(const struct where *w, enum where_key key, size_t n, struct where_term *at, struct where *ret);
