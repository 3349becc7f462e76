/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/out.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/caps/syscalls.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/look.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/cmd/trace_rules.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/host/nsfile.h"
#include "user/host/users.h"
#include "user/model/recording.h"
#include "user/sink/await.h"
#include "user/sink/column.h"
#include "user/sink/count.h"
#include "user/sink/json.h"
#include "user/sink/recorder.h"
#include "user/sink/sink.h"
#include "user/sink/tee.h"
#include "user/sink/text.h"
#include "user/source/replay.h"
#include "user/view/summary.h"

static const struct say to = { "trace" };

/* What the sinks write into and ask for names. */
struct outlet {
	struct out out;
	struct syscalls *syscalls;
	struct users *users;
	struct sink *sink;
	const struct sink *recorder;	/* part of .sink, or all of it; NULL: nothing is recorded */
};

/* Only denials, by the usual columns? Then it is also shown what they mean. */
static bool shows_denials(const struct options *o)
{
	return o->filter.denied && !o->filter.allowed && !o->output.columns;
}

/* Does what is shown or kept have such a thing: of columns with these flags? */
static bool is_asked(const struct options *o, unsigned int flags)
{
	if (o->output.counting)
		return false;
	if (o->output.columns)
		return columns_flags(o->output.columns) & flags;
	return o->output.every_column || shows_denials(o);
}

static bool wants_sites(const struct options *o)
{
	return o->filter.classes || o->rules.count || is_asked(o, COLUMN_SITE);
}

static bool wants_outcomes(const struct options *o)
{
	return o->kernel.outcomes != OUTCOMES_OFF && (o->kernel.outcomes == OUTCOMES_ALL || is_asked(o, COLUMN_OUTCOME));
}

static uint32_t recorded_parts(const struct options *o, const struct replay *from)
{
	uint32_t has = (o->kernel.all ? RECORDING_OVERCOMMIT : 0) | (o->kernel.lsm_verdict ? RECORDING_LSM : 0) |
		       (o->command.args ? RECORDING_ARGS : 0) | (o->output.ancestors ? RECORDING_ANCESTORS : 0) |
		       (o->kernel.lifecycle ? RECORDING_LIFECYCLE : 0) |
		       (wants_sites(o) ? RECORDING_SITES : 0) | (wants_outcomes(o) ? RECORDING_OUTCOMES : 0) |
		       (o->command.argv && !o->filter.trees.count ? RECORDING_COMMAND : 0);

	/* Of the others all that there was goes into the next one. */
	const uint32_t chosen = RECORDING_OVERCOMMIT | RECORDING_LIFECYCLE;

	if (from)
		has = (replay_facts(from)->has & ~chosen) | (has & chosen);
	return has | (filter_is_set(&o->filter) || o->command.argv ? RECORDING_FILTERED : 0);
}

static int text_sink(const struct options *o, uint32_t has, struct outlet *outlet)
{
	const struct text_options text = {
		.columns = o->output.columns,
		.all = o->output.every_column,
		.header = !o->output.no_header,
		.count = o->output.counting,
		.color = look_colors(o->output.color, out_is_terminal(&outlet->out)),
		.utc = o->output.utc,
		.lifecycle = o->kernel.lifecycle,
		.denied = shows_denials(o) || o->filter.classes,
		.sites = has & RECORDING_SITES,
		.outcomes = has & RECORDING_OUTCOMES,
		.lsm = o->kernel.lsm_verdict,
		.args = o->command.args,
		.ancestors = o->output.ancestors,
		.rules = o->rules.count > 0,
		.syscalls = outlet->syscalls,
		.users = outlet->users,
	};
	struct text_error error;

	return text_new(&outlet->out, &text, &outlet->sink, &error);
}

static int json_sink(const struct options *o, struct outlet *outlet)
{
	const struct json_options json = {
		.args = o->command.args,
		.ancestors = o->output.ancestors,
		.syscalls = outlet->syscalls,
		.users = outlet->users,
	};

	return json_new(&outlet->out, &json, &outlet->sink);
}

static void outlet_done(struct outlet *outlet)
{
	if (outlet->sink)
		outlet->sink->ops->free(outlet->sink);
	users_free(outlet->users);
	syscalls_free(outlet->syscalls);
	out_close(&outlet->out);
}

static const char *file_name(const struct options *o)
{
	return o->output.file ? o->output.file : "standard output";
}

/* A recording stands alone unless something else is asked for by its options. */
static bool is_shown(const struct options *o)
{
	const struct output_options *out = &o->output;

	return !o->recording.to || out->file_given || out->json || out->every_column || out->columns;
}

