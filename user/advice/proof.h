/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does a program do with less what it did before? A run is held against the first one, and what differs is listed.
 * Exit status alone lies: useradd without FOWNER and tar without FSETID end with 0, and leave files out. So what matters
 * is also that the kernel refused something at a place where a refusal is not harmless, and the system call failed,
 * unless a judge - a command of the user's - says that the work was done.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/advice/minimise.h"
#include "user/advice/saved.h"

/* How a run came to its end. */
enum proof_end {
	PROOF_ENDED,		/* by itself; for a server: after it was told to, and not before */
	PROOF_NOT_STARTED,
	PROOF_NEVER_READY,	/* --ready did not succeed in time */
	PROOF_ENDED_EARLY,	/* a server that ended before it was told to */
	PROOF_TOO_LONG,		/* it was still running when its time was over */
	PROOF_INTERRUPTED,	/* by a signal to us */
	PROOF_NO_RESET,		/* the state could not be restored: it was not started */
	PROOF_ENDS
};

enum { PROOF_NO_JUDGE = -1 };

struct asked;
struct asked_row;

struct proof_run {
	enum proof_end end;
	int status;		/* as a shell has it; of PROOF_ENDED, PROOF_ENDED_EARLY and PROOF_TOO_LONG */
	bool server;		/* it was told to end when it had shown that it works */
	int judge;		/* the judge's status, 0: the work was done; or PROOF_NO_JUDGE */
	bool incomplete;	/* checks were lost */
	struct asked *asked;	/* NULL: nothing was heard */
};

enum proof_kind {
	PROOF_END,	/* it did not come to its end as before */
	PROOF_STATUS,	/* another exit status */
	PROOF_JUDGE,	/* the judge refuses it */
	PROOF_LOSS,	/* not everything was heard */
	PROOF_DENIAL,	/* refused now, and not before */
	PROOF_CHECK,	/* asked for now, and not before; granted */
	PROOF_GONE,	/* asked for before, and not now */
	PROOF_KINDS
};

struct proof_difference {
	enum proof_kind kind;
	bool matters;
	const struct asked_row *row;	/* of PROOF_DENIAL and PROOF_CHECK this run's, of PROOF_GONE the first one's; borrowed */
};

enum { PROOF_DIFFERENCES_MAX = 1024 };

struct proof {
	struct proof_difference *at;	/* owned */
	size_t count;
	size_t left_out;	/* no room was left for these */
	uint64_t harmless;	/* refusals that change nothing, by their class: not listed */
	uint64_t lacking;	/* capabilities whose refusal matters */
	uint64_t unasked;	/* asked for before at a place that counts, and nowhere now */
	bool holds;		/* nothing that matters differs */
	bool unheard;		/* nothing but that not all of it was heard */
};

/* Why the first run shows nothing that another one could be held against; PROOF_USABLE: it does. */
enum proof_unusable { PROOF_USABLE, PROOF_BAD_END, PROOF_FAILED, PROOF_REFUSED, PROOF_LOSSES };
enum proof_unusable proof_unusable(const struct proof_run *first);

/* Does it say nothing, since it was not made, or not to its end? */
bool proof_is_void(const struct proof_run *run);

/* 0 and *ret, for proof_done; -ENOMEM. Both runs outlive *ret. */
int proof_compare(const struct proof_run *first, const struct proof_run *now, struct proof *ret);
void proof_done(struct proof *p);

/*
 * What is to be granted besides, so that nothing that matters would be refused: the least dangerous of what would do.
 * 0 and *ret; -ENOMEM.
 */
int proof_cure(const struct proof *p, uint64_t *ret);

/* "end", "status", ...; for enum proof_end "ended", "never_ready", ... */
const char *proof_kind_word(enum proof_kind kind);
const char *proof_end_word(enum proof_end end);

/* ---- all runs ---- */

enum proof_purpose {
	PROOF_FIRST,	/* to find out what is asked for */
	PROOF_VERIFY,	/* with exactly what is advised */
	PROOF_MINIMISE,	/* without one of them */
	PROOF_PURPOSES
};

struct proof_attempt {
	enum proof_purpose purpose;
	uint64_t caps, bounding;	/* with which it ran; not of the first */
	unsigned without;		/* of PROOF_MINIMISE: what was taken away */
	enum minimise_why why;		/* ... and what came of it */
	struct saved heard;		/* owned */
	struct proof_run run;		/* .asked is that of .heard */
	struct proof differs;		/* from the first; not of the first */
	struct asked_row *rows;		/* owned, as is their .operation: of a story that was saved; else NULL */
	size_t row_count;
};

struct proof_story {
	struct proof_attempt *at;
	size_t count;
	bool verified;
	enum proof_unusable unusable;	/* of the first run */
	bool interrupted;
	bool minimised;		/* every one of what is advised was tried */
	uint64_t added, removed;	/* to what was concluded from the first run */
};

/* A place for one more, zeroed; NULL: out of memory. Earlier ones may move. */
struct proof_attempt *proof_story_add(struct proof_story *s);
void proof_story_done(struct proof_story *s);

/* "bad_end", "failed", ...; NULL: it is usable. */
const char *proof_unusable_word(enum proof_unusable why);

/* "first", "verify", "minimise". */
const char *proof_purpose_word(enum proof_purpose purpose);
