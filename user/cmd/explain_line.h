/* SPDX-License-Identifier: BSD-2-Clause */
/* `explain --format` and `--has`: one line of what is explained at length otherwise. */
#pragma once

#include <stdbool.h>

struct buf;
struct capset;
struct credentials;
struct explain_options;

/* Whether one of the two was given. */
bool explain_line_wanted(const struct explain_options *o);

/* Each appends to b and returns an exit code, after saying what went wrong. */
int explain_line_set(const struct explain_options *o, const struct capset *s, struct buf *b);
int explain_line_process(const struct explain_options *o, const struct credentials *c, bool securebits_known,
			 struct buf *b);
