/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/caps/site.h"
#include "user/host/users.h"
#include "user/model/program.h"
#include "user/model/tally.h"
#include "user/sink/call.h"
#include "user/sink/kinds.h"

enum { KINDS_MAX = 100000 };	/* a hundred bytes each */

/* What is known of a kind; .note.site is .site. */
struct placed {
	struct board_note note;
	char site[BOARD_SITE];
};

struct post {
	struct sink sink;
	struct kinds kinds;	/* struct placed of each */
	struct post_config config;
	struct post_told told;
	uint64_t turned_ns;	/* CLOCK_MONOTONIC */
	unsigned int turns;
	bool enough;		/* somebody saw all that was wanted */
};

static int on_start(struct sink *sink, const struct sink_start *start)
{
	struct post *p = (struct post *)sink;

	p->config.start(p->config.ctx, start);
	p->turned_ns = clock_ns(CLOCK_MONOTONIC);
	return 0;
}

/* Who counts in the kernel tells no ids of a check: its program had some. */
static const char *user_of(const struct post *p, const struct record *r)
{
	if (!(r->check.head.flags & CHECK_IDS_UNKNOWN))
		return users_name(p->config.users, r->check.uid);
	return r->program ? users_name(p->config.users, r->program->uid) : NULL;
}

/* made: room for the name of a call that has none. */
static void note_of(const struct post *p, const struct record *r, char made[static CALL_NAME_MAX], struct board_note *ret)
{
	const struct site *site = r->site;

	const enum outcome ending = record_ending(r);
	const uint64_t times = r->parts & RECORD_COUNT ? r->count : 1;

	*ret = (struct board_note){
		.user = user_of(p, r),
		.failed = ending == OUTCOME_FAILED ? times : 0,
		.worked = ending == OUTCOME_WORKED ? times : 0,
		.error = r->error,
	};
	if (p->config.syscalls)
		ret->call = call_name(p->config.syscalls, r, made);
	if (!site)
		return;
	ret->site_known = site->class != SITE_UNCLASSIFIED || site->name;
	ret->class = site->class;
	ret->row = site->row;
	ret->operation = site->operation;
	ret->site = site->name;
	ret->site_len = site->name_len < BOARD_SITE ? site->name_len : BOARD_SITE;
}

/* What is counted of its kind later is noted as it is. */
static int keep(struct post *p, const struct record *r, const struct board_note *note)
{
	struct placed placed = { .note = *note };

	placed.note.user = placed.note.call = NULL;
	placed.note.failed = placed.note.worked = 0;
	if (note->site)
		memcpy(placed.site, note->site, note->site_len);
	return kinds_put(&p->kinds, r, &placed);
}

static int on_check(struct sink *sink, const struct record *r)
{
	struct post *p = (struct post *)sink;
	char made[CALL_NAME_MAX];
	struct board_note note;

	if (r->wall_ns > p->told.wall_ns)
		p->told.wall_ns = r->wall_ns;
	note_of(p, r, made, &note);
	return keep(p, r, &note) ?: board_add(p->config.board, r, &note);
}

static void place(const struct placed *placed, struct board_note *ret)
{
	const struct board_note was = *ret;

	*ret = placed->note;
	ret->user = was.user;
	ret->call = was.call;
	if (ret->site)
		ret->site = placed->site;
}

/* Where it was asked the event of its kind has said; where that was lost, or none was told, it is unknown. */
static int on_counted(struct sink *sink, const struct tally_count *c)
{
	struct post *p = (struct post *)sink;
	const struct placed *placed = kinds_find(&p->kinds, &c->key);
	char made[CALL_NAME_MAX];
	struct board_note note;
	struct record r;

	tally_record(c, &r);
	r.parts = RECORD_CHECK | RECORD_WALL | RECORD_COUNT | (c->program ? RECORD_PROGRAM : 0);
	r.count = c->count;
	r.wall_ns = c->last_ns;
	if (r.wall_ns > p->told.wall_ns)
		p->told.wall_ns = r.wall_ns;
	note_of(p, &r, made, &note);
	if (placed)
		place(placed, &note);
	note.failed = c->failed;
	note.worked = c->worked;
	note.error = c->error;
	return board_add(p->config.board, &r, &note);
}

static int on_resolved(struct sink *sink, uint64_t wall_ns, const struct workload *w)
{
	(void)wall_ns;
	return board_resolved(((struct post *)sink)->config.board, w);
}

static int on_lost(struct sink *sink, uint64_t wall_ns, const struct loss *grown)
{
	struct post *p = (struct post *)sink;

	(void)wall_ns;
	p->told.lost += loss_checks(grown);
	return 0;
}

static void on_account(struct sink *sink, const struct account *account)
{
	struct post *p = (struct post *)sink;

	p->told.account = *account;
	p->told.account_known = true;
}

static int tell(struct post *p)
{
	int err = p->config.turn(p->config.ctx, &p->told);

	p->enough |= err == SINK_ENOUGH;
	return err;
}

static int on_turn(struct sink *sink)
{
	struct post *p = (struct post *)sink;
	uint64_t now = clock_ns(CLOCK_MONOTONIC), took = now - p->turned_ns;

	/* What is counted from now on begins with events again. */
	if (p->kinds.index.count >= 2 * KINDS_MAX)
		kinds_clear(&p->kinds);
	if (*p->config.paused)
		return tell(p);
	if (p->config.replayed || !took)
		took = p->config.interval_ns;
	p->turned_ns = now;
	p->turns++;
	board_turn(p->config.board, took);
	return tell(p);
}

/* Of a recording all is shown. Of a machine a rest that is short would only look like a quiet interval. */
static bool is_rest_shown(const struct post *p)
{
	if (p->enough || *p->config.paused)
		return false;
	return p->config.replayed || !p->turns || clock_ns(CLOCK_MONOTONIC) - p->turned_ns >= p->config.interval_ns / 2;
}

static int on_stop(struct sink *sink, uint64_t wall_ns, const struct account *account)
{
	struct post *p = (struct post *)sink;
	int err;

	(void)wall_ns;
	on_account(sink, account);
	p->told.lost = loss_checks(&account->loss);
	err = is_rest_shown(p) ? on_turn(sink) : 0;
	return err == SINK_ENOUGH ? 0 : err;
}

static void free_post(struct sink *sink)
{
	kinds_done(&((struct post *)sink)->kinds);
	free(sink);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_post,
	.resolved = on_resolved,
	.account = on_account,
	.turn = on_turn,
	.counted = on_counted,
};

int post_new(struct out *out, const struct post_config *config, struct sink **ret)
{
	struct post *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->sink = (struct sink){ .ops = &ops, .out = out };
	p->config = *config;
	kinds_init(&p->kinds, sizeof(struct placed), KINDS_MAX);
	*ret = &p->sink;
	return 0;
}
