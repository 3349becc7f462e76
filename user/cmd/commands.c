/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/commands.h"

#include "user/cmd/check.h"
#include "user/cmd/completion.h"
#include "user/cmd/explain_options.h"
#include "user/cmd/file.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/schema.h"
#include "user/cmd/watch.h"

static struct command_word of_profile(size_t at)
{
	struct command_word word = { NULL, NULL };

	word.name = profile_word(at, &word.argp);
	return word;
}

static struct command_word of_file(size_t at)
{
	return (struct command_word){ file_word(at), &file_argp };
}

static struct command_word of_watch(size_t at)
{
	return (struct command_word){ watch_word(at), &watch_argp };
}

static struct command_word of_explain(size_t at)
{
	return (struct command_word){ at ? NULL : "exec", &explain_argp };
}

static struct command_word of_completion(size_t at)
{
	return (struct command_word){ completion_word(at), &completion_argp };
}

static struct command_word of_schema(size_t at)
{
	return (struct command_word){ schema_word(at), &schema_argp };
}

const struct command commands[] = {
	{ "trace", trace_main, "show capability checks as the kernel makes them", &options_trace, NULL, false },
	{ "top", top_main, "show who asks for which capabilities now, on a live screen", &options_top, NULL, false },
	{ "doctor", doctor_main, "say what this kernel offers, and what to do about what it does not", &options_doctor, NULL, false },
	{ "file", file_main, "find, show, check and set the capabilities of files", &file_argp, of_file, true },
	{ "explain", explain_main, "say what a capability, a set, a file or an exec means", &explain_argp, of_explain, true },
	{ "profile", profile_main, "say which capabilities a program needs, why, and how to grant them", &options_profile,
	  of_profile, false },
	{ "report", report_main, "make a page of what a host needs, from a recording or profiles", &options_report, NULL, true },
	{ "history", history_main, "say what was used, never used and refused, as the daemon saw it", &options_history, NULL, false },
	{ "ps", ps_main, "show the processes that hold capabilities, and which", &options_ps, NULL, false },
	{ "watch", watch_main, "be the daemon: rules decide, and alert; ask one that runs", &watch_argp, of_watch, false },
	{ "check", check_main, "check rules and configuration, and try rules on a recording", &check_argp, NULL, true },
	{ "run", run_main, "start a command with exactly these capabilities, user and groups", &options_run, NULL, false },
	{ "schema", schema_main, "print the JSON Schema of what others print, and of files", &schema_argp, of_schema, false },
	{ "completion", completion_main, "print what makes a shell complete command lines", &completion_argp, of_completion, false },
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);

_Static_assert(sizeof(commands) / sizeof(commands[0]) <= COMMANDS_MAX, "main lists them all");
