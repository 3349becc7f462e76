/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/glob.h"
#include "user/base/span.h"
#include "user/base/text.h"
#include "user/base/word.h"
#include "user/base/yml.h"
#include "user/caps/capability.h"
#include "user/model/workload.h"
#include "user/rule/complaint.h"
#include "user/rule/fields.h"
#include "user/rule/rules.h"

#define WORDS(list) (list), sizeof(list) / sizeof((list)[0])
#define YEAR_NS	    (365ULL * 86400 * 1000000000)

enum { NAME_BYTES_MAX = 128, WORD_BYTES_MAX = 64, WORDS_MAX = 64, LISTS_MAX = 1000, EXCEPTS_MAX = 100, FEW = 12 };

const char *const rule_class_words[SITE_CLASS_COUNT] = {
	[SITE_NEEDED] = "needed",   [SITE_ALTERNATIVE] = "alternative", [SITE_CONDITIONAL] = "conditional",
	[SITE_QUALITY] = "quality", [SITE_ADVISORY] = "advisory",	[SITE_UNCLASSIFIED] = "unclassified",
};

/* What nobody asks for by name, nobody wants to hear of. */
#define CLASSES_USUAL                                                                                    \
	(1U << SITE_NEEDED | 1U << SITE_ALTERNATIVE | 1U << SITE_CONDITIONAL | 1U << SITE_UNCLASSIFIED)
#define CLASSES_ALL ((1U << SITE_CLASS_COUNT) - 1)

struct reading {
	struct rules *rules;
	const struct rules_profiles *profiles;
	struct yml_report *reports;	/* one for each file */
	const struct yml_node **bodies;	/* the value of `rules` of each file, or NULL */
	const struct yml_node *default_node;
	size_t default_in;		/* the file */
	size_t file;			/* that is read now */
	struct rule *rule;		/* that is read now */
};

/* "BEFORE'word'AFTER" at node. */
static int say_word(struct yml_report *report, const struct yml_node *node, const char *before, const char *after)
{
	struct buf b = BUF_INIT;

	yml_describe(&b, node);
	yml_say(report, node, "%s%s%s", before, buf_str(&b), after);
	buf_done(&b);
	return -EINVAL;
}

/*
 * ---- words, one or many, and lists with a name
 * ------------------------------------------------------------------
 */

/* Takes one word; not: a `!` stood before the list that it comes from. */
typedef int take_word(struct reading *in, void *ctx, const struct yml_node *word, bool not, struct yml_report *report);

static struct rules_list *find_list(struct rules *rules, const char *name)
{
	for (size_t i = 0; i < rules->list_count; i++)
		if (!strcmp(rules->lists[i].name, name))
			return &rules->lists[i];
	return NULL;
}

static int no_such_list(struct reading *in, const struct yml_node *word, struct yml_report *report)
{
	const char *names[LISTS_MAX], *name = word->text + (word->text[0] == '!') + 1;
	size_t count = in->rules->list_count, nearest;
	struct buf more = BUF_INIT;

	/* It may stand in what of this file could not be read. */
	if (yml_root(in->rules->sources[in->file].yml)->cut)
		return -EINVAL;

	for (size_t i = 0; i < count; i++)
		names[i] = in->rules->lists[i].name;
	if (!count)
		buf_puts(&more, ": there is no 'lists' in these files");
	else if (word_nearest(name, strlen(name), names, count, &nearest))
		buf_printf(&more, "; did you mean '$%s'?", names[nearest]);
	else
		for (size_t i = 0; i < count && i < FEW; i++)
			buf_printf(&more, "%s$%s", i ? ", " : "; there are ", names[i]);
	say_word(report, word, "no list is called ", buf_str(&more));
	buf_done(&more);
	return -EINVAL;
}

/* What is no word of a list: check_item() has said so where the list stands. */
static bool is_item(const struct yml_node *item)
{
	return item->kind == YML_SCALAR && *item->text && item->text[0] != '$';
}

static int each_of_list(struct reading *in, const struct yml_node *word, bool not, take_word *take, void *ctx,
			struct yml_report *report)
{
	struct rules_list *list = find_list(in->rules, word->text + not + 1);
	const struct yml_node *item;
	int err = 0, r;

