/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/limits.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/base/hash.h"
#include "user/rule/rules.h"

enum { PARTS = 64, NAME_KEPT = 176 };

/*
 * What is the same for alerts that are counted together. Of a long name what stands in front, and a sum of
 * all.
 */
struct key {
	uint32_t rule;
	int32_t cap;		/* NO_CAP: of all, for more_than */
	uint32_t kind;
	uint32_t n;
	uint64_t sum;
	char name[NAME_KEPT];
};

enum { NO_CAP = -1 };
enum kind { KIND_ONCE_ALLOWED, KIND_ONCE_DENIED, KIND_MORE };

/* What came in a part of time. */
struct part {
	uint64_t count, first_ns;
};

struct entry {
	struct key key;
	uint64_t until;			/* it means nothing any more after that */
	uint64_t part;			/* number of the newest part of time */
	uint64_t total;			/* in the window; of once_per: held back since the last that was told */
	uint64_t first_ns;		/* when the first of .total was; with KIND_MORE each part knows its own */
	UT_hash_handle hh;
	struct part parts[];		/* by number % PARTS; only with KIND_MORE */
};

struct limits {
	struct entry *all;
	size_t max;
	uint64_t forgotten;
	uint64_t untold;		/* .total of those that were */
};

struct limits *limits_new(size_t max)
{
	struct limits *l = calloc(1, sizeof(*l));

	if (l)
		l->max = max;
	return l;
}

static void drop(struct limits *l, struct entry *e)
{
	HASH_DEL(l->all, e);
	free(e);
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	while (l->all)
		drop(l, l->all);
	free(l);
}

static void make_key(const struct limits_about *about, enum kind kind, struct key *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->rule = (uint32_t)about->rule;
	ret->kind = kind;
	ret->cap = kind == KIND_MORE ? NO_CAP : about->cap;
	ret->n = (uint32_t)about->n;
	ret->sum = about->n > NAME_KEPT ? hash_text(about->workload, about->n) : 0;
	memcpy(ret->name, about->workload, about->n < NAME_KEPT ? about->n : NAME_KEPT);
}

static void make_room(struct limits *l, uint64_t now)
{
	while (l->all && HASH_COUNT(l->all) >= l->max) {
		l->forgotten += l->all->until > now;
		l->untold += l->all->key.kind == KIND_MORE ? 0 : l->all->total;
		drop(l, l->all);
	}
}

/* One that is there, or a new one whose time is over. NULL: out of memory. */
static struct entry *entry_of(struct limits *l, const struct key *key, enum kind kind, uint64_t now)
{
	size_t parts = kind == KIND_MORE ? PARTS * sizeof(struct part) : 0;
	struct entry *e;

	HASH_FIND(hh, l->all, key, sizeof(*key), e);
	if (e)
		return e;
	make_room(l, now);
	e = calloc(1, sizeof(*e) + parts);
	if (!e)
		return NULL;
	e->key = *key;
	HASH_ADD(hh, l->all, key, sizeof(e->key), e);
	if (e->hh.tbl)
		return e;
	free(e);
	return NULL;
}

/* Forgets the parts of time that have gone by. */
static void move_on(struct entry *e, uint64_t part)
{
	uint64_t gone = part - e->part;

	for (uint64_t i = 1; i <= gone && i <= PARTS; i++) {
		struct part *p = &e->parts[(e->part + i) % PARTS];

		e->total -= p->count;
		*p = (struct part){ 0 };
	}
	e->part = part;
}

static void add(struct part *p, const struct limits_about *about, uint64_t times)
{
	if (!p->count)
		p->first_ns = about->first_ns;
	p->count += times;
}

/* Of the oldest part with something in it. */
static uint64_t first_of(const struct entry *e)
{
	for (uint64_t i = 1; i <= PARTS; i++)
		if (e->parts[(e->part + i) % PARTS].count)
			return e->parts[(e->part + i) % PARTS].first_ns;
	return 0;
}

/* After the alert counting begins anew. */
static bool is_more(struct limits *l, const struct rule *rule, struct limits_about *about, uint64_t now,
		    uint64_t *times)
{
	/* With the part under way the window is whole: it began one part before. */
	uint64_t length = rule->window_ns / (PARTS - 1) + 1, part = now / length;
	struct key key;
	struct entry *e;

	make_key(about, KIND_MORE, &key);
	e = entry_of(l, &key, KIND_MORE, now);
	if (!e)
		return true;
	if (part > e->part)
		move_on(e, part);
	e->until = now + rule->window_ns;
	add(&e->parts[e->part % PARTS], about, *times);
	e->total += *times;
	if (e->total <= rule->more_than)
		return false;
	*times = e->total;
	about->first_ns = first_of(e);
	drop(l, e);
	return true;
}

static bool is_first(struct limits *l, const struct rule *rule, struct limits_about *about, uint64_t now,
		     uint64_t *times)
{
	struct key key;
	struct entry *e;

	make_key(about, about->denied ? KIND_ONCE_DENIED : KIND_ONCE_ALLOWED, &key);
	e = entry_of(l, &key, KIND_ONCE_DENIED, now);
	if (!e)
		return true;
	if (!e->total)
		e->first_ns = about->first_ns;
	e->total += *times;
	if (e->until > now)
		return false;
	*times = e->total;
	about->first_ns = e->first_ns;
	e->total = 0;
	e->until = now + rule->once_per_ns;
	return true;
}

enum decision_held limits_pass(struct limits *l, const struct rule *rule, struct limits_about *about, uint64_t now,
			       uint64_t times, uint64_t *ret_times)
{
	if (rule->more_than && !is_more(l, rule, about, now, &times))
		return HELD_BELOW;
	if (rule->once_per_ns && !is_first(l, rule, about, now, &times))
		return HELD_ONCE;
	if (ret_times)
		*ret_times = times;
	return HELD_NOT;
}

void limits_hand_over(struct limits *from, struct limits *to, const size_t *now)
{
	struct entry *e, *next;

	/* The oldest first, which are to be forgotten first. */
	HASH_ITER(hh, from->all, e, next)
	{
		const size_t rule = now[e->key.rule];

		if (rule == SIZE_MAX)
			continue;
		HASH_DEL(from->all, e);
		e->key.rule = (uint32_t)rule;
		HASH_ADD(hh, to->all, key, sizeof(e->key), e);
		if (!e->hh.tbl)
			free(e);
	}
	to->forgotten += from->forgotten;
	to->untold += from->untold;
	from->forgotten = from->untold = 0;
}

void limits_untold(const struct limits *l, uint64_t *ret, size_t count)
{
	for (const struct entry *e = l->all; e; e = e->hh.next)
		if (e->key.kind != KIND_MORE && e->key.rule < count)
			ret[e->key.rule] += e->total;
	ret[count] += l->untold;
}

uint64_t limits_forgotten(const struct limits *l)
{
	return l->forgotten;
}
