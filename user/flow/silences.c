/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/silences.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "user/model/program.h"
#include "user/model/record.h"
#include "user/rule/judge.h"
#include "user/rule/rules.h"
#include "user/source/live.h"

enum {
	DECIDED_BITS = 12,
	DECIDED = 1 << DECIDED_BITS,
	AGAIN = 64,	/* events that a decision should have kept in the kernel, until it is told once more */
};

/* What is decided, alike for many. */
struct kind {
	struct rules_sets sets;
	uint64_t id;
	UT_hash_handle hh;	/* by .sets */
	UT_hash_handle by_id;
};

/* Who was decided about last, of those whose numbers lead here. */
struct decided {
	uint64_t serial;	/* of the program; 0: nobody */
	uint32_t uid, gid, userns;
	uint32_t came;		/* events, although they are silent for sure */
	const struct kind *kind;	/* NULL: nothing of it is silent */
};

struct silences {
	struct silences_config config;
	struct kind *kinds;		/* of the present rules, owned */
	struct kind *ids, *former;	/* by id: of the present rules, and of those before; the latter owned */
	uint64_t last_id, told;
	struct decided decided[DECIDED];
};

struct silences *silences_new(const struct silences_config *config)
{
	struct silences *s = calloc(1, sizeof(*s));

	if (s)
		s->config = *config;
	return s;
}

static void free_by_id(struct kind *all)
{
	struct kind *k, *next;

	HASH_ITER(by_id, all, k, next)
	{
		HASH_DELETE(by_id, all, k);
		free(k);
	}
}

void silences_free(struct silences *s)
{
	if (!s)
		return;
	HASH_CLEAR(hh, s->kinds);
	free_by_id(s->ids);
	free_by_id(s->former);
	free(s);
}

void silences_renew(struct silences *s, struct judge *judge)
{
	s->config.judge = judge;
	free_by_id(s->former);
	HASH_CLEAR(hh, s->kinds);
	s->former = s->ids;
	s->kinds = s->ids = NULL;
	memset(s->decided, 0, sizeof(s->decided));
}

/* Takes k, or frees it. */
static const struct kind *add_kind(struct silences *s, struct kind *k)
{
	k->id = ++s->last_id;
	HASH_ADD(hh, s->kinds, sets, sizeof(k->sets), k);
	if (k->hh.tbl)
		HASH_ADD(by_id, s->ids, id, sizeof(k->id), k);
	if (k->hh.tbl && k->by_id.tbl)
		return k;
	if (k->hh.tbl)
		HASH_DELETE(hh, s->kinds, k);
	free(k);
	return NULL;
}

/* NULL: there is no room for another one. */
static const struct kind *kind_of(struct silences *s, const struct rules_sets *sets)
{
	struct kind *k;

	HASH_FIND(hh, s->kinds, sets, sizeof(*sets), k);
	if (k)
		return k;
	if (HASH_COUNT(s->kinds) >= SILENCES_KINDS)
		return NULL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->sets = *sets;
	return add_kind(s, k);
}

static uint64_t silent_of(const struct silences *s, const struct rules_sets *sets, bool denied)
{
	return sets->ignore[denied] | (s->config.allowed ? sets->allow[denied] : 0);
}

static void tell(struct silences *s, const struct decided *d, const struct program *p)
{
	const struct live_stamp who = {
		.program = p->id, .told = p->told, .tgid = p->tgid, .uid = d->uid, .gid = d->gid, .userns = d->userns,
	};
	const struct live_silence what = {
		.silent = { silent_of(s, &d->kind->sets, false), silent_of(s, &d->kind->sets, true) },
		.id = d->kind->id,
	};

	s->told += !s->config.put(s->config.ctx, &who, &what);
}

static void decide(struct silences *s, struct decided *d, const struct record *r)
{
	struct rules_sets sets;

	memset(&sets, 0, sizeof(sets));
	judge_sets(s->config.judge, r, &sets);
	d->serial = r->program->serial;
	d->uid = r->check.uid;
	d->gid = r->check.gid;
	d->userns = r->check.userns_asker;
	d->came = 0;
	d->kind = NULL;
	if (silent_of(s, &sets, false) | silent_of(s, &sets, true))
		d->kind = kind_of(s, &sets);
	if (d->kind)
		tell(s, d, r->program);
}

static struct decided *place_of(struct silences *s, const struct record *r)
{
	uint64_t sum = r->program->serial * 0x9e3779b97f4a7c15;

	sum = (sum ^ ((uint64_t)r->check.uid << 32 | r->check.gid)) * 0x9e3779b97f4a7c15;
	sum = (sum ^ r->check.userns_asker) * 0x9e3779b97f4a7c15;
	return &s->decided[sum >> (64 - DECIDED_BITS)];
}

static bool is_decided(const struct decided *d, const struct record *r)
{
	return d->serial == r->program->serial && d->uid == r->check.uid && d->gid == r->check.gid &&
	       d->userns == r->check.userns_asker;
}

/* May be found again by its stamp? */
static bool has_stamp(const struct record *r)
{
	const struct program *p = r->program;

	return p && p->serial && p->id && p->told && p->id == r->check.program && p->tgid == r->check.tgid &&
	       !(r->check.head.flags & CHECK_IDS_UNKNOWN);
}

static bool is_covered(const struct silences *s, const struct decided *d, const struct record *r)
{
	int cap = r->check.cap;

	return d->kind && cap >= 0 && cap < CAPABILITY_MAX &&
	       silent_of(s, &d->kind->sets, r->check.head.flags & CHECK_DENIED) >> cap & 1;
}

void silences_check(struct silences *s, const struct record *r)
{
	const enum decision_action most = s->config.allowed ? DECISION_ALLOW : DECISION_IGNORE;
	struct decided *d;

	if (r->decision.action > most || !has_stamp(r))
		return;
	d = place_of(s, r);
	if (!is_decided(d, r))
		decide(s, d, r);
	else if (is_covered(s, d, r) && !(++d->came % AGAIN))
		tell(s, d, r->program);	/* the kernel's table forgets who was not asked about for long */
}

enum decision_action silences_counted(struct silences *s, uint64_t id, int cap, bool denied, uint64_t times)
{
	enum decision_action action = DECISION_ALLOW;
	size_t rule = SIZE_MAX;
	struct kind *k;

	HASH_FIND(by_id, s->ids, &id, sizeof(id), k);
	if (k && cap >= 0 && cap < CAPABILITY_MAX)
		rule = k->sets.by[denied][cap];
	if (!k)
		HASH_FIND(by_id, s->former, &id, sizeof(id), k);
	if (k && cap >= 0 && cap < CAPABILITY_MAX && k->sets.ignore[denied] >> cap & 1)
		action = DECISION_IGNORE;
	judge_counted(s->config.judge, rule, action, times);
	return action;
}

/* A site's number is a sum of 64 bits: one that is as small does not come about. */
bool silences_is(const struct silences *s, uint64_t id)
{
	return id <= s->last_id;
}

uint64_t silences_told(const struct silences *s)
{
	return s->told;
}