	if (!list)
		return no_such_list(in, word, report);
	list->used = true;
	item = list->items->kind == YML_LIST ? list->items->first : list->items;
	for (; item; item = list->items->kind == YML_LIST ? item->next : NULL) {
		r = is_item(item) ? take(in, ctx, item, not, &in->reports[list->source]) : -EINVAL;
		err = r ? r : err;
	}
	return err;
}

static int one_word(struct reading *in, const struct yml_node *word, const char *what, take_word *take, void *ctx,
		    struct yml_report *report)
{
	if (word->kind != YML_SCALAR)
		return yml_say(report, word, "%s is needed here, and not a %s", what,
			       word->kind == YML_LIST ? "list in a list" : "mapping");
	if (!*word->text)
		return yml_say(report, word, "%s is needed here", what);
	if (word->text[0] == '$')
		return each_of_list(in, word, false, take, ctx, report);
	if (word->text[0] == '!' && word->text[1] == '$')
		return each_of_list(in, word, true, take, ctx, report);
	return take(in, ctx, word, false, report);
}

/* A word, or a list of them; what: "a capability". */
static int each_word(struct reading *in, const struct yml_node *value, const char *what, take_word *take, void *ctx,
		     struct yml_report *report)
{
	int err = 0, r;

	if (value->kind != YML_LIST)
		return one_word(in, value, what, take, ctx, report);
	if (!value->first)
		return yml_say(report, value, "%s is needed here, and the list is empty", what);
	for (const struct yml_node *item = value->first; item; item = item->next) {
		r = one_word(in, item, what, take, ctx, report);
		err = r ? r : err;
	}
	return err;
}

/*
 * ---- capabilities
 * -----------------------------------------------------------------------------------------------
 */

static int take_cap(struct reading *in, void *ctx, const struct yml_node *word, bool not, struct yml_report *report)
{
	struct capability_error error;
	struct buf bad = BUF_INIT;
	uint64_t *mask = ctx, caps;
	unsigned column;

	(void)in;
	if (word->cut)
		return -EINVAL;
	if (not || word->text[0] == '!')
		return yml_say(report, word, "a capability has no '!' here: 'otherwise' is for all others");
	if (!capability_parse_list(word->text, &caps, &error)) {
		*mask |= caps;
		return 0;
	}
	column = word->column + word->quoted + (unsigned)error.column - 1;
	text_escape(&bad, error.word, error.len);
	if (!error.len)
		yml_say_at(report, word->line, column, "a capability is needed here");
	else if (error.nearest)
		yml_say_at(report, word->line, column, "unknown capability '%s'; did you mean '%s'?", buf_str(&bad),
			   error.nearest);
	else
		yml_say_at(report, word->line, column, "unknown capability '%s'; 'capsieve explain' lists them",
			   buf_str(&bad));
	buf_done(&bad);
	return -EINVAL;
}

static int take_caps(void *ctx, enum decision_action action, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;

	return each_word(in, value, "a capability", take_cap, &in->rule->caps[action], report);
}

static int take_allow(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return take_caps(ctx, DECISION_ALLOW, value, report);
}

static int take_alert(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return take_caps(ctx, DECISION_ALERT, value, report);
}

static int take_log(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return take_caps(ctx, DECISION_LOG, value, report);
}

static int take_ignore(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return take_caps(ctx, DECISION_IGNORE, value, report);
}

/*
 * ---- conditions
 * -------------------------------------------------------------------------------------------------
 */

struct condition {
	struct where *where;
	enum where_key key;
};

static bool is_userns(const char *glob)
{
	return !strcmp(glob, "host") || !strcmp(glob, "own") || !strcmp(glob, "other");
}

static bool is_engine(const char *glob)
{
	for (uint32_t i = ENGINE_NONE + 1; i < ENGINE_COUNT; i++)
		if (!strcmp(glob, workload_engine_name(i)))
			return true;
	return false;
}

/* What is written as elsewhere on the machine, and is called otherwise here. */
static const char *wrong_name(enum where_key key, const char *glob)
{
	static const char dev[] = "/dev/";
	const size_t n = strlen(glob);

	if (key == WHERE_EXE && n > 1 && glob[n - 1] == '/')
		return " is a directory and can never fit: write a '*' behind it";
	if (key == WHERE_TTY && !strncmp(glob, dev, sizeof(dev) - 1))
		return " can never fit: a terminal is written without /dev, as pts/0 or tty1";
	if (key == WHERE_ENGINE && glob_is_plain(glob) && !is_engine(glob))
		return " is no engine that is known: docker, podman, containerd, cri-o, kubernetes, ...";
	return NULL;
}

