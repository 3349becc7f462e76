/* SPDX-License-Identifier: BSD-2-Clause */
/* `profile --expect FILE`: what was seen, held against a saved profile. */
#pragma once

#include <stdbool.h>

struct answer;
struct options;
struct saved;

/* Reads it, before anything runs. EXIT_FINE and *ret, for saved_done; or an exit code after saying why not. */
int profile_expect_read(const struct options *o, struct saved *ret);

/*
 * Prints the difference, and with --update rewrites the file. status: of the command, negative where there was none. An
 * exit code, and whether there is a finding.
 */
int profile_expect_say(const struct options *o, const struct saved *expected, const struct answer *now, int status,
		       bool *ret_found);