/* 0, or negative errno after saying why. */
static int open_recorder(const struct options *o, const struct replay *from, struct outlet *outlet)
{
	const struct recorder_options options = { recorded_parts(o, from), outlet->users };
	struct sink *recorder;
	int err = recorder_new(o->recording.to, &options, &recorder);

	if (err) {
		say_error(&to, o->recording.to, err);
		return err;
	}
	outlet->recorder = recorder;
	if (!outlet->sink) {
		outlet->sink = recorder;
		return 0;
	}
	err = tee_new(outlet->sink, recorder, &outlet->sink);
	if (err) {
		outlet->sink = NULL;
		say(&to, "out of memory");
	}
	return err;
}

/* Rows that a table of counts has at most: some five megabytes. What finds none is said at the end. */
enum { COUNT_ROWS = 16384 };

static int count_shown(const struct options *o, struct outlet *outlet)
{
	struct sink *shown = outlet->sink;

	outlet->sink = NULL;
	return count_new(shown, COUNT_ROWS, o->output.interval_ns && !o->output.json && !o->output.no_header,
			 &outlet->sink);
}

static int open_shown(const struct options *o, const struct replay *from, struct outlet *outlet)
{
	/* Command lines hold passwords. */
	int err = out_open(&outlet->out, o->output.file, o->command.args ? OUT_PRIVATE : 0);

	if (err) {
		say_error(&to, file_name(o), err);
		return err;
	}
	err = o->output.json ? json_sink(o, outlet) : text_sink(o, recorded_parts(o, from), outlet);
	if (!err && o->output.counting)
		err = count_shown(o, outlet);
	if (err)
		say(&to, "out of memory");
	return err;
}

/* Everything that is shown or kept waits for them. */
static int await_outcomes(struct outlet *outlet)
{
	int err = await_new(outlet->sink, AWAIT_NS, &outlet->sink);

	if (err) {
		outlet->sink = NULL;
		outlet->recorder = NULL;
		say(&to, "out of memory");
	}
	return err;
}

/* 0, or negative errno after saying why. */
static int outlet_open(const struct options *o, const struct replay *from, struct outlet *ret)
{
	int err = 0;

	*ret = (struct outlet){ .out = OUT_INIT };
	ret->syscalls = syscalls_new();
	ret->users = from ? users_new_told() : users_new();
	if (!ret->syscalls || !ret->users) {
		err = -ENOMEM;
		say(&to, "out of memory");
	}
	if (!err && is_shown(o))
		err = open_shown(o, from, ret);
	if (!err && o->recording.to)
		err = open_recorder(o, from, ret);
	if (!err && !from && wants_outcomes(o))
		err = await_outcomes(ret);
	if (err)
		outlet_done(ret);
	return err;
}

/* The last words. Losses are said even to who wants quiet: what was written is not the whole answer. */
static void summarize(const struct output_options *o, const struct account *account)
{
	struct buf text = BUF_INIT;

	if (!o->quiet) {
		summary_line(&text, account);
		say(&to, "%s", buf_str(&text));
	}
	hear_losses(&to, account);
	if (o->verbose) {
		buf_clear(&text);
		summary_rest(&text, account);
		say(&to, "%s", buf_str(&text));
	}
	buf_done(&text);
}

/* What stands in the files is complete, or said not to be. */
static void close_outlet(const struct options *o, struct outlet *outlet, struct flow_result *result)
{
	int err = outlet->recorder ? recorder_error(outlet->recorder) : 0;

	if (err)
		say_error(&to, o->recording.to, err);
	else if (result->output_error && result->output_error != -EPIPE)
		say_error(&to, file_name(o), result->output_error);
	err = out_close(&outlet->out);
	if (err && !result->output_error) {
		result->output_error = err;
		say_error(&to, file_name(o), err);
	}
}

/* With --fail-on the command's status is no more than a part of the answer. */
static int judge_run(const struct options *o, const struct flow_result *result, int err, const struct trace_rules *rules)
{
	if (!o->rules.fail_on_alert)
		return verdict(result, err, o->command.argv);
	if (result->command_ended && launch_exit_code(result->command_status))
		say(&to, "the command ended with status %d", launch_exit_code(result->command_status));
	return verdict_of_rules(result, err, o->command.argv, trace_rules_alerted(rules));
}

/* A recording holds all that was heard. */
static enum flow_silence silence_of(const struct options *o, const struct outlet *outlet)
{
	if (outlet->recorder)
		return FLOW_SILENCE_NOTHING;
	return o->rules.hide_allowed ? FLOW_SILENCE_ALLOWED : FLOW_SILENCE_IGNORED;
}

