/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/text.h"
#include "user/enrich/sites.h"
#include "user/flow.h"
#include "user/flow/classes.h"
#include "user/flow/chosen.h"
#include "user/flow/judged.h"
#include "user/flow/notes.h"
#include "user/flow/pending.h"
#include "user/host/signals.h"
#include "user/host/users.h"
#include "user/model/filter.h"
#include "user/model/match.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/rows.h"
#include "user/model/workload.h"
#include "user/sink/sink.h"
#include "user/source/replay.h"

enum {
	BATCH = 4096,		/* checks that are read before a signal is looked at */
	PENDING_MAX = 16384,	/* what waits for a name that was found later */
};

/* By the recording's own clock, and how much. */
#define PATIENCE_NS   5000000000ULL
#define PENDING_BYTES ((size_t)16 << 20)

struct again {
	const struct flow_config *config;
	const struct flow_notes *notes;
	struct flow_result *result;
	struct match *match;
	struct sites *sites;		/* NULL: not asked for */
	struct chosen *chosen;		/* NULL: nobody is asked for by name */
	struct pending *pending;	/* what waits for names; NULL like .chosen */
	struct signals signals;
	bool filtered;
	uint64_t began;			/* CLOCK_MONOTONIC: with --realtime, when the recording's start was */
	uint64_t wall_ns;		/* of the last thing that was read */
	uint64_t turned_ns;		/* when the sink's last turn was, by the same clock */
	uint64_t seen, shown, hidden, outside, lives;
	struct loss lost;		/* what was told so far */
	struct account recorded;	/* valid with .ended */
	unsigned int batch;
	bool ended, stopping;
};

static int stop(struct again *a, int output_error)
{
	a->result->output_error = output_error;
	a->stopping = true;
	return -ECANCELED;
}

static int look_at_signals(struct again *a)
{
	struct signals_caught caught;

	a->batch = 0;
	while (signals_next(&a->signals, &caught)) {
		a->stopping = a->result->signalled = true;
		signals_heard(true);
	}
	return a->stopping ? -ECANCELED : 0;
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

/* Whether by its own clock an interval is over: then what was gathered is shown. 0, or negative where that ends it. */
static int turn(struct again *a, uint64_t wall_ns)
{
	const struct flow_config *c = a->config;
	int err;

	if (!c->interval_ns || !c->sink->ops->turn)
		return 0;
	if (!a->turned_ns)
		a->turned_ns = wall_ns;
	if (wall_ns < a->turned_ns + c->interval_ns)
		return 0;
	a->turned_ns += (wall_ns - a->turned_ns) / c->interval_ns * c->interval_ns;
	err = c->sink->ops->turn(c->sink);
	return err ? stop(a, err == SINK_ENOUGH ? 0 : err) : 0;
}

/* Waits for a signal, a key, or until ns are over. 0, or negative where that ends it. */
static int wait_some(struct again *a, uint64_t ns)
{
	const struct flow_input *input = a->config->input;
	struct pollfd p[2] = { { .fd = a->signals.fd, .events = POLLIN },
			       { .fd = input ? input->fd : -1, .events = POLLIN } };
	struct timespec rest = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	int n = ppoll(p, 2, &rest, NULL);

	if (input && (n < 0 || p[1].revents) && !input->ready(input->ctx))
		return stop(a, 0);
	return look_at_signals(a);
}

/* --realtime: waits until it is time for what was then; the sink's turns come while nothing happens, too. */
static int wait_for(struct again *a, uint64_t then, uint64_t wall_ns)
{
	uint64_t due = a->began + (then - replay_facts(a->config->replay)->mono_ns);
	int err = 0;

	while (!err) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC), left = due > now ? due - now : 0;

		err = turn(a, wall_ns - left);
		if (err || !left)
			break;
		err = sink_flush(a->config->sink);
		if (err)
			return stop(a, err);
		err = wait_some(a, a->config->interval_ns && a->config->interval_ns < left ? a->config->interval_ns : left);
	}
	return err;
}

static bool is_over(const struct again *a, uint64_t then)
{
	uint64_t start = replay_facts(a->config->replay)->mono_ns;

	return a->config->duration_ns && then > start && then - start > a->config->duration_ns;
}

/* ---- what comes ------------------------------------------------------------------------------------------------ */

static bool is_enough(const struct again *a)
{
	return a->result->output_error || (a->config->count && a->shown >= a->config->count);
}

static int show_check(struct again *a, const struct record *r)
{
	struct sink *sink = a->config->sink;
	struct record one = *r;
	int err;

	if (is_enough(a))
		return -ECANCELED;
	a->seen++;
	a->shown += judged(a->config->judge, &one);
	err = sink->ops->check(sink, &one);
	return err || is_enough(a) ? stop(a, err) : 0;
}

