/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/advice/recipe.h"
#include "user/advice/saved.h"
#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/cmd/args.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/options.h"
#include "user/cmd/profile_expect.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/host/users.h"
#include "user/model/filter.h"
#include "user/model/recording.h"
#include "user/sink/await.h"
#include "user/sink/gather.h"
#include "user/sink/sink.h"
#include "user/sink/subjects.h"
#include "user/source/replay.h"

static const struct say to = { "profile" };

void profile_done_study(struct study *s)
{
	if (s->sink)
		s->sink->ops->free(s->sink);
	out_close(&s->out);
	subjects_free(s->subjects);
	users_free(s->users);
	syscalls_free(s->syscalls);
	buf_done(&s->waits_for);
	buf_done(&s->name);
	subjects_give_back(s->taken, s->taken_count);
	free(s->files);
}

static int turn(void *ctx)
{
	return progress_turn(&((struct study *)ctx)->progress);
}

int profile_open_study(struct study *s)
{
	const struct options *o = s->options;
	const struct subjects_options who = {
		.proc = s->from ? NULL : o->kernel.proc,
		.grouped = o->profile.host,
		.wait = o->profile.wait,
		.by_exec = filter_keys(&o->filter) && !(filter_keys(&o->filter) & WHERE_OF_CGROUP),
		.ours = s->from ? replay_facts(s->from)->has & RECORDING_COMMAND : o->command.argv != NULL,
	};
	struct gather_options gather;
	int err;

	s->to = s->to ?: &to;
	s->hear = (struct hear){ s->to, &o->output };
	filter_put_wanted(&o->filter, UINT32_MAX, &s->waits_for);
	progress_init(&s->progress, &o->output, o->command.argv);
	if (o->profile.wait) {
		s->progress.waits_for = buf_str(&s->waits_for);
		s->progress.duration_ns = o->output.duration_ns;
	}
	s->subjects = subjects_new(&who);
	s->syscalls = syscalls_new();
	s->users = s->from ? users_new_told() : users_new();
	gather = (struct gather_options){ s->subjects, s->syscalls, s->users, who.ours, s->from ? NULL : turn, s };
	s->progress.subjects = s->subjects;
	err = s->subjects && s->syscalls && s->users ? gather_new(&s->out, &gather, &s->sink) : -ENOMEM;
	if (!err && !s->from && s->options->kernel.outcomes != OUTCOMES_OFF)
		err = await_new(s->sink, AWAIT_LONG_NS, &s->sink);
	if (err) {
		s->sink = NULL;
		say_error(s->to, "memory", err);
	} else if (s->from) {
		syscalls_set_machine(s->syscalls, replay_facts(s->from)->machine);
	}
	return err;
}

static void say_note(void *ctx, enum flow_level level, const char *text)
{
	struct study *s = ctx;

	progress_clear(&s->progress);
	hear_note(&s->hear, level, text);
}

/* For tests alone: CAPSIEVE_OUTCOMES=kretprobe. */
static bool wants_probed_outcomes(void)
{
	const char *word = getenv("CAPSIEVE_OUTCOMES");

	return word && !strcmp(word, "kretprobe");
}

/* For tests alone: CAPSIEVE_SITES=unwind, few or verify. */
static bool sites_word(const char *word)
{
	const char *said = getenv("CAPSIEVE_SITES");

	return said && !strcmp(said, word);
}

static enum site_way site_way(void)
{
	if (sites_word("unwind") || sites_word("few"))
		return SITE_WAY_UNWIND;
	return sites_word("verify") ? SITE_WAY_VERIFY : SITE_WAY_READ;
}

int profile_hear(struct study *s, const struct profile_start *start, struct flow_result *ret)
{
	const struct options *o = s->options;
	const struct flow_notes notes = { say_note, s };
	const struct flow_config config = {
		.filter = &o->filter,
		.kernel = hear_kernel(o),
		.payload = true,
		.sites = true,
		.sites_dear = o->profile.host && !sites_word("unwind"),
		.site_way = site_way(),
		.counting = !s->from,
		.count_max = o->kernel.kinds,
		.refusals = true,
		.outcomes = o->kernel.outcomes != OUTCOMES_OFF,
		.outcomes_probed = wants_probed_outcomes(),
		.outcomes_of_few = o->kernel.outcomes != OUTCOMES_ALL,
		.command = o->command.argv,
		.descendants = !o->filter.trees.count,
		.ends_with_targets = !o->command.argv && !o->profile.wait,
		.as = start->as,
		.keeps = s->keeps,
		.kill_after_ns = start->kill_after_ns,
		.duration_ns = o->profile.wait ? 0 : o->output.duration_ns,
		.interval_ns = s->from ? 0 : progress_interval(&s->progress),
		.sink = s->sink,
		.replay = s->from,
		.users = s->users,
	};
	int err = profile_meet_present(s);

	if (err)
		say_error(s->to, "memory", err);
	else
		err = flow_run(&config, &notes, ret);
	progress_clear(&s->progress);
	hear_losses(s->to, &ret->account);
	return err;
}

static int tell_host(struct study *s, struct flow_result *result)
{
	int code = profile_tell_host(s, result, &result->incomplete);

	return code ?: verdict(result, 0, NULL);
}