static const char *wrong_with(enum where_key key, const char *glob)
{
	bool path = key == WHERE_EXE || key == WHERE_CGROUP;

	if (!*glob)
		return " says nothing: a name or a glob is needed";
	if (glob_check(glob))
		return " is no glob: a '[' without its ']', a range that runs backwards, or a '\\' at the end";
	if (path && !strchr("/*?[", *glob))
		return " is no path from the root and can never fit: write /usr/bin/NAME, or */NAME";
	if (key == WHERE_USERNS && glob_is_plain(glob) && !is_userns(glob) && glob[strspn(glob, "0123456789")])
		return " is none of host, own and other";
	return wrong_name(key, glob);
}

static int take_value(struct reading *in, void *ctx, const struct yml_node *word, bool not, struct yml_report *report)
{
	const struct condition *c = ctx;
	bool own = word->text[0] == '!';
	const char *wrong = wrong_with(c->key, word->text + own);
	int err;

	if (not && own)
		return say_word(report, word, "", " has a '!', and so has the list that it stands in");
	if (wrong)
		return say_word(report, word, "", wrong);
	err = where_put(c->where, c->key, not || own, word->text + own);
	if (err == -E2BIG)
		return yml_say(report, word, "too many conditions for one rule: at most %d", WHERE_TERMS_MAX);
	in->rules->keys |= 1U << c->key;
	return err;
}

static int take_condition(struct reading *in, struct where *where, const struct yml_node *key,
			  unsigned seen[static WHERE_KEYS], struct yml_report *report)
{
	const char *names[WHERE_KEYS];
	struct condition c = { where, WHERE_KEYS };

	for (size_t i = 0; i < WHERE_KEYS; i++)
		names[i] = where_key_name((enum where_key)i);
	if (where_key_find(key->text, strlen(key->text), &c.key) || strcmp(names[c.key], key->text))
		return yml_unknown(report, key, "condition", names, WHERE_KEYS);
	if (seen[c.key])
		return yml_say(report, key, "'%s' stands here twice; first in line %u", names[c.key], seen[c.key]);
	seen[c.key] = key->line;
	return each_word(in, key->next, "a name or a glob", take_value, &c, report);
}

static int take_conditions(struct reading *in, struct where *where, const struct yml_node *map,
			   struct yml_report *report)
{
	unsigned seen[WHERE_KEYS] = { 0 };
	int err = 0, r;

	if (map->kind != YML_MAP || !map->first)
		return yml_say(report, map, "conditions are needed here: {unit: nginx.service}, {user: \"!root\"}");
	for (const struct yml_node *key = map->first; key && key->next; key = key->next->next) {
		r = take_condition(in, where, key, seen, report);
		err = r ? r : err;
	}
	return err;
}

static int take_where(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;

	return take_conditions(in, &in->rule->where, value, report);
}

static int take_one_except(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;
	struct rule *rule = in->rule;
	struct where *at;

	if (rule->except_count == EXCEPTS_MAX)
		return yml_say(report, value, "too many exceptions for one rule: at most %d", EXCEPTS_MAX);
	at = reallocarray(rule->except, rule->except_count + 1, sizeof(*at));
	if (!at)
		return -ENOMEM;
	rule->except = at;
	at += rule->except_count++;
	*at = (struct where){ 0 };
	return take_conditions(in, at, value, report);
}

static int take_except(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	if (value->kind == YML_LIST && value->first)
		return yml_each(value, take_one_except, ctx, report);
	return take_one_except(ctx, value, report);
}

/*
 * ---- the other keys of a rule
 * -----------------------------------------------------------------------------------
 */

static int take_name(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;
	const char *name;

	if (yml_text(value, "a name", report, &name))
		return -EINVAL;
	if (strlen(name) > NAME_BYTES_MAX)
		return yml_say(report, value, "this name is longer than %d bytes", NAME_BYTES_MAX);
	for (size_t i = 0; i < in->rules->count; i++)
		if (in->rules->at[i].name && !strcmp(in->rules->at[i].name, name))
			return yml_say(report, value, "another rule has this name: %s:%u", in->rules->at[i].file,
				       in->rules->at[i].line);
	in->rule->name = name;
	return 0;
}

