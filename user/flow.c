/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/enrich/image.h"
#include "user/enrich/programs.h"
#include "user/enrich/sites.h"
#include "user/enrich/workloads.h"
#include "user/flow/chosen.h"
#include "user/flow/counted.h"
#include "user/flow/gone.h"
#include "user/flow/heard.h"
#include "user/flow/meant.h"
#include "user/flow/notes.h"
#include "user/flow/pending.h"
#include "user/flow/privileges.h"
#include "user/flow/repeats.h"
#include "user/flow/resolved.h"
#include "user/flow/run.h"
#include "user/flow/silences.h"
#include "user/flow/started.h"
#include "user/flow/tick.h"
#include "user/flow/told.h"
#include "user/host/engineapi.h"
#include "user/host/ids.h"
#include "user/host/mounts.h"
#include "user/host/orphans.h"
#include "user/host/signals.h"
#include "user/model/filter.h"
#include "user/model/record.h"
#include "user/rule/judge.h"
#include "user/sink/sink.h"
#include "user/source/live.h"

enum {
	COUNT_TICK_MS = 100,	/* how exact counts know when they were last */
	NAP_MS = 5,		/* between two batches of a busy ring */
	ORPHAN_NAP_MS = 20,	/* while nothing but descendants are waited for */
};

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

/* The sink's turn has come: with everything until now. */
static void turn(struct flow *f)
{
	struct sink *sink = f->config->sink;
	struct account account;
	int err;

	counted_take(f);
	if (f->sites)
		sites_rest(f->sites);
	if (f->repeats)
		repeats_turn(f->repeats);
	if (f->result->output_error || !sink->ops->turn)
		return;
	if (sink->ops->account) {
		counted_account(f, &account);
		sink->ops->account(sink, &account);
	}
	err = sink->ops->turn(sink);
	if (err == SINK_ENOUGH)
		f->stopping = true;
	else
		meant_output(f, err);
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
	if (counted_any(f)) {
		live_set_count_time(f->live, now);
		live_learn_sites(f->live);
	}
	count = epoll_wait(f->epoll, events, 4, ms < most ? ms : most);
	live_arm(f->live, 0);
	if (count > 0)
		tick_wake(f);
	listen_to_input(f, events, count);
}

static void keep_time(struct flow *f)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now >= f->next_tick) {
		tick_do(f);
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
	return counted_any(f) ? COUNT_TICK_MS : tick_ms(f);
}

/* While the ring is busy it is read in batches; when it is quiet, the next event wakes us. */
static void run(struct flow *f)
{
	while (!f->stopping) {
		int n = heard_drain(f);

		if (n > 0 && n < HEARD_BATCH) {
			live_arm(f->live, 2);
			wait_for_work(f, NAP_MS);
		} else if (!n) {
			live_arm(f->live, 1);
			if (!f->stopping && !heard_drain(f) && !f->stopping)
				wait_for_work(f, longest_nap(f));
		}
		counted_change_rules(f);
		counted_follow_rules(f);
		resolved_take(f);
		resolved_expire(f);
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

/* What is still in the ring when nothing is added any more, and the account. */
static void finish(struct flow *f)
{
	struct account *a = &f->result->account;
	uint64_t sent;

	live_stop(f->live);
	f->stopping = meant_enough(f);
	while (heard_drain(f))
		;
	if (!f->stopping)
		heard_leftovers(f);
	heard_last_outcomes(f);
	counted_take_all(f);
	resolved_settle(f);
	told_workloads(f);
	told_late_outcomes(f);
	if (f->released && !f->result->command_ended)
		note(f, FLOW_NOTE, "the command goes on by itself, process %d", launch_pid(f->launch));
	counted_account(f, a);
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
	tick_losses(f, &a->loss, true);
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
		.refusals = c->refusals,
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
	err = err ?: resolved_open(f);
	err = err ?: resolved_start(f);
	err = err ?: privileges_drop(f);
	err = err ?: prepare(f);
	if (err)
		return err;
	tick_clock(f);
	f->by_our_ids = live_own_id(f->live) == (uint32_t)getpid();
	f->our_mntns = image_our_mntns(f->config->kernel.proc);
	gone_await(f);
	tick_begin(f);
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
	err = privileges_drop_first(f);
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
