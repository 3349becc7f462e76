/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define OF_CONTAINERS                                                                                        \
	(1U << WHERE_CONTAINER | 1U << WHERE_IMAGE | 1U << WHERE_ENGINE | 1U << WHERE_POD | 1U << WHERE_K8S_NAMESPACE)
#define ALWAYS_UNSURE (1U << WHERE_COMM | 1U << WHERE_CMDLINE)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* One word up to a blank, its backslashes gone. *at ends up behind it. */
static char *next_word(const char **at)
{
	char *word, *to;

	while (is_blank(**at))
		++*at;
	word = to = malloc(strlen(*at) + 1);
	if (!word)
		return NULL;
	while (**at && !is_blank(**at)) {
		*at += (*at)[0] == '\\' && (*at)[1];
		*to++ = *(*at)++;
	}
	*to = '\0';
	return word;
}

static int say(struct buf *why, const char *word, size_t n, const char *what)
{
	buf_putc(why, '\'');
	text_escape(why, word, n);
	buf_printf(why, "' %s", what);
	return -EINVAL;
}

static int no_such_key(struct buf *why, const char *word, size_t n, enum where_key nearest)
{
	say(why, word, n, "is no key; ");
	if (nearest < WHERE_KEYS) {
		buf_printf(why, "did you mean '%s'?", where_key_name(nearest));
		return -EINVAL;
	}
	buf_puts(why, "there are ");
	for (unsigned k = 0; k < WHERE_KEYS; k++)
		buf_printf(why, "%s%s", k ? ", " : "", where_key_name((enum where_key)k));
	return -EINVAL;
}

/* unit=nginx is nginx.service, as in a rule. *value is then another text of f's. */
static int complete(struct facts *f, enum where_key key, char **value)
{
	const char *suffix = key == WHERE_UNIT ? ".service" : ".slice";
	char *text;

	if ((key != WHERE_UNIT && key != WHERE_SLICE) || !**value || strchr(*value, '.') ||
	    f->text_count == COUNT(f->texts))
		return 0;
	text = malloc(strlen(*value) + strlen(suffix) + 1);
	if (!text)
		return -ENOMEM;
	stpcpy(stpcpy(text, *value), suffix);
	f->texts[f->text_count++] = text;
	*value = text;
	return 0;
}

/* A name, or a second one. */
static int put(struct facts *f, enum where_key key, char *value, struct buf *why)
{
	struct where_names *is = &f->who.is[key];

	f->who.known |= 1U << key;
	if (complete(f, key, &value))
		return -ENOMEM;
	if (!*value)
		return 0;
	if (key == WHERE_ANCESTOR && f->who.ancestor_count < COUNT(f->ancestors)) {
		f->ancestors[f->who.ancestor_count++].exe = value;
		f->who.ancestors = f->ancestors;
		return 0;
	}
	if (key == WHERE_ANCESTOR || (is->name && is->also))
		return say(why, value, strlen(value), "is one too many of this key");
	if (!is->name)
		is->name = value;
	else
		is->also = value;
	return 0;
}

static int take(struct facts *f, char *word, struct buf *why)
{
	size_t n = strcspn(word, "=?");
	bool said = word[n] == '?' && word[n + 1] == '=';
	enum where_key key;

	if (word[n] != '=' && !said)
		return say(why, word, strlen(word), "is no fact: they are key=value, such as unit=nginx.service");
	if (where_key_find(word, n, &key))
		return no_such_key(why, word, n, key);
	if (said || ALWAYS_UNSURE >> key & 1)
		f->who.unsure |= 1U << key;
	return put(f, key, word + n + 1 + said, why);
}

int facts_parse(const char *text, struct facts *ret, struct buf *why)
{
	const uint32_t in_unit = 1U << WHERE_UNIT | 1U << WHERE_SLICE;
	int err = 0;

	*ret = (struct facts){ .text_count = 0 };
	for (const char *at = text; !err; ) {
		char *word = next_word(&at);

		if (!word)
			return -ENOMEM;
		if (!*word || ret->text_count == COUNT(ret->texts)) {
			err = *word ? say(why, word, strlen(word), "is one fact too many") : 0;
			free(word);
			break;
		}
		ret->texts[ret->text_count++] = word;
		err = take(ret, word, why);
	}
	if (ret->who.known & in_unit && !(ret->who.known & OF_CONTAINERS))
		ret->who.known |= OF_CONTAINERS;
	return err;
}

void facts_done(struct facts *f)
{
	for (size_t i = 0; i < f->text_count; i++)
		free(f->texts[i]);
	f->text_count = 0;
}
