/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/await.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "user/base/clock.h"
#include "user/model/outcome.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/owned.h"
#include "user/sink/sink.h"

enum { HELD_MAX = 1024 };	/* checks; then the oldest goes as it is */

/* A check, or what became known of a workload between two of them. */
struct held {
	struct workload *resolved;	/* owned; NULL: a check */
	uint64_t wall_ns;
	struct owned_record is;
	bool waits;
};

struct await {
	struct sink sink;
	struct sink *inner;
	uint64_t patience_ns;
	struct held held[HELD_MAX];	/* a ring */
	size_t first, count;
	struct owned owned;
};

static struct await *of(struct sink *s)
{
	return (struct await *)s;
}

static struct held *held_at(struct await *a, size_t i)
{
	return &a->held[(a->first + i) % HELD_MAX];
}

static int hold(struct await *a, const struct record *r, bool waits)
{
	struct held *h = held_at(a, a->count);
	int err;

	*h = (struct held){ .waits = waits };
	err = owned_keep(&a->owned, r, &h->is);
	h->is.record.check.head.flags &= ~CHECK_OUTCOME;
	a->count += !err;
	return err;
}

/* ---- handing on -------------------------------------------------------------------------------------------------- */

static int hand_on_one(struct sink *inner, const struct held *h)
{
	if (h->resolved)
		return inner->ops->resolved(inner, h->wall_ns, h->resolved);
	return inner->ops->check(inner, &h->is.record);
}

static void let_go(struct await *a, struct held *h)
{
	if (h->resolved)
		workload_unref(h->resolved);
	else
		owned_let_go(&a->owned, &h->is);
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
	bool waits = flags & CHECK_OUTCOME && !(r->parts & RECORD_COUNT);
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
	if (!h->waits || h->is.record.check.tid != e->tid)
		return;
	h->waits = false;
	if (h->is.record.check.head.time < e->since)
		return;
	h->is.record.parts |= RECORD_OUTCOME;
	h->is.record.outcome = (uint8_t)outcome;
	h->is.record.error = error;
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
		if (now - held_at(a, i)->is.record.mono_ns > a->patience_ns)
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

int await_new(struct sink *inner, uint64_t patience_ns, struct sink **ret)
{
	struct await *a = calloc(1, sizeof(*a));

	if (!a) {
		inner->ops->free(inner);
		return -ENOMEM;
	}
	a->sink = (struct sink){ .ops = &ops, .out = inner->out };
	a->inner = inner;
	a->patience_ns = patience_ns;
	*ret = &a->sink;
	return 0;
}
