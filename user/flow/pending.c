/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/event.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/model/workload.h"
#include "user/sink/owned.h"

/* Serials of programs whose workload became known while they waited: nobody else gives such. */
#define OUR_SERIALS (1ULL << 63)

enum { ROOM_FIRST = 32 };

struct held {
	enum pending_kind kind;
	bool waits;
	uint64_t since_ns;
	struct owned_record is;		/* of a count, and of a program by itself, only that */
	union {
		struct tally_count count;
		struct event_outcome outcome;
		struct {
			struct workload *workload;	/* owned */
			uint64_t wall_ns;
		} resolved;
	};
};

struct pending {
	struct pending_config config;
	struct held *at;		/* a ring */
	size_t room, first, count;
	size_t waiting;			/* of .count */
	struct owned owned;
	uint64_t serials;
	struct pending_stats stats;
};

/* ---- the ring --------------------------------------------------------------------------------------------------- */

static struct held *held_at(const struct pending *p, size_t i)
{
	return &p->at[(p->first + i) & (p->room - 1)];
}

static void move(struct held *to, const struct held *from)
{
	*to = *from;
	owned_move(&to->is, &from->is);
}

/* Always a power of two. */
static int grow(struct pending *p)
{
	size_t room = p->room ? 2 * p->room : ROOM_FIRST;
	struct held *at;

	if (p->count < p->room)
		return 0;
	at = calloc(room, sizeof(*at));
	if (!at)
		return -ENOMEM;
	for (size_t i = 0; i < p->count; i++)
		move(&at[i], held_at(p, i));
	free(p->at);
	p->at = at;
	p->room = room;
	p->first = 0;
	return 0;
}

static size_t bytes_of(const struct pending *p)
{
	return p->room * sizeof(*p->at) + p->owned.bytes;
}

static bool is_full(const struct pending *p)
{
	return p->count >= p->config.max || (p->count && p->count * sizeof(*p->at) + p->owned.bytes >= p->config.max_bytes);
}

static void let_go(struct pending *p, struct held *h)
{
	if (h->kind == PENDING_RESOLVED)
		workload_unref(h->resolved.workload);
	owned_let_go(&p->owned, &h->is);
}

static void keep_stats(struct pending *p)
{
	struct pending_stats *s = &p->stats;

	s->most = p->count > s->most ? p->count : s->most;
	s->most_bytes = bytes_of(p) > s->most_bytes ? bytes_of(p) : s->most_bytes;
}

/* ---- what is held, and back ------------------------------------------------------------------------------------- */

static int keep_workload(struct held *h, const struct pending_item *i)
{
	h->resolved.wall_ns = i->wall_ns;
	h->resolved.workload = workload_ref((struct workload *)i->workload);
	return h->resolved.workload ? 0 : -ENOMEM;
}

static int keep(struct pending *p, const struct pending_item *i, struct held *h)
{
	const struct record of_program = { .program = i->program };

	switch (i->kind) {
	case PENDING_RESOLVED:
		return keep_workload(h, i);
	case PENDING_OUTCOME:
		h->outcome = *i->outcome;
		return 0;
	case PENDING_COUNT:
		h->count = *i->count;
		return owned_keep(&p->owned, &of_program, &h->is);
	case PENDING_PROGRAM:
		return owned_keep(&p->owned, &of_program, &h->is);
	default:
		return owned_keep(&p->owned, i->record, &h->is);
	}
}

static struct pending_item item_of(struct held *h)
{
	struct pending_item i = { .kind = h->kind, .program = h->is.record.program };

	switch (h->kind) {
	case PENDING_RESOLVED:
		i.workload = h->resolved.workload;
		i.wall_ns = h->resolved.wall_ns;
		break;
	case PENDING_OUTCOME:
		i.outcome = &h->outcome;
		break;
	case PENDING_COUNT:
		h->count.program = i.program;
		i.count = &h->count;
		break;
	case PENDING_PROGRAM:
		break;
	default:
		i.record = &h->is.record;
	}
	return i;
}

/* ---- going on --------------------------------------------------------------------------------------------------- */

static void take_first(struct pending *p, struct held *ret)
{
	move(ret, held_at(p, 0));
	p->first = (p->first + 1) & (p->room - 1);
	p->count--;
	p->waiting -= ret->waits;
}

/* Out of the ring first: whoever takes it may put something there. */
static int pass_first(struct pending *p)
{
	struct pending_item i;
	struct held h;
	int err;

	take_first(p, &h);
	i = item_of(&h);
	err = p->config.pass(p->config.ctx, &i);
	let_go(p, &h);
	return err;
}

/* Those in front that wait for nothing. */
static int pass_on(struct pending *p)
{
	int err = 0;

	while (p->count && !err && !held_at(p, 0)->waits)
		err = pass_first(p);
	return err;
}

static void refuse(struct pending *p, struct held *h, bool untold)
{
	struct pending_item i = item_of(h);

	p->config.refuse(p->config.ctx, &i, untold);
	let_go(p, h);
}

/* Leaves a gap that the caller closes. */
static void decide(struct pending *p, struct held *h, enum where_answer is, uint64_t now_ns)
{
	uint64_t took = now_ns - h->since_ns;

	h->waits = false;
	p->waiting--;
	p->stats.longest_ns = took > p->stats.longest_ns && now_ns > h->since_ns ? took : p->stats.longest_ns;
	if (is == WHERE_YES)
		return;
	refuse(p, h, is == WHERE_UNKNOWN);
	*h = (struct held){ .kind = PENDING_OUTCOME, .since_ns = UINT64_MAX };
}