static int run_into(struct options *o, struct replay *from, struct outlet *outlet, struct trace_rules *rules)
{
	struct hear hear = { &to, &o->output };
	const struct flow_notes notes = { hear_note, &hear };
	struct flow_result result = { 0 };
	const struct flow_config config = {
		.filter = &o->filter,
		.kernel = hear_kernel(o),
		.all = o->kernel.all,
		.lsm_verdict = o->kernel.lsm_verdict,
		.lifecycle = o->kernel.lifecycle,
		/* Rules may look at what is not to be kept. */
		.args = o->command.args || (trace_rules_want_args(rules) && !outlet->recorder),
		.ancestors = o->output.ancestors,
		.sites = recorded_parts(o, from) & RECORDING_SITES,
		.outcomes = wants_outcomes(o),
		.outcomes_of_few = o->kernel.outcomes != OUTCOMES_ALL,
		.command = o->command.argv,
		.as = { o->command.as, o->command.grant },
		.duration_ns = o->output.duration_ns,
		.count = o->output.count,
		.judge = rules->judge,
		.silence = silence_of(o, outlet),
		.counting = o->output.counting,
		.interval_ns = o->output.interval_ns,
		.sink = outlet->sink,
		.replay = from,
		.users = outlet->users,
		.realtime = o->recording.realtime,
	};
	int err;

	err = flow_run(&config, &notes, &result);

	close_outlet(o, outlet, &result);
	if (!err)
		summarize(&o->output, &result.account);
	if (!err && !o->output.quiet)
		trace_rules_sum_up(&to, rules);
	if (!err && o->output.counting && count_rest(outlet->sink)) {
		say(&to, "%llu checks are in no row: a table holds %d", count_rest(outlet->sink), COUNT_ROWS);
		result.incomplete = true;
	}
	return judge_run(o, &result, err, rules);
}

static int run_judged(struct options *o, struct replay *from, struct trace_rules *rules)
{
	uint32_t has = from ? replay_facts(from)->has
			    : RECORDING_SITES | (!o->recording.to || o->command.args ? RECORDING_ARGS : 0);
	struct outlet outlet;
	int err = outlet_open(o, from, &outlet), code;

	if (err)
		return verdict_of_failure(err, o->command.argv);
	if (from)
		syscalls_set_machine(outlet.syscalls, replay_facts(from)->machine);
	rules->host_mntns = from ? replay_facts(from)->host_mntns : nsfile_meant_mnt(o->kernel.proc);
	rules->proc = from ? NULL : o->kernel.proc;
	err = trace_rules_start(&to, rules, outlet.users);
	if (!err && !o->output.quiet)
		trace_rules_say_missing(&to, rules, has);
	code = err ? verdict_of_failure(err, o->command.argv) : run_into(o, from, &outlet, rules);
	outlet_done(&outlet);
	return code;
}

static int run(struct options *o, struct replay *from)
{
	struct trace_rules rules;
	int err = trace_rules_read(&to, o, &rules), code;

	code = err ? verdict_of_failure(err, o->command.argv) : run_judged(o, from, &rules);
	trace_rules_done(&rules);
	return code;
}

/* What was not recorded cannot be shown. */
static int check_parts(const struct options *o, const struct recording_facts *facts)
{
	const struct hear_part rows[] = {
		{ o->kernel.all, RECORDING_OVERCOMMIT, "--all" },
		{ o->kernel.lsm_verdict, RECORDING_LSM, "--lsm-verdict" },
		{ o->kernel.lifecycle, RECORDING_LIFECYCLE, "--lifecycle" },
		{ o->command.args, RECORDING_ARGS, "--args" },
		{ o->output.ancestors, RECORDING_ANCESTORS, "--ancestors" },
		{ o->kernel.outcomes == OUTCOMES_ALL, RECORDING_OUTCOMES, "--outcomes" },
	};
	int err = hear_parts(&to, rows, sizeof(rows) / sizeof(rows[0]), facts->has);

	return err ?: hear_filter_parts(&to, &o->filter, facts->has);
}

static void describe(const struct output_options *o, const struct recording_facts *f)
{
	struct buf text = BUF_INIT;
	struct when when;

	if (!o->verbose)
		return;
	when_init(&when, WHEN_ISO, o->utc);
	buf_puts(&text, "recorded ");
	when_print(&when, &text, f->wall_ns);
	buf_puts(&text, " on ");
	text_escape(&text, f->host, strlen(f->host));
	buf_puts(&text, ", Linux ");
	text_escape(&text, f->kernel, strlen(f->kernel));
	buf_putc(&text, ' ');
	text_escape(&text, f->machine, strlen(f->machine));
	buf_puts(&text, ", by ");
	text_escape(&text, f->probe, strlen(f->probe));
	if (f->has & RECORDING_FILTERED)
		buf_puts(&text, "; with filters, or of one command");
	say(&to, "%s", buf_str(&text));
	buf_done(&text);
}

static int run_replay(struct options *o)
{
	struct replay *from;
	int code = hear_recording(&to, o->recording.from, &from);

	if (code)
		return code;
	describe(&o->output, replay_facts(from));
	code = check_parts(o, replay_facts(from)) ? EXIT_USAGE : run(o, from);
	replay_free(from);
	return code;
}

static int start(struct options *o)
{
	return o->recording.from ? run_replay(o) : run(o, NULL);
}

int trace_main(int argc, char **argv)
{
	return begin(&options_trace, &to, text_describe, start, argc, argv);
}
