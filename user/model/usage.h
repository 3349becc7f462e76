/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was used, gathered for the history: made by a sink, kept by the store. A batch has its own tables of who, of programs
 * and of places, and rows that name them by their number. Everything is borrowed for the call that hands it over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct workload;

#define USAGE_HOUR_NS	3600000000000ULL
#define USAGE_MINUTE_NS 60000000000ULL

enum { USAGE_COMM = 17 };

/* Numbers for life: they stand in databases. From 0 on those of enum site_class (user/caps/site.h). */
enum usage_class {
	USAGE_FOREIGN = 16,	/* not with its own credentials, or as owner of a namespace: nothing that it has to hold */
	USAGE_SETUP = 17,	/* by what started it, before its own program was executed */
	USAGE_CLASSES
};

struct usage_who {
	const struct workload *workload;	/* NULL: unknown */
	uint64_t held;		/* everything that any of its programs was permitted */
	uint64_t first_ns, last_ns;	/* CLOCK_REALTIME, as everywhere here */
};

/* Where it was asked. "": unknown, or none. */
struct usage_what {
	const char *call, *operation, *site;
};

/* So many checks of one kind in one hour. */
struct usage {
	uint32_t who, exe, what;	/* numbers in the batch */
	int32_t cap;
	bool denied;
	uint8_t class;			/* enum usage_class */
	uint32_t hour;			/* since 1970 */
	uint64_t n, failed, worked;	/* the latter where it is known what the call returned */
	int32_t error;			/* errno of the last that failed; 0: none did */
	uint64_t first_ns, last_ns;
};

/* So many denials of one kind in one minute, with one of them as an example. */
struct usage_denial {
	uint32_t who, exe, what;
	int32_t cap;
	uint8_t class, outcome;		/* enum usage_class, enum outcome */
	int32_t error;
	uint32_t minute;		/* since 1970 */
	uint64_t n, first_ns, last_ns;
	uint32_t pid, uid;		/* of the first; uid UINT32_MAX: unknown */
	char comm[USAGE_COMM];
};

/* When something was not seen, or not kept. */
struct usage_gap {
	uint64_t start_ns, end_ns;
	uint64_t lost;			/* checks, as far as that is known */
	const char *reason;		/* loss_name(), or one of those below */
};

#define USAGE_NOT_RUNNING "not_running"
#define USAGE_KILLED	  "killed"	/* it ended without a word, and was not running */
#define USAGE_NOT_STORED  "not_stored"

struct usage_batch {
	const struct usage_who *whos;
	size_t who_count;
	const char *const *exes;	/* "": unknown */
	size_t exe_count;
	const struct usage_what *whats;
	size_t what_count;
	const struct usage *uses;
	size_t use_count;
	const struct usage_denial *denials;
	size_t denial_count;
	const struct usage_gap *gaps;
	size_t gap_count;
	uint64_t until_ns;		/* everything up to then is told */
};
