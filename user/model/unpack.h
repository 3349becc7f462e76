/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One block of a recording at a time, back into what was recorded. Nothing in a block is believed: what lies is
 * refused before any of it is given away.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "user/model/loss.h"

struct program;
struct record;
struct recording_block;
struct recording_head;
struct unpack;
struct workload;

enum unpack_kind {
	UNPACK_NOTHING,		/* the block is at its end */
	UNPACK_NAME,
	UNPACK_PROGRAM,		/* before all checks, as they were met */
	UNPACK_CHECK,
	UNPACK_LIFECYCLE,
	UNPACK_RESOLVED,	/* more is known of a workload than its programs had */
	UNPACK_LOST,
	UNPACK_END,		/* the recording was closed in order */
};

/* What points into the unpack is good until the next call on it. */
struct unpack_item {
	enum unpack_kind kind;
	const struct program *program;	/* UNPACK_PROGRAM */
	const struct workload *workload;	/* UNPACK_RESOLVED */
	struct record *record;		/* UNPACK_CHECK, UNPACK_LIFECYCLE: all parts that were known */
	struct {
		uint32_t kind, id;	/* enum name_kind of user/model/rows.h */
		const char *text;	/* NULL: known to have none */
	} name;
	uint64_t wall_ns;		/* UNPACK_LOST, UNPACK_RESOLVED, UNPACK_END */
	struct loss lost;
	struct account account;
};

/* NULL: out of memory. */
struct unpack *unpack_new(void);
void unpack_free(struct unpack *u);

/*
 * Takes a block that recording_look called whole. 0; -EBADMSG where its contents are not what they say; -ENOMEM. A kind of
 * block that is not known holds nothing.
 */
int unpack_open(struct unpack *u, const struct recording_block *block);

/*
 * The head of the recording, of a block that has it once more. 0; -EBADMSG for any other block, and for a head that is not the one
 * that the block belongs to; -ENOMEM. No block is open behind it.
 */
int unpack_head(struct unpack *u, const struct recording_block *block, struct recording_head *ret);

/* The next thing of the block. */
void unpack_next(struct unpack *u, struct unpack_item *ret);

/*
 * The same, for the many: while checks come one behind the other, this is the next one, which may be written to; NULL where
 * something else has its turn, and unpack_next tells what.
 */
struct record *unpack_check(struct unpack *u);
