/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Top to bottom, the first that applies and names the capability. Of a rule of which it cannot be told
 * whether it applies, both are thought: what it says and what the rest says, and the louder of the two is
 * the answer. So what is not known, or may be a lie, never silences.
 */
#include <string.h>

#include "user/caps/capability.h"
#include "user/rule/rules.h"

static bool has(uint64_t mask, int cap)
{
	return cap >= 0 && cap < CAPABILITY_MAX ? mask >> cap & 1 : mask == CAPABILITY_ALL;
}

static void say(const struct rule *rule, enum decision_action action, bool denied, const char *by,
		enum decision_action *ret, const char **ret_by)
{
	bool instead = action == DECISION_ALLOW && denied;

	*ret = instead ? (enum decision_action)rule->on_denied : action;
	*ret_by = instead ? "on_denied" : by;
}

bool rule_names(const struct rule *rule, int cap, bool denied, enum decision_action *ret, const char **ret_by)
{
	for (int a = 0; a < DECISION_ACTIONS; a++) {
		if (!has(rule->caps[a], cap))
			continue;
		say(rule, (enum decision_action)a, denied, decision_actions[a], ret, ret_by);
		return true;
	}
	if (has(rule->profile_caps, cap))
		say(rule, DECISION_ALLOW, denied, "allow_profile", ret, ret_by);
	else if (rule->learned)
		say(rule, DECISION_LOG, denied, "allow_profile", ret, ret_by);
	else if (rule->has_otherwise)
		say(rule, (enum decision_action)rule->otherwise, denied, "otherwise", ret, ret_by);
	else
		return false;
	return true;
}

static const struct baseline *baseline_of(const struct rule *rule, const struct where_subject *who)
{
	return &who->learned[rule->learn_by];
}

/* Where nothing is learned (yet, or without the daemon), nobody knows what a rule says that goes by it. */
static bool is_learned(const struct rule *rule, const struct where_subject *who, const char *by)
{
	return rule->learned && !baseline_of(rule, who)->until_ns && !strcmp(by, "allow_profile");
}

/* The same as rule_names, of somebody whose baseline may be learned. */
static bool names(const struct rule *rule, const struct rules_check *check, enum decision_action *ret, const char **ret_by)
{
	struct rule known = *rule;

	if (!rule->learned || !baseline_of(rule, check->who)->until_ns)
		return rule_names(rule, check->cap, check->denied, ret, ret_by);
	known.learned = false;
	known.profile_caps = baseline_of(rule, check->who)->caps;
	return rule_names(&known, check->cap, check->denied, ret, ret_by);
}

/* Whom it is about, less its exceptions. */
enum where_answer rule_applies(const struct rule *rule, const struct where_subject *who, struct rules_reason *why)
{
	enum where_answer all = where_match(&rule->where, who, &why->term);

	why->step = all == WHERE_NO ? STEP_WHERE : STEP_UNKNOWN;
	for (size_t i = 0; i < rule->except_count && all != WHERE_NO; i++) {
		const struct where_term *term;
		enum where_answer one = where_match(&rule->except[i], who, &term);

		if (one == WHERE_NO || (one == WHERE_UNKNOWN && all == WHERE_UNKNOWN))
			continue;
		why->term = one == WHERE_UNKNOWN ? term : NULL;
		why->step = one == WHERE_UNKNOWN ? STEP_UNKNOWN : STEP_EXCEPT;
		why->except = i;
		all = (enum where_answer)(WHERE_YES - one);
	}
	return all;
}

static void take(const struct rule *rule, const struct rules_check *check, const struct rules_reason *why, struct decision *ret)
{
	*ret = (struct decision){
		.action = (uint8_t)why->action,
		.severity = rule->severity,
		.rule = rule->name,
		.file = rule->file,
		.line = rule->line,
		.by = why->by,
		.outside = (rule->profile || rule->learned) && !strcmp(why->by, "otherwise"),
		.tags = rule->tags,
		.tag_count = rule->tag_count,
		.outputs = rule->outputs,
		.output_count = rule->output_count,
	};
	if (rule->learned) {
		ret->learned = *baseline_of(rule, check->who);
		ret->learned_by = rule->learn_by;
	}
	if (why->step == STEP_LEARNED)
		ret->unknown = "allow_profile";
	else if (why->step == STEP_UNKNOWN && why->term)
		ret->unknown = where_key_name(why->term->key);
}

/* Does the rule decide, or could it? */
static enum where_answer look(const struct rule *rule, const struct rules_check *check, struct rules_reason *why)
{
	enum where_answer answer;

	*why = (struct rules_reason){ .step = STEP_VERDICT };
	if (!(rule->verdicts & (check->denied ? RULE_DENIED : RULE_ALLOWED)))
		return WHERE_NO;
	why->step = STEP_CLASS;
	if (!(rule->classes >> check->class & 1))
		return WHERE_NO;
	why->step = STEP_CAP;
	if (!names(rule, check, &why->action, &why->by))
		return WHERE_NO;
	answer = rule_applies(rule, check->who, why);
	if (answer == WHERE_YES)
		why->step = is_learned(rule, check->who, why->by) ? STEP_LEARNED : STEP_DECIDES;
	return why->step == STEP_LEARNED ? WHERE_UNKNOWN : answer;
}

/* What no rule decides; of what nobody asks for by name, nothing. */
static void take_default(const struct rules *rules, const struct rules_check *check, struct decision *ret)
{
	bool quiet = check->class == SITE_QUALITY || check->class == SITE_ADVISORY;

	*ret = (struct decision){
		.action = quiet ? DECISION_IGNORE : rules->otherwise,
		.severity = SEVERITY_WARNING,
		.by = quiet ? "class" : "default",
	};
}

void rules_decide(const struct rules *rules, const struct rules_check *check, struct decision *ret, size_t *ret_rule,
		  struct rules_reason *reasons)
{
	struct decision found, possible = { .action = DECISION_IGNORE };
	size_t by = rules->count, possible_by = rules->count, i;

	for (i = 0; i < rules->count; i++) {
		struct rules_reason one, *why = reasons ? &reasons[i] : &one;
		enum where_answer answer = look(&rules->at[i], check, why);

		if (answer == WHERE_YES)
			break;
		if (answer == WHERE_NO || (possible_by < rules->count && why->action <= possible.action))
			continue;
		take(&rules->at[i], check, why, &possible);
		possible_by = i;
		/* Nothing can be louder. */
		if (why->action == DECISION_ALERT)
			break;
	}
	if (i == rules->count) {
		take_default(rules, check, &found);
	} else {
		struct rules_reason why;

		look(&rules->at[i], check, &why);
		take(&rules->at[i], check, &why, &found);
		by = i;
	}
	for (size_t rest = i + 1; reasons && rest < rules->count; rest++)
		reasons[rest] = (struct rules_reason){ .step = STEP_NOT_REACHED };
	if (possible_by < rules->count && possible.action > found.action) {
		found = possible;
		by = possible_by;
	}
	*ret = found;
	if (ret_rule)
		*ret_rule = by;
}

uint64_t rules_learn(const struct rules *rules, const struct workload *w, enum baseline_by by)
{
	struct where_subject who = { .known = 0 };
	struct rules_reason why;

	where_subject_of_workload(w, &who);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];

		if (rule->learn_ns && rule->learn_by == by && rule_applies(rule, &who, &why) != WHERE_NO)
			return rule->learn_ns;
	}
	return 0;
}
