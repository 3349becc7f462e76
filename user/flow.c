/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow.h"

#include <errno.h>
#include <linux/capability.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/caps/capset.h"
#include "user/caps/site.h"
#include "user/enrich/ancestors.h"
#include "user/enrich/image.h"
#include "user/enrich/programs.h"
#include "user/enrich/sites.h"
#include "user/enrich/workloads.h"
#include "user/flow/chosen.h"
#include "user/flow/classes.h"
#include "user/flow/gone.h"
#include "user/flow/judged.h"
#include "user/flow/meant.h"
#include "user/flow/notes.h"
#include "user/flow/pending.h"
#include "user/flow/repeats.h"
#include "user/flow/run.h"
#include "user/flow/silences.h"
#include "user/flow/started.h"
#include "user/flow/told.h"
#include "user/host/cgroup.h"
#include "user/host/engineapi.h"
#include "user/host/ids.h"
#include "user/host/lean.h"
#include "user/host/mounts.h"
#include "user/host/orphans.h"
#include "user/host/proc.h"
#include "user/host/self.h"
#include "user/host/signals.h"
#include "user/model/filter.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/model/workload.h"
#include "user/rule/judge.h"
#include "user/sink/sink.h"
#include "user/source/counts.h"
#include "user/source/live.h"

enum {
	TICK_MS = 250,		/* looks for losses and for a command without a pidfd */
	QUIET_TICK_MS = 1000,	/* ... while nothing comes, and there is neither command nor count */
	UNHEARD_MOST = 2,	/* ticks in a row */
	COUNT_TICK_MS = 100,	/* how exact counts know when they were last */
	NAP_MS = 5,		/* between two batches of a busy ring */
	DRAIN_MOST = 64,	/* batches, before counts are taken */
	BATCH = 512,		/* events that are read before a signal, the time or the command is looked at */
	ARGS_MAX = 4096,
	ORPHAN_NAP_MS = 20,	/* while nothing but descendants are waited for */
	LAST_LOOKS = 5,
	LAST_LOOK_NS = 2000000,
	SWITCH_AFTER = 8,	/* checks that a guarded probe may miss before auto changes it */
};

