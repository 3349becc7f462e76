/* SPDX-License-Identifier: BSD-2-Clause */
/* How a run ended, as an exit code. */
#pragma once

#include <stdbool.h>

struct flow_result;

/* error is a negative errno with which the run failed, or 0; command: NULL where none was to be started. */
int verdict(const struct flow_result *result, int error, char *const *command);

/* With --fail-on: alerted, or incomplete, and not what the command said decides; but a failed command is never fine. */
int verdict_of_rules(const struct flow_result *result, int error, char *const *command, bool alerted);

/* The same where it never came to a run. */
int verdict_of_failure(int error, char *const *command);
