/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/runs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "user/advice/answer.h"
#include "user/advice/proof.h"
#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/say.h"
#include "user/flow.h"
#include "user/host/exact.h"
#include "user/host/keeper.h"
#include "user/host/self.h"
#include "user/host/signals.h"
#include "user/view/answer.h"

enum { STEP_MS = 1000, READY_MS = 100, TIMED_OUT = 124 };

#define SECOND 1000000000ULL
#define KILL_AFTER_NS (10 * SECOND)	/* a command that was told to end */
#define LEAVE_NS      (3 * SECOND)	/* what the terminal told to end, before we do */
#define READY_NS      (60 * SECOND)	/* where there is no --timeout */
#define PATIENT_NS    (5 * SECOND)	/* not ready for so long is told */
#define SETTLED_NS    (SECOND / 4)	/* who is to end by himself so soon after it is no server */

static const struct say to = { "profile" };

/* The commands of the shell, as the keeper counts them. */
enum { COMMAND_READY, COMMAND_TEST, COMMAND_RESET, COMMANDS };

static const char *const command_names[COMMANDS] = { "--ready", "--test", "--reset" };

struct runs {
	const struct options *options;
	const char *commands[COMMANDS];
	struct keeper_plan plan;
	struct keeper *keeper;
	struct signals signals;
	bool interrupted, by_terminal;
	uint64_t ready_ns;	/* how long the first run took to be ready; 0: none was */
	bool run_over, command_over;
	int run_status, command_status;
};

/* What a run sends, before the profile that it makes. */
struct told {
	struct runs_result result;
	int status;	/* as wait(2) gives it */
};

/* ---- in a process of its own: one run ------------------------------------------------------------------------------- */

static struct exact_wish wish_of(const struct options *o, const struct runs_order *order)
{
	return (struct exact_wish){
		.user = o->command.as,
		.permitted = order->caps,
		.inheritable = order->caps,
		.ambient = order->caps,
		.bounding = order->bounding,
		.no_new_privs = order->no_new_privs,
		.setid = !order->no_new_privs,
	};
}

static int hear(struct study *s, const struct profile_start *start, struct told *told, struct buf *result)
{
	struct flow_result heard = { .launch_error = 0 };
	struct answer a;
	int err = profile_open_study(s) ?: profile_hear(s, start, &heard);

	told->result.launch_error = heard.launch_error;
	if (err)
		return err;
	told->status = heard.command_status;
	err = profile_conclude(s, &heard, &a);
	buf_put(result, told, sizeof(*told));
	if (!err)
		answer_json(result, &a);
	return err;
}

/* What is written again is not what was asked for: standard output has it once. */
static int do_run(void *ctx, const void *data, size_t size, struct buf *result)
{
	const struct runs_order *order = data;
	struct options o = *(const struct options *)ctx;
	const struct exact_wish wish = wish_of(&o, order);
	struct profile_start start = { .as = { o.command.as, o.command.grant }, .kill_after_ns = KILL_AFTER_NS };
	struct study s = { .options = &o, .out = OUT_INIT };
	struct told told = { .status = 0 };

	/* What ends all of us comes to it twice: from whoever sends it to the group, and from the keeper. */
	signals_be_patient();
	if (order->exactly) {
		start.as = (struct launch_as){ .exact = &wish, .out = STDERR_FILENO };
		o.output.quiet = true;
	}
	told.result.error = size == sizeof(*order) ? hear(&s, &start, &told, result) : -EINVAL;
	if (told.result.error) {
		buf_clear(result);
		buf_put(result, &told, sizeof(told));
	}
	profile_done_study(&s);
	return 0;
}

/* ---- waiting -------------------------------------------------------------------------------------------------------- */

static void take_signals(struct runs *r)
{
	struct signals_caught caught;

	while (signals_next(&r->signals, &caught)) {
		r->by_terminal = caught.code == SI_KERNEL;
		r->interrupted = true;
		signals_heard(true);
	}
}

static int step(struct runs *r, int ms)
{
	struct keeper_event e;
	int err = keeper_wait(r->keeper, r->signals.fd, ms, &e);

	take_signals(r);
	if (e.what == KEEPER_RUN_ENDED) {
		r->run_over = true;
		r->run_status = e.status;
	} else if (e.what == KEEPER_COMMAND_ENDED) {
		r->command_over = true;
		r->command_status = e.status;
	}
	return err;
}

static int milliseconds_until(uint64_t when)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (when <= now)
		return 0;
	return when - now > STEP_MS * 1000000ULL ? STEP_MS : (int)((when - now) / 1000000) + 1;
}

/* 0: it is so; -ETIMEDOUT; -EINTR: we are to end; -EPIPE: the keeper is gone. deadline 0: none. */
static int wait_for(struct runs *r, const bool *what, uint64_t deadline)
{
	while (!*what) {
		int ms = deadline ? milliseconds_until(deadline) : STEP_MS;
		int err = r->interrupted ? -EINTR : ms ? step(r, ms) : -ETIMEDOUT;

		if (err)
			return err;
	}
	return 0;
}