/* The wall clock may be set while we run: events that are read after that are shown by the new one. */
static void set_wall_offset(struct flow *f)
{
	f->wall_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

/* ---- events ---------------------------------------------------------------------------------------------------- */

/* What the kernel side could not read may be there. */
static void look_for_args(struct flow *f, const struct event_program *e)
{
	char words[ARGS_MAX], comm[EVENT_COMM + 1] = "";
	size_t len;

	memcpy(comm, e->comm, EVENT_COMM);
	if (!proc_cmdline_of(f->config->kernel.proc, (pid_t)e->tgid, comm, e->program, words, sizeof(words), &len))
		programs_put_args(f->programs, e->tgid, e->program, words, len, len == sizeof(words));
}

static void take_args(struct flow *f, const void *data, size_t size)
{
	const struct event_program *e = data;
	size_t n;
	bool cut;
	const char *words = program_args(data, size, &n, &cut);

	if (words)
		programs_put_args(f->programs, e->tgid, e->program, words, n, cut);
	else
		look_for_args(f, e);
}

static void read_ancestors(struct flow *f, const struct event_program *e)
{
	const struct program *p = programs_find(f->programs, e->tgid, e->program);
	struct buf names = BUF_INIT;

	if (p)
		ancestors_print(&names, f->programs, f->config->kernel.proc, p);
	if (!names.error)
		programs_put_ancestors(f->programs, e->tgid, e->program, buf_str(&names));
	buf_done(&names);
}

static int on_program(struct flow *f, const void *data, size_t size)
{
	struct sink *sink = f->config->sink;
	const struct event_program *e = data;
	const struct program *p;

	if (programs_put(f->programs, data, size)) {
		f->refused_events++;
		return 0;
	}
	if (f->config->args)
		take_args(f, data, size);
	if (f->config->ancestors)
		read_ancestors(f, e);
	p = sink->ops->program || f->chosen ? programs_find(f->programs, e->tgid, e->program) : NULL;
	if (p && f->chosen)
		meant_place(f, p);
	return p && sink->ops->program ? meant_offer(f, &(struct pending_item){ .kind = PENDING_PROGRAM, .program = p }) : 0;
}

static void find_program(struct flow *f, struct record *r)
{
	r->program = programs_find(f->programs, r->check.tgid, r->check.program);
	if (r->program)
		r->parts |= RECORD_PROGRAM;
	else if (r->check.program)
		f->forgot = true;
}

/* What is granted where nothing changes is nobody's need, whatever the call returned. */
static bool asks_outcome(const struct record *r)
{
	return r->check.head.flags & CHECK_DENIED || !r->site || r->site->class != SITE_ADVISORY;
}

static void ask_outcome(struct flow *f, const struct record *r)
{
	int err = live_ask_outcomes(f->live, r);

	if (err == -ENOSPC && !f->told_full) {
		note(f, FLOW_NOTE, "the returns of %u system calls are listened to, which is the most: what others return stays "
		     "unknown", live_facts(f->live)->outcomes_calls);
		f->told_full = true;
	} else if (err && err != -ENOSPC) {
		note(f, FLOW_DETAIL, "outcomes: what system call %d returns cannot be seen: %s", r->check.syscall,
		     err == -ENOENT ? "the kernel has no function of its name" : strerror(-err));
	}
}

/* A child of the first one may be there before we are told of it. */
static bool is_helper(const struct flow *f, uint32_t tgid, const struct program *p)
{
	const pid_t *helpers = f->config->helpers;

	if (!f->by_our_ids)
		return false;
	for (size_t i = 0; i < FLOW_HELPERS; i++)
		if (helpers[i] && tgid == (uint32_t)helpers[i])
			return true;
	return helpers[0] && p && p->ppid == (uint32_t)helpers[0];
}

static int on_check(struct flow *f, const void *data, size_t size, struct record *r)
{
	if (f->closing)
		return 0;
	find_program(f, r);
	if (is_helper(f, r->check.tgid, r->program)) {
		f->own++;
		return 0;
	}
	if (f->sites)
		sites_name(f->sites, data, size, r);
	if (!classes_pass(f->sites, f->config->filter, r)) {
		f->left_out++;
		return 0;
	}
	if (f->config->outcomes && asks_outcome(r))
		ask_outcome(f, r);
	if (f->repeats)
		repeats_put(f->repeats, r, data, size);
	r->wall_ns = r->mono_ns + f->wall_offset;
	r->parts |= RECORD_WALL;
	return meant_offer(f, &(struct pending_item){ .kind = PENDING_CHECK, .record = r, .program = r->program });
}

static int on_outcome(struct flow *f, const void *data, size_t size)
{
	struct event_outcome e;

	if (outcome_decode(data, size, &e)) {
		f->refused_events++;
		return 0;
	}
	return f->config->sink->ops->outcome ? meant_offer(f, &(struct pending_item){ .kind = PENDING_OUTCOME, .outcome = &e }) : 0;
}

static int on_lifecycle(struct flow *f, const void *data, size_t size)
{
	struct lifecycle l;
	struct record r;

	if (lifecycle_decode(data, size, &l)) {
		f->refused_events++;
		return 0;
	}
	if (f->closing || !f->config->sink->ops->lifecycle)
		return 0;
	lifecycle_record(&l, &r);
	find_program(f, &r);
	r.wall_ns = r.mono_ns + f->wall_offset;
	r.parts |= RECORD_WALL;
	if (l.event.what == LIFE_EXEC && l.event.ret == 0 && r.program)
		image_read(f->config->kernel.proc, f->our_mntns, r.program, &l);
	return meant_offer(f, &(struct pending_item){ .kind = PENDING_LIFECYCLE, .record = &r, .program = r.program });
}

static int on_event(void *ctx, const void *data, size_t size)
{
	struct flow *f = ctx;
	struct record r;
	int err = 0;

	if (record_decode(data, size, &r))
		f->refused_events++;
	else if (r.kind == EVENT_PROGRAM)
		err = on_program(f, data, size);
	else if (r.kind == EVENT_OUTCOME)
		err = on_outcome(f, data, size);
	else if (r.kind == EVENT_LIFECYCLE)
		err = on_lifecycle(f, data, size);
	else if (r.parts & RECORD_CHECK)
		err = on_check(f, data, size, &r);
	return err || ++f->batch < BATCH ? err : -EAGAIN;
}

/* Reads and shows what is there, but no more than a batch: others may write as fast as we read. How many events. */
static int drain(struct flow *f)
{
	f->batch = 0;
	if (!f->stopping)
		live_read(f->live, on_event, f);
	if (!f->result->output_error)
		f->result->output_error = sink_flush(f->config->sink);
	if (f->result->output_error)
		f->stopping = true;
	return f->batch;
}

/* ---- counts ---------------------------------------------------------------------------------------------------- */

/* Is anything counted in the kernel? */
static bool counts(const struct flow *f)
{
	return f->config->counting || f->silences;
}

/* Of what rules are silent about: is it somebody's to know? */
static bool is_to_be_given(struct flow *f, struct tally_count *c)
{
	enum decision_action action;

	if (!f->silences)
		return true;
	action = silences_counted(f->silences, c->key.site, c->key.cap, c->key.flags & CHECK_DENIED, c->count);
	f->silenced += c->count;
	c->key.site = 0;
	return action == DECISION_ALLOW;
}

/* The event of its kind, as many times. Where none is kept who asked is not known, which rules take for the worst. */
static void repeated_record(struct flow *f, const struct tally_count *c, struct record *r)
{
	size_t size;
	const void *data = repeats_find(f->repeats, &c->key, &size);

	if (data && !record_decode(data, size, r)) {
		if (f->sites)
			sites_name(f->sites, data, size, r);
		find_program(f, r);
	} else {
		tally_record(c, r);
		r->check.head.flags |= CHECK_IDS_UNKNOWN;
	}
	r->parts |= RECORD_WALL | RECORD_COUNT;
	r->count = c->count;
	r->wall_ns = c->last_ns > c->first_ns ? c->last_ns : c->first_ns;
	r->first_ns = c->first_ns ?: c->last_ns;
	r->mono_ns = r->wall_ns - f->wall_offset;
	if (c->failed != c->count)
		return;
	r->parts |= RECORD_OUTCOME;
	r->outcome = OUTCOME_FAILED;
	r->error = c->error;
}

/* Of what rules are not silent about for sure: decided now, by the rules of now. */
static void give_repeated(struct flow *f, struct tally_count *c)
{
	struct sink *sink = f->config->sink;
	struct record r;

	if (!c->count)
		return;
	repeated_record(f, c, &r);
	if (judged(f->config->judge, &r) && r.decision.action == DECISION_ALERT) {
		meant_output(f, sink->ops->check(sink, &r));
		return;
	}
	f->silenced += c->count;
	if (r.decision.action != DECISION_IGNORE)
		meant_offer(f, &(struct pending_item){ .kind = PENDING_COUNT, .count = c, .program = c->program });
}

static void give_count(struct flow *f, const struct count_key *key, const struct count_value *value)
{
	struct tally_count c = {
		.key = *key,
		.count = value->count,
		.failed = value->failed,
		.worked = value->worked,
		.error = (int)value->error,
		.first_ns = value->first ? value->first + f->wall_offset : 0,
		.last_ns = value->last + f->wall_offset,
		.program = programs_find(f->programs, key->tgid, key->program),
	};

	if (is_helper(f, key->tgid, c.program)) {
		f->own_counted += c.count;
		return;
	}
	if (f->repeats && !silences_is(f->silences, key->site)) {
		give_repeated(f, &c);
		return;
	}
	if (!is_to_be_given(f, &c))
		return;
	/* The first of its kind was an event while its program was known: what it needs is there, only how often is not. */
	if (f->chosen && !c.program && f->config->payload)
		f->counts_left_out += c.count;
	else
		meant_offer(f, &(struct pending_item){ .kind = PENDING_COUNT, .count = &c, .program = c.program });
}

/* What describes those that were counted came before, and is read first. */
static void drain_most(struct flow *f)
{
	for (int i = 0; i < DRAIN_MOST && drain(f); i++)
		;
}

static void on_count(void *ctx, const struct count_key *key, const struct count_value *value)
{
	struct flow *f = ctx;

	/* Also what came while the bank was changed. */
	if (!f->drained)
		drain_most(f);
	f->drained = true;
	give_count(f, key, value);
}

static void take_counts(struct flow *f)
{
	int err;

	if (!counts(f))
		return;
	drain_most(f);
	f->drained = false;
	err = counts_take(live_counts(f->live), on_count, f);
	if (err)
		note(f, FLOW_WARNING, "what was counted cannot be read: %s", strerror(-err));
}

/* Twice: what came while the bank was changed is in the other one. */
static void take_all_counts(struct flow *f)
{
	take_counts(f);
	take_counts(f);
}

/* What is decided is decided by the rules of its time. */
static void change_rules(struct flow *f)
{
	const struct flow_input *input = f->config->input;

	if (!f->config->judge_waits)
		return;
	take_all_counts(f);
	input->change(input->ctx);
}

/*
 * Where the rules are others now, all that was decided by the former ones is void: the kernel side first, then what it
 * counted until then.
 */
static void follow_rules(struct flow *f)
{
	if (!f->silences || judge_generation(f->config->judge) == f->rules)
		return;
	f->rules = judge_generation(f->config->judge);
	live_change_rules(f->live, judge_keys(f->config->judge));
	silences_renew(f->silences, f->config->judge);
	take_all_counts(f);
}

/* As the kernel side has it, with what is known here alone. */
static void take_account(struct flow *f, struct account *ret)
{
	live_account(f->live, ret);
	ret->own += f->own + f->own_counted;
	ret->seen -= f->own;
	ret->counted -= f->own_counted;
}

/* The sink's turn has come: with everything until now. */
static void turn(struct flow *f)
{
	struct sink *sink = f->config->sink;
	struct account account;
	int err;

	take_counts(f);
	if (f->sites)
		sites_rest(f->sites);
	if (f->repeats)
		repeats_turn(f->repeats);
	if (f->result->output_error || !sink->ops->turn)
		return;
	if (sink->ops->account) {
		take_account(f, &account);
		sink->ops->account(sink, &account);
	}
	err = sink->ops->turn(sink);
	if (err == SINK_ENOUGH)
		f->stopping = true;
	else
		meant_output(f, err);
}

/* ---- workloads ------------------------------------------------------------------------------------------------- */

/* What the thread that looks at engines' files may do, beside what anybody may; and nobody else keeps that. */
#define LOOKING (1ULL << CAP_SYS_PTRACE | 1ULL << CAP_DAC_READ_SEARCH)

enum { LAST_ANSWERS_MS = 100 };

static void on_answer(void *ctx, const struct workload *was, struct workload *now)
{
	struct flow *f = ctx;
	const struct pending_item i = { .kind = PENDING_RESOLVED, .workload = now, .wall_ns = clock_ns(CLOCK_REALTIME) };

	programs_put_workload(f->programs, was, now);
	if (f->pending && !meant_enough(f))
		meant_waited(f, pending_resolved(f->pending, now, clock_ns(CLOCK_MONOTONIC)));
	if (f->config->sink->ops->resolved && !f->result->output_error)
		meant_offer(f, &i);
}

static void take_answers(struct flow *f)
{
	struct buf complaint = BUF_INIT;

	workloads_take(f->workloads, on_answer, f);
	workloads_complaint(f->workloads, &complaint);
	if (complaint.len)
		note(f, FLOW_WARNING, "a container's name may be missing: %s", buf_str(&complaint));
	buf_done(&complaint);
}

static void lose_patience(struct flow *f)
{
	if (f->pending && pending_waits(f->pending))
		meant_waited(f, pending_expire(f->pending, clock_ns(CLOCK_MONOTONIC)));
}

/* Nothing is added any more: for what still waits the thread has as long as while it ran. */
static void settle(struct flow *f)
{
	const uint64_t until = clock_ns(CLOCK_MONOTONIC) + MEANT_PATIENCE_NS;
	struct pollfd p = { .fd = workloads_fd(f->workloads), .events = POLLIN };

	workloads_hurry(f->workloads);
	workloads_wait(f->workloads, LAST_ANSWERS_MS);
	take_answers(f);
	while (f->pending && pending_waits(f->pending) && !meant_enough(f) && clock_ns(CLOCK_MONOTONIC) < until) {
		poll(&p, 1, LAST_ANSWERS_MS);
		take_answers(f);
		lose_patience(f);
	}
	while (f->pending && pending_any(f->pending) && !meant_enough(f))
		if (meant_waited(f, pending_end(f->pending, clock_ns(CLOCK_MONOTONIC))))
			break;
}

static int open_engine(struct flow *f)
{
	const char *path = f->config->kernel.engine_socket;
	struct buf why = BUF_INIT;
	int err = path ? engineapi_open(path, &f->engine, &why) : 0;

	if (err)
		note(f, FLOW_ERROR, "%s: %s", path, buf_str(&why));
	buf_done(&why);
	return err;
}

/* While there still are privileges, of which the thread keeps some. */
static int start_workloads(struct flow *f)
{
	uint32_t hierarchy = cgroup_hierarchy(f->config->kernel.proc);
	int err;

	f->workloads = workloads_new(WORKLOADS_MAX, WORKLOADS_BYTES);
	if (!f->workloads)
		return -ENOMEM;
	f->looking = LOOKING & ~self_missing(LOOKING);
	workloads_use_api(f->workloads, f->engine);
	err = workloads_start(f->workloads, f->config->kernel.proc, hierarchy, capset_all(), LOOKING);
	if (err)
		note(f, FLOW_WARNING, "containers are not looked for: %s", strerror(-err));
	return 0;
}

/* ---- losses ---------------------------------------------------------------------------------------------------- */

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

static void tell_losses(struct flow *f, const struct loss *now, bool last)
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

/* What this run still has to be allowed: also to pass a signal on to a command that has become another user's, as daemons do. */
static uint64_t needs(const struct flow *f)
{
	uint64_t kill = f->launch ? 1ULL << CAP_KILL : 0;

	/* The files that others execute are looked at. */
	uint64_t look = f->config->lifecycle ? 1ULL << CAP_SYS_PTRACE : 0;

	return live_needs(f->live) | kill | look | chosen_needs(f->chosen) | f->config->keeps;
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
	self_drop_except(needs(f), true, NULL);
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
	return f->come == before && !counts(f) && !f->launch;
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

static void tick(struct flow *f)
{
	struct account account;

	if (!f->lean)
		lean_code();
	f->lean = true;
	set_wall_offset(f);
	live_relearn(f->live);
	look_for_life(f);
	if (f->forgot)
		live_ask_names(f->live);
	f->forgot = false;
	if (counts_filling(live_counts(f->live)))
		take_counts(f);
	workloads_expire(f->workloads, clock_ns(CLOCK_MONOTONIC));
	take_account(f, &account);
	tell_losses(f, &account.loss, false);
	consider_switch(f, &account.loss);
	look_for_probe(f, &account);
	f->quiet = is_quiet(f, &account);
}

static int tick_ms(const struct flow *f)
{
	return f->quiet ? QUIET_TICK_MS : TICK_MS;
}

/* Something comes: the clock may have been set since the last tick. */
static void end_quiet(struct flow *f)
{
	if (!f->quiet)
		return;
	f->quiet = false;
	set_wall_offset(f);
	f->next_tick = clock_ns(CLOCK_MONOTONIC) + TICK_MS * 1000000ULL;
}

/* ---- signals --------------------------------------------------------------------------------------------------- */

static bool hears_hangup(const struct flow *f)
{
	return f->config->input && f->config->input->hangup;
}

/*
 * The first signal ends the run in order; with a command it is the command that is to end, and the run with it. What
 * the terminal sent the command has already, and may live on.
 */
static void on_signals(struct flow *f)
{
	const uint64_t patience = f->config->kill_after_ns;
	struct signals_caught caught;

	while (signals_next(&f->signals, &caught)) {
		if (hears_hangup(f) && caught.sig == SIGHUP) {
			f->config->input->hangup(f->config->input->ctx);
			continue;
		}
		if (patience && !f->kill_at)
			f->kill_at = clock_ns(CLOCK_MONOTONIC) + patience;
		if (patience && f->result->command_ended)
			orphans_signal(caught.sig);
		else if (!f->launch || f->result->command_ended)
			f->stopping = f->result->signalled = true;
		signals_heard(f->stopping || launch_signal(f->launch, caught.sig, caught.code));
	}
}

/* ---- the run --------------------------------------------------------------------------------------------------- */

static int watch_fd(struct flow *f, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	return fd < 0 || !epoll_ctl(f->epoll, EPOLL_CTL_ADD, fd, &e) ? 0 : -errno;
}

static int milliseconds_until(uint64_t when, uint64_t now)
{
	return when <= now ? 0 : (int)((when - now) / 1000000) + 1;
}

/* Also after a signal that nobody catches here, as when a terminal has another size now. */
static void listen_to_input(struct flow *f, const struct epoll_event *events, int count)
{
	const struct flow_input *input = f->config->input;
	bool ready = count < 0;

	if (!input)
		return;
	for (int i = 0; i < count; i++)
		ready |= events[i].data.fd == input->fd;
	if (ready && !input->ready(input->ctx))
		f->stopping = true;
}

/* Waits for something to do: an event, a signal, the command's end, the next tick, the deadline; at most `most` ms. */
static void wait_for_work(struct flow *f, int most)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	int ms = milliseconds_until(f->next_tick, now);
	struct epoll_event events[4];
	int count;

	if (f->deadline && milliseconds_until(f->deadline, now) < ms)
		ms = milliseconds_until(f->deadline, now);
	if (f->next_turn && milliseconds_until(f->next_turn, now) < ms)
		ms = milliseconds_until(f->next_turn, now);
	if (counts(f)) {
		live_set_count_time(f->live, now);
		live_learn_sites(f->live);
	}
	count = epoll_wait(f->epoll, events, 4, ms < most ? ms : most);
	live_arm(f->live, 0);
	if (count > 0)
		end_quiet(f);
	listen_to_input(f, events, count);
}

static void keep_time(struct flow *f)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now >= f->next_tick) {
		tick(f);
		f->next_tick = now + tick_ms(f) * 1000000ULL;
	}
	if (f->next_turn && now >= f->next_turn) {
		turn(f);
		f->next_turn += f->config->interval_ns * (1 + (now - f->next_turn) / f->config->interval_ns);
	}
	if (f->deadline && now >= f->deadline)
		f->stopping = true;
	if (f->kill_at && now >= f->kill_at)
		started_kill(f);
}

