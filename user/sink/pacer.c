/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/pacer.h"

#include <errno.h>
#include <stdlib.h>

#include "bpf/event.h"
#include "user/model/loss.h"
#include "user/model/pace.h"
#include "user/model/record.h"
#include "user/sink/sink.h"

struct pacer {
	struct sink sink;
	struct pace *pace;
};

static struct pace *of(struct sink *s)
{
	return ((struct pacer *)s)->pace;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	pace_start(of(s), start->wall_ns);
	return 0;
}

static int on_check(struct sink *s, const struct record *r)
{
	pace_add(of(s), r->wall_ns, r->check.cap, r->check.head.flags & CHECK_DENIED, r->parts & RECORD_COUNT ? r->count : 1);
	return 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	pace_lose(of(s), wall_ns, loss_checks(grown));
	return 0;
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	(void)account;
	pace_reach(of(s), wall_ns);
	return 0;
}

static void on_free(struct sink *s)
{
	free(s);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
};

int pacer_new(struct out *out, struct pace *pace, struct sink **ret)
{
	struct pacer *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*p = (struct pacer){ { &ops, out }, pace };
	*ret = &p->sink;
	return 0;
}
