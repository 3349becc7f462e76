/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/site.h"
#include "user/cmd/options.h"
#include "user/cmd/values.h"

#define ALL ((1U << SITE_CLASS_COUNT) - 1)

static int bad_class(struct options *o, const char *name, const char *word, size_t n, const char *nearest)
{
	buf_printf(&o->error, "%s: ", name);
	if (!n) {
		buf_puts(&o->error, "an empty word where a class is needed");
		return -EINVAL;
	}
	buf_puts(&o->error, "unknown class '");
	text_escape(&o->error, word, n);
	buf_putc(&o->error, '\'');
	if (nearest)
		buf_printf(&o->error, "; did you mean '%s'?", nearest);
	else
		buf_puts(&o->error, "; there are needed, alternative, conditional, quality, advisory and unclassified");
	return -EINVAL;
}

static int read_list(struct options *o, const char *name, const char *list, uint32_t *ret)
{
	for (uint32_t classes = 0;; list++) {
		size_t n = strcspn(list, ",");
		const char *nearest = NULL;
		enum site_class class;

		if (n == 3 && !strncasecmp(list, "all", n))
			classes |= ALL;
		else if (site_class_parse(list, n, &class, &nearest))
			return bad_class(o, name, list, n, nearest);
		else
			classes |= 1U << class;
		list += n;
		if (*list)
			continue;
		*ret = classes;
		return 0;
	}
}

int values_class(struct options *o, const char *name, const char *value)
{
	bool not = *value == '!';
	uint32_t classes;
	int err = read_list(o, name, value + not, &classes);

	if (err)
		return err;
	if (not)
		o->classes_unwanted |= classes;
	else
		o->classes_wanted |= classes;
	o->filter.classes = (o->classes_wanted ?: ALL) & ~o->classes_unwanted;
	return 0;
}
