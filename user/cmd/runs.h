/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command that is run several times, each time heard from its start to its end: `profile --verify`. Who calls this has
 * no privileges any more; each run is a process of the keeper's (host/keeper.h). With --ready it is a server: it is waited
 * for until it is up, tested, and told to end by SIGTERM. Otherwise it is tested after its end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct options;
struct proof_run;
struct runs;
struct saved;

/* What one run starts with. */
struct runs_order {
	bool exactly;		/* with these; else as the options say */
	bool no_new_privs;
	uint64_t caps, bounding;
};

/*
 * Starts the keeper, gives up all privileges of ours but `keeps`, and catches signals. 0 and *ret; negative errno after saying why.
 * The options outlive it.
 */
int runs_open(const struct options *o, uint64_t keeps, struct runs **ret);
void runs_close(struct runs *r);

/* How the command was started, and whether its run could be heard. */
struct runs_result {
	int error;		/* 0, or the negative errno of flow_trace() */
	int launch_error;	/* as in struct flow_result */
};

/*
 * One run; with .exactly --reset comes first. 0 also where it did not go well: *ret, with .asked in *ret_heard, for
 * saved_done; *ret_result has it that nothing was heard. Negative errno after saying why.
 */
int runs_make(struct runs *r, const struct runs_order *order, struct proof_run *ret, struct saved *ret_heard,
	      struct runs_result *ret_result);

/* Did a signal tell us to end? No run is started then. */
bool runs_interrupted(const struct runs *r);