/* The same, whatever is to end. */
static int wait_out(struct runs *r, const bool *what, uint64_t deadline)
{
	int err = 0;

	while (!*what && !err && (!deadline || milliseconds_until(deadline)))
		err = step(r, deadline ? milliseconds_until(deadline) : STEP_MS);
	return err ?: *what ? 0 : -ETIMEDOUT;
}

/* ---- commands ------------------------------------------------------------------------------------------------------- */

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* 0 and its status, as a shell has it; or as wait_for() has it, and it was told to end. */
static int command(struct runs *r, size_t nr, uint64_t deadline, int *ret_status)
{
	int err;

	r->command_over = false;
	err = keeper_command(r->keeper, nr) ?: wait_for(r, &r->command_over, deadline);
	if (err == -ETIMEDOUT || err == -EINTR) {
		keeper_signal_command(r->keeper, SIGTERM);
		if (wait_out(r, &r->command_over, clock_ns(CLOCK_MONOTONIC) + LEAVE_NS) == -ETIMEDOUT) {
			keeper_signal_command(r->keeper, SIGKILL);
			wait_out(r, &r->command_over, 0);
		}
	}
	if (err == -ETIMEDOUT)
		say(&to, "%s did not end in time", command_names[nr]);
	if (!err)
		*ret_status = exit_code(r->command_status);
	return err;
}

static void say_status(size_t nr, int status)
{
	if (status == LAUNCH_NOT_FOUND)
		say(&to, "%s: the shell found no such command (status %d)", command_names[nr], status);
	else if (status == LAUNCH_CANNOT_RUN)
		say(&to, "%s: the shell cannot run it (status %d)", command_names[nr], status);
	else
		say(&to, "%s ended with status %d", command_names[nr], status);
}

/* What comes of an error of wait_for(), as an end. */
static enum proof_end end_of(int err)
{
	return err == -EINTR ? PROOF_INTERRUPTED : PROOF_TOO_LONG;
}

static bool judge(struct runs *r, uint64_t deadline, struct proof_run *run)
{
	int err, status = 0;

	if (!r->commands[COMMAND_TEST])
		return true;
	err = command(r, COMMAND_TEST, deadline, &status);
	if (err && err != -ETIMEDOUT) {
		run->end = end_of(err);
		return false;
	}
	run->judge = err ? TIMED_OUT : status;
	if (status)
		say_status(COMMAND_TEST, status);
	return true;
}

static void say_waiting(const struct runs *r, uint64_t now, uint64_t deadline)
{
	if (!r->options->output.quiet)
		say(&to, "not ready yet; that is waited for, %u more seconds at most (--timeout)", (unsigned)((deadline - now) / SECOND));
}

/* Asks until it is up. 0; as wait_for(); -ECHILD: it has ended. */
static int until_ready(struct runs *r, uint64_t deadline)
{
	const uint64_t began = clock_ns(CLOCK_MONOTONIC);
	int status = 0, err = 0;
	bool told = false;

	while (!err && !r->run_over) {
		uint64_t again = clock_ns(CLOCK_MONOTONIC) + READY_MS * 1000000ULL, now;

		err = command(r, COMMAND_READY, deadline, &status);
		now = clock_ns(CLOCK_MONOTONIC);
		if (!err && !status) {
			r->ready_ns = r->ready_ns ?: now - began;
			return r->run_over ? -ECHILD : 0;
		}
		if (!err && now >= deadline)
			err = -ETIMEDOUT;
		if (!err && !told && now - began >= PATIENT_NS) {
			say_waiting(r, now, deadline);
			told = true;
		}
		if (!err && wait_for(r, &r->run_over, again) == -EINTR)
			err = -EINTR;
	}
	if (err == -ETIMEDOUT)
		say_status(COMMAND_READY, status);
	return err ?: -ECHILD;
}

/* ---- one run -------------------------------------------------------------------------------------------------------- */

/* What was told to end is killed by its run after a while. */
static int stop(struct runs *r)
{
	if (r->by_terminal && !wait_out(r, &r->run_over, clock_ns(CLOCK_MONOTONIC) + LEAVE_NS))
		return 0;
	return keeper_signal_run(r->keeper, SIGTERM) ?: wait_out(r, &r->run_over, 0);
}

/* Up, tested, told to end. What is to be ended is left to the caller. */
static void serve(struct runs *r, uint64_t deadline, struct proof_run *run)
{
	int err = until_ready(r, deadline);

	if (err) {
		run->end = err == -ECHILD ? PROOF_ENDED_EARLY : err == -ETIMEDOUT ? PROOF_NEVER_READY : end_of(err);
		return;
	}
	if (!judge(r, deadline, run))
		return;
	/* One that was ending already is not taken for one that goes on. */
	if (wait_for(r, &r->run_over, clock_ns(CLOCK_MONOTONIC) + SETTLED_NS) == -EINTR) {
		run->end = PROOF_INTERRUPTED;
		return;
	}
	run->server = !r->run_over;
	run->end = r->run_over ? PROOF_ENDED_EARLY : PROOF_ENDED;
}

