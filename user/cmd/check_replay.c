/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/base/json.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/caps/syscalls.h"
#include "user/cmd/check.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/say.h"
#include "user/cmd/trace_rules.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/host/users.h"
#include "user/model/filter.h"
#include "user/rule/judge.h"
#include "user/sink/alerts.h"
#include "user/sink/json.h"
#include "user/sink/sink.h"
#include "user/sink/text.h"
#include "user/source/replay.h"

/*
 * The alerts are listed while it is read, as text without the columns that only tell what all of them have.
 */
#define COLUMNS "time,pid,user,comm,cap,verdict,syscall,workload,rule"

struct run {
	const struct checked *c;
	struct replay *from;
	struct out out;
	struct syscalls *syscalls;
	struct users *users;
	struct sink *sink;
	struct trace_rules rules;
};

static int open_sink(struct run *r)
{
	const struct text_options text = {
		.columns = COLUMNS, .header = true, .utc = r->c->options->utc, .rules = true,
		.syscalls = r->syscalls, .users = r->users,
	};
	const struct json_options json = { .syscalls = r->syscalls, .users = r->users };
	struct text_error error;
	struct sink *shown;
	int err = out_open(&r->out, NULL, 0);

	if (err) {
		say_error(&check_say, "standard output", err);
		return err;
	}
	err = r->c->options->json ? json_new(&r->out, &json, &shown) : text_new(&r->out, &text, &shown, &error);
	err = err ?: alerts_new(shown, &r->sink);
	if (err)
		say(&check_say, "out of memory");
	return err;
}

static int prepare(struct run *r)
{
	r->syscalls = syscalls_new();
	r->users = users_new_told();
	r->rules.host_mntns = replay_facts(r->from)->host_mntns;
	if (!r->syscalls || !r->users) {
		say(&check_say, "out of memory");
		return -ENOMEM;
	}
	syscalls_set_machine(r->syscalls, replay_facts(r->from)->machine);
	return trace_rules_start(&check_say, &r->rules, r->users) ?: open_sink(r);
}

/*
 * ---- what each rule said
 * ----------------------------------------------------------------------------------------
 */

static void row_text(struct buf *b, const char *name, const char *file, unsigned line, const struct judge_count *n)
{
	buf_printf(b, "%10llu %10llu %10llu %10llu %10llu  ", (unsigned long long)n->of[DECISION_ALERT],
		   (unsigned long long)n->held[HELD_ONCE] + n->held[HELD_BELOW],
		   (unsigned long long)n->of[DECISION_LOG], (unsigned long long)n->of[DECISION_ALLOW],
		   (unsigned long long)n->of[DECISION_IGNORE]);
	text_escape(b, name, strlen(name));
	if (file) {
		buf_puts(b, " (");
		text_escape(b, file, strlen(file));
		buf_printf(b, ":%u)", line);
	}
	buf_putc(b, '\n');
}

static void row_json(struct buf *b, const char *name, const char *file, unsigned line, const struct judge_count *n)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_cstr(&j, "rule");
	json_key(&j, "rule");
	json_cstr(&j, file ? name : NULL);
	if (file) {
		json_key(&j, "file");
		json_cstr(&j, file);
		json_member_u64(&j, "line", line);
	}
	json_member_u64(&j, "alert", n->of[DECISION_ALERT]);
	json_member_u64(&j, "held_once_per", n->held[HELD_ONCE]);
	json_member_u64(&j, "held_more_than", n->held[HELD_BELOW]);
	json_member_u64(&j, "log", n->of[DECISION_LOG]);
	json_member_u64(&j, "allow", n->of[DECISION_ALLOW]);
	json_member_u64(&j, "ignore", n->of[DECISION_IGNORE]);
	json_object_end(&j);
	buf_putc(b, '\n');
}

static void put_rows(const struct run *r, struct buf *b)
{
	const struct rules *rules = r->rules.rules;
	bool json = r->c->options->json;

	if (!json)
		buf_puts(b, "\n     ALERT       HELD        LOG      ALLOW     IGNORE  RULE\n");
	for (size_t i = 0; i <= rules->count; i++) {
		const struct rule *rule = i < rules->count ? &rules->at[i] : NULL;

		(json ? row_json : row_text)(b, rule ? rule->name : "no rule: the default", rule ? rule->file : NULL,
					     rule ? rule->line : 0, judge_count_of(r->rules.judge, i));
	}
}

/*
 * ---- the run
 * ----------------------------------------------------------------------------------------------------
 */

static void note(void *ctx, enum flow_level level, const char *text)
{
	(void)ctx;
	if (*text && level <= FLOW_WARNING)
		say(&check_say, "%s", text);
}

static void say_account(const struct run *r, const struct flow_result *result)
{
	hear_losses(&check_say, &result->account);
	if (!r->c->options->quiet)
		trace_rules_sum_up(&check_say, &r->rules);
}

static int replay(struct run *r)
{
	const struct flow_notes notes = { note, NULL };
	const struct flow_config config = {
		.filter = &r->c->options->filter,
		.sites = replay_facts(r->from)->has & RECORDING_SITES,
		.judge = r->rules.judge,
		.sink = r->sink,
		.replay = r->from,
		.users = r->users,
		.kernel.proc = "/proc",
	};
	struct flow_result result = { 0 };
	int err = flow_replay(&config, &notes, &result), closed;

	if (!err && !result.output_error) {
		put_rows(r, &r->out.buf);
		result.output_error = out_flush(&r->out);
	}
	closed = out_close(&r->out);
	if (closed && closed != -EPIPE)
		say_error(&check_say, "standard output", closed);
	if (!err)
		say_account(r, &result);
	return verdict_of_rules(&result, err, NULL, trace_rules_alerted(&r->rules));
}

static int run(struct run *r)
{
	int err = prepare(r), code;

	if (!err && !r->c->options->quiet)
		trace_rules_say_missing(&check_say, &r->rules, replay_facts(r->from)->has);
	code = err ? EXIT_FAILED : replay(r);
	if (r->sink)
		r->sink->ops->free(r->sink);
	out_close(&r->out);
	judge_free(r->rules.judge);
	users_free(r->users);
	syscalls_free(r->syscalls);
	return code;
}

int check_replay(const struct checked *c)
{
	struct run r = { .c = c, .out = OUT_INIT, .rules = { .rules = (struct rules *)c->rules } };
	int code = hear_recording(&check_say, c->options->replay, &r.from);

	if (code)
		return code;
	if (hear_filter_parts(&check_say, &c->options->filter, replay_facts(r.from)->has))
		code = EXIT_USAGE;
	else
		code = run(&r);
	replay_free(r.from);
	return code;
}