/* What is meant is handed on. */
static int pass(void *ctx, const struct pending_item *i)
{
	struct again *a = ctx;
	struct sink *sink = a->config->sink;
	int err = 0;

	if (i->kind == PENDING_CHECK)
		return show_check(a, i->record);
	if (i->kind == PENDING_PROGRAM)
		err = sink->ops->program(sink, i->program);
	if (i->kind == PENDING_RESOLVED)
		err = sink->ops->resolved(sink, i->wall_ns, i->workload);
	if (i->kind == PENDING_LIFECYCLE) {
		a->lives++;
		err = sink->ops->lifecycle(sink, i->record);
	}
	return err ? stop(a, err) : 0;
}

static enum where_answer ask(void *ctx, const struct pending_item *i)
{
	struct again *a = ctx;

	if (i->kind == PENDING_PROGRAM)
		return chosen_meets(a->chosen, i->program);
	return i->record ? chosen_record(a->chosen, i->record) : WHERE_YES;
}

static void refuse(void *ctx, const struct pending_item *i, bool untold)
{
	struct again *a = ctx;

	a->outside += i->kind == PENDING_CHECK;
	if (!untold)
		return;
	if (i->kind != PENDING_PROGRAM)
		chosen_untold(a->chosen, i->program);
	else if (chosen_may_meet(a->chosen))
		pass(a, i);
}

/* Its name may stand further back in the recording. */
static bool may_be_told(const struct again *a, const struct program *p)
{
	return chosen_asks_engines(a->chosen) && p && p->workload && !(p->workload->flags & WORKLOAD_RESOLVED);
}

/* Hands on what is meant, behind all that waits; and holds what may be. `is`: as ask tells it. */
static int offer(struct again *a, const struct pending_item *i, enum where_answer is)
{
	bool waits = is == WHERE_UNKNOWN && may_be_told(a, i->program);
	int err;

	if (is != WHERE_YES && !waits) {
		refuse(a, i, is == WHERE_UNKNOWN);
		return 0;
	}
	if (!waits && !(a->pending && pending_any(a->pending)))
		return pass(a, i);
	err = pending_expire(a->pending, a->wall_ns);
	err = err ?: pending_put(a->pending, i, waits, a->wall_ns);
	return err == -ENOMEM ? stop(a, err) : err;
}

/* As the kernel side does it: the filter, then what is hidden. */
static bool is_shown(struct again *a, struct record *r, enum where_answer is)
{
	if ((a->filtered && !match_check(a->match, r)) || is == WHERE_NO) {
		a->outside++;
		return false;
	}
	if (r->check.head.flags & CHECK_OVERCOMMIT && !a->config->all) {
		a->hidden++;
		return false;
	}
	if (!classes_pass(a->sites, a->config->filter, r)) {
		a->outside++;
		return false;
	}
	return true;
}

static int on_check(void *ctx, struct record *r)
{
	struct again *a = ctx;
	enum where_answer is;

	if (is_over(a, r->mono_ns))
		return stop(a, 0);
	a->wall_ns = r->wall_ns;
	if (!a->config->realtime && turn(a, r->wall_ns))
		return -ECANCELED;
	if (a->batch++ >= BATCH && wait_some(a, 0))
		return -ECANCELED;
	is = chosen_record(a->chosen, r);
	if (!is_shown(a, r, is))
		return 0;
	if (a->config->realtime && wait_for(a, r->mono_ns, r->wall_ns))
		return -ECANCELED;
	return offer(a, &(struct pending_item){ .kind = PENDING_CHECK, .record = r, .program = r->program }, is);
}

static int on_lost(struct again *a, uint64_t wall_ns, const struct loss *grown)
{
	struct sink *sink = a->config->sink;
	struct loss now = *grown;
	int err;

	if (!a->config->lifecycle)
		now.by_cause[LOSS_LIFECYCLE] = 0;
	if (!loss_total(&now))
		return 0;
	for (int c = 0; c < LOSS_COUNT; c++) {
		if (!now.by_cause[c])
			continue;
		a->lost.by_cause[c] += now.by_cause[c];
		note(a, FLOW_WARNING, "%llu %s lost: %s", (unsigned long long)now.by_cause[c], loss_of(c), loss_words(c));
	}
	err = sink->ops->lost(sink, wall_ns, &now);
	return err ? stop(a, err) : 0;
}

