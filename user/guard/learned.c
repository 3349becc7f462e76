/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/learned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/history/ask.h"
#include "user/history/learn.h"
#include "user/model/past.h"
#include "user/model/workload.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"

struct one {
	char *key;
	struct baseline baseline;
};

/* In the order of their keys. */
struct list {
	struct one *at;
	size_t count, room;
};

struct learned {
	struct list list;
	uint64_t due_ns;
};

static void done(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->at[i].key);
	free(l->at);
	*l = (struct list){ .at = NULL };
}

struct learned *learned_new(void)
{
	return calloc(1, sizeof(struct learned));
}

void learned_free(struct learned *l)
{
	if (!l)
		return;
	done(&l->list);
	free(l);
}

static int take(void *ctx, const struct learn_baseline *b)
{
	struct list *l = ctx;
	const size_t room = l->room ? 2 * l->room : 64;
	struct one *at = l->count < l->room ? l->at : reallocarray(l->at, room, sizeof(*at));

	if (!at)
		return -ENOMEM;
	l->room = at == l->at && l->count < l->room ? l->room : room;
	l->at = at;
	at[l->count] = (struct one){ strdup(b->key), { b->since_ns, b->until_ns, b->caps } };
	return at[l->count++].key ? 0 : -ENOMEM;
}

static bool differ(const struct list *a, const struct list *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->at[i].key, b->at[i].key) ||
		    memcmp(&a->at[i].baseline, &b->at[i].baseline, sizeof(struct baseline)))
			return true;
	return false;
}

/* ---- who is to be learned -------------------------------------------------------------------------------------- */

struct wishes {
	struct learn_wish *at;
	size_t count;
};

static void wishes_done(struct wishes *w)
{
	for (size_t i = 0; i < w->count; i++)
		free((char *)w->at[i].key);
	free(w->at);
}

static int wish(struct wishes *w, const struct past *p, enum baseline_by by, uint64_t span_ns)
{
	struct buf key = BUF_INIT;
	char *copy;

	if (by == BASELINE_NAME)
		workload_put_key(&key, &p->workload);
	else
		workload_put_image_key(&key, &p->workload);
	copy = key.len ? strdup(buf_str(&key)) : NULL;
	if (copy)
		w->at[w->count++] = (struct learn_wish){ copy, span_ns, p->id, p->first_ns };
	else if (key.len)
		key.error = -ENOMEM;
	buf_done(&key);
	return key.error;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct learn_wish *)a)->key, ((const struct learn_wish *)b)->key);
}

/* Who may have made his name up is nobody to learn of. */
static int wish_of(struct wishes *w, const struct learned_from *from, const struct past *p)
{
	int err = 0;

	for (unsigned by = 0; by < BASELINE_BYS && !judge_unsure_of(&p->workload) && !err; by++) {
		uint64_t span = rules_learn(from->rules, &p->workload, (enum baseline_by)by);

		if (!span && by == BASELINE_NAME)
			span = from->span_ns;
		err = span ? wish(w, p, (enum baseline_by)by, span) : 0;
	}
	return err;
}

bool learned_is_wanted(const struct learned_from *from)
{
	return learned_shortest(from);
}

uint64_t learned_shortest(const struct learned_from *from)
{
	uint64_t least = from->span_ns;

	for (size_t i = 0; i < from->rules->count; i++) {
		const uint64_t of = from->rules->at[i].learn_ns;

		if (of && (!least || of < least))
			least = of;
	}
	return least;
}

uint64_t learned_due(const struct learned *l)
{
	return l->due_ns;
}

static int learn(const struct learned_from *from, unsigned *ret_new, uint64_t *ret_due_ns)
{
	struct past_list all = { NULL, 0 };
	struct wishes wishes = { NULL, 0 };
	int err = ask_workloads(from->history, &all);

	if (err)
		return err;
	wishes.at = calloc(all.count + 1, BASELINE_BYS * sizeof(*wishes.at));
	err = wishes.at ? 0 : -ENOMEM;
	for (size_t i = 0; i < all.count && !err; i++)
		err = wish_of(&wishes, from, &all.at[i]);
	if (!err && wishes.count) {
		qsort(wishes.at, wishes.count, sizeof(*wishes.at), by_key);
		err = learn_look(from->history, wishes.at, wishes.count, from->now_ns, ret_new, ret_due_ns);
	}
	wishes_done(&wishes);
	past_done_all(&all);
	return err;
}

/* ---- what is learned ------------------------------------------------------------------------------------------- */

static int take_all(struct learned *l, struct history *h, bool *ret_changed)
{
	struct list now = { .at = NULL };
	int err = learn_each(h, take, &now);

	if (err) {
		done(&now);
		return err;
	}
	*ret_changed = differ(&l->list, &now);
	done(&l->list);
	l->list = now;
	return 0;
}

int learned_look(struct learned *l, const struct learned_from *from, bool *ret_changed, unsigned *ret_new)
{
	unsigned concluded = 0;
	uint64_t due_ns = 0;
	int err = learned_is_wanted(from) ? learn(from, &concluded, &due_ns) : 0;

	err = err ? err : take_all(l, from->history, ret_changed);
	if (err)
		return err;
	*ret_new = concluded;
	l->due_ns = due_ns;
	return 0;
}

int learned_anew(struct learned *l, const struct learned_from *from, const char *key)
{
	int err = learn_anew(from->history, key, from->now_ns);
	bool changed;

	return err ? err : take_all(l, from->history, &changed);
}

static int compare(const void *key, const void *at)
{
	return strcmp(key, ((const struct one *)at)->key);
}

static void find(const struct learned *l, struct buf *key, struct baseline *ret)
{
	const struct one *found = NULL;

	if (!key->error && key->len && l->list.count)
		found = bsearch(buf_str(key), l->list.at, l->list.count, sizeof(*l->list.at), compare);
	if (found)
		*ret = found->baseline;
	buf_clear(key);
}

void learned_of(void *ctx, const struct workload *w, struct baseline ret[static BASELINE_BYS])
{
	struct buf key = BUF_INIT;

	workload_put_key(&key, w);
	find(ctx, &key, &ret[BASELINE_NAME]);
	workload_put_image_key(&key, w);
	find(ctx, &key, &ret[BASELINE_IMAGE]);
	buf_done(&key);
}

void learned_count(const struct learned *l, size_t *ret_done, size_t *ret_open)
{
	*ret_done = *ret_open = 0;
	for (size_t i = 0; i < l->list.count; i++)
		(*(l->list.at[i].baseline.until_ns ? ret_done : ret_open))++;
}
