/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/advice/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/advice/answer.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"

/* What is made while two are compared. */
struct work {
	const struct answer *was, *now;
	const struct compare_how *how;
	struct comparison is;
	size_t room;
};

static const char *const words[CHANGE_KINDS] = {
	[CHANGE_NEEDED] = "needed", [CHANGE_FAILED] = "failed", [CHANGE_BOUNDING] = "bounding",
	[CHANGE_PART] = "part",	    [CHANGE_SITE] = "site",
};

const char *change_word(enum change_kind kind)
{
	return words[kind];
}

static int put(struct work *w, enum change_kind kind, bool added, unsigned cap, const struct asked_row *row)
{
	struct comparison *c = &w->is;
	struct change *grown;

	if (c->count == w->room) {
		w->room = w->room ? 2 * w->room : 16;
		grown = reallocarray(c->changes, w->room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		c->changes = grown;
	}
	c->changes[c->count++] = (struct change){
		.kind = kind, .added = added, .cap = cap, .row = row,
		.was = answer_part_of(w->was, cap), .now = answer_part_of(w->now, cap),
	};
	return 0;
}

/* ---- rows --------------------------------------------------------------------------------------------------------- */

/* Would it have made a difference, had it been granted? */
static bool failed(const struct asked_row *row)
{
	return row->failed && !row->no_need && row->class != SITE_ADVISORY && row->class != SITE_QUALITY;
}

static bool granted(const struct asked_row *row)
{
	return row->granted && !row->no_need && row->class != SITE_ADVISORY && row->class != SITE_QUALITY;
}

/* The first row of a capability for which that is true, or NULL. */
static const struct asked_row *row_of(const struct answer *a, unsigned cap, bool (*is)(const struct asked_row *row))
{
	size_t count = asked_count(a->asked);

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (row->cap == (int)cap && is(row))
			return row;
	}
	return NULL;
}

static uint64_t failed_caps(const struct answer *a)
{
	size_t count = asked_count(a->asked);
	uint64_t set = 0;

	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (failed(row) && row->cap >= 0 && row->cap < CAPABILITY_MAX)
			set |= 1ULL << row->cap;
	}
	return set;
}

/* ---- places ------------------------------------------------------------------------------------------------------- */

/* A place has one name on each kernel; where it has none, the call is what is known. No padding: it is hashed as bytes. */
struct place {
	int32_t cap;
	uint32_t class;
	char name[ASKED_NAME];
};
_Static_assert(ASKED_NAME >= ASKED_CALL, "a call's name fits");

struct places {
	struct place place;
	UT_hash_handle hh;
};

static void places_free(struct places *set)
{
	struct places *p, *next;

	HASH_ITER(hh, set, p, next) {
		HASH_DEL(set, p);
		free(p);
	}
}

static struct place place_of(const struct asked_row *row)
{
	struct place p = { .cap = row->cap, .class = row->class };

	if (*row->name)
		memcpy(p.name, row->name, sizeof(row->name));
	else
		memcpy(p.name, row->call, sizeof(row->call));
	return p;
}

static bool has_place(const struct places *set, const struct asked_row *row)
{
	const struct place place = place_of(row);
	struct places *found;

	HASH_FIND(hh, set, &place, sizeof(place), found);
	return found;
}

static int add_place(struct places **set, const struct asked_row *row)
{
	struct places *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->place = place_of(row);
	HASH_ADD(hh, *set, place, sizeof(p->place), p);
	if (p->hh.tbl)
		return 0;
	free(p);
	return -ENOMEM;
}

static int places_of(const struct answer *a, struct places **ret)
{
	size_t count = asked_count(a->asked);
	struct places *set = NULL;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++)
		if (!asked_at(a->asked, i)->no_need && !has_place(set, asked_at(a->asked, i)))
			err = add_place(&set, asked_at(a->asked, i));
	if (err)
		places_free(set);
	else
		*ret = set;
	return err;
}

/* ---- what differs ------------------------------------------------------------------------------------------------- */

/* Does every place that one of several serves have one of `has`? */
static bool is_served(const struct answer *a, unsigned cap, uint64_t has)
{
	size_t count = asked_count(a->asked);

	if (answer_part_of(a, cap) != SOLVE_CHOSEN)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct asked_row *row = asked_at(a->asked, i);

		if (row->cap != (int)cap && !(row->class == SITE_ALTERNATIVE && row->others & 1ULL << cap))
			continue;
		if (granted(row) && !((row->others | 1ULL << row->cap) & has))
			return false;
	}
	return true;
}

