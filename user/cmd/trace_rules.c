/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/trace_rules.h"

#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/cmd/complain.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/model/recording.h"
#include "user/model/where.h"
#include "user/rule/complaint.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"
#include "user/rule/rules_load.h"

int trace_rules_read(const struct say *to, const struct options *o, struct trace_rules *ret)
{
	struct complaints told = { .count = 0 };
	int err;

	*ret = (struct trace_rules){ .hide_allowed = o->rules.hide_allowed };
	if (!o->rules.count)
		return 0;
	err = rules_load(o->rules.paths, o->rules.count, &told, &ret->rules);
	complaints_sort(&told);
	complain(&told);
	if (err == -ENOMEM)
		say(to, "out of memory");
	else if (err)
		say(to, "the rules are not usable: %zu mistake%s", told.mistakes, told.mistakes == 1 ? "" : "s");
	complaints_done(&told);
	return err;
}

int trace_rules_start(const struct say *to, struct trace_rules *t, struct users *users)
{
	const struct judge_config config = {
		.rules = t->rules,
		.users = users,
		.proc = t->proc,
		.host_mntns = t->host_mntns,
		.hide_allowed = t->hide_allowed,
	};

	if (!t->rules)
		return 0;
	t->judge = judge_new(&config);
	if (t->judge)
		return 0;
	say(to, "out of memory");
	return -ENOMEM;
}

bool trace_rules_want_args(const struct trace_rules *t)
{
	return t->rules && t->rules->keys & 1U << WHERE_CMDLINE;
}

void trace_rules_say_missing(const struct say *to, const struct trace_rules *t, uint32_t has)
{
	if (!t->rules)
		return;
	if (trace_rules_want_args(t) && !(has & RECORDING_ARGS))
		say(to, "rules ask for 'cmdline', which is not kept here without --args: of those nothing is silenced");
	if (t->rules->keys & 1U << WHERE_EXE && !t->host_mntns)
		say(to, "rules ask for 'exe', and which paths are the host's is not known here: none of them silences");
	if (!(has & RECORDING_SITES))
		say(to, "the recording holds no call sites (trace --record with --class all or --rules keeps them): every check is "
			"unclassified, also one that rules would leave alone as advisory or quality");
	for (size_t i = 0; i < t->rules->count; i++) {
		struct buf name = BUF_INIT;

		if (!t->rules->at[i].learned)
			continue;
		text_escape(&name, t->rules->at[i].name, strlen(t->rules->at[i].name));
		say(to, "rule '%s': only the daemon learns: without it what was learned is undecided, and logged",
		    buf_str(&name));
		buf_done(&name);
	}
}

static void say_held(const struct say *to, const struct rule *rule, const struct judge_count *count)
{
	struct buf name = BUF_INIT;

	text_escape(&name, rule->name, strlen(rule->name));
	if (count->held[HELD_ONCE])
		say(to, "rule '%s': %llu more alerts, held back by once_per", buf_str(&name),
		    (unsigned long long)count->held[HELD_ONCE]);
	if (count->held[HELD_BELOW])
		say(to, "rule '%s': %llu checks that more_than held back", buf_str(&name),
		    (unsigned long long)count->held[HELD_BELOW]);
	buf_done(&name);
}

void trace_rules_sum_up(const struct say *to, const struct trace_rules *t)
{
	struct judge_count total;

	if (!t->judge)
		return;
	judge_total(t->judge, &total);
	say(to, "by the rules: %llu alert%s, %llu logged, %llu allowed, %llu ignored",
	    (unsigned long long)total.of[DECISION_ALERT], total.of[DECISION_ALERT] == 1 ? "" : "s",
	    (unsigned long long)total.of[DECISION_LOG], (unsigned long long)total.of[DECISION_ALLOW],
	    (unsigned long long)total.of[DECISION_IGNORE]);
	for (size_t i = 0; i < t->rules->count; i++)
		say_held(to, &t->rules->at[i], judge_count_of(t->judge, i));
	if (judge_forgotten(t->judge))
		say(to, "once_per and more_than forgot somebody %llu times: there were too many at once",
		    (unsigned long long)judge_forgotten(t->judge));
}

bool trace_rules_alerted(const struct trace_rules *t)
{
	struct judge_count total = { .of = { 0 } };

	if (t->judge)
		judge_total(t->judge, &total);
	return total.of[DECISION_ALERT] > 0;
}

void trace_rules_done(struct trace_rules *t)
{
	judge_free(t->judge);
	rules_free(t->rules);
	*t = (struct trace_rules){ .rules = NULL };
}
