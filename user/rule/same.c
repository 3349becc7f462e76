/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "user/rule/rules.h"

static bool is_same_word(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool are_same_words(const char **a, size_t count_a, const char **b, size_t count_b)
{
	if (count_a != count_b)
		return false;
	for (size_t i = 0; i < count_a; i++)
		if (!is_same_word(a[i], b[i]))
			return false;
	return true;
}

static bool is_same_where(const struct where *a, const struct where *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].key != b->at[i].key || a->at[i].not != b->at[i].not || !is_same_word(a->at[i].glob, b->at[i].glob))
			return false;
	return true;
}

static bool are_same_people(const struct rule *a, const struct rule *b)
{
	if (a->except_count != b->except_count || !is_same_where(&a->where, &b->where))
		return false;
	for (size_t i = 0; i < a->except_count; i++)
		if (!is_same_where(&a->except[i], &b->except[i]))
			return false;
	return true;
}

static bool is_same_verdict(const struct rule *a, const struct rule *b)
{
	return !memcmp(a->caps, b->caps, sizeof(a->caps)) && a->profile_caps == b->profile_caps &&
	       is_same_word(a->profile, b->profile) && a->learned == b->learned && a->learn_by == b->learn_by &&
	       a->learn_ns == b->learn_ns && a->has_otherwise == b->has_otherwise && a->otherwise == b->otherwise &&
	       a->on_denied == b->on_denied && a->verdicts == b->verdicts && a->class_given == b->class_given &&
	       a->classes == b->classes;
}

static bool is_same_alert(const struct rule *a, const struct rule *b)
{
	return a->severity == b->severity && a->once_per_ns == b->once_per_ns && a->more_than == b->more_than &&
	       a->window_ns == b->window_ns && are_same_words(a->outputs, a->output_count, b->outputs, b->output_count) &&
	       are_same_words(a->tags, a->tag_count, b->tags, b->tag_count);
}

bool rule_is_same(const struct rule *a, const struct rule *b)
{
	return is_same_word(a->name, b->name) && is_same_alert(a, b) && is_same_verdict(a, b) && are_same_people(a, b);
}