static int take_action_word(const struct yml_node *value, struct yml_report *report, uint8_t *ret)
{
	size_t at;
	int err = yml_word(value, WORDS(decision_actions), report, &at);

	if (!err)
		*ret = (uint8_t)at;
	return err;
}

static int take_on_denied(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	return take_action_word(value, report, &((struct reading *)ctx)->rule->on_denied);
}

static int take_otherwise(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;

	in->rule->has_otherwise = true;
	return take_action_word(value, report, &in->rule->otherwise);
}

static bool is_near_learned(const char *word)
{
	static const char *const learned[] = { "learned" };
	size_t at;

	return word_nearest(word, strlen(word), learned, 1, &at);
}

static int take_allow_profile(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;
	struct rule *rule = in->rule;
	struct buf why = BUF_INIT;
	int err;

	if (yml_text(value, "a file that 'profile' wrote, or 'learned',", report, &rule->profile))
		return -EINVAL;
	rule->learned = !strcmp(rule->profile, "learned");
	if (rule->learned || !in->profiles)
		return 0;
	err = in->profiles->read(in->profiles->ctx, rule->file, rule->profile, &rule->profile_caps, &why);
	if (err && err != -ENOMEM)
		err = yml_say(report, value, "%s%s", buf_str(&why), is_near_learned(rule->profile) ? "; did you mean 'learned'?" : "");
	buf_done(&why);
	return err;
}

static int take_verdict(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	static const char *const words[] = { "allowed", "denied", "any" };
	static const uint8_t bits[] = { RULE_ALLOWED, RULE_DENIED, RULE_ALLOWED | RULE_DENIED };
	size_t at;
	int err = yml_word(value, WORDS(words), report, &at);

	if (!err)
		((struct reading *)ctx)->rule->verdicts = bits[at];
	return err;
}

static int take_one_class(struct reading *in, void *ctx, const struct yml_node *word, bool not,
			  struct yml_report *report)
{
	uint8_t *classes = ctx;
	size_t at;
	int err;

	(void)in;
	if (not)
		return yml_say(report, word, "a class has no '!' here: name those that are meant");
	if (!strcmp(word->text, "all")) {
		*classes = CLASSES_ALL;
		return 0;
	}
	err = yml_word(word, WORDS(rule_class_words), report, &at);
	if (!err)
		*classes |= (uint8_t)(1U << at);
	return err;
}

static int take_class(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;

	in->rule->class_given = true;
	in->rule->classes = 0;
	return each_word(in, value, "a class", take_one_class, &in->rule->classes, report);
}

static int take_severity(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	size_t at;
	int err = yml_word(value, WORDS(decision_severities), report, &at);

	if (!err)
		((struct reading *)ctx)->rule->severity = (uint8_t)at;
	return err;
}

static int take_span(const struct yml_node *value, struct yml_report *report, const char *text, uint64_t *ret)
{
	uint64_t ns;

	if (span_parse(text, &ns))
		return say_word(report, value, "a length of time such as 10m or 1h30m is needed here, and not ", "");
	if (!ns || ns > YEAR_NS)
		return say_word(report, value, "", " is too short or too long: from 1ns to 365d");
	*ret = ns;
	return 0;
}

static int take_once_per(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	const char *text;

	if (yml_text(value, "a length of time, such as 10m,", report, &text))
		return -EINVAL;
	return take_span(value, report, text, &((struct reading *)ctx)->rule->once_per_ns);
}

static int take_more_than(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	static const char in_word[] = " in ";
	struct rule *rule = ((struct reading *)ctx)->rule;
	const char *text, *in;
	char number[16] = "";
	uint64_t n;

	if (yml_text(value, "a number and a time, such as '20 in 1m',", report, &text))
		return -EINVAL;
	in = strstr(text, in_word);
	if (in && in - text < (ptrdiff_t)sizeof(number))
		memcpy(number, text, (size_t)(in - text));
	if (!in || number_parse(number, 1, 1000000000, &n))
		return say_word(report, value, "a number and a time are needed here, such as '20 in 1m', and not ", "");
	rule->more_than = (uint32_t)n;
	return take_span(value, report, in + sizeof(in_word) - 1, &rule->window_ns);
}

