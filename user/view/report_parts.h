/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of a report's page share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/caps/capability.h"

struct answer;
struct asked_row;
struct buf;
struct report;

enum { REPORT_NAME = 120, REPORT_PATH = 160 };	/* bytes of a name and of a path that are shown */

/* What a workload has to do with a capability: the first that holds. */
enum report_cell {
	REPORT_NOTHING,
	REPORT_NEEDED,		/* advised */
	REPORT_CONDITIONAL,	/* advised, for a limit or a state */
	REPORT_USED,		/* granted when it asked, and not needed */
	REPORT_REFUSED,		/* never granted */
	REPORT_UNUSED,		/* granted to the workload, and never used */
	REPORT_CELLS
};

struct report_look {
	const char *letter;	/* its class in the page */
	const char *sign;	/* never colour alone */
	const char *words;
};
extern const struct report_look report_looks[REPORT_CELLS];

enum report_cell report_cell(const struct answer *a, unsigned cap);

/* Was it refused there, and may that have mattered: the call failed, or it is not known that nothing changed? */
bool report_hurts(const struct asked_row *row);

/* The capabilities of which that is so. */
uint64_t report_refused(const struct answer *a);

/* 0 (low) to 3 (as good as root): a class in the page, r0 to r3. What has no name counts as the last. */
unsigned report_level(unsigned cap);

/* The levels by their numbers: "as good as root". */
const char *report_level_words(unsigned level);

/* The greatest level of a set; -1: it is empty. */
int report_worst(uint64_t set);

/* A name of a capability with its level, as a small label. */
void report_put_chip(struct buf *b, unsigned cap);

/* A moment: the time of the day, and with .date the day before it. */
void report_put_time(struct buf *b, const struct report *r, uint64_t wall_ns, bool date);

/* How many workloads are told in full. */
size_t report_details(const struct report *r);

/* " data-f=...": what the filters of the page ask of a workload. */
void report_put_flags(struct buf *b, const struct answer *a);

/* As a person calls it. */
void report_put_name(struct buf *b, const struct answer *a);

/* How a refused check ended: "failed with EPERM". */
void report_put_outcome(struct buf *b, const struct asked_row *row);

/* "nginx (4242), /usr/sbin/nginx" */
void report_put_who(struct buf *b, const struct asked_row *row);

/* The parts of the page. */
void report_matrix(struct buf *b, const struct report *r);
void report_time(struct buf *b, const struct report *r);
void report_workloads(struct buf *b, const struct report *r);
void report_rest(struct buf *b, const struct report *r);
void report_glossary(struct buf *b, const struct report *r);
void report_denials(struct buf *b, const struct report *r);
void report_unseen(struct buf *b, const struct report *r);
