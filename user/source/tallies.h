/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the checks went: what the programs tallied of themselves, and the runs that the kernel skipped, of which only it
 * knows.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"
#include "user/source/probes.h"

struct account;
struct cpu_state;
struct open_slot;

/* Runs of programs that the kernel skipped. */
struct tallies_misses {
	uint64_t single;	/* of those that hear a check in one run */
	uint64_t derived;	/* of those that hear its caller: at most as many checks */
	uint64_t entries;	/* of the kprobe at the entry; told since 6.7 (dd8657894c11) */
};

/* A zeroed one but for .cpu, .cpus, .open and the programs, whose descriptors are the caller's; -1: not loaded. */
struct tallies {
	const struct cpu_state *cpu;
	int cpus;			/* that this machine may have */
	int single[PROBES_RUNGS];	/* programs that hear a check in one run */
	int derived[DERIVED_PROGRAMS];	/* and those that hear its caller, where not each run is a check */
	const struct open_slot *open;	/* entries that wait for their returns; NULL: there are none */
	int entry;			/* the kprobe at the entry */
	struct tallies_misses before;	/* until tallies_begin: nobody's loss */
	bool stopped;			/* by the caller: nothing is reported any more */
};

/* From now on what the kernel skips is a loss. */
void tallies_begin(struct tallies *t);

/* What was tallied until now, by enum tally_what. */
void tallies_read(const struct tallies *t, uint64_t ret[static TALLY_COUNT]);

/* Adds up where the checks went until now; all of *ret but .counted, .loss_is_bound and .asked is set, the rest zeroed. */
void tallies_account(const struct tallies *t, struct account *ret);

/* Are there runs that the kernel skipped, and that need not have been checks? */
bool tallies_is_bound(const struct tallies *t);

/* Does an entry wait for its return, one that was not found to have lost it? */
bool tallies_is_open(const struct tallies *t);
