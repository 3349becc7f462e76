/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/alerts.h"

#include <errno.h>
#include <stdlib.h>

#include "user/model/decision.h"
#include "user/model/record.h"
#include "user/sink/sink.h"

struct alerts {
	struct sink sink;
	struct sink *shown;
};

static struct sink *shown_of(struct sink *s)
{
	return ((struct alerts *)s)->shown;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	return shown_of(s)->ops->start(shown_of(s), start);
}

static int on_check(struct sink *s, const struct record *r)
{
	bool alert = r->parts & RECORD_DECISION && r->decision.action == DECISION_ALERT && !r->decision.held;

	return alert ? shown_of(s)->ops->check(shown_of(s), r) : 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	return shown_of(s)->ops->lost(shown_of(s), wall_ns, grown);
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	return shown_of(s)->ops->stop(shown_of(s), wall_ns, account);
}

static int on_flush(struct sink *s)
{
	return sink_flush(shown_of(s));
}

static void free_alerts(struct sink *s)
{
	shown_of(s)->ops->free(shown_of(s));
	free(s);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = free_alerts,
	.flush = on_flush,
};

int alerts_new(struct sink *shown, struct sink **ret)
{
	struct alerts *a = calloc(1, sizeof(*a));

	if (!a) {
		shown->ops->free(shown);
		return -ENOMEM;
	}
	a->sink = (struct sink){ .ops = &ops, .out = shown->out };
	a->shown = shown;
	*ret = &a->sink;
	return 0;
}