static int watch(struct study *s)
{
	const struct command_options *command = &s->options->command;
	const struct profile_start start = { .as = { command->as, command->grant } };
	struct flow_result result = { 0 };
	struct answer a;
	int err = profile_hear(s, &start, &result), code;

	if (err || result.launch_error)
		return verdict(&result, err, command->argv);
	code = profile_say_nobody(s);
	if (code)
		return code;
	if (s->options->profile.host)
		return tell_host(s, &result);
	if (profile_conclude(s, &result, &a))
		return EXIT_FAILED;
	result.incomplete = a.incomplete;
	code = profile_tell(s, &a);
	return code ?: verdict(&result, 0, command->argv);
}

/* What is found decides, and not how the command ended. */
static int tell_expected(const struct study *s, const struct saved *expected, const struct flow_result *result,
			 const struct answer *a)
{
	const struct options *o = s->options;
	int status = result->command_ended ? launch_exit_code(result->command_status) : -1;
	bool found;
	int code = o->output.file ? profile_file_write(&to, o->output.file, a) : EXIT_FINE;

	code = code ?: profile_expect_say(o, expected, a, status, &found);
	if (code)
		return code;
	if (status > 0)
		say(&to, "the command ended with status %d", status);
	return verdict_of_rules(result, 0, o->command.argv, found);
}

/* The same with --expect. */
static int watch_expecting(struct study *s)
{
	const struct command_options *command = &s->options->command;
	const struct profile_start start = { .as = { command->as, command->grant } };
	struct flow_result result = { 0 };
	struct saved expected;
	struct answer a;
	int code = profile_expect_read(s->options, &expected), err;

	if (code)
		return code;
	err = profile_hear(s, &start, &result);
	if (err || result.launch_error)
		code = verdict(&result, err, command->argv);
	else
		code = profile_say_nobody(s);
	if (!code && profile_conclude(s, &result, &a)) {
		code = EXIT_FAILED;
	} else if (!code) {
		result.incomplete = a.incomplete;
		code = tell_expected(s, &expected, &result, &a);
	}
	saved_done(&expected);
	return code;
}

static int study(struct options *o, struct replay *from, const struct recipe *recipe, uint64_t keeps)
{
	struct study s = { .options = o, .from = from, .keeps = keeps, .out = OUT_INIT, .recipe = recipe };
	int err = profile_open_study(&s), code;

	if (err)
		code = verdict_of_failure(err, o->command.argv);
	else
		code = o->profile.expect ? watch_expecting(&s) : watch(&s);
	profile_done_study(&s);
	return code;
}

static int study_recording(struct options *o, const struct recipe *recipe)
{
	struct replay *from;
	int code = hear_recording(&to, o->recording.from, &from);

	if (code)
		return code;
	if (replay_facts(from)->has & RECORDING_SITES) {
		code = study(o, from, recipe, 0);
	} else {
		say(&to, "--replay: the recording was made without call sites (trace -x --record keeps them), and they decide what is needed");
		code = EXIT_USAGE;
	}
	replay_free(from);
	return code;
}

static int say_nothing_wanted(void)
{
	say(&to, "what is to be watched? -- COMMAND, --unit NAME, --container NAME, -p PID, --host, ... or --replay FILE");
	return EXIT_USAGE;
}

static int start(struct options *o)
{
	const struct recipe *recipe = NULL;
	struct buf error = BUF_INIT;
	uint64_t keeps;
	int code;

	if (o->profile.format && !strcmp(o->profile.format, "help"))
		return profile_print_formats();
	if (o->profile.format && profile_find_format(o->profile.format, &recipe, &error)) {
		say(&to, "%s", buf_str(&error));
		buf_done(&error);
		return verdict_of_failure(-EINVAL, NULL);
	}
	if (!o->recording.from && !o->command.argv && !o->profile.host && !filter_is_set(&o->filter))
		return say_nothing_wanted();
	code = profile_find_room(o, &keeps);
	if (code)
		return code;
	if (o->recording.from)
		return study_recording(o, recipe);
	return o->profile.verify ? profile_prove(o, recipe, keeps) : study(o, NULL, recipe, keeps);
}

/* What is done with profiles that are there already. */
static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const struct argp *argp;
} words[] = {
	{ "show", profile_show, &profile_show_argp },
	{ "diff", profile_diff, &profile_diff_argp },
	{ "merge", profile_merge, &profile_merge_argp },
};

const char *profile_word(size_t at, const struct argp **ret)
{
	if (at >= sizeof(words) / sizeof(words[0]))
		return NULL;
	*ret = words[at].argp;
	return words[at].name;
}

static int unknown_word(const char *word)
{
	const char *names[sizeof(words) / sizeof(words[0])];
	struct buf error = BUF_INIT;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		names[i] = words[i].name;
	args_unknown(&error, "word", word, names, sizeof(words) / sizeof(words[0]));
	say(&to, "%s", buf_str(&error));
	buf_done(&error);
	return EXIT_USAGE;
}

int profile_main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(argv[1], words[i].name))
			return words[i].main(argc - 1, argv + 1);
	if (argc > 1 && argv[1][0] != '-')
		return unknown_word(argv[1]);
	return begin(&options_profile, &to, NULL, start, argc, argv);
}