/* Its own filter, and no number at which it ends. */
static int on_lifecycle(struct again *a, struct record *r)
{
	if (is_over(a, r->mono_ns))
		return stop(a, 0);
	a->wall_ns = r->wall_ns;
	if (!a->config->lifecycle || !a->config->sink->ops->lifecycle || (a->filtered && !match_lifecycle(a->match, r)))
		return 0;
	if (a->config->realtime && wait_for(a, r->mono_ns, r->wall_ns))
		return -ECANCELED;
	return offer(a, &(struct pending_item){ .kind = PENDING_LIFECYCLE, .record = r, .program = r->program },
		     chosen_record(a->chosen, r));
}

static int on_missing(void *ctx, uint64_t checks)
{
	struct again *a = ctx;
	const struct loss grown = { { [LOSS_DAMAGED] = checks } };

	return on_lost(a, a->wall_ns, &grown);
}

static int on_name(struct again *a, const struct unpack_item *item)
{
	int err = 0;

	if (item->name.kind == NAME_USER) {
		err = users_tell(a->config->users, item->name.id, item->name.text);
		return err ?: match_user(a->match, item->name.id, item->name.text);
	}
	if (item->name.kind != NAME_GROUP)
		return 0;
	err = users_tell_group(a->config->users, item->name.id, item->name.text);
	return err ?: match_group(a->match, item->name.id, item->name.text);
}

static int on_program(struct again *a, const struct program *p)
{
	int err = match_program(a->match, p);

	if (a->chosen)
		chosen_program(a->chosen, p);

	/* Where something is left out, who has no part in the rest is too. */
	if (err || !a->config->sink->ops->program || (a->filtered && !match_meets(a->match, p)))
		return err;
	return offer(a, &(struct pending_item){ .kind = PENDING_PROGRAM, .program = p }, chosen_meets(a->chosen, p));
}

/* Also where a filter leaves something out: what it tells of, was perhaps shown. */
static int on_resolved(struct again *a, const struct unpack_item *item)
{
	const struct pending_item i = { .kind = PENDING_RESOLVED, .workload = item->workload, .wall_ns = item->wall_ns };
	int err = 0;

	a->wall_ns = item->wall_ns;
	if (a->pending)
		err = pending_resolved(a->pending, item->workload, a->wall_ns);
	if (err)
		return err == -ENOMEM ? stop(a, err) : err;
	return a->config->sink->ops->resolved ? offer(a, &i, WHERE_YES) : 0;
}

static int on_other(void *ctx, const struct unpack_item *item)
{
	struct again *a = ctx;

	switch (item->kind) {
	case UNPACK_NAME:
		return on_name(a, item);
	case UNPACK_PROGRAM:
		return on_program(a, item->program);
	case UNPACK_RESOLVED:
		return on_resolved(a, item);
	case UNPACK_LIFECYCLE:
		return on_lifecycle(a, item->record);
	case UNPACK_LOST:
		a->wall_ns = item->wall_ns;
		return on_lost(a, item->wall_ns, &item->lost);
	case UNPACK_END:
		a->wall_ns = item->wall_ns;
		a->recorded = item->account;
		a->ended = true;
		return 0;
	default:
		return 0;
	}
}

/* ---- the run --------------------------------------------------------------------------------------------------- */

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static int start_sink(struct again *a)
{
	const struct recording_facts *facts = replay_facts(a->config->replay);
	struct sink *sink = a->config->sink;
	const struct sink_start start = {
		.host = or_null(facts->host),
		.host_id = or_null(facts->host_id),
		.boot_id = or_null(facts->boot_id),
		.kernel = or_null(facts->kernel),
		.machine = or_null(facts->machine),
		.probe = or_null(facts->probe),
		.wall_ns = facts->wall_ns,
		.mono_ns = facts->mono_ns,
		.host_mntns = facts->host_mntns,
		.run = facts->run,
	};
	int err = sink->ops->ready ? sink->ops->ready(sink) : 0;

	a->wall_ns = facts->wall_ns;
	return err ?: sink->ops->start(sink, &start);
}

/* What the run that was recorded said of itself, and what was not to be shown of it now. */
static void make_account(struct again *a)
{
	struct account *ret = &a->result->account;

	if (a->ended)
		*ret = a->recorded;
	else
		ret->loss = a->lost;
	ret->loss.by_cause[LOSS_DAMAGED] = a->lost.by_cause[LOSS_DAMAGED];
	if (!a->config->lifecycle)
		ret->loss.by_cause[LOSS_LIFECYCLE] = 0;
	ret->has_lifecycle = a->config->lifecycle;
	ret->lifecycle = a->lives;
	ret->seen = a->seen;
	ret->silent = a->seen - a->shown;
	ret->hidden += a->hidden;
	ret->outside += a->outside;
	ret->loss_is_bound |= a->filtered;
	if (!a->ended)
		ret->asked = ret->seen + ret->hidden + ret->outside + loss_checks(&ret->loss);
}

