/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command does that looks at checks: passes on what a run notes, says what was lost, opens a recording. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/flow.h"

struct account;
struct filter;
struct options;
struct output_options;
struct replay;
struct say;

/* Who speaks, and how much is wanted (-q, -v). Outlives the run. */
struct hear {
	const struct say *to;
	const struct output_options *output;
};

/* Which kernel and machine are meant, as the options have it. Borrows of them. */
struct flow_kernel hear_kernel(const struct options *o);

/* The `say` of struct flow_notes; ctx is a struct hear. */
void hear_note(void *ctx, enum flow_level level, const char *text);

/* A line for each cause by which something was lost. */
void hear_losses(const struct say *to, const struct account *account);

/* EXIT_FINE and *ret, for replay_free; or an exit code after saying why not. */
int hear_recording(const struct say *to, const char *path, struct replay **ret);

/* What of a recording (enum recording_has) an option needs, where it was given. */
struct hear_part {
	bool wanted;
	uint32_t part;
	const char *option;
};

/* 0, where a recording has (enum recording_has) all that is wanted; else -EINVAL, after saying what it lacks. */
int hear_parts(const struct say *to, const struct hear_part *parts, size_t count, uint32_t has);

/* The same for what a filter looks at: what is not there would be an empty answer. */
int hear_filter_parts(const struct say *to, const struct filter *f, uint32_t has);
