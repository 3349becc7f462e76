/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was found out about this machine, as rows of doctor's table: which state, in which words, what to
 * do.
 */
#pragma once

#include <stddef.h>

#include "user/view/doctor.h"

struct features;
struct live_facts;
struct self;
struct survey;

enum { FINDINGS_MAX = 64 };

struct findings {
	struct doctor_row rows[FINDINGS_MAX];
	size_t count;
	char *owned[4 * FINDINGS_MAX];	/* texts that were made for the rows */
	size_t owned_count;
};

/* What is passed to these must outlive the findings. */
void findings_kernel(struct findings *f, const struct features *features);
void findings_self(struct findings *f, const struct self *self);

/* facts: NULL where nothing could be opened, and why is the sentence that says it. */
void findings_probes(struct findings *f, const struct survey *survey, const struct live_facts *facts,
		     const char *why);

/* Whether the kernel's functions can be named: 0, or the negative errno of kallsyms_open or kallsyms_shown. */
void findings_sites(struct findings *f, int err);

/* What was heard at the trial, and what listening takes. start_ns: until the probe listened. */
void findings_trial(struct findings *f, const struct live_facts *facts, unsigned long long start_ns);

void findings_done(struct findings *f);
