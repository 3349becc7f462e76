/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/await.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/clock.h"
#include "user/caps/site.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"

enum { HELD_MAX = 1024 };	/* checks; then the oldest goes as it is */

#define PATIENCE_NS 500000000ULL

/* A program as it was when a check of it came; shared by all that wait. */
struct keep {
	struct program program;
	unsigned users;
};

/* A check, or what became known of a workload between two of them. */
struct held {
	struct workload *resolved;	/* owned; NULL: a check */
	uint64_t wall_ns;
	struct record record;	/* points into the others */
	struct site site;
	struct keep *keep;
	char *stack;
	bool waits;
};

struct await {
	struct sink sink;
	struct sink *inner;
	struct held held[HELD_MAX];	/* a ring */
	size_t first, count;
	struct keep *last;		/* the one that was made last, or NULL */
};

static struct await *of(struct sink *s)
{
	return (struct await *)s;
}

static struct held *held_at(struct await *a, size_t i)
{
	return &a->held[(a->first + i) % HELD_MAX];
}

/* ---- what a record borrows, kept --------------------------------------------------------------------------------- */

static void drop(struct await *a, struct keep *k)
{
	if (!k || --k->users)
		return;
	if (a->last == k)
		a->last = NULL;
	program_done(&k->program);
	free(k);
}

static struct keep *keep_of(struct await *a, const struct program *p)
{
	struct keep *k = a->last;

	if (!k || k->program.serial != p->serial || !p->serial) {
		k = calloc(1, sizeof(*k));
		if (!k || program_copy(p, &k->program)) {
			free(k);
			return NULL;
		}
		a->last = k;
	}
	k->users++;
	return k;
}

/* The name of the function that asked stands in the stack. */
static void keep_site(struct held *h, const struct record *r)
{
	h->site = *r->site;
	if (h->site.name && r->stack)
		h->site.name = h->stack + (r->site->name - r->site->stack);
	h->site.stack = h->stack;
	h->record.site = &h->site;
}

static int hold(struct await *a, const struct record *r, bool waits)
{
	struct held *h = held_at(a, a->count);

	*h = (struct held){ .record = *r, .waits = waits };
	if (r->program) {
		h->keep = keep_of(a, r->program);
		if (!h->keep)
			return -ENOMEM;
		h->record.program = &h->keep->program;
	}
	h->stack = r->stack ? strdup(r->stack) : NULL;
	h->record.stack = h->stack;
	if (r->site)
		keep_site(h, r);
	a->count++;
	return r->stack && !h->stack ? -ENOMEM : 0;
}

/* ---- handing on -------------------------------------------------------------------------------------------------- */

static int hand_on_one(struct sink *inner, const struct held *h)
{
	if (h->resolved)
		return inner->ops->resolved(inner, h->wall_ns, h->resolved);
	return inner->ops->check(inner, &h->record);
}

static void let_go(struct await *a, struct held *h)
{
	drop(a, h->keep);
	free(h->stack);
	workload_unref(h->resolved);
}

static int hand_on_first(struct await *a)
{
	struct held *h = held_at(a, 0);
	int err = hand_on_one(a->inner, h);

	let_go(a, h);
	a->first = (a->first + 1) % HELD_MAX;
	a->count--;
	return err;
}

/* Those in front that wait for nothing; with `all`, whatever they wait for. */
static int hand_on(struct await *a, bool all)
{
	int err = 0;

	while (a->count && !err && (all || !held_at(a, 0)->waits))
		err = hand_on_first(a);
	return err;
}

static int on_check(struct sink *s, const struct record *r)
{
	uint32_t flags = r->check.head.flags;
	bool waits = flags & CHECK_DENIED && flags & CHECK_SYSCALL_KNOWN && !(r->parts & RECORD_COUNT);
	struct await *a = of(s);
	int err = 0;

	if (!waits && !a->count)
		return a->inner->ops->check(a->inner, r);
	if (a->count == HELD_MAX)
		err = hand_on_first(a);
	return err ?: hold(a, r, waits);
}