static void work(struct runs *r, uint64_t deadline, struct proof_run *run)
{
	int err = wait_for(r, &r->run_over, deadline);

	if (err)
		run->end = end_of(err);
}

/* Without --timeout a server has a minute, and one that was up before no more than that took, tenfold, and ten seconds. */
static uint64_t patience(const struct runs *r)
{
	uint64_t most = 10 * SECOND + 10 * r->ready_ns;

	return r->ready_ns && most < READY_NS ? most : READY_NS;
}

static int conduct(struct runs *r, const struct runs_order *order, struct proof_run *run)
{
	bool server = r->commands[COMMAND_READY];
	uint64_t limit = r->options->profile.timeout_ns ?: server ? patience(r) : 0;
	uint64_t deadline = limit ? clock_ns(CLOCK_MONOTONIC) + limit : 0;
	int err;

	r->run_over = false;
	err = keeper_run(r->keeper, order, sizeof(*order));
	if (err)
		return err;
	if (server)
		serve(r, deadline, run);
	else
		work(r, deadline, run);
	return r->run_over ? 0 : stop(r);
}

/* 0 and what was sent; -EIO: it is not whole. */
static int unpack(const struct runs *r, struct told *ret, struct saved *ret_heard)
{
	size_t size;
	const char *data = keeper_result(r->keeper, &size);
	struct buf why = BUF_INIT;
	int err = 0;

	if (!data || size < sizeof(*ret))
		return -EIO;
	memcpy(ret, data, sizeof(*ret));
	if (!ret->result.error)
		err = saved_parse("what a run sent", data + sizeof(*ret), size - sizeof(*ret), &why, ret_heard);
	buf_done(&why);
	return err;
}

static int conclude(struct runs *r, struct proof_run *run, struct saved *heard, struct runs_result *ret)
{
	struct told told;
	int err = unpack(r, &told, heard);

	if (err) {
		say(&to, "a run ended before it could say what it heard");
		return err;
	}
	*ret = told.result;
	run->asked = heard->answer.asked;
	run->incomplete = heard->answer.incomplete;
	run->status = launch_exit_code(told.status);
	if (told.result.launch_error)
		run->end = PROOF_NOT_STARTED;
	return 0;
}

/* As it was before the first run. */
static bool reset(struct runs *r, struct proof_run *run)
{
	uint64_t limit = r->options->profile.timeout_ns ?: READY_NS;
	int status = 0, err;

	if (!r->commands[COMMAND_RESET])
		return true;
	err = command(r, COMMAND_RESET, clock_ns(CLOCK_MONOTONIC) + limit, &status);
	if (!err && !status)
		return true;
	if (!err)
		say_status(COMMAND_RESET, status);
	run->end = err == -EINTR ? PROOF_INTERRUPTED : PROOF_NO_RESET;
	return false;
}

int runs_make(struct runs *r, const struct runs_order *order, struct proof_run *ret, struct saved *ret_heard,
	      struct runs_result *ret_result)
{
	struct proof_run run = { .end = PROOF_ENDED, .judge = PROOF_NO_JUDGE };
	uint64_t limit = r->options->profile.timeout_ns ?: READY_NS;
	int err = 0;

	*ret_result = (struct runs_result){ .error = 0 };
	if (!order->exactly || reset(r, &run))
		err = conduct(r, order, &run) ?: conclude(r, &run, ret_heard, ret_result);
	if (!err && run.end == PROOF_ENDED && !r->commands[COMMAND_READY])
		judge(r, clock_ns(CLOCK_MONOTONIC) + limit, &run);
	if (!err)
		*ret = run;
	return err;
}

bool runs_interrupted(const struct runs *r)
{
	return r->interrupted;
}

/* ---- from the beginning to the end ---------------------------------------------------------------------------------- */

static int failed(const char *what, int err)
{
	say_error(&to, what, err);
	return err;
}

static int begin_runs(struct runs *r, uint64_t keeps)
{
	int err = keeper_start(&r->plan, &r->keeper);

	if (err)
		return failed("a process for the runs", err);
	err = self_drop_except(keeps, true, NULL);
	if (err)
		return failed("the privileges that are not needed any more", err);
	err = signals_catch(&r->signals);
	if (err)
		return failed("signals", err);
	signals_release(&r->signals);
	return 0;
}

int runs_open(const struct options *o, uint64_t keeps, struct runs **ret)
{
	struct runs *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return failed("memory", -ENOMEM);
	*r = (struct runs){
		.options = o,
		.commands = { o->profile.ready, o->profile.test, o->profile.reset },
		.signals.fd = -1,
	};
	r->plan = (struct keeper_plan){ do_run, (void *)o, r->commands, COMMANDS };
	err = begin_runs(r, keeps);
	if (err)
		runs_close(r);
	else
		*ret = r;
	return err;
}

void runs_close(struct runs *r)
{
	keeper_free(r->keeper);
	signals_forget(&r->signals);
	free(r);
}
