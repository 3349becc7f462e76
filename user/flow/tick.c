/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/tick.h"

#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/enrich/workloads.h"
#include "user/flow/counted.h"
#include "user/flow/gone.h"
#include "user/flow/notes.h"
#include "user/flow/privileges.h"
#include "user/host/lean.h"
#include "user/host/self.h"
#include "user/model/record.h"
#include "user/sink/sink.h"
#include "user/source/counts.h"
#include "user/source/live.h"

enum {
	TICK_MS = 250,		/* looks for losses and for a command without a pidfd */
	QUIET_TICK_MS = 1000,	/* ... while nothing comes, and there is neither command nor count */
	UNHEARD_MOST = 2,	/* ticks in a row */
	SWITCH_AFTER = 8,	/* checks that a guarded probe may miss before auto changes it */
	CLOCK_STEP_NS = 100000,	/* less is how exactly the clocks were read, and no step of one */
};

/* Two clocks are not read at once: what differs by little more than that takes is no change, or times would go back. */
void tick_clock(struct flow *f)
{
	uint64_t before = clock_ns(CLOCK_MONOTONIC), wall = clock_ns(CLOCK_REALTIME), after = clock_ns(CLOCK_MONOTONIC);
	uint64_t least = wall - after, span = after - before;

	if (f->wall_offset - (least - CLOCK_STEP_NS) > span + 2 * CLOCK_STEP_NS)
		f->wall_offset = least + span / 2;
}

static void note_losses(struct flow *f, const struct loss *now, bool last)
{
	const uint64_t time = clock_ns(CLOCK_MONOTONIC);
	struct loss grown;

	loss_since(&f->noted, now, &grown);
	if (!loss_total(&grown) || (!last && f->noted_ns && time - f->noted_ns < f->config->loss_notes_ns))
		return;
	f->noted = *now;
	f->noted_ns = time;
	for (int c = 0; c < LOSS_COUNT; c++)
		if (grown.by_cause[c])
			note(f, FLOW_WARNING, "%llu %s lost: %s", (unsigned long long)grown.by_cause[c], loss_of(c),
			     loss_words(c));
}

void tick_losses(struct flow *f, const struct loss *now, bool last)
{
	struct sink *sink = f->config->sink;
	struct loss grown;

	note_losses(f, now, last);
	loss_since(&f->said, now, &grown);
	if (!loss_total(&grown))
		return;
	f->said = *now;
	if (!f->result->output_error)
		f->result->output_error = sink->ops->lost(sink, clock_ns(CLOCK_REALTIME), &grown);
}

/* What to do about it, where there is nothing to change to: said once. */
static void advise_switch(struct flow *f)
{
	const struct live_facts *facts = live_facts(f->live);

	if (f->advised || !facts->rung->guarded)
		return;
	f->advised = true;
	note(f, FLOW_WARNING, "%s misses checks of preempted tasks; %s", record_probe(facts->rung->probe),
	     facts->standby_refused || facts->survey.fact[PROBES_RUNGS - 1].usable
		     ? "--attach tp or kprobe, whichever this kernel has, does not"
		     : "--attach tp does not");
}

/* A probe that skips checks of preempted tasks gives way to one that does not. */
static void consider_switch(struct flow *f, const struct loss *now)
{
	const struct live_facts *facts = live_facts(f->live);
	const struct probe_rung *from = facts->rung;
	struct buf why = BUF_INIT;

	if (now->by_cause[LOSS_PROGRAM_BUSY] < SWITCH_AFTER)
		return;
	if (!facts->standby) {
		advise_switch(f);
		return;
	}
	if (live_switch(f->live, &why))
		note(f, FLOW_WARNING, "%s misses checks, and %s", record_probe(from->probe), buf_str(&why));
	else
		note(f, FLOW_WARNING, "%s misses checks of preempted tasks: changed to %s",
		     record_probe(from->probe), record_probe(facts->rung->probe));
	buf_done(&why);
	self_drop_except(privileges_needed(f), true, NULL);
}

/* In a container whose first process reaps nobody, zombies stay. Twice, for one may be born behind our back while we look. */
static void look_for_life(struct flow *f)
{
	if ((f->config->descendants && f->result->command_ended) || gone_looks(f))
		f->without_life = live_follows_zombies(f->live) ? f->without_life + 1 : 0;
}

/* Did nothing come, and was nothing lost, since the last tick? */
static bool is_quiet(struct flow *f, const struct account *now)
{
	const uint64_t before = f->come;

	f->come = now->seen + loss_total(&now->loss);
	return f->come == before && !counted_any(f) && !f->launch;
}

/*
 * Where a machine is so quiet that nothing at all is asked, we ask. What others did to the probe ends the run: it may not be
 * attached again by whom laid aside what that takes, and a new start tries all there are.
 */
static void look_for_probe(struct flow *f, const struct account *now)
{
	const bool hears = now->asked != f->asked || live_hears(f->live);
	const uint64_t wall = clock_ns(CLOCK_REALTIME);

	f->asked = now->asked;
	f->unheard = hears ? 0 : f->unheard + 1;
	if (hears)
		f->result->heard_ns = wall;
	if (f->unheard < UNHEARD_MOST)
		return;
	note(f, FLOW_WARNING, "%s does not even hear checks of our own any more: it was detached, or what it stands on was switched off; "
	     "of the last %.1f s nothing is known, and it ends",
	     record_probe(live_facts(f->live)->rung->probe), (double)(wall - f->result->heard_ns) / 1e9);
	f->result->unheard = f->result->incomplete = f->stopping = true;
}

void tick_do(struct flow *f)
{
	struct account account;

	if (!f->lean)
		lean_code();
	f->lean = true;
	tick_clock(f);
	live_relearn(f->live);
	look_for_life(f);
	if (f->forgot)
		live_ask_names(f->live);
	f->forgot = false;
	if (counts_filling(live_counts(f->live)))
		counted_take(f);
	workloads_expire(f->workloads, clock_ns(CLOCK_MONOTONIC));
	counted_account(f, &account);
	tick_losses(f, &account.loss, false);
	consider_switch(f, &account.loss);
	look_for_probe(f, &account);
	f->quiet = is_quiet(f, &account);
}

int tick_ms(const struct flow *f)
{
	return f->quiet ? QUIET_TICK_MS : TICK_MS;
}

void tick_begin(struct flow *f)
{
	f->next_tick = clock_ns(CLOCK_MONOTONIC) + TICK_MS * 1000000ULL;
}

void tick_wake(struct flow *f)
{
	if (!f->quiet)
		return;
	f->quiet = false;
	tick_clock(f);
	tick_begin(f);
}