/* Nothing tells that the last of the descendants is gone; most go with the command. */
static int longest_nap(const struct flow *f)
{
	if (f->result->command_ended && !f->told_orphans)
		return ORPHAN_NAP_MS;
	return counts(f) ? COUNT_TICK_MS : tick_ms(f);
}

/* While the ring is busy it is read in batches; when it is quiet, the next event wakes us. */
static void run(struct flow *f)
{
	while (!f->stopping) {
		int n = drain(f);

		if (n > 0 && n < BATCH) {
			live_arm(f->live, 2);
			wait_for_work(f, NAP_MS);
		} else if (!n) {
			live_arm(f->live, 1);
			if (!f->stopping && !drain(f) && !f->stopping)
				wait_for_work(f, longest_nap(f));
		}
		change_rules(f);
		follow_rules(f);
		take_answers(f);
		lose_patience(f);
		on_signals(f);
		started_look(f);
		if (started_is_over(f) || gone_all(f))
			break;
		keep_time(f);
	}
}

/* Also where one of several outputs failed: the others are to be whole. */
static void stop_sink(struct flow *f, uint64_t wall_ns)
{
	struct sink *sink = f->config->sink;
	int err = sink->ops->stop(sink, wall_ns, &f->result->account);

	err = err ?: sink_flush(sink);
	if (!f->result->output_error)
		f->result->output_error = err;
}

