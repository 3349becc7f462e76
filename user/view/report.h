/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a host, or a set of profiles, needs, as one page of HTML that wants nothing from anywhere: its style and its script
 * stand in it, and its policy allows these two and nothing else. The same input makes the same bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct buf;
struct pace;
struct past_gaps;
struct ranking;
struct recording_facts;

/* Strings and what is pointed to are borrowed. */
struct report {
	const char *title;		/* NULL: made of what it is about */
	const char *file;		/* where it comes from; NULL: standard input, or several files */
	const struct ranking *ranking;	/* the riskiest first */
	bool utc;
	size_t details;			/* of so many workloads all is told; of the rest a line each */

	/* Of a recording or a history; else NULL, and the ranking is of saved profiles */
	const struct recording_facts *facts;
	const struct account *account;
	const struct pace *pace;
	const char *filter;		/* what is looked for in this run, in words; "": everything */
	uint64_t began_ns, ended_ns;	/* CLOCK_REALTIME, of what is looked at */
	const struct past_gaps *gaps;	/* of a history, and when nobody looked; NULL: it is of a recording */
	bool damaged;			/* something of it was passed over, or it has no end */
};

/* The whole page. */
void report_page(struct buf *b, const struct report *r);
