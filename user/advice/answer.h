/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program needs, as a profile says it: concluded from what it asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/advice/solve.h"
#include "user/caps/profile.h"

struct asked;
struct asked_row;
struct buf;
struct proof_story;
struct recipe_need;

/* A file that was executed, or was to be, and brings capabilities, or another user or group. */
struct answer_file {
	const char *path;
	uint64_t caps;		/* permitted by its mark */
	bool setid;
	bool refused;		/* it was not executed, for the bounding set lacked some of .caps; 0: it is not known which */
};

enum { ANSWER_SECCOMP_UNKNOWN = 3 };

/* "none", "strict", "filters"; NULL: it is not known. */
const char *answer_seccomp_word(unsigned seccomp);

/* Strings and what is pointed to are borrowed. */
struct answer {
	/* What was seen */
	struct asked *asked;
	uint64_t checks, lost;	/* how many were seen, and how many of them are not in .asked */
	const struct answer_file *files;	/* of a command its own is the first */
	size_t file_count;
	const char *command;	/* what was started, without its arguments; NULL: nothing was */
	const char *user;	/* as whom, "USER[:GROUP]"; NULL: whoever started it */
	const char *workload;	/* around whom, as a person calls it; NULL: unknown, or more than one */
	uint32_t granted_source;	/* enum granted_source: what tells the next two, which else mean nothing */
	uint64_t granted, granted_bounding;	/* what its first process was to be started with, and to get at most */
	uint64_t runs;		/* of how many this is the sum */
	bool start_seen;	/* all of them were watched from their start */
	bool sites_unknown;	/* call sites could not be named: all is unclassified */
	uint64_t made_ns;	/* CLOCK_REALTIME */
	int failed;		/* how the command ended, where that was no success; else 0 */
	unsigned seccomp;	/* of its processes: 0 none, 1 strict, 2 filters; ANSWER_SECCOMP_UNKNOWN */
	const char *filter;	/* what filters its system calls, in words; NULL: nothing that is known */
	const struct proof_story *story;	/* what running it again showed; NULL: it was not */

	/* What is concluded, by answer_conclude; or was, of an answer that was saved */
	enum profile_status status;
	struct solved solved;
	uint64_t caps, bounding;
	bool no_new_privs, incomplete;
	uint64_t starting;	/* of what is advised: asked for at the start-up only */
	uint64_t drops;		/* and just to give up privilege, for one and the same user: */
	uint32_t drops_to;
};

/* Fills the second part from the first. 0 or -ENOMEM. */
int answer_conclude(struct answer *a);

/* Did it fail, and not because it was refused a capability? */
bool answer_fails_otherwise(const struct answer *a);

/*
 * After runs with less, of which .story tells and which decided .caps: what did not work without one of them, or not until
 * it was added, is needed, whatever the first run let conclude.
 */
void answer_prove(struct answer *a);

/* The number of the first run that differed for want of a capability, from 2 on; 0: none did. */
size_t answer_proved_by(const struct answer *a, unsigned cap);

/* The capabilities for want of which a call failed, as far as that is known. */
uint64_t answer_lacking(const struct answer *a);

/* Only when and what for, where .caps was decided otherwise. */
void answer_date(struct answer *a);

/* Was a setuid or setgid program executed? */
bool answer_is_setuid(const struct answer *a);

/* When a capability was asked for with effect: "start-up", "steady"; NULL: it was watched for too short a time to tell. */
const char *answer_phase(const struct answer *a, unsigned cap);

/* Every capability that was asked for. */
uint64_t answer_asked(const struct answer *a);

/* "needed", "chosen", ...: the words of the page and of JSON. */
const char *answer_part_word(enum solve_part part);

/* What its programs held and asked for in no way; false: what they held is not known. */
bool answer_unasked(const struct answer *a, uint64_t *ret);

/* Of what the workload was granted, what its programs did not use. */
uint64_t answer_unused(const struct answer *a);

/*
 * What could be done instead of granting what is advised: for each thing that it is wanted for what is known there, and where
 * that is nothing in particular what is known of the capability. Nothing is put where nothing is known, or it is not advised.
 */
void answer_put_instead(struct buf *b, const struct answer *a, unsigned cap);

/* Which part a capability is in; SOLVE_PARTS: it was not asked for. */
enum solve_part answer_part_of(const struct answer *a, unsigned cap);

/*
 * What is advised because of a row: its own capability, or, where that is not advised and others would do as well, those of
 * them that are. *ret_part (NULL: nobody asks) is what it argues for, alone.
 */
uint64_t answer_argues(const struct answer *a, const struct asked_row *row, enum solve_part *ret_part);

/*
 * The rows that a page tells of a capability, one after the other, from *at = 0 on: those that argue for it, of which some
 * may be another's, or those beside them; who only set it up is in neither. NULL: that was all. *ret_part as answer_argues.
 */
const struct asked_row *answer_next_row(const struct answer *a, unsigned cap, bool argue, size_t *at, enum solve_part *ret_part);

/* What a recipe is to grant, and what it has to warn of. Borrows of a. */
void answer_need(const struct answer *a, struct recipe_need *ret);
