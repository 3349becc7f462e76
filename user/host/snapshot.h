/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All processes and threads of a machine, and what they hold, as /proc tells it. Each process is looked at through
 * one descriptor, so that a pid that is used again is never mixed up with its first owner, and again where it ran
 * another program meanwhile; a thread is said to differ from its process only after a second look at both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct event_task;
struct holder;
struct holders;

struct snapshot_counts {
	size_t processes, threads; /* that were seen: threads beside the first ones */
	size_t unreadable;	   /* processes that may not be looked at (hidepid), or make no sense */
	bool others_hidden;	   /* by how this procfs is mounted, others' processes are not even listed */
};

struct snapshot_config {
	const char *proc; /* where procfs is mounted */
	void *ctx;
	bool cmdlines, terminals; /* of those that are looked at closer; a command line is its process's to write */
	const struct event_task *(*held)(void *ctx, int tid); /* what it holds, by who knows that better; NULL: nobody does */
	bool (*closer)(void *ctx, const struct holder *h); /* look at all that takes more than one file? */
};

/*
 * 0 and a sorted list, for holders_done: every process, its first thread only where no other differs from it in
 * anything, its name included. .user, .unit, .slice and .session are left to the caller. Negative errno where the
 * directory cannot be read or memory is out.
 */
int snapshot_take(const struct snapshot_config *config, struct holders *ret, struct snapshot_counts *ret_counts);
