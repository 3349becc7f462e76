/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of a rule file: one table, from which the parser, the schema for editors and the check of the
 * manual page are made. A row: its name, whether it must be there, what its value looks like (a word of
 * enum field_shape), what it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum field_shape {
	FIELD_VERSION,	/* 1 */
	FIELD_TEXT,
	FIELD_ACTION,	/* allow, alert, log or ignore */
	FIELD_DEFAULT,	/* the same without allow */
	FIELD_CAPS,	/* capabilities, or a list */
	FIELD_WHERE,	/* a mapping of conditions */
	FIELD_EXCEPT,	/* one or more of those */
	FIELD_VERDICT,
	FIELD_CLASSES,
	FIELD_SEVERITY,
	FIELD_SPAN,	/* 10m */
	FIELD_RATE,	/* 20 in 1m */
	FIELD_LEARN,	/* 7d, 7d by image */
	FIELD_WORDS,	/* a word or a list of words */
	FIELD_LISTS,
	FIELD_RULES,
	/* of the configuration */
	FIELD_OUTPUTS,
	FIELD_METRICS,
	FIELD_HISTORY,
	FIELD_SPOOL,
	FIELD_ALERTS,
	FIELD_OUTPUT_TYPE,
	FIELD_FORMAT,
	FIELD_FACILITY,
	FIELD_ADDRESS,
	FIELD_COMMAND,
	FIELD_URL,
	FIELD_LISTEN,
	FIELD_ATTACH,
	FIELD_PATH,
	FIELD_SIZE,
	FIELD_NUMBER,
	FIELD_WORKLOADS,	/* a number that is not large */
	FIELD_SHAPES
};

#define RULES_FIELDS(X) \
	X(version, true, VERSION, "the version of the language: 1") \
	X(default, false, DEFAULT, "what becomes of what no rule decides: log, alert or ignore; log where it is not given") \
	X(lists, false, LISTS, "words to be used as $name; all files share them") \
	X(rules, false, RULES, "read from top to bottom: the first that applies and names the capability decides")

#define RULE_FIELDS(X) \
	X(name, true, TEXT, "what alerts and messages call it; no two rules have the same") \
	X(where, false, WHERE, "whom it is about; without it everybody") \
	X(except, false, EXCEPT, "whom it is not about") \
	X(allow, false, CAPS, "expected: counted, and nothing else; covers what was granted") \
	X(alert, false, CAPS, "tell the outputs") \
	X(log, false, CAPS, "in history, and an event for the outputs that the configuration has in log") \
	X(ignore, false, CAPS, "nothing at all, not even history") \
	X(on_denied, false, ACTION, "what becomes of a denial of what is allowed; log where it is not given") \
	X(otherwise, false, ACTION, "what becomes of every other capability; it ends the search") \
	X(allow_profile, false, TEXT, "allow what a file of `profile` advises, or what was learned: learned") \
	X(learn, false, LEARN, "with allow_profile: learned: how long each is learned, by its name or by its image: 7d, 7d by image") \
	X(verdict, false, VERDICT, "only what was allowed or denied; any where it is not given") \
	X(class, false, CLASSES, "only these classes; all but advisory and quality where it is not given") \
	X(severity, false, SEVERITY, "of its alerts; warning where it is not given") \
	X(once_per, false, SPAN, "one alert per workload, capability and verdict in this time") \
	X(more_than, false, RATE, "an alert only for more than so many of a workload in this time: 20 in 1m") \
	X(outputs, false, WORDS, "which outputs its alerts go to") \
	X(tags, false, WORDS, "words that its alerts carry")

struct field {
	const char *name;
	bool required;
	enum field_shape shape;
	const char *about;
};

extern const struct field rules_fields[], rule_fields[];
extern const size_t rules_field_count, rule_field_count;