/* A verify run has shown that it goes on without these. */
static uint64_t shown_superfluous(const struct answer *a)
{
	const uint64_t *parts = a->solved.parts;

	if (a->status != PROFILE_VERIFIED)
		return 0;
	return (parts[SOLVE_NEEDED] | parts[SOLVE_CHOSEN] | parts[SOLVE_CONDITIONAL] | parts[SOLVE_KEPT]) & ~a->caps;
}

static int put_set(struct work *w, enum change_kind kind, bool added, uint64_t set,
		   bool (*is)(const struct asked_row *row))
{
	const struct answer *a = added ? w->now : w->was;
	int err = 0;

	for (set &= ~w->how->allowed; !err && set; set &= set - 1) {
		unsigned cap = (unsigned)__builtin_ctzll(set);

		err = put(w, kind, added, cap, is ? row_of(a, cap, is) : NULL);
	}
	return err;
}

static uint64_t new_needs(const struct work *w)
{
	uint64_t has = w->was->caps | w->how->allowed, set = w->now->caps & ~has;

	if (!w->how->expecting)
		return set;
	set &= ~shown_superfluous(w->was);
	for (uint64_t rest = set; rest; rest &= rest - 1)
		if (is_served(w->now, (unsigned)__builtin_ctzll(rest), has))
			set &= ~(rest & -rest);
	return set;
}

static int put_sets(struct work *w)
{
	const uint64_t was_failed = failed_caps(w->was), now_failed = failed_caps(w->now);
	const uint64_t was_only = w->was->bounding & ~w->was->caps, now_only = w->now->bounding & ~w->now->caps;
	const bool both = !w->how->expecting;
	int err = put_set(w, CHANGE_NEEDED, true, new_needs(w), granted);

	if (!err && both)
		err = put_set(w, CHANGE_NEEDED, false, w->was->caps & ~w->now->caps, granted);
	err = err ?: put_set(w, CHANGE_FAILED, true, now_failed & ~was_failed, failed);
	if (!err && both)
		err = put_set(w, CHANGE_FAILED, false, was_failed & ~now_failed, failed);
	err = err ?: put_set(w, CHANGE_BOUNDING, true, now_only & ~w->was->bounding, NULL);
	if (!err && both)
		err = put_set(w, CHANGE_BOUNDING, false, was_only & ~w->now->bounding, NULL);
	return err;
}

static int put_parts(struct work *w)
{
	int err = 0;

	for (unsigned cap = 0; !err && cap < CAPABILITY_MAX; cap++) {
		enum solve_part was = answer_part_of(w->was, cap), now = answer_part_of(w->now, cap);

		if (was != now && was != SOLVE_PARTS && now != SOLVE_PARTS && !(w->how->allowed & 1ULL << cap))
			err = put(w, CHANGE_PART, true, cap, NULL);
	}
	return err;
}

/* What is asked of others' credentials depends on the machine more than on the program. */
static int put_sites(struct work *w, const struct answer *has, const struct answer *other, bool added)
{
	size_t count = asked_count(has->asked);
	struct places *known = NULL;
	int err = places_of(other, &known);

	for (size_t i = 0; !err && i < count; i++) {
		const struct asked_row *row = asked_at(has->asked, i);

		if (row->no_need || row->cap < 0 || row->cap >= CAPABILITY_MAX || w->how->allowed & 1ULL << row->cap ||
		    has_place(known, row))
			continue;
		err = put(w, CHANGE_SITE, added, (unsigned)row->cap, row) ?: add_place(&known, row);
	}
	places_free(known);
	return err;
}

static bool text_differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : a != b;
}

int compare(const struct answer *was, const struct answer *now, const struct compare_how *how, struct comparison *ret)
{
	struct work w = { .was = was, .now = now, .how = how };
	int err = put_sets(&w);

	if (!err && how->strict)
		err = put_parts(&w) ?: put_sites(&w, now, was, true);
	if (!err && how->strict && !how->expecting)
		err = put_sites(&w, was, now, false);
	if (!how->expecting)
		w.is.advice_differs = text_differs(was->user, now->user) || was->no_new_privs != now->no_new_privs ||
				      was->status != now->status || was->incomplete != now->incomplete;
	if (err)
		comparison_done(&w.is);
	else
		*ret = w.is;
	return err;
}

void comparison_done(struct comparison *c)
{
	free(c->changes);
	*c = (struct comparison){ 0 };
}

bool comparison_found(const struct comparison *c)
{
	return c->count || c->advice_differs;
}
