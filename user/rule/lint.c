/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/lint.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/glob.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/base/yml.h"
#include "user/caps/capability.h"
#include "user/rule/complaint.h"
#include "user/rule/config.h"
#include "user/rule/rules.h"
#include "user/rule/scope.h"

struct lint {
	const struct rules *rules;
	struct yml_report *reports;	/* one for each file */
};

static struct yml_report *report_of(const struct lint *l, const struct rule *rule)
{
	return &l->reports[rule->file_index];
}

static const struct yml_node *key_in(const struct yml_node *map, const char *name)
{
	for (const struct yml_node *key = map->first; key && key->next; key = key->next->next)
		if (!strcmp(key->text, name))
			return key;
	return NULL;
}

/* A warning at a key of the rule, or at its beginning where it has none such. */
__attribute__((format(printf, 4, 5))) static void remark(const struct lint *l, const struct rule *rule, const char *name,
						       const char *format, ...)
{
	const struct yml_node *key = name ? key_in(rule->node, name) : NULL;
	struct buf text = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	complaints_warn(report_of(l, rule), key ? key->line : rule->line, key ? key->column : rule->column, "%s",
			buf_str(&text));
	buf_done(&text);
}


/* Can it come to this? */
static bool can(const struct rule *rule, enum decision_action action)
{
	bool allows = rule->caps[DECISION_ALLOW] || rule->profile || (rule->has_otherwise && rule->otherwise == DECISION_ALLOW);

	return rule->caps[action] || (rule->has_otherwise && rule->otherwise == action) ||
	       (allows && rule->verdicts & RULE_DENIED && rule->on_denied == action);
}

/*
 * ---- one rule by itself
 * -----------------------------------------------------------------------------------------
 */

static void look_at_silence(const struct lint *l, const struct rule *rule)
{
	const uint32_t chosen = 1U << WHERE_COMM | 1U << WHERE_CMDLINE | 1U << WHERE_ANCESTOR;
	bool silences = can(rule, DECISION_ALLOW) || can(rule, DECISION_IGNORE) || rule->profile;

	if (silences && rule->where.keys & chosen)
		remark(l, rule, "where", "what '%s' says never silences: this allows and ignores nothing",
		     where_key_name((enum where_key)__builtin_ctz(rule->where.keys & chosen)));
	for (size_t i = 0; i < rule->except_count; i++)
		if (rule->except[i].keys & chosen)
			remark(l, rule, "except", "what '%s' says never silences: this exception keeps no alert back",
			     where_key_name((enum where_key)__builtin_ctz(rule->except[i].keys & chosen)));
}

static void look_at_alerts(const struct lint *l, const struct rule *rule)
{
	static const char *const keys[] = { "severity", "once_per", "more_than", "outputs", "tags" };

	if (can(rule, DECISION_ALERT))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (key_in(rule->node, keys[i]))
			remark(l, rule, keys[i], "'%s' is about alerts, and this rule makes none", keys[i]);
}

static void look_at_verdict(const struct lint *l, const struct rule *rule)
{
	if (rule->verdicts == RULE_ALLOWED && key_in(rule->node, "on_denied"))
		remark(l, rule, "on_denied", "'on_denied' never applies: this rule is about what was granted (verdict: allowed)");
	if (rule->verdicts == RULE_DENIED && rule->caps[DECISION_ALLOW] && !key_in(rule->node, "on_denied"))
		remark(l, rule, "allow", "'allow' covers what was granted, and this rule is about denials: they are logged; "
		     "'on_denied' says otherwise");
}

/* Of what is configured, and what always is there. */
static void say_no_output(const struct lint *l, const struct rule *rule, const struct config *config, const char *name)
{
	const char *near = config_near_output(config, name);
	struct buf b = BUF_INIT;

	text_escape(&b, name, strlen(name));
	buf_putc(&b, '\'');
	if (*config->name)
		buf_printf(&b, " in %s", config->name);
	else
		buf_puts(&b, ": there is no configuration");
	if (near)
		buf_printf(&b, "; did you mean '%s'?", near);
	remark(l, rule, "outputs", "no output is called '%s", buf_str(&b));
	buf_done(&b);
}

static void look_at_outputs(const struct lint *l, const struct rule *rule, const struct config *config)
{
	for (size_t i = 0; config && i < rule->output_count; i++)
		if (!config_has_output(config, rule->outputs[i]))
			say_no_output(l, rule, config, rule->outputs[i]);
}

static void look_at_learn(const struct lint *l, const struct rule *rule, const struct config *config)
{
	if (config && config->history_keep_ns && rule->learn_ns > config->history_keep_ns)
		remark(l, rule, "learn", "the history forgets before that is over: 'keep' of 'history' is shorter");
}

/*
 * ---- conditions that hold together
 * ------------------------------------------------------------------------------
 */