/* Calls that are under way have a moment to end. */
static void read_last_outcomes(struct flow *f)
{
	f->closing = true;
	for (int i = 0; i < LAST_LOOKS && f->config->outcomes && !f->result->output_error; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = LAST_LOOK_NS }, NULL);
		f->batch = 0;
		live_read(f->live, on_event, f);
	}
}

/* What is still in the ring when nothing is added any more, and the account. */
static void finish(struct flow *f)
{
	struct account *a = &f->result->account;
	uint64_t sent;

	live_stop(f->live);
	f->stopping = meant_enough(f);
	while (drain(f))
		;
	if (!f->stopping)
		live_leftovers(f->live, on_event, f);
	read_last_outcomes(f);
	take_all_counts(f);
	settle(f);
	told_workloads(f);
	told_late_outcomes(f);
	if (f->released && !f->result->command_ended)
		note(f, FLOW_NOTE, "the command goes on by itself, process %d", launch_pid(f->launch));
	take_account(f, a);
	a->is_counts = f->config->counting;
	a->command_ended = f->result->command_ended;
	a->command_status = a->command_ended ? launch_exit_code(f->result->command_status) : 0;
	a->has_lifecycle = f->config->lifecycle;
	a->lifecycle = f->lives;
	sent = a->seen - f->left_out;
	a->outside += f->left_out;
	a->seen = f->seen;
	a->silent = f->seen - f->shown + f->silenced;
	a->unread = sent > f->seen ? sent - f->seen : 0;
	a->counted -= f->counts_left_out;
	a->outside += f->counts_left_out;
	told_undecided(f);
	tell_losses(f, &a->loss, true);
	if (live_uncounted(f->live))
		note(f, FLOW_DETAIL, "%llu checks were sent one by one: the kernel's table had no room to count their kind",
		     (unsigned long long)live_uncounted(f->live));
	told_sites(f);
	if (live_unnamed(f->live))
		note(f, FLOW_WARNING, "%llu times a process could not be described: its checks stand without program",
		     (unsigned long long)live_unnamed(f->live));
	if (live_skipped(f->live))
		note(f, FLOW_WARNING, "%llu times the kernel did not let the end of a system call be looked at: lifecycle "
		     "events may be missing", (unsigned long long)live_skipped(f->live));
	if (f->refused_events)
		note(f, FLOW_WARNING, "%llu events could not be read", (unsigned long long)f->refused_events);
	stop_sink(f, clock_ns(CLOCK_REALTIME));
}