static int take_learn(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	static const char by_word[] = " by ";
	struct rule *rule = ((struct reading *)ctx)->rule;
	const char *text, *by;
	char span[32] = "";

	if (yml_text(value, "a length of time, such as 7d, or '7d by image',", report, &text))
		return -EINVAL;
	by = strstr(text, by_word);
	if (by && strcmp(by + strlen(by_word), baseline_words[BASELINE_NAME]) &&
	    strcmp(by + strlen(by_word), baseline_words[BASELINE_IMAGE]))
		return say_word(report, value, "", ": it is learned 'by name', as where nothing is said, or 'by image'");
	if (by && by - text < (ptrdiff_t)sizeof(span))
		memcpy(span, text, (size_t)(by - text));
	if (by && !strcmp(by + strlen(by_word), baseline_words[BASELINE_IMAGE]))
		rule->learn_by = BASELINE_IMAGE;
	complaints_warn_seconds(report, value, by ? span : text);
	return take_span(value, report, by ? span : text, &rule->learn_ns);
}

struct words {
	const char ***at;
	size_t *count;
};

static int take_one_word(struct reading *in, void *ctx, const struct yml_node *word, bool not,
			 struct yml_report *report)
{
	struct words *to = ctx;
	const char **at;

	(void)in;
	if (not)
		return yml_say(report, word, "a '!' means nothing here");
	if (strlen(word->text) > WORD_BYTES_MAX)
		return yml_say(report, word, "this word is longer than %d bytes", WORD_BYTES_MAX);
	if (*to->count == WORDS_MAX)
		return yml_say(report, word, "too many words: at most %d", WORDS_MAX);
	at = reallocarray(*to->at, *to->count + 1, sizeof(**to->at));
	if (!at)
		return -ENOMEM;
	*to->at = at;
	at[(*to->count)++] = word->text;
	return 0;
}

static int take_outputs(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;
	struct words to = { &in->rule->outputs, &in->rule->output_count };

	return each_word(in, value, "the name of an output", take_one_word, &to, report);
}

static int take_tags(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;
	struct words to = { &in->rule->tags, &in->rule->tag_count };

	return each_word(in, value, "a tag", take_one_word, &to, report);
}

#define KEY(name_, required_, shape_, about_) { #name_, take_##name_, required_ },

static const struct yml_key rule_keys[] = { RULE_FIELDS(KEY) };

/*
 * ---- a rule as a whole
 * ------------------------------------------------------------------------------------------
 */

static const struct yml_node *value_of(const struct yml_node *map, const char *name)
{
	for (const struct yml_node *key = map->first; key && key->next; key = key->next->next)
		if (!strcmp(key->text, name))
			return key->next;
	return NULL;
}

static int say_all(struct yml_report *report, const struct yml_node *at, enum decision_action all, enum decision_action other,
		   bool both)
{
	const char *is = decision_actions[all], *too = decision_actions[other];

	if (both)
		return yml_say(report, at, "'%s: all' and '%s: all' stand in the same rule", is, too);
	return yml_say(report, at, "'%s: all' names what '%s' of the same rule does; 'otherwise: %s' is for all others", is, too, is);
}

/* One thing is said of a capability. */
static int check_overlap(const struct rule *rule, enum decision_action a, enum decision_action b,
			 struct yml_report *report)
{
	uint64_t both = rule->caps[a] & rule->caps[b];
	const struct yml_node *at = value_of(rule->node, decision_actions[b]);
	struct buf names = BUF_INIT;

	if (!both || !at)
		return 0;
	if (rule->caps[a] == CAPABILITY_ALL || rule->caps[b] == CAPABILITY_ALL)
		return say_all(report, at, rule->caps[a] == CAPABILITY_ALL ? a : b, rule->caps[a] == CAPABILITY_ALL ? b : a,
			       rule->caps[a] == rule->caps[b]);
	capability_mask_names(&names, both);
	yml_say(report, at, "'%s' of the same rule names this too: %s", decision_actions[a], buf_str(&names));
	buf_done(&names);
	return -EINVAL;
}

