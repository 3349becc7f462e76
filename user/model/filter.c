// SPDX-License-Identifier: BSD-2-Clause
#include "user/model/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"

_Static_assert(FILTER_CGROUPS_MAX == FILTER_GLOBS_MAX, "filter_words serves both");

void filter_init(struct filter *f)
{
	memset(f, 0, sizeof(*f));
	f->caps = UINT64_MAX;
}

static void free_words(struct filter_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->at[i].text);
}

static void free_ids(struct filter_ids *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		free(ids->at[i].name);
	free(ids->at);
}

void filter_done(struct filter *f)
{
	free_ids(&f->pids);
	free_ids(&f->trees);
	free_ids(&f->uids);
	free_ids(&f->gids);
	free_words(&f->comms);
	free_words(&f->cgroups);
	where_done(&f->names);
	for (size_t i = 0; i < f->where_count; i++)
		where_done(&f->wheres[i]);
	filter_init(f);
}

/* The room is always the next power of two, so the count alone says when it is used up. */
static int grow_ids(struct filter_ids *ids)
{
	size_t room = ids->count ? 2 * ids->count : 1;
	struct filter_id *at;

	if (ids->count & (ids->count - 1))
		return 0;
	at = realloc(ids->at, room * sizeof(*at));
	if (!at)
		return -ENOMEM;
	ids->at = at;
	return 0;
}

int filter_add_id(struct filter_ids *ids, uint32_t id, bool not)
{
	int err;

	if (ids->count >= FILTER_IDS_MAX)
		return -E2BIG;
	err = grow_ids(ids);
	if (err)
		return err;
	ids->at[ids->count++] = (struct filter_id){ .id = id, .not = not };
	return 0;
}

int filter_add_name(struct filter_ids *ids, uint32_t id, bool not, const char *name)
{
	char *copy = strdup(name);
	int err = copy ? filter_add_id(ids, id, not) : -ENOMEM;

	if (err)
		free(copy);
	else
		ids->at[ids->count - 1].name = copy;
	return err;
}

int filter_add_word(struct filter_words *words, const char *text, bool not)
{
	char *copy;

	if (words->count >= FILTER_GLOBS_MAX)
		return -E2BIG;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	words->at[words->count++] = (struct filter_word){ .text = copy, .not = not };
	return 0;
}

bool filter_ids_pass(const struct filter_ids *ids, uint32_t id)
{
	bool wants = false, wanted = false;

	for (size_t i = 0; i < ids->count; i++) {
		bool hit = ids->at[i].id == id;

		if (hit && ids->at[i].not)
			return false;
		wants = wants || !ids->at[i].not;
		wanted = wanted || hit;
	}
	return wanted || !wants;
}

bool filter_words_pass(const struct filter_words *words, bool (*matches)(const char *word, const void *what),
		       const void *what)
{
	bool wants = false, wanted = false;

	for (size_t i = 0; i < words->count; i++) {
		bool hit = matches(words->at[i].text, what);

		if (hit && words->at[i].not)
			return false;
		wants = wants || !words->at[i].not;
		wanted = wanted || hit;
	}
	return wanted || !wants;
}

/* Any of those that are wanted, and none of the others. */
static enum where_answer wheres_answer(const struct filter *f, const struct where_subject *s)
{
	enum where_answer all = WHERE_YES, any = WHERE_NO;
	bool wants = false;

	for (size_t i = 0; i < f->where_count; i++) {
		enum where_answer is = where_match(&f->wheres[i], s, NULL);

		if (f->wheres_not & 1U << i) {
			is = (enum where_answer)(WHERE_YES - is);
			all = is < all ? is : all;
		} else {
			any = is > any ? is : any;
			wants = true;
		}
	}
	return wants && any < all ? any : all;
}

enum where_answer filter_who(const struct filter *f, const struct where_subject *s)
{
	enum where_answer named = where_match(&f->names, s, NULL), is;

	if (named == WHERE_NO)
		return named;
	is = wheres_answer(f, s);
	return is < named ? is : named;
}

uint32_t filter_keys(const struct filter *f)
{
	uint32_t keys = f->names.keys;

	for (size_t i = 0; i < f->where_count; i++)
		keys |= f->wheres[i].keys;
	return keys;
}

bool filter_is_set(const struct filter *f)
{
	return f->pids.count || f->trees.count || f->uids.count || f->gids.count || f->comms.count ||
	       f->cgroups.count || f->names.count || f->where_count || f->caps != UINT64_MAX || f->allowed != f->denied ||
	       f->userns != FILTER_USERNS_ANY || f->classes;
}

static const struct where_term *wanted_of(const struct where *w, uint32_t keys)
{
	for (size_t i = 0; i < w->count; i++)
		if (!w->at[i].not && keys & 1U << w->at[i].key)
			return &w->at[i];
	return NULL;
}

const struct where_term *filter_wanted(const struct filter *f, uint32_t keys)
{
	const struct where_term *t = wanted_of(&f->names, keys);

	for (size_t i = 0; i < f->where_count && !t; i++)
		if (!(f->wheres_not & 1U << i))
			t = wanted_of(&f->wheres[i], keys);
	return t;
}

bool filter_put_wanted(const struct filter *f, uint32_t keys, struct buf *b)
{
	static const char *const words[WHERE_KEYS] = {
		[WHERE_UNIT] = "a unit named",
		[WHERE_SLICE] = "a slice named",
		[WHERE_CONTAINER] = "a container named",
		[WHERE_IMAGE] = "a container of image",
		[WHERE_ENGINE] = "a container of",
		[WHERE_POD] = "a pod named",
		[WHERE_K8S_NAMESPACE] = "a pod in the namespace",
		[WHERE_CGROUP] = "a cgroup named",
	};
	const struct where_term *t = filter_wanted(f, keys & WHERE_OF_CGROUP) ?: filter_wanted(f, keys);

	if (!t)
		return false;
	if (words[t->key])
		buf_printf(b, "%s '", words[t->key]);
	else
		buf_printf(b, "a process whose %s is '", where_key_name(t->key));
	text_escape(b, t->glob, strlen(t->glob));
	buf_putc(b, '\'');
	return true;
}