static void look_at_where(const struct lint *l, const struct rule *rule)
{
	enum where_key nothing;

	for (unsigned key = 0; key < WHERE_KEYS; key++)
		if (rule->where.keys & 1U << key && scope_is_empty(&rule->where, (enum where_key)key))
			remark(l, rule, "where", "this rule can never apply: every '%s' that is wanted is unwanted too",
			     where_key_name((enum where_key)key));
	if (scope_lacks_container(&rule->where, &nothing))
		remark(l, rule, "where", "this rule can never apply: who is in no container has no '%s'", where_key_name(nothing));
}

/* Processes are in no timer, and in nothing that is mistyped. */
static void look_at_unit(const struct lint *l, const struct rule *rule, const char *glob)
{
	static const char *const kinds[] = { "service", "scope", "socket", "mount", "swap" };
	const size_t count = sizeof(kinds) / sizeof(kinds[0]);
	const char *dot = strrchr(glob, '.');
	struct buf name = BUF_INIT;
	size_t at;

	if (!dot || !glob_is_plain(dot))
		return;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(dot + 1, kinds[i]))
			return;
	text_escape(&name, glob, strlen(glob));
	if (word_nearest(dot + 1, strlen(dot + 1), kinds, count, &at))
		remark(l, rule, "where", "no process is in a unit that is called '%s'; did you mean '.%s'?", buf_str(&name), kinds[at]);
	else
		remark(l, rule, "where", "no process is in a unit that is called '%s': their names end in .service, .scope, .socket, "
		       ".mount or .swap", buf_str(&name));
	buf_done(&name);
}

static void look_at_units(const struct lint *l, const struct rule *rule)
{
	for (size_t i = 0; i < rule->where.count; i++)
		if (rule->where.at[i].key == WHERE_UNIT)
			look_at_unit(l, rule, rule->where.at[i].glob);
}

static bool is_excepted(const struct rule *rule, const struct where *who)
{
	for (size_t i = 0; i < rule->except_count; i++)
		if (scope_includes(&rule->except[i], who))
			return true;
	return false;
}

/* Each whom `where` names by this key has an exception that is about him. part: room for its terms. */
static bool all_excepted(const struct rule *rule, enum where_key key, struct where_term *part)
{
	struct where who;

	for (size_t i = 0; scope_part(&rule->where, key, i, part, &who); i++)
		if (!is_excepted(rule, &who))
			return false;
	return scope_wants(&rule->where, key);
}

static void look_at_except(const struct lint *l, const struct rule *rule)
{
	struct where_term *part = calloc(rule->where.count + 1, sizeof(*part));
	bool all = is_excepted(rule, &rule->where);

	for (unsigned key = 0; part && !all && rule->except_count && key < WHERE_KEYS; key++)
		all = all_excepted(rule, (enum where_key)key, part);
	free(part);
	if (all)
		remark(l, rule, "except", "this rule can never apply: everybody that 'where' is about is excepted");
}

/*
 * ---- rules side by side
 * -----------------------------------------------------------------------------------------
 */

static uint64_t named(const struct rule *rule)
{
	uint64_t all = rule->learned ? 0 : rule->profile_caps;

	for (int a = 0; a < DECISION_ACTIONS; a++)
		all |= rule->caps[a];
	return rule->has_otherwise && !rule->learned ? CAPABILITY_ALL : all;
}

static uint64_t by_name(const struct rule *rule, enum decision_action action)
{
	return rule->caps[action] == CAPABILITY_ALL ? 0 : rule->caps[action];
}

static void remark_capabilities(const struct lint *l, const struct rule *rule, uint64_t caps, const char *word,
			      const struct rule *before, const char *does)
{
	struct buf names = BUF_INIT;

	capability_mask_names(&names, caps);
	remark(l, rule, word, "%s: rule '%s' (%s:%u), which comes first, %s", buf_str(&names), before->name, before->file,
	     before->line, does);
	buf_done(&names);
}

/* One alerts on what the other allows by name. */
static void look_at_contradiction(const struct lint *l, const struct rule *rule, const struct rule *before)
{
	uint64_t quiet = by_name(before, DECISION_ALLOW) | by_name(before, DECISION_IGNORE);
	uint64_t loud = by_name(before, DECISION_ALERT);
	uint64_t over = by_name(rule, DECISION_ALERT) & quiet, under = loud & (by_name(rule, DECISION_ALLOW));
	bool all = !(rule->verdicts & ~before->verdicts);

	if (over && all)
		remark_capabilities(l, rule, over, "alert", before, "allows this: here it makes no alert");
	/* What is allowed is what was granted. */
	if (under && (all || before->verdicts & RULE_ALLOWED))
		remark_capabilities(l, rule, under, "allow", before, "alerts on this: here it is not allowed");
}

