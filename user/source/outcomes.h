/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that tell what a system call with checks returned (bpf/outcome.bpf.c): of the thread itself where
 * the kernel has task work for programs, else at the return of those in which checks are made (user/source/returns.h), or
 * at the end of every system call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"

struct call_returns;
struct outcomes;

enum outcomes_way {
	OUTCOMES_WAY_NONE,
	OUTCOMES_WAY_WORK,	/* task work of the thread itself */
	OUTCOMES_WAY_CALL,	/* the returns of single system calls */
	OUTCOMES_WAY_EXIT,	/* the end of every system call of the machine */
};

struct outcomes_config {
	int ring, outcomes, marks, counts;	/* the maps of those names; borrowed until outcomes_open is back */
	enum event_probe probe, standby;	/* the probes that hear checks; standby: PROBE_NONE or a later one */
	uint64_t event_id;		/* of the tracepoint, for PROBE_TP */
	bool of_few;			/* by what costs nobody else anything, or not at all: never by OUTCOMES_WAY_EXIT */
	bool fexit;			/* works on this kernel */
	bool no_work;			/* task work is not to be tried */
	struct call_returns *calls;	/* as in returns_config */
	const char *btf;		/* file with the kernel's types; NULL: the kernel's own */
};

/* Loads, and attaches nothing. 0 and *ret; or negative errno. */
int outcomes_open(const struct outcomes_config *config, struct outcomes **ret);
void outcomes_free(struct outcomes *o);

/*
 * Must this be attached before that probe is, and not after it? What asks for task work has to run after the probe's own
 * program, and fexit runs the latest first.
 */
bool outcomes_first(const struct outcomes *o, enum event_probe probe);

/* Attaches for that probe, in place of the one before. 0 or negative errno: outcomes stay unknown. */
int outcomes_attach(struct outcomes *o, enum event_probe probe);

/* What is attached. */
enum outcomes_way outcomes_way(const struct outcomes *o);

/*
 * With OUTCOMES_WAY_CALL: listens to a call in which a check that matters was seen, from its next time on. As returns_add;
 * with another way it does nothing.
 */
int outcomes_add(struct outcomes *o, bool of_32, unsigned int nr);

/* How many calls are listened to; 0 with another way. */
unsigned int outcomes_calls(const struct outcomes *o);

/* Nanoseconds that this adds to each of them, as it was measured here at the last outcomes_attach; 0: less than can be told. */
unsigned outcomes_cost(const struct outcomes *o);