/* A check that is older than the call was made in an earlier one, whose end was not told. */
static void settle(struct held *h, const struct event_outcome *e, enum outcome outcome, int error)
{
	if (!h->waits || h->record.check.tid != e->tid)
		return;
	h->waits = false;
	if (h->record.check.head.time < e->since)
		return;
	h->record.parts |= RECORD_OUTCOME;
	h->record.outcome = (uint8_t)outcome;
	h->record.error = error;
}

static int on_outcome(struct sink *s, const struct event_outcome *e)
{
	struct await *a = of(s);
	int error;
	enum outcome outcome = outcome_of(e, &error);

	for (size_t i = 0; i < a->count; i++)
		settle(held_at(a, i), e, outcome, error);
	return hand_on(a, false);
}

/* Counts come late, and wait for nothing: what they are counts of may not have gone on yet. */
static int on_counted(struct sink *s, const struct tally_count *c)
{
	struct await *a = of(s);
	int err = hand_on(a, true);

	if (!a->inner->ops->counted)
		return err;
	return err ?: a->inner->ops->counted(a->inner, c);
}

static int on_flush(struct sink *s)
{
	struct await *a = of(s);
	uint64_t now = a->count ? clock_ns(CLOCK_MONOTONIC) : 0;
	int err;

	for (size_t i = 0; i < a->count; i++)
		if (now - held_at(a, i)->record.mono_ns > PATIENCE_NS)
			held_at(a, i)->waits = false;
	err = hand_on(a, false);
	return err ?: sink_flush(a->inner);
}

/* ---- the rest, which keeps its place ----------------------------------------------------------------------------- */

static int on_ready(struct sink *s)
{
	struct sink *inner = of(s)->inner;

	return inner->ops->ready ? inner->ops->ready(inner) : 0;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	return of(s)->inner->ops->start(of(s)->inner, start);
}

static int on_program(struct sink *s, const struct program *p)
{
	struct sink *inner = of(s)->inner;

	return inner->ops->program ? inner->ops->program(inner, p) : 0;
}

/* Borrows more than is kept here: what came before it goes on as it is. */
static int on_lifecycle(struct sink *s, const struct record *r)
{
	struct await *a = of(s);
	int err = hand_on(a, true);

	if (!a->inner->ops->lifecycle)
		return err;
	return err ?: a->inner->ops->lifecycle(a->inner, r);
}

static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	struct await *a = of(s);
	struct workload *kept;
	int err = 0;

	if (!a->inner->ops->resolved)
		return 0;
	if (!a->count)
		return a->inner->ops->resolved(a->inner, wall_ns, w);
	if (a->count == HELD_MAX)
		err = hand_on_first(a);
	kept = err ? NULL : workload_ref((struct workload *)w);
	if (!kept)
		return err ?: -ENOMEM;
	*held_at(a, a->count) = (struct held){ .resolved = kept, .wall_ns = wall_ns };
	a->count++;
	return 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	return of(s)->inner->ops->lost(of(s)->inner, wall_ns, grown);
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	struct await *a = of(s);
	int err = hand_on(a, true), last = a->inner->ops->stop(a->inner, wall_ns, account);

	return err ?: last;
}

static void on_free(struct sink *s)
{
	struct await *a = of(s);

	for (size_t i = 0; i < a->count; i++)
		let_go(a, held_at(a, i));
	a->inner->ops->free(a->inner);
	free(a);
}

static int on_place(struct sink *s, const char *path, uint64_t id, bool meant)
{
	struct sink *inner = of(s)->inner;

	return inner->ops->place ? inner->ops->place(inner, path, id, meant) : 0;
}

static int on_turn(struct sink *s)
{
	struct sink *inner = of(s)->inner;

	return inner->ops->turn ? inner->ops->turn(inner) : 0;
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
	.ready = on_ready,
	.program = on_program,
	.lifecycle = on_lifecycle,
	.outcome = on_outcome,
	.resolved = on_resolved,
	.place = on_place,
	.turn = on_turn,
	.flush = on_flush,
	.counted = on_counted,
};

int await_new(struct sink *inner, struct sink **ret)
{
	struct await *a = calloc(1, sizeof(*a));

	if (!a) {
		inner->ops->free(inner);
		return -ENOMEM;
	}
	a->sink = (struct sink){ .ops = &ops, .out = inner->out };
	a->inner = inner;
	*ret = &a->sink;
	return 0;
}
