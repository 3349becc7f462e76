/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who listens to the kernel gives its privileges up before it hears, and cannot begin once more. For a program that is
 * to be run several times the privileges stay with a process that does nothing but wait and start others: the keeper.
 * Each run is a process of its own, which gives up what it does not need as any run does, and sends what it found out
 * past the keeper to whoever asked. That one needs no privileges at all, and can ask for nothing but what the keeper
 * was told at its start: a run with an order of a few bytes, or one of these commands of the shell.
 *
 * The keeper and its runs are in our process group, so that the terminal's keys reach the command; the keeper itself
 * takes no signal and goes when we go, after its run has ended.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct buf;
struct keeper;

enum { KEEPER_ORDER_MAX = 256, KEEPER_RESULT_MAX = 64 << 20 };

struct keeper_plan {
	/* In a process of its own: does what the order says (aligned), and appends what it found out. An exit status. */
	int (*run)(void *ctx, const void *order, size_t size, struct buf *result);
	void *ctx;
	/*
	 * For the shell, with the credentials of capsieve's caller, nothing to read, and standard error for all that
	 * they write; NULL: not given.
	 */
	const char *const *commands;
	size_t command_count;
};

enum keeper_what { KEEPER_NOTHING, KEEPER_RUN_ENDED, KEEPER_COMMAND_ENDED };

struct keeper_event {
	enum keeper_what what;
	int status;	/* as wait(2) gives it */
};

/* The plan outlives it. Call it while there still are privileges, and before a thread is started. 0 or negative errno. */
int keeper_start(const struct keeper_plan *plan, struct keeper **ret);

/* One run, and one command, at a time. 0 or negative errno: -EPIPE where the keeper is gone. */
int keeper_run(struct keeper *k, const void *order, size_t size);
int keeper_command(struct keeper *k, size_t nr);

/*
 * To the run, which passes it on to what it started and ends with that: only once. Or to the command. What has ended is
 * left alone.
 */
int keeper_signal_run(struct keeper *k, int sig);
int keeper_signal_command(struct keeper *k, int sig);

/*
 * Waits for an end, at most so many milliseconds, or until other_fd (-1: none) can be read: then it is KEEPER_NOTHING.
 * 0 or negative errno: -EPIPE where the keeper is gone.
 */
int keeper_wait(struct keeper *k, int other_fd, int ms, struct keeper_event *ret);

/* After its end: what the last run appended, until the next; NULL: it did not come to its end. */
const void *keeper_result(const struct keeper *k, size_t *ret_size);

/* Ends what still runs, and waits for it. NULL is fine. */
void keeper_free(struct keeper *k);
