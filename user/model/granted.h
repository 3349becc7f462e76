/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By what somebody was granted a capability: by whatever started the workload (bundle, engine, unit), by the file that he
 * executes, or by neither, and then he has it from whoever started him. It is what "granted but never used" is held
 * against.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct workload;

enum granted_by {
	GRANTED_BY_WORKLOAD,	/* what its first process was to be started with */
	GRANTED_BY_FILE,	/* security.capability of the executable, or its setuid bit of root */
	GRANTED_BY_PARENT,	/* held, and by neither of these */
	GRANTED_BYS
};

/* What is known of one task. A set is a mask with bit n for capability n. */
struct granted_task {
	uint64_t permitted, bounding;	/* as it is now */
	uint64_t file;			/* what its file gives whoever executes it; CAPABILITY_ALL for setuid root */
};

struct granted {
	uint64_t by[GRANTED_BYS];	/* each capability that it has in the first of these that grants it */
	uint32_t source;		/* enum granted_source of the first; GRANTED_UNKNOWN: it has none */
	uint64_t withheld;		/* granted to the workload, and not held: dropped, or never taken up */
	uint64_t beyond;		/* held, though the workload was not even to be able to get it: not in its bounding set */
};

/* What w's first process was to be started with, in whichever set. 0, also where nothing is known: see .granted.source. */
uint64_t granted_to(const struct workload *w);

/* w may be NULL: nothing is known of what started it. */
void granted_of(const struct workload *w, const struct granted_task *t, struct granted *ret);

/* Of what it was granted, by whomever, what it never used. */
uint64_t granted_unused(const struct granted *g, uint64_t used);

/* "bundle", "unit", "engine"; NULL: unknown. */
const char *granted_source_name(uint32_t source);

/* "workload", "file", "parent". */
const char *granted_by_name(enum granted_by by);
