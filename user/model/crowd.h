/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often each workload asks for what, of which a few have figures of their own: the busiest ones. All others are one,
 * and so is what has no name that stays: a path, a session, the id of a container.
 *
 * A figure never falls. Who makes more than twice as many checks in a window as the least busy of the few takes his
 * place: that one's figures end, and the other's begin with 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd;
struct workload;

#define CROWD_WINDOW_NS 600000000000ULL
#define CROWD_KEPT_NS	3600000000000ULL

enum { CROWD_MOST_MAX = 200, CROWD_KNOWN_MAX = 4096, CROWD_KEY_MAX = 128 };

#define CROWD_OTHER "other"

enum crowd_what {
	CROWD_ALLOWED,
	CROWD_DENIED,
	CROWD_OUTSIDE,		/* of these, what is outside of a profile or a baseline */
	CROWD_WHATS
};

/* NULL: out of memory. */
struct crowd *crowd_new(void);
void crowd_free(struct crowd *c);

/* So many have figures of their own, CROWD_MOST_MAX at most; at first none has. */
void crowd_set_most(struct crowd *c, size_t most);

/* So many checks of one capability. w: NULL is unknown. Where there is no memory it is one of the others. */
void crowd_add(struct crowd *c, const struct workload *w, unsigned int cap, enum crowd_what what, uint64_t n);

/* Now and then, with a clock that goes on: at the end of a window others may take places. */
void crowd_turn(struct crowd *c, uint64_t now_ns);

/* How many were heard within CROWD_KEPT_NS, and are known. */
size_t crowd_known(const struct crowd *c);

/*
 * Calls fn for each figure that is not 0, CROWD_OTHER's first; workload is good until the next call of anything else here.
 * Where none has figures of his own, what is allowed and denied is not told.
 */
typedef void (*crowd_fn)(void *ctx, const char *workload, unsigned int cap, enum crowd_what what, uint64_t n);
void crowd_each(const struct crowd *c, crowd_fn fn, void *ctx);
