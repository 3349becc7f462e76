/* SPDX-License-Identifier: BSD-2-Clause */
/* What is silent of somebody, for all capabilities at once: each rule is held against who it is only once. */
#include "user/rule/rules.h"

#define BIT(class) (1U << SITE_##class)
#define USUAL	   (BIT(NEEDED) | BIT(ALTERNATIVE) | BIT(CONDITIONAL) | BIT(UNCLASSIFIED))
#define QUIET	   (BIT(QUALITY) | BIT(ADVISORY))

struct making {
	uint64_t left[2];	/* what nothing has decided yet */
	uint64_t loud[2];	/* what may be loud for some class, wherever it was decided */
	uint64_t maybe[2];	/* what is perhaps allowed, and so not ignored */
	struct rules_sets sets;
};

/* What a rule says of each capability, if it applies. */
static void says(const struct rule *rule, const struct where_subject *who, bool denied,
		 uint64_t ret[static DECISION_ACTIONS])
{
	const struct baseline *baseline = &who->learned[rule->learn_by];
	const bool learned = rule->learned && baseline->until_ns;
	const uint64_t profile = learned ? baseline->caps : rule->profile_caps;
	uint64_t named = 0, rest;

	for (int a = 0; a < DECISION_ACTIONS; a++)
		named |= ret[a] = rule->caps[a];
	ret[DECISION_ALLOW] |= profile & ~named;
	named |= profile;
	rest = ~named;
	/* Nothing is learned: whatever goes by it is logged. */
	if (rule->learned && !learned)
		ret[DECISION_LOG] |= rest;
	else if (rule->has_otherwise)
		ret[rule->otherwise] |= rest;
	if (denied && rule->on_denied != DECISION_ALLOW) {
		ret[rule->on_denied] |= ret[DECISION_ALLOW];
		ret[DECISION_ALLOW] = 0;
	}
}

static void name(struct making *m, uint64_t caps, bool denied, size_t by)
{
	for (; caps; caps &= caps - 1)
		m->sets.by[denied][__builtin_ctzll(caps)] = (uint16_t)by;
}
_Static_assert(RULES_MAX <= UINT16_MAX, "a rule has a number");

static void take(struct making *m, const struct rule *rule, const struct where_subject *who, size_t at, bool denied,
		 bool certain)
{
	uint64_t said[DECISION_ACTIONS] = { 0 }, loud, left = m->left[denied];

	says(rule, who, denied, said);
	loud = said[DECISION_LOG] | said[DECISION_ALERT];
	if (rule->classes & QUIET)
		m->loud[denied] |= loud;
	/*
	 * What is loud for some, or perhaps, is not silent; what is silent for some, or perhaps, is not
	 * decided.
	 */
	m->left[denied] &= ~loud;
	if (!certain) {
		m->maybe[denied] |= said[DECISION_ALLOW] & left;
		return;
	}
	m->sets.allow[denied] |= said[DECISION_ALLOW] & left;
	m->sets.ignore[denied] |= said[DECISION_IGNORE] & left;
	name(m, (said[DECISION_ALLOW] | said[DECISION_IGNORE]) & left, denied, at);
	m->left[denied] &= ~(said[DECISION_ALLOW] | said[DECISION_IGNORE]);
}

void rules_sets(const struct rules *rules, const struct where_subject *who, struct rules_sets *ret)
{
	struct making m = { .left = { CAPABILITY_ALL, CAPABILITY_ALL } };

	name(&m, CAPABILITY_ALL, false, rules->count);
	name(&m, CAPABILITY_ALL, true, rules->count);
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		bool whole = (rule->classes & USUAL) == USUAL;
		struct rules_reason why;
		enum where_answer answer;

		if (!(m.left[0] | m.left[1]) && !(rule->classes & QUIET))
			continue;
		answer = rule_applies(rule, who, &why);
		if (answer == WHERE_NO)
			continue;
		if (rule->verdicts & RULE_ALLOWED)
			take(&m, rule, who, i, false, answer == WHERE_YES && whole);
		if (rule->verdicts & RULE_DENIED)
			take(&m, rule, who, i, true, answer == WHERE_YES && whole);
	}
	*ret = m.sets;
	for (int v = 0; v < 2; v++) {
		uint64_t ignore = m.sets.ignore[v] | (rules->otherwise == DECISION_IGNORE ? m.left[v] : 0);

		ret->allow[v] = (m.sets.allow[v] | (ignore & m.maybe[v])) & ~m.loud[v];
		ret->ignore[v] = ignore & ~m.maybe[v] & ~m.loud[v];
	}
}
