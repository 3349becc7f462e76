/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/meant.h"

#include <errno.h>
#include <string.h>

#include "user/base/clock.h"
#include "user/enrich/workloads.h"
#include "user/flow/chosen.h"
#include "user/flow/judged.h"
#include "user/flow/notes.h"
#include "user/flow/silences.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"
#include "user/source/live.h"

/* What waits in all. */
#define PENDING_BYTES	((size_t)4 << 20)

enum { PENDING_MAX = 4096 };

/* What goes wrong in the output ends the run. */
int meant_output(struct flow *f, int err)
{
	if (!err)
		return 0;
	f->result->output_error = err;
	f->stopping = true;
	return -ECANCELED;
}

/* What is sure of a whole cgroup need not be heard again. */
void meant_place(struct flow *f, const struct program *p)
{
	if (chosen_program(f->chosen, p) == WHERE_NO && p->cgroup && !(p->flags & PROGRAM_CGROUP_V1))
		live_place(f->live, p->cgroup_id, !strcmp(p->cgroup, "/"), true);
}

/* Nothing that comes now is shown any more. */
bool meant_enough(const struct flow *f)
{
	return f->result->output_error || (f->config->count && f->shown >= f->config->count);
}

static int show_check(struct flow *f, struct record *r)
{
	struct sink *sink = f->config->sink;

	if (meant_enough(f))
		return -ECANCELED;
	r->seq = ++f->seen;
	f->shown += judged(f->config->judge, r);
	if (f->silences)
		silences_check(f->silences, r);
	f->stopping |= meant_enough(f);
	return meant_output(f, sink->ops->check(sink, r)) ?: f->stopping ? -ECANCELED : 0;
}

static int show_lifecycle(struct flow *f, struct record *r)
{
	struct sink *sink = f->config->sink;

	r->seq = ++f->lives;
	return meant_output(f, sink->ops->lifecycle(sink, r));
}

/* Hands it on. */
static int pass(void *ctx, const struct pending_item *i)
{
	struct flow *f = ctx;
	struct sink *sink = f->config->sink;

	switch (i->kind) {
	case PENDING_CHECK:
		return show_check(f, i->record);
	case PENDING_LIFECYCLE:
		return show_lifecycle(f, i->record);
	case PENDING_PROGRAM:
		return meant_output(f, sink->ops->program(sink, i->program));
	case PENDING_COUNT:
		return sink->ops->counted ? meant_output(f, sink->ops->counted(sink, i->count)) : 0;
	case PENDING_OUTCOME:
		return meant_output(f, sink->ops->outcome(sink, i->outcome));
	case PENDING_RESOLVED:
		return meant_output(f, sink->ops->resolved(sink, i->wall_ns, i->workload));
	}
	return 0;
}

/* As much of a check as all that were counted have in common. */
static enum where_answer ask_count(struct flow *f, const struct tally_count *c)
{
	const struct program *p = c->program;
	struct record r = {
		.parts = RECORD_CHECK | (p ? RECORD_PROGRAM : 0),
		.check = { .head.flags = c->key.flags & ~COUNT_BANK, .tgid = c->key.tgid, .cap = c->key.cap },
		.program = p,
	};

	if (p) {
		r.check.uid = p->uid;
		r.check.gid = p->gid;
		r.check.userns_asker = p->userns;
		memcpy(r.check.comm, p->comm, EVENT_COMM);
	} else {
		r.check.head.flags |= CHECK_IDS_UNKNOWN;
	}
	return chosen_record(f->chosen, &r);
}

static enum where_answer ask(void *ctx, const struct pending_item *i)
{
	struct flow *f = ctx;

	switch (i->kind) {
	case PENDING_CHECK:
	case PENDING_LIFECYCLE:
		return chosen_record(f->chosen, i->record);
	case PENDING_PROGRAM:
		return chosen_meets(f->chosen, i->program);
	case PENDING_COUNT:
		return ask_count(f, i->count);
	default:
		return WHERE_YES;
	}
}

/* Whose name did not come in time is not waited for again, nor who was asked about before that. */
static void give_up(struct flow *f, const struct program *p)
{
	const struct workload *w = p ? p->workload : NULL;

	if (w && !(w->flags & WORKLOAD_RESOLVED) && w->serial > f->given_up)
		f->given_up = w->serial;
}

/* Looked for and not found: its runtime alone may have known it, and both were gone by then. */
static bool is_nameless(const struct program *p)
{
	const struct workload *w = p ? p->workload : NULL;

	return w && workload_is_container(w) && w->flags & WORKLOAD_RESOLVED && !(w->flags & WORKLOAD_VERIFIED) &&
	       !w->text[WORKLOAD_NAME];
}

/* Who is not meant, and never will be, is not heard again. */
static void refuse(void *ctx, const struct pending_item *i, bool untold)
{
	struct flow *f = ctx;

	if (untold)
		give_up(f, i->program);
	else if (i->program)
		meant_place(f, i->program);
	if (i->kind == PENDING_CHECK) {
		f->left_out++;
		f->not_meant++;
		f->nameless += !untold && is_nameless(i->program);
		if (!untold && i->program)
			live_leave_out(f->live, i->record);
	} else if (i->kind == PENDING_COUNT) {
		f->counts_left_out += i->count->count;
	}
	if (!untold)
		return;
	if (i->kind != PENDING_PROGRAM)
		chosen_untold(f->chosen, i->program);
	else if (chosen_may_meet(f->chosen))
		pass(f, i);
}

/* Is the thread still looking for what may tell it? */
static bool may_be_told(const struct flow *f, const struct program *p)
{
	const struct workload *w = p ? p->workload : NULL;

	return w && chosen_asks_engines(f->chosen) && !(w->flags & WORKLOAD_RESOLVED) && w->serial > f->given_up &&
	       workloads_fd(f->workloads) >= 0;
}

/* What went wrong while something was held ends the run. */
int meant_waited(struct flow *f, int err)
{
	return err == -ENOMEM ? meant_output(f, err) : err;
}

/* Hands on what is meant, behind all that waits; and holds what may be. */
int meant_offer(struct flow *f, const struct pending_item *i)
{
	enum where_answer is = f->chosen ? ask(f, i) : WHERE_YES;
	bool waits = is == WHERE_UNKNOWN && may_be_told(f, i->program);

	if (is != WHERE_YES && !waits)
		refuse(f, i, is == WHERE_UNKNOWN);
	else if (waits || (f->pending && pending_any(f->pending)))
		return meant_waited(f, pending_put(f->pending, i, waits, clock_ns(CLOCK_MONOTONIC)));
	else
		return pass(f, i);
	return 0;
}

int meant_begin(struct flow *f)
{
	const struct chosen_config config = { f->config->filter, f->config->kernel.proc, f->config->users, f->config->payload };
	const struct pending_config waiting = {
		PENDING_MAX, PENDING_BYTES, MEANT_PATIENCE_NS, .ctx = f, .ask = ask, .pass = pass, .refuse = refuse,
	};
	int err = chosen_new(&config, &f->chosen);

	f->pending = f->chosen ? pending_new(&waiting) : NULL;
	if (f->chosen && !f->pending)
		err = -ENOMEM;
	if (err)
		note(f, FLOW_ERROR, "cannot be set up: %s", strerror(-err));
	return err;
}
