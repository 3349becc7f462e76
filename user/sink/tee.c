/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/tee.h"

#include <errno.h>
#include <stdlib.h>

#include "user/sink/sink.h"

struct tee {
	struct sink sink;
	struct sink *to[2];
};

/* CALL of each that has OP; the first error. */
#define EACH(sink_, op, ...)                                                 \
	({                                                                   \
		struct sink **to_ = ((struct tee *)(sink_))->to;             \
		int err_ = 0;                                                \
		for (int i_ = 0; i_ < 2; i_++) {                             \
			if (to_[i_]->ops->op) {                              \
				int one_ = to_[i_]->ops->op(to_[i_], ##__VA_ARGS__); \
				err_ = err_ ?: one_;                         \
			}                                                    \
		}                                                            \
		err_;                                                        \
	})

static int on_start(struct sink *s, const struct sink_start *start)
{
	return EACH(s, start, start);
}

static int on_check(struct sink *s, const struct record *r)
{
	return EACH(s, check, r);
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	return EACH(s, lost, wall_ns, grown);
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	return EACH(s, stop, wall_ns, account);
}

static int on_ready(struct sink *s)
{
	return EACH(s, ready);
}

static int on_program(struct sink *s, const struct program *p)
{
	return EACH(s, program, p);
}

static int on_outcome(struct sink *s, const struct event_outcome *e)
{
	return EACH(s, outcome, e);
}

static int on_lifecycle(struct sink *s, const struct record *r)
{
	return EACH(s, lifecycle, r);
}

static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	return EACH(s, resolved, wall_ns, w);
}

static int on_counted(struct sink *s, const struct tally_count *c)
{
	return EACH(s, counted, c);
}

static int on_turn(struct sink *s)
{
	return EACH(s, turn);
}

static int on_flush(struct sink *s)
{
	struct tee *t = (struct tee *)s;
	int first = sink_flush(t->to[0]), second = sink_flush(t->to[1]);

	return first ?: second;
}

static void free_tee(struct sink *s)
{
	struct tee *t = (struct tee *)s;

	for (int i = 0; i < 2; i++)
		t->to[i]->ops->free(t->to[i]);
	free(t);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_tee,
	.ready = on_ready,
	.program = on_program,
	.outcome = on_outcome,
	.resolved = on_resolved,
	.lifecycle = on_lifecycle,
	.counted = on_counted,
	.turn = on_turn,
	.flush = on_flush,
};

int tee_new(struct sink *first, struct sink *second, struct sink **ret)
{
	struct tee *t = calloc(1, sizeof(*t));

	if (!t) {
		first->ops->free(first);
		second->ops->free(second);
		return -ENOMEM;
	}
	t->sink = (struct sink){ .ops = &ops, .out = first->out };
	t->to[0] = first;
	t->to[1] = second;
	*ret = &t->sink;
	return 0;
}
