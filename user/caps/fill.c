/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/fill.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "user/base/word.h"
#include "user/caps/capset.h"
#include "user/caps/mistake.h"
#include "user/caps/notation.h"

static int wrong(const char *text, const char *at, size_t len, const char *what, struct mistake *ret)
{
	*ret = (struct mistake){ .what = what, .word = at, .len = len, .column = (size_t)(at - text) + 1 };
	return -EINVAL;
}

static int parse_part(const char *text, const char *at, size_t n, enum capset_kind kind, size_t *ret,
		      struct mistake *ret_mistake)
{
	const char *names[3];
	size_t nearest;

	for (unsigned i = 0; i < 3; i++)
		names[i] = capset_part(kind, i);
	if (word_begins(at, n, names, 3, ret))
		return 0;
	wrong(text, at, n, !n                   ? "a part of a set is missing"
	      : kind == CAPSET_IAB ? "no such vector"
				   : "no such flag", ret_mistake);
	if (word_nearest(at, n, names, 3, &nearest))
		ret_mistake->nearest = names[nearest];
	return -EINVAL;
}

/* The set behind the colon, with its place in the whole text. */
static int parse_source(const char *text, const char *at, struct capset *ret, struct mistake *ret_mistake)
{
	enum notation notation;
	struct capset s;
	int err = notation_parse(at, &s, &notation, ret_mistake);

	if (err) {
		ret_mistake->column += err == -EINVAL ? (size_t)(at - text) : 0;
		return err;
	}
	if (s.kind == CAPSET_IAB)
		return wrong(text, at, strlen(at), "vectors have no flags to fill from", ret_mistake);
	*ret = capset_as(&s, CAPSET_FLAGS);
	return 0;
}

static void put(struct capset *s, size_t part, uint64_t set)
{
	bool iab = s->kind == CAPSET_IAB;

	s->set[part] = iab && part == CAPSET_BLOCKED ? capset_all() & ~set : set;
	if (iab && part == CAPSET_INH)
		s->set[CAPSET_AMB] &= set;
	if (iab && part == CAPSET_AMB)
		s->set[CAPSET_INH] |= set;
}

int fill_apply(const char *text, struct capset *s, struct mistake *ret_mistake)
{
	const char *from = text + strcspn(text, "="), *colon;
	struct capset source = *s;
	size_t to, flag, n;
	int err;

	if (s->kind == CAPSET_PLAIN)
		return wrong(text, text, 0, "a list has no parts: it takes flags, or vectors", ret_mistake);
	err = parse_part(text, text, (size_t)(from - text), s->kind, &to, ret_mistake);
	if (err)
		return err;
	if (*from != '=')
		return wrong(text, from, 0, "'=' is missing", ret_mistake);
	n = strcspn(++from, ":");
	err = parse_part(text, from, n, CAPSET_FLAGS, &flag, ret_mistake);
	if (err)
		return err;
	colon = from + n;
	if (!*colon && s->kind == CAPSET_IAB)
		return wrong(text, colon, 0, "':' and a set to fill from are missing", ret_mistake);
	err = *colon ? parse_source(text, colon + 1, &source, ret_mistake) : 0;
	if (!err)
		put(s, to, source.set[flag]);
	return err;
}
