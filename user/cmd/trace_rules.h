/* SPDX-License-Identifier: BSD-2-Clause */
/* What --rules adds to a run of `trace`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct judge;
struct options;
struct rules;
struct say;
struct users;

struct trace_rules {
	struct rules *rules;	/* NULL: none were asked for */
	struct judge *judge;
	const char *proc;	/* NULL: not of this machine */
	uint32_t host_mntns;
	bool hide_allowed;
};

/* Reads the rules. 0; negative errno after saying why not: -EINVAL for what the person can mend. */
int trace_rules_read(const struct say *to, const struct options *o, struct trace_rules *ret);

/* Makes ready to judge; users are those of the run. 0 or -ENOMEM, after saying so. */
int trace_rules_start(const struct say *to, struct trace_rules *t, struct users *users);

/* Do the rules ask for command lines? */
bool trace_rules_want_args(const struct trace_rules *t);

/*
 * What is not known in this run although rules ask for it; has: enum recording_has, what the run, or the
 * recording, holds.
 */
void trace_rules_say_missing(const struct say *to, const struct trace_rules *t, uint32_t has);

/* At the end: how many alerts, and how many were held back, by which rule. */
void trace_rules_sum_up(const struct say *to, const struct trace_rules *t);

/* Was there an alert? */
bool trace_rules_alerted(const struct trace_rules *t);
void trace_rules_done(struct trace_rules *t);
