/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/window.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "user/model/record.h"
#include "user/sink/sink.h"

struct window {
	struct sink sink, *shown;
	uint64_t from_ns, to_ns;
	bool open;		/* something of after .from_ns came */
};

static struct window *of(struct sink *s)
{
	return (struct window *)s;
}

static uint64_t within(const struct window *w, uint64_t wall_ns)
{
	if (wall_ns < w->from_ns)
		return w->from_ns;
	return wall_ns > w->to_ns ? w->to_ns : wall_ns;
}

static int on_ready(struct sink *s)
{
	struct sink *shown = of(s)->shown;

	return shown->ops->ready ? shown->ops->ready(shown) : 0;
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	struct sink *shown = of(s)->shown;
	struct sink_start now = *start;

	now.wall_ns = within(of(s), start->wall_ns);
	now.mono_ns += now.wall_ns - start->wall_ns;
	return shown->ops->start(shown, &now);
}

/* Programs have no time: they are told before their checks. */
static bool is_in(struct window *w, uint64_t wall_ns)
{
	w->open = w->open || wall_ns >= w->from_ns;
	return wall_ns >= w->from_ns && wall_ns <= w->to_ns;
}

static int on_check(struct sink *s, const struct record *r)
{
	struct sink *shown = of(s)->shown;

	return is_in(of(s), r->wall_ns) ? shown->ops->check(shown, r) : 0;
}

static int on_program(struct sink *s, const struct program *p)
{
	struct sink *shown = of(s)->shown;

	return of(s)->open && shown->ops->program ? shown->ops->program(shown, p) : 0;
}

/* A name is true whenever it became known. */
static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	struct sink *shown = of(s)->shown;

	return shown->ops->resolved ? shown->ops->resolved(shown, within(of(s), wall_ns), w) : 0;
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	struct sink *shown = of(s)->shown;

	return is_in(of(s), wall_ns) ? shown->ops->lost(shown, wall_ns, grown) : 0;
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	struct sink *shown = of(s)->shown;

	return shown->ops->stop(shown, within(of(s), wall_ns), account);
}

static void on_free(struct sink *s)
{
	struct sink *shown = of(s)->shown;

	shown->ops->free(shown);
	free(s);
}

static const struct sink_ops ops = {
	.ready = on_ready,
	.start = on_start,
	.check = on_check,
	.program = on_program,
	.resolved = on_resolved,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
};

int window_new(struct sink *shown, uint64_t from_ns, uint64_t to_ns, struct sink **ret)
{
	struct window *w = calloc(1, sizeof(*w));

	if (!w) {
		shown->ops->free(shown);
		return -ENOMEM;
	}
	*w = (struct window){ { &ops, shown->out }, shown, from_ns, to_ns, false };
	*ret = &w->sink;
	return 0;
}