static bool allows(const struct rule *rule)
{
	return rule->caps[DECISION_ALLOW] || rule->profile || (rule->has_otherwise && rule->otherwise == DECISION_ALLOW);
}

static int check_rule(const struct rule *rule, struct yml_report *report)
{
	const struct yml_node *on_denied = value_of(rule->node, "on_denied"), *learn = value_of(rule->node, "learn");
	uint64_t named = 0;
	int err = 0;

	for (int a = 0; a < DECISION_ACTIONS; a++) {
		named |= rule->caps[a];
		for (int b = a + 1; b < DECISION_ACTIONS; b++)
			err = check_overlap(rule, (enum decision_action)a, (enum decision_action)b, report) ?: err;
	}
	if (!named && !rule->has_otherwise && !rule->profile)
		err = yml_say(report, rule->node, "this rule decides nothing: 'allow', 'alert', 'log', 'ignore', "
			      "'allow_profile' or 'otherwise' is missing");
	if (learn && !rule->learned)
		err = yml_say(report, learn, "'learn' is how long 'allow_profile: learned' takes, and that is missing");
	if (on_denied && !allows(rule))
		err = yml_say(report, on_denied, "'on_denied' is about what is allowed, and this rule allows nothing");
	return err;
}

static int new_rule(struct reading *in, const struct yml_node *node)
{
	struct rules *r = in->rules;
	struct rule *at;

	if (!(r->count & (r->count - 1))) {
		at = reallocarray(r->at, r->count ? 2 * r->count : 1, sizeof(*at));
		if (!at)
			return -ENOMEM;
		r->at = at;
	}
	in->rule = &r->at[r->count++];
	*in->rule = (struct rule){
		.file = r->sources[in->file].name,
		.file_index = in->file,
		.line = node->line,
		.column = node->column,
		.node = node,
		.on_denied = DECISION_LOG,
		.verdicts = RULE_ALLOWED | RULE_DENIED,
		.severity = SEVERITY_WARNING,
		.classes = CLASSES_USUAL,
	};
	return 0;
}

static int take_rule(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;
	int err;

	if (value->kind != YML_MAP)
		return say_word(report, value, "a rule is needed here, a mapping that begins with '- name:', and not ", "");
	if (in->rules->count == RULES_MAX)
		return yml_say(report, value, "too many rules: at most %d", RULES_MAX);
	err = new_rule(in, value);
	err = err ?: yml_map(value, rule_keys, sizeof(rule_keys) / sizeof(rule_keys[0]), in, report);
	return err || value->cut ? err : check_rule(in->rule, report);
}

/*
 * ---- a file as a whole
 * ------------------------------------------------------------------------------------------
 */

static int take_version(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	(void)ctx;
	if (value->kind == YML_SCALAR && !strcmp(value->text, "1"))
		return 0;
	return say_word(report, value, "this version of capsieve reads version 1, and not ", "");
}

static int take_default(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	static const char *const words[] = { "log", "alert", "ignore" };
	static const uint8_t actions[] = { DECISION_LOG, DECISION_ALERT, DECISION_IGNORE };
	struct reading *in = ctx;
	struct rules *r = in->rules;
	size_t at;
	int err = yml_word(value, WORDS(words), report, &at);

	if (err)
		return err;
	if (in->default_node && r->otherwise != actions[at])
		return yml_say(report, value, "another default than '%s' in %s:%u: all files together have one",
			       in->default_node->text, r->sources[in->default_in].name, in->default_node->line);
	in->default_node = value;
	in->default_in = in->file;
	r->otherwise = actions[at];
	return 0;
}

static int check_item(void *ctx, const struct yml_node *item, struct yml_report *report)
{
	(void)ctx;
	if (is_item(item))
		return 0;
	if (item->kind == YML_SCALAR && *item->text)
		return yml_say(report, item, "a list names words, and no other list");
	return yml_say(report, item, "a word is needed in a list");
}

static int take_list(struct reading *in, const struct yml_node *key, struct yml_report *report)
{
	struct rules *r = in->rules;
	const struct rules_list *same = find_list(r, key->text);
	struct rules_list *at;

	if (same)
		return yml_say(report, key, "'%s' is a list already: %s:%u", key->text, r->sources[same->source].name,
			       same->key->line);
	if (r->list_count == LISTS_MAX)
		return yml_say(report, key, "too many lists: at most %d", LISTS_MAX);
	at = reallocarray(r->lists, r->list_count + 1, sizeof(*at));
	if (!at)
		return -ENOMEM;
	r->lists = at;
	at[r->list_count++] = (struct rules_list){ key->text, key, key->next, in->file, false };
	return yml_each(key->next, check_item, NULL, report);
}

