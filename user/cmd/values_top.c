/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/options.h"
#include "user/cmd/values.h"
#include "user/view/top_rows.h"

int values_by(struct options *o, const char *name, const char *value)
{
	const char *words[TOP_BYS];
	size_t at;
	int err;

	for (enum top_by by = 0; by < TOP_BYS; by++)
		words[by] = top_by_word(by);
	err = values_choose(o, name, "word", value, words, TOP_BYS, &at);
	if (!err)
		o->top.by = (unsigned int)at;
	return err;
}

int values_refresh(struct options *o, const char *name, const char *value)
{
	return values_span(o, name, value, &o->top.interval_ns);
}
