/* SPDX-License-Identifier: BSD-2-Clause */
/* What the flow gives the guard: counted, and handed on to all sinks. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/clock.h"
#include "user/base/out.h"
#include "user/flow/notes.h"
#include "user/guard/link.h"
#include "user/guard/state.h"
#include "user/host/confine.h"
#include "user/host/cost.h"
#include "user/model/crowd.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/recording.h"
#include "user/model/tally.h"
#include "user/rule/config.h"
#include "user/rule/rules.h"
#include "user/sink/alert.h"
#include "user/sink/await.h"
#include "user/sink/ring.h"
#include "user/sink/tee.h"

#define RECORDINGS_BYTES (64ULL << 20)
#define METRICS_NS	5000000000ULL
#define USEC		1000

static struct guard *of(struct sink *s)
{
	return (struct guard *)((char *)s - offsetof(struct guard, sink));
}

static int on_start(struct sink *s, const struct sink_start *start)
{
	struct guard *g = of(s);
	int err = g->inner->ops->start(g->inner, start);
	struct cost cost;

	snprintf(g->probe, sizeof(g->probe), "%s", start->probe);
	snprintf(g->kernel_release, sizeof(g->kernel_release), "%s", start->kernel);
	g->started_ns = start->wall_ns;
	if (!cost_read(g->config->kernel.proc, getpid(), &cost))
		g->start_cpu_ns = cost.cpu_ns;
	g->started_mono_ns = g->turned_ns = start->mono_ns;
	if (!err)
		err = confine_memory();
	past_begin(g, start);
	notify_say(&g->notify, "READY=1\nSTATUS=watching by %s, %zu rule%s", g->probe, g->set->rules->count,
		   g->set->rules->count == 1 ? "" : "s");
	notes_say(g->notes, FLOW_NOTE, "watching by %s, %zu rule%s; version " VERSION ", Linux %s, state in %s", g->probe,
		  g->set->rules->count, g->set->rules->count == 1 ? "" : "s", g->kernel_release, g->config->state);
	return err;
}

/* Of checks that are reported and of those that are counted alike: who hears neither is blind. */
static void heard(struct guard *g, uint64_t wall_ns)
{
	if (wall_ns > g->last_event_ns)
		g->last_event_ns = wall_ns;
}

/* So many of one capability; a verdict that is unknown is none. */
static void count(struct guard *g, const struct workload *w, uint32_t cap, bool denied, uint64_t n)
{
	if (cap >= GUARD_CAPS)
		return;
	g->checks[cap][denied] += n;
	crowd_add(g->crowd, w, cap, denied ? CROWD_DENIED : CROWD_ALLOWED, n);
}

static int on_check(struct sink *s, const struct record *r)
{
	struct guard *g = of(s);
	const struct decision *d = record_decision(r);
	const char *verdict = record_verdict(r);
	const uint64_t times = r->parts & RECORD_COUNT ? r->count : 1;

	if (verdict)
		count(g, record_workload(r), r->check.cap, *verdict == 'd', times);
	if (d && d->outside)
		crowd_add(g->crowd, record_workload(r), r->check.cap, CROWD_OUTSIDE, times);
	heard(g, r->wall_ns);
	return g->inner->ops->check(g->inner, r);
}

static int on_lost(struct sink *s, uint64_t wall_ns, const struct loss *grown)
{
	return of(s)->inner->ops->lost(of(s)->inner, wall_ns, grown);
}

static int on_stop(struct sink *s, uint64_t wall_ns, const struct account *account)
{
	of(s)->account = *account;
	reload_tell_held(of(s));
	return of(s)->inner->ops->stop(of(s)->inner, wall_ns, account);
}

/* The guard owns itself. */
static void on_free(struct sink *s)
{
	(void)s;
}

static enum guard_lookup lookup_of(const struct workload *w)
{
	if (w->flags & WORKLOAD_VERIFIED)
		return GUARD_LOOKUP_OK;
	return w->text[WORKLOAD_NAME] || w->text[WORKLOAD_POD_NAME] ? GUARD_LOOKUP_UNVERIFIED : GUARD_LOOKUP_UNKNOWN;
}

static int on_resolved(struct sink *s, uint64_t wall_ns, const struct workload *w)
{
	struct sink *inner = of(s)->inner;

	if (workload_is_container(w) && w->engine < ENGINE_COUNT)
		of(s)->lookups[w->engine][lookup_of(w)]++;
	return inner->ops->resolved ? inner->ops->resolved(inner, wall_ns, w) : 0;
}

static int on_outcome(struct sink *s, const struct event_outcome *e)
{
	return of(s)->inner->ops->outcome(of(s)->inner, e);
}

/* What the kernel counted of checks that nobody is told of. */
static int on_counted(struct sink *s, const struct tally_count *c)
{
	struct guard *g = of(s);

	count(g, c->program ? c->program->workload : NULL, (uint32_t)c->key.cap, c->key.flags & CHECK_DENIED, c->count);
	heard(g, c->last_ns);
	return g->inner->ops->counted(g->inner, c);
}

