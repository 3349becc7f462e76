/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that tell what a system call with checks returned (bpf/outcome.bpf.c): of the thread itself where
 * the kernel has task work for programs, else at the end of every system call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/event.h"

struct outcomes;

struct outcomes_config {
	int ring, outcomes, marks, counts;	/* the maps of those names; borrowed until outcomes_open is back */
	enum event_probe probe, standby;	/* the probes that hear checks; standby: PROBE_NONE or a later one */
	uint64_t event_id;		/* of the tracepoint, for PROBE_TP */
	bool work_only;			/* task work, or nothing */
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

/* Is the end of every system call of the machine looked at? */
bool outcomes_at_exit(const struct outcomes *o);

/* Nanoseconds that this adds to each of them, as it was measured here at the last outcomes_attach; 0: less than can be told. */
unsigned outcomes_cost(const struct outcomes *o);