static int ready_sink(struct flow *f)
{
	struct sink *sink = f->config->sink;

	if (sink->ops->ready)
		f->result->output_error = sink->ops->ready(sink);
	return f->result->output_error;
}

static int start_sink(struct flow *f)
{
	struct ids ids;
	struct utsname u = {};
	struct sink_start start = { .probe = record_probe(live_facts(f->live)->rung->probe),
				    .wall_ns = clock_ns(CLOCK_REALTIME),
				    .mono_ns = clock_ns(CLOCK_MONOTONIC),
				    .host_mntns = f->config->kernel.host_mntns,
				    .run = clock_ns(CLOCK_BOOTTIME) };

	uname(&u);
	ids_read(f->config->kernel.proc, &ids);
	start.host = u.nodename;
	start.kernel = u.release;
	start.machine = u.machine;
	start.sites = f->sites && !sites_shown(f->sites);
	start.sites_of_few = f->live && told_few_sites(f);
	start.host_id = *ids.machine ? ids.machine : NULL;
	start.boot_id = *ids.boot ? ids.boot : NULL;
	return f->config->sink->ops->start(f->config->sink, &start);
}

/* All but what is needed on, and `more` for a while. */
static int drop_privileges_but(struct flow *f, uint64_t more)
{
	struct self left;
	int err = self_drop_except(needs(f) | more, true, &left);

	if (err)
		note(f, FLOW_ERROR, "the privileges that are not needed any more could not be dropped: %s", strerror(-err));
	else if (!more)
		told_kept(f, &left);
	return err;
}

