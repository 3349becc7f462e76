/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/verdict.h"

#include <errno.h>

#include "user/cmd/commands.h"
#include "user/flow.h"

int verdict_of_failure(int error, char *const *command)
{
	if (error == -EINVAL)
		return EXIT_USAGE;
	return command ? LAUNCH_FAILED : EXIT_FAILED;
}

/* A reader who has seen enough (head) is no failure. */
static bool output_failed(const struct flow_result *result)
{
	return result->output_error && result->output_error != -EPIPE;
}

int verdict(const struct flow_result *result, int error, char *const *command)
{
	int code = result->command_ended ? launch_exit_code(result->command_status) : EXIT_FINE;

	if (result->launch_error)
		return launch_code(result->launch_error);
	if (error)
		return verdict_of_failure(error, command);
	if (output_failed(result))
		return verdict_of_failure(result->output_error, command);
	if (code)
		return code;
	return result->incomplete || loss_total(&result->account.loss) ? EXIT_INCOMPLETE : EXIT_FINE;
}