static void on_account(struct sink *s, const struct account *account)
{
	of(s)->account = *account;
}

/* Once a second: also where the ring is never empty, and nothing else is looked at. */
static int on_turn(struct sink *s)
{
	struct guard *g = of(s);
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now > g->turned_ns)
		g->per_second = (double)(g->account.asked - g->asked_before) * 1e9 / (double)(now - g->turned_ns);
	g->asked_before = g->account.asked;
	g->turned_ns = now;
	past_hurry(g, now);
	g->inner->ops->turn(g->inner);
	past_keep(g, now);
	crowd_turn(g->crowd, now);
	reload_forget(g, false);
	trouble_look(g);
	if (now - g->metrics_ns >= METRICS_NS) {
		figures_metrics(g);
		g->metrics_ns = now;
	}
	notify_say(&g->notify, "WATCHDOG=1");
	return hub_work(g) ? 0 : SINK_ENOUGH;
}

/* What was made of the checks that were just read goes out. */
static int on_flush(struct sink *s)
{
	struct guard *g = of(s);

	sink_flush(g->inner);
	if (link_waits(g->link) && link_work(g->link))
		return hub_work(g) ? 0 : -EPIPE;
	return 0;
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
	.resolved = on_resolved,
	.outcome = on_outcome,
	.counted = on_counted,
	.account = on_account,
	.turn = on_turn,
	.flush = on_flush,
};

/* ---- the sinks ------------------------------------------------------------------------------------------------- */

/* As much of a text as a message takes. */
static const char *short_text(struct buf *b, const char *text, size_t room)
{
	size_t n = strlen(text);

	buf_put(b, text, n < room ? n : room - 1);
	return buf_str(b);
}

static void on_alert(void *ctx, const struct alert *a)
{
	struct guard *g = ctx;
	struct buf rule = BUF_INIT, key = BUF_INIT;
	struct message_alert m = {
		.seq = a->seq,
		.severity = a->severity,
		.rule = short_text(&rule, a->rule, MESSAGE_NAME_MAX),
		.key = short_text(&key, a->key, MESSAGE_KEY_MAX),
		.json = a->json,
	};

	for (size_t i = 0; i < a->output_count && i < MESSAGE_OUTPUTS_MAX; i++)
		m.outputs[m.output_count++] = a->outputs[i];
	if (link_alert(g->link, &m))
		notes_say(g->notes, FLOW_WARNING, "an alert could not be kept for the sender");
	if (!a->log)
		past_alert(g, a);
	buf_done(&rule);
	buf_done(&key);
}

/* Numbers of alerts rise also over starts, as long as there is less than one in a microsecond. */
static int new_alerts(struct guard *g, struct sink **ret)
{
	const struct alert_config config = {
		.tell = on_alert,
		.ctx = g,
		.first_seq = clock_ns(CLOCK_REALTIME) / USEC,
		.per_minute = g->set ? g->set->config->alerts_per_minute : 0,
		.syscalls = g->syscalls,
		.users = g->users,
	};
	int err = alert_new(&config, &g->alerts);

	if (err)
		return err;
	if (g->set)
		alert_set_log(g->alerts, g->set->config->log, g->set->config->log_count);
	*ret = alert_as_sink(g->alerts);
	return 0;
}

static int new_ring(struct guard *g, struct sink **ret)
{
	const struct ring_options options = {
		.dir = g->recordings,
		.bytes_max = RECORDINGS_BYTES,
		.has = RECORDING_SITES | RECORDING_OUTCOMES | RECORDING_ANCESTORS,
		.users = g->users,
	};

	return ring_new(&options, ret);
}

/* The first two that are there, as one; both are gone where it fails. */
static int join(int err, struct sink *first, struct sink *second, struct sink **ret)
{
	if (!err)
		return tee_new(first, second, ret);
	if (first)
		first->ops->free(first);
	if (second)
		second->ops->free(second);
	return err;
}

int ears_init(struct guard *g)
{
	struct sink *alerts = NULL, *ring = NULL, *past = NULL, *kept, *all;
	int err = new_alerts(g, &alerts);

	err = err ?: new_ring(g, &ring);
	g->ring = ring;
	err = join(err, alerts, ring, &kept);
	if (!err) {
		err = past_new(g, &past);
		err = join(err, kept, past, &all);
	}
	/* In front of all of them: what a refused call returned is told with the check. */
	err = err ?: await_new(all, AWAIT_NS, &g->inner);
	if (err) {
		g->alerts = NULL;
		g->ring = NULL;
		return err;
	}
	g->nothing = (struct out)OUT_INIT;
	g->sink = (struct sink){ .ops = &ops, .out = &g->nothing };
	return 0;
}

void ears_done(struct guard *g)
{
	if (g->inner)
		g->inner->ops->free(g->inner);
	g->inner = NULL;
	g->alerts = NULL;
	g->ring = NULL;
}
