/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command does that looks at checks: passes on what a run notes, says what was lost, opens a recording. */
#pragma once

#include "user/flow.h"

struct account;
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
