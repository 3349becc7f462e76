/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The filters by name - the options that are called like a key, and --where -, asked here of what the kernel side, or a
 * recording, has let through. What a cgroup alone decides is decided once for it and handed to the kernel side; a cgroup
 * of which nothing was decided yet passes there, so nothing is missed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "user/model/where.h"

struct buf;
struct chosen;
struct filter;
struct program;
struct record;
struct users;

struct chosen_config {
	const struct filter *filter;	/* outlives it */
	const char *proc;		/* NULL: a recording, of which this machine knows nothing */
	struct users *users;		/* for names of users; NULL: only numbers */
	bool payload;			/* what starts containers may be left out without a word */
};

/* 0 and *ret, NULL where the filter asks for no names at all: then everybody is chosen. -ENOMEM. */
int chosen_new(const struct chosen_config *config, struct chosen **ret);
void chosen_free(struct chosen *c);

/*
 * A program was met, or is another one now. Says what its cgroup alone decides: YES is no more than that it does not
 * leave out anybody in it, UNKNOWN that it cannot be told yet.
 */
enum where_answer chosen_program(struct chosen *c, const struct program *p);

/* Is it meant, by what is known now? Neither reads a file. c may be NULL. */
enum where_answer chosen_record(struct chosen *c, const struct record *r);

/* The same of a program, before any of its checks, as it is now. */
enum where_answer chosen_meets(struct chosen *c, const struct program *p);

/* Of whom that cannot be told: may a check of his tell it, because more is asked than what his cgroup answers? */
bool chosen_may_meet(const struct chosen *c);

/* Is any name asked for that only engines tell? Then more may become known of whom it cannot be told yet. c may be NULL. */
bool chosen_asks_engines(const struct chosen *c);

/* Somebody was left out because it could not be told; NULL: an unknown program. A container may have no name while it is set up. */
void chosen_untold(struct chosen *c, const struct program *p);

/*
 * Tells fn of each cgroup of this machine in which somebody is now, and whether he may be meant; where none of the keys is one
 * that a cgroup answers, nobody is. c may be NULL: then everybody is. 0; what fn returned; as cgroups_each.
 */
typedef int chosen_place_fn(void *ctx, const char *path, uint64_t id, bool meant);
int chosen_places(struct chosen *c, const char *proc, chosen_place_fn *fn, void *ctx);

/* The capabilities that it takes to look at processes; c may be NULL. And at engines' files: chosen_places, chosen_waits. */
uint64_t chosen_needs(const struct chosen *c);
uint64_t chosen_needs_first(const struct chosen *c);

/* How many were left out because it could not be told. */
uint64_t chosen_undecided(const struct chosen *c);

/*
 * Is there nobody yet in any cgroup of this machine who could be meant? Then what it waits for, in words: "a container
 * named 'web'", and the nearest name that there is.
 */
bool chosen_waits(struct chosen *c, struct buf *ret);
