/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind the options about rules. */
#include <errno.h>

#include "user/cmd/args.h"
#include "user/cmd/options.h"
#include "user/cmd/values.h"

int values_rules(struct options *o, const char *name, const char *value)
{
	if (!*value)
		return values_bad_word(o, name, value, "is no file and no directory");
	if (o->rules.count == RULES_PATHS_MAX) {
		buf_printf(&o->error, "%s: too many files: at most %d", name, RULES_PATHS_MAX);
		return -EINVAL;
	}
	o->rules.paths[o->rules.count++] = value;
	return 0;
}

int values_fail_on(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "alert" };

	if (!strcmp(value, words[0])) {
		o->rules.fail_on_alert = true;
		return 0;
	}
	buf_printf(&o->error, "%s: ", name);
	args_unknown(&o->error, "word", value, words, 1);
	return -EINVAL;
}

int values_rules_together(struct options *o)
{
	const char *wrong = NULL;

	if (o->rules.fail_on_alert && !o->rules.count)
		wrong = "--fail-on alert: there are no rules that could alert: --rules FILE";
	else if (o->rules.hide_allowed && !o->rules.count)
		wrong = "--hide-allowed: there are no rules that could allow something: --rules FILE";
	else if (o->rules.count && o->output.counting)
		wrong = "--rules and --count do not go together: once_per and more_than need to know when; "
			"'capsieve check --replay' counts what rules say";
	if (!wrong)
		return 0;
	buf_puts(&o->error, wrong);
	return -EINVAL;
}