/* What is not needed any more goes, before anything that others chose is looked at. */
static int drop_privileges(struct flow *f)
{
	uint64_t first = chosen_needs_first(f->chosen);
	int err = drop_privileges_but(f, first ? first | 1ULL << CAP_SETPCAP : 0);

	if (!err)
		told_reserve(f);
	return err;
}

/* Whoever is there was looked at; who comes is only looked at by the thread. */
static int drop_first_privileges(struct flow *f)
{
	return chosen_needs_first(f->chosen) ? drop_privileges_but(f, 0) : 0;
}

static void on_debug(void *ctx, const char *text)
{
	const struct flow *f = ctx;

	note(f, FLOW_DEBUG, "%s", text);
}

static int open_live(struct flow *f)
{
	const struct flow_config *c = f->config;
	struct live_config config = {
		.filter = c->filter,
		.attach = c->kernel.attach,
		.btf = c->kernel.btf,
		.proc = c->kernel.proc,
		.ring_bytes = c->kernel.ring_bytes,
		.show_overcommit = c->all,
		.lsm_verdict = c->lsm_verdict,
		.sites = c->sites,
		.site_way = c->site_way,
		.sites_of_few = c->sites_dear,
		.outcomes = c->outcomes,
		.args = c->args,
		.lifecycle = c->lifecycle,
		.outcomes_probed = c->outcomes_probed,
		.outcomes_of_few = c->outcomes_of_few,
		.count = c->counting,
		.silence = f->silences != NULL,
		.repeats = f->repeats != NULL,
		.count_max = c->count_max,
		.follow = c->command != NULL,
		.debug = on_debug,
		.debug_ctx = f,
	};
	struct buf why = BUF_INIT;
	int err = live_open(&config, &f->live, &why);

	if (err)
		note(f, FLOW_ERROR, "%s", buf_str(&why));
	else
		told_probe(f);
	if (!err)
		told_outcomes(f);
	if (!err)
		told_how_sites(f);
	buf_done(&why);
	return err;
}

