/* SPDX-License-Identifier: BSD-2-Clause */
/* A run of flow_trace(), for the files that are parts of it: user/flow.c makes it, and nobody else keeps it. */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "user/flow.h"
#include "user/host/signals.h"
#include "user/model/tally.h"

struct flow {
	const struct flow_config *config;
	const struct flow_notes *notes;
	struct flow_result *result;
	struct live *live;
	struct launch *launch;
	struct rlimit memlock;		/* before libbpf lifted it */
	struct programs *programs;
	struct sites *sites;		/* NULL: not asked for */
	struct workloads *workloads;
	uint64_t looking;		/* the capabilities that its thread has */
	struct engineapi *engine;	/* NULL: none is to be asked */
	struct chosen *chosen;		/* NULL: nobody is asked for by name */
	struct silences *silences;	/* NULL: nothing is silenced in the kernel */
	uint32_t rules;			/* judge_generation, by which that is */
	struct repeats *repeats;	/* NULL: what they are not silent about is not counted */
	uint64_t silenced;		/* checks that were */
	struct pending *pending;	/* what waits for names; NULL like .chosen */
	uint64_t given_up;		/* workloads up to this serial are not waited for any more */
	uint64_t counts_left_out;	/* of those that were counted, the ones of nobody who is meant */
	struct loss said;		/* what was told of losses so far: to the sink, */
	struct loss noted;		/* and to a person, */
	uint64_t noted_ns;		/* at that time */
	uint64_t wall_offset;		/* CLOCK_REALTIME less CLOCK_MONOTONIC */
	uint64_t seen, shown, refused_events;
	uint64_t lives;			/* lifecycle events */
	uint32_t our_mntns;
	uint64_t own, own_counted;	/* checks of our helpers, which the kernel side takes for seen or counted */
	bool by_our_ids;		/* processes have the same ids in events as for us */
	uint64_t left_out;		/* checks that came, of classes that were not asked for or of nobody who is meant */
	uint64_t not_meant;		/* of those, by name: all others of the same stay in the kernel */
	uint64_t nameless;		/* and of those, the ones in containers that no engine knows (any more) */
	bool lean;			/* what only the start needed was given back */
	bool forgot;			/* a check came of a program that is not in the table (any more) */
	bool drained;			/* since counts began to be taken: what describes them was read */
	int batch;			/* events of the reading under way */
	uint64_t deadline, next_tick, next_turn, kill_at; /* CLOCK_MONOTONIC nanoseconds; 0: none */
	uint64_t come;		/* checks that were sent or lost until the last tick */
	bool quiet;		/* none came between the last two ticks */
	uint64_t asked;		/* all checks that were heard until the last tick */
	unsigned int unheard;	/* ticks in a row in which not even our own were */
	int epoll;
	struct signals signals;
	uint64_t ended_ns;		/* when the command ended, by CLOCK_MONOTONIC */
	bool told_orphans;
	unsigned int without_life;	/* looks in a row that found none of its descendants, or of the trees, alive */
	struct pollfd *awaited;		/* processes with which the run ends; NULL: none are known */
	struct proc_stat *elsewhere;	/* the same of another pid namespace, whose /proc we were given: they are looked for */
	size_t awaited_count;		/* of either */
	uint64_t look_at;		/* for them, CLOCK_MONOTONIC nanoseconds */
	bool awaits_blindly;		/* of one it cannot be told */
	bool told_full;			/* that no more system calls' returns can be listened to */
	bool told_barred;		/* that none can be added any more */
	bool advised;			/* about a probe that misses checks */
	bool released, stopping, closing;	/* closing: no check is taken any more, only what became of calls */
};