static int take_lists(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	int err = 0, r;

	if (value->kind != YML_MAP)
		return yml_say(report, value, "lists are needed here: lines of 'name: [word, word]'");
	for (const struct yml_node *key = value->first; key && key->next; key = key->next->next) {
		r = take_list(ctx, key, report);
		err = r ? r : err;
	}
	return err;
}

static int take_rules(void *ctx, const struct yml_node *value, struct yml_report *report)
{
	struct reading *in = ctx;

	if (value->kind == YML_MAP || (value->kind == YML_SCALAR && (*value->text || value->quoted)))
		return yml_say(report, value, "rules are a list: each begins with '- name:'");
	in->bodies[in->file] = value;
	return 0;
}

static const struct yml_key file_keys[] = { RULES_FIELDS(KEY) };

static int add_source(struct rules *r, const struct rules_file *file)
{
	struct rules_source *s = &r->sources[r->source_count];

	*s = (struct rules_source){ .name = strdup(file->name), .text = malloc(file->n + 1), .n = file->n };
	r->source_count++;
	if (!s->name || !s->text)
		return -ENOMEM;
	memcpy(s->text, file->text, file->n);
	s->text[file->n] = '\0';
	return 0;
}

/* All but the rules, which may use lists that come later. */
static int read_file(struct reading *in, const struct rules_file *file, struct complaints *told)
{
	struct rules *r = in->rules;
	struct rules_source *s = &r->sources[r->source_count];
	struct yml_report *report = &in->reports[r->source_count];
	int err;

	in->file = r->source_count;
	err = add_source(r, file);
	if (err)
		return err;
	*report = complaints_report(told, s->name, s->text, s->n);
	err = yml_parse_partly(s->text, s->n, report, &s->yml);
	return s->yml ? yml_map(yml_root(s->yml), file_keys, sizeof(file_keys) / sizeof(file_keys[0]), in, report) ?: err : err;
}

static int read_all(struct reading *in, const struct rules_file *files, size_t count, struct complaints *told)
{
	int err = 0, r;

	for (size_t i = 0; i < count; i++) {
		r = read_file(in, &files[i], told);
		err = r ? r : err;
	}
	for (size_t i = 0; i < count; i++) {
		in->file = i;
		if (!in->bodies[i] || in->bodies[i]->kind != YML_LIST)
			continue;
		r = yml_each(in->bodies[i], take_rule, in, &in->reports[i]);
		err = r ? r : err;
	}
	return told->error ?: err;
}

int rules_read(const struct rules_file *files, size_t count, const struct rules_profiles *profiles,
	       struct complaints *told, struct rules **ret)
{
	struct reading in = { .rules = calloc(1, sizeof(struct rules)), .profiles = profiles };
	int err = -ENOMEM;

	in.reports = calloc(count + 1, sizeof(*in.reports));
	in.bodies = calloc(count + 1, sizeof(*in.bodies));
	if (in.rules)
		in.rules->sources = calloc(count + 1, sizeof(*in.rules->sources));
	if (in.reports && in.bodies && in.rules && in.rules->sources) {
		in.rules->otherwise = DECISION_LOG;
		err = read_all(&in, files, count, told);
	}
	free(in.reports);
	free(in.bodies);
	if (err)
		rules_free(in.rules);
	else
		*ret = in.rules;
	return err;
}

static void rule_done(struct rule *rule)
{
	where_done(&rule->where);
	for (size_t i = 0; i < rule->except_count; i++)
		where_done(&rule->except[i]);
	free(rule->except);
	free(rule->outputs);
	free(rule->tags);
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++)
		rule_done(&rules->at[i]);
	for (size_t i = 0; i < rules->source_count; i++) {
		yml_free(rules->sources[i].yml);
		free(rules->sources[i].name);
		free(rules->sources[i].text);
	}
	free(rules->sources);
	free(rules->lists);
	free(rules->at);
	free(rules);
}