static void say_damage(struct again *a)
{
	struct replay_damage d;

	replay_damage(a->config->replay, &d);
	if (d.places)
		note(a, FLOW_WARNING, "the recording is damaged in %u place%s; what stands before and behind is shown",
		     d.places, d.places == 1 ? "" : "s");
	if (d.head)
		note(a, FLOW_WARNING, "its beginning is damaged: where and when it was made is read from where it stands again");
	if (d.cut_off && !a->stopping)
		note(a, FLOW_WARNING, "%s", d.closed ? "the recording is cut off: how much is missing at its end is not known"
						     : "the recording was not ended in order (or goes on still): its last "
						       "checks may be missing");
	if (d.behind)
		note(a, FLOW_WARNING, "behind the recording's end stands more, which is no part of it and not shown");
	a->result->incomplete = d.places || (d.cut_off && !a->stopping) || d.behind;
}

static void say_undecided(struct again *a)
{
	uint64_t n = chosen_undecided(a->chosen);

	if (!n)
		return;
	note(a, FLOW_WARNING, "%llu times the recording does not tell whether somebody is meant, who was left out",
	     (unsigned long long)n);
	a->result->incomplete = true;
}

static void say_unmet(const struct again *a)
{
	const char *name;

	for (unsigned int i = 0; !a->stopping && (name = match_unmet(a->match, i)); i++) {
		struct buf text = BUF_INIT;

		text_escape(&text, name, strlen(name));
		note(a, FLOW_WARNING, "nobody in this recording is called '%s'", buf_str(&text));
		buf_done(&text);
	}
}

static int replay(struct again *a)
{
	const struct replay_taker to = { on_check, on_other, on_missing, a };
	struct sink *sink = a->config->sink;
	int more, err = start_sink(a);

	if (err)
		stop(a, err);
	signals_release(&a->signals);
	a->began = clock_ns(CLOCK_MONOTONIC);
	do
		more = a->stopping ? 0 : replay_read(a->config->replay, &to);
	while (more > 0 && (a->stopping || !look_at_signals(a)));
	if (more < 0 && more != -ECANCELED) {
		note(a, FLOW_ERROR, "the recording cannot be read on: %s", strerror(-more));
		return more;
	}
	while (a->pending && pending_any(a->pending) && !is_enough(a))
		pending_end(a->pending, a->wall_ns);
	make_account(a);
	a->result->account.is_counts = a->config->counting;
	say_damage(a);
	say_unmet(a);
	say_undecided(a);
	err = sink->ops->stop(sink, a->wall_ns, &a->result->account);
	err = err ?: sink_flush(sink);
	if (!a->result->output_error)
		a->result->output_error = err;
	return 0;
}

static int open_sites(struct again *a)
{
	if (!a->config->sites)
		return 0;
	a->sites = sites_new(NULL);
	if (!a->sites) {
		note(a, FLOW_ERROR, "out of memory");
		return -ENOMEM;
	}
	sites_set_machine(a->sites, replay_facts(a->config->replay)->machine);
	return 0;
}

int flow_replay(const struct flow_config *config, const struct flow_notes *notes, struct flow_result *ret)
{
	struct again a = { .config = config, .notes = notes, .result = ret, .signals.fd = -1 };
	const struct chosen_config choice = { config->filter, NULL, config->users, config->payload };
	const struct pending_config waiting = {
		PENDING_MAX, PENDING_BYTES, PATIENCE_NS, .ctx = &a, .ask = ask, .pass = pass, .refuse = refuse,
	};
	int err;

	memset(ret, 0, sizeof(*ret));
	a.filtered = filter_is_set(config->filter);
	err = signals_catch(&a.signals);
	if (err)
		note(&a, FLOW_ERROR, "signals cannot be caught: %s", strerror(-err));
	err = err ?: match_new(config->filter, &a.match);
	err = err ?: chosen_new(&choice, &a.chosen);
	if (!err && a.chosen && !(a.pending = pending_new(&waiting)))
		err = -ENOMEM;
	if (err == -ENOMEM)
		note(&a, FLOW_ERROR, "out of memory");
	err = err ?: open_sites(&a);
	err = err ?: replay(&a);
	pending_free(a.pending);
	chosen_free(a.chosen);
	match_free(a.match);
	sites_free(a.sites);
	signals_forget(&a.signals);
	return err;
}
