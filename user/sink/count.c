// SPDX-License-Identifier: BSD-2-Clause
#include "user/sink/count.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/model/loss.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/sink/sink.h"

struct count_sink {
	struct sink sink;
	struct sink *shown;	/* owned */
	struct tally *tally;
	bool apart;
	unsigned int turns;
	uint64_t seq;
	uint64_t rest;
};

static int on_start(struct sink *sink, const struct sink_start *start)
{
	struct count_sink *s = (struct count_sink *)sink;

	return s->shown->ops->start(s->shown, start);
}

static int on_check(struct sink *sink, const struct record *r)
{
	return tally_add(((struct count_sink *)sink)->tally, r);
}

static int on_counted(struct sink *sink, const struct tally_count *c)
{
	return tally_add_count(((struct count_sink *)sink)->tally, c);
}

static int on_resolved(struct sink *sink, uint64_t wall_ns, const struct workload *w)
{
	struct count_sink *s = (struct count_sink *)sink;
	int err = tally_resolved(s->tally, w);

	return err ?: s->shown->ops->resolved ? s->shown->ops->resolved(s->shown, wall_ns, w) : 0;
}

static int show_row(void *ctx, const struct record *r)
{
	struct count_sink *s = ctx;
	struct record line = *r;

	line.seq = ++s->seq;
	return s->shown->ops->check(s->shown, &line);
}

static int show_rows(struct count_sink *s)
{
	int err = 0;

	if (s->turns++ && s->apart) {
		buf_putc(&s->sink.out->buf, '\n');
		err = s->shown->ops->start(s->shown, &(struct sink_start){ 0 });
	}
	err = err ?: tally_each(s->tally, show_row, s);
	s->rest += tally_rest(s->tally);
	tally_clear(s->tally);
	return err;
}

static int on_turn(struct sink *sink)
{
	struct count_sink *s = (struct count_sink *)sink;
	int err = show_rows(s);

	return err ?: s->shown->ops->turn ? s->shown->ops->turn(s->shown) : 0;
}

static void on_account(struct sink *sink, const struct account *account)
{
	struct count_sink *s = (struct count_sink *)sink;

	if (s->shown->ops->account)
		s->shown->ops->account(s->shown, account);
}

static int on_lost(struct sink *sink, uint64_t wall_ns, const struct loss *grown)
{
	struct count_sink *s = (struct count_sink *)sink;

	return s->shown->ops->lost(s->shown, wall_ns, grown);
}

static int on_stop(struct sink *sink, uint64_t wall_ns, const struct account *account)
{
	struct count_sink *s = (struct count_sink *)sink;
	int err = tally_rows(s->tally) || !s->turns ? show_rows(s) : 0;
	struct account all = *account;

	all.in_no_row = s->rest;
	return err ?: s->shown->ops->stop(s->shown, wall_ns, &all);
}

static int on_flush(struct sink *sink)
{
	return sink_flush(((struct count_sink *)sink)->shown);
}

static void free_count(struct sink *sink)
{
	struct count_sink *s = (struct count_sink *)sink;

	s->shown->ops->free(s->shown);
	tally_free(s->tally);
	free(s);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_count,
	.counted = on_counted,
	.account = on_account,
	.turn = on_turn,
	.resolved = on_resolved,
	.flush = on_flush,
};

int count_new(struct sink *shown, size_t max_rows, bool apart, struct sink **ret)
{
	struct count_sink *s = calloc(1, sizeof(*s));
	struct tally *tally = tally_new(max_rows);

	if (!s || !tally) {
		free(s);
		tally_free(tally);
		shown->ops->free(shown);
		return -ENOMEM;
	}
	s->sink = (struct sink){ .ops = &ops, .out = shown->out };
	s->shown = shown;
	s->tally = tally;
	s->apart = apart;
	*ret = &s->sink;
	return 0;
}

unsigned long long count_rest(const struct sink *s)
{
	return ((const struct count_sink *)s)->rest;
}
