/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was asked for, and where: checks of one capability, at one place in the kernel, in one system call are one row,
 * with how they ended. Pure; a profile is made of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/caps/site.h"

enum { ASKED_ROWS_MAX = 65536, ASKED_FILES_MAX = 4096, ASKED_NAME = 64, ASKED_CALL = 32, ASKED_KERNELS_MAX = 64 };
enum { ASKED_CALLERS = 4, ASKED_USER_BYTES = 64 };
/* Read again, a byte that is no UTF-8 is three. */
enum { ASKED_COMM = 3 * EVENT_COMM + 1, ASKED_USER = 3 * ASKED_USER_BYTES + 1 };
#define ASKED_TIMES_MAX (1ULL << 53)		/* no sum grows beyond: every reader of JSON has it exactly */

struct asked_row {
	int cap;
	enum site_class class;
	const char *operation;		/* NULL: not known */
	const char *condition;		/* NULL: none */
	uint64_t others;		/* SITE_ALTERNATIVE: what would do as well */
	char name[ASKED_NAME];		/* the kernel's function that asked; "": unknown */
	char call[ASKED_CALL];		/* the system call; "": none, or unknown */
	bool no_need;			/* not with the program's own credentials, or in a user namespace of its making */
	bool setup;			/* by what started the program, before that was executed */
	bool withheld;			/* denied though permitted: the program has chosen not to use it there */
	uint64_t granted, denied;
	uint64_t failed, worked;	/* of .denied: the call failed, or succeeded all the same; of the rest it is not known */
	int error;			/* errno of the last that failed */
	uint64_t granted_failed, granted_worked;	/* the same of .granted; nobody asks any more once one worked */
	int granted_error;
	uint64_t first_ns, last_ns;	/* CLOCK_REALTIME */
	uint64_t kernels;		/* on which: bits, as asked_kernel has them */
	bool starting, steady;		/* seen at the start-up; after it */
	bool keeps;			/* for more than to give up privilege */
	unsigned helpers;		/* by which kinds of helper it was asked: 1 << enum site_helper; 0: unknown */
	const char *callers[ASKED_CALLERS];	/* of .name: the first so many; NULL: no more are known. A table's rows own theirs */

	/* Of the first: */
	uint32_t pid;
	uint32_t uid, euid;		/* where .ids_known */
	bool ids_known;
	char user[ASKED_USER];		/* the name of uid; "": it has none, it is too long, or not known */
	unsigned arg_count;		/* of .args: those that decide what the call means; 0: none does, or unknown */
	uint32_t args[2];
	char comm[ASKED_COMM];
	char *exe;			/* NULL: unknown */
};

/* A check, or as many of the same kind. Strings are borrowed for the call. */
struct asked_check {
	int cap;
	const struct site *site;	/* NULL: unclassified */
	const char *call;	/* "": none, or unknown */
	bool denied, no_need, setup, withheld;
	bool settled;		/* its process is past its start-up, whatever the time */
	bool drops;		/* made to give up privilege */
	int error;		/* errno of the last that failed; 0: none did */
	uint64_t times, failed, worked;	/* failed, worked: of these, or of earlier ones, where it is known */
	uint64_t wall_ns;
	uint32_t pid;
	bool ids_known, argument_known;
	uint32_t uid, euid;
	const char *user;	/* the name of uid; NULL: unknown */
	uint64_t argument;	/* as site_argument has it */
	const char *comm;	/* comm_len bytes, EVENT_COMM at most */
	size_t comm_len;
	const char *exe;	/* NULL: unknown */
};

struct asked;

/* NULL: out of memory. */
struct asked *asked_new(void);
void asked_free(struct asked *a);

/*
 * 0 or -ENOMEM. *ret_row is what it was added to, good until asked_free, to be counted on by asked_more alone; NULL: there was
 * no room. (ret_row NULL: nobody asks.)
 */
int asked_add(struct asked *a, const struct asked_check *c, struct asked_row **ret_row);

/* As many more of the kind of checks that a row was made for; row NULL: of one that found no room. */
void asked_more(struct asked *a, struct asked_row *row, const struct asked_check *c);

/* The same to a row of `a` like this one, which is another's. 0 or -ENOMEM. */
int asked_like(struct asked *a, const struct asked_row *row, const struct asked_check *c);

#define ASKED_START_NS 10000000000ULL	/* the start-up takes no longer */

/*
 * The start-up of what is watched began at this moment of CLOCK_REALTIME; of several the first counts. It ends after
 * ASKED_START_NS, and in a process when that changed its user. Without this everything is past it.
 */