/* What is left to decide, by verdict and class: capabilities. */
struct left {
	uint64_t of[2][SITE_CLASS_COUNT];
};

static void begin_left(const struct rule *rule, struct left *ret)
{
	for (int denied = 0; denied < 2; denied++)
		for (unsigned class = 0; class < SITE_CLASS_COUNT; class++)
			ret->of[denied][class] =
				rule->verdicts & (denied ? RULE_DENIED : RULE_ALLOWED) && rule->classes >> class & 1 ? named(rule) : 0;
}

static bool is_anything(const struct left *left)
{
	uint64_t all = 0;

	for (unsigned class = 0; class < SITE_CLASS_COUNT; class++)
		all |= left->of[0][class] | left->of[1][class];
	return all != 0;
}

/* Less what a rule that comes first decides of them; was there any of it? */
static bool take_from(struct left *left, const struct rule *before)
{
	bool any = false;

	for (int denied = 0; denied < 2; denied++)
		for (unsigned class = 0; class < SITE_CLASS_COUNT; class++) {
			uint64_t *of = &left->of[denied][class], was = *of;

			if (before->verdicts & (denied ? RULE_DENIED : RULE_ALLOWED) && before->classes >> class & 1)
				*of &= ~named(before);
			any = any || *of != was;
		}
	return any;
}

/* The rule by which nothing is left to decide of these by the one at `at`; NULL where that is not sure. */
static const struct rule *decided_by(const struct lint *l, size_t at, const struct where *who)
{
	const struct rule *last = NULL;
	struct left left;

	begin_left(&l->rules->at[at], &left);
	for (size_t i = 0; i < at && is_anything(&left); i++) {
		const struct rule *before = &l->rules->at[i];

		if (!before->except_count && scope_includes(&before->where, who) && take_from(&left, before))
			last = before;
	}
	return is_anything(&left) ? NULL : last;
}

/* The same, where the rules before it share those whom it names by this key. part: room for its terms. */
static const struct rule *decided_in_parts(const struct lint *l, size_t at, enum where_key key, struct where_term *part)
{
	const struct where *all = &l->rules->at[at].where;
	const struct rule *last = NULL;
	struct where who;

	if (!scope_part(all, key, 1, part, &who))
		return NULL;
	for (size_t i = 0; scope_part(all, key, i, part, &who); i++) {
		const struct rule *by = decided_by(l, at, &who);

		if (!by)
			return NULL;
		last = !last || by > last ? by : last;
	}
	return last;
}

/* Whether the rules before it leave anything to decide. */
static void look_at_shadows(const struct lint *l, size_t at)
{
	const struct rule *rule = &l->rules->at[at], *last = rule->learned ? NULL : decided_by(l, at, &rule->where);
	struct where_term *part = calloc(rule->where.count + 1, sizeof(*part));

	for (unsigned key = 0; part && !last && !rule->learned && key < WHERE_KEYS; key++)
		last = decided_in_parts(l, at, (enum where_key)key, part);
	free(part);
	if (last)
		remark(l, rule, NULL, "this rule never decides: all that it is about is decided before, the last of it by rule "
		     "'%s' (%s:%u)", last->name, last->file, last->line);
	for (size_t i = 0; i < at && !last; i++)
		if (!l->rules->at[i].except_count && !(rule->classes & ~l->rules->at[i].classes) &&
		    scope_includes(&l->rules->at[i].where, &rule->where))
			look_at_contradiction(l, rule, &l->rules->at[i]);
}

static void look_at_lists(const struct lint *l)
{
	for (size_t i = 0; i < l->rules->list_count; i++) {
		const struct rules_list *list = &l->rules->lists[i];

		if (!list->used)
			complaints_warn(&l->reports[list->source], list->key->line, list->key->column,
					"no rule uses the list '%s'", list->name);
	}
}

void lint_rules(const struct rules *rules, const struct config *config, struct complaints *told)
{
	struct lint l = { rules, calloc(rules->source_count + 1, sizeof(struct yml_report)) };

	if (!l.reports) {
		told->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < rules->source_count; i++)
		l.reports[i] = complaints_report(told, rules->sources[i].name, rules->sources[i].text, rules->sources[i].n);
	look_at_lists(&l);
	for (size_t i = 0; i < rules->count; i++) {
		look_at_where(&l, &rules->at[i]);
		look_at_units(&l, &rules->at[i]);
		look_at_except(&l, &rules->at[i]);
		look_at_silence(&l, &rules->at[i]);
		look_at_alerts(&l, &rules->at[i]);
		look_at_verdict(&l, &rules->at[i]);
		look_at_outputs(&l, &rules->at[i], config);
		look_at_learn(&l, &rules->at[i], config);
		look_at_shadows(&l, i);
	}
	free(l.reports);
}
