/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/post.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "user/base/clock.h"
#include "user/caps/site.h"
#include "user/host/users.h"
#include "user/model/program.h"
#include "user/sink/call.h"

struct post {
	struct sink sink;
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

	*ret = (struct board_note){ .user = user_of(p, r) };
	if (p->config.syscalls)
		ret->call = call_name(p->config.syscalls, r, made);
	if (!site)
		return;
	ret->site_known = true;
	ret->class = site->class;
	ret->row = site->row;
	ret->operation = site->operation;
	ret->site = site->name;
	ret->site_len = site->name_len;
}

static int on_check(struct sink *sink, const struct record *r)
{
	struct post *p = (struct post *)sink;
	char made[CALL_NAME_MAX];
	struct board_note note;

	if (r->wall_ns > p->told.wall_ns)
		p->told.wall_ns = r->wall_ns;
	note_of(p, r, made, &note);
	return board_add(p->config.board, r, &note);
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
};

int post_new(struct out *out, const struct post_config *config, struct sink **ret)
{
	struct post *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->sink = (struct sink){ .ops = &ops, .out = out };
	p->config = *config;
	*ret = &p->sink;
	return 0;
}
