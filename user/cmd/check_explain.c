/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/json.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/cmd/check.h"
#include "user/cmd/commands.h"
#include "user/cmd/say.h"
#include "user/rule/facts.h"

/* What each step is called in JSON. */
static const char *const step_words[] = {
	[STEP_NOT_REACHED] = "not_reached", [STEP_VERDICT] = "verdict", [STEP_CLASS] = "class",
	[STEP_CAP] = "capability",	    [STEP_WHERE] = "where",	[STEP_EXCEPT] = "except",
	[STEP_UNKNOWN] = "unknown",	    [STEP_LEARNED] = "learned", [STEP_DECIDES] = "decides",
};

struct asked {
	const struct checked *c;
	struct rules_check check;
	struct rules_reason *reasons;
	struct decision said;
	size_t by;
};

/* "unit: nginx.service" */
static void put_term(struct buf *b, const struct where_term *t)
{
	buf_printf(b, "%s: %s", where_key_name(t->key), t->not ? "!" : "");
	text_escape(b, t->glob, strlen(t->glob));
}

static void put_name(struct buf *b, const struct rule *rule)
{
	buf_puts(b, "rule '");
	text_escape(b, rule->name, strlen(rule->name));
	buf_puts(b, "' (");
	text_escape(b, rule->file, strlen(rule->file));
	buf_printf(b, ":%u)", rule->line);
}

static void put_would(struct buf *b, const struct rules_reason *why)
{
	buf_printf(b, "%s%s%s", decision_actions[why->action], strcmp(decision_actions[why->action], why->by) ? ", by " : "",
		   strcmp(decision_actions[why->action], why->by) ? why->by : "");
}

static void put_reason(struct buf *b, const struct asked *a, const struct rule *rule, const struct rules_reason *why)
{
	switch (why->step) {
	case STEP_NOT_REACHED:
		buf_puts(b, "is not asked any more");
		break;
	case STEP_VERDICT:
		buf_printf(b, "is about what was %s", rule->verdicts == RULE_DENIED ? "denied" : "allowed");
		break;
	case STEP_CLASS:
		buf_printf(b, "is not about checks of class '%s'", rule_class_words[a->check.class]);
		break;
	case STEP_CAP:
		buf_puts(b, "says nothing of this capability");
		break;
	case STEP_WHERE:
		buf_puts(b, "is about others: ");
		put_term(b, why->term);
		break;
	case STEP_EXCEPT:
		buf_printf(b, "excepts this: number %zu of its exceptions", why->except + 1);
		break;
	case STEP_UNKNOWN:
		put_term(b, why->term);
		buf_puts(b, " cannot be told for sure; if so: ");
		put_would(b, why);
		break;
	case STEP_LEARNED:
		buf_puts(b, "goes by what was learned, and only the daemon learns: undecided, and logged");
		break;
	case STEP_DECIDES:
		buf_puts(b, "applies: ");
		put_would(b, why);
		break;
	}
}

static void put_answer(struct buf *b, const struct asked *a)
{
	const struct decision *d = &a->said;

	buf_printf(b, "=> %s", decision_actions[d->action]);
	if (d->action == DECISION_ALERT)
		buf_printf(b, " (%s)", decision_severities[d->severity]);
	if (d->rule) {
		buf_puts(b, ", by ");
		put_name(b, &a->c->rules->at[a->by]);
		buf_printf(b, ": %s", d->by);
		/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): a decision is always by something */
	} else if (!strcmp(d->by, "class")) {
		buf_puts(b, ": no rule names this class, and then nobody wants to hear of it");
	} else {
		buf_puts(b, ": no rule decides, so the default does");
	}
	if (d->unknown)
		buf_printf(b, "; '%s' cannot be told for sure, and that never silences", d->unknown);
	buf_putc(b, '\n');
}

