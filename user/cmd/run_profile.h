/* SPDX-License-Identifier: BSD-2-Clause */
/* The profile that `run --profile` starts a command with. */
#pragma once

#include <stdbool.h>

struct profile;
struct say;

/*
 * Reads it. EXIT_FINE and *ret, for profile_done, after saying what is not sure about it; or an exit code after
 * saying why not. forced: also what is known to be incomplete.
 */
int run_profile_read(const struct say *to, const char *path, bool forced, struct profile *ret);
