/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's collector: hears checks, lets rules decide, makes alerts, keeps what was refused, answers on its socket,
 * and has a sender (user/sender) in a process of its own tell the world.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "user/flow.h"
#include "user/guard/ruleset.h"

#define GUARD_STATE   "/var/lib/capsieve"
#define GUARD_RUN     "/run/capsieve"
#define GUARD_CONTROL "control"

struct guard_config {
	struct ruleset_paths paths;
	const char *state, *run;	/* directories, made where they are not there */
	const char *sender_user;	/* who the sender is; NULL: nobody for root, else who we are */
	struct flow_kernel kernel;	/* .attach and .engine_socket: where they say nothing, the configuration does */
	uint64_t learn_ns;		/* so long each workload is learned, from its first check on; 0: nothing more is learned */
	uint64_t drain_ns;		/* how long the sender may deliver what waits, at the end */
};

enum guard_end {
	GUARD_ENDED,		/* it was told to, and did so in order */
	GUARD_FAILED,		/* after saying why */
	GUARD_RULES,		/* there are no usable rules, nor were there */
};

/* Runs until a signal. Mistakes in rules are said as FLOW_ERROR, in lines of their own. */
enum guard_end guard_run(const struct guard_config *config, const struct flow_notes *notes);
