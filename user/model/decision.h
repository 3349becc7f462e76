/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rules said of a check. Made by rule, shown by the sinks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/model/baseline.h"

/* From silent to loud. */
enum decision_action {
	DECISION_IGNORE,	/* it did not happen, as far as anybody asks */
	DECISION_ALLOW,		/* expected: counted */
	DECISION_LOG,
	DECISION_ALERT,
	DECISION_ACTIONS
};

/* As syslog numbers them. */
enum decision_severity {
	SEVERITY_EMERGENCY,
	SEVERITY_ALERT,
	SEVERITY_CRITICAL,
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTICE,
	SEVERITY_INFO,
	SEVERITIES
};

/* Why something is not told. */
enum decision_held {
	HELD_NOT,
	HELD_ONCE,	/* there was one within once_per */
	HELD_BELOW,	/* there were no more than more_than so far */
	HELD_EXPECTED,	/* it is no alert: what is allowed is not asked for */
	HELD_REASONS
};

struct decision {
	uint8_t action;		/* enum decision_action */
	uint8_t severity;	/* enum decision_severity; of an alert */
	uint8_t held;		/* enum decision_held */
	const char *rule;	/* its name; NULL: no rule decided */
	const char *file;	/* where it stands; NULL without a rule */
	unsigned line;
	const char *by;		/* the key that decided: "alert", "otherwise", "on_denied", "allow_profile", "default", "class" */
	bool outside;		/* .by is "otherwise", of a rule that has a profile or a baseline: it is not in there */
	struct baseline learned;	/* by which the rule went; .until_ns 0: by none */
	uint8_t learned_by;		/* enum baseline_by */
	const char *unknown;	/* the condition ("container", ...) that cannot be told, for which it was not silenced; or NULL */
	const char *const *tags;
	size_t tag_count;
	const char *const *outputs;	/* names of where the rule wants its alerts; none: the default */
	size_t output_count;
	uint64_t times;		/* of an alert that is told: the checks that it stands for, those held before included, */
	uint64_t first_ns;	/* and when the first of them was, CLOCK_REALTIME; 0: unknown */
};

extern const char *const decision_actions[DECISION_ACTIONS];
extern const char *const decision_severities[SEVERITIES];

/* Is there nothing to show of it? */
static inline bool decision_is_silent(const struct decision *d)
{
	return d && (d->action == DECISION_IGNORE || d->held);
}
