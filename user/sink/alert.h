/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes alerts of the checks that the rules alert on: each as one JSON object, for whoever delivers it. There are no
 * more in a minute than the limit; those beyond are counted, by rule, and told as one.
 *
 * What the rules only log is told alike where there are outputs for it: the first of each workload, program, capability and
 * verdict in an hour, and ALERT_LOGS_PER_MINUTE of all. The others are counted in the next of theirs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;
struct syscalls;
struct users;

enum {
	ALERT_BYTES_MAX = 120 << 10,	/* of .json: what is too long has lost its command line */
	ALERT_LOGS_PER_MINUTE = 60,
};

/* All of it is borrowed for the call. */
struct alert {
	uint64_t seq;			/* from .first_seq on, without a gap */
	uint64_t wall_ns;
	uint64_t count;			/* of checks, or of what it says it is about */
	uint8_t severity;		/* enum decision_severity */
	const char *const *outputs;	/* names; none: the default */
	size_t output_count;
	bool log;			/* no alert: something that is logged */
	const char *rule;		/* "" where no rule decided, and of capsieve's own alerts */
	const char *key;		/* alike where one repeats the other; not escaped */
	const char *json;		/* "type":"alert", without a newline */
	size_t json_len;
};

struct alert_config {
	void (*tell)(void *ctx, const struct alert *alert);
	void *ctx;
	uint64_t (*now)(void *ctx);	/* nanoseconds of a clock that does not go back; NULL: CLOCK_MONOTONIC */
	uint64_t first_seq;		/* larger than any that was used before */
	uint32_t per_minute;		/* 0: no limit */
	struct syscalls *syscalls;	/* borrowed */
	struct users *users;		/* borrowed; NULL: names of users are not asked for */
};

struct alert_sink;

/* 0 and *ret; -ENOMEM. alert_as_sink() is what a flow or a tee takes, and frees; it stays good until then. */
int alert_new(const struct alert_config *config, struct alert_sink **ret);
struct sink *alert_as_sink(struct alert_sink *a);

/* Outputs for what is logged: names, which are borrowed until the next call; 0: it is not told. */
void alert_set_log(struct alert_sink *a, const char *const *outputs, size_t count);

/* Another limit, after a reload: what the last one suppressed is told now. 0 or -ENOMEM. */
int alert_set_limit(struct alert_sink *a, uint32_t per_minute);

/*
 * An alert about capsieve itself, to the default outputs: `event` is a word that stays ("rules-refused"), message a
 * sentence that is safe for a terminal. Not limited; before the sink's start it has no host. 0 or -ENOMEM.
 */
int alert_own(struct alert_sink *a, uint8_t severity, const char *event, const char *message);

/* What happened so far. told + suppressed: all that the rules let pass. */
struct alert_counts {
	uint64_t told, suppressed, cut;
	uint64_t logged;		/* that were told */
};

void alert_counts(const struct alert_sink *a, struct alert_counts *ret);