static bool is_gap(const struct held *h)
{
	return h->since_ns == UINT64_MAX;
}

static void close_gaps(struct pending *p)
{
	size_t to = 0;

	for (size_t from = 0; from < p->count; from++) {
		if (is_gap(held_at(p, from)))
			continue;
		if (to != from)
			move(held_at(p, to), held_at(p, from));
		to++;
	}
	p->count = to;
}

/* For lack of room: what waits for nothing, from between those that do. */
static int pass_ahead(struct pending *p)
{
	size_t n = p->count;
	int err = 0;

	for (size_t k = 0; k < n; k++) {
		struct held h;

		take_first(p, &h);
		if (h.waits || err) {
			move(held_at(p, p->count), &h);
			p->count++;
			p->waiting += h.waits;
			continue;
		}
		struct pending_item i = item_of(&h);

		err = p->config.pass(p->config.ctx, &i);
		p->stats.ahead++;
		let_go(p, &h);
	}
	return err;
}

/* ---- putting ---------------------------------------------------------------------------------------------------- */

static int put(struct pending *p, const struct pending_item *i, bool waits, uint64_t now_ns)
{
	struct held *h;
	int err = grow(p);

	if (err)
		return err;
	h = held_at(p, p->count);
	*h = (struct held){ .kind = i->kind, .waits = waits, .since_ns = now_ns };
	err = keep(p, i, h);
	if (err)
		return err;
	p->count++;
	p->waiting += waits;
	p->stats.waited += waits;
	keep_stats(p);
	return 0;
}

/* An eighth of the room at least: looking through all of it is worth that. */
static bool is_worth_passing_ahead(const struct pending *p)
{
	return p->count - p->waiting > p->count / 8;
}

static void refuse_first(struct pending *p)
{
	struct held h;

	take_first(p, &h);
	refuse(p, &h, true);
}

int pending_put(struct pending *p, const struct pending_item *i, bool waits, uint64_t now_ns)
{
	int err = 0;

	if (is_full(p) && is_worth_passing_ahead(p))
		err = pass_ahead(p);
	if (!err && is_full(p) && !waits) {
		p->stats.ahead++;
		return p->config.pass(p->config.ctx, i);
	}
	while (!err && is_full(p)) {
		if (held_at(p, 0)->waits)
			refuse_first(p);
		err = pass_on(p);
	}
	return err ?: put(p, i, waits, now_ns);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static bool is_in(const struct program *g, const struct workload *w)
{
	const char *path = w->text[WORKLOAD_PATH];

	return g && g->workload && g->cgroup && path && g->cgroup_id == w->cgroup_id && !strcmp(g->cgroup, path);
}

/* Also of what is decided already: it is shown with all that is known. */
static int make_better(struct pending *p, struct program *g, struct workload *w)
{
	struct workload *ours;

	if (g->workload->serial == w->serial)
		return 0;
	ours = workload_ref(w);
	if (!ours)
		return -ENOMEM;
	workload_unref(g->workload);
	g->workload = ours;
	g->serial = OUR_SERIALS | ++p->serials;
	return 0;
}

static void ask_again(struct pending *p, struct held *h, bool last, uint64_t now_ns)
{
	struct pending_item i = item_of(h);
	enum where_answer is = p->config.ask(p->config.ctx, &i);

	if (is != WHERE_UNKNOWN || last)
		decide(p, h, is, now_ns);
}

int pending_resolved(struct pending *p, const struct workload *w, uint64_t now_ns)
{
	const bool last = w->flags & WORKLOAD_RESOLVED;
	struct workload *ours;
	int err = 0;

	if (!p->count)
		return 0;
	ours = workload_ref((struct workload *)w);
	if (!ours)
		return -ENOMEM;
	for (size_t k = 0; k < p->count && !err; k++) {
		struct held *h = held_at(p, k);
		struct program *g = owned_program(&h->is);

		if (!is_in(g, ours))
			continue;
		err = make_better(p, g, ours);
		if (!err && h->waits)
			ask_again(p, h, last, now_ns);
	}
	workload_unref(ours);
	close_gaps(p);
	return err ?: pass_on(p);
}

static int give_up(struct pending *p, uint64_t before_ns, uint64_t now_ns)
{
	for (size_t k = 0; k < p->count; k++) {
		struct held *h = held_at(p, k);

		if (h->waits && h->since_ns <= before_ns)
			decide(p, h, WHERE_UNKNOWN, now_ns);
	}
	close_gaps(p);
	return pass_on(p);
}

int pending_expire(struct pending *p, uint64_t now_ns)
{
	const uint64_t patience = p->config.patience_ns;

	return now_ns < patience ? 0 : give_up(p, now_ns - patience, now_ns);
}

int pending_end(struct pending *p, uint64_t now_ns)
{
	return give_up(p, UINT64_MAX - 1, now_ns);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

bool pending_any(const struct pending *p)
{
	return p->count;
}

bool pending_waits(const struct pending *p)
{
	return p->waiting;
}

void pending_stats(const struct pending *p, struct pending_stats *ret)
{
	*ret = p->stats;
}

struct pending *pending_new(const struct pending_config *config)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p)
		p->config = *config;
	return p;
}

void pending_free(struct pending *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		let_go(p, held_at(p, i));
	free(p->at);
	free(p);
}