void asked_starts(struct asked *a, uint64_t wall_ns);

/* It was watched until then. */
void asked_ends(struct asked *a, uint64_t wall_ns);

/* Was anything watched past its start-up? */
bool asked_saw_steady(const struct asked *a);
void asked_see_steady(struct asked *a);

/* Somebody gave up root to be this user. */
void asked_drop_to(struct asked *a, uint32_t user);

/* How many such users there are, and which; 2 means many. */
unsigned asked_drops_to(const struct asked *a, uint32_t ret_users[2]);

/*
 * As many checks as the row says, which was another's: its strings are copied. Where there is such a row already, the two
 * become one. 0 or -ENOMEM.
 */
int asked_put(struct asked *a, const struct asked_row *row);

/* What is added from now on was asked of this kernel. 0; -ENOSPC where there are too many: then of none; or -ENOMEM. */
int asked_kernel(struct asked *a, const char *release);

/* The kernels, bit 0 of a row's first; NULL behind the last. */
const char *asked_kernel_at(const struct asked *a, size_t i);

/* a and b, ASKED_TIMES_MAX at most. */
uint64_t asked_sum(uint64_t a, uint64_t b);

/* Of how many that were refused it is not known what their call returned. */
uint64_t asked_untold(const struct asked_row *row);

#define ASKED_WATCHED_MS_MAX (1ULL << 43)	/* 278 years */

/* It was watched for so long, besides what was told before; CLOCK_REALTIME's nanoseconds. */
void asked_watched(struct asked *a, uint64_t ns);
uint64_t asked_watched_ns(const struct asked *a);

/* A program that was met: what it is permitted, and the file that it is (NULL: unknown). 0 or -ENOMEM. */
int asked_program(struct asked *a, uint64_t permitted, const char *exe);

/* The halves of that: somebody who is watched is permitted this, whether he asks for anything or not; that file was executed. */
void asked_holds(struct asked *a, uint64_t set);
int asked_executed(struct asked *a, const char *exe);

/* A file that was not executed, for it brings what a bounding set lacks. */
struct asked_refusal {
	uint64_t bounding;	/* what all of them had, of those to whom that happened */
	bool elsewhere;		/* it is not to be found by its path here */
};

/* The path is as it was given to the kernel. 0 or -ENOMEM. */
int asked_refused(struct asked *a, const char *path, const struct asked_refusal *refusal);

/*
 * What this process asked for in its exec was for the file that it executed then: that is told there, and no more what it was
 * before. 0 or -ENOMEM.
 */
int asked_becomes(struct asked *a, uint32_t pid, const char *exe);

/* What started it - a bundle, an engine, a unit - was to grant this, besides what was told before. */
void asked_granted(struct asked *a, uint64_t set);

/* False: by none of that is it known what was granted. */
bool asked_grant(const struct asked *a, uint64_t *ret);

/*
 * To be called when all is added: what a program was seen to withhold at a place, and was never granted there, is no
 * alternative there. ping raises only the capability that it wants to be asked for.
 */
void asked_settle(struct asked *a);

/*
 * The same, where nothing was lost, and before asked_settle. The kernel asks for CAP_DAC_READ_SEARCH first where that would do,
 * whatever the call, and for CAP_DAC_OVERRIDE when it was refused: so where as many of the one were refused as there were of
 * the other, the lesser one is an alternative.
 */
void asked_pair(struct asked *a);

/* Adds all of the same run that another table has. 0 or -ENOMEM. */
int asked_merge(struct asked *to, struct asked *from);

/* By capability, then class, then how often. The order is made anew where rows came. */
size_t asked_count(struct asked *a);
const struct asked_row *asked_at(struct asked *a, size_t i);

/* What was asked for with its own credentials, and after the set-up: a mask. */
uint64_t asked_caps(const struct asked *a);

/* And of that what was granted. */
uint64_t asked_used(const struct asked *a);

/* Checks that found no row any more. */
uint64_t asked_rest(const struct asked *a);

/* Is there no row whose place in the kernel is known, though there are rows? */
bool asked_unnamed(struct asked *a);

/* Everything that any of its programs was permitted; false: of none is that known. */
bool asked_held(const struct asked *a, uint64_t *ret);

/* Of somebody it is not known, so that it is not of all. */
void asked_forget_held(struct asked *a);

/* The paths of what was executed, or was to be; NULL behind the last. */
const char *asked_file(const struct asked *a, size_t i);

/* Was that one refused? */
bool asked_file_refused(const struct asked *a, size_t i, struct asked_refusal *ret);
