/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/recipe_words.h"

#include <ctype.h>
#include <string.h>

#include "user/advice/recipe.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"

/* --x=CHOWN --x=KILL: each name behind `before`, `between` them. */
void recipe_names(struct buf *b, uint64_t set, unsigned spelling, const char *before, const char *between)
{
	char number[CAPABILITY_NAME_MAX];
	bool first = true;

	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		const char *name = capability_name(nr, number);

		if (!(set & 1ULL << nr))
			continue;
		buf_puts(b, first ? "" : between);
		buf_puts(b, before);
		/* What has no name is CAP_41 everywhere: a bare number would be another thing. */
		if (nr < CAPABILITY_COUNT && !(spelling & RECIPE_PREFIX))
			name += strlen("CAP_");
		for (; *name; name++)
			buf_putc(b, spelling & RECIPE_UPPER ? *name : (char)tolower((unsigned char)*name));
		first = false;
	}
}

void recipe_options(struct buf *b, uint64_t set, unsigned spelling, const char *option)
{
	if (!set)
		return;
	buf_putc(b, ' ');
	recipe_names(b, set, spelling, option, " ");
}

size_t recipe_user_len(const char *user)
{
	return user ? strcspn(user, ":") : 0;
}

const char *recipe_group(const char *user)
{
	const char *colon = user ? strchr(user, ':') : NULL;

	return colon ? colon + 1 : NULL;
}

static bool is_number(const char *s, size_t n)
{
	return n && strspn(s, "0123456789") >= n;
}

bool recipe_user_numeric(const struct recipe_need *n)
{
	const char *group = recipe_group(n->user);

	return n->user && is_number(n->user, recipe_user_len(n->user)) &&
	       (!group || is_number(group, strlen(group)));
}

bool recipe_for_root(const struct recipe_need *n)
{
	size_t len = recipe_user_len(n->user);

	return !n->user || (len == 4 && !strncmp(n->user, "root", 4)) || strspn(n->user, "0") == len;
}

void recipe_user(struct buf *b, const char *before, const struct recipe_need *n)
{
	buf_puts(b, before);
	buf_put(b, n->user, recipe_user_len(n->user));
}

void recipe_unit_user(struct buf *b, const struct recipe_need *n)
{
	const char *group = recipe_group(n->user);

	if (n->user)
		recipe_user(b, "User=", n);
	if (n->user)
		buf_putc(b, '\n');
	if (group)
		buf_printf(b, "Group=%s\n", group);
}
