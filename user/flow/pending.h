/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is held until it is decided whom it is about: a check in a cgroup whose container has no name yet, where a filter asks
 * for a name. Whatever comes behind it waits with it, so everything goes on in the order in which it came; what is not meant
 * is left out. Bounded in time, number and memory: where there is no more room what is decided goes on ahead, and the
 * oldest that is not is given up only where nothing else is left.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/where.h"

struct event_outcome;
struct pending;
struct program;
struct record;
struct tally_count;
struct workload;

enum pending_kind { PENDING_CHECK, PENDING_LIFECYCLE, PENDING_PROGRAM, PENDING_COUNT, PENDING_OUTCOME, PENDING_RESOLVED };

/* All of it is borrowed for the call. */
struct pending_item {
	enum pending_kind kind;
	struct record *record;		/* a check, a lifecycle event: .pass may complete it */
	const struct program *program;	/* of these, of a count, or by itself; NULL: unknown, or of no program */
	const struct tally_count *count;
	const struct event_outcome *outcome;
	const struct workload *workload;	/* resolved: and at .wall_ns */
	uint64_t wall_ns;
};

struct pending_config {
	size_t max, max_bytes;	/* items, and memory in all, about */
	uint64_t patience_ns;	/* nothing waits longer */
	void *ctx;
	/* Is it meant, by what is known now? */
	enum where_answer (*ask)(void *ctx, const struct pending_item *i);
	/* It is its turn, and it is meant. Other than 0 ends what is under way, and is returned. */
	int (*pass)(void *ctx, const struct pending_item *i);
	/* It is not meant, or that cannot be told. */
	void (*refuse)(void *ctx, const struct pending_item *i, bool untold);
};

struct pending_stats {
	uint64_t waited;	/* items that had to be decided later */
	uint64_t longest_ns;	/* that one of them waited until it was */
	uint64_t ahead;		/* that went on before others that came before them, for lack of room */
	size_t most, most_bytes;	/* held at once */
};

/* NULL: out of memory. What is still held when it is freed goes nowhere. */
struct pending *pending_new(const struct pending_config *config);
void pending_free(struct pending *p);

/* Is anything held? Then everything else has to be put behind it. */
bool pending_any(const struct pending *p);

/* Is there anything whose answer is awaited? */
bool pending_waits(const struct pending *p);

/* One more behind all others. waits: it cannot be told yet, and may be later. 0; what .pass returned; -ENOMEM. */
int pending_put(struct pending *p, const struct pending_item *i, bool waits, uint64_t now_ns);

/*
 * More is known of a workload: of whom it is in its cgroup is asked again. With WORKLOAD_RESOLVED nothing more will come, and
 * what still cannot be told is refused. 0; what .pass returned; -ENOMEM.
 */
int pending_resolved(struct pending *p, const struct workload *w, uint64_t now_ns);

/* What waited for too long is refused, and what is behind it goes on. 0; what .pass returned. */
int pending_expire(struct pending *p, uint64_t now_ns);

/* The same of everything that waits: nothing will come any more. */
int pending_end(struct pending *p, uint64_t now_ns);

void pending_stats(const struct pending *p, struct pending_stats *ret);
