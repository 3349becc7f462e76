/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks as counts: a row for each {program, capability, verdict, options, system call}. It is filled with checks one by
 * one, from the kernel or from a recording, and with what the kernel side counted; both may be of the same row.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"

struct program;
struct workload;
struct record;
struct tally;

/* What the kernel side counted of one key. */
struct tally_count {
	struct count_key key;
	uint64_t count;
	uint64_t failed, worked;	/* of the count, or of an earlier part of it: in system calls that did; of the rest unknown */
	int error;		/* errno of the last that failed; 0: none here did */
	uint64_t first_ns;	/* CLOCK_REALTIME; 0: with another part of the same count */
	uint64_t last_ns;	/* about; one before the first is that */
	const struct program *program;	/* NULL: unknown; borrowed for the call */
};

/* What is known of a check of which only a count came: no ids, its first thread's name. Borrows .program. */
void tally_record(const struct tally_count *c, struct record *ret);

/* Room for max_rows; NULL: out of memory. */
struct tally *tally_new(size_t max_rows);
void tally_free(struct tally *t);

/*
 * Adds one check, with RECORD_WALL, whose fields describe the row if it is the first of it; or a count. 0; -ENOMEM, and t
 * is as before. Where there is no room for another row it is added to tally_rest.
 */
int tally_add(struct tally *t, const struct record *r);
int tally_add_count(struct tally *t, const struct tally_count *c);

/* The programs in a workload's cgroup are of this one now, known better. 0, -ENOMEM. */
int tally_resolved(struct tally *t, const struct workload *w);

/* How many checks there is no row for. */
uint64_t tally_rest(const struct tally *t);
size_t tally_rows(const struct tally *t);

/*
 * Calls fn for each row, the greatest count first, then the one that was first: a record with RECORD_COUNT, good for
 * the call. fn returns 0 to go on; what else it returns ends it and is returned.
 */
typedef int (*tally_fn)(void *ctx, const struct record *r);
int tally_each(struct tally *t, tally_fn fn, void *ctx);

/* Forgets everything. */
void tally_clear(struct tally *t);
