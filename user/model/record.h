/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one currency that passes from source through enrich, rules and sinks. `parts` says which of its parts
 * are filled; what is not filled is unknown and is shown as such.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/model/decision.h"
#include "user/model/outcome.h"

struct program;
struct site;
struct workload;

enum record_part {
	RECORD_CHECK	= 1 << 0,	/* .check */
	RECORD_PROGRAM	= 1 << 1,	/* .program */
	RECORD_WALL	= 1 << 2,	/* .wall_ns */
	RECORD_COUNT	= 1 << 3,	/* .count and .first_ns: as many of the same kind; .wall_ns is that of the last */
	RECORD_LIFE	= 1 << 4,	/* .life: no check, but of .check the task, its program, ids, sets and system call */
	RECORD_DECISION	= 1 << 6,	/* .decision */
	RECORD_OUTCOME	= 1 << 5,	/* .outcome and .error: of the system call, as far as they are known */
};

struct record {
	uint32_t parts;
	uint16_t kind;			/* enum event_kind; may be one that this version does not know */
	uint64_t mono_ns;		/* CLOCK_MONOTONIC */
	uint64_t wall_ns;		/* CLOCK_REALTIME */
	uint64_t seq;			/* number of this check in this run, from 1; lifecycle events have numbers of their own */
	uint64_t count;
	uint64_t first_ns;		/* CLOCK_REALTIME */
	struct event_check check;	/* fields that the event was too short for are zero */
	const struct program *program;	/* borrowed */
	const struct lifecycle *life;	/* borrowed */

	/* Where in the kernel it was asked, where that was wanted; borrowed until the next record. */
	const char *stack;		/* functions between blanks, the one that called cap_capable first; NULL: unknown */
	const struct site *site;	/* what that means (user/caps/site.h); NULL: not asked for */
	uint64_t argument;		/* as site_argument has it */
	uint64_t site_id;		/* that of struct count_key; 0: it is not counted by its site */

	struct decision decision;	/* its strings are the rules' */
	uint8_t outcome;		/* enum outcome */
	int32_t error;			/* errno, with OUTCOME_FAILED */
};

/*
 * Reads one event. data need not be aligned. A kind that is not known here leaves only kind and mono_ns
 * filled. A longer event than ours is taken as far as we know it; a shorter check is taken where it reaches
 * the capability. 0; -EBADMSG where size and length disagree or a known kind is too short to mean anything.
 */
int record_decode(const void *data, size_t len, struct record *ret);

/* The comm of a check as a length: it has no NUL where it fills its field. */
size_t record_comm_len(const struct record *r);

/* Words for what a check's bits say, or NULL where the probe could not tell. */
const char *record_verdict(const struct record *r);	/* "allowed" | "denied" */
const char *record_via(const struct record *r);		/* "held" | "owner"; NULL also for denials */
const char *record_cred(const struct record *r);	/* "own" | "overridden" | "other" */

/* What the rules said of it; NULL: there are none. */
static inline const struct decision *record_decision(const struct record *r)
{
	return r->parts & RECORD_DECISION ? &r->decision : NULL;
}

/* Not the task's own credentials, or granted to it as the owner of a namespace: nothing that it would have to hold. */
bool record_is_no_need(const struct record *r);

/* How its system call ended, as outcome_ending() has it; OUTCOME_UNKNOWN without RECORD_OUTCOME. */
enum outcome record_ending(const struct record *r);

/* Around whom it was asked; NULL: unknown. Lives as long as .program does. */
const struct workload *record_workload(const struct record *r);

/* The word of --attach for a probe: "fexit", "tp_btf", "tp", "kprobe". */
const char *record_probe(enum event_probe probe);
