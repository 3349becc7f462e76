/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/verdict.h"

#include <errno.h>

#include "user/cmd/commands.h"
#include "user/cmd/say.h"
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

/* What ended the run before anything could be found; EXIT_FINE: nothing did. */
static int broken(const struct flow_result *result, int error, char *const *command)
{
	if (result->launch_error)
		return launch_code(result->launch_error);
	if (error)
		return verdict_of_failure(error, command);
	return output_failed(result) ? verdict_of_failure(result->output_error, command) : EXIT_FINE;
}

static int status_of(const struct flow_result *result)
{
	return result->command_ended ? launch_exit_code(result->command_status) : EXIT_FINE;
}

static int completeness(const struct flow_result *result)
{
	return result->incomplete || loss_total(&result->account.loss) ? EXIT_INCOMPLETE : EXIT_FINE;
}

int verdict(const struct flow_result *result, int error, char *const *command)
{
	int code = broken(result, error, command);

	code = code ?: status_of(result);
	return code ?: completeness(result);
}

int verdict_of_rules(const struct flow_result *result, int error, char *const *command, bool alerted)
{
	int code = broken(result, error, command);

	if (!code && alerted)
		return EXIT_FINDING;
	code = code ?: completeness(result);
	if (!code && status_of(result))
		code = EXIT_FAILED;
	return code;
}