/* While we may see addresses. Without them a check is unclassified, and still shown. */
static int open_sites(struct flow *f)
{
	int err;

	if (!f->config->sites)
		return 0;
	f->sites = sites_new(f->config->kernel.proc);
	if (!f->sites) {
		note(f, FLOW_ERROR, "out of memory");
		return -ENOMEM;
	}
	err = sites_shown(f->sites);
	if (err)
		note(f, FLOW_WARNING, "call sites cannot be named, checks stay unclassified: %s",
		     err == -EPERM ? "the kernel hides its addresses from us (kernel.kptr_restrict, or CAP_SYSLOG is missing)"
				   : strerror(-err));
	return 0;
}

static int new_programs(struct flow *f)
{
	struct mounts mounts;

	f->programs = programs_new(PROGRAMS_MAX, PROGRAMS_BYTES);
	if (!f->programs)
		return -ENOMEM;
	programs_use_workloads(f->programs, f->workloads);
	if (f->silences || (f->config->counting && f->chosen))
		programs_keep_earlier(f->programs);
	mounts_read(f->config->kernel.proc, &mounts);
	if (!*mounts.cgroup2)
		programs_distrust_root(f->programs);
	return 0;
}

static int prepare(struct flow *f)
{
	int err = new_programs(f);

	f->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!err && f->epoll < 0)
		err = -errno;
	err = err ?: watch_fd(f, f->signals.fd);
	err = err ?: watch_fd(f, live_fd(f->live));
	err = err ?: watch_fd(f, workloads_fd(f->workloads));
	err = err ?: watch_fd(f, f->launch ? launch_pidfd(f->launch) : -1);
	err = err ?: watch_fd(f, f->config->input ? f->config->input->fd : -1);
	if (err)
		note(f, FLOW_ERROR, "cannot be set up: %s", strerror(-err));
	return err;
}