static void explain_text(struct buf *b, const struct asked *a)
{
	char name[CAPABILITY_NAME_MAX];

	buf_printf(b, "%s %s\n", capability_name((unsigned)a->check.cap, name), a->check.denied ? "denied" : "allowed");
	for (size_t i = 0; i < a->c->rules->count; i++) {
		if (a->reasons[i].step == STEP_NOT_REACHED)
			break;
		buf_puts(b, "   ");
		put_name(b, &a->c->rules->at[i]);
		buf_putc(b, ' ');
		put_reason(b, a, &a->c->rules->at[i], &a->reasons[i]);
		buf_putc(b, '\n');
	}
	put_answer(b, a);
}

static void put_word(struct json *j, const char *key, const char *word)
{
	json_key_str(j, key, strlen(key));
	json_cstr(j, word);
}

static void put_place(struct json *j, const struct rule *rule)
{
	put_word(j, "rule", rule->name);
	put_word(j, "file", rule->file);
	json_key(j, "line");
	json_u64(j, rule->line);
}

static void put_step(struct json *j, const struct rule *rule, const struct rules_reason *why)
{
	struct buf term = BUF_INIT;

	json_object(j);
	put_place(j, rule);
	put_word(j, "step", step_words[why->step]);
	if (why->term) {
		put_term(&term, why->term);
		put_word(j, "condition", buf_str(&term));
	}
	if (why->by)
		put_word(j, "would", decision_actions[why->action]);
	json_object_end(j);
	buf_done(&term);
}

static void explain_json(struct buf *b, const struct asked *a)
{
	char name[CAPABILITY_NAME_MAX];
	struct json j;

	json_init(&j, b);
	json_object(&j);
	put_word(&j, "type", "explained");
	put_word(&j, "cap", capability_name((unsigned)a->check.cap, name));
	put_word(&j, "verdict", a->check.denied ? "denied" : "allowed");
	put_word(&j, "action", decision_actions[a->said.action]);
	if (a->said.rule)
		put_place(&j, &a->c->rules->at[a->by]);
	else
		put_word(&j, "rule", NULL);
	put_word(&j, "decided_by", a->said.by);
	if (a->said.action == DECISION_ALERT)
		put_word(&j, "severity", decision_severities[a->said.severity]);
	if (a->said.unknown)
		put_word(&j, "undecided", a->said.unknown);
	json_key(&j, "steps");
	json_array(&j);
	for (size_t i = 0; i < a->c->rules->count; i++)
		put_step(&j, &a->c->rules->at[i], &a->reasons[i]);
	json_array_end(&j);
	json_object_end(&j);
	buf_putc(b, '\n');
}

static void explain_all(struct asked *a)
{
	struct buf b = BUF_INIT;

	for (int cap = 0; cap < CAPABILITY_COUNT; cap++) {
		if (!(a->c->options->caps >> cap & 1))
			continue;
		a->check.cap = cap;
		rules_decide(a->c->rules, &a->check, &a->said, &a->by, a->reasons);
		if (a->c->options->json)
			explain_json(&b, a);
		else
			explain_text(&b, a);
	}
	fwrite(buf_str(&b), 1, b.len, stdout);
	buf_done(&b);
}

int check_explain(const struct checked *c)
{
	struct asked a = { .c = c };
	struct buf why = BUF_INIT;
	struct facts facts;
	int code = EXIT_FINE, err = facts_parse(c->options->explain, &facts, &why);

	a.check = (struct rules_check){ .who = &facts.who, .denied = c->options->denied, .class = c->options->class };
	a.reasons = calloc(c->rules->count + 1, sizeof(*a.reasons));
	if (err == -EINVAL) {
		say(&check_say, "--explain: %s", buf_str(&why));
		code = EXIT_USAGE;
	} else if (err || !a.reasons) {
		say(&check_say, "out of memory");
		code = EXIT_FAILED;
	} else {
		explain_all(&a);
		code = say_flush(&check_say);
	}
	free(a.reasons);
	facts_done(&facts);
	buf_done(&why);
	return code;
}
