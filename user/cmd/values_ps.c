/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind the options that only `ps` has. */
#include <errno.h>

#include "user/base/text.h"
#include "user/cmd/options.h"
#include "user/cmd/values.h"
#include "user/view/ps.h"

int values_ps_tree(struct options *o, const char *name, const char *value)
{
	o->ps.tree = true;
	return value ? values_trees(o, name, value) : 0;
}

int values_ps_columns(struct options *o, const char *name, const char *value)
{
	struct ps_mistake mistake;
	struct ps_layout layout;

	if (!ps_layout_parse(value, &layout, &mistake)) {
		o->output.columns = value;
		return 0;
	}
	buf_printf(&o->error, "%s: ", name);
	if (!mistake.len) {
		buf_puts(&o->error, *mistake.word == ',' || !*mistake.word
					    ? "an empty word where a column is needed"
					    : "too many columns");
		return -EINVAL;
	}
	buf_puts(&o->error, "unknown column '");
	text_escape(&o->error, mistake.word, mistake.len);
	buf_putc(&o->error, '\'');
	if (mistake.nearest)
		buf_printf(&o->error, "; did you mean '%s'?", mistake.nearest);
	else
		buf_puts(&o->error, "; --help lists them");
	return -EINVAL;
}

int values_ps_root(struct options *o, const char *name, const char *value)
{
	o->ps.root = value;
	return values_directory(o, name, value);
}