static int on_place(void *ctx, const char *path, uint64_t id, bool meant)
{
	struct flow *f = ctx;

	return meant_output(f, f->config->sink->ops->place(f->config->sink, path, id, meant));
}

static void tell_places(struct flow *f)
{
	if (f->config->sink->ops->place && !f->result->output_error)
		chosen_places(f->chosen, f->config->kernel.proc, on_place, f);
}

static int on_silence(void *ctx, const struct live_stamp *who, const struct live_silence *what)
{
	struct flow *f = ctx;

	return live_silence(f->live, who, what);
}

/* A filter by name may ask more of a check than a decision of the rules is stamped with. */
static int open_silences(struct flow *f)
{
	const struct flow_config *c = f->config;
	const struct silences_config config = {
		.judge = c->judge, .allowed = c->silence == FLOW_SILENCE_ALLOWED, .put = on_silence, .ctx = f,
	};

	if (c->silence == FLOW_SILENCE_NOTHING || !c->judge || c->counting || f->chosen)
		return 0;
	f->rules = judge_generation(c->judge);
	f->silences = silences_new(&config);
	f->repeats = c->repeats && c->sites ? repeats_new() : NULL;
	if (f->silences && (f->repeats || !c->repeats || !c->sites))
		return 0;
	note(f, FLOW_ERROR, "out of memory");
	return -ENOMEM;
}

static int trace(struct flow *f)
{
	int err = meant_begin(f);

	err = err ?: open_silences(f);
	err = err ?: open_live(f);
	if (!err && f->silences)
		live_change_rules(f->live, judge_keys(f->config->judge));
	if (!err && f->config->command)
		err = started_hold(f);
	err = err ?: open_sites(f);
	err = err ?: ready_sink(f);
	err = err ?: open_engine(f);
	err = err ?: start_workloads(f);
	err = err ?: drop_privileges(f);
	err = err ?: prepare(f);
	if (err)
		return err;
	set_wall_offset(f);
	f->by_our_ids = live_own_id(f->live) == (uint32_t)getpid();
	f->our_mntns = image_our_mntns(f->config->kernel.proc);
	gone_await(f);
	f->next_tick = clock_ns(CLOCK_MONOTONIC) + TICK_MS * 1000000ULL;
	f->result->heard_ns = clock_ns(CLOCK_REALTIME);
	if (f->config->duration_ns)
		f->deadline = clock_ns(CLOCK_MONOTONIC) + f->config->duration_ns;
	if (f->config->interval_ns)
		f->next_turn = clock_ns(CLOCK_MONOTONIC) + f->config->interval_ns;
	f->result->output_error = start_sink(f);
	if (!f->result->output_error)
		f->result->output_error = sink_flush(f->config->sink);
	tell_places(f);
	f->stopping = f->result->output_error != 0;
	/* An output that takes nothing, not even the first line: the command is not started for that. */
	if (f->launch && !f->stopping)
		started_release(f);
	told_waiting(f);
	err = drop_first_privileges(f);
	if (err)
		return err;
	if (!f->launch && !hears_hangup(f))
		note(f, FLOW_NOTE, "hearing capability checks; Ctrl-C ends");
	signals_release(&f->signals);
	/* Who stays for long has no use for what the start took. */
	if (f->next_turn)
		malloc_trim(0);
	run(f);
	finish(f);
	return 0;
}

int flow_trace(const struct flow_config *config, const struct flow_notes *notes, struct flow_result *ret)
{
	struct flow f = { .config = config, .notes = notes, .result = ret, .epoll = -1, .signals.fd = -1 };
	int err;

	memset(ret, 0, sizeof(*ret));
	getrlimit(RLIMIT_MEMLOCK, &f.memlock);
	err = signals_catch(&f.signals);
	if (err)
		note(&f, FLOW_ERROR, "signals cannot be caught: %s", strerror(-err));
	if (hears_hangup(&f))
		signals_harmless(SIGHUP);
	err = err ?: trace(&f);
	launch_free(f.launch);
	live_free(f.live);
	silences_free(f.silences);
	repeats_free(f.repeats);
	pending_free(f.pending);
	programs_free(f.programs);
	sites_free(f.sites);
	workloads_free(f.workloads);
	engineapi_free(f.engine);
	chosen_free(f.chosen);
	gone_forget(&f);
	if (f.epoll >= 0)
		close(f.epoll);
	signals_forget(&f.signals);
	return err;
}
