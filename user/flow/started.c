/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/started.h"

#include <signal.h>
#include <sys/epoll.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/flow/notes.h"
#include "user/host/launch.h"
#include "user/host/orphans.h"
#include "user/source/live.h"

#define ORPHANS_TOLD_NS 500000000ULL

enum { LOOKS_FOR_LIFE = 2 };

int started_hold(struct flow *f)
{
	const struct flow_config *c = f->config;
	struct launch_as as = c->as;
	struct buf why = BUF_INIT;
	int err;

	as.memlock = &f->memlock;
	if (c->kill_after_ns)
		orphans_adopt();
	live_hold(f->live, true);
	live_adopt(f->live, true);
	err = launch_hold(c->command, &as, &f->launch, &why);
	live_adopt(f->live, false);
	if (err) {
		f->result->launch_error = err;
		note(f, FLOW_ERROR, "%s", buf_str(&why));
	}
	buf_done(&why);
	return err;
}

void started_release(struct flow *f)
{
	f->released = true;
	f->result->bounding = launch_bounding(f->launch);
	live_hold(f->live, false);
	launch_release(f->launch);
}

/* Has the command ended? Its last events are in the ring by then. */
void started_look(struct flow *f)
{
	struct buf why = BUF_INIT;

	if (!f->launch || f->result->command_ended)
		return;
	if (launch_reap(f->launch, false, &f->result->command_status) != 1)
		return;
	f->result->command_ended = true;
	f->ended_ns = clock_ns(CLOCK_MONOTONIC);
	epoll_ctl(f->epoll, EPOLL_CTL_DEL, launch_pidfd(f->launch), NULL);
	f->result->exec_error = launch_error(f->launch, &why);
	if (f->result->exec_error)
		note(f, FLOW_ERROR, "%s", buf_str(&why));
	buf_done(&why);
}

/* Processes are gone a moment after they ended. */
bool started_is_over(struct flow *f)
{
	if (!f->result->command_ended)
		return false;
	/* All that is left of it has become our child, or is a descendant of one. */
	if (f->config->kill_after_ns && !orphans_reap())
		return true;
	if (!f->config->descendants || !live_follows_any(f->live) || f->without_life >= LOOKS_FOR_LIFE)
		return true;
	if (!f->told_orphans && clock_ns(CLOCK_MONOTONIC) - f->ended_ns > ORPHANS_TOLD_NS) {
		f->told_orphans = true;
		if (!f->config->kill_after_ns)
			note(f, FLOW_NOTE, "the command has ended, and what it started goes on: so does this, until all of it has ended; "
					   "-d or Ctrl-C end it");
	}
	return false;
}

/* It was told to end. */
void started_kill(struct flow *f)
{
	if (f->result->command_ended)
		orphans_signal(SIGKILL);
	else
		launch_signal(f->launch, SIGKILL, SI_USER);
}
