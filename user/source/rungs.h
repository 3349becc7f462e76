/* SPDX-License-Identifier: BSD-2-Clause */
/* Which programs of the kernel side a run needs on a rung of the ladder. */
#pragma once

#include <stdbool.h>

#include "bpf/event.h"

struct bpf_program;
struct capsieve_bpf;
struct live;
struct probe_rung;

/* The programs of a rung, in the order in which they are attached; NULL: there is no second, or no such rung. */
struct rung_programs {
	struct bpf_program *prog[2];
};

/* Of a skeleton whose constants are set: which ones they are is chosen by them. */
struct rung_programs rungs_programs(struct capsieve_bpf *s, enum event_probe probe);

/*
 * The probe to change to where `rung` begins to miss: the first usable one that is not guarded. NULL: there is none, or it would be
 * of no use. To load it costs as much as the first one did, so not where no task can be preempted inside a program.
 */
const struct probe_rung *rungs_standby(const struct live *l, const struct probe_rung *rung);

/*
 * The pair of programs on security_capable; fexit where it works, for it is the cheaper one, but not beside kprobes: those
 * were chosen because nothing interrupts them.
 */
struct rung_programs rungs_lsm(struct live *l, const struct probe_rung *rung);

/* Does this run follow descendants? */
bool rungs_follow(const struct live *l);

/* Does anything have to be forgotten with its task? */
bool rungs_free(const struct live *l);

/* Marks what this run needs, of a skeleton that is open and not loaded; everything else stays out of the kernel. */
void rungs_want(struct live *l, const struct probe_rung *rung, const struct probe_rung *standby);
