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

/* Does everything that fits b fit a? False also where that cannot be told. */
static bool covers(const char *a, const char *b)
{
	if (!strcmp(a, "*") || !strcmp(a, b))
		return true;
	return glob_is_plain(b) && glob_match(a, b, strlen(b));
}

static bool any_covers(const struct where *w, enum where_key key, bool not, const char *glob)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].key == key && w->at[i].not == not && covers(w->at[i].glob, glob))
			return true;
	return false;
}

static bool wants(const struct where *w, enum where_key key)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].key == key && !w->at[i].not)
			return true;
	return false;
}

/* Everything that is wanted of a key is unwanted too. */
static bool contradicts(const struct where *w, enum where_key key)
{
	/* Who is in no unit is somebody; who is no user is nobody. */
	const uint32_t of_all = 1U << WHERE_EXE | 1U << WHERE_COMM | 1U << WHERE_USER | 1U << WHERE_GROUP;

	if (!wants(w, key))
		return any_covers(w, key, true, "*") && of_all >> key & 1;
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].key == key && !w->at[i].not && !any_covers(w, key, true, w->at[i].glob))
			return false;
	return true;
}

static void look_at_where(const struct lint *l, const struct rule *rule)
{
	for (unsigned key = 0; key < WHERE_KEYS; key++)
		if (rule->where.keys & 1U << key && contradicts(&rule->where, (enum where_key)key))
			remark(l, rule, "where", "this rule can never apply: every '%s' that is wanted is unwanted too",
			     where_key_name((enum where_key)key));
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

/* What a wants or does not want of a key holds for all that b is about. */
static bool term_holds(const struct where_term *a, const struct where *b)
{
	bool all = wants(b, a->key);

	if (a->not && any_covers(b, a->key, true, a->glob))
		return true;
	for (size_t i = 0; i < b->count; i++) {
		const struct where_term *t = &b->at[i];

		if (t->key != a->key || t->not)
			continue;
		if (a->not)
			all &= glob_is_plain(t->glob) && !glob_match(a->glob, t->glob, strlen(t->glob));
	}
	return a->not && all;
}

/* Is everybody whom b is about one whom a is about, for sure? */
static bool includes(const struct where *a, const struct where *b)
{
	const uint32_t chosen = 1U << WHERE_COMM | 1U << WHERE_CMDLINE | 1U << WHERE_ANCESTOR;

	if (a->keys & chosen)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].not && !term_holds(&a->at[i], b))
			return false;
	for (unsigned key = 0; key < WHERE_KEYS; key++) {
		if (!wants(a, (enum where_key)key))
			continue;
		if (!wants(b, (enum where_key)key))
			return false;
		for (size_t i = 0; i < b->count; i++)
			if (b->at[i].key == key && !b->at[i].not && !any_covers(a, (enum where_key)key, false, b->at[i].glob))
				return false;
	}
	return true;
}

static bool is_excepted(const struct rule *rule, const struct where *who)
{
	for (size_t i = 0; i < rule->except_count; i++)
		if (includes(&rule->except[i], who))
			return true;
	return false;
}

/* Each whom `where` names by this key has an exception that is about him. part: room for its terms. */
static bool all_excepted(const struct rule *rule, enum where_key key, struct where_term *part)
{
	const struct where *w = &rule->where;

	for (size_t i = 0; i < w->count; i++) {
		struct where who = { .at = part, .keys = w->keys };

		if (w->at[i].key != key || w->at[i].not)
			continue;
		for (size_t t = 0; t < w->count; t++)
			if (t == i || w->at[t].key != key || w->at[t].not)
				part[who.count++] = w->at[t];
		if (!is_excepted(rule, &who))
			return false;
	}
	return wants(w, key);
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

	if (over)
		remark_capabilities(l, rule, over, "alert", before, "allows this: here it makes no alert");
	if (under)
		remark_capabilities(l, rule, under, "allow", before, "alerts on this: here it is not allowed");
}

/* Whether the rules before it leave anything to decide. */
static void look_at_shadows(const struct lint *l, size_t at)
{
	const struct rule *rule = &l->rules->at[at], *last = NULL;
	uint64_t left[2] = { rule->verdicts & RULE_ALLOWED ? (rule->has_otherwise ? CAPABILITY_ALL : named(rule)) : 0,
			     rule->verdicts & RULE_DENIED ? (rule->has_otherwise ? CAPABILITY_ALL : named(rule)) : 0 };

	for (size_t i = 0; i < at && (left[0] | left[1]); i++) {
		const struct rule *before = &l->rules->at[i];
		uint64_t was[2] = { left[0], left[1] };

		if (before->except_count || rule->classes & ~before->classes || !includes(&before->where, &rule->where))
			continue;
		left[0] &= before->verdicts & RULE_ALLOWED ? ~named(before) : UINT64_MAX;
		left[1] &= before->verdicts & RULE_DENIED ? ~named(before) : UINT64_MAX;
		if (left[0] != was[0] || left[1] != was[1])
			last = before;
		if (left[0] | left[1])
			look_at_contradiction(l, rule, before);
	}
	if (last && !(left[0] | left[1]) && !rule->learned)
		remark(l, rule, NULL, "this rule never decides: all that it is about is decided before, the last of it by rule "
		     "'%s' (%s:%u)", last->name, last->file, last->line);
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
